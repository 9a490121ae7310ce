//! `metrics.prom`: counts of the last run for the textfile collector of Prometheus' `node_exporter`. No user is named.
//!
//! Source: Prometheus, "Exposition formats"; node-exporter-textfile-collector-scripts (no time stamps on samples,
//! the file put in its place by renaming).

use std::fmt::Write;

use super::Summary;
use crate::finding::Severity;
use crate::model::problem::Problems;
use crate::rules;
use crate::rules::verdict::Status;

/// The name of the file.
pub const FILE: &str = "metrics.prom";

/// The whole file.
pub(super) fn file(summary: &Summary) -> Vec<u8> {
    let mut metrics = Metrics { text: String::new(), scenario: summary.scenario.name() };
    let ended = summary.ended.parse::<jiff::Timestamp>().map_or(0, jiff::Timestamp::as_second);
    metrics.one(
        "last_run_timestamp_seconds",
        "When the last run ended, in seconds since 1970.",
        &ended.to_string(),
    );
    metrics.one(
        "last_run_duration_seconds",
        "How long the last run took.",
        &format!("{:.3}", summary.seconds),
    );
    metrics.one(
        "last_run_exit_status",
        "How it ended: 0, 1 with findings, 3 incomplete.",
        &summary.exit_status.to_string(),
    );
    metrics.one(
        "input_incomplete",
        "1 when records or values of the input were lost.",
        &u8::from(summary.incomplete()).to_string(),
    );
    metrics.one("input_records", "Records that were read.", &total(summary, |source| source.records));
    metrics.one(
        "input_problems",
        "Places at which the input is damaged.",
        &total(summary, |source| damage(&source.problems)),
    );

    metrics.head("users", "Users by status.");
    for status in Status::ALL {
        let count = summary.counts.status[status as usize];
        metrics.sample("users", &[("status", status.word())], count);
    }
    metrics.head("findings", "Findings by rule and severity.");
    for place in summary.run.iter() {
        let (rule, count) = (rules::at(place), &summary.counts.rules[place]);
        for severity in [Severity::Error, Severity::Warning, Severity::Info] {
            let found = count.by_severity[severity as usize];
            // A series must not vanish when the last finding does.
            if found > 0 || Some(severity) == summary.severity(place) {
                let labels = [("rule", rule.code), ("name", rule.name), ("severity", severity.word())];
                metrics.sample("findings", &labels, found);
            }
        }
    }
    metrics.head("not_evaluated_users", "Users for whom a rule could not be evaluated.");
    for place in summary.run.iter() {
        let count = summary.counts.rules[place].not_evaluated;
        metrics.sample("not_evaluated_users", &[("rule", rules::at(place).code)], count);
    }
    metrics.text.into_bytes()
}

fn total(summary: &Summary, of: impl Fn(&super::summary::Source) -> u64) -> String {
    summary.sources.iter().map(of).sum::<u64>().to_string()
}

fn damage(problems: &Problems) -> u64 {
    problems.iter().map(|(_, tally)| tally.count).sum()
}

struct Metrics {
    text: String,
    scenario: &'static str,
}

impl Metrics {
    /// A metric with one sample.
    fn one(&mut self, name: &str, help: &str, value: &str) {
        self.head(name, help);
        let _ = writeln!(self.text, "dirsync_audit_{name}{{scenario=\"{}\"}} {value}", self.scenario);
    }

    fn head(&mut self, name: &str, help: &str) {
        let _ = writeln!(self.text, "# HELP dirsync_audit_{name} {help}\n# TYPE dirsync_audit_{name} gauge");
    }

    /// A sample; labels are words of the catalogue and need no escape.
    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: u64) {
        let _ = write!(self.text, "dirsync_audit_{name}{{scenario=\"{}\"", self.scenario);
        for (label, word) in labels {
            let _ = write!(self.text, ",{label}=\"{word}\"");
        }
        let _ = writeln!(self.text, "}} {value}");
    }
}
