//! A real domain controller with what Exchange and Lync keep of an organisation: what is right is not flagged, what is
//! made wrong is named, and what an account may not see is not called missing.
//!
//! `cargo test --test org_real -- --ignored`; Linux, as root, with the packages that `tests/run` installs.

#![allow(clippy::unwrap_used, reason = "a test that cannot run has failed")]
#![cfg(unix)]

use std::sync::LazyLock;

mod beds;
mod common;
mod organisation;
mod runs;
use beds::{Bed, SAMBA};
use common::SCENARIOS;
use organisation::{codes, of, states};
use runs::{Run, start};

/// The domain controller with a sound organisation.
static SOUND: LazyLock<Bed> =
    LazyLock::new(|| Bed::start("samba_dc.py", &["--users", "20", "--organisation", "services"]));

fn org(bed: &Bed, scenario: &str, options: &[&str]) -> Run {
    let arguments = ["org", bed.at("LDAPS"), "--scenario", scenario, "--out", "report", "--csv-raw"];
    start(&[&arguments[..], &bed.options(), options].concat(), &[]).end()
}

/// The DN of an object of the organisation.
fn dn(bed: &Bed, name: &str) -> String {
    let folder = match name {
        name if name.starts_with("owa") => {
            let (name, server) = name.split_once(" of ").unwrap();
            let servers = "CN=Servers,CN=Exchange Administrative Group,CN=Administrative Groups";
            format!("CN={name},CN=HTTP,CN=Protocols,CN={server},{servers}")
        }
        "ACS - 9f1c" => format!("CN={name},CN=Auth Servers,CN=Auth Configuration"),
        name => format!("CN={name},CN=Partner Applications,CN=Auth Configuration"),
    };
    format!("{folder},CN=Contoso,CN=Microsoft Exchange,CN=Services,CN=Configuration,{}", bed.at("BASE"))
}

const LYNC: &str = "LyncEnterprise-8be48d6a7c6f4e6e";

#[test]
#[ignore = "needs Samba"]
fn a_sound_organisation_is_not_flagged_in_either_place() {
    let system = Bed::start("samba_dc.py", &["--users", "5", "--organisation", "system"]);
    for bed in [&*SOUND, &system] {
        for scenario in SCENARIOS {
            let run = org(bed, scenario, &[]).ended(0);
            assert_eq!(codes(&run), of(&[]), "{scenario}: {}", run.told);
            run.says(&["contoso.com, eu.fabrikam.com", "pool1.contoso.com", "15333, Exchange 2016"]);
        }
    }
}

/// One thing after the other is made wrong, found, and mended again.
#[test]
#[ignore = "needs Samba"]
fn what_is_made_wrong_is_named() {
    let bed = Bed::start("samba_dc.py", &["--users", "5", "--organisation", "services"]);
    let owa = "owa (Default Web Site) of EX2";
    let cases = [
        (LYNC, "msExchAuthApplicationIdentifier", "00000003-0000-0ff1-ce00-000000000000", "ORG006"),
        (LYNC, "msExchAuthFlags", "0", "ORG007"),
        (LYNC, "msExchAuthMetadataUrl", "https://lync.contoso.com/metadata/json/", "ORG008"),
        (owa, "msExchOWAIMProviderType", "0", "ORG009"),
        (owa, "msExchMailboxFolderSet", "-134217729", "ORG010"),
        ("ACS - 9f1c", "msExchAuthFlags", "0", "ORG012"),
        ("ACS - 9f1c", "msExchAuthMetadataUrl", "https://sts.contoso.com/metadata/json/1", "ORG013"),
    ];
    for (name, attribute, wrong, code) in cases {
        let dn = dn(&bed, name);
        let right = bed.search(&dn, "(objectClass=*)", &[attribute]).remove(0);
        let right = right
            .into_iter()
            .find(|(have, _)| have == attribute)
            .map(|(_, value)| String::from_utf8(value).unwrap());
        let replace = |value: Option<&str>| {
            let line = value.map_or(String::new(), |value| format!("{attribute}: {value}\n"));
            bed.change(&format!("dn: {dn}\nchangetype: modify\nreplace: {attribute}\n{line}\n"));
        };
        replace(Some(wrong));
        let run = org(&bed, "lync-hybrid", &[]).ended(1);
        assert_eq!(codes(&run), of(&[code]), "{}", run.told);
        replace(right.as_deref());
    }
    // The type of a new virtual directory is not set at all.
    bed.change(&format!("dn: {}\nchangetype: modify\ndelete: msExchOWAIMProviderType\n\n", dn(&bed, owa)));
    assert_eq!(codes(&org(&bed, "lync-onprem", &[]).ended(1).says(&["EX2"])), of(&["ORG009"]));
    assert_eq!(codes(&org(&bed, "sfb-online", &[]).ended(0)), of(&[]));
    for (name, expected) in
        [(LYNC, of(&["ORG005", "ORG009"])), ("ACS - 9f1c", of(&["ORG005", "ORG009", "ORG011"]))]
    {
        bed.change(&format!("dn: {}\nchangetype: delete\n\n", dn(&bed, name)));
        assert_eq!(codes(&org(&bed, "lync-hybrid", &[]).ended(1)), expected);
    }
}

#[test]
#[ignore = "needs Samba"]
fn what_an_account_may_not_see_is_not_missing() {
    let user = "svc-narrow@corp.contoso.com";
    let mut options = SOUND.options();
    options[1] = user;
    let arguments = ["org", SOUND.at("LDAPS"), "--scenario", "lync-hybrid", "--out", "report", "--csv-raw"];
    let run = start(&[&arguments[..], &options].concat(), &[])
        .end()
        .ended(3)
        .says(&["may not see", "Read all properties"]);
    assert_eq!(codes(&run), of(&[]));
    for number in ["4", "5", "6"] {
        assert!(states(&run, number).contains("not-evaluated"), "step {number}: {}", run.told);
    }
}

#[test]
#[ignore = "needs Samba"]
fn a_forest_that_was_never_prepared_is_told_from_one_that_is_hidden() {
    let expected = of(&["ORG001", "ORG003", "ORG005", "ORG011"]);
    let run = org(&SAMBA, "lync-hybrid", &[]).ended(1).says(&["never prepared for Lync", "is normal"]);
    assert_eq!(codes(&run), expected);
    assert_eq!(codes(&org(&SAMBA, "teams", &[]).ended(0)), of(&[]));
}

#[test]
#[ignore = "needs Samba"]
fn an_audit_takes_the_domains_and_shows_the_steps() {
    let arguments = ["audit", SOUND.at("LDAPS"), "--out", "report", "--domains-from-org"];
    let run = start(&[&arguments[..], &runs::PLAIN, &SOUND.options()].concat(), &[]).end().ended(0);
    let options = &run.summary()["options"];
    assert_eq!(options["sip_domains"], serde_json::json!(["contoso.com", "eu.fabrikam.com"]));
    assert!(
        states(&run, "4").contains("passed") && states(&run, "2") != of(&["not-evaluated"]),
        "{}",
        run.told
    );
    assert!(!run.told.contains("a-secret-that-no-audit-may-read"));
    for entry in std::fs::read_dir(run.path("report")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("a-secret-that-no-audit-may-read"));
    }
}

/// The configuration is another server's, to which this one refers: nothing is missing.
#[test]
#[ignore = "needs slapd"]
fn what_is_on_another_server_is_not_missing() {
    let bed = Bed::start("openldap.py", &["--users", "5"]);
    let run = org(&bed, "lync-hybrid", &[]).ended(3).says(&["name that server"]);
    assert_eq!(codes(&run), of(&[]));
}

#[test]
#[ignore = "needs Samba"]
fn a_global_catalogue_is_not_asked() {
    let options = [&["org", SOUND.at("GCS"), "--scenario", "teams"][..], &SOUND.options()].concat();
    start(&options, &[]).end().ended(2).says(&["global catalogue", "636"]);
}
