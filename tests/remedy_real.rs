//! Real servers: a plan applied with `ldapmodify` leaves nothing of what it is made for and brings nothing, and
//! `undo.ldif` gives every value back, octet by octet.
//!
//! `cargo test --test remedy_real -- --ignored`; Linux, with the packages that `tests/run` installs.

#![allow(clippy::unwrap_used, reason = "a test that cannot run has failed")]
#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

mod beds;
mod common;
mod runs;
use beds::Bed;
use common::{Row, program, table};

/// People, and groups that hold addresses.
const EVERYBODY: &str =
    "(|(&(objectClass=person)(!(objectClass=computer)))(&(objectClass=group)(|(mail=*)(proxyAddresses=*))))";
/// What a plan can change.
const CHANGED: [&str; 4] =
    ["mail", "proxyAddresses", "msRTCSIP-PrimaryUserAddress", "msRTCSIP-DeploymentLocator"];

/// What everybody holds: DN, attribute, values in the order of their octets.
fn held(bed: &Bed) -> BTreeMap<(String, String), Vec<Vec<u8>>> {
    let mut all: BTreeMap<(String, String), Vec<Vec<u8>>> = BTreeMap::new();
    for entry in bed.search(bed.at("BASE"), EVERYBODY, &CHANGED) {
        let dn = String::from_utf8(entry[0].1.clone()).unwrap();
        for (name, value) in &entry[1..] {
            all.entry((dn.clone(), name.to_lowercase())).or_default().push(value.clone());
        }
    }
    for values in all.values_mut() {
        values.sort();
    }
    all
}

/// Exports the directory without the program, audits it, and makes a plan.
fn plan(bed: &Bed) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("people.csv"), bed.export(EVERYBODY, |_| true)).unwrap();
    let audit = ["audit", "people.csv", "--scenario", "lync-hybrid", "--exit-zero", "--out", "report"];
    for arguments in [&audit[..], &["remediate", "report", "--out", "plan"]] {
        let output = program(dir.path()).args(arguments).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {told}");
    }
    dir
}

fn rows(dir: &tempfile::TempDir, name: &str) -> Vec<Row> {
    table(&dir.path().join(name))
}

fn found(dir: &tempfile::TempDir, wanted: impl Fn(&Row) -> bool) -> BTreeSet<[String; 4]> {
    let of = |row: &Row| ["dn", "code", "attribute", "value"].map(|name| row[name].trim().to_lowercase());
    rows(dir, "report/findings.csv").iter().filter(|row| wanted(row)).map(of).collect()
}

fn there_and_back(bed: &Bed, least: usize) {
    let before = held(bed);
    let first = plan(bed);
    let text = |name: &str| fs::read_to_string(first.path().join("plan").join(name)).unwrap();
    let codes: BTreeSet<String> =
        rows(&first, "plan/plan.csv").iter().map(|row| row["rule"].clone()).collect();
    assert!(codes.len() >= least, "{codes:?}");
    bed.change(&text("fix.ldif"));
    assert_ne!(held(bed), before);

    let second = plan(bed);
    let new = &found(&second, |_| true) - &found(&first, |_| true);
    assert!(new.is_empty(), "{new:?}");
    // The bed is filled past the checks of the server, so that it holds two values that it takes for the same: what no
    // server takes back is not planned.
    let suggested = found(&second, |row| !row["suggestion"].is_empty() && row["code"] != "PRX007");
    assert!(suggested.is_empty(), "{suggested:?}");
    let left = rows(&first, "plan/needs-a-person.csv");
    let mut left = left.iter().filter(|row| !row["suggestion"].is_empty());
    assert!(left.all(|row| row["rule"] == "PRX007" && row["why"].contains("holds one of them only")));
    assert!(rows(&second, "plan/plan.csv").is_empty());
    // A plan of nothing changes nothing.
    bed.change(&fs::read_to_string(second.path().join("plan/fix.ldif")).unwrap());

    bed.change(&text("undo.ldif"));
    let after = held(bed);
    let differs: Vec<_> = before.iter().filter(|(key, values)| after.get(*key) != Some(values)).collect();
    assert!(differs.is_empty(), "{differs:?}");
    assert_eq!(before, after);
}

#[test]
#[ignore = "needs slapd"]
fn openldap() {
    there_and_back(&Bed::start("openldap.py", &["--users", "3000"]), 9);
}

#[test]
#[ignore = "needs Samba"]
fn a_domain_controller() {
    there_and_back(&Bed::start("samba_dc.py", &["--users", "1500"]), 8);
}
