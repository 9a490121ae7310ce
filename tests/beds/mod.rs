//! Real servers: `tests/servers` starts them, and stops them when this program ends, in whatever way it ends.

#![allow(dead_code, reason = "each test program uses its part")]
#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a server that cannot run has failed the test"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{LazyLock, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use dirsync_audit::model::attribute::{ATTRIBUTES, Attr};

use crate::common::root;
use crate::runs::other;

/// A server with people, and where it is.
pub(crate) struct Bed {
    values: BTreeMap<String, String>,
    talk: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
    child: Child,
}

/// The domain controller that tests share.
pub(crate) static SAMBA: LazyLock<Bed> = LazyLock::new(|| Bed::start("samba_dc.py", &["--users", "1500"]));
/// The `OpenLDAP` server that tests share.
pub(crate) static OPENLDAP: LazyLock<Bed> =
    LazyLock::new(|| Bed::start("openldap.py", &["--users", "12000"]));

impl Bed {
    /// Starts one for a test of its own.
    pub(crate) fn start(script: &str, options: &[&str]) -> Self {
        let mut command = Command::new("/usr/bin/python3");
        command.arg(root().join("tests/servers").join(script)).args(options);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (talk, mut out) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut values = BTreeMap::new();
        loop {
            let line = line(&mut out).unwrap_or_else(|| panic!("{script} did not start; it says why above"));
            match line.split_once('=') {
                Some((name, value)) => values.insert(name.to_owned(), value.to_owned()),
                None => break,
            };
        }
        Self { values, talk: Mutex::new((talk, out)), child }
    }

    /// What the bed has said, such as `LDAPS` or `BASE`.
    pub(crate) fn at(&self, name: &str) -> &str {
        &self.values[name]
    }

    /// `kill`, `stop` or `start`.
    pub(crate) fn server(&self, word: &str) {
        let mut talk = self.talk.lock().unwrap();
        writeln!(talk.0, "{word}").unwrap();
        assert_eq!(line(&mut talk.1).as_deref(), Some("done"), "{word}");
    }

    /// The options by which the program signs in and trusts the server.
    pub(crate) fn options(&self) -> Vec<&str> {
        vec![
            "--bind-dn",
            self.at("USER"),
            "--password-file",
            self.at("PASSWORD_FILE"),
            "--ca-file",
            self.at("CA"),
        ]
    }

    /// What `ldapsearch` prints as the program's account, as records of names and values.
    pub(crate) fn search(
        &self,
        base: &str,
        filter: &str,
        attributes: &[&str],
    ) -> Vec<Vec<(String, Vec<u8>)>> {
        let signed_in = ["-x", "-H", self.at("LDAPS"), "-D", self.at("USER"), "-w", self.at("PASSWORD")];
        let how = ["-LLL", "-o", "ldif-wrap=no", "-E", "pr=500/noprompt", "-b", base, filter];
        let arguments = [&signed_in[..], &how, attributes].concat();
        let out = other("ldapsearch", &arguments, &[("LDAPTLS_CACERT", self.at("CA"))], b"");
        records(&String::from_utf8(out).unwrap())
    }

    /// Changes the directory as its administrator.
    pub(crate) fn change(&self, ldif: &str) {
        let arguments = ["-x", "-H", self.at("LDAPS"), "-D", self.at("ADMIN"), "-w", self.at("PASSWORD")];
        other("ldapmodify", &arguments, &[("LDAPTLS_CACERT", self.at("CA"))], ldif.as_bytes());
    }

    /// The people as a CSV export, made by `ldapsearch` without the program: these attributes as columns, those that
    /// nobody has left out.
    pub(crate) fn export(&self, filter: &str, wanted: impl Fn(&str) -> bool) -> String {
        let names =
            ATTRIBUTES.iter().filter(|about| about.attr != Attr::DistinguishedName && wanted(about.ldap));
        let names: Vec<&str> = names.map(|about| about.ldap).collect();
        let people = self.search(self.at("BASE"), filter, &names);
        let has = |name: &str| people.iter().flatten().any(|(have, _)| have.eq_ignore_ascii_case(name));
        let names: Vec<&str> = names.into_iter().filter(|name| has(name)).collect();
        let mut csv = format!(
            "\u{feff}\"distinguishedName\",{}\r\n",
            quoted(names.iter().map(|name| (*name).to_owned()))
        );
        for person in people {
            let of = |name: &str| {
                let values = person.iter().filter(|(have, _)| have.eq_ignore_ascii_case(name));
                values.map(|(_, value)| shown(name, value)).collect::<Vec<_>>().join(";")
            };
            writeln!(
                csv,
                "{},{}\r",
                quoted([of("dn")].into_iter()),
                quoted(names.iter().map(|name| of(name)))
            )
            .unwrap();
        }
        csv
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        // Its standard input ends, so it stops its server and goes.
        let (input, _) = std::mem::replace(self.talk.get_mut().unwrap(), nobody());
        drop(input);
        self.child.wait().unwrap();
    }
}

/// Pipes to nobody.
fn nobody() -> (ChildStdin, BufReader<ChildStdout>) {
    let mut child = Command::new("true").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let pipes = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    child.wait().unwrap();
    pipes
}

fn line(from: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    (from.read_line(&mut line).unwrap() > 0).then(|| line.trim_end().to_owned())
}

/// The records of LDIF without folded lines.
fn records(ldif: &str) -> Vec<Vec<(String, Vec<u8>)>> {
    let attribute = |line: &str| {
        let (name, rest) = line.split_once(':').unwrap();
        let value = match rest.strip_prefix(": ") {
            Some(coded) => BASE64.decode(coded).unwrap(),
            None => rest.strip_prefix(' ').unwrap_or(rest).as_bytes().to_vec(),
        };
        (name.to_owned(), value)
    };
    // Between two pages stands a comment.
    let ldif: String =
        ldif.lines().filter(|line| !line.starts_with('#')).flat_map(|line| [line, "\n"]).collect();
    let paragraphs = ldif.split("\n\n").map(str::trim_start).filter(|text| text.starts_with("dn:"));
    paragraphs.map(|text| text.lines().map(attribute).collect()).collect()
}

fn quoted(cells: impl Iterator<Item = String>) -> String {
    cells.map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect::<Vec<_>>().join(",")
}

/// A value as exports write it.
fn shown(name: &str, value: &[u8]) -> String {
    match Attr::of_ldap(name) {
        Some(Attr::ObjectGuid) => guid(value),
        Some(Attr::ObjectSid | Attr::OriginatorSid | Attr::MasterAccountSid) => sid(value),
        _ => String::from_utf8(value.to_vec()).unwrap(),
    }
}

fn guid(bytes: &[u8]) -> String {
    let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    let mut text = String::new();
    for (at, byte) in order.into_iter().enumerate() {
        let dash = if matches!(at, 4 | 6 | 8 | 10) { "-" } else { "" };
        write!(text, "{dash}{:02x}", bytes[byte]).unwrap();
    }
    text
}

fn sid(bytes: &[u8]) -> String {
    let parts = bytes[8..].chunks(4).map(|part| u32::from_le_bytes(part.try_into().unwrap()));
    parts.fold(format!("S-{}-{}", bytes[0], bytes[7]), |text, part| format!("{text}-{part}"))
}
