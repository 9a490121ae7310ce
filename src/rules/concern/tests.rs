//! What the choice of rules must never do: pass over one that has something to say.

use super::super::tests::{says, users};
use super::super::verdict::{self, Plan};
use super::super::{Context, RuleSet, Scenario, all, findings_about};
use super::{Concern, Concerned};
use crate::model::{Attr, AttrSet, Facts, User};

/// A rule that is passed over has nothing to say: nothing is missed because it did not look at a user.
fn passed_over_in_silence(user: &User<'_>) {
    // What is known of other users does not matter.
    all_passed_over_in_silence(&[User::new(AttrSet::NONE), user.clone()]);
}

fn all_passed_over_in_silence(users: &[User<'_>]) {
    let mut even = RuleSet::NONE;
    (0..all().count()).step_by(2).for_each(|place| even.insert(place));
    for scenario in Scenario::ALL {
        for listed in [Vec::new(), vec!["b.co".to_owned()]] {
            let (sip_domains, routing_domains) = (listed.clone(), listed.clone());
            let cx =
                Context { verified_domains: listed, sip_domains, routing_domains, ..Context::of(scenario) };
            let plan = Plan::new(cx, RuleSet::ALL, &[]);
            let mut concern = Concern::of(&plan);
            for user in users {
                let facts = Facts::of(user);
                let Concerned { run, open, verdict, .. } = concern.with(&facts, true).clone();
                for (place, rule) in all().enumerate().filter(|(place, _)| !run.has(*place)) {
                    let Some(said) = says(place, rule, &plan.context, user) else { continue };
                    let passed = said.findings.is_empty() && said.not_evaluated == open.has(place);
                    assert!(passed, "{} in {}: {said:?} {user:?}", rule.code, scenario.name());
                }
                assert_eq!(verdict, verdict::judge(&facts, &plan, &[], open, None), "{user:?}");
                let mut counts = vec![0; all().count()];
                for finding in findings_about(&plan.context, &facts) {
                    counts[finding.rule] += 1;
                }
                assert_eq!(concern.counts_about(&facts, RuleSet::NONE), counts, "{user:?}");
                counts.iter_mut().step_by(2).for_each(|count| *count = 0);
                assert_eq!(concern.counts_about(&facts, even), counts, "{user:?}");
            }
        }
    }
}

#[test]
fn marks_hide_no_example() {
    for rule in all() {
        for example in rule.examples {
            users(example).iter().for_each(passed_over_in_silence);
        }
    }
}

/// Words of which values are made that matter to some rule.
const WORDS: &[&str] = &[
    "",
    "a@b.co",
    "A@b.co",
    "b@b.co",
    "sip:a@b.co",
    "sip:b@b.co",
    " a@b.co",
    "a'@b.co",
    "sip:a'@b.co",
    "a@b",
    "sip:a@b",
    "a@x.local",
    "sip:a@x.local",
    "a.@b.co",
    "@b.co",
    "a@",
    "é@b.co",
    "sip:é@b.co",
    "TRUE",
    "FALSE",
    "514",
    "512",
    "SRV:",
    "sipfed.online.lync.com",
    "pool",
    "contact",
    "user",
    "2",
    "64",
    "S-1-5-21-1",
    "CN=x",
    "tel:+1",
    "SMTP:a@x.mail.onmicrosoft.com",
];

proptest::proptest! {
    #[test]
    fn marks_hide_nothing(
        words in proptest::collection::vec(proptest::option::weighted(0.8, 0..WORDS.len()), Attr::COUNT),
        proxies in proptest::option::weighted(0.9, proptest::collection::vec(
            "(SMTP|smtp|sip|SIP|x500|fax|bad|)(:|)( |)([ab'(`%]|é|\\.){0,2}(@|)(b\\.co|x|x\\.local|)( |)", 0..6,
        )),
        long in 0_usize..6,
        hidden: [bool; 3],
    ) {
        let long = format!("sip:{}@b.co", "a".repeat([1, 2, 3, 48, 245, 460][long]));
        let mut user = User::new(AttrSet::NONE);
        for (attr, word) in AttrSet::ALL.without(Attr::ProxyAddresses).iter().zip(words) {
            if let Some(word) = word {
                user.set(attr, WORDS[word]);
            }
        }
        for proxy in proxies.iter().flatten() {
            user.set(Attr::ProxyAddresses, proxy);
        }
        passed_over_in_silence(&user);
        user.set(Attr::PrimaryUserAddress, &long);
        user.set(Attr::ProxyAddresses, &long);
        passed_over_in_silence(&user);
        let [primary, sip, smtp] = hidden;
        user.hide(crate::model::Hidden { primary, sip, smtp });
        passed_over_in_silence(&user);
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(24))]
    /// Users who differ in one value mostly have one profile; what one of them showed holds for the others.
    #[test]
    fn what_is_known_of_a_profile_holds_for_all_its_users(
        words in proptest::collection::vec(proptest::option::weighted(0.6, 0..WORDS.len()), Attr::COUNT),
        differing in 0..Attr::COUNT,
        proxies in proptest::collection::vec(proptest::collection::vec(
            "(SMTP|smtp|sip|SIP|x500|fax|bad):( |)([abA'é\u{301}]{1,2}@(b\\.co|x\\.local|x)|)", 0..4,
        ), 40),
        hidden: [bool; 3],
    ) {
        let mut user = User::new(AttrSet::NONE);
        if hidden != [true; 3] {
            let [primary, sip, smtp] = hidden;
            user.hide(crate::model::Hidden { primary, sip, smtp });
        }
        for (attr, word) in AttrSet::ALL.without(Attr::ProxyAddresses).iter().zip(words) {
            if let Some(word) = word {
                user.set(attr, WORDS[word]);
            }
        }
        let differing = AttrSet::ALL.without(Attr::ProxyAddresses).iter().nth(differing).unwrap_or(Attr::Mail);
        let mut users = vec![user.clone()];
        for word in WORDS {
            let mut other = user.clone();
            other.lose(differing);
            other.set(differing, word);
            users.push(other);
        }
        for proxies in &proxies {
            let mut other = user.clone();
            for proxy in proxies {
                other.set(Attr::ProxyAddresses, proxy);
            }
            users.push(other);
        }
        all_passed_over_in_silence(&users);
    }
}
