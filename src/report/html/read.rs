//! What was read, when and from where, and how complete it is.

use super::super::summary::{InForce, Source};
use super::markup::{cut, html, sentence};
use super::{Page, close, open};
use crate::model::problem::{Problems, Weight};
use crate::model::text::{several, size};
use crate::rules;

/// How many sources and how many entries of a list are shown.
const MOST: usize = 20;

/// How long a name of a source may be.
const NAME: usize = 120;

/// What the sources are called together.
pub(super) fn sources(page: &Page<'_>) -> String {
    match page.summary.sources.as_slice() {
        [one] => cut(&one.name, NAME).into(),
        all => several(all.len() as u64, "source"),
    }
}

/// Says before everything else that the read is incomplete.
pub(super) fn alarm(out: &mut String, page: &Page<'_>) {
    let damaged = page.summary.sources.iter().filter(|source| source.problems.incomplete());
    let damaged: Vec<&Source> = damaged.collect();
    if damaged.is_empty() {
        return;
    }
    let sum = |weight| damaged.iter().map(|source| source.problems.count(weight)).sum::<u64>();
    let (skipped, partly) = (sum(Weight::Skipped), sum(Weight::Incomplete));
    html!(out; "<section class=\"alarm\" aria-labelledby=\"alarm\">\n<h2 id=\"alarm\">This audit is incomplete</h2>\n<p>");
    if skipped > 0 {
        html!(out; "<strong>" (several(skipped, "record")) " could not be read at all.</strong> ");
    }
    if partly > 0 {
        html!(out; "<strong>Values are missing in " (several(partly, "place")) ".</strong> ");
    }
    html!(out; "What is missing could not be judged. Mend the export, and run the audit again.</p>\n");
    for source in damaged.iter().take(MOST) {
        html!(out; "<h3><code>" (cut(&source.name, NAME)) "</code></h3>\n");
        problems(out, &source.problems, |weight| weight != Weight::Notice);
    }
    beyond(out, damaged.len(), "source");
    close(out);
}

/// The sources and the run.
pub(super) fn section(out: &mut String, page: &Page<'_>) {
    let summary = page.summary;
    open(out, "read", "What was read");
    html!(out; "<div class=\"scroll\" role=\"group\" aria-label=\"Sources\" tabindex=\"0\">\n<table class=\"plain\">\n<thead><tr>");
    for title in ["Source", "Kind", "Last change"] {
        html!(out; "<th scope=\"col\">" (title) "</th>");
    }
    for title in ["Records", "Objects", "Read twice", "Unreadable"] {
        html!(out; "<th scope=\"col\" class=\"n\">" (title) "</th>");
    }
    html!(out; "<th scope=\"col\">Read</th>");
    html!(out; "</tr></thead>\n<tbody>\n");
    for source in summary.sources.iter().take(MOST) {
        row(out, source);
    }
    html!(out; "</tbody>\n</table>\n</div>\n");
    beyond(out, summary.sources.len(), "source");
    html!(out; "<p class=\"muted\">Audited from " (moment(&summary.started)) " to " (moment(&summary.ended))
        " by dirsync-audit " (env!("CARGO_PKG_VERSION")) ", " (several(summary.run.iter().count() as u64, "rule"))
        " of the scenario run.</p>\n");
    options(out, &summary.options);
    for source in summary.sources.iter().filter(|source| !source.notes.is_empty()).take(MOST) {
        html!(out; "<p>How <code>" (cut(&source.name, NAME)) "</code> came:</p>\n<ul>\n");
        for (note, _) in source.notes.iter().take(MOST) {
            html!(out; "<li>" (cut(note, 1000)) "</li>\n");
        }
        html!(out; "</ul>\n");
    }
    let noted = summary.sources.iter().filter(|source| source.problems.count(Weight::Notice) > 0);
    for source in noted.take(MOST) {
        html!(out; "<p>Notes on <code>" (cut(&source.name, NAME)) "</code>:</p>\n");
        problems(out, &source.problems, |weight| weight == Weight::Notice);
    }
    close(out);
}

fn row(out: &mut String, source: &Source) {
    let modified = source.modified.as_deref().map(moment).unwrap_or_default();
    html!(out; "<tr><th scope=\"row\"><code>" (cut(&source.name, NAME)) "</code></th><td>" (source.flavour) ", "
        (source.encoding) ", " (size(source.bytes)) "</td><td>" (modified) "</td><td class=\"n\">" (source.records)
        "</td><td class=\"n\">" (source.objects) "</td><td class=\"n\">" (source.repeats) "</td><td class=\"n\">"
        (source.problems.count(Weight::Skipped)) "</td><td>");
    if source.problems.incomplete() {
        html!(out; "<span class=\"chip error\">incomplete</span>");
    } else {
        html!(out; "<span class=\"chip ok\">complete</span>");
    }
    html!(out; "</td></tr>\n");
}

/// A time as a person reads it.
fn moment(time: &str) -> String {
    time.replacen('T', " ", 1).replacen('Z', " UTC", 1)
}

fn problems(out: &mut String, problems: &Problems, wanted: fn(Weight) -> bool) {
    html!(out; "<ul>\n");
    for (problem, tally) in problems.iter().filter(|(problem, _)| wanted(problem.weight())) {
        html!(out; "<li>" (tally.count) " × ");
        super::markup::Shown::show(&super::markup::Prose(problem.what()), out);
        let lines: Vec<String> = tally.lines.iter().map(ToString::to_string).collect();
        if !lines.is_empty() {
            let (many, more) = (lines.len() > 1, tally.count > lines.len() as u64);
            html!(out; " (line" (if many { "s " } else { " " }) (lines.join(", ")) (if more { ", …" } else { "" }) ")");
        }
        html!(out; "<br><span class=\"muted\">");
        sentence(out, problem.remedy());
        html!(out; "</span></li>\n");
    }
    html!(out; "</ul>\n");
}

/// What the reader must know about the options: anything that narrows or shifts the verdict.
fn options(out: &mut String, options: &InForce) {
    let mut told: Vec<(&str, String)> = Vec::new();
    let mut list = |title, items: &[String]| {
        if !items.is_empty() {
            let more =
                if items.len() > MOST { format!(", … ({} in all)", items.len()) } else { String::new() };
            let shown: Vec<&str> = items.iter().take(MOST).map(String::as_str).collect();
            told.push((title, cut(&shown.join(", "), 1000).into_string() + &more));
        }
    };
    list("Only these rules were run", &options.select);
    list("These rules were left out", &options.ignore);
    let severity: Vec<String> = options
        .severity
        .iter()
        .map(|&(place, severity)| format!("{} {}", rules::at(place).code, severity.word()))
        .collect();
    list("Severities set by hand", &severity);
    let only: Vec<String> = options.only.iter().map(|path| path.display().to_string()).collect();
    list("Only the users listed here are reported", &only);
    list("SIP domains", &options.sip_domains);
    list("Verified domains", &options.verified_domains);
    list("Routing domains", &options.routing_domains);
    if told.is_empty() {
        return;
    }
    html!(out; "<dl class=\"options\">\n");
    for (title, items) in &told {
        html!(out; "<div><dt>" (title) "</dt><dd>" (items) "</dd></div>\n");
    }
    html!(out; "</dl>\n");
}

/// Says that more are not shown.
fn beyond(out: &mut String, all: usize, one: &str) {
    if all > MOST {
        html!(out; "<p class=\"muted\">And " (several((all - MOST) as u64, &format!("more {one}")))
            " in <a href=\"summary.json\">summary.json</a>.</p>\n");
    }
}
