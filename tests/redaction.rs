//! What `--redact` lets out: no value of any sample in any format, and hashes that compare under one key.

#![allow(clippy::unwrap_used, reason = "a report that cannot be read has failed the test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

mod common;
mod reports;
use common::SCENARIOS;
use reports::{Report, at_home, attempt, audit, samples};

/// What the sample says about people: every value of a column that is a name, whole and in its parts.
fn personal() -> BTreeSet<String> {
    let text = fs::read_to_string(at_home("samples/contoso.csv")).unwrap();
    let rows = reports::rows_of_csv(text.trim_start_matches('\u{feff}'));
    let names =
        ["displayName", "givenName", "sn", "mail", "mailNickname", "sAMAccountName", "userPrincipalName"];
    let addresses = ["proxyAddresses", "msRTCSIP-PrimaryUserAddress", "targetAddress", "msRTCSIP-Line"];
    let mut values = BTreeSet::new();
    for row in &rows {
        for column in names {
            values.insert(row[column].clone());
        }
        for column in addresses {
            for value in row[column].split(';') {
                let bare = value.split_once(':').map_or(value, |(_, rest)| rest);
                // A domain alone is what partial shows of an address.
                if bare.contains('@') || !bare.contains('.') {
                    values.extend([value.to_owned(), bare.to_owned()]);
                }
                values.extend(bare.rsplit_once('@').map(|(local, _)| local.to_owned()));
            }
        }
        let dn = &row["distinguishedName"];
        values.insert(dn.clone());
        values.insert(dn.split(",OU=").next().unwrap().trim_start_matches("CN=").to_owned());
    }
    let values = values.into_iter().map(|value| value.trim().to_lowercase());
    secrets(values)
}

/// The values that are nothing but names, in lower case. Words of the catalogue and of HTML are no secret, and a few of
/// the samples' names are such words.
fn secrets(values: impl Iterator<Item = String>) -> BTreeSet<String> {
    let rules = fs::read_to_string(at_home("RULES.md")).unwrap().to_lowercase();
    // The entry of a domain or unit is named by nothing but the path that `partial` shows of everybody in it.
    let path = |part: &str| part.starts_with("dc=") || part.starts_with("ou=");
    let domain = |value: &str| value.split(',').all(path);
    let is_secret = |value: &String| {
        value.chars().count() > 3 && value != "lang" && !domain(value) && !has_word(&rules, value)
    };
    values.filter(is_secret).collect()
}

/// Whether a text holds a value as a word of its own.
fn has_word(text: &str, value: &str) -> bool {
    let part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    memchr::memmem::find_iter(text.as_bytes(), value.as_bytes())
        .any(|at| !part(text[..at].chars().next_back()) && !part(text[at + value.len()..].chars().next()))
}

/// All that a report says, in lower case: the text of each file, and of the workbook the text of its cells.
fn everything(report: &Report) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(report.path("")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = if Path::new(&name).extension().is_some_and(|end| end == "xlsx") {
            report.sheets().into_iter().flat_map(|(_, rows)| rows).flatten().collect::<Vec<_>>().join("\n")
        } else {
            fs::read_to_string(&path).unwrap()
        };
        all.push((name, text.to_lowercase()));
    }
    all
}

#[test]
fn a_redacted_report_holds_no_value_of_the_sample() {
    let sample = at_home("samples/contoso.csv");
    let personal = personal();
    assert!(personal.len() > 300, "{}", personal.len());
    let names = |report: &Report| {
        let mut leaks = BTreeSet::new();
        for (file, text) in everything(report) {
            leaks.extend(
                personal.iter().filter(|value| has_word(&text, value)).map(|value| (file.clone(), value)),
            );
        }
        leaks.into_iter().map(|(file, value)| format!("{file}: {value}")).collect::<Vec<_>>()
    };
    assert!(names(&audit(&sample, "lync-hybrid", &[])).len() > 300, "the test sees names");
    for scenario in SCENARIOS {
        for how in ["partial", "hash"] {
            let report = audit(&sample, scenario, &["--redact", how]);
            let leaks = names(&report);
            assert!(leaks.is_empty(), "{how} in {scenario}:\n{}", leaks.join("\n"));
            for (file, text) in everything(&report) {
                assert!(!text.contains("samples/"), "{how}: {file} names a folder");
                let domains = ["@contoso", "dc=contoso", "fabrikam"];
                let domain = how == "hash" && domains.iter().any(|domain| text.contains(domain));
                assert!(!domain, "{how}: {file} names a domain");
            }
        }
    }
}

/// The values of every other sample, as its own report names them without redaction.
#[test]
fn no_redacted_report_holds_a_name_of_its_sample() {
    let names = ["dn", "sam_account_name", "user_principal_name", "display_name", "mail", "sip_address"];
    let mut seen = 0;
    for sample in samples() {
        let Ok(open) = attempt("csv", &sample, "lync-hybrid", &[]) else { continue };
        let rows = open.csv("users.csv");
        let values = rows.iter().flat_map(|row| names.iter().map(|name| row[*name].trim().to_lowercase()));
        let secrets = secrets(values);
        seen += secrets.len();
        for how in ["partial", "hash"] {
            for (file, text) in everything(&audit(&sample, "lync-hybrid", &["--redact", how])) {
                let leak = secrets.iter().find(|value| has_word(&text, value));
                assert_eq!(leak, None, "{how}: {file} of {}", sample.display());
            }
        }
    }
    assert!(seen > 500, "{seen} names");
}

/// Folders and the files in them are often called after people and firms.
#[test]
fn a_redacted_report_does_not_tell_where_its_source_lay() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("kiesewetter");
    fs::create_dir(&folder).unwrap();
    let source = folder.join("wave-of-zimmerle.csv");
    fs::copy(at_home("samples/traps/braces.csv"), &source).unwrap();
    for (how, file_is_named) in [("none", true), ("partial", true), ("hash", false)] {
        let report = audit(&source, "lync-hybrid", &["--redact", how]);
        let all = everything(&report);
        let holds = |word: &str| all.iter().any(|(_, text)| text.contains(word));
        assert_eq!((holds("kiesewetter"), holds("zimmerle")), (how == "none", file_is_named), "{how}");
        let read = &report.json("summary.json")["sources"][0];
        assert_eq!(read["blake3"].is_null() && read["path"].is_null(), how != "none");
    }
}

#[test]
fn hashes_compare_under_one_key_only() {
    let sample = at_home("samples/contoso.csv");
    let dir = tempfile::tempdir().unwrap();
    let key = dir.path().join("key");
    fs::write(&key, "another key, also of some length\n").unwrap();
    let run = |options: &[&str]| audit(&sample, "lync-hybrid", options);
    let (one, again) = (run(&["--redact", "hash"]), run(&["--redact", "hash"]));
    for file in ["users.csv", "findings.csv", "findings.jsonl"] {
        assert_eq!(one.text(file), again.text(file), "{file}");
    }
    assert_eq!(one.sheets()[1..], again.sheets()[1..], "but for the times on its first sheet");
    let other = run(&["--redact", "hash", "--redact-key-file", key.to_str().unwrap()]);
    let (one, other) = (one.csv("findings.csv"), other.csv("findings.csv"));
    assert_eq!(one.len(), other.len());
    for (one, other) in one.iter().zip(&other) {
        assert!(one["code"] == other["code"] && one["fingerprint"] != other["fingerprint"]);
    }
    let distinct: BTreeSet<&str> = one.iter().map(|row| row["fingerprint"].as_str()).collect();
    assert_eq!(distinct.len(), one.len(), "hashes keep findings apart");
}
