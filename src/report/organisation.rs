//! `organisation.csv`: the steps of the article, one row per thing that was looked at; and the limits of every audit.

use super::table::{self, Dialect};
use super::{Summary, escape, wire};
use crate::model::organisation::{Check, State};
use crate::rules::organisation::steps::{self, Standing, Stands};

/// The name of the file.
pub const FILE: &str = "organisation.csv";

/// What no audit of Active Directory can see.
pub const CANNOT_SEE: &[&str] = &[
    "objects that exist only in the cloud",
    "mailboxes that are managed in the cloud, whose values in Active Directory are out of date",
    "custom synchronization rules, which may filter objects or change values on the way",
];

/// The headings; new columns are only appended.
pub const COLUMNS: [&str; 9] =
    ["step", "title", "state", "about", "field", "codes", "found", "expected", "note"];

/// The steps of the run.
pub(super) fn standings(summary: &Summary) -> Vec<Standing<'_>> {
    let users = (!summary.sources.is_empty()).then_some(&summary.counts);
    steps::all(summary.scenario, users, &summary.organisation)
}

/// The whole file: of each step what was looked at, or one row where nothing was.
pub(super) fn file(summary: &Summary, dialect: Dialect) -> Vec<u8> {
    let mut out = "\u{feff}".as_bytes().to_vec();
    line(&mut out, dialect, &COLUMNS);
    for standing in standings(summary) {
        for row in rows(&standing, summary) {
            let cells: Vec<&str> = row.iter().map(String::as_str).collect();
            line(&mut out, dialect, &cells);
        }
    }
    out
}

/// The rows of a step.
pub(super) fn rows(standing: &Standing<'_>, summary: &Summary) -> Vec<[String; 9]> {
    let (step, title) = (standing.step.number.to_string(), standing.step.title);
    let row = |state: State, check: Option<&Check>, note: &str| {
        let text = |of: fn(&Check) -> &str| check.map(of).unwrap_or_default().to_owned();
        [
            step.clone(),
            title.to_owned(),
            state.word().to_owned(),
            text(|check| &check.about),
            text(|check| check.field),
            check.map(|check| check.codes.join(" ")).unwrap_or_default(),
            text(|check| &check.found),
            text(|check| &check.expected),
            note.to_owned(),
        ]
    };
    if standing.checks.is_empty() || standing.state == State::NotPossible {
        return vec![row(standing.state, None, &standing.told(summary.scenario))];
    }
    standing.checks.iter().map(|check| row(check.state, Some(check), &check.note)).collect()
}

fn line(out: &mut Vec<u8>, dialect: Dialect, cells: &[&str]) {
    table::start(out, dialect, cells, |out, text| escape::cell(out, text, dialect.guard));
    table::end(out);
}

/// The steps as they stand in `summary.json`.
pub(super) fn wire(summary: &Summary) -> Vec<wire::OrganisationStep> {
    let check = |check: &Check| wire::OrganisationCheck {
        state: check.state.word().to_owned(),
        about: check.about.clone(),
        field: check.field.to_owned(),
        codes: check.codes.iter().map(|&code| code.to_owned()).collect(),
        found: check.found.clone(),
        expected: check.expected.clone(),
        note: check.note.clone(),
    };
    let step = |standing: Standing<'_>| {
        let (applies, how) = match standing.step.stands(summary.scenario) {
            Stands::Applies(how) => (true, how),
            Stands::No(why) => (false, why),
        };
        wire::OrganisationStep {
            step: standing.step.number,
            title: standing.step.title.to_owned(),
            applies,
            how: how.to_owned(),
            state: standing.state.word().to_owned(),
            told: standing.told(summary.scenario),
            checks: standing.checks.iter().map(check).collect(),
        }
    };
    standings(summary).into_iter().map(step).collect()
}
