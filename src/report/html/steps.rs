//! The six steps of the article, with their state, and what was looked at for each.

use super::super::organisation::standings;
use super::markup::{Prose, Shown, cut, html, sentence};
use super::{Page, close, open};
use crate::model::organisation::{Check, State};
use crate::model::text::grouped;
use crate::rules::organisation::steps::Standing;

/// How many checks of a step are shown.
const MOST: usize = 200;

/// How long a text of a check may be.
const LONG: usize = 300;

/// The steps, as a list to check.
pub(super) fn section(out: &mut String, page: &Page<'_>) {
    open(out, "steps", "Steps to integrate Exchange and Lync");
    html!(out; "<ol class=\"steps\">\n");
    for standing in standings(page.summary) {
        step(out, page, &standing);
    }
    html!(out; "</ol>\n");
    let found = &page.summary.organisation.notes;
    if !found.is_empty() {
        html!(out; "<p>Found beside that:</p>\n<ul>\n");
        for text in found {
            html!(out; "<li>" (cut(text, LONG)) "</li>\n");
        }
        html!(out; "</ul>\n");
    }
    close(out);
}

fn step(out: &mut String, page: &Page<'_>, standing: &Standing<'_>) {
    let (class, word) = look(standing.state);
    html!(out; "<li class=\"" (class) "\"><h3><span class=\"hidden\">Step </span><span class=\"number\">"
        (u64::from(standing.step.number)) "</span> " (standing.step.title) " <span class=\"chip " (class) "\">" (word)
        "</span></h3>\n");
    let told = standing.told(page.summary.scenario);
    if standing.state == State::ByHand && standing.checks.is_empty() {
        html!(out; "<details><summary>Nobody has looked: how to check</summary>\n<p>");
        sentence(out, &told);
        html!(out; "</p>\n</details>\n");
    } else {
        html!(out; "<p>");
        sentence(out, &told);
        codes(out, page, standing.step.number);
        html!(out; "</p>\n");
    }
    if standing.state != State::NotPossible && !standing.checks.is_empty() {
        checks(out, standing.checks);
    }
    html!(out; "</li>\n");
}

/// The rules that fired and decide the step.
fn codes(out: &mut String, page: &Page<'_>, number: u8) {
    let decides =
        page.fired.iter().filter(|fired| fired.rule.decides.is_some_and(|step| step.number() == number));
    for (nth, fired) in decides.enumerate() {
        html!(out; (if nth == 0 { " See " } else { ", " }) "<a href=\"#" (fired.rule.code) "\">" (fired.rule.code) "</a>");
    }
}

/// What a state looks like: a class of the style, and a word.
fn look(state: State) -> (&'static str, &'static str) {
    match state {
        State::Passed => ("ok", "✓ done"),
        State::Failed => ("error", "✗ fails"),
        State::NotEvaluated => ("open", "not evaluated"),
        State::ByHand => ("todo", "by hand"),
        State::NotPossible => ("none", "not possible in this scenario"),
    }
}

fn checks(out: &mut String, checks: &[Check]) {
    html!(out; "<details><summary>What was looked at</summary>\n<div class=\"scroll\" role=\"group\" \
        aria-label=\"What was looked at\" tabindex=\"0\">\n<table class=\"plain\">\n<thead><tr>\
        <th scope=\"col\">State</th><th scope=\"col\">Where</th><th scope=\"col\">What</th>\
        <th scope=\"col\">Found</th><th scope=\"col\">Needed</th></tr></thead>\n<tbody>\n");
    for check in checks.iter().take(MOST) {
        let (class, word) = look(check.state);
        html!(out; "<tr><td><span class=\"chip " (class) "\">" (word) "</span></td><td>" (cut(&check.about, LONG))
            "</td><td>" (check.field) "</td><td>" (cut(&check.found, LONG)) "</td><td>");
        Prose(&check.expected).show(out);
        for code in &check.codes {
            html!(out; " <a href=\"#" (code) "\">" (code) "</a>");
        }
        if !check.note.is_empty() {
            html!(out; " <i>");
            Prose(&cut(&check.note, LONG)).show(out);
            html!(out; "</i>");
        }
        html!(out; "</td></tr>\n");
    }
    html!(out; "</tbody>\n</table>\n</div>\n");
    if checks.len() > MOST {
        html!(out; "<p>The first " (grouped(MOST as u64)) " of " (grouped(checks.len() as u64))
            "; organisation.csv has all of them.</p>\n");
    }
    html!(out; "</details>\n");
}
