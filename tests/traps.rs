//! One sample per trap that real exports set: each is read as it should be, and judged like the plain table.

#![allow(clippy::unwrap_used, reason = "a sample that cannot be read has failed the test")]

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use dirsync_audit::audit::{self, Memory, Progress, Report, Stage};
use dirsync_audit::error::{Error, Result};
use dirsync_audit::model::Input;
use dirsync_audit::rules::verdict::{Judged, Plan};
use dirsync_audit::rules::{self, Context, RuleSet, Scenario};
use dirsync_audit::source::{self, Options};

/// What is said about a user.
type Said = (String, &'static str, Vec<String>);

#[derive(Default)]
struct All(Mutex<Vec<Said>>);

impl Report for All {
    type Part = Vec<Said>;

    fn part(&self) -> Vec<Said> {
        Vec::new()
    }

    fn user(&self, part: &mut Vec<Said>, judged: &Judged<'_, '_>) {
        let finding = |finding: &dirsync_audit::finding::Finding| {
            format!("{} {} {}", rules::at(finding.rule).code, finding.value, finding.message)
        };
        let findings = judged.findings.iter().map(finding).collect();
        part.push((judged.user.name().to_owned(), judged.verdict.status.word(), findings));
    }

    fn take(&self, part: Vec<Said>) -> Result<()> {
        self.0.lock().unwrap().extend(part);
        Ok(())
    }
}

impl Progress for All {
    fn advance(&self, _: Stage, _: u64, _: u64) {}
}

fn trap(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/traps").join(name)
}

/// Codes of damage, with how often each was seen.
type Damage = Vec<(&'static str, u64)>;

/// What is said about the users of a file, and the codes of its damage with how often.
fn judged(name: &str, options: &Options) -> Result<(Vec<Said>, Damage)> {
    let source = source::open(&trap(name).display().to_string(), options)?;
    let mut selected = RuleSet::NONE;
    rules::all().enumerate().for_each(|(place, _)| selected.insert(place));
    let plan = Plan::new(Context::of(Scenario::LyncHybrid), selected, &[]);
    let (inputs, all): (Vec<&dyn Input>, _) = (vec![&source], All::default());
    let outcome = audit::run(&inputs, &plan, None, &Memory::unlimited(), &all, &all)?;
    let mut problems = outcome.sources[0].problems.clone();
    problems.merge(&source.about().problems);
    let codes = problems.iter().map(|(problem, tally)| (problem.code(), tally.count)).collect();
    Ok((all.0.into_inner().unwrap(), codes))
}

/// The samples that hold the users of `plain.csv`, and what is wrong with each.
const SAME: &[(&str, &[(&str, u64)])] = &[
    ("plain.csv.gz", &[]),
    ("plain.csv.zst", &[]),
    ("excel-sep.csv", &[("not-utf-8", 1)]),
    ("excel-unicode-tab.csv", &[]),
    ("lone-cr.csv", &[]),
    ("two-encodings.csv", &[("two-encodings", 1)]),
    ("two-files.csv", &[("second-heading", 1)]),
    ("two-files-bom.csv", &[("second-heading", 1)]),
    ("two-files-case.csv", &[("second-heading", 1)]),
    ("json-arrays.csv", &[]),
    ("quoted-values.csv", &[]),
    ("deleted.csv", &[("deleted-object", 1)]),
    ("ps7-never.csv", &[]),
    ("long.csv", &[]),
    ("long-mixed.txt", &[]),
    ("long-types.csv", &[]),
    ("indexed.csv", &[]),
    ("split.csv", &[]),
    ("adfind.csv", &[]),
    ("adfind-jtsv.tsv", &[]),
    ("jxplorer.csv", &[]),
    ("csvde-escapes.csv", &[("not-utf-8", 1)]),
    ("nuls.csv", &[("nuls", 1)]),
    ("open-quote.csv", &[("open-quote", 1)]),
];

#[test]
fn the_same_users_are_judged_alike() {
    let (plain, clean) = judged("plain.csv", &Options::default()).unwrap();
    assert!(clean.is_empty() && plain.iter().any(|(.., findings)| !findings.is_empty()));
    for (name, damage) in SAME {
        let (said, codes) = judged(name, &Options::default()).unwrap();
        assert_eq!(codes, *damage, "{name}");
        // The rows of a list tell the addresses in another order.
        let sorted = |all: &[Said]| {
            let mut all = all.to_vec();
            for (.., findings) in &mut all {
                findings.sort();
            }
            all
        };
        assert_eq!(sorted(&said), sorted(&plain), "{name}");
    }
    let oem = Options { encoding: Some("cp850".to_owned()), ..Options::default() };
    assert_eq!(judged("oem-850.csv", &oem).unwrap(), (plain.clone(), vec![]));
    let twice = judged("two-encodings-ansi.csv", &Options::default()).unwrap();
    assert_eq!((twice.0.len(), twice.1), (4, vec![("two-encodings", 1)]));
    let unquoted = judged("unquoted-dn.csv", &Options::default()).unwrap();
    let names = |all: &[Said]| all.iter().map(|(name, ..)| name.clone()).collect::<Vec<_>>();
    assert_eq!((names(&unquoted.0), unquoted.1), (names(&plain), vec![("unquoted-dn", 4)]));
}

#[test]
fn damage_is_counted() {
    for (name, damage) in [
        ("type-names.csv", &[("type-name", 7)][..]),
        ("braces.csv", &[("format-cut", 1)]),
        ("range.csv", &[("range-cut", 1)]),
        ("spreadsheet.csv", &[("hash-cell", 1), ("cell-cut", 1), ("bad-number", 2), ("placeholder", 1)]),
        ("mojibake.csv", &[("mojibake", 2)]),
        ("no-types.csv", &[("types-lost", 1)]),
        ("two-aliases.csv", &[("two-columns", 1)]),
        ("entra-download.csv", &[]),
        ("ranges.ldif", &[("range-cut", 1)]),
        ("oem-850.csv", &[("oem-letters", 1)]),
        ("two-files-other.csv", &[("other-heading", 3)]),
        ("deleted.ldf", &[("change-record", 1), ("deleted-object", 1)]),
        ("ldif-cut.ldif", &[("line-cut", 1)]),
        ("openldap-no-end.ldif", &[("search-cut", 1)]),
        ("openldap-limit.ldif", &[("search-cut", 1)]),
        ("openldap-limit-stderr.ldif", &[("search-cut", 1)]),
        ("openldap-files.ldif", &[("url-value", 23)]),
        ("openldap-names.ldif", &[("names-only", 4)]),
    ] {
        assert_eq!(judged(name, &Options::default()).unwrap().1, damage, "{name}");
    }
}

#[test]
fn what_the_export_lost_gives_no_finding_about_it() {
    for name in ["type-names.csv", "no-types.csv", "entra-download.csv", "range.csv"] {
        for (user, _, findings) in judged(name, &Options::default()).unwrap().0 {
            let about = |finding: &&String| {
                ["SIP001", "PRX002", "PRX003", "PRX011", "MAIL003"]
                    .iter()
                    .any(|code| finding.starts_with(code))
            };
            assert_eq!(findings.iter().find(about), None, "{name}: {user}");
        }
    }
}

#[test]
fn what_is_no_table_of_users_is_refused() {
    for (name, what) in [
        ("format-table.csv", "Format-Table"),
        ("length.csv", "lengths of texts"),
        ("no-header.csv", "not headings"),
        ("idfix.csv", "IdFix: findings"),
        ("idfix-undo.ldf", "IdFix: changes"),
        ("389-dbscan.txt", "dbscan"),
        ("graph.json", "JSON"),
        ("duplicate-headings.csv", "stands twice"),
    ] {
        match judged(name, &Options::default()) {
            Err(error @ Error::Source { .. }) => assert!(error.to_string().contains(what), "{error}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}

/// Those who are users, by name. Servers spell names in their own way, and that of Samba has another domain.
fn people(all: Vec<Said>) -> Vec<Said> {
    let spelled = |text: &str| text.to_lowercase().replace("\\2c", "\\,").replace("dc=example", "dc=com");
    let mut all: Vec<Said> = all.into_iter().filter(|(_, status, _)| *status != "excluded").collect();
    for (name, _, findings) in &mut all {
        *name = spelled(name);
        *findings = findings.iter().map(|finding| spelled(finding)).collect();
        findings.sort();
    }
    all.sort();
    all
}

/// What OpenLDAP 2.5, 389 Directory Server 2.3 and Samba 4.17 export of the users of `plain.csv`, and LDIF of other
/// hands.
const LDIF: &[(&str, &[(&str, u64)])] = &[
    ("openldap-slapcat.ldif", &[]),
    ("openldap-ldapsearch.ldif", &[]),
    ("openldap-ldapsearch-L.ldif", &[]),
    ("openldap-ldapsearch-LL.ldif", &[]),
    ("openldap-ldapsearch-LLL.ldif", &[]),
    ("openldap-wrap30.ldif", &[]),
    ("openldap-paged.ldif", &[]),
    ("389-db2ldif.ldif", &[]),
    ("389-db2ldif-r.ldif", &[("deleted-object", 2)]),
    ("samba-ldbsearch.ldif", &[]),
    ("samba-ad.ldif", &[]),
    ("samba-extended-dn.ldif", &[]),
    ("ldifde-ansi.ldf", &[("not-utf-8", 1)]),
    ("ldifde-u.ldf", &[]),
    ("ldif-joined.ldif", &[]),
    ("ldif-joined-tight.ldif", &[]),
    ("ldif-by-hand.ldif", &[("not-base64", 1)]),
];

#[test]
fn every_server_gives_the_same_verdicts() {
    let plain = people(judged("plain.csv", &Options::default()).unwrap().0);
    for (name, damage) in LDIF {
        let (said, codes) = judged(name, &Options::default()).unwrap();
        assert_eq!(codes, *damage, "{name}");
        assert_eq!(people(said), plain, "{name}");
    }
}
