//! What was looked at, in words: one check for each record.

use super::super::super::Scenario;
use super::is_for_cloud;
use super::look::{is_optional, open, worldwide};
use crate::model::dns::{Answers, Domain, Record, Seen};
use crate::model::organisation::{Check, State};

/// The checks of a domain, without what rules say about them.
pub(super) fn of(scenario: Scenario, domain: &Domain) -> Vec<Check> {
    domain.records.iter().map(|answers| check(scenario, domain, answers)).collect()
}

fn check(scenario: Scenario, domain: &Domain, answers: &Answers) -> Check {
    let mut unknown: Vec<String> = Vec::new();
    for (server, seen) in &answers.seen {
        if let Some(why) = open(scenario, domain, seen) {
            let told = if answers.seen.len() > 1 { format!("`{server}`: {why}") } else { why.to_owned() };
            unknown.push(told);
        }
    }
    let state = if unknown.is_empty() { State::Passed } else { State::NotEvaluated };
    Check {
        step: 1,
        state,
        about: domain.name.clone(),
        field: answers.record.name(),
        codes: Vec::new(),
        found: found(answers),
        expected: expected(scenario, answers.record),
        note: unknown.join("; "),
    }
}

/// What the servers say; each for itself where they differ.
fn found(answers: &Answers) -> String {
    let mut known = answers.seen.iter().filter(|(_, seen)| !matches!(seen, Seen::Unknown(_)));
    let Some((_, first)) = known.next() else { return String::new() };
    if known.all(|(_, seen)| seen == first) {
        return first.shown();
    }
    let one = |(server, seen): &(String, Seen)| match seen {
        Seen::Unknown(_) => None,
        seen => Some(format!("{server}: {}", seen.shown())),
    };
    answers.seen.iter().filter_map(one).collect::<Vec<_>>().join("; ")
}

/// What the scenario needs.
fn expected(scenario: Scenario, record: Record) -> String {
    if is_for_cloud(scenario) {
        if record.is_internal() {
            return "no record".to_owned();
        }
        let host = worldwide(record);
        let kind = match record.port() {
            Some(port) => format!("SRV with port {port} to"),
            None => "an alias (CNAME) of".to_owned(),
        };
        let none = if is_optional(scenario, record) { "no record, or " } else { "" };
        return format!("{none}{kind} `{host}`, or the same host of the national cloud");
    }
    let needed = match record {
        Record::Federation => "SRV with port 5061 to the Access Edge, in the domain",
        Record::Tls => "SRV with port 443 to the Access Edge, in the domain",
        Record::Sip => "the Access Edge on-premises",
        Record::Discover => "the web services on-premises",
        Record::DiscoverInternal => "the Front End or Director pool",
        Record::InternalTls => "SRV with port 5061 to the Front End or Director pool, in the domain",
    };
    needed.to_owned()
}
