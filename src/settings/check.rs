//! From texts to settings that can be used; every problem is told with its place.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use super::file::Told;
use super::keys::{Entry, Values};
use super::{Dns, FailOn, Format, Ldap, LogFormat, Mailboxes, Org, Redact, Settings, Show};
use crate::error::{Error, Result};
use crate::finding::Severity;
use crate::model::Attr;
use crate::model::attribute::ATTRIBUTES;
use crate::model::charset::Charset;
use crate::model::domain::domain_name;
use crate::model::fold::fold;
use crate::rules::organisation::by_hand::Recorded;
use crate::rules::select::{Given, nearest, resolve, selection, severities};
use crate::rules::suppress::Suppression;
use crate::rules::{RuleSet, Scenario};

/// The values of `fail-on`.
pub const FAIL_ON: [&str; 5] = ["error", "warning", "info", "new", "never"];

/// Checks everything; the problems of the file come first, in the order of its lines.
pub(super) fn check(values: Values, told: Vec<Told>) -> Result<Settings> {
    let mut c = Checker { values: &values, problems: told };
    let settings = Settings {
        scenario: c.one("scenario", |text| Scenario::of(text).ok_or_else(|| unknown_scenario(text))),
        sources: c.texts("sources"),
        map: c.all("map", mapping),
        encoding: c.one("encoding", encoding).flatten(),
        delimiter: c
            .one("delimiter", |text| if text == "auto" { Ok(None) } else { delimiter(text).map(Some) })
            .flatten(),
        ldap: c.ldap(),
        selected: c.selected(),
        severity: c.severity(),
        fail_on: c.one("fail-on", fail_on).unwrap_or(FailOn::Never),
        baseline: c.one("baseline", |text| Ok(PathBuf::from(text))),
        exit_zero: c.flag("exit-zero"),
        sip_domains: c.all("sip-domain", domain),
        verified_domains: c.all("verified-domain", domain),
        routing_domains: c.all("routing-domain", domain),
        org: Org { check: c.flag("check-org"), domains: c.flag("domains-from-org"), recorded: c.recorded() },
        mailboxes: c.one("mailboxes", |text| word(text, &Mailboxes::ALL)).unwrap_or(Mailboxes::OnPrem),
        dns: c.dns(),
        only: c.one("only", |text| Ok(PathBuf::from(text))),
        keep: c.one("keep", keep).unwrap_or(0),
        history: c.one("history", |text| Ok(PathBuf::from(text))),
        out: c.one("out", |text| Ok(PathBuf::from(text))).unwrap_or_default(),
        formats: c.all("format", |text| word(text, &Format::ALL)),
        redact: c.one("redact", |text| word(text, &Redact::ALL)).unwrap_or(Redact::None),
        redact_key_file: c.one("redact-key-file", |text| Ok(PathBuf::from(text))),
        csv_delimiter: c.one("csv-delimiter", delimiter).unwrap_or(b','),
        csv_raw: c.flag("csv-raw"),
        suppressions: c.suppressions(),
        threads: c.one("threads", threads).unwrap_or(0),
        log_format: c.one("log-format", |text| word(text, &LogFormat::ALL)).unwrap_or(LogFormat::Text),
        memory: c.one("memory", memory),
        progress: c.one("progress", |text| word(text, &Show::ALL)).unwrap_or(Show::Auto),
        values: Values::default(),
    };
    if let (FailOn::New, None, Some(entry)) =
        (settings.fail_on, &settings.baseline, values.get("fail-on").last())
    {
        c.tell("fail-on", entry, "`new` needs a report to compare with: name one with --baseline");
    }
    let mut problems = c.problems;
    problems.sort_by_key(|(line, _)| *line);
    let problems: Vec<String> = problems.into_iter().map(|(_, problem)| problem).collect();
    if problems.is_empty() { Ok(Settings { values, ..settings }) } else { Err(Error::Usage(problems)) }
}

struct Checker<'v> {
    values: &'v Values,
    problems: Vec<Told>,
}

impl Checker<'_> {
    fn all<T>(&mut self, key: &str, read: impl Fn(&str) -> std::result::Result<T, String>) -> Vec<T> {
        let mut good = Vec::new();
        for entry in self.values.get(key) {
            match read(&entry.text) {
                Ok(value) => good.push(value),
                Err(problem) => self.tell(key, entry, &problem),
            }
        }
        good
    }

    /// The last text counts: an option given twice.
    fn one<T>(&mut self, key: &str, read: impl Fn(&str) -> std::result::Result<T, String>) -> Option<T> {
        self.all(key, read).pop()
    }

    fn texts(&mut self, key: &str) -> Vec<String> {
        self.all(key, |text| Ok(text.to_owned()))
    }

    fn flag(&mut self, key: &str) -> bool {
        self.one(key, |text| text.parse().map_err(|_| "must be true or false".to_owned())).unwrap_or(false)
    }

    fn tell(&mut self, key: &str, entry: &Entry, problem: &str) {
        self.problems.push((entry.origin.line(), format!("{}: {problem}", entry.origin.place(key))));
    }

    fn ldap(&mut self) -> Ldap {
        let path = |text: &str| Ok(PathBuf::from(text));
        let text = |text: &str| Ok(text.to_owned());
        let certificate = self.one("client-cert", path);
        let key = self.one("client-key", path);
        Ldap {
            user: self.one("user", text),
            password_file: self.one("password-file", path),
            kerberos: self.flag("kerberos"),
            start_tls: self.flag("start-tls"),
            ca_file: self.one("ca-file", path),
            tls_server_name: self.one("tls-server-name", text),
            client: certificate.map(|certificate| (certificate.clone(), key.unwrap_or(certificate))),
            insecure: self.flag("insecure"),
            filter: self.one("filter", text),
            bases: self.texts("base"),
            excluded: self.texts("exclude-base"),
            page_size: self.number("page-size", 1, 20_000),
            connections: self.number("connections", 1, 64),
            max_rate: self.number("max-rate", 0, 10_000_000),
            timeout: self.number("timeout", 1, 86_400),
            deadline: self.number("deadline", 0, 31_536_000),
        }
    }

    fn dns(&mut self) -> Dns {
        Dns {
            check: self.flag("check-dns"),
            internal: self.flag("dns-internal"),
            servers: self.all("dns-server", name_server),
            allowed: self.all("allow-target", domain_name),
            timeout: self.number("dns-timeout", 1, 600),
            retries: self.number("dns-retries", 0, 20),
        }
    }

    /// A number between two others.
    fn number<T: std::str::FromStr + PartialOrd + std::fmt::Display + Copy>(
        &mut self,
        key: &str,
        least: T,
        most: T,
    ) -> T {
        let read = |text: &str| match text.parse() {
            Ok(number) if (least..=most).contains(&number) => Ok(number),
            _ => Err(format!("`{text}` must be a number from {least} to {most}")),
        };
        self.one(key, read).unwrap_or(least)
    }

    fn selected(&mut self) -> RuleSet {
        let known = |text: &str| match resolve(&[text.to_owned()]) {
            Ok(_) => Ok(text.to_owned()),
            Err(unknown) => Err(unknown.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")),
        };
        let (select, ignore) = (self.all("select", known), self.all("ignore", known));
        let given = |items| Given { items, origin: "" };
        selection(given(&select), given(&ignore)).unwrap_or_default()
    }

    fn suppressions(&mut self) -> Vec<Suppression> {
        self.values.suppressions.iter().filter_map(|table| table.check(&mut self.problems)).collect()
    }

    fn recorded(&mut self) -> Vec<Recorded> {
        self.values.organisation.iter().filter_map(|record| record.check(&mut self.problems)).collect()
    }

    fn severity(&mut self) -> Vec<(usize, Severity)> {
        let mut good = Vec::new();
        for entry in self.values.get("severity") {
            let origin = entry.origin.place("severity");
            match severities(Given { items: std::slice::from_ref(&entry.text), origin: &origin }) {
                Ok(_) => good.push(entry.text.clone()),
                Err(error) => self.problems.push((entry.origin.line(), error.to_string())),
            }
        }
        severities(Given { items: &good, origin: "" }).unwrap_or_default()
    }
}

/// A word of a closed list, in any case.
pub(super) fn word<T: Copy>(text: &str, known: &[(&str, T)]) -> std::result::Result<T, String> {
    if let Some((_, value)) = known.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)) {
        return Ok(*value);
    }
    let all: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
    Err(unknown(text, &all))
}

fn unknown(text: &str, known: &[&str]) -> String {
    match nearest(text, known.iter().copied()) {
        Some(near) => format!("`{text}` is not known; did you mean `{near}`?"),
        None => format!("`{text}` is not known; it must be one of: {}", known.join(", ")),
    }
}

fn unknown_scenario(text: &str) -> String {
    unknown(text, &Scenario::ALL.map(Scenario::name))
}

fn fail_on(text: &str) -> std::result::Result<FailOn, String> {
    let level = |word| match Severity::of(word) {
        Some(severity) => FailOn::At(severity),
        None if word == "new" => FailOn::New,
        None => FailOn::Never,
    };
    let levels = FAIL_ON.map(|word| (word, level(word)));
    word(text, &levels)
}

fn encoding(text: &str) -> std::result::Result<Option<Charset>, String> {
    if text.eq_ignore_ascii_case("auto") {
        return Ok(None);
    }
    Charset::of_label(text).map(Some).ok_or_else(|| {
        format!("there is no encoding `{text}`; usual ones are utf-8, utf-16le, windows-1252, cp850 and auto")
    })
}

fn delimiter(text: &str) -> std::result::Result<u8, String> {
    match text.as_bytes() {
        _ if text.eq_ignore_ascii_case("tab") || text == "\\t" => Ok(b'\t'),
        [one] if one.is_ascii_punctuation() && *one != b'"' || matches!(text, "\t" | " ") => Ok(*one),
        _ => Err(format!(
            "`{text}` is no delimiter; it must be one punctuation mark such as `,` or `;`, or `tab`"
        )),
    }
}

fn keep(text: &str) -> std::result::Result<usize, String> {
    match text.parse() {
        Ok(number) if number <= 100_000 => Ok(number),
        _ => Err(format!(
            "`{text}` is no number of reports; it must be 0 (one report, no folders of runs) to 100000"
        )),
    }
}

fn threads(text: &str) -> std::result::Result<usize, String> {
    match text.parse() {
        Ok(number) if number <= 1024 => Ok(number),
        _ => Err(format!("`{text}` is no number of threads; it must be 0 (one per processor) to 1024")),
    }
}

/// The least memory that one thread can work within, in bytes.
pub const LEAST_MEMORY: u64 = 32 << 20;

/// A size in bytes; `K`, `M`, `G` and `T` stand for 1024 times, and so on.
fn memory(text: &str) -> std::result::Result<u64, String> {
    let (number, unit) = match text.char_indices().next_back() {
        Some((at, unit)) if !unit.is_ascii_digit() => (&text[..at], unit.to_ascii_uppercase()),
        _ => (text, 'B'),
    };
    let shift = ["B", "K", "M", "G", "T"].iter().position(|known| known.starts_with(unit));
    let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let size =
        shift.filter(|_| digits).and_then(|shift| number.parse::<u64>().ok()?.checked_mul(1 << (10 * shift)));
    match size {
        None => Err(format!("`{text}` is no size; write it like 256M, 2G, or in bytes")),
        Some(size) if size < LEAST_MEMORY => Err(format!("`{text}` is too little; the least is 32M")),
        Some(size) => Ok(size),
    }
}

/// A domain of a list, folded; `.contoso.com` stands for all below. A leading `@` or `*.` is a mistake of copying, not part of the domain.
///
/// # Errors
/// When it is none.
pub fn domain(text: &str) -> std::result::Result<String, String> {
    let folded = fold(text.strip_prefix('@').unwrap_or(text)).into_owned();
    let named = folded.strip_prefix('.').unwrap_or(&folded);
    if crate::model::address::is_domain(named) || is_one_label(named) {
        Ok(folded)
    } else {
        Err(format!("`{text}` is no domain; write it like contoso.com, or .contoso.com for all below it"))
    }
}

/// A name server: an address, and a port where that is not 53.
fn name_server(text: &str) -> std::result::Result<SocketAddr, String> {
    let address = |text: &str| text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
    let server = text.parse().ok().or_else(|| address(text).map(|ip| SocketAddr::new(ip, 53)));
    server.filter(|server| server.port() != 0).ok_or_else(|| {
        format!("`{text}` is no name server; write its address, with a port if need be: 10.0.0.1, 10.0.0.1:5353, [fd00::1]:53")
    })
}

/// Internal SIP domains of one label exist.
fn is_one_label(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn mapping(text: &str) -> std::result::Result<(String, Attr), String> {
    let Some((heading, name)) = text.rsplit_once('=').filter(|(heading, _)| !heading.is_empty()) else {
        return Err(format!("`{text}` must have the form HEADER=attribute"));
    };
    if let Some(attr) = Attr::of_ldap(name.trim()) {
        return Ok((heading.to_owned(), attr));
    }
    let known: Vec<&str> = ATTRIBUTES.iter().map(|about| about.ldap).collect();
    Err(match nearest(name, known.iter().copied()) {
        Some(near) => format!("there is no attribute `{name}`; did you mean `{near}`?"),
        None => format!("there is no attribute `{name}`; the attributes are: {}", known.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters() {
        assert_eq!(delimiter("tab"), Ok(b'\t'));
        assert_eq!(delimiter(";"), Ok(b';'));
        for bad in ["", ";;", "a", "\"", "é"] {
            assert!(delimiter(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes() {
        let good = [
            ("256M", 256 << 20),
            ("2g", 2 << 30),
            ("268435456", 1 << 28),
            ("1T", 1 << 40),
            ("32M", 32 << 20),
        ];
        for (text, size) in good {
            assert_eq!(memory(text), Ok(size));
        }
        for bad in ["", "M", "256MB", "-1G", "+64M", "1.5G", "64 M", "99999999999999T", "6é"] {
            assert!(memory(bad).unwrap_err().contains("is no size"), "{bad}");
        }
        for little in ["0", "31M", "256", "1K"] {
            assert!(memory(little).unwrap_err().contains("the least is 32M"), "{little}");
        }
    }

    #[test]
    fn name_servers() {
        for (text, server) in [
            ("10.0.0.1", "10.0.0.1:53"),
            ("10.0.0.1:5353", "10.0.0.1:5353"),
            ("fd00::1", "[fd00::1]:53"),
            ("[fd00::1]", "[fd00::1]:53"),
            ("[fd00::1]:99", "[fd00::1]:99"),
        ] {
            assert_eq!(name_server(text).map(|server| server.to_string()).as_deref(), Ok(server));
        }
        for bad in ["", "ns1.contoso.com", "10.0.0.1:0", "10.0.0.1:99999", "10.0.0"] {
            assert!(name_server(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn domains_are_folded() {
        assert_eq!(domain("@Contoso.COM").as_deref(), Ok("contoso.com"));
        assert_eq!(domain(".Contoso.com").as_deref(), Ok(".contoso.com"));
        assert!(domain("*.contoso.com").is_err() && domain("..contoso.com").is_err() && domain(".").is_err());
        assert!(domain("ann@contoso.com").is_err());
    }

    #[test]
    fn a_heading_may_hold_an_equals_sign() {
        assert_eq!(mapping("a=b=mail"), Ok(("a=b".into(), Attr::Mail)));
        assert!(mapping("x=proxyAdresses").unwrap_err().contains("`proxyAddresses`"));
        assert!(mapping("mail").is_err());
    }
}
