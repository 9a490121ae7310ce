//! Real name servers: every row of the table of DNS records, right and wrong, in each scenario; split views, a lame
//! server, names that nobody should write.
//!
//! `cargo test --test dns_real -- --ignored`; Linux, with the package that `tests/run` installs.

#![allow(clippy::unwrap_used, reason = "a test that cannot run has failed")]
#![cfg(unix)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

mod beds;
mod common;
mod runs;
use beds::Bed;
use runs::{Run, start};
use tempfile::TempDir;

/// What stands at the head of each zone.
const HEAD: &str = "$TTL 60\n@ SOA ns admin 1 60 60 60 60\n@ NS ns\nns A 127.0.0.1\n";

const ONLINE: [&str; 4] = [
    "_sipfederationtls._tcp SRV 100 1 5061 sipfed.online.lync.com.",
    "_sip._tls SRV 100 1 443 sipdir.online.lync.com.",
    "sip CNAME sipdir.online.lync.com.",
    "lyncdiscover CNAME webdir.online.lync.com.",
];

const ON_PREMISES: [&str; 5] = [
    "_sipfederationtls._tcp SRV 0 0 5061 SIP",
    "_sip._tls SRV 10 20 443 sip",
    "sip A 192.0.2.7",
    "lyncdiscover CNAME web",
    "web A 192.0.2.9",
];

/// A zone in which one record was exchanged for others; the owner names the one.
fn with(records: &[&str], owner: &str, instead: &[&str]) -> Vec<String> {
    let others = records.iter().filter(|record| record.split(' ').next() != Some(owner));
    others.chain(instead).map(|&record| record.to_owned()).collect()
}

/// A zone, and the codes that it has in the four scenarios: `-` where it is not tried.
struct Case {
    records: Vec<String>,
    codes: [&'static str; 4],
}

/// Each wrong thing alone, in a zone that is right otherwise.
fn cases() -> Vec<Case> {
    let online = |owner, instead: &[&str], sfb, teams| Case {
        records: with(&ONLINE, owner, instead),
        codes: ["-", sfb, "-", teams],
    };
    let on_premises = |owner, instead: &[&str], code| Case {
        records: with(&ON_PREMISES, owner, instead),
        codes: [code, "-", code, "-"],
    };
    let owned = |records: &[&str]| records.iter().map(|&record| record.to_owned()).collect::<Vec<_>>();
    let cloud = |domain: &str| ONLINE.map(|record| record.replace("online.lync.com", domain)).to_vec();
    let mut cases = vec![
        Case { records: owned(&ONLINE), codes: ["DNS004", "", "DNS004", ""] },
        Case { records: owned(&ON_PREMISES), codes: ["", "DNS005", "", "DNS005"] },
        Case { records: Vec::new(), codes: ["DNS001 DNS002", "DNS001 DNS002", "DNS001 DNS002", "DNS001"] },
        // Online.
        online("_sipfederationtls._tcp", &[], "DNS001", "DNS001"),
        online("_sip._tls", &[], "DNS002", ""),
        online("sip", &[], "DNS002", ""),
        online("lyncdiscover", &[], "DNS002", ""),
        online("sip", &["sip TXT \"nothing\""], "DNS002", ""),
        online("_sip._tls", &["_sip._tls SRV 0 0 0 ."], "DNS002", ""),
        online("_sip._tls", &["_sip._tls SRV 1 2 443 SipDir.Online.Lync.COM."], "", ""),
        online("_sip._tls", &["_sip._tls SRV 1 2 5061 sipdir.online.lync.com."], "DNS008", "DNS008"),
        online("_sip._tls", &["_sip._tls SRV 1 2 443 sipfed.online.lync.com."], "DNS006", "DNS006"),
        online(
            "_sip._tls",
            &["_sip._tls SRV 1 2 443 sipdir.online.lync.com.", "_sip._tls SRV 2 2 443 sip"],
            "DNS006",
            "DNS006",
        ),
        online("_sip._tls", &["_sip._tls SRV 2 2 443 edge", "edge A 192.0.2.7"], "DNS005", "DNS005"),
        online("_sip._tls", &["* CNAME www", "www A 192.0.2.80"], "DNS002", ""),
        online("_sip._tls", &["_sip._tls CNAME www", "www A 192.0.2.80"], "DNS002", ""),
        online("sip", &["sip CNAME im", "im CNAME sipdir.online.lync.com."], "", ""),
        online("sip", &["sip CNAME webdir.online.lync.com."], "DNS006", "DNS006"),
        online("sip", &["sip A 192.0.2.7"], "DNS005", "DNS005"),
        online("sip", &["sip CNAME gone"], "DNS005", "DNS005"),
        online("sip", &["sip CNAME a", "a CNAME b", "b CNAME a"], "DNS011", "DNS011"),
        online("sip", &["sip CNAME sip"], "DNS011", "DNS011"),
        online("lyncdiscover", &["lyncdiscover AAAA 2001:db8::7"], "DNS005", "DNS005"),
        online(
            "lyncdiscover",
            &["lyncdiscover CNAME webdir.online.gov.skypeforbusiness.us."],
            "DNS007",
            "DNS007",
        ),
        Case { records: cloud("online.gov.skypeforbusiness.us"), codes: ["DNS004", "", "DNS004", ""] },
        Case { records: cloud("online.dod.skypeforbusiness.us"), codes: ["DNS004", "", "DNS004", ""] },
        Case { records: cloud("online.partner.lync.cn"), codes: ["DNS004", "", "DNS004", ""] },
        // On-premises.
        on_premises("_sipfederationtls._tcp", &[], "DNS001"),
        on_premises("_sip._tls", &[], "DNS002"),
        on_premises("lyncdiscover", &[], "DNS002"),
        on_premises("_sipfederationtls._tcp", &["_sipfederationtls._tcp SRV 0 0 443 sip"], "DNS008"),
        on_premises("_sip._tls", &["_sip._tls SRV 0 0 5061 sip"], "DNS008"),
        on_premises(
            "_sip._tls",
            &["_sip._tls SRV 0 0 443 sip", "_sip._tls SRV 5 0 443 sipdir.online.lync.com."],
            "DNS004",
        ),
        on_premises("_sip._tls", &["_sip._tls SRV 0 0 443 sip.fabrikam.test."], "DNS009"),
        on_premises("_sip._tls", &["_sip._tls SRV 0 0 443 sip.allowed.test."], ""),
        on_premises("_sip._tls", &["_sip._tls SRV 0 0 443 gone"], "DNS010"),
        on_premises("_sip._tls", &["_sip._tls SRV 0 0 443 bare", "bare TXT x"], "DNS010"),
        on_premises("_sip._tls", &["_sip._tls SRV 0 0 443 old", "old A 192.0.2.8"], "DNS012"),
        on_premises("_sip._tls", &["_sip._tls SRV 0 0 443 edge", "edge A 192.0.2.7"], ""),
        on_premises("_sip._tls", &["_sip._tls CNAME _sip._tls.other", "_sip._tls.other SRV 0 0 443 sip"], ""),
        on_premises("_sip._tls", &["_sip._tls CNAME gone"], "DNS010"),
        // An alias for all names is no service record, and hides that there is none.
        on_premises("_sipfederationtls._tcp", &["* CNAME www", "www A 192.0.2.80"], "DNS001"),
        on_premises("_sip._tls", &["* CNAME www", "www A 192.0.2.80"], "DNS002"),
        on_premises("_sip._tls", &["_sip._tls CNAME bare", "bare TXT x"], "DNS002"),
        on_premises("sip", &["sip CNAME edge", "edge A 192.0.2.7"], ""),
        on_premises("sip", &["sip CNAME sipdir.online.lync.com."], "DNS004"),
        on_premises(
            "_sipfederationtls._tcp",
            &["_sipfederationtls._tcp SRV 0 0 5061 edge", "edge A 192.0.2.8"],
            "DNS012",
        ),
        on_premises("lyncdiscover", &["lyncdiscover CNAME gone"], "DNS010"),
        on_premises("lyncdiscover", &["lyncdiscover CNAME lyncdiscover.fabrikam.test."], "DNS009"),
        on_premises("lyncdiscover", &["lyncdiscover A 192.0.2.9", "lyncdiscover A 192.0.2.10"], ""),
        on_premises(
            "lyncdiscover",
            &["lyncdiscover CNAME d1", "d1 CNAME d2", "d2 CNAME lyncdiscover"],
            "DNS011",
        ),
    ];
    let mut long = vec!["lyncdiscover CNAME h1".to_owned()];
    long.extend((1..40).map(|nth| format!("h{nth} CNAME h{}", nth + 1)));
    let long: Vec<&str> = long.iter().map(String::as_str).collect();
    cases.push(on_premises("lyncdiscover", &long, "DNS011"));
    cases
}

/// The folders of the zones of both servers.
fn folders() -> TempDir {
    let zones = tempfile::tempdir().unwrap();
    for view in ["outside", "inside"] {
        fs::create_dir(zones.path().join(view)).unwrap();
    }
    zones
}

fn zone(zones: &Path, view: &str, name: &str, records: &[&str]) {
    fs::write(zones.join(view).join(name), format!("{HEAD}{}\n", records.join("\n"))).unwrap();
}

fn serve(zones: &TempDir) -> Bed {
    Bed::start("names.py", &["--zones", zones.path().to_str().unwrap()])
}

/// Asks the outer server, with a report.
fn ask(bed: &Bed, domains: &[&str], scenario: &str, options: &[&str]) -> Run {
    let asked = ["--scenario", scenario, "--server", bed.at("OUTSIDE"), "--out", "report"];
    start(&[&["dns"], domains, &asked, options].concat(), &[]).end()
}

/// The codes found for each domain, as the table says them.
fn codes(run: &Run, domain: &str) -> String {
    let rows = run.table("findings.csv");
    let own = rows.iter().filter(|row| row["dn"] == domain).map(|row| row["code"].as_str());
    own.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(" ")
}

#[test]
#[ignore = "needs named"]
fn every_wrong_thing_is_named_and_nothing_right() {
    let zones = folders();
    let cases = cases();
    let name = |nth: usize| format!("c{nth}.test");
    for (nth, case) in cases.iter().enumerate() {
        let records: Vec<&str> = case.records.iter().map(String::as_str).collect();
        zone(zones.path(), "outside", &name(nth), &records);
    }
    // Where aliases lead elsewhere, the server knows that it is not the online service.
    zone(zones.path(), "outside", "fabrikam.test", &["sip A 192.0.2.7", "lyncdiscover A 192.0.2.9"]);
    let bed = serve(&zones);
    let mut wrong = String::new();
    for (place, scenario) in common::SCENARIOS.iter().enumerate() {
        let tried: Vec<usize> = (0..cases.len()).filter(|&nth| cases[nth].codes[place] != "-").collect();
        let names: Vec<String> = tried.iter().map(|&nth| name(nth)).collect();
        let domains: Vec<&str> = names.iter().map(String::as_str).collect();
        let run = ask(&bed, &domains, scenario, &["--allow-target", "allowed.test"]).ended(1);
        for (nth, domain) in tried.into_iter().zip(domains) {
            let (found, expected) = (codes(&run, domain), cases[nth].codes[place]);
            if found != expected {
                let records = &cases[nth].records;
                writeln!(wrong, "{scenario}: found `{found}`, expected `{expected}`: {records:#?}").unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
#[ignore = "needs named"]
fn records_of_the_network_inside_are_asked_for_when_told() {
    let zones = folders();
    let inside =
        ["lyncdiscoverinternal A 10.1.2.3", "_sipinternaltls._tcp SRV 0 0 5061 pool", "pool A 10.1.2.3"];
    zone(zones.path(), "outside", "both.test", &[&ON_PREMISES[..], &inside].concat());
    zone(zones.path(), "outside", "none.test", &ON_PREMISES);
    zone(zones.path(), "outside", "left.test", &[&ONLINE[..], &inside].concat());
    zone(zones.path(), "outside", "clean.test", &ONLINE);
    let bed = serve(&zones);
    for scenario in ["lync-onprem", "lync-hybrid"] {
        let run = ask(&bed, &["both.test", "none.test"], scenario, &["--internal"]).ended(1);
        assert_eq!((codes(&run, "both.test"), codes(&run, "none.test")), (String::new(), "DNS003".into()));
        ask(&bed, &["both.test", "none.test"], scenario, &[]).ended(0);
    }
    for scenario in ["sfb-online", "teams"] {
        let run = ask(&bed, &["left.test", "clean.test"], scenario, &["--internal"]).ended(1);
        assert_eq!((codes(&run, "left.test"), codes(&run, "clean.test")), ("DNS014".into(), String::new()));
        ask(&bed, &["left.test", "clean.test"], scenario, &[]).ended(0);
    }
}

#[test]
#[ignore = "needs named"]
fn an_alias_may_lead_to_another_domain_of_the_organisation() {
    let zones = folders();
    let alias = with(&ON_PREMISES, "lyncdiscover", &["lyncdiscover CNAME lyncdiscover.a.test."]);
    zone(zones.path(), "outside", "a.test", &ON_PREMISES);
    zone(zones.path(), "outside", "b.test", &alias.iter().map(String::as_str).collect::<Vec<_>>());
    let service = with(&ON_PREMISES, "_sip._tls", &["_sip._tls SRV 0 0 443 sip.a.test."]);
    zone(zones.path(), "outside", "c.test", &service.iter().map(String::as_str).collect::<Vec<_>>());
    let bed = serve(&zones);
    let run = ask(&bed, &["a.test", "b.test", "c.test"], "lync-hybrid", &[]).ended(1);
    assert_eq!(["a.test", "b.test", "c.test"].map(|domain| codes(&run, domain)), ["", "", "DNS009"]);
    let run = ask(&bed, &["b.test"], "lync-hybrid", &[]).ended(0);
    assert_eq!(codes(&run, "b.test"), "DNS009");
}

#[test]
#[ignore = "needs named"]
fn split_views_are_told_apart() {
    let zones = folders();
    for view in ["outside", "inside"] {
        zone(zones.path(), view, "same.test", &ONLINE);
    }
    zone(zones.path(), "outside", "split.test", &ONLINE);
    zone(
        zones.path(),
        "inside",
        "split.test",
        &with(&ONLINE, "sip", &["sip A 10.1.2.3"]).iter().map(String::as_str).collect::<Vec<_>>(),
    );
    let internal = ["lyncdiscoverinternal A 10.1.2.3", "_sipinternaltls._tcp SRV 0 0 5061 sip"];
    zone(zones.path(), "outside", "prem.test", &ON_PREMISES);
    zone(zones.path(), "inside", "prem.test", &[&ON_PREMISES[..], &internal].concat());
    let bed = serve(&zones);
    let both = ["--server", bed.at("INSIDE")];
    let run = ask(&bed, &["same.test", "split.test"], "teams", &both).ended(1);
    assert_eq!(codes(&run, "same.test"), "");
    assert_eq!(codes(&run, "split.test"), "DNS005 DNS013");
    let wrong: Vec<_> = run.table("findings.csv").into_iter().filter(|row| row["code"] == "DNS005").collect();
    assert_eq!(wrong.len(), 1);
    assert!(wrong[0]["message"].contains(&format!("(at `{}`)", bed.at("INSIDE"))), "{wrong:?}");
    // Records of the network inside are rightly missing outside.
    let run = ask(&bed, &["prem.test"], "lync-hybrid", &[&both[..], &["--internal"]].concat()).ended(0);
    assert_eq!(codes(&run, "prem.test"), "DNS013");
}

#[test]
#[ignore = "needs named"]
fn what_a_lame_server_does_not_know_is_not_missing() {
    let zones = folders();
    fs::write(zones.path().join("outside/broken.test"), "this is no zone\n").unwrap();
    zone(zones.path(), "outside", "parent.test", &["child NS ns.elsewhere.test."]);
    for (name, owner, record) in [
        ("alias.test", "lyncdiscover", "lyncdiscover CNAME lyncdiscover.allowed.test."),
        ("service.test", "_sip._tls", "_sip._tls SRV 0 0 443 sip.allowed.test."),
    ] {
        let records = with(&ON_PREMISES, owner, &[record]);
        zone(zones.path(), "outside", name, &records.iter().map(String::as_str).collect::<Vec<_>>());
    }
    zone(zones.path(), "outside", "good.test", &ONLINE);
    zone(
        zones.path(),
        "outside",
        "half.test",
        &with(&ON_PREMISES, "web", &["web NS ns.elsewhere.test."])
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>(),
    );
    let bed = serve(&zones);
    for (domain, why) in [
        ("broken.test", "SERVFAIL"),
        ("elsewhere.test", "REFUSED"),
        ("child.parent.test", "refers to other name servers"),
    ] {
        for scenario in common::SCENARIOS {
            let run = ask(&bed, &[domain], scenario, &[]).ended(3).says(&[why]);
            assert_eq!(codes(&run, domain), "", "{scenario}");
            let rows = run.table("organisation.csv");
            let step = rows.iter().filter(|row| row["step"] == "1");
            assert!(
                step.clone().count() == 4 && step.clone().all(|row| row["state"] == "not-evaluated"),
                "{rows:?}"
            );
        }
    }
    // An alias out of the domain may lead online, whoever refuses to say so; a service that it names is where it is.
    let state = |domain: &str, field: &str| {
        let run = ask(&bed, &[domain], "lync-hybrid", &["--allow-target", "allowed.test"]);
        let rows = run.table("organisation.csv");
        rows.iter().find(|row| row["about"] == domain && row["field"] == field).unwrap()["state"].clone()
    };
    assert_eq!(state("alias.test", "lyncdiscover"), "not-evaluated");
    assert_eq!(state("service.test", "_sip._tls"), "passed");
    // What is known is judged all the same.
    let run = ask(&bed, &["broken.test", "good.test"], "lync-onprem", &[]).ended(3);
    assert_eq!(codes(&run, "good.test"), "DNS004");
    let run = ask(&bed, &["half.test"], "lync-onprem", &[]).ended(3);
    assert_eq!(codes(&run, "half.test"), "");
}

#[test]
#[ignore = "needs named"]
fn names_that_nobody_should_write_are_text() {
    let zones = folders();
    zone(
        zones.path(),
        "outside",
        "odd.test",
        &[
            "_sipfederationtls._tcp SRV 0 0 5061 \\027[31m`<b>\\;.odd.test.",
            "_sip._tls SRV 0 0 443 \\\"=cmd|'\\032/c\\032calc'\\\".odd.test.",
            "sip CNAME \\255\\000\\010.odd.test.",
            "lyncdiscover A 192.0.2.1",
        ],
    );
    zone(zones.path(), "outside", "xn--bcher-kva.test", &ONLINE);
    let bed = serve(&zones);
    let run =
        ask(&bed, &["odd.test"], "teams", &["--format", "csv,json,html,jsonl,sarif,xlsx,junit,prom,txt"])
            .ended(1);
    let shown = fs::read_to_string(run.path("stdout")).unwrap() + &run.told;
    assert!(!shown.contains(['\u{1b}', '\0']) && shown.contains("\\027"), "{shown}");
    let page = fs::read_to_string(run.path("report/report.html")).unwrap();
    assert!(!page.contains("<b>`") && !page.contains("[31m`<b>"), "a name became markup");
    ask(&bed, &["BÜCHER.Test."], "teams", &[]).ended(0).says(&["xn--bcher-kva.test (bücher.test)"]);
}

#[test]
#[ignore = "needs named"]
fn an_audit_asks_for_the_domains_that_its_users_have() {
    let zones = folders();
    zone(zones.path(), "outside", "a.test", &ON_PREMISES);
    zone(
        zones.path(),
        "outside",
        "b.test",
        &with(&ON_PREMISES, "sip", &[]).iter().map(String::as_str).collect::<Vec<_>>(),
    );
    let bed = serve(&zones);
    let dir = tempfile::tempdir().unwrap();
    let users = dir.path().join("users.csv");
    let head =
        "distinguishedName,sAMAccountName,mail,proxyAddresses,msRTCSIP-PrimaryUserAddress,objectClass\n";
    let user = |name: &str, domain: &str| {
        format!(
            "\"CN={name},DC=x\",{name},{name}@{domain},SMTP:{name}@{domain};sip:{name}@{domain},sip:{name}@{domain},user\n"
        )
    };
    fs::write(
        &users,
        format!("{head}{}{}{}", user("ann", "a.test"), user("bo", "B.test"), user("cy", "a.test")),
    )
    .unwrap();
    let options =
        ["--scenario", "lync-onprem", "--check-dns", "--dns-server", bed.at("OUTSIDE"), "--out", "report"];
    let all = ["--select", "DNS", "--format", "csv,json,html,jsonl,sarif,xlsx,junit,prom,txt"];
    let audit = |more: &[&str]| {
        start(&[&["audit", users.to_str().unwrap()], &options[..], &all, more].concat(), &[]).end()
    };
    let run = audit(&[]).ended(1);
    assert_eq!((codes(&run, "a.test"), codes(&run, "b.test")), (String::new(), "DNS002 DNS010".to_owned()));
    let summary = run.summary();
    assert_eq!(summary["organisation_steps"][0]["state"], "failed");
    assert_eq!(summary["organisation_steps"].as_array().unwrap().len(), 6);
    assert_eq!(summary["counts"]["by_rule"][0]["code"], "DNS002");
    let page = fs::read_to_string(run.path("report/report.html")).unwrap();
    let (steps, verdict) = (page.find("id=\"steps\"").unwrap(), page.find("id=\"verdict\"").unwrap());
    assert!(steps < verdict && page.matches("<span class=\"number\">").count() == 6);
    // Accepted, compared, chosen and weighed like findings about users.
    let settings = dir.path().join("s.toml");
    fs::write(&settings, "[[suppress]]\nrule = \"DNS\"\nmatch = \"b.test\"\nreason = \"x\"\n").unwrap();
    let accepted = audit(&["--config", settings.to_str().unwrap()]).ended(0);
    assert!(accepted.table("findings.csv").iter().all(|row| row["state"] == "suppressed"));
    let before = run.path("report");
    let compared = audit(&["--baseline", before.to_str().unwrap(), "--fail-on", "new"]).ended(0);
    assert_eq!(compared.summary()["baseline"]["unchanged"], 3);
    audit(&["--severity", "DNS002=info", "--severity", "DNS010=info"]).ended(0);
    audit(&["--ignore", "DNS002,DNS010"]).ended(0);
}
