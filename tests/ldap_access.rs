//! Real servers: how they are found, who may sign in, and which one takes over.
//!
//! `cargo test --test ldap_access -- --ignored`, and the same with `--features kerberos`; Linux, as root, with the
//! packages that `tests/run` installs.

#![allow(clippy::unwrap_used, reason = "a test that cannot run has failed")]
#![cfg(unix)]

use std::time::{Duration, Instant};

mod beds;
mod common;
mod runs;
mod wire;
use beds::{Bed, OPENLDAP, SAMBA};
use runs::{Run, audit, start};
use wire::names::{Names, Zone};

/// The run found whom a reading by address and password finds.
#[track_caller]
fn everybody(run: Run, bed: &Bed) {
    let expected = audit(&[bed.at("LDAPS")], &bed.options()).ended(0);
    let run = run.ended(0);
    let names = |run: &Run| {
        let mut names: Vec<String> =
            run.table("users.csv").into_iter().map(|row| row["dn"].clone()).collect();
        names.sort_unstable();
        names
    };
    let (names, expected) = (names(&run), names(&expected));
    assert!(names == expected && names.len() > 500, "{} of {}: {}", names.len(), expected.len(), run.told);
}

fn port(url: &str) -> u16 {
    url.rsplit(':').next().unwrap().parse().unwrap()
}

/// A name server that knows the server of a bed by this name.
fn named(bed: &Bed, host: &str) -> Names {
    let place = "_ldaps._tcp.corp.contoso.com.";
    Zone::default().service(place, 0, port(bed.at("LDAPS")), host).host(host).serve()
}

#[test]
#[ignore = "needs slapd"]
fn the_certificate_has_the_name_that_dns_gave() {
    let url = format!("ldaps:///{}", OPENLDAP.at("BASE"));
    let read = |host: &str| {
        let names = named(&OPENLDAP, host);
        let address = names.address.to_string();
        audit(&[&url], &[&OPENLDAP.options()[..], &["--dns-server", &address]].concat())
    };
    everybody(read("dc1.corp.contoso.com."), &OPENLDAP);
    // The same server by a name that its certificate does not have.
    read("dc9.corp.contoso.com.").ended(2).says(&["certificate", "dc9.corp.contoso.com"]);
}

/// The name server of a domain controller says where the domain controllers are.
#[test]
#[ignore = "needs Samba"]
fn a_domain_is_found_by_its_own_name_server() {
    for (url, options) in [("ldaps:///", &[][..]), ("ldap:///", &["--start-tls"][..])] {
        let url = format!("{url}{}", SAMBA.at("BASE"));
        let found = ["--dns-server", SAMBA.at("ADDRESS")];
        let run = audit(&[&url], &[&SAMBA.options()[..], &found, options].concat());
        everybody(run.says(&["is served by dc1.corp.contoso.com"]), &SAMBA);
    }
}

/// Two servers with the same people: the first is killed while it is read, the second gives the rest.
#[test]
#[ignore = "needs slapd"]
fn the_next_server_takes_over_from_one_that_dies() {
    let [first, second] = [(); 2].map(|()| Bed::start("openldap.py", &["--users", "6000"]));
    let dir = tempfile::tempdir().unwrap();
    // Both have authorities of their own.
    let both = [first.at("CA"), second.at("CA")].map(|path| std::fs::read_to_string(path).unwrap()).concat();
    let authorities = dir.path().join("both.pem");
    std::fs::write(&authorities, both).unwrap();
    let url = format!("{},127.0.0.1:{}", first.at("LDAPS"), port(second.at("LDAPS")));
    let mut options = first.options();
    *options.last_mut().unwrap() = authorities.to_str().unwrap();
    let (file, parts) = (dir.path().join("people.ldif"), dir.path().join("people.ldif.parts/fetch.json"));
    let slowly = ["--max-rate", "3000", "--page-size", "100", "--out", file.to_str().unwrap()];
    let going = start(&[&["fetch", &url], &options[..], &slowly].concat(), &[]);
    let begun = Instant::now();
    while !parts.exists() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it never began to read");
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(300));
    first.server("kill");
    going.end().ended(0).says(&["trying again"]);
    let run = audit(&[file.to_str().unwrap()], &[]);
    everybody(run, &second);
}

/// Who runs the program as root on the server's own machine needs no password.
#[test]
#[ignore = "needs slapd"]
fn the_socket_says_who_asks() {
    let socket = format!("ldapi://{}", OPENLDAP.at("LDAPI").replace('/', "%2F"));
    everybody(audit(&[&socket], &[]), &OPENLDAP);
}

#[test]
#[ignore = "needs slapd"]
fn a_certificate_signs_in() {
    let url = OPENLDAP.at("LDAPS");
    let trust = ["--ca-file", OPENLDAP.at("CA")];
    let shown = ["--client-cert", OPENLDAP.at("CLIENT"), "--client-key", OPENLDAP.at("CLIENT_KEY")];
    everybody(audit(&[url], &[&trust[..], &shown].concat()), &OPENLDAP);
    // Nobody in particular may read nothing.
    let nobody = audit(&[url], &trust);
    assert!(matches!(nobody.status, 2 | 3), "{}", nobody.told);
}

#[test]
#[ignore = "needs Samba and the feature kerberos"]
#[cfg(feature = "kerberos")]
fn a_ticket_signs_in() {
    let dir = tempfile::tempdir().unwrap();
    let cache = format!("FILE:{}", dir.path().join("tickets").display());
    let variables = [("KRB5_CONFIG", SAMBA.at("KRB5_CONFIG")), ("KRB5CCNAME", cache.as_str())];
    runs::other("kinit", &[SAMBA.at("PRINCIPAL")], &variables, SAMBA.at("PASSWORD").as_bytes());
    everybody(kerberos(SAMBA.at("LDAPS"), &[], &variables), &SAMBA);
}

/// A job has nobody who types a password: the keytab is all that it needs.
#[test]
#[ignore = "needs Samba and the feature kerberos"]
#[cfg(feature = "kerberos")]
fn a_ticket_of_a_keytab_signs_in() {
    let dir = tempfile::tempdir().unwrap();
    let keytab = dir.path().join("audit.keytab");
    let principal = format!("--principal={}", SAMBA.at("PRINCIPAL"));
    let export = ["domain", "exportkeytab", keytab.to_str().unwrap(), &principal, "-s", SAMBA.at("CONF")];
    runs::other("samba-tool", &export, &[], b"");
    let variables = [
        ("KRB5_CONFIG", SAMBA.at("KRB5_CONFIG")),
        ("KRB5CCNAME", "MEMORY:tickets"),
        ("KRB5_CLIENT_KTNAME", keytab.to_str().unwrap()),
    ];
    // By the name that DNS gives, too: the ticket is for that name.
    let (url, found) = (format!("ldaps:///{}", SAMBA.at("BASE")), ["--dns-server", SAMBA.at("ADDRESS")]);
    everybody(kerberos(&url, &found, &variables), &SAMBA);
    let without = [variables[0], variables[1], ("KRB5_CLIENT_KTNAME", "/nonexistent")];
    kerberos(SAMBA.at("LDAPS"), &[], &without).ended(2).says(&["kinit", "KRB5_CLIENT_KTNAME"]);
}

#[cfg(feature = "kerberos")]
fn kerberos(url: &str, options: &[&str], variables: &[(&str, &str)]) -> Run {
    let signed = ["--kerberos", "--ca-file", SAMBA.at("CA"), "--out", "report"];
    start(&[&["audit", url], &runs::PLAIN[..], &signed, options].concat(), variables).end()
}
