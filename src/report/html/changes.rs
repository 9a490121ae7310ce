//! How the findings stand with those of the baseline.

use super::markup::html;
use super::{Page, close, open};
use crate::rules;

/// The comparison with the report before, by rule.
pub(super) fn section(out: &mut String, page: &Page<'_>) {
    let Some(compared) = &page.summary.compared else { return };
    open(out, "changes", "What has changed");
    html!(out; "<p>" (compared.sentence()) "</p>\n");
    if !compared.doubts.is_empty() {
        html!(out; "<ul class=\"partly\">\n");
        for doubt in &compared.doubts {
            html!(out; "<li>" (doubt) "</li>\n");
        }
        html!(out; "</ul>\n");
    }
    html!(out; "<div class=\"scroll\" role=\"group\" aria-label=\"Changes by rule\" tabindex=\"0\">\n\
        <table class=\"plain\">\n<thead><tr><th scope=\"col\">Rule</th><th scope=\"col\" class=\"n\">Before</th>\
        <th scope=\"col\" class=\"n\">New</th><th scope=\"col\" class=\"n\">Fixed</th>\
        <th scope=\"col\" class=\"n\">Unchanged</th></tr></thead>\n<tbody>\n");
    for change in &compared.by_rule {
        let rule = rules::at(change.rule);
        html!(out; "<tr><th scope=\"row\">" (rule.code) " " (rule.name) "</th><td class=\"n\">" (change.before)
            "</td><td class=\"n\">" (change.new) "</td><td class=\"n\">" (change.fixed) "</td><td class=\"n\">"
            (change.unchanged) "</td></tr>\n");
    }
    html!(out; "</tbody>\n</table>\n</div>\n");
    close(out);
}
