//! Real servers: what `audit` finds in a directory is what it finds in an export of the same people, and nothing that
//! a server does or suffers is taken for a complete reading.
//!
//! `cargo test --test ldap_real -- --ignored`; Linux, as root, with the packages that `tests/run` installs.

#![allow(clippy::unwrap_used, reason = "a test that cannot run has failed")]
#![cfg(unix)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

mod beds;
mod common;
mod runs;
use beds::{Bed, OPENLDAP, SAMBA};
use common::Row;
use runs::{PLAIN, Run, audit, start};

/// Who is read without a filter of one's own: people, and groups that hold addresses.
const EVERYBODY: &str =
    "(|(&(objectClass=person)(!(objectClass=computer)))(&(objectClass=group)(|(mail=*)(proxyAddresses=*))))";

/// The rows of a table without the name of the source, in any order.
fn rows(run: &Run, table: &str) -> BTreeSet<Row> {
    let mut rows = run.table(table);
    for row in &mut rows {
        row.remove("source");
    }
    rows.into_iter().collect()
}

/// Both reports say the same of each user.
#[track_caller]
fn same(found: &Run, expected: &Run) {
    for (table, least) in [("users.csv", 200), ("findings.csv", 8)] {
        let (found, expected) = (rows(found, table), rows(expected, table));
        assert!(expected.len() > least, "{table}: {} are too few to compare", expected.len());
        let (more, less) = (found.difference(&expected).next(), expected.difference(&found).next());
        let counts = (found.difference(&expected).count(), expected.difference(&found).count());
        assert!(
            more.is_none() && less.is_none(),
            "{table}: {counts:?} differ: found {more:#?}, expected {less:#?}"
        );
    }
}

/// The report on an export of what the server holds, made without the program.
fn exported(bed: &Bed, wanted: impl Fn(&str) -> bool) -> Run {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("people.csv");
    fs::write(&file, bed.export(EVERYBODY, wanted)).unwrap();
    audit(&[file.to_str().unwrap()], &[]).ended(0)
}

/// The report on the directory.
fn direct(bed: &Bed, url: &str, options: &[&str]) -> Run {
    audit(&[url], &[&bed.options()[..], options].concat())
}

/// Saves the directory into `file`.
fn fetch(bed: &Bed, url: &str, file: &Path, options: &[&str]) -> Run {
    let out = ["fetch", url, "--out", file.to_str().unwrap()];
    start(&[&out[..], &bed.options(), options].concat(), &[]).end()
}

#[test]
#[ignore = "needs slapd"]
fn openldap_gives_what_an_export_gives() {
    let expected = exported(&OPENLDAP, |_| true);
    for options in [&[][..], &["--connections", "1"], &["--connections", "4", "--page-size", "100"]] {
        same(&direct(&OPENLDAP, OPENLDAP.at("LDAPS"), options).ended(0), &expected);
    }
    same(&direct(&OPENLDAP, OPENLDAP.at("LDAP"), &["--start-tls"]).ended(0), &expected);
    let socket = format!("ldapi://{}", OPENLDAP.at("LDAPI").replace('/', "%2F"));
    same(&direct(&OPENLDAP, &socket, &[]).ended(0), &expected);
}

#[test]
#[ignore = "needs slapd"]
fn openldap_without_an_order_on_the_key_loses_nobody() {
    let bed = Bed::start("openldap.py", &["--users", "12000", "--unordered"]);
    let expected = exported(&bed, |_| true);
    same(&direct(&bed, bed.at("LDAPS"), &[]).ended(0), &expected);
    // It is read by its folders, and a later run goes on with those that are missing.
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("people.ldif");
    let out = ["fetch", bed.at("LDAPS"), "--out", file.to_str().unwrap()];
    let going = start(&[&out[..], &bed.options(), &SLOWLY].concat(), &[]);
    sleep(Duration::from_millis(1500));
    going.kill();
    let state = fs::read_to_string(dir.path().join("people.ldif.parts/fetch.json")).unwrap();
    assert!(state.matches("\"All\": ").count() > 3 && state.contains("\"Leaves\": "), "{state}");
    fetch(&bed, bed.at("LDAPS"), &file, &["--resume"]).ended(0);
    same(&audit(&[file.to_str().unwrap()], &[]).ended(0), &expected);
}

#[test]
#[ignore = "needs slapd"]
fn a_directory_without_anything_of_microsoft_loses_nobody() {
    let bed = Bed::start("openldap.py", &["--users", "12000", "--plain"]);
    let url = format!("{}/{}", bed.at("LDAPS"), bed.at("BASE"));
    let run = direct(&bed, &url, &[]);
    let people = bed.search(bed.at("BASE"), "(objectClass=inetOrgPerson)", &["1.1"]);
    assert_eq!(people.len(), 12_000);
    assert_eq!(run.status, 0, "{}", run.told);
    let names: Vec<String> = run.table("users.csv").into_iter().map(|row| row["dn"].to_lowercase()).collect();
    for person in &people {
        let dn = String::from_utf8(person[0].1.clone()).unwrap().to_lowercase();
        assert!(names.contains(&dn), "{dn}");
    }
}

#[test]
#[ignore = "needs Samba"]
fn a_domain_controller_gives_what_an_export_gives() {
    let expected = exported(&SAMBA, |_| true);
    same(&direct(&SAMBA, SAMBA.at("LDAPS"), &[]).ended(0), &expected);
    same(&direct(&SAMBA, SAMBA.at("LDAP"), &["--start-tls"]).ended(0), &expected);
}

/// A global catalogue holds a part of the attributes; what it does not hold is not evaluated, never missing.
#[test]
#[ignore = "needs Samba"]
fn a_global_catalogue_gives_what_an_export_of_its_attributes_gives() {
    let schema = format!("CN=Schema,CN=Configuration,{}", SAMBA.at("BASE"));
    let partial = "(&(objectClass=attributeSchema)(isMemberOfPartialAttributeSet=TRUE))";
    let held = SAMBA.search(&schema, partial, &["lDAPDisplayName"]);
    let held: Vec<Vec<u8>> = held.into_iter().map(|mut entry| entry.swap_remove(1).1).collect();
    assert!(!held.contains(&b"proxyAddresses".to_vec()), "there is something to leave out");
    let expected = exported(&SAMBA, |name| held.contains(&name.as_bytes().to_vec()));
    let run = direct(&SAMBA, SAMBA.at("GCS"), &[]);
    assert!(run.summary().to_string().contains("proxyAddresses"), "{}", run.told);
    same(&run, &expected);
}

#[test]
#[ignore = "needs slapd and Samba"]
fn what_is_fetched_is_judged_as_the_directory_is() {
    for (bed, url) in [(&*OPENLDAP, "LDAPS"), (&*SAMBA, "LDAPS"), (&*SAMBA, "GCS")] {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("people.ldif.zst");
        fetch(bed, bed.at(url), &file, &[]).ended(0);
        let direct = direct(bed, bed.at(url), &[]).ended(0);
        same(&audit(&[file.to_str().unwrap()], &[]).ended(0), &direct);
    }
}

/// Waits until a run has got somewhere: the server has work to do.
fn in_the_middle() {
    sleep(Duration::from_millis(400));
}

/// Slow enough that something can happen in the middle.
const SLOWLY: [&str; 6] = ["--max-rate", "4000", "--page-size", "100", "--timeout", "5"];

#[test]
#[ignore = "needs slapd"]
fn a_server_that_is_killed_and_comes_back_loses_nobody() {
    let bed = Bed::start("openldap.py", &["--users", "6000"]);
    let expected = exported(&bed, |_| true);
    let arguments =
        [&["audit", bed.at("LDAPS"), "--out", "report"], &PLAIN[..], &bed.options(), &SLOWLY].concat();
    let going = start(&arguments, &[]);
    in_the_middle();
    bed.server("kill");
    bed.server("start");
    same(&going.end().ended(0), &expected);
}

#[test]
#[ignore = "needs slapd"]
fn a_server_that_is_killed_for_good_leaves_a_report_that_says_so() {
    for word in ["kill", "stop"] {
        let bed = Bed::start("openldap.py", &["--users", "6000"]);
        let arguments =
            [&["audit", bed.at("LDAPS"), "--out", "report"], &PLAIN[..], &bed.options(), &SLOWLY].concat();
        let going = start(&arguments, &[]);
        in_the_middle();
        bed.server(word);
        let run = going.end().says(&["127.0.0.1"]);
        assert!(matches!(run.status, 2 | 3), "{}", run.told);
    }
}

/// Two files of a directory hold the same entries, whatever their order, and their headers the same counts.
#[track_caller]
fn same_file(found: &Path, expected: &Path) {
    same(
        &audit(&[found.to_str().unwrap()], &[]).ended(0),
        &audit(&[expected.to_str().unwrap()], &[]).ended(0),
    );
}

#[test]
#[ignore = "needs slapd"]
fn a_fetch_that_is_killed_goes_on_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let (whole, broken) = (dir.path().join("whole"), dir.path().join("broken"));
    fetch(&OPENLDAP, OPENLDAP.at("LDAPS"), &whole, &[]).ended(0);
    for after in [300, 900, 1500] {
        let out = ["fetch", OPENLDAP.at("LDAPS"), "--out", broken.to_str().unwrap()];
        let going = start(&[&out[..], &OPENLDAP.options(), &SLOWLY].concat(), &[]);
        sleep(Duration::from_millis(after));
        going.kill();
        assert!(!broken.exists(), "a part is not taken for the whole");
        fetch(&OPENLDAP, OPENLDAP.at("LDAPS"), &broken, &["--resume"]).ended(0);
        same_file(&broken, &whole);
        fs::remove_file(&broken).unwrap();
    }
}

#[test]
#[ignore = "needs Samba"]
fn what_has_changed_makes_the_file_of_a_full_reading() {
    let bed = Bed::start("samba_dc.py", &["--users", "300"]);
    let dir = tempfile::tempdir().unwrap();
    let (before, since, full) =
        (dir.path().join("before"), dir.path().join("since"), dir.path().join("full"));
    fetch(&bed, bed.at("LDAPS"), &before, &["--base", &format!("OU=People,{}", bed.at("BASE"))]).ended(0);
    let people = format!("OU=People,{}", bed.at("BASE"));
    bed.change(&format!(
        "dn: CN=u0000001,OU=D01,{people}\nchangetype: modify\nreplace: mail\nmail: changed@corp.contoso.com\n\n\
         dn: CN=u0000002,OU=D02,{people}\nchangetype: delete\n\n\
         dn: CN=u0000003,OU=D03,{people}\nchangetype: moddn\nnewrdn: CN=u0000003\ndeleteoldrdn: 1\n\
         newsuperior: CN=Users,{base}\n\n\
         dn: CN=u0000004,OU=D04,{people}\nchangetype: moddn\nnewrdn: CN=renamed\ndeleteoldrdn: 1\n\n\
         dn: CN=new,OU=D05,{people}\nchangetype: add\nobjectClass: user\nsAMAccountName: new\nmail: new@contoso.com\n\n",
        base = bed.at("BASE"),
    ));
    let base = ["--base", &people];
    let run =
        fetch(&bed, bed.at("LDAPS"), &since, &[&base[..], &["--since", before.to_str().unwrap()]].concat());
    run.ended(0);
    fetch(&bed, bed.at("LDAPS"), &full, &base).ended(0);
    same_file(&since, &full);
    let names = audit(&[since.to_str().unwrap()], &[]).names();
    assert!(names.contains("new") && !names.contains("u0000002") && !names.contains("u0000003"));
}

#[test]
#[ignore = "needs Samba"]
fn refusals_say_what_to_do() {
    let right = SAMBA.at("PASSWORD");
    let refusals = [
        ("svc-audit", "not-my-pass-17", "52e", "password"),
        ("svc-disabled", right, "533", "disabled"),
        ("svc-expired", right, "701", "expired"),
        ("svc-mustchange", right, "773", "change"),
        ("svc-locked", right, "775", "locked"),
    ];
    for (account, password, code, text) in refusals {
        let name = format!("{account}@corp.contoso.com");
        let variables = [("DIRSYNC_AUDIT_PASSWORD", password)];
        let options = ["--bind-dn", &name, "--ca-file", SAMBA.at("CA"), "--out", "report"];
        let arguments = [&["audit", SAMBA.at("LDAPS")], &PLAIN[..], &options].concat();
        let run = start(&arguments, &variables).end().ended(2).says(&[code, text]);
        assert!(!run.told.contains(password), "{}", run.told);
    }
}

#[test]
#[ignore = "needs Samba"]
fn an_empty_password_is_refused_before_it_is_sent() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let options = ["--bind-dn", SAMBA.at("USER"), "--password-file", file.path().to_str().unwrap()];
    audit(&[SAMBA.at("LDAPS")], &options).ended(2).says(&["empty"]);
}

#[test]
#[ignore = "needs slapd"]
fn a_server_that_cannot_prove_who_it_is_gets_no_password() {
    let refused = |bed: &Bed, url: &str, ca: &str, texts: &[&str]| {
        let mut options = bed.options();
        *options.last_mut().unwrap() = ca;
        audit(&[url], &options).ended(2).says(texts)
    };
    let bed = &*OPENLDAP;
    refused(bed, bed.at("LDAPS"), bed.at("OTHER_CA"), &["--ca-file"]);
    let without: Vec<&str> = bed.options()[..4].to_vec();
    audit(&[bed.at("LDAPS")], &without).ended(2).says(&["--ca-file"]);
    for (certificate, text) in [("expired", "expired"), ("elsewhere", "--tls-server-name")] {
        let bed = Bed::start("openldap.py", &["--users", "1", "--certificate", certificate]);
        refused(&bed, bed.at("LDAPS"), bed.at("CA"), &[text]);
        let run = direct(&bed, bed.at("LDAPS"), &["--insecure"]);
        assert!(
            run.status != 2 && run.summary().to_string().to_lowercase().contains("insecure"),
            "{}",
            run.told
        );
        if certificate == "elsewhere" {
            let run = direct(&bed, bed.at("LDAPS"), &["--tls-server-name", "elsewhere.test"]);
            assert!(run.status != 2, "{}", run.told);
        }
    }
}

#[test]
#[ignore = "needs slapd"]
fn a_limit_of_the_server_is_no_end_of_the_directory() {
    let bed = Bed::start("openldap.py", &["--users", "6000", "--cut", "500"]);
    let run = direct(&bed, bed.at("LDAPS"), &[]);
    // Slices smaller than the limit may read everybody all the same.
    if run.status == 0 {
        same(&run, &exported(&Bed::start("openldap.py", &["--users", "6000"]), |_| true));
    } else {
        run.ended(3).says(&["limit"]);
    }
    let run =
        direct(&bed, bed.at("LDAPS"), &["--connections", "1", "--filter", "(mail=u*)"]).says(&["limit"]);
    assert!(matches!(run.status, 2 | 3), "{}", run.told);
}

#[test]
#[ignore = "needs slapd and Samba"]
fn several_servers_are_one_directory() {
    let sources = [OPENLDAP.at("LDAPS"), SAMBA.at("LDAPS")];
    // One account for both: the name differs, so that they are read one after the other into files.
    let dir = tempfile::tempdir().unwrap();
    let files = [dir.path().join("openldap"), dir.path().join("samba")];
    for ((bed, url), file) in [&*OPENLDAP, &*SAMBA].iter().zip(sources).zip(&files) {
        fetch(bed, url, file, &["--filter", "(sAMAccountName=u00000*)"]).ended(0);
    }
    let run = audit(&[files[0].to_str().unwrap(), files[1].to_str().unwrap()], &[]).ended(0);
    assert!(run.codes().iter().any(|(_, code)| code == "UNQ001"), "the same people stand in both");
}

#[test]
#[ignore = "needs slapd"]
fn an_interrupted_fetch_ends_cleanly() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("people");
    let out = ["fetch", OPENLDAP.at("LDAPS"), "--out", file.to_str().unwrap()];
    let going = start(&[&out[..], &OPENLDAP.options(), &SLOWLY].concat(), &[]);
    in_the_middle();
    let begun = Instant::now();
    runs::other("kill", &["-INT", &going.child.id().to_string()], &[], b"");
    going.end().ended(130).says(&["--resume"]);
    assert!(begun.elapsed() < Duration::from_secs(5));
    fetch(&OPENLDAP, OPENLDAP.at("LDAPS"), &file, &["--resume"]).ended(0);
}
