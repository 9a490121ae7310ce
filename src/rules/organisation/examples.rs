//! The examples of the rules about the configuration partition.

use super::Look;
use super::org::RULES;
use crate::model::configuration::{Configuration, Kind, Object, Part};
use crate::rules::{Check, Context, RuleSet, Sink};
use crate::rules::{Example, Scenario};

/// The words of examples that begin something new; what follows are its attributes.
const WORDS: [(&str, Kind); 5] = [
    ("exchange schema", Kind::ExchangeSchema),
    ("lync schema", Kind::LyncSchema),
    ("application", Kind::PartnerApplication),
    ("server", Kind::AuthServer),
    ("owa", Kind::OutlookWebApp),
];

fn kind(word: &str) -> Option<Kind> {
    WORDS.iter().find(|(known, _)| *known == word).map(|(_, kind)| *kind)
}

/// What an example shows.
pub(super) fn configuration(shows: &[(&'static str, &'static str)]) -> Configuration {
    let part = |kind| Part { kind, objects: Vec::new(), unread: None };
    let mut parts = Kind::ALL.map(part).to_vec();
    let mut last = None;
    for &(word, value) in shows {
        match (kind(word), word) {
            (Some(kind @ (Kind::ExchangeSchema | Kind::LyncSchema)), _) => {
                let object = Object { dn: b"CN=v".to_vec(), values: vec![("rangeUpper", value.into())] };
                parts[kind as usize].objects.push(object);
            }
            (Some(kind), _) => {
                let below = "CN=HTTP,CN=Protocols,CN=EX1,CN=Servers";
                let dn = format!("CN={value},{below}").into_bytes();
                parts[kind as usize].objects.push(Object { dn, values: Vec::new() });
                last = Some(kind);
            }
            (None, "unread") => parts[kind(value).unwrap() as usize].unread = Some("no".to_owned()),
            (None, _) => {
                parts[last.unwrap() as usize].objects.last_mut().unwrap().values.push((word, value.into()));
            }
        }
    }
    Configuration { server: "ldap://dc1".into(), base: "CN=Configuration".into(), parts }
}

fn scenario(example: &Example, severity: [Option<crate::finding::Severity>; 4]) -> Scenario {
    let first = Scenario::ALL.into_iter().find(|scenario| severity[*scenario as usize].is_some());
    example.scenario.or(first).unwrap()
}

#[test]
fn every_example_gives_exactly_its_verdict() {
    for rule in RULES {
        for example in rule.examples {
            let seen = configuration(example.shows);
            let context = Context::of(scenario(example, rule.severity));
            let (mut findings, mut open) = (Vec::new(), RuleSet::NONE);
            let place = crate::rules::all().position(|one| one.code == rule.code).unwrap();
            let mut sink =
                Sink::new(place, rule.severity_in(context.scenario).unwrap(), &mut findings, &mut open);
            match rule.check {
                Check::Organisation(Look::Forest(check)) => check(&seen, &context, &mut sink),
                Check::Organisation(Look::One(kind, check)) => {
                    for object in seen.objects(kind) {
                        check((&seen, object), &context, &mut sink);
                    }
                }
                _ => panic!("{}", rule.code),
            }
            let messages: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
            let right = match example.finds {
                None => messages.is_empty(),
                Some(part) => messages.len() == 1 && messages[0].contains(part),
            };
            assert!(right, "{}: {example:?} gives {messages:?}", rule.code);
            let unread = example.shows.iter().any(|(word, value)| {
                *word == "unread" || (word.ends_with(" schema") && value.parse::<i64>().is_err())
            });
            assert!(!unread || open.has(place), "{}: {example:?} counts as evaluated", rule.code);
        }
    }
}
