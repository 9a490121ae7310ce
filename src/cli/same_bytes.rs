//! The report does not depend on threads, on the size of blocks or on the memory, over awkward inputs.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use super::audit::pool;
use super::environment::Environment;
use super::exit::{Found, Status, audit_line};
use super::join::{Folder, Run};
use super::opened::Opened;
use super::tests::{Silent, settings};
use crate::audit::{self, Memory, Progress, Stage};
use crate::model::Input;
use crate::rules::Scenario;
use crate::rules::organisation::Organisation;
use crate::source;

/// How many bytes a record may have; few, so that there are longer ones.
const LIMIT: usize = 4000;

/// Users that share, repeat and are linked, in cells of every kind and lines of every end.
fn regular() -> String {
    let mut text = String::from(
        "distinguishedName,objectSid,msExchMasterAccountSid,sAMAccountName,displayName,mail,proxyAddresses,\
         userPrincipalName,mailNickname,msRTCSIP-PrimaryUserAddress\r\n",
    );
    for n in 0..90 {
        let end = ["\r\n", "\n", "\r"][n % 3];
        let name = match n % 6 {
            0 => "\"Ann\r\nBee\"".to_owned(),
            1 => "\"Ann\nBee\"".to_owned(),
            2 => "\"Ann \"\"x\"\"\rBee,\"\"\"".to_owned(),
            3 => String::new(),
            4 => "\"\"".to_owned(),
            _ => format!("Änne {n}"),
        };
        let (own, near) = (n % 40, n % 7);
        let sid = if n % 10 == 0 { format!("S-1-5-21-1-2-3-{}", n / 20) } else { String::new() };
        let (object, account) = if n % 20 == 0 { (sid, String::new()) } else { (String::new(), sid) };
        let _ = write!(
            text,
            "\"CN=U{},DC=contoso\",{object},{account},u{n},{name},m{own}@contoso.com,\
             \"SMTP:m{own}@contoso.com;sip:U{near}@contoso.com; smtp:x{n}@contoso.com\",\
             u{n}@contoso.com,nick{near},sip:u{near}@contoso.com{end}",
            n % 80
        );
    }
    text
}

/// The same, with quotes where none should be and without where one should be.
fn irregular() -> String {
    let mut text = regular();
    for (from, to) in [("Änne 5", "Än\"ne 5"), ("Änne 11", "\"Änne\" 11"), ("Änne 23", "\"Änne 23")] {
        text = text.replacen(from, to, 1);
    }
    let _ = write!(text, "CN=Huge,,,huge,{},h@contoso.com\r\n\"CN=Last,,,last,\"\"", "x".repeat(2 * LIMIT));
    text
}

fn ldif() -> String {
    let mut text = String::from("version: 1\n\n# users\n");
    for n in 0..60 {
        let end = ["\r\n", "\n"][n % 2];
        let lines = [
            format!("dn: CN=U{},DC=conto", n % 50),
            " so".to_owned(),
            "objectClass: user".to_owned(),
            format!("sAMAccountName: u{n}"),
            "displayName:: w4Rubg==".to_owned(),
            format!("mail: m{}@contoso.com", n % 30),
            "# a remark".to_owned(),
            format!("proxyAddresses: SMTP:m{}@contoso.com", n % 30),
            format!("proxyAddresses: sip:u{}@contoso", n % 7),
            " .com".to_owned(),
            format!("userPrincipalName: u{n}@contoso.com"),
            String::new(),
        ];
        // Some records are not parted by a blank line.
        let kept = lines.len() - usize::from(n % 5 == 0);
        lines[..kept].iter().for_each(|line| text.extend([line, end]));
    }
    text
}

/// What a run over a file finds and writes.
fn report(path: &Path, target: usize, threads: usize, limit: Option<u64>) -> (String, String, String) {
    report_of(path, target, (threads, limit), u64::MAX, &Silent)
}

/// The same; files of more than `small` bytes are opened by their start.
fn report_of(
    path: &Path,
    target: usize,
    (threads, limit): (usize, Option<u64>),
    small: u64,
    progress: &dyn Progress,
) -> (String, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path());
    let (plan, pool) = (settings.plan(Scenario::LyncHybrid), pool(threads).unwrap());
    let (spec, options) = (path.to_str().unwrap(), source::Options::default());
    let opened = pool.install(|| source::open_sized(spec, &options, (target, LIMIT), small)).unwrap();
    let sources = [Opened(Box::new(opened))];
    let inputs: Vec<&dyn Input> = sources.iter().map(Opened::input).collect();
    let folder_of_report = Folder::open(&settings, Scenario::LyncHybrid, &Environment::default()).unwrap();
    let memory = Memory { limit, folder: folder.path().to_owned() };
    let outcome =
        pool.install(|| audit::run(&inputs, &plan, None, &memory, progress, &folder_of_report)).unwrap();
    let found = Found { counts: &outcome.counts, new: 0 };
    let status = Status::of(&found, true, &settings);
    let meaning = audit_line(status, &found, &settings);
    let run = Run {
        scenario: Scenario::LyncHybrid,
        settings: &settings,
        plan: &plan,
        sources: &sources,
        outcome: &outcome,
        organisation: &Organisation::default(),
        started: String::new(),
        ended: String::new(),
        status,
        meaning: &meaning,
        seconds: 1.0,
        kept: None,
    };
    folder_of_report.finish(&run).unwrap();
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let known = format!("{outcome:?} {:?} {:?}", sources[0].about(), sources[0].0.hash().unwrap());
    (read("users.csv"), read("findings.csv"), known)
}

fn check(bytes: &[u8], said: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("users");
    fs::write(&path, bytes).unwrap();
    let whole = report(&path, 1 << 20, 1, None);
    for word in said {
        assert!(whole.1.contains(word), "`{word}` is missing in\n{}", whole.1);
    }
    // Borders fall everywhere, and every way of running comes with every kind of border.
    for (at, target) in (1..110).step_by(3).enumerate() {
        let (threads, limit) = (1 + at % 3, (at % 2 == 0).then_some(0));
        assert!(report(&path, target, threads, limit) == whole, "{target} {threads} {limit:?}");
    }
    for target in [257, 1000, 4096, 1 << 20] {
        for (threads, limit) in [(1, Some(0)), (2, None), (4, Some(0)), (4, Some(64 << 20))] {
            assert!(report(&path, target, threads, limit) == whole, "{target} {threads} {limit:?}");
        }
    }
}

#[test]
fn regular_tables() {
    check(regular().as_bytes(), &["UNQ001", "UNQ002", "UNQ004", "and 6 more"]);
}

#[test]
fn tables_with_quotes_that_are_none() {
    check(irregular().as_bytes(), &["UNQ001", "UNQ002"]);
}

#[test]
fn utf_16() {
    let units = "\u{feff}".encode_utf16().chain(irregular().encode_utf16().collect::<Vec<_>>());
    check(&units.flat_map(u16::to_le_bytes).collect::<Vec<u8>>(), &["UNQ001", "UNQ002"]);
}

#[test]
fn ldif_of_every_line() {
    check(ldif().as_bytes(), &["UNQ001", "UNQ002"]);
}

#[test]
fn big_files_that_are_opened_by_their_start() {
    let mut start = regular();
    for n in 0..400 {
        let _ = write!(start, "CN=B{n},,,b{n},{},b{n}@contoso.com\r\n", "x".repeat(3000));
    }
    let ansi = encoding_rs::WINDOWS_1252.encode(&regular()).0.into_owned();
    let wide = regular().encode_utf16().flat_map(u16::to_le_bytes).collect();
    let [regular, irregular] = [regular(), irregular()].map(String::into_bytes);
    let (folder, nuls) = (tempfile::tempdir().unwrap(), b"CN=N,,,n,\0\0,n@contoso.com\r\n".to_vec());
    for (at, rows) in [regular, irregular, ansi, nuls, wide].into_iter().enumerate() {
        let path = folder.path().join("users");
        fs::write(&path, [start.as_bytes(), &rows].concat()).unwrap();
        let whole = report(&path, 1 << 16, 1, None);
        assert!(whole.1.contains("UNQ001"), "{}", whole.1);
        for (target, threads, limit) in [(1 << 16, 1, None), (5000, 3, Some(0))] {
            assert!(report_of(&path, target, (threads, limit), 0, &Silent) == whole, "{at} {target}");
        }
    }
}

/// Counts how often a file is read first.
struct Readings(AtomicU64);

impl Progress for Readings {
    fn advance(&self, _: Stage, _: u64, _: u64) {}

    fn again(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn ldif_that_is_opened_by_parts() {
    let huge = format!("dn: CN=Huge\ninfo: {}\n\n", "x".repeat(4 * LIMIT));
    let [fetched, end] = ["version: 1\n# dirsync-audit fetch: 1\n\n", "# dirsync-audit end: complete 460\n"];
    let mut start = String::new();
    for n in 0..400 {
        let _ = write!(start, "dn: CN=B{n}\nmail: b{n}@contoso.com\ninfo: {}\n\n", "x".repeat(3000));
    }
    let folder = tempfile::tempdir().unwrap();
    for (before, behind, readings) in [
        ("", &b""[..], 1),
        (fetched, end.as_bytes(), 1),
        (fetched, b"\ndn: CN=Last\nmail: cut", 1),
        ("# extended LDIF\n", b"\ndn: CN=Last\nchangetype: delete\n", 1),
        ("", b"\ndn: CN=Last\nmailNickname: nick", 2),
        ("", b"\n# dirsync-audit attributes: sn,mail\n", 2),
        ("", b"\ndn: CN=Last\nmail: m1@contoso.com\ndisplayName: J\xe4ger\n", 2),
        ("", b"\ndn: CN=Last\nmail: m1@contoso.com\ndisplayName: \0\n", 2),
        ("", [huge.as_bytes(), b"dn: CN=Last\nmail: m1@contoso.com\nsn: a\n"].concat().leak(), 2),
    ] {
        let path = folder.path().join("users");
        fs::write(&path, [before.as_bytes(), start.as_bytes(), ldif().as_bytes(), behind].concat()).unwrap();
        let whole = report(&path, 1 << 16, 1, None);
        assert!(whole.1.contains("UNQ001"), "{}", whole.1);
        for (target, threads, limit) in [(1 << 16, 1, None), (5000, 3, Some(0))] {
            let count = Readings(AtomicU64::new(1));
            let by_parts = report_of(&path, target, (threads, limit), 0, &count);
            assert_eq!(count.0.into_inner(), readings, "{target} {}", String::from_utf8_lossy(behind));
            assert!(by_parts == whole, "{target} {}", String::from_utf8_lossy(behind));
        }
    }
}
