//! What `audit` prints at its end: to be read at a glance.

use std::fmt::Write;

use super::accepted;
use super::checklist::{self, Detail};
use super::join::Run;
use super::open;
use super::opened::Opened;
use super::rules::paint;
use super::terminal::{Paint, Style, escape, grouped, several};
use crate::audit::SourceOutcome;
use crate::finding::Severity;
use crate::model::problem::{Problem, Problems, Tally, Weight};
use crate::model::text::size;
use crate::report::Written;
use crate::report::baseline::Compared;
use crate::rules::counts::{Counts, RuleCount};
use crate::rules::verdict::{Status, Support};
use crate::rules::{self, Feature, Rule, Scenario};
use crate::settings::{Redact, Settings};

/// What is shown.
pub(super) struct Summary<'s> {
    /// The run.
    pub(super) run: &'s Run<'s>,
    /// The files of the report.
    pub(super) files: &'s [Written],
    /// Entries of `--only` that no user matched.
    pub(super) missed: &'s [String],
    /// How the findings stand with the baseline.
    pub(super) compared: Option<&'s Compared>,
    /// How long it took.
    pub(super) seconds: f64,
}

/// How many rules are shown.
const MOST: usize = 8;

/// The summary as text.
pub(super) fn text(summary: &Summary<'_>, style: Style) -> String {
    let run = summary.run;
    let mut text = String::new();
    let named = run.settings.redact == Redact::None;
    for (source, outcome) in run.sources.iter().zip(&run.outcome.sources) {
        text.push_str(&read(source, outcome, named, style));
    }
    text.push_str(&missed(summary.missed, named, style));
    let _ = writeln!(text, "\n{}", verdict(&run.outcome.counts, run.scenario, style));
    if run.outcome.sources.iter().any(|source| source.problems.incomplete()) {
        let told = "Only of what could be read: the input is incomplete, as told above.";
        let _ = writeln!(text, "{}", style.paint(Paint::Red, told));
    }
    text.push_str(&accepted::changes(summary.compared, style));
    text.push_str(&accepted::text(run, style));
    text.push('\n');
    text.push_str(&statuses(&run.outcome.counts, style));
    text.push_str(&features(&run.outcome.counts, style));
    text.push_str(&fired(&run.outcome.counts, style));
    text.push_str(&not_evaluated(run, style));
    if !run.organisation.checks.is_empty() {
        let (counts, detail) = (Some(&run.outcome.counts), if named { Detail::Wrong } else { Detail::None });
        text.push_str(&checklist::text(run.scenario, counts, run.organisation, detail, style));
    }
    text.push_str(&written(run.settings, summary.files, summary.seconds));
    text
}

/// What was read of a source, and its damage.
fn read(source: &Opened, outcome: &SourceOutcome, named: bool, style: Style) -> String {
    let mut about = format!(
        "{} ({}, {}): {}",
        source.name(),
        source.about().flavour,
        source.about().encoding,
        several(outcome.records, "record")
    );
    if outcome.repeats > 0 {
        let _ = write!(about, ", {} of objects read before", grouped(outcome.repeats));
    }
    style.wrap("Read ", "     ", &about)
        + &notes(source, named, style)
        + &damage(&outcome.problems, "  ", style)
}

/// What a source says about how it came; a log of a redacted run names nobody.
pub(super) fn notes(source: &Opened, named: bool, style: Style) -> String {
    let shown = source.about().notes.iter().filter(|note| named || !note.names);
    shown.map(|note| style.wrap("  ", "    ", &escape(&note.text))).collect()
}

/// The damage of a source, each kind with the first lines and what to do.
pub(super) fn damage(problems: &Problems, indent: &str, style: Style) -> String {
    let mut text = String::new();
    for (problem, tally) in problems.iter() {
        let mark = match problem.weight() {
            Weight::Notice => "note: ",
            Weight::Incomplete => "incomplete: ",
            Weight::Skipped => "skipped: ",
        };
        let below = format!("{indent}  ");
        let told = style.wrap(&format!("{indent}{mark}"), &below, &occurrence(problem, tally));
        let colour = if problem.weight() == Weight::Notice { Paint::Cyan } else { Paint::Yellow };
        text.push_str(&told.replacen(mark, &style.paint(colour, mark), 1));
        text.push_str(&style.wrap(&format!("{below}remedy: "), &format!("{below}  "), problem.remedy()));
    }
    text
}

fn occurrence(problem: Problem, tally: &Tally) -> String {
    let lines: Vec<String> = tally.lines.iter().map(|&line| grouped(line)).collect();
    let more = if u64::try_from(lines.len()).is_ok_and(|shown| shown < tally.count) { ", …" } else { "" };
    let lines = match lines.as_slice() {
        [] => String::new(),
        [one] if more.is_empty() => format!(" (line {one})"),
        several => format!(" (lines {}{more})", several.join(", ")),
    };
    format!("{} × {}{lines}", grouped(tally.count), problem.what())
}

/// The entries of `--only` that matched nobody; a log of a redacted run must not name them either.
fn missed(missed: &[String], named: bool, style: Style) -> String {
    if missed.is_empty() {
        return String::new();
    }
    let number = u64::try_from(missed.len()).unwrap_or(u64::MAX);
    let first: Vec<String> = missed.iter().take(5).map(|name| format!("`{}`", escape(name))).collect();
    let more = if missed.len() > first.len() { ", …" } else { "" };
    let entries = if number == 1 { "1 entry".to_owned() } else { format!("{} entries", grouped(number)) };
    let first = if named { format!(": {}{more}", first.join(", ")) } else { String::new() };
    style.wrap("", "  ", &format!("{entries} of --only matched nobody{first}"))
}

/// The verdict in one sentence.
fn verdict(counts: &Counts, scenario: Scenario, style: Style) -> String {
    let (tone, sentence) = counts.sentence(scenario);
    style.paint(colour(tone), &sentence)
}

/// The colour of a status.
fn colour(status: Status) -> Paint {
    match status {
        Status::NonCompliant => Paint::Red,
        Status::Warning | Status::Incomplete | Status::Excluded => Paint::Yellow,
        Status::Compliant => Paint::Green,
    }
}

/// The columns of a bar.
const BAR: u64 = 30;

fn statuses(counts: &Counts, style: Style) -> String {
    let mut text = String::new();
    // Who is excluded comes last: nobody has to do anything about it.
    for status in Status::ALL.into_iter().cycle().skip(1).take(Status::ALL.len()) {
        let users = counts.status[status as usize];
        if users == 0 && matches!(status, Status::Excluded | Status::Incomplete) {
            continue;
        }
        let colour = if status == Status::Excluded { Paint::Dim } else { colour(status) };
        // Nobody is so few that the bar hides them.
        let length = (users * BAR).div_ceil(counts.users.max(1));
        let bar = "#".repeat(usize::try_from(length).unwrap_or(0));
        let row = format!("  {:<14} {:>10}  {}", status.word(), grouped(users), style.paint(colour, &bar));
        let _ = writeln!(text, "{}", row.trim_end());
    }
    text
}

/// What users get of the five features, where that is not everything.
fn features(counts: &Counts, style: Style) -> String {
    const SHOWN: [(Support, usize); 4] = [
        (Support::Supported, 11),
        (Support::Blocked, 9),
        (Support::Unsupported, 12),
        (Support::NotEvaluated, 14),
    ];
    let lacking = |by: &[u64; 5]| SHOWN[1..].iter().any(|(support, _)| by[*support as usize] > 0);
    if !counts.features.iter().any(lacking) {
        return String::new();
    }
    let mut head = format!("{:<34}", "What users get");
    for (support, width) in SHOWN {
        let _ = write!(head, "{:>width$}", support.word());
    }
    let mut text = format!("\n{}\n", style.paint(Paint::Bold, &head));
    for (feature, by) in Feature::ALL.iter().zip(&counts.features) {
        let _ = write!(text, "  {:<32}", feature.title());
        for (support, width) in SHOWN {
            let users = by[support as usize];
            let colour = match support {
                _ if users == 0 => Paint::Dim,
                Support::Supported => Paint::Green,
                Support::Blocked => Paint::Red,
                _ => Paint::Yellow,
            };
            text.push_str(&style.paint(colour, &format!("{:>width$}", grouped(users))));
        }
        text.push('\n');
    }
    text
}

/// From this width on, what to do stands beside the rule and not below it.
const WIDE: usize = 120;

/// The rules that fired: errors first, and among equals those that concern most users.
fn fired(counts: &Counts, style: Style) -> String {
    let mut fired: Vec<(usize, &RuleCount)> =
        counts.rules.iter().enumerate().filter(|(_, count)| count.findings > 0).collect();
    if fired.is_empty() {
        return String::new();
    }
    fired.sort_by_key(|(place, count)| (std::cmp::Reverse((count.worst, count.users)), *place));
    let shown = &fired[..fired.len().min(MOST)];
    let longest = shown.iter().map(|(place, _)| rules::at(*place).name.len()).max().unwrap_or_default();
    let mut text = format!("\n{}\n", style.paint(Paint::Bold, "What to do first"));
    for &(place, count) in shown {
        text.push_str(&to_do(rules::at(place), count, longest, style));
    }
    let more = match fired.len() - shown.len() {
        0 => String::new(),
        1 => "1 more rule in the report; ".to_owned(),
        more => format!("{} more rules in the report; ", grouped(more as u64)),
    };
    text.push_str(&style.wrap(
        "  ",
        "  ",
        &format!("{more}`dirsync-audit explain CODE` tells why and what else."),
    ));
    text
}

/// A rule that fired, and what to do.
fn to_do(rule: &Rule, count: &RuleCount, longest: usize, style: Style) -> String {
    let word = format!("{:<7}", count.worst.map_or("", Severity::word));
    let (code, users) = (format!("{:<7}", rule.code), several(count.users, rule.concerns()));
    let plain = format!("  {code} {word} {users:>14}  ");
    let told = if style.width >= WIDE {
        let first = format!("{plain}{:<longest$}  ", rule.name);
        let indent = " ".repeat(first.chars().count());
        style.wrap(&first, &indent, rule.remedy)
    } else {
        let indent = " ".repeat(10);
        format!("{plain}{}\n{}", rule.name, style.wrap(&indent, &indent, rule.remedy))
    };
    let painted =
        format!("  {} {} ", style.paint(Paint::Bold, &code), style.paint(paint(count.worst), &word));
    told.replacen(&format!("  {code} {word} "), &painted, 1)
}

fn not_evaluated(run: &Run<'_>, style: Style) -> String {
    let open = open::first(&run.outcome.counts, run.plan, open::carried(run.sources), style);
    if open.is_empty() {
        return open;
    }
    format!("\n{}\n{open}", style.paint(Paint::Bold, "Could not be evaluated"))
}

/// What each file of a report is for.
const FILES: &[(&str, &str)] = &[
    ("users.csv", "one row per user"),
    ("findings.csv", "one row per finding, with what to do"),
    ("organisation.csv", "the steps of the article, and what was looked at"),
    ("findings.jsonl", "the findings, one JSON object a line"),
    ("report.html", "a page to read and to send on"),
    ("report.xlsx", "a workbook with an action plan"),
    ("findings.sarif", "the findings for code scanning"),
    ("junit.xml", "one test per rule for a build server"),
    ("metrics.prom", "counts for Prometheus"),
    ("summary.txt", "a text to be mailed"),
    ("summary.json", "what was read and found, for programs"),
];

fn written(settings: &Settings, files: &[Written], seconds: f64) -> String {
    let redacted = match settings.redact {
        Redact::None => "",
        Redact::Partial => ", names shortened",
        Redact::Hash => ", names hashed",
    };
    let folder = escape(&settings.out.display().to_string());
    let mut text = format!("\nThe report is in {folder} ({seconds:.1} s{redacted})\n");
    for file in files {
        let what = FILES.iter().find(|(name, _)| *name == file.name).map_or("", |(_, what)| what);
        let row = format!("  {:<16} {:>9}  {what}", file.name, size(file.bytes));
        let _ = writeln!(text, "{}", row.trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style { colour: false, width: 80 };

    fn counts(status: [u64; 5]) -> Counts {
        Counts { users: status.iter().sum(), status, ..Counts::default() }
    }

    #[test]
    fn bars_show_even_the_few() {
        let text = statuses(&counts([0, 1, 0, 0, 200_000]), STYLE);
        assert_eq!(
            text,
            format!(
                "  non-compliant           1  #\n  warning                 0\n  compliant         200,000  {}\n",
                "#".repeat(30)
            )
        );
    }

    #[test]
    fn errors_come_first_and_among_them_what_concerns_most() {
        let mut counts = counts([0, 5, 0, 0, 0]);
        for (place, users, worst) in [
            (0, 2, Severity::Error),
            (1, 5, Severity::Error),
            (9, 9, Severity::Warning),
            (12, 2, Severity::Error),
        ] {
            counts.rules[place] =
                RuleCount { findings: users, users, worst: Some(worst), ..RuleCount::default() };
        }
        for width in [80, 120, 160] {
            let text = fired(&counts, Style { colour: false, width });
            let codes: Vec<&str> = text
                .lines()
                .filter_map(|line| line.get(2..8))
                .filter(|code| rules::find(code).is_some())
                .collect();
            assert_eq!(codes, ["SIP002", "SIP001", "SIP013", "SIP010"]);
            assert!(text.lines().all(|line| line.chars().count() <= width), "{text}");
            // One line for each, the heading, the blank line above it and the one that tells where to go on.
            assert!(width <= 120 || text.lines().count() == 7, "{text}");
        }
        let painted = fired(&counts, Style { colour: true, width: 80 });
        assert!(painted.contains("\u{1b}[31merror  \u{1b}[0m"), "{painted}");
    }

    #[test]
    fn features_are_told_where_something_is_missing() {
        let mut counts = counts([0, 5, 0, 0, 0]);
        counts.features[0] = [5, 0, 0, 0, 0];
        assert_eq!(features(&counts, STYLE), "");
        counts.features[1] = [1_000_000, 0, 4, 0, 0];
        let text = features(&counts, STYLE);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }

    #[test]
    fn damage_is_told_with_places_and_remedy() {
        let mut problems = Problems::default();
        (2..9).for_each(|line| problems.add(Problem::ShortRow, line));
        let text = damage(&problems, "  ", STYLE);
        assert!(
            text.starts_with(
                "  incomplete: 7 × a row has fewer cells than the heading (lines 2, 3, 4, 5, 6,"
            ),
            "{text}"
        );
        assert!(text.contains("    remedy: export again"), "{text}");
    }
}
