//! The rules that fired: what each means, what to do, and its first users.

use super::super::findings;
use super::super::summary::Summary;
use super::firsts::Row;
use super::markup::{Prose, Shown, html};
use super::{Page, close, open};
use crate::finding::Severity;
use crate::model::text::{grouped, several};
use crate::rules::{self, Rule};

/// How many octets all rows together may take.
const ROOM: usize = 4_000_000;

/// A rule that fired.
pub(super) struct Fired<'p> {
    /// Its place in the catalogue.
    pub(super) place: usize,
    /// The rule.
    pub(super) rule: &'p Rule,
    /// How bad the worst finding is.
    pub(super) severity: Severity,
    /// For how many users.
    pub(super) users: u64,
}

/// The rules that fired: the worst first, then those of most users, then in the order of the catalogue.
pub(super) fn sorted(summary: &Summary) -> Vec<Fired<'static>> {
    let counts = summary.counts.rules.iter().enumerate();
    let mut fired: Vec<Fired<'static>> = counts
        .filter_map(|(place, count)| {
            Some(Fired { place, rule: rules::at(place), severity: count.worst?, users: count.users })
        })
        .collect();
    fired.sort_by_key(|fired| (std::cmp::Reverse((fired.severity, fired.users)), fired.place));
    fired
}

/// The rules, with the means to search them.
pub(super) fn section(out: &mut String, page: &Page<'_>) {
    open(out, "rules", "What was found");
    if page.fired.is_empty() {
        html!(out; "<p>No rule fired.</p>\n");
        return close(out);
    }
    let counts = &page.summary.counts;
    let [infos, warnings, errors] = counts.severity;
    html!(out; "<p>" (several(page.fired.len() as u64, "rule")) " fired: " (several(errors, "error")) ", "
        (several(warnings, "warning")) " and " (several(infos, "note")) ". Each rule shows its first users");
    match page.table(findings::FILE) {
        Some(file) => html!(out; "; <a href=\"" (file) "\">" (file) "</a> has all of them.</p>\n"),
        None => html!(out; ".</p>\n"),
    }
    tools(out);
    let share = ROOM / page.fired.len();
    for fired in &page.fired {
        rule(out, page, fired, share);
    }
    close(out);
}

/// The filter; the script shows it, since without the script it would do nothing.
fn tools(out: &mut String) {
    html!(out; "<form id=\"filter\" role=\"search\" aria-label=\"Filter the users below\" hidden>\n\
        <label class=\"grow\">Search <input type=\"search\" name=\"text\" autocomplete=\"off\" spellcheck=\"false\" \
        placeholder=\"name, address, value, message\"></label>\n");
    for (name, title) in [("status", "Status"), ("rule", "Rule"), ("unit", "OU"), ("domain", "Domain")] {
        html!(out; "<label>" (title) " <select name=\"" (name) "\"><option value=\"\">all</option></select></label>\n");
    }
    html!(out; "<div class=\"buttons\"><button type=\"reset\">Reset</button> <button type=\"button\" \
        id=\"unfold\">Open all</button> <button type=\"button\" id=\"fold\">Close all</button></div>\n\
        <p id=\"told\" role=\"status\"></p>\n</form>\n");
}

fn rule(out: &mut String, page: &Page<'_>, fired: &Fired<'_>, share: usize) {
    let (rule, severity) = (fired.rule, fired.severity.word());
    html!(out; "<details class=\"rule " (severity) "\">\n<summary><span class=\"chip " (severity) "\">" (severity)
        "</span><h3><span class=\"code\">" (rule.code) "</span> ");
    Prose(rule.summary).show(out);
    html!(out; "</h3><span class=\"users\">" (several(fired.users, rule.concerns())) "</span></summary>\n<div id=\""
        (rule.code) "\" class=\"inside\">\n<dl>\n<div><dt>Rule</dt><dd>" (rule.code) " " (rule.name)
        "</dd></div>\n<div><dt>Why it matters</dt><dd>");
    Prose(rule.why).show(out);
    html!(out; " <span class=\"muted\">");
    reference(out, rule.reference);
    html!(out; "</span></dd></div>\n<div><dt>What to do</dt><dd><strong>");
    Prose(rule.remedy).show(out);
    html!(out; "</strong></dd></div>\n");
    if !rule.blocks.is_empty() {
        let features: Vec<&str> = rule.blocks.iter().map(|feature| feature.title()).collect();
        let when =
            if rule.blocks_at_any || fired.severity == Severity::Error { "" } else { " (as an error)" };
        html!(out; "<div><dt>Blocks</dt><dd>" (features.join(", ")) (when) "</dd></div>\n");
    }
    html!(out; "</dl>\n");
    users(out, page, fired, share);
    html!(out; "</div>\n</details>\n");
}

/// Where it is written; articles of the knowledge base as links.
fn reference(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("KB ") {
        let length = after.bytes().take_while(u8::is_ascii_digit).count();
        let (number, tail) = after.split_at(length);
        html!(out; (before));
        if number.is_empty() {
            html!(out; "KB ");
        } else {
            html!(out; "<a href=\"https://support.microsoft.com/help/" (number) "\" rel=\"noreferrer\">KB " (number) "</a>");
        }
        rest = tail;
    }
    html!(out; (rest));
}

fn users(out: &mut String, page: &Page<'_>, fired: &Fired<'_>, share: usize) {
    let mut body = String::new();
    let mut shown = 0u64;
    for row in page.firsts.of(fired.place) {
        let before = body.len();
        user(&mut body, row, fired.severity);
        if body.len() > share {
            body.truncate(before);
            break;
        }
        shown += 1;
    }
    let (code, noun) = (fired.rule.code, fired.rule.concerns());
    let title = if fired.rule.is_about_organisation() { "Where" } else { "User" };
    html!(out; "<div class=\"list\">\n<table class=\"users\">\n<caption>");
    if shown == fired.users {
        html!(out; (if shown == 1 { "The " } else { "All " }) (noun) (if shown == 1 { "" } else { "s" }) " with " (code));
    } else {
        html!(out; "The first " (shown) " of " (several(fired.users, fired.rule.concerns())) " with " (code));
        if let Some(file) = page.table(findings::FILE) {
            html!(out; "; all are in <a href=\"" (file) "\">" (file) "</a>");
        }
    }
    html!(out; "</caption>\n<thead><tr><th scope=\"col\">" (title) "</th><th scope=\"col\">Status</th>\
        <th scope=\"col\">Value</th><th scope=\"col\">What is wrong</th><th scope=\"col\">Suggested value</th></tr></thead>\n\
        <tbody>\n");
    out.push_str(&body);
    html!(out; "</tbody>\n</table>\n</div>\n");
}

/// A row; short markup, since there may be thousands.
fn user(out: &mut String, row: &Row, worst: Severity) {
    html!(out; "<tr data-d=\"" (row.domain) "\"><td><b>" (row.name) "</b>");
    if row.sign_in != row.name && !row.sign_in.is_empty() {
        html!(out; "<span>" (row.sign_in) "</span>");
    }
    html!(out; "<small>" (row.unit) "</small></td><td>" (row.status.word()) "</td><td><small>" (row.attribute.name())
        "</small>");
    if !row.value.is_empty() {
        html!(out; "<code>" (row.value) "</code>");
    }
    if row.more > 0 {
        html!(out; "<i>and " (grouped(row.more as u64)) " more</i>");
    }
    html!(out; "</td><td>");
    Prose(&row.message).show(out);
    if row.severity != worst {
        html!(out; " <i>here: " (row.severity.word()) "</i>");
    }
    html!(out; "</td><td>");
    match &*row.suggestion {
        "" => html!(out; "<i>none</i>"),
        value => html!(out; "<code>" (value) "</code>"),
    }
    html!(out; "</td></tr>\n");
}
