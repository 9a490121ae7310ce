//! What a scripted server shows of the organisation, or does not: what is wrong is named, what is right is not.

#![allow(clippy::unwrap_used, reason = "a test that cannot run has failed")]

use std::collections::BTreeSet;
use std::fs;

mod common;
mod organisation;
mod runs;
mod wire;
use common::SCENARIOS;
use organisation::{codes, of, org, states, step};
use runs::{Run, start};
use wire::directory::Directory;
use wire::organisation::{asks, change, remove, sound};
use wire::{Act, Plan, Wire};

/// What the run found in a directory.
fn found(directory: Directory, scenario: &str) -> BTreeSet<String> {
    let run = org(&Plan::of(directory).start().url(), scenario, &[]);
    assert!(matches!(run.status, 0 | 1), "{}", run.told);
    codes(&run)
}

#[test]
fn nothing_right_is_flagged() {
    for place in 0..2 {
        for scenario in SCENARIOS {
            let run = org(&Plan::of(sound(0, place)).start().url(), scenario, &[]).ended(0);
            assert_eq!(codes(&run), of(&[]), "{scenario}: {}", run.told);
            let possible = !matches!(scenario, "sfb-online" | "teams");
            for number in ["4", "5"] {
                let expected = if possible { of(&["passed", "by-hand"]) } else { of(&["not-possible"]) };
                assert_eq!(states(&run, number), expected, "{scenario}, step {number}");
            }
            let expected =
                if scenario == "lync-hybrid" { of(&["passed", "by-hand"]) } else { of(&["not-possible"]) };
            assert_eq!(states(&run, "6"), expected, "{scenario}");
            run.says(&["contoso.com, eu.fabrikam.com", "pool1.contoso.com", "Exchange 2016"]);
        }
    }
}

/// What is changed, and the codes that it makes with lync-hybrid.
type Case = (fn(&mut Directory), &'static [&'static str]);

const WRONG: [Case; 18] = [
    (|d| remove(d, "CN=ms-Exch-Schema-Version-Pt"), &["ORG001"]),
    (|d| change(d, "ms-Exch-Schema-Version-Pt", "rangeUpper", b"14734"), &["ORG002"]),
    (|d| remove(d, "CN=ms-RTC-SIP-SchemaVersion"), &["ORG003"]),
    (|d| change(d, "ms-RTC-SIP-SchemaVersion", "rangeUpper", b"1100"), &["ORG004"]),
    (|d| remove(d, "CN=LyncEnterprise"), &["ORG005"]),
    (|d| remove(d, "CN=Partner Applications"), &["ORG005"]),
    (|d| remove(d, "CN=Auth Configuration"), &["ORG005", "ORG011"]),
    (|d| remove(d, "CN=Contoso,CN=Microsoft Exchange"), &["ORG005", "ORG011"]),
    (
        |d| {
            change(
                d,
                "LyncEnterprise",
                "msExchAuthApplicationIdentifier",
                b"00000002-0000-0ff1-ce00-000000000000",
            );
        },
        &["ORG006"],
    ),
    (|d| change(d, "LyncEnterprise", "msExchAuthFlags", b"0"), &["ORG007"]),
    (
        |d| {
            change(
                d,
                "LyncEnterprise",
                "msExchAuthMetadataUrl",
                b"https://ex.contoso.com/autodiscover/metadata/json/1",
            );
        },
        &["ORG008"],
    ),
    (
        |d| change(d, "owa (Default Web Site),CN=HTTP,CN=Protocols,CN=EX2", "msExchOWAIMProviderType", b"0"),
        &["ORG009"],
    ),
    (
        |d| change(d, "owa (Default Web Site),CN=HTTP,CN=Protocols,CN=EX2", "msExchOWAIMProviderType", b""),
        &["ORG009"],
    ),
    (
        |d| {
            change(
                d,
                "owa (Default Web Site),CN=HTTP,CN=Protocols,CN=EX1",
                "msExchMailboxFolderSet",
                b"-134217729",
            );
        },
        &["ORG010"],
    ),
    (|d| remove(d, "CN=ACS"), &["ORG011"]),
    (|d| change(d, "ACS", "msExchAuthFlags", b"2"), &["ORG012"]),
    (
        |d| {
            change(
                d,
                "ACS",
                "msExchAuthMetadataUrl",
                b"http://accounts.accesscontrol.windows.net/x/metadata/json/1",
            );
        },
        &["ORG013"],
    ),
    (
        |d| {
            change(d, "LyncEnterprise", "msExchAuthFlags", b"2");
            change(d, "LyncEnterprise", "msExchAuthMetadataUrl", b"lync.contoso.com");
            change(d, "owa (Default Web Site),CN=HTTP,CN=Protocols,CN=EX1", "msExchOWAIMProviderType", b"2");
        },
        &["ORG007", "ORG008", "ORG009"],
    ),
];

#[test]
fn everything_wrong_is_named_where_the_scenario_has_it() {
    let hybrid_alone = of(&["ORG011", "ORG012", "ORG013"]);
    for (wrong, expected) in WRONG {
        let directory = || {
            let mut directory = sound(0, 0);
            wrong(&mut directory);
            directory
        };
        let expected = of(expected);
        assert_eq!(found(directory(), "lync-hybrid"), expected);
        let here: BTreeSet<String> = expected.difference(&hybrid_alone).cloned().collect();
        assert_eq!(found(directory(), "lync-onprem"), here);
        let online = if expected.contains("ORG001") { of(&["ORG001"]) } else { of(&[]) };
        assert_eq!(found(directory(), "sfb-online"), online);
        assert_eq!(found(directory(), "teams"), of(&[]));
    }
}

#[test]
fn a_step_with_something_wrong_fails_and_the_status_says_so() {
    let mut directory = sound(0, 0);
    change(&mut directory, "LyncEnterprise", "msExchAuthFlags", b"0");
    let server = Plan::of(directory).start();
    let run = org(&server.url(), "lync-hybrid", &[]).ended(1).says(&[
        "✗",
        "ORG007",
        "Set-PartnerApplication -Enabled $true",
    ]);
    assert!(states(&run, "4").contains("failed") && !states(&run, "5").contains("failed"));
    let failed = step(&run, "4").into_iter().find(|row| row["state"] == "failed").unwrap();
    assert_eq!((failed["codes"].as_str(), failed["found"].as_str()), ("ORG007", "0"));
    assert!(failed["about"].starts_with("CN=LyncEnterprise"), "{failed:?}");
    org(&server.url(), "lync-hybrid", &["--exit-zero"]).ended(0);
    org(&server.url(), "lync-hybrid", &["--severity", "ORG007=warning"]).ended(0);
    let quiet = org(&server.url(), "lync-hybrid", &["--ignore", "ORG007"]).ended(0);
    let silent = step(&quiet, "4").iter().any(|row| row["field"] == "msExchAuthFlags");
    assert!(!silent, "what was not looked at is not right");
}

/// Every attribute is asked for by name, and nothing that is secret.
#[test]
fn nothing_secret_is_asked_for() {
    let server = Plan::of(sound(3, 0)).start();
    org(&server.url(), "lync-hybrid", &[]).ended(0);
    let url = server.url();
    let audit = ["audit", &url, "--scenario", "lync-hybrid", "--out", "report", "--check-org", "--exit-zero"];
    start(&audit, &[]).end();
    let asked = server.seen().asked;
    assert!(asked.len() > 20);
    for (base, names) in &asked {
        assert!(!names.is_empty(), "`{base}`: all attributes");
        for name in names {
            let name = name.to_lowercase();
            for never in [
                "*",
                "+",
                "msexchauthappsecret",
                "secret",
                "certificate",
                "securitydescriptor",
                "password",
                "linkedaccount",
            ] {
                assert!(!name.contains(never), "`{base}`: {name}");
            }
        }
    }
}

#[test]
fn an_audit_reads_no_organisation_unless_it_is_told_to() {
    let of_organisation = |server: &Wire| {
        let bases = server.seen().asked.into_iter().map(|(base, _)| base.to_lowercase());
        bases
            .filter(|base| base.contains("services") || base.contains("partitions") || base.contains("rtc"))
            .count()
    };
    let server = Plan::of(sound(3, 0)).start();
    let run = runs::audit(&[&server.url()], &[]).ended(0);
    assert_eq!(of_organisation(&server), 0);
    assert!(step(&run, "4").iter().all(|row| row["state"] == "by-hand"));
    let run = runs::audit(&[&server.url()], &["--check-org"]).ended(0);
    assert!(of_organisation(&server) > 0);
    assert!(states(&run, "4").contains("passed"), "{}", run.told);
    let html = fs::read_to_string(run.path("report/report.html")).unwrap();
    assert!(
        html.contains("LyncEnterprise-8be48d6a7c6f4e6e") && html.contains("contoso.com, eu.fabrikam.com")
    );
    assert!(run.summary()["organisation_found"].to_string().contains("pool1.contoso.com"));
    let file = tempfile::NamedTempFile::with_suffix(".csv").unwrap();
    fs::write(file.path(), "mail\na@contoso.com\n").unwrap();
    runs::audit(&[file.path().to_str().unwrap()], &["--check-org"])
        .ended(2)
        .says(&["--check-org", "domain controller"]);
}

/// Two servers of one forest show it once; what the one refuses is taken from the other.
#[test]
fn a_forest_of_two_servers_is_judged_once() {
    let wrong = || {
        let mut directory = sound(3, 0);
        change(&mut directory, "LyncEnterprise", "msExchAuthFlags", b"0");
        directory
    };
    let count = |run: &Run| {
        let rows = run.table("findings.csv");
        rows.iter().filter(|row| row["code"] == "ORG007").count()
    };
    let options = ["--check-org"];
    let (one, other) = (Plan::of(wrong()).start(), Plan::of(wrong()).start());
    let alone = runs::audit(&[&one.url()], &options).ended(0);
    let both = runs::audit(&[&one.url(), &other.url()], &options).ended(0);
    assert_eq!((count(&alone), count(&both)), (1, 1), "{}", both.told);
    for number in ["4", "5", "6"] {
        assert_eq!(step(&alone, number).len(), step(&both, number).len(), "step {number}");
    }
    let refuses = || {
        let script = |at: &wire::Moment| {
            if asks(at, "msExchAuthPartnerApplication") { Act::Fail(50, "no") } else { Act::Go }
        };
        Plan::of(wrong()).script(script).start()
    };
    let (refusing, again) = (refuses(), refuses());
    let both = runs::audit(&[&refusing.url(), &other.url()], &options).ended(0);
    assert!(count(&both) == 1 && !states(&both, "4").contains("not-evaluated"), "{}", both.told);
    let neither = runs::audit(&[&refusing.url(), &again.url()], &options).ended(3);
    assert!(count(&neither) == 0 && states(&neither, "4").contains("not-evaluated"), "{}", neither.told);
}

/// A version that is there and is no number is neither new enough nor missing.
#[test]
fn a_version_that_is_no_number_is_not_evaluated() {
    for (cn, value) in [
        ("ms-Exch-Schema-Version-Pt", &b"none"[..]),
        ("ms-Exch-Schema-Version-Pt", b""),
        ("ms-RTC-SIP-SchemaVersion", b"none"),
        ("ms-RTC-SIP-SchemaVersion", b""),
    ] {
        for scenario in SCENARIOS {
            let mut directory = sound(0, 0);
            change(&mut directory, cn, "rangeUpper", value);
            let run = org(&Plan::of(directory).start().url(), scenario, &[]).ended(3);
            assert_eq!(codes(&run), of(&[]), "{cn}, {scenario}");
            assert!(!run.told.contains("never prepared"), "{}", run.told);
            let told = run.table("organisation.csv").iter().any(|row| row["note"].contains("is no number"));
            // The table has no rows of steps that the scenario does not have.
            assert!(told || !scenario.starts_with("lync"), "{scenario}: {}", run.told);
        }
    }
}

/// A disabled application with a wrong identifier is Lync's all the same, whatever the servers are.
#[test]
fn a_disabled_look_alike_does_not_vanish() {
    let mut directory = sound(0, 0);
    let other = b"00000002-0000-0ff1-ce00-000000000000";
    change(&mut directory, "LyncEnterprise", "msExchAuthApplicationIdentifier", other);
    change(&mut directory, "LyncEnterprise", "msExchAuthFlags", b"0");
    let run = org(&Plan::of(directory).start().url(), "lync-hybrid", &[]).ended(1);
    assert_eq!(codes(&run), of(&["ORG006"]), "{}", run.told);
    assert!(states(&run, "4").contains("failed"));
}

/// An AD FS server is not Microsoft's, whatever it is called; an address that nobody documents is not judged.
#[test]
fn servers_are_microsofts_by_more_than_their_name() {
    let server = |name: &str, kind: &[u8], address: &[u8]| {
        let mut directory = sound(0, 0);
        let acs = directory.entries.iter_mut().find(|entry| entry.dn.starts_with("CN=ACS")).unwrap();
        acs.dn = acs.dn.replace("ACS - 9f1c", name);
        acs.set("msExchAuthIssuingUrl", vec![]);
        acs.set("msExchAuthAuthServerType", vec![kind.to_vec()]);
        acs.set("msExchAuthMetadataUrl", vec![address.to_vec()]);
        org(&Plan::of(directory).start().url(), "lync-hybrid", &[])
    };
    let run = server("Microsoft ADFS", b"4", b"https://sts.contoso.com/FederationMetadata/x.xml").ended(1);
    assert_eq!(codes(&run), of(&["ORG011"]), "{}", run.told);
    let run = server("ACS", b"1", b"https://evil.blob.core.windows.net/x/metadata/json/1").ended(1);
    assert_eq!(codes(&run), of(&["ORG013"]), "{}", run.told);
    let run = server("Any", b"5", b"https://sts.windows.net/x/federationmetadata/x.xml").ended(3);
    assert!(codes(&run).is_empty() && states(&run, "6").contains("not-evaluated"), "{}", run.told);
}

#[test]
fn domains_of_the_organisation_serve_the_audit() {
    let mut directory = sound(3, 0);
    // The users' other addresses are at old.contoso.com, which Exchange does not accept.
    let server = Plan::of(sound(3, 0)).start();
    let options = |run: &Run| run.summary()["options"].clone();
    let run = runs::audit(&[&server.url()], &["--domains-from-org"]).ended(0);
    assert_eq!(options(&run)["sip_domains"], serde_json::json!(["contoso.com", "eu.fabrikam.com"]));
    let verified = options(&run)["verified_domains"].to_string();
    assert!(
        ["\"contoso.com\"", "\".fabrikam.com\"", "\"fabrikam.com\""].iter().all(|one| verified.contains(one)),
        "{verified}"
    );
    assert!(run.codes().iter().any(|(_, code)| code == "PRX010"), "old.contoso.com is not verified");
    // What could not be read whole is not used.
    remove(&mut directory, "CN=Accepted Domains");
    let refused = Plan::of(directory)
        .script(|at| if asks(at, "msExchAcceptedDomain") { Act::Fail(50, "no") } else { Act::Go });
    let run = runs::audit(&[&refused.start().url()], &["--domains-from-org"])
        .ended(3)
        .says(&["--domains-from-org"]);
    assert_eq!(options(&run)["verified_domains"], serde_json::json!([]));
}

#[test]
fn hostile_text_is_shown_harmlessly() {
    let mut directory = sound(0, 0);
    let evil = b"https://x\x1b[2J\xe2\x80\xae\xff/<script>alert(1)</script>\n";
    change(&mut directory, "LyncEnterprise", "msExchAuthMetadataUrl", evil);
    change(
        &mut directory,
        "{1A0C0A3A-3F0E-4B0C-9A57-5C3D0F7B0001}",
        "msRTCSIP-DomainName",
        b"a\x1b]0;x\x07.com",
    );
    change(&mut directory, "EX1,", "cn", b"\xff");
    let run = org(&Plan::of(directory).start().url(), "lync-hybrid", &[]).ended(1);
    assert!(codes(&run) == of(&["ORG008"]), "{}", run.told);
    let told = fs::read_to_string(run.path("stdout")).unwrap() + &run.told;
    assert!(!told.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{told:?}");
    let html = fs::read_to_string(run.path("report/report.html")).unwrap();
    assert!(!html.contains("<script>alert"));
    // A number that is none is neither right nor wrong.
    let mut directory = sound(0, 0);
    change(&mut directory, "LyncEnterprise", "msExchAuthFlags", b"yes");
    change(
        &mut directory,
        "owa (Default Web Site),CN=HTTP,CN=Protocols,CN=EX1",
        "msExchOWAIMProviderType",
        b"OCS",
    );
    let run = org(&Plan::of(directory).start().url(), "lync-hybrid", &[]).ended(3);
    assert!(codes(&run).is_empty() && states(&run, "4").contains("not-evaluated"), "{}", run.told);
}

#[test]
fn a_forest_that_was_never_prepared_has_no_sip_addresses_and_that_is_normal() {
    let never = || {
        let mut directory = sound(0, 0);
        remove(&mut directory, "CN=ms-RTC-SIP-SchemaVersion");
        remove(&mut directory, "CN=RTC Service");
        directory
    };
    for scenario in ["sfb-online", "teams"] {
        let run = org(&Plan::of(never()).start().url(), scenario, &[]).ended(0);
        assert!(codes(&run).is_empty());
        run.says(&["never prepared for Lync", "no user has msRTCSIP-PrimaryUserAddress is normal"]);
    }
    org(&Plan::of(never()).start().url(), "lync-onprem", &[])
        .ended(1)
        .says(&["ORG003", "msRTCSIP-PrimaryUserAddress"]);
}

#[test]
fn what_was_looked_at_by_hand_is_told_with_its_age() {
    let server = Plan::of(sound(2, 0)).start();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("settings.toml");
    fs::write(&file, "[organisation]\nlync_trusts_office365 = { checked = 2020-02-29, by = \"Ann B.\" }\n")
        .unwrap();
    let settings = ["--config", file.to_str().unwrap()];
    let run = org(&server.url(), "lync-hybrid", &settings)
        .ended(0)
        .says(&["checked on 2020-02-29 by Ann B.", "days ago"]);
    assert_eq!(states(&run, "6"), of(&["passed"]));
    assert!(states(&run, "5").contains("by-hand"));
    // An audit that asks no server tells it too, and does not call the step done.
    let run = runs::audit(&[&server.url()], &settings).ended(0);
    let rows = step(&run, "6");
    assert!(rows.iter().any(|row| row["found"].contains("Ann B.")), "{rows:?}");
    assert!(states(&run, "6").contains("by-hand"));
}

#[test]
fn what_is_no_domain_controller_is_said() {
    let mut plan = Plan::of(Directory::of(0));
    plan.directory.root.set("configurationNamingContext", vec![]);
    let server = plan.start();
    let url = server.url();
    start(&["org", &url, "--scenario", "teams"], &[]).end().ended(2).says(&["configuration partition"]);
    let catalogue = ["org", "ldap://127.0.0.1:3268", "--scenario", "teams"];
    start(&catalogue, &[]).end().ended(2).says(&["global catalogue", "636"]);
    let begun = std::time::Instant::now();
    start(&["org", "ldap://127.0.0.1:9", "--scenario", "teams"], &[]).end().ended(2).says(&["remedy"]);
    assert!(begun.elapsed() < std::time::Duration::from_secs(10));
}
