//! What holds for every rule of the catalogue, for ever.

use std::collections::BTreeSet;

use super::{Check, Context, Example, Facts, Rule, RuleSet, Scenario, Sink, all};
use crate::finding::{Field, Finding};
use crate::model::fold::fold;
use crate::model::{Attr, AttrSet, User};

/// What a rule says about a user.
#[derive(Debug, PartialEq)]
pub(super) struct Said {
    pub(super) findings: Vec<Finding>,
    pub(super) not_evaluated: bool,
}

/// The scenario of an example: the first in which the rule runs, unless it names one.
fn scenario(rule: &Rule, example: &Example) -> Scenario {
    let first = || Scenario::ALL.into_iter().find(|&of| rule.severity_in(of).is_some());
    example.scenario.or_else(first).unwrap_or_else(|| panic!("{} runs in no scenario", rule.code))
}

/// The context of an example: its one list of domains serves as all three.
fn context(rule: &Rule, example: &Example) -> Context {
    let domains: Vec<String> = example.domains.iter().map(|domain| fold(domain).into_owned()).collect();
    Context {
        sip_domains: domains.clone(),
        verified_domains: domains.clone(),
        routing_domains: domains,
        ..Context::of(scenario(rule, example))
    }
}

/// The users of an example; what is absent is absent in all of them.
pub(super) fn users(example: &Example) -> Vec<User<'static>> {
    let user = |values: &&[(Attr, &'static str)]| {
        let mut user = User::of(values);
        for &attr in example.absent {
            user.lose(attr);
        }
        user
    };
    example.users.iter().map(user).collect()
}

/// What a rule that looks at one user says about it; `None` for the rules across users, whose
/// examples `crate::audit` tests.
pub(super) fn says(place: usize, rule: &Rule, cx: &Context, user: &User<'_>) -> Option<Said> {
    let Check::User(check) = rule.check else { return None };
    let severity = rule.severity_in(cx.scenario)?;
    let (mut findings, mut not_evaluated) = (Vec::new(), RuleSet::NONE);
    check(&Facts::of(user), cx, &mut Sink::new(place, severity, &mut findings, &mut not_evaluated));
    Some(Said { findings, not_evaluated: not_evaluated.has(place) })
}

/// Every example of a rule about one user: the rule with its place, the example, and what the rule says.
fn verdicts() -> Vec<(usize, &'static Rule, &'static Example, Said)> {
    let mut verdicts = Vec::new();
    for (place, rule) in all().enumerate().filter(|(_, rule)| !rule.is_about_organisation()) {
        for example in rule.examples {
            let (cx, users) = (context(rule, example), users(example));
            let runs = rule.severity_in(cx.scenario).is_some();
            assert!(runs, "{} does not run in {}", rule.code, cx.scenario.name());
            let said = says(place, rule, &cx, &users[0]);
            verdicts.extend(said.map(|said| (place, rule, example, said)));
        }
    }
    verdicts
}

#[test]
fn codes_are_unique_and_ascend_in_their_family() {
    let mut seen = BTreeSet::new();
    for family in super::FAMILIES {
        let letters = family.first().map_or("", |rule| rule.family());
        for (place, rule) in family.iter().enumerate() {
            assert_eq!(
                rule.code,
                format!("{letters}{:03}", place + 1),
                "the codes of a family are 001, 002, …"
            );
            assert!(letters.bytes().all(|b| b.is_ascii_uppercase()), "{}", rule.code);
            assert!(seen.insert(rule.code), "{} twice", rule.code);
        }
    }
    assert!(seen.len() <= 128, "a RuleSet holds 128 rules");
}

#[test]
fn names_are_unique_and_say_the_offence() {
    let mut seen = BTreeSet::new();
    for rule in all() {
        let word = |word: &str| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        assert!(rule.name.split('-').all(word), "`{}` is not in words joined by `-`", rule.name);
        for order in ["use-", "add-", "set-", "remove-", "fix-", "check-"] {
            assert!(!rule.name.starts_with(order), "`{}` is an instruction", rule.name);
        }
        assert!(seen.insert(rule.name), "`{}` twice", rule.name);
        assert!(all().all(|other| !other.code.eq_ignore_ascii_case(rule.name)), "`{}` is a code", rule.name);
    }
}

/// Whether a text starts in lower case, with a value in backquotes or a number, or with a name as it is spelled
/// (`sAMAccountName`, `UPN`).
fn starts_low(text: &str) -> bool {
    let word = text.split([' ', ',', ':']).next().unwrap_or_default();
    let name = Attr::of_ldap(word).is_some() || word.chars().filter(char::is_ascii_uppercase).count() > 1;
    name || word.starts_with(|c: char| c.is_lowercase() || c.is_ascii_digit() || c == '`')
}

#[test]
fn texts_are_there_and_in_their_form() {
    for rule in all() {
        let code = rule.code;
        for text in [rule.summary, rule.why, rule.remedy, rule.reference] {
            assert!(!text.is_empty(), "{code}: a text is missing");
            assert_eq!(text.trim(), text, "{code}");
            assert!(!text.contains("  ") && !text.contains('\n'), "{code}: `{text}` is not one line");
        }
        assert!(starts_low(rule.summary) && !rule.summary.ends_with('.'), "{code}: `{}`", rule.summary);
        assert!(rule.why.ends_with('.'), "{code}: `{}`", rule.why);
        let order = rule.remedy.starts_with(|c: char| c.is_ascii_uppercase()) && rule.remedy.ends_with('.');
        assert!(order, "{code}: `{}`", rule.remedy);
    }
}

#[test]
fn every_rule_runs_somewhere_and_reads_something_once() {
    for rule in all() {
        assert!(rule.severity.iter().any(Option::is_some), "{} runs in no scenario", rule.code);
        assert_ne!(rule.reads.is_empty(), !rule.is_about_organisation(), "{} reads nothing", rule.code);
        assert_eq!(rule.reads().iter().count(), rule.reads.len(), "{} reads an attribute twice", rule.code);
    }
}

#[test]
fn every_rule_has_examples_of_both_kinds() {
    for rule in all() {
        for (kind, fires) in [("a finding", true), ("no finding", false)] {
            let has = rule.examples.iter().any(|example| example.finds.is_some() == fires);
            assert!(has, "{} has no example with {kind}", rule.code);
        }
    }
}

#[test]
fn every_example_gives_exactly_its_verdict() {
    for (place, rule, example, said) in verdicts() {
        let told = || format!("{}: {example:?} gives {said:?}", rule.code);
        match example.finds {
            None => assert!(said.findings.is_empty(), "{}", told()),
            Some(part) => {
                assert!(said.findings.iter().any(|finding| finding.message.contains(part)), "{}", told());
            }
        }
        for finding in &said.findings {
            assert_eq!(finding.rule, place, "{}", told());
            let Field::Attr(attr) = finding.attribute else { panic!("{}", told()) };
            assert!(rule.reads().has(attr), "{}", told());
        }
    }
}

#[test]
fn a_rule_without_its_attributes_says_nothing() {
    let mut wrong = Vec::new();
    for (place, rule) in all().enumerate() {
        for scenario in Scenario::ALL {
            let user = User::new(AttrSet::ALL.minus(rule.reads()));
            let said = says(place, rule, &Context::of(scenario), &user);
            let quiet = |said: &Said| said.findings.is_empty() && said.not_evaluated;
            if !said.is_none_or(|said| quiet(&said)) {
                wrong.push(format!("{} in {}", rule.code, scenario.name()));
            }
        }
    }
    assert!(wrong.is_empty(), "finds something, or counts as evaluated: {}", wrong.join(", "));
}

#[test]
fn what_a_rule_does_not_read_does_not_matter() {
    for (place, rule, example, said) in verdicts() {
        let cx = context(rule, example);
        let outside = AttrSet::ALL.minus(rule.reads());
        let mut bare = users(example).swap_remove(0);
        outside.iter().for_each(|attr| bare.lose(attr));
        let others = outside.iter().map(|attr| {
            let mut user = users(example).swap_remove(0);
            user.set(attr, something(attr));
            user
        });
        for user in std::iter::once(bare).chain(others) {
            if let Some(then) = says(place, rule, &cx, &user) {
                assert_eq!(then, said, "{}: `reads` is not complete: {example:?} and {user:?}", rule.code);
            }
        }
    }
}

/// A value of an attribute that would change much for a rule that looks at it.
fn something(attr: Attr) -> &'static str {
    match attr {
        Attr::ObjectClass => "contact",
        Attr::ProxyAddresses => "sip:someone@fabrikam.com",
        Attr::TargetAddress => "SMTP:someone@fabrikam.mail.onmicrosoft.com",
        Attr::UserAccountControl => "514",
        Attr::PrimaryUserAddress => "sip:some.one@fabrikam.com",
        Attr::UserEnabled | Attr::IsCriticalSystemObject => "TRUE",
        Attr::DeploymentLocator => "sipfed.online.lync.com",
        Attr::OriginatorSid | Attr::MasterAccountSid | Attr::ObjectSid => "S-1-5-21-1-2-3-1104",
        Attr::RecipientTypeDetails => "2",
        Attr::RemoteRecipientType => "4",
        _ => "someone@fabrikam.com",
    }
}

#[test]
fn messages_are_in_their_form() {
    for (_, rule, _, said) in verdicts() {
        for finding in said.findings {
            let message = finding.message;
            assert!(starts_low(&message) || message.starts_with("U+"), "{}: {message}", rule.code);
            assert!(!message.ends_with('.') && !message.contains('\n'), "{}: {message}", rule.code);
            let paired = finding.value.contains('`') || message.matches('`').count() % 2 == 0;
            assert!(paired, "{}: {message}", rule.code);
        }
    }
}

#[test]
fn a_suggestion_mends_what_it_is_made_for() {
    for (place, rule, example, said) in verdicts() {
        let (cx, user) = (context(rule, example), users(example).swap_remove(0));
        for finding in said.findings {
            let Some(change) = &finding.suggestion else { continue };
            let after = change.applied_to(&user);
            let still = says(place, rule, &cx, &after).unwrap().findings;
            let same = |other: &Finding| other.attribute == finding.attribute && other.value == finding.value;
            assert!(!still.iter().any(same), "{}: {example:?} after {change:?}: {still:?}", rule.code);
            for (place, other) in all().enumerate() {
                let fires =
                    |user| says(place, other, &cx, user).is_some_and(|said| !said.findings.is_empty());
                let breaks = fires(&after) && !fires(&user);
                assert!(!breaks, "{}: {example:?} after {change:?} breaks {}", rule.code, other.code);
            }
        }
    }
}

#[test]
fn a_rule_is_found_by_code_and_name_and_place() {
    for (place, rule) in all().enumerate() {
        assert!(std::ptr::eq(super::at(place), rule));
        for given in [rule.code.to_lowercase(), rule.name.to_uppercase()] {
            assert_eq!(super::find(&given).map(|found| found.code), Some(rule.code));
        }
    }
}

#[test]
fn what_the_export_hides_leaves_rules_open() {
    use crate::model::Hidden;
    let mut user = User::of(&[
        (Attr::Mail, "ann@contoso.com"),
        (Attr::PrimaryUserAddress, "sip:ann@contoso.com"),
        (Attr::ProxyAddresses, "smtp:a@contoso.com"),
    ]);
    user.hide(Hidden { primary: true, sip: true, smtp: false });
    let cx = Context::of(Scenario::LyncOnPrem);
    for (place, rule) in all().enumerate() {
        let open = ["PRX002", "PRX003", "MAIL003", "SIP001", "SIP003", "SIP004"].contains(&rule.code);
        if let Some(said) = says(place, rule, &cx, &user).filter(|_| open || rule.family() == "PRX") {
            assert_eq!((said.findings.len(), said.not_evaluated), (0, open), "{}", rule.code);
        }
    }
}
