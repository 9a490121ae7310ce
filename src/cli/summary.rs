//! What `audit` prints at its end: to be read at a glance.

use std::fmt::Write;
use std::path::Path;

use super::join::{Opened, Run};
use super::rules::paint;
use super::terminal::{Paint, Style, escape, grouped, several};
use crate::audit::SourceOutcome;
use crate::model::problem::{Problem, Problems, Tally, Weight};
use crate::model::{Attr, AttrSet};
use crate::report::Written;
use crate::rules::counts::{Counts, RuleCount};
use crate::rules::verdict::{Plan, Status};
use crate::rules::{self, Rule};

/// What is shown.
pub(super) struct Summary<'s> {
    /// The run.
    pub(super) run: &'s Run<'s>,
    /// The files of the report.
    pub(super) files: &'s [Written],
    /// Entries of `--only` that no user matched.
    pub(super) missed: &'s [String],
    /// How long it took.
    pub(super) seconds: f64,
}

/// How many rules are shown.
const MOST: usize = 8;

/// The summary as text.
pub(super) fn text(summary: &Summary<'_>, style: Style) -> String {
    let run = summary.run;
    let mut text = String::new();
    for (source, outcome) in run.sources.iter().zip(&run.outcome.sources) {
        text.push_str(&read(source, outcome, style));
    }
    text.push_str(&missed(summary.missed, style));
    let _ = writeln!(text, "\n{}\n", verdict(&run.outcome.counts, run.scenario.name(), style));
    text.push_str(&statuses(&run.outcome.counts, style));
    text.push_str(&fired(&run.outcome.counts, run.plan, style));
    text.push_str(&not_evaluated(run, style));
    text.push_str(&written(&run.settings.out, summary.files, summary.seconds));
    text
}

/// What was read of a source, and its damage.
fn read(source: &Opened, outcome: &SourceOutcome, style: Style) -> String {
    let mut about = format!(
        "{} ({}, {}): {}",
        source.name(),
        source.about.flavour,
        source.about.encoding,
        several(outcome.records, "record")
    );
    if outcome.repeats > 0 {
        let _ = write!(about, ", {} of objects read before", grouped(outcome.repeats));
    }
    style.wrap("Read ", "     ", &about) + &damage(&outcome.problems, "  ", style)
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

fn missed(missed: &[String], style: Style) -> String {
    if missed.is_empty() {
        return String::new();
    }
    let number = u64::try_from(missed.len()).unwrap_or(u64::MAX);
    let first: Vec<String> = missed.iter().take(5).map(|name| format!("`{}`", escape(name))).collect();
    let more = if missed.len() > first.len() { ", …" } else { "" };
    let entries = if number == 1 { "1 entry".to_owned() } else { format!("{} entries", grouped(number)) };
    style.wrap("", "  ", &format!("{entries} of --only matched nobody: {}{more}", first.join(", ")))
}

/// The verdict in one sentence.
fn verdict(counts: &Counts, scenario: &str, style: Style) -> String {
    let of = |status: Status| counts.status[status as usize];
    let judged = counts.users - of(Status::Excluded);
    let (bad, partly, warned) = (of(Status::NonCompliant), of(Status::Incomplete), of(Status::Warning));
    let (colour, sentence) = if judged == 0 {
        (Paint::Yellow, "There was no user to judge.".to_owned())
    } else if bad > 0 {
        let are = if bad == 1 { "is" } else { "are" };
        let of_all = format!("{} of {}", grouped(bad), several(judged, "user"));
        (Paint::Red, format!("{of_all} {are} not ready for {scenario} ({}).", share(bad, judged)))
    } else if partly > 0 {
        let damaged = several(partly, "record");
        (
            Paint::Yellow,
            format!("No error was found for {scenario}, but {damaged} could be read only in part."),
        )
    } else if warned > 0 {
        let all = several(judged, "user");
        (Paint::Yellow, format!("{all}: no error for {scenario}, warnings for {}.", grouped(warned)))
    } else {
        (Paint::Green, format!("{}: all ready for {scenario}.", several(judged, "user")))
    };
    style.paint(colour, &sentence)
}

/// A share in percent; never 0 or 100 where that is not quite so.
fn share(part: u64, all: u64) -> String {
    let percent = (part * 100 + all / 2).checked_div(all).unwrap_or(0);
    match percent {
        0 if part > 0 => "under 1 %".to_owned(),
        100 if part < all => "over 99 %".to_owned(),
        percent => format!("{percent} %"),
    }
}

/// The columns of a bar.
const BAR: u64 = 30;

fn statuses(counts: &Counts, style: Style) -> String {
    let mut text = String::new();
    for status in Status::ALL {
        let users = counts.status[status as usize];
        if users == 0 && matches!(status, Status::Excluded | Status::Incomplete) {
            continue;
        }
        let colour = match status {
            Status::NonCompliant => Paint::Red,
            Status::Warning | Status::Incomplete => Paint::Yellow,
            Status::Compliant => Paint::Green,
            Status::Excluded => Paint::Dim,
        };
        // Nobody is so few that the bar hides them.
        let length = (users * BAR).div_ceil(counts.users.max(1));
        let bar = "#".repeat(usize::try_from(length).unwrap_or(0));
        let row = format!("  {:<14} {:>10}  {}", status.word(), grouped(users), style.paint(colour, &bar));
        let _ = writeln!(text, "{}", row.trim_end());
    }
    text
}

/// The rules that fired for most users, worst first among equals.
fn fired(counts: &Counts, plan: &Plan, style: Style) -> String {
    let mut fired: Vec<(usize, &RuleCount)> =
        counts.rules.iter().enumerate().filter(|(_, count)| count.findings > 0).collect();
    if fired.is_empty() {
        return String::new();
    }
    fired.sort_by_key(|(place, count)| (std::cmp::Reverse((count.users, plan.severity[*place])), *place));
    let mut text = format!("\n{}\n", style.paint(Paint::Bold, "What was found most"));
    for &(place, count) in fired.iter().take(MOST) {
        let rule = rules::at(place);
        let severity = plan.severity[place];
        let level = style.paint(paint(Some(severity)), &format!("{:<7}", severity.word()));
        let users = several(count.users, "user");
        let _ = writeln!(text, "  {:<8}{level}  {users:>14}  {}", rule.code, rule.name);
        text.push_str(&style.wrap("          ", "          ", rule.remedy));
    }
    if fired.len() > MOST {
        let _ = writeln!(text, "  and {} more in the report", several((fired.len() - MOST) as u64, "rule"));
    }
    text.push_str("  `dirsync-audit explain CODE` tells why and what else.\n");
    text
}

fn not_evaluated(run: &Run<'_>, style: Style) -> String {
    let open = open_questions(&run.outcome.counts, run.plan, carried(run.sources), style);
    if open.is_empty() {
        return open;
    }
    format!("\n{}\n{open}", style.paint(Paint::Bold, "Could not be evaluated"))
}

/// The attributes that every source carries: what is missing of them was lost with the values of a record.
pub(super) fn carried(sources: &[Opened]) -> AttrSet {
    sources.iter().fold(AttrSet::ALL, |all, source| all.minus(all.minus(source.input.carried())))
}

/// The rules that could not be evaluated, by what they need.
pub(super) fn open_questions(counts: &Counts, plan: &Plan, carried: AttrSet, style: Style) -> String {
    let mut groups: Vec<(String, Vec<&str>, u64)> = Vec::new();
    for (rule, count, why) in lacking(counts, plan, carried) {
        match groups.iter_mut().find(|(known, ..)| *known == why) {
            Some((_, codes, users)) => {
                codes.push(rule.code);
                *users = count.not_evaluated.max(*users);
            }
            None => groups.push((why, vec![rule.code], count.not_evaluated)),
        }
    }
    let line = |(why, codes, users): &(String, Vec<&str>, u64)| {
        style.wrap("  ", "    ", &format!("{} for {}: {why}", codes.join(" "), several(*users, "user")))
    };
    groups.iter().map(line).collect()
}

/// The rules that could not be evaluated for some users, and what they lack.
fn lacking<'c>(
    counts: &'c Counts,
    plan: &Plan,
    carried: AttrSet,
) -> impl Iterator<Item = (&'static Rule, &'c RuleCount, String)> {
    let rules = counts.rules.iter().enumerate().filter(|(_, count)| count.not_evaluated > 0);
    rules.map(move |(place, count)| {
        let rule = rules::at(place);
        (rule, count, why(rule, count.missing.minus(carried), plan))
    })
}

/// What a rule lacks: an option, columns, or only values that were lost.
fn why(rule: &Rule, missing: AttrSet, plan: &Plan) -> String {
    let context = &plan.context;
    let options = [
        ("SIP011", "--sip-domain", context.sip_domains.is_empty()),
        ("PRX012", "--routing-domain", context.routing_domains.is_empty()),
    ];
    let option = options.iter().find(|(code, _, empty)| *empty && *code == rule.code);
    let option = option.map(|(_, option, _)| *option);
    let lacks: Vec<&str> = option.into_iter().chain(missing.iter().map(Attr::ldap)).collect();
    if lacks.is_empty() {
        "values of their records were lost, or proxy addresses stand without their types".to_owned()
    } else {
        format!("needs {}", lacks.join(", "))
    }
}

fn written(folder: &Path, files: &[Written], seconds: f64) -> String {
    let mut text = format!("\nThe report is in {}\n", escape(&folder.display().to_string()));
    for file in files {
        let _ = writeln!(text, "  {:<14} {:>10}", file.name, size(file.bytes));
    }
    let _ = writeln!(text, "Done in {seconds:.1} s");
    text
}

/// A size as a person reads it.
pub(super) fn size(bytes: u64) -> String {
    let mut unit = 1;
    for name in ["B", "kB", "MB"] {
        if bytes < unit * 1000 {
            let tenths = bytes * 10 / unit;
            return if name == "B" {
                format!("{bytes} B")
            } else {
                format!("{}.{} {name}", tenths / 10, tenths % 10)
            };
        }
        unit *= 1000;
    }
    let tenths = bytes / (unit / 10);
    format!("{}.{} GB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{Context, RuleSet, Scenario};

    const STYLE: Style = Style { colour: false, width: 80 };

    fn counts(status: [u64; 5]) -> Counts {
        Counts { users: status.iter().sum(), status, ..Counts::default() }
    }

    #[test]
    fn the_verdict_fits_the_users() {
        let told = |status| verdict(&counts(status), "teams", STYLE);
        assert_eq!(told([1, 0, 0, 0, 0]), "There was no user to judge.");
        assert_eq!(told([1, 412, 0, 1, 791]), "412 of 1,204 users are not ready for teams (34 %).");
        assert_eq!(told([0, 1, 0, 0, 999]), "1 of 1,000 users is not ready for teams (under 1 %).");
        assert_eq!(told([0, 0, 0, 2, 1]), "3 users: no error for teams, warnings for 2.");
        assert_eq!(told([0, 0, 0, 0, 1]), "1 user: all ready for teams.");
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
    fn the_rules_that_fired_most_come_first() {
        let mut all = RuleSet::NONE;
        rules::all().enumerate().for_each(|(place, _)| all.insert(place));
        let plan = Plan::new(Context::of(Scenario::LyncOnPrem), all, &[]);
        let mut counts = counts([0, 5, 0, 0, 0]);
        for (place, users) in [(0, 2), (1, 5), (9, 5)] {
            counts.rules[place] = RuleCount { findings: users, users, ..RuleCount::default() };
        }
        let text = fired(&counts, &plan, STYLE);
        let codes: Vec<&str> =
            text.lines().filter_map(|line| line.get(2..8)).filter(|code| code.starts_with("SIP")).collect();
        assert_eq!(codes, ["SIP002", "SIP010", "SIP001"]);
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

    #[test]
    fn sizes() {
        assert_eq!(
            [999, 1500, 12_345_678, 7_900_000_000].map(size),
            ["999 B", "1.5 kB", "12.3 MB", "7.9 GB"]
        );
    }
}
