//! Settings: the command line over `dirsync-audit.toml` over the defaults, checked as one.
//!
//! Every problem is found at once and told with its place. A path in the file means the same as on the command
//! line: it is relative to the working folder.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::finding::Severity;
use crate::model::Attr;
use crate::model::charset::Charset;
use crate::rules::organisation::by_hand::Recorded;
use crate::rules::suppress::Suppression;
use crate::rules::verdict::Plan;
use crate::rules::{Context, MailboxPlace, RuleSet, Scenario};

mod check;
mod file;
mod keys;
mod organisation;
mod show;
mod suppress;

pub use check::{FAIL_ON, LEAST_MEMORY, domain};
pub use file::NAME;
pub use keys::{Entry, KEYS, Key, Origin, Shape, Values};
pub use organisation::Record;
pub use show::{suppression, toml};
pub use suppress::Table;

/// A format of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `users.csv` and `findings.csv`.
    Csv,
    /// `summary.json`, which is always written.
    Json,
    /// `report.html`.
    Html,
    /// `findings.jsonl`.
    Jsonl,
    /// `report.xlsx`.
    Xlsx,
    /// `findings.sarif`.
    Sarif,
    /// `junit.xml`.
    Junit,
    /// `metrics.prom`.
    Prom,
    /// `summary.txt`.
    Txt,
}

impl Format {
    /// All, with their words.
    pub const ALL: [(&str, Self); 9] = [
        ("csv", Self::Csv),
        ("json", Self::Json),
        ("jsonl", Self::Jsonl),
        ("html", Self::Html),
        ("xlsx", Self::Xlsx),
        ("sarif", Self::Sarif),
        ("junit", Self::Junit),
        ("prom", Self::Prom),
        ("txt", Self::Txt),
    ];
}

/// How much the report shows of users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redact {
    /// Everything.
    None,
    /// What is needed to find them.
    Partial,
    /// Keyed hashes.
    Hash,
}

impl Redact {
    /// All, with their words.
    pub const ALL: [(&str, Self); 3] =
        [("none", Self::None), ("partial", Self::Partial), ("hash", Self::Hash)];
}

/// Where mailboxes are whose home the input does not show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mailboxes {
    /// On-premises.
    OnPrem,
    /// In Exchange Online.
    Online,
}

impl Mailboxes {
    /// All, with their words.
    pub const ALL: [(&str, Self); 2] = [("onprem", Self::OnPrem), ("online", Self::Online)];
}

/// What makes the exit status of a run 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailOn {
    /// A finding of this severity or a worse one.
    At(Severity),
    /// A finding that the baseline does not have.
    New,
    /// Nothing.
    Never,
}

/// When the progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// On a terminal.
    Auto,
    /// In a pipe too.
    Always,
    /// Never.
    Never,
}

impl Show {
    /// All, with their words.
    pub const ALL: [(&str, Self); 3] =
        [("auto", Self::Auto), ("always", Self::Always), ("never", Self::Never)];
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

impl LogFormat {
    /// All, with their words.
    pub const ALL: [(&str, Self); 2] = [("text", Self::Text), ("json", Self::Json)];
}

/// How servers are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ldap {
    /// The account.
    pub user: Option<String>,
    /// The file with its password.
    pub password_file: Option<PathBuf>,
    /// Whether the Kerberos ticket says who asks.
    pub kerberos: bool,
    /// Whether TLS is started on a connection without.
    pub start_tls: bool,
    /// The file with the certificates that are trusted.
    pub ca_file: Option<PathBuf>,
    /// The name that the server's certificate must have.
    pub tls_server_name: Option<String>,
    /// The certificate of the client, and its key.
    pub client: Option<(PathBuf, PathBuf)>,
    /// Whether nothing is verified.
    pub insecure: bool,
    /// Which objects are read.
    pub filter: Option<String>,
    /// Where to start.
    pub bases: Vec<String>,
    /// What is left out.
    pub excluded: Vec<String>,
    /// The most objects of a page.
    pub page_size: u32,
    /// The most connections at a time.
    pub connections: usize,
    /// The most objects a second; 0 is no limit.
    pub max_rate: u64,
    /// How many seconds a server may be silent.
    pub timeout: u64,
    /// How many seconds all of it may take; 0 is no limit.
    pub deadline: u64,
}

/// How name servers are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dns {
    /// Whether an audit asks them at all.
    pub check: bool,
    /// Whether the records of the network inside are asked for.
    pub internal: bool,
    /// The servers; those of the system when there are none.
    pub servers: Vec<SocketAddr>,
    /// Hosts, and domains of hosts, to which records may lead.
    pub allowed: Vec<String>,
    /// How many seconds an answer is waited for.
    pub timeout: u64,
    /// How often a question is asked again.
    pub retries: usize,
}

/// What is looked at of the organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Org {
    /// Whether the configuration partition of the servers is read as well.
    pub check: bool,
    /// Whether the domains in it are added to those that are given.
    pub domains: bool,
    /// What somebody has looked at by hand.
    pub recorded: Vec<Recorded>,
}

/// What a run is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The scenario; a run needs one.
    pub scenario: Option<Scenario>,
    /// The sources, as given.
    pub sources: Vec<String>,
    /// Headings that mean an attribute, beside those that are known.
    pub map: Vec<(String, Attr)>,
    /// The encoding of the sources; `None` is found out.
    pub encoding: Option<Charset>,
    /// The delimiter of the sources; `None` is found out.
    pub delimiter: Option<u8>,
    /// How servers are asked.
    pub ldap: Ldap,
    /// The rules that are selected and not ignored.
    pub selected: RuleSet,
    /// Severities set by the user, by the rule's place in the catalogue.
    pub severity: Vec<(usize, Severity)>,
    /// What makes the exit status 1.
    pub fail_on: FailOn,
    /// The report to compare with.
    pub baseline: Option<PathBuf>,
    /// Whether findings leave the exit status 0.
    pub exit_zero: bool,
    /// The SIP domains, folded.
    pub sip_domains: Vec<String>,
    /// The verified domains, folded.
    pub verified_domains: Vec<String>,
    /// The routing domains, folded.
    pub routing_domains: Vec<String>,
    /// What is looked at of the organisation.
    pub org: Org,
    /// Where mailboxes are whose home the input does not show.
    pub mailboxes: Mailboxes,
    /// How name servers are asked.
    pub dns: Dns,
    /// A list of the users to report.
    pub only: Option<PathBuf>,
    /// How many reports stay side by side; 0 is one in the folder itself.
    pub keep: usize,
    /// The file that keeps what each run counted.
    pub history: Option<PathBuf>,
    /// The folder of the report.
    pub out: PathBuf,
    /// The formats of the report.
    pub formats: Vec<Format>,
    /// How much the report shows of users.
    pub redact: Redact,
    /// The file with the key of the hashes.
    pub redact_key_file: Option<PathBuf>,
    /// The delimiter of the report's CSV files.
    pub csv_delimiter: u8,
    /// Whether cells that a spreadsheet would take for formulas stay as they are.
    pub csv_raw: bool,
    /// Findings that were accepted.
    pub suppressions: Vec<Suppression>,
    /// How many threads; 0 is one per processor.
    pub threads: usize,
    /// How the log is written.
    pub log_format: LogFormat,
    /// How many bytes of memory the run may take; `None` for as many as it needs.
    pub memory: Option<u64>,
    /// When the progress is shown.
    pub progress: Show,
    /// The texts from which all this was read, with their origins.
    pub values: Values,
}

impl Settings {
    /// The plan of an audit in a scenario; nothing is suppressed in it.
    #[must_use]
    pub fn plan(&self, scenario: Scenario) -> Plan {
        let context = Context {
            scenario,
            sip_domains: self.sip_domains.clone(),
            verified_domains: self.verified_domains.clone(),
            routing_domains: self.routing_domains.clone(),
            mailboxes: match self.mailboxes {
                Mailboxes::OnPrem => MailboxPlace::OnPremises,
                Mailboxes::Online => MailboxPlace::Online,
            },
            allowed_targets: self.dns.allowed.clone(),
        };
        Plan::new(context, self.selected, &self.severity)
    }
}

/// The settings of a run: options over the file (the named one, else the first that is found) over the defaults.
/// Also gives the file that was read. Fails with every problem of file and options at once.
pub fn load(
    options: Values,
    named: Option<&Path>,
    config_folder: Option<&Path>,
) -> Result<(Settings, Option<PathBuf>)> {
    let mut values = Values::defaults();
    let mut problems = Vec::new();
    let path = file::find(named, config_folder);
    if let Some(path) = &path {
        let (of_file, told) = file::read(path)?;
        values.overlay(of_file);
        problems = told;
    }
    values.overlay(options);
    Ok((check::check(values, problems)?, path))
}

/// The settings that these texts make over the defaults; no file is read.
pub fn of(given: Values) -> Result<Settings> {
    let mut values = Values::defaults();
    values.overlay(given);
    check::check(values, Vec::new())
}

/// The entries of an option as given on the command line.
#[must_use]
pub fn option(key: &Key, texts: impl Iterator<Item = String>) -> Vec<Entry> {
    let entry = |text| Entry { text, origin: Origin::CommandLine };
    texts.flat_map(|text| file::split(key.shape, &text)).map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    fn settings(text: &str) -> Result<Settings> {
        let mut values = Values::defaults();
        let (of_file, problems) = file::parse(text, Path::new("x.toml"));
        values.overlay(of_file);
        check::check(values, problems)
    }

    #[test]
    fn the_defaults_are_sound() {
        let settings = settings("").unwrap();
        assert_eq!(settings.scenario, None);
        assert_eq!(settings.out, Path::new("dirsync-audit-report"));
        assert_eq!(settings.formats, [Format::Csv, Format::Json, Format::Html]);
        assert_eq!(settings.fail_on, FailOn::At(Severity::Error));
        assert_eq!(settings.csv_delimiter, b',');
        assert!(settings.encoding.is_none() && settings.delimiter.is_none() && settings.only.is_none());
    }

    #[test]
    fn problems_of_shape_and_of_meaning_come_together() {
        let text = "scenario = \"teamz\"\nselct = 1\nselect = [\n \"SIP001\",\n \"SIP0011\"]\n[severity]\nSIP001 = \"fatal\"";
        let Err(Error::Usage(problems)) = settings(text) else { panic!("no problem") };
        let place = |line: &str| problems.iter().any(|problem| problem.starts_with(line));
        assert_eq!(problems.len(), 4, "{problems:?}");
        assert!(place("x.toml:1: scenario: `teamz` is not known; did you mean `teams`?"), "{problems:?}");
        assert!(place("x.toml:2: unknown key"), "{problems:?}");
        assert!(place("x.toml:5: select: unknown rule `SIP0011`"), "{problems:?}");
        assert!(place("x.toml:7: severity: "), "{problems:?}");
    }
}
