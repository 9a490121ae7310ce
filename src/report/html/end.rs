//! What could not be judged, what no audit of Active Directory sees, and the files of the report.

use super::super::organisation::CANNOT_SEE;
use super::markup::{Prose, Shown, html, sentence};
use super::{Page, close, open};
use crate::model::text::size;

/// The rules that could not be evaluated for some users, by reason.
pub(super) fn not_evaluated(out: &mut String, page: &Page<'_>) {
    let mut reasons: Vec<(String, Vec<String>, u64)> = Vec::new();
    for rule in page.summary.not_evaluated() {
        match reasons.iter_mut().find(|(why, ..)| *why == rule.why) {
            Some((_, codes, users)) => {
                codes.push(rule.code);
                *users = rule.users.max(*users);
            }
            None => reasons.push((rule.why, vec![rule.code], rule.users)),
        }
    }
    if reasons.is_empty() {
        return;
    }
    open(out, "open", "What was not evaluated");
    html!(out; "<p>An attribute that the input does not carry is not taken for empty: these rules say nothing about \
        the users concerned.</p>\n<div class=\"scroll\" role=\"group\" aria-label=\"Not evaluated\" tabindex=\"0\">\n\
        <table class=\"plain\">\n<thead><tr><th scope=\"col\">Why</th><th scope=\"col\">Rules</th>\
        <th scope=\"col\" class=\"n\">Users, up to</th></tr></thead>\n<tbody>\n");
    for (why, codes, users) in &reasons {
        html!(out; "<tr><th scope=\"row\">");
        sentence(out, why);
        html!(out; "</th><td>" (codes.join(" ")) "</td><td class=\"n\">" (users) "</td></tr>\n");
    }
    html!(out; "</tbody>\n</table>\n</div>\n");
    close(out);
}

/// The limits of every audit of Active Directory.
pub(super) fn cannot_see(out: &mut String, _: &Page<'_>) {
    open(out, "unseen", "What this audit cannot see");
    html!(out; "<ul>\n");
    for what in CANNOT_SEE {
        html!(out; "<li>");
        Prose(what).show(out);
        html!(out; "</li>\n");
    }
    html!(out; "</ul>\n");
    close(out);
}

/// The other files, and how the run ended.
pub(super) fn files(out: &mut String, page: &Page<'_>) {
    open(out, "files", "Files of this report");
    html!(out; "<ul>\n");
    for file in page.files {
        html!(out; "<li><a href=\"" (file.name) "\">" (file.name) "</a> <span class=\"muted\">" (size(file.bytes))
            "</span></li>\n");
    }
    html!(out; "<li><a href=\"summary.json\">summary.json</a> <span class=\"muted\">the counts above, for \
        programs</span></li>\n</ul>\n<p class=\"muted\">The run ended with ");
    Prose(&page.summary.exit_meaning).show(out);
    html!(out; ".</p>\n");
    close(out);
}
