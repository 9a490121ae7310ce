//! The six steps of the article on the terminal, with what was looked at for each.

use std::fmt::Write;

use super::terminal::{Paint, Style, escape, several, shorten};
use crate::model::dn;
use crate::model::domain::in_unicode;
use crate::model::organisation::{Check, State};
use crate::rules;
use crate::rules::Scenario;
use crate::rules::counts::Counts;
use crate::rules::organisation::Organisation;
use crate::rules::organisation::steps::{self, Standing};

/// How many checks of a step are shown, those that are not right first.
const MOST: usize = 60;

/// How long a text from a name server or a directory may be.
const LONG: usize = 200;

/// What is shown below a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// Nothing: the log of a redacted run names nobody.
    None,
    /// What is not right.
    Wrong,
    /// What is right too.
    Every,
}

/// The steps. `users` counts the users, where any were audited.
pub(super) fn text(
    scenario: Scenario,
    users: Option<&Counts>,
    organisation: &Organisation,
    detail: Detail,
    style: Style,
) -> String {
    let mut text = format!("\n{}\n", style.paint(Paint::Bold, "Steps to integrate Exchange and Lync"));
    for standing in steps::all(scenario, users, organisation) {
        let told = format!("{} {}: {}", standing.step.number, standing.step.title, standing.told(scenario));
        text.push_str(&line("  ", standing.state, &told, style));
        if standing.state != State::NotPossible && detail != Detail::None {
            text.push_str(&checks(&standing, detail == Detail::Every, style));
        }
    }
    text
}

/// A mark and what it is about.
fn line(indent: &str, state: State, told: &str, style: Style) -> String {
    let mark = match state {
        State::Passed | State::Failed => state.told().to_owned(),
        State::NotPossible => "[not possible]".to_owned(),
        other => format!("[{}]", other.told()),
    };
    let rest = format!("{indent}    ");
    style.wrap(&format!("{indent}{mark} "), &rest, told).replacen(
        &mark,
        &style.paint(colour(state), &mark),
        1,
    )
}

fn colour(state: State) -> Paint {
    match state {
        State::Passed => Paint::Green,
        State::Failed => Paint::Red,
        State::NotEvaluated | State::ByHand => Paint::Yellow,
        State::NotPossible => Paint::Dim,
    }
}

fn checks(standing: &Standing<'_>, every: bool, style: Style) -> String {
    let mut shown: Vec<&Check> =
        standing.checks.iter().filter(|check| every || check.state != State::Passed).collect();
    shown.sort_by_key(|check| check.state == State::Passed);
    let mut text: String = shown.iter().take(MOST).map(|check| one(check, style)).collect();
    if shown.len() > MOST {
        let more = several((shown.len() - MOST) as u64, "more check");
        let _ = writeln!(text, "      {more}");
    }
    text
}

/// What is meant, short: of a DN the name, and the server whose it is.
fn brief(about: &str) -> String {
    if !about.contains('=') {
        return about.to_owned();
    }
    let names = dn::names(about);
    let server = names.iter().position(|name| name == "Protocols").and_then(|at| names.get(at + 1));
    let first = names.first().map_or("", String::as_str);
    server.map_or(first.to_owned(), |server| format!("{server}, {first}"))
}

fn one(check: &Check, style: Style) -> String {
    let shown = |text: &str| shorten(&escape(text), LONG);
    let mut told = shown(&brief(&check.about));
    if check.about.contains("xn--")
        && let Some(text) = in_unicode(&check.about)
    {
        let _ = write!(told, " ({})", shown(&text));
    }
    if !check.field.is_empty() {
        let _ = write!(told, "{}{}", if told.is_empty() { "" } else { " " }, check.field);
    }
    let found = if check.found.is_empty() { "nothing".to_owned() } else { shown(&check.found) };
    match check.state {
        State::ByHand | State::NotPossible => {}
        State::NotEvaluated if check.found.is_empty() => {}
        State::Failed => {
            let _ = write!(told, ": found {found}; needed: {}", check.expected);
        }
        _ => {
            let _ = write!(told, ": {found}");
        }
    }
    // A note may hold a command, which must not be cut.
    if !check.note.is_empty() {
        let _ = write!(told, "{}{}", if told.is_empty() { "" } else { ": " }, escape(&check.note));
    }
    if check.state == State::ByHand && !check.expected.is_empty() {
        let _ = write!(told, "; it must show {}", check.expected);
    }
    let mut text = line("      ", check.state, &told, style);
    for code in &check.codes {
        if let Some(rule) = rules::find(code) {
            let first = format!("          {code} ");
            let painted = style.wrap(&first, "            ", &format!("{}: {}", rule.name, rule.remedy));
            text.push_str(&painted.replacen(code, &style.paint(Paint::Bold, code), 1));
        }
    }
    text
}
