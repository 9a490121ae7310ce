//! What users get: the five features.

use super::markup::html;
use super::verdict::bar;
use super::{Page, close, open};
use crate::rules::Feature;
use crate::rules::verdict::Support;

/// What a feature can be, in the order of the columns.
const COLUMNS: [(Support, &str); 5] = [
    (Support::Blocked, "Blocked"),
    (Support::Supported, "Supported"),
    (Support::Unsupported, "Unsupported"),
    (Support::NotApplicable, "n/a"),
    (Support::NotEvaluated, "Not evaluated"),
];

/// The features.
pub(super) fn table(out: &mut String, page: &Page<'_>) {
    open(out, "features", "What users get, and what is blocked");
    html!(out; "<p>The features that Exchange and Lync give a user together (KB 2614242), by number of users.</p>\n\
        <div class=\"scroll\" role=\"group\" aria-label=\"Features\" tabindex=\"0\">\n<table class=\"plain features\">\n\
        <thead><tr><th scope=\"col\">Feature</th>");
    for (_, title) in COLUMNS {
        html!(out; "<th scope=\"col\" class=\"n\">" (title) "</th>");
    }
    html!(out; "<th scope=\"col\" class=\"wide\">Share</th></tr></thead>\n<tbody>\n");
    for feature in Feature::ALL {
        let counts = &page.summary.counts.features[feature as usize];
        html!(out; "<tr><th scope=\"row\">" (feature.title()) "</th>");
        for (support, _) in COLUMNS {
            let users = counts[support as usize];
            let class = match (users, support) {
                (0, _) => "n none",
                (_, Support::Blocked) => "n bad",
                _ => "n",
            };
            html!(out; "<td class=\"" (class) "\">" (users) "</td>");
        }
        html!(out; "<td class=\"wide\">");
        let parts = COLUMNS.map(|(support, _)| (support.word(), counts[support as usize]));
        bar(out, feature.title(), &parts);
        html!(out; "</td></tr>\n");
    }
    html!(out; "</tbody>\n</table>\n</div>\n\
        <p class=\"muted\"><strong>Blocked</strong>: the scenario offers it, and an error below takes it away. \
        <strong>Unsupported</strong>: the scenario does not offer it to users homed like these; no attribute changes \
        that. <strong>n/a</strong>: not asked of this object. <strong>Not evaluated</strong>: the input does not \
        tell.</p>\n");
    close(out);
}
