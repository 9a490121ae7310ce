//! What was accepted: by whose reason, until when, and what wants attention.

use super::markup::html;
use super::{Page, close, open};
use crate::model::text::several;

/// So many suppressions are shown.
const MOST: usize = 500;

/// The suppressions of the run.
pub(super) fn section(out: &mut String, page: &Page<'_>) {
    let accepted = &page.summary.suppressions;
    if accepted.is_empty() {
        return;
    }
    open(out, "suppressed", "What is suppressed");
    html!(out; "<p>" (several(page.summary.counts.suppressed(), "finding")) " suppressed. They keep their rows in the \
        full lists and still block features; they count in no status.</p>\n<div class=\"scroll\" role=\"group\" \
        aria-label=\"Suppressed\" tabindex=\"0\">\n<table class=\"plain\">\n<thead><tr><th scope=\"col\">Rules</th>\
        <th scope=\"col\">For</th><th scope=\"col\">Why</th><th scope=\"col\">Until</th><th scope=\"col\">Ticket</th>\
        <th scope=\"col\" class=\"n\">Findings</th><th scope=\"col\">State</th></tr></thead>\n<tbody>\n");
    for one in accepted.iter().take(MOST) {
        let given = &one.suppression;
        let until = given.until.map_or(String::new(), |day| day.to_string());
        html!(out; "<tr><th scope=\"row\">" (given.rule) "</th><td>" (given.about) "</td><td>" (given.reason)
            "</td><td>" (until) "</td><td>" (given.ticket.as_deref().unwrap_or_default()) "</td><td class=\"n\">"
            (one.covered) "</td><td>" (one.standing.word()) "</td></tr>\n");
    }
    html!(out; "</tbody>\n</table>\n</div>\n");
    if accepted.len() > MOST {
        html!(out; "<p>The first " (MOST as u64) " of " (accepted.len() as u64) "; summary.json has all.</p>\n");
    }
    close(out);
}
