//! `report.html`: the audit on one page, for people.
//!
//! The page needs nothing but itself: style and script are inside, and its policy allows nothing else. Whatever the
//! size of the directory, it stays below five megabytes: it shows the first users of each rule, and the CSV files
//! have all of them.

mod changes;
mod end;
mod features;
mod fired;
mod firsts;
mod markup;
mod read;
mod steps;
mod suppressed;
#[cfg(test)]
mod tests;
mod trend;
mod verdict;

use super::summary::Summary;
use super::{Written, findings, users};
use fired::Fired;
pub(super) use firsts::Firsts;
use markup::html;

/// The name of the file.
pub(super) const FILE: &str = "report.html";

/// The page has fewer octets than this.
#[cfg(test)]
const MOST_BYTES: usize = 5_000_000;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// What the page may use, by the SHA-256 of its own style and script; a test says what to write after a change.
const STYLE_HASH: &str = "sha256-Tb3zzDIeqeBlLshG9rJMdhjPaRS0nGjvbollS9SX7KU=";
const SCRIPT_HASH: &str = "sha256-BezpYA/r5H87l410R6q9Mx1xoaMT0/L42EezII0FuZ0=";

/// What the page is made of.
struct Page<'p> {
    /// The finished audit.
    summary: &'p Summary,
    /// The first users of each rule.
    firsts: &'p Firsts,
    /// The rules that fired, worst first.
    fired: Vec<Fired<'p>>,
    /// The other files of the report.
    files: &'p [Written],
}

/// The sections, from top to bottom.
const SECTIONS: &[fn(&mut String, &Page<'_>)] = &[
    read::alarm,
    steps::section,
    read::section,
    verdict::section,
    changes::section,
    trend::section,
    features::table,
    verdict::fix_first,
    fired::section,
    suppressed::section,
    end::not_evaluated,
    end::cannot_see,
    end::files,
];

/// Writes the page.
pub(super) fn page(summary: &Summary, firsts: &Firsts, files: &[Written]) -> Vec<u8> {
    let page = Page { summary, firsts, fired: fired::sorted(summary), files };
    let mut out = String::new();
    head(&mut out, &page);
    for section in SECTIONS {
        section(&mut out, &page);
    }
    html!(&mut out; "</main>\n<script>");
    out.push_str(SCRIPT);
    html!(&mut out; "</script>\n</body>\n</html>\n");
    out.into_bytes()
}

fn head(out: &mut String, page: &Page<'_>) {
    let scenario = page.summary.scenario;
    let (sources, title) = (read::sources(page), format!("Audit for {}", scenario.name()));
    html!(out; "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
        <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '" (STYLE_HASH)
        "'; script-src '" (SCRIPT_HASH) "'; img-src data:; base-uri 'none'; form-action 'none'\">\n\
        <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
        <meta name=\"color-scheme\" content=\"light dark\">\n\
        <meta name=\"referrer\" content=\"no-referrer\">\n\
        <link rel=\"icon\" href=\"data:,\">\n<title>" (title) " – dirsync-audit</title>\n<style>");
    out.push_str(STYLE);
    html!(out; "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the report</a>\n\
        <header>\n<p class=\"tool\">dirsync-audit report</p>\n<h1>" (title) "</h1>\n<p class=\"about\">"
        (scenario.serves()) ". Read from " (sources) ".</p>\n<nav aria-label=\"Sections\">\n<ul>\n");
    let mut links = vec![
        ("#steps", "Steps"),
        ("#verdict", "Verdict"),
        ("#features", "Features"),
        ("#rules", "Findings"),
        ("#unseen", "Limits"),
    ];
    if page.summary.compared.is_some() {
        links.push(("#changes", "Changes"));
    }
    if !page.summary.suppressions.is_empty() {
        links.push(("#suppressed", "Suppressed"));
    }
    links.extend(page.table(users::FILE).map(|file| (file, "All users (CSV)")));
    links.extend(page.table(findings::FILE).map(|file| (file, "All findings (CSV)")));
    for (place, name) in links {
        html!(out; "<li><a href=\"" (place) "\">" (name) "</a></li>\n");
    }
    html!(out; "</ul>\n</nav>\n</header>\n<main id=\"main\">\n");
}

impl Page<'_> {
    /// A file of the report, if this one has it.
    fn table(&self, name: &'static str) -> Option<&'static str> {
        self.files.iter().any(|file| file.name == name).then_some(name)
    }
}

/// Opens a section with its heading.
fn open(out: &mut String, id: &str, title: &str) {
    html!(out; "<section aria-labelledby=\"" (id) "\">\n<h2 id=\"" (id) "\">" (title) "</h2>\n");
}

/// Closes it.
fn close(out: &mut String) {
    html!(out; "</section>\n");
}
