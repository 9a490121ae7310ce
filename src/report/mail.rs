//! `summary.txt`: the run in plain text, ready to be mailed by whatever mails. No user is named.

use std::fmt::Write;

use super::Summary;
use crate::model::text::{grouped, several, visible};
use crate::rules;
use crate::rules::suppress::Standing;
use crate::rules::verdict::Status;

/// The name of the file.
pub const FILE: &str = "summary.txt";

/// So many rules are named.
const MOST: usize = 10;

/// The whole file; lines end as mail wants them.
pub(super) fn file(summary: &Summary) -> Vec<u8> {
    let mut text = String::new();
    let counts = &summary.counts;
    // The first line serves as the subject.
    let _ = writeln!(text, "dirsync-audit: {}\n", counts.sentence(summary.scenario).1);
    if summary.incomplete() {
        text.push_str("THE INPUT WAS INCOMPLETE: only what could be read was judged.\n");
    }
    if let Some(compared) = &summary.compared {
        let _ = writeln!(text, "{}", compared.sentence());
        for doubt in &compared.doubts {
            let _ = writeln!(text, "  note: {doubt}");
        }
    }
    if counts.suppressed() > 0 {
        let _ = writeln!(text, "{} suppressed.", several(counts.suppressed(), "finding"));
    }
    for standing in [Standing::Expired, Standing::Unused] {
        let number = summary.suppressions.iter().filter(|one| one.standing == standing).count();
        if number > 0 {
            let _ = writeln!(text, "{} {}.", several(number as u64, "suppression"), standing.word());
        }
    }
    if let Some(problem) = summary.history.as_ref().and_then(|kept| kept.problem.as_ref()) {
        let _ = writeln!(text, "This run is not in the history: {}", visible(problem));
    }
    text.push('\n');
    for status in Status::ALL {
        let _ = writeln!(text, "  {:<14} {:>10}", status.word(), grouped(counts.status[status as usize]));
    }
    let mut fired: Vec<usize> =
        summary.run.iter().filter(|&place| counts.rules[place].findings > 0).collect();
    fired.sort_by_key(|&place| std::cmp::Reverse((counts.rules[place].worst, counts.rules[place].users)));
    if !fired.is_empty() {
        text.push('\n');
    }
    for &place in fired.iter().take(MOST) {
        let (rule, count) = (rules::at(place), &counts.rules[place]);
        let worst = count.worst.map_or("", crate::finding::Severity::word);
        let users = counts.concerned(place);
        let _ = writeln!(text, "  {:<8} {worst:<8} {users:>14}  {}", rule.code, rule.name);
    }
    if fired.len() > MOST {
        let _ = writeln!(text, "  and {}", several((fired.len() - MOST) as u64, "more rule"));
    }
    text.push('\n');
    for source in &summary.sources {
        let _ = writeln!(text, "Read {}: {}", visible(&source.name), several(source.records, "record"));
    }
    let _ = writeln!(text, "From {} to {}\n{}", summary.started, summary.ended, summary.exit_meaning);
    text.replace('\n', "\r\n").into_bytes()
}
