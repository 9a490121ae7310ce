//! `history`: the runs that were kept, and their trend.

use std::fmt::Write;

use super::args::HistoryArgs;
use super::environment::Environment;
use super::terminal::{self, Paint, Style, escape, grouped, several};
use crate::error::Result;
use crate::finding::Severity;
use crate::history::{History, Past};
use crate::rules::verdict::Status;

/// Prints the last runs, or takes old ones out.
pub(super) fn run(args: &HistoryArgs, environment: &Environment) -> Result<()> {
    let mut history = History::existing(&args.file)?;
    if let Some(keep) = args.prune {
        let gone = history.prune(keep)?;
        return terminal::print(&format!("{} taken out\n", several(gone as u64, "run")));
    }
    let past = history.last(args.scenario.as_deref(), args.limit)?;
    let style = Style { colour: environment.colour, width: environment.width };
    terminal::print(&text(&past, style))
}

fn text(past: &[Past], style: Style) -> String {
    if past.is_empty() {
        return "no run is kept here\n".to_owned();
    }
    let head = format!(
        "{:<20} {:<11} {:>6} {:>9} {:>9} {:>9} {:>9} {:>10}",
        "ended", "scenario", "status", "users", "not ready", "errors", "warnings", "suppressed"
    );
    let mut text = style.paint(Paint::Bold, &head) + "\n";
    for one in past {
        let [_, warnings, errors] = one.severity.map(grouped);
        let _ = writeln!(
            text,
            "{:<20} {:<11} {:>6} {:>9} {:>9} {errors:>9} {warnings:>9} {:>10}",
            escape(&one.ended),
            escape(&one.scenario),
            one.exit_status,
            grouped(one.users),
            grouped(not_ready(one)),
            grouped(one.suppressed)
        );
    }
    let mut scenarios: Vec<&str> = past.iter().map(|one| one.scenario.as_str()).collect();
    scenarios.sort_unstable();
    scenarios.dedup();
    for scenario in scenarios {
        let of = past.iter().filter(|one| one.scenario == scenario);
        let errors: Vec<u64> = of.map(|one| one.severity[Severity::Error as usize]).collect();
        let (first, last) = (errors.first().copied().unwrap_or(0), errors.last().copied().unwrap_or(0));
        let line = sparkline(&errors);
        let _ =
            writeln!(text, "\nerrors, {}: {line} {} → {}", escape(scenario), grouped(first), grouped(last));
    }
    text
}

/// Users with an error.
pub(super) fn not_ready(past: &Past) -> u64 {
    past.status[Status::NonCompliant as usize]
}

/// One bar for each number, as high as it is large; nothing is the lowest bar.
fn sparkline(numbers: &[u64]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = numbers.iter().copied().max().unwrap_or(0).max(1);
    let bar = |&number: &u64| {
        BARS[usize::try_from((u128::from(number) * 7).div_ceil(u128::from(most))).unwrap_or(7)]
    };
    numbers.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_high_as_numbers_are_large() {
        assert_eq!(sparkline(&[0, 1, 50, 100]), "▁▂▅█");
        assert_eq!(sparkline(&[0, 0]), "▁▁");
        assert_eq!(sparkline(&[u64::MAX, 1]), "█▂");
    }

    #[test]
    fn every_scenario_has_its_trend() {
        let past = |scenario: &str, errors| Past {
            ended: "2026-11-23T07:00:01Z".into(),
            scenario: scenario.into(),
            severity: [0, 0, errors],
            ..Past::default()
        };
        let text = text(
            &[past("teams", 7), past("lync-hybrid", 1), past("teams", 3)],
            Style { colour: false, width: 80 },
        );
        assert!(text.contains("errors, teams: █▄ 7 → 3"), "{text}");
        assert!(text.contains("errors, lync-hybrid: █ 1 → 1"), "{text}");
    }
}
