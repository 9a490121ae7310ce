//! The examples of the catalogue, read as answers of name servers.

use std::net::IpAddr;

use super::super::super::{Check, Context, Example, Look, RuleSet, Scenario, Sink, all};
use super::{Organisation, Plan, REFERRAL, REFUSED, is_online};
use crate::finding::{Field, Finding};
use crate::model::dns::{Absence, Answers, Domain, End, Lead, Record, Seen};

const DOMAIN: &str = "contoso.com";

/// Answers as examples write them: `SRV 0 0 443 host [A address | NXDOMAIN | NODATA]`, `CNAME host CNAME host A address`,
/// `A address`, `NXDOMAIN`, `NODATA`, `SERVFAIL`, at the end of a way `REFUSED` and `REFERRAL` too; `@ server` behind it. What is not named was not asked for.
fn domain(shows: &[(&str, &str)]) -> Domain {
    let mut records: Vec<Answers> = Vec::new();
    for record in Record::ALL {
        let mut seen: Vec<(String, Seen)> = Vec::new();
        for (_, text) in shows.iter().filter(|(name, _)| *name == record.name()) {
            let (text, server) = text.split_once(" @ ").unwrap_or((text, "10.0.0.1"));
            let answer = answer(text);
            match (seen.iter_mut().find(|(known, _)| known == server), answer) {
                (Some((_, Seen::Leads(leads))), Seen::Leads(more)) => leads.extend(more),
                (_, answer) => seen.push((server.to_owned(), answer)),
            }
        }
        if !seen.is_empty() {
            records.push(Answers { record, seen });
        }
    }
    Domain { name: DOMAIN.to_owned(), records }
}

fn answer(text: &str) -> Seen {
    let mut words = text.split(' ');
    match text {
        "NXDOMAIN" => return Seen::Absent(Absence::NoName),
        "NODATA" => return Seen::Absent(Absence::NoRecord),
        "SERVFAIL" => return Seen::Unknown("SERVFAIL".to_owned()),
        "SRV 0 0 0 ." => return Seen::Absent(Absence::NoService),
        _ => {}
    }
    let mut lead = Lead { service: None, aliases: Vec::new(), end: End::Online };
    let next = |words: &mut std::str::Split<'_, char>| words.next().unwrap().to_owned();
    while let Some(word) = words.next() {
        match word {
            "SRV" => {
                let port = words.nth(2).unwrap().parse().unwrap();
                lead.service = Some((next(&mut words), port));
            }
            "CNAME" => lead.aliases.push(next(&mut words)),
            "A" => lead.end = End::Addresses(vec![next(&mut words).parse::<IpAddr>().unwrap()]),
            "NXDOMAIN" => lead.end = End::NoName,
            "NODATA" => lead.end = End::NoAddress,
            "LOOP" => lead.end = End::Endless,
            "SERVFAIL" => lead.end = End::Unknown("SERVFAIL".to_owned()),
            "REFUSED" => lead.end = End::Unknown(REFUSED.to_owned()),
            "REFERRAL" => lead.end = End::Unknown(REFERRAL.to_owned()),
            other => panic!("`{other}` in `{text}`"),
        }
    }
    if lead.end == End::Online && !lead.hosts().any(is_online) {
        lead.end = End::Addresses(vec!["192.0.2.7".parse().unwrap()]);
    }
    Seen::Leads(vec![lead])
}

fn context(scenario: Scenario, example: &Example) -> Context {
    let allowed_targets = example.domains.iter().map(|&domain| domain.to_owned()).collect();
    Context { allowed_targets, ..Context::of(scenario) }
}

/// What one rule says, and whether it was left open.
fn says(place: usize, cx: &Context, domain: &Domain) -> (Vec<Finding>, bool) {
    let rule = super::super::super::at(place);
    let (mut findings, mut open) = (Vec::new(), RuleSet::NONE);
    if let (Check::Organisation(Look::Dns(check)), Some(severity)) =
        (rule.check, rule.severity_in(cx.scenario))
    {
        check(domain, cx, &mut Sink::new(place, severity, &mut findings, &mut open));
    }
    (findings, open.has(place))
}

#[test]
fn every_example_gives_exactly_its_verdict() {
    let mut seen = 0;
    for (place, rule) in all().enumerate().filter(|(_, rule)| rule.family() == "DNS") {
        for example in rule.examples {
            let runs = |scenario: &Scenario| rule.severity_in(*scenario).is_some();
            let scenario = example.scenario.or(Scenario::ALL.into_iter().find(runs)).unwrap();
            let (findings, _) = says(place, &context(scenario, example), &domain(example.shows));
            let told = format!("{}: {example:?} gives {findings:?}", rule.code);
            match example.finds {
                None => assert!(findings.is_empty(), "{told}"),
                Some(part) => assert!(findings.iter().any(|one| one.message.contains(part)), "{told}"),
            }
            for finding in findings {
                assert!(Record::ALL.iter().any(|record| finding.attribute == Field::Named(record.name())));
                assert!(
                    finding.message.matches('`').count() % 2 == 0 && !finding.message.ends_with('.'),
                    "{told}"
                );
                seen += 1;
            }
        }
    }
    assert!(seen > 14);
}

/// The codes that all rules of a scenario find, sorted.
fn codes(scenario: Scenario, shows: &[(&str, &str)]) -> Vec<&'static str> {
    let (cx, domain) = (Context::of(scenario), domain(shows));
    let fired = |(place, rule): (usize, &'static super::Rule)| {
        (!says(place, &cx, &domain).0.is_empty()).then_some(rule.code)
    };
    all().enumerate().filter_map(fired).collect()
}

const ONLINE: [(&str, &str); 4] = [
    ("_sipfederationtls._tcp", "SRV 100 1 5061 sipfed.online.lync.com"),
    ("_sip._tls", "SRV 100 1 443 sipdir.online.lync.com"),
    ("sip", "CNAME sipdir.online.lync.com"),
    ("lyncdiscover", "CNAME webdir.online.lync.com"),
];

const ON_PREMISES: [(&str, &str); 4] = [
    ("_sipfederationtls._tcp", "SRV 0 0 5061 sip.contoso.com A 192.0.2.7"),
    ("_sip._tls", "SRV 0 0 443 sip.contoso.com A 192.0.2.7"),
    ("sip", "A 192.0.2.7"),
    ("lyncdiscover", "CNAME web.contoso.com A 192.0.2.9"),
];

#[test]
fn what_is_right_in_one_scenario_is_wrong_in_the_other() {
    for scenario in Scenario::ALL {
        let online = super::is_for_cloud(scenario);
        let (right, wrong) = if online { (ONLINE, ON_PREMISES) } else { (ON_PREMISES, ONLINE) };
        assert!(codes(scenario, &right).is_empty(), "{scenario:?}");
        assert_eq!(codes(scenario, &wrong), [if online { "DNS005" } else { "DNS004" }], "{scenario:?}");
        for place in 0..4 {
            let mut mixed = right;
            mixed[place] = wrong[place];
            assert_eq!(codes(scenario, &mixed).len(), 1, "{scenario:?} {mixed:?}");
        }
    }
}

#[test]
fn what_one_of_several_servers_has_is_there() {
    let inside = [
        ("_sipfederationtls._tcp", "NXDOMAIN @ 10.0.0.2"),
        ("_sip._tls", "NODATA @ 10.0.0.2"),
        ("sip", "A 10.1.2.3 @ 10.0.0.2"),
        ("lyncdiscover", "NXDOMAIN @ 10.0.0.2"),
    ];
    let both = [ON_PREMISES, inside].concat();
    assert_eq!(codes(Scenario::LyncHybrid, &both), ["DNS013"]);
    let nowhere = [("lyncdiscover", "NXDOMAIN"), ("lyncdiscover", "NODATA @ 10.0.0.2")];
    let both = [&ON_PREMISES[..3], &inside[..3], &nowhere].concat();
    assert!(codes(Scenario::LyncHybrid, &both).contains(&"DNS002"));
}

#[test]
fn with_teams_only_the_federation_record_is_needed() {
    for (place, (name, _)) in ONLINE.iter().enumerate() {
        let mut some = ONLINE;
        some[place] = (name, "NXDOMAIN");
        let missing = if place == 0 { "DNS001" } else { "DNS002" };
        assert_eq!(codes(Scenario::SfbOnline, &some), [missing]);
        assert_eq!(codes(Scenario::Teams, &some), if place == 0 { &["DNS001"][..] } else { &[] });
        let mut some = ON_PREMISES;
        some[place] = (name, "NODATA");
        for scenario in [Scenario::LyncOnPrem, Scenario::LyncHybrid] {
            assert_eq!(codes(scenario, &some), [missing]);
        }
    }
}

#[test]
fn sovereign_clouds_are_online_too() {
    for cloud in ["gov.skypeforbusiness.us", "dod.skypeforbusiness.us", "partner.lync.cn"] {
        let texts = ONLINE.map(|(_, text)| text.replace("lync.com", cloud));
        let shows: Vec<(&str, &str)> =
            ONLINE.iter().zip(&texts).map(|((name, _), text)| (*name, text.as_str())).collect();
        for scenario in [Scenario::SfbOnline, Scenario::Teams] {
            assert!(codes(scenario, &shows).is_empty(), "{shows:?}");
        }
        assert_eq!(codes(Scenario::LyncHybrid, &shows), ["DNS004"]);
    }
}

#[test]
fn what_was_not_answered_is_left_open_and_never_wrong() {
    for scenario in Scenario::ALL {
        for place in 0..4 {
            let mut some = if super::is_for_cloud(scenario) { ONLINE } else { ON_PREMISES };
            some[place].1 = "SERVFAIL";
            assert!(codes(scenario, &some).is_empty(), "{scenario:?}");
            let domain = domain(&some);
            let open = (0..all().count()).any(|rule| says(rule, &Context::of(scenario), &domain).1);
            assert!(open, "{scenario:?}");
        }
    }
}

/// The codes of the rules of a scenario that are left open, sorted.
fn open(scenario: Scenario, shows: &[(&str, &str)]) -> Vec<&'static str> {
    let (cx, domain) = (Context::of(scenario), domain(shows));
    let left =
        |(place, rule): (usize, &'static super::Rule)| says(place, &cx, &domain).1.then_some(rule.code);
    all().enumerate().filter_map(left).collect()
}

#[test]
fn a_way_whose_end_is_not_known_may_lead_anywhere() {
    let (tls, sip, discover) = ("_sip._tls", "sip", "lyncdiscover");
    let federation = ("_sipfederationtls._tcp", "SRV 0 0 5061 sip.contoso.com A 192.0.2.7");
    let on_premises: &[(&str, &str, &[&str])] = &[
        (discover, "CNAME web.fabrikam.com SERVFAIL", &["DNS004", "DNS010", "DNS011"]),
        (discover, "CNAME web.fabrikam.com REFUSED", &["DNS004", "DNS010", "DNS011"]),
        (sip, "CNAME edge.contoso.com SERVFAIL", &["DNS004", "DNS010", "DNS011", "DNS012"]),
        (tls, "SRV 0 0 443 sip.fabrikam.com SERVFAIL", &["DNS004", "DNS010", "DNS011", "DNS012"]),
        (tls, "SRV 0 0 443 edge.contoso.com REFUSED", &["DNS004", "DNS010", "DNS011", "DNS012"]),
        (
            tls,
            "SRV 0 0 443 sip.fabrikam.com CNAME x.fabrikam.com REFUSED",
            &["DNS004", "DNS010", "DNS011", "DNS012"],
        ),
        (tls, "SRV 0 0 443 sip.fabrikam.com REFUSED", &[]),
        (tls, "SRV 0 0 443 sip.fabrikam.com REFERRAL", &[]),
    ];
    for &(name, text, left) in on_premises {
        for scenario in [Scenario::LyncOnPrem, Scenario::LyncHybrid] {
            assert_eq!(open(scenario, &[federation, (name, text)]), left, "{text}");
        }
    }
    for scenario in [Scenario::SfbOnline, Scenario::Teams] {
        for end in ["SERVFAIL", "REFUSED", "REFERRAL"] {
            let alias = format!("CNAME web.contoso.com {end}");
            assert_eq!(open(scenario, &[(discover, &alias)]), ["DNS005", "DNS006", "DNS007", "DNS011"]);
            // Clients check the name of the service, wherever that leads on.
            let service = format!("SRV 0 0 443 sip.contoso.com {end}");
            assert!(open(scenario, &[(tls, &service)]).is_empty(), "{service}");
        }
    }
}

#[test]
fn rules_about_the_network_inside_run_only_where_it_was_asked() {
    for scenario in Scenario::ALL {
        let plan = Plan::new(Context::of(scenario), RuleSet::ALL, &[]);
        let run = |shows: &[(&str, &str)]| {
            let mut organisation = Organisation::default();
            super::judge(&plan, &domain(shows), &mut organisation);
            let run = organisation.run;
            all()
                .enumerate()
                .filter(|(place, _)| run.has(*place))
                .map(|(_, rule)| rule.code)
                .collect::<Vec<_>>()
        };
        let (outside, both) = (run(&ON_PREMISES), run(&[("lyncdiscoverinternal", "A 10.1.2.3")]));
        let more: Vec<&str> = both.into_iter().filter(|code| !outside.contains(code)).collect();
        let online = super::is_for_cloud(scenario);
        assert_eq!(more, [if online { "DNS014" } else { "DNS003" }], "{scenario:?}");
    }
}

#[test]
fn hosts_of_the_service_are_known_by_their_domain() {
    for host in ["sipfed.online.lync.com", "webdir1e.online.lync.com", "x.online.gov.skypeforbusiness.us"] {
        assert!(is_online(host), "{host}");
    }
    for host in ["mylync.com", "sipfed.online.lync.com.contoso.com", "lync.contoso.com"] {
        assert!(!is_online(host), "{host}");
    }
}
