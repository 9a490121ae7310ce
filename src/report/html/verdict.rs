//! The verdict, users by status, and what to mend first.

use super::super::{findings, users, xlsx};
use super::markup::{Prose, Shown, html};
use super::{Page, close, open};
use crate::finding::Severity;
use crate::model::text::{several, share};
use crate::rules::verdict::Status;

/// The statuses, worst first, each with what it means.
const STATUSES: [(Status, &str); 5] = [
    (Status::NonCompliant, "at least one error: synchronization, sign-in or a feature breaks"),
    (Status::Incomplete, "values of the record are missing; the rest shows no error"),
    (Status::Warning, "works, but is unsupported or fragile"),
    (Status::Compliant, "neither error nor warning"),
    (Status::Excluded, "not judged: a system object, or no user at all"),
];

/// How many rules are named to start with.
const FIRST: usize = 3;

/// The verdict and the bar.
pub(super) fn section(out: &mut String, page: &Page<'_>) {
    let counts = &page.summary.counts;
    let (tone, sentence) = counts.sentence(page.summary.scenario);
    open(out, "verdict", "Verdict");
    html!(out; "<p class=\"sentence " (tone.word()) "\">" (sentence) "</p>\n");
    if page.summary.incomplete() {
        html!(out; "<p class=\"partly\">Only of what could be read: <a href=\"#alarm\">this audit is incomplete</a>.</p>\n");
    }
    let shown: Vec<(Status, &str, u64)> = STATUSES
        .into_iter()
        .map(|(status, meaning)| (status, meaning, counts.status[status as usize]))
        .filter(|(status, _, users)| *users > 0 || !matches!(status, Status::Incomplete | Status::Excluded))
        .collect();
    let parts: Vec<(&str, u64)> = shown.iter().map(|(status, _, users)| (status.word(), *users)).collect();
    bar(out, "Users by status", &parts);
    html!(out; "<table class=\"plain legend\">\n<caption class=\"hidden\">Users by status</caption>\n<thead><tr>\
        <th scope=\"col\">Status</th><th scope=\"col\" class=\"n\">Users</th><th scope=\"col\" class=\"n\">Share</th>\
        <th scope=\"col\">What it means</th></tr></thead>\n<tbody>\n");
    let judged = counts.users - counts.status[Status::Excluded as usize];
    for (status, meaning, users) in shown {
        let part = if status == Status::Excluded { "–".to_owned() } else { share(users, judged) };
        html!(out; "<tr><th scope=\"row\"><span class=\"swatch " (status.word()) "\"></span>" (status.word())
            "</th><td class=\"n\">" (users) "</td><td class=\"n\">" (part) "</td><td>" (meaning)
            "</td></tr>\n");
    }
    html!(out; "</tbody>\n</table>\n");
    lists(out, page);
    close(out);
}

/// Where everybody is listed.
fn lists(out: &mut String, page: &Page<'_>) {
    let (users, findings) = (page.table(users::FILE), page.table(findings::FILE));
    if let (Some(users), Some(findings)) = (users, findings) {
        html!(out; "<p>The full lists lie beside this page: every user in <a href=\"" (users) "\">" (users)
            "</a>, every finding in <a href=\"" (findings) "\">" (findings) "</a>.</p>\n");
    } else if let Some(book) = page.table(xlsx::FILE) {
        html!(out; "<p>The full lists lie beside this page: every user and every finding in <a href=\"" (book) "\">"
            (book) "</a>.</p>\n");
    } else {
        html!(out; "<p>The full lists were not asked for: <code>--format csv,html</code> writes them beside this \
            page.</p>\n");
    }
}

/// A bar of parts, each with a word for its colour. Nobody is so few that the bar hides them.
pub(super) fn bar(out: &mut String, title: &str, parts: &[(&str, u64)]) {
    let all: u64 = parts.iter().map(|(_, users)| users).sum();
    let widths: Vec<u64> = parts
        .iter()
        .map(|&(_, users)| if users == 0 { 0 } else { (users * 1000).div_ceil(all.max(1)).max(6) })
        .collect();
    let told: Vec<String> = parts
        .iter()
        .filter(|(_, n)| *n > 0)
        .map(|(word, users)| format!("{} {word}", several(*users, "user")))
        .collect();
    let told = if told.is_empty() { "no users".to_owned() } else { told.join(", ") };
    // The view has the width of the parts: widths are written as text, since a style attribute is not allowed.
    html!(out; "<svg class=\"bar\" role=\"img\" aria-label=\"" (title) ": " (told) "\" viewBox=\"0 0 "
        (widths.iter().sum::<u64>().max(1).to_string()) " 10\" preserveAspectRatio=\"none\">");
    let mut place = 0;
    for ((word, _), width) in parts.iter().zip(widths) {
        if width > 0 {
            html!(out; "<rect class=\"" (word.replace('/', "")) "\" x=\"" (place.to_string()) "\" width=\""
                (width.to_string()) "\" height=\"10\"/>");
            place += width;
        }
    }
    html!(out; "</svg>\n");
}

/// The rules to begin with.
pub(super) fn fix_first(out: &mut String, page: &Page<'_>) {
    if page.fired.is_empty() {
        return;
    }
    open(out, "first", "Fix these first");
    html!(out; "<ol class=\"first\">\n");
    for fired in page.fired.iter().filter(|fired| fired.severity > Severity::Info).take(FIRST) {
        let rule = fired.rule;
        html!(out; "<li><p><a href=\"#" (rule.code) "\">" (rule.code) "</a> <strong>" (several(fired.users, rule.concerns()))
            "</strong></p>\n<p>");
        Prose(rule.summary).show(out);
        html!(out; "</p>\n<p class=\"do\">");
        Prose(rule.remedy).show(out);
        html!(out; "</p>");
        if fired.severity == Severity::Error && !rule.blocks.is_empty() {
            let features: Vec<&str> = rule.blocks.iter().map(|feature| feature.title()).collect();
            html!(out; "\n<p class=\"muted\">Blocks " (features.join(", ")) "</p>");
        }
        html!(out; "</li>\n");
    }
    html!(out; "</ol>\n");
    close(out);
}
