//! `junit.xml`: one case per rule that was run, as build servers show them.
//!
//! A rule fails when it has errors. Warnings and infos stand in the output of a case that passes; a rule that could
//! be evaluated for nobody is skipped. Source: the schema of Jenkins' xUnit plug-in.

use std::fmt::Write;

use super::Summary;
use super::escape::xml;
use crate::finding::Severity;
use crate::model::problem::Weight;
use crate::model::text::{grouped, several};
use crate::rules::counts::RuleCount;
use crate::rules::verdict::Status;
use crate::rules::{self, Rule};

/// The name of the file.
pub const FILE: &str = "junit.xml";

/// The whole file.
pub(super) fn file(summary: &Summary) -> Vec<u8> {
    let cases: Vec<Case> = summary.run.iter().map(|place| Case::of(place, summary)).collect();
    let failures = cases.iter().filter(|case| matches!(case.ends, Ends::Failure(_))).count();
    let skipped = cases.iter().filter(|case| matches!(case.ends, Ends::Skipped)).count();
    let totals = format!("tests=\"{}\" failures=\"{failures}\" errors=\"0\"", cases.len());
    let seconds = summary.seconds;
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(text, "<testsuites name=\"dirsync-audit\" {totals} time=\"{seconds:.3}\">");
    let _ = writeln!(
        text,
        "  <testsuite name=\"dirsync-audit {}\" {totals} skipped=\"{skipped}\" time=\"{seconds:.3}\" timestamp=\"{}\">",
        summary.scenario.name(),
        summary.started.trim_end_matches('Z'),
    );
    for case in &cases {
        case.write(&mut text);
    }
    damage(&mut text, summary);
    text.push_str("  </testsuite>\n</testsuites>\n");
    text.into_bytes()
}

/// What is missing of the input: no case passes for certain.
fn damage(text: &mut String, summary: &Summary) {
    if !summary.incomplete() {
        return;
    }
    let mut told = String::from("The input was incomplete: what is missing could not be judged.\n");
    for source in &summary.sources {
        for (problem, tally) in source.problems.iter().filter(|(kind, _)| kind.weight() != Weight::Notice) {
            let (count, what, remedy) = (grouped(tally.count), problem.what(), problem.remedy());
            let _ = writeln!(told, "{}: {count} × {what}; remedy: {remedy}", source.name);
        }
    }
    let _ = writeln!(text, "    <system-err>{}</system-err>", xml(&told));
}

/// A rule as a test.
struct Case {
    rule: &'static Rule,
    ends: Ends,
    count: RuleCount,
}

/// How a case ends.
enum Ends {
    Passed,
    /// With the message.
    Failure(String),
    /// The rule could not be evaluated for anybody, or not for all that it is about.
    Skipped,
}

impl Case {
    fn of(place: usize, summary: &Summary) -> Self {
        let count = summary.counts.rules[place];
        let judged = summary.counts.users - summary.counts.status[Status::Excluded as usize];
        let [errors, users] =
            [count.by_severity, count.users_by_worst].map(|by| by[Severity::Error as usize]);
        let ends = if errors > 0 {
            Ends::Failure(format!(
                "{} for {}",
                several(errors, "error"),
                several(users, rules::at(place).concerns())
            ))
        } else if (judged > 0 && count.not_evaluated == judged)
            || (count.findings == 0 && summary.organisation.open.has(place))
        {
            Ends::Skipped
        } else {
            Ends::Passed
        };
        Self { rule: rules::at(place), ends, count }
    }

    fn write(&self, text: &mut String) {
        let rule = self.rule;
        let family = rule.code.trim_end_matches(|c: char| c.is_ascii_digit());
        let name = format!("{} {}", rule.code, rule.name);
        let _ = write!(
            text,
            "    <testcase classname=\"dirsync-audit.{family}\" name=\"{}\" time=\"0\"",
            xml(&name)
        );
        match &self.ends {
            Ends::Failure(message) => {
                let _ = writeln!(
                    text,
                    ">\n      <failure type=\"error\" message=\"{}: {}\">{}</failure>\n    </testcase>",
                    xml(rule.summary),
                    xml(message),
                    xml(&self.told()),
                );
            }
            Ends::Skipped => {
                let why = match self.count.not_evaluated {
                    0 => "not evaluated: what it needs could not be asked".to_owned(),
                    users => format!("not evaluated for {}", several(users, "user")),
                };
                let _ = writeln!(text, ">\n      <skipped message=\"{why}\"/>\n    </testcase>");
            }
            Ends::Passed if self.count.findings > 0 => {
                let told = xml(&self.told()).into_owned();
                let _ = writeln!(text, ">\n      <system-out>{told}</system-out>\n    </testcase>");
            }
            Ends::Passed => text.push_str("/>\n"),
        }
    }

    fn told(&self) -> String {
        let severities = [Severity::Error, Severity::Warning, Severity::Info];
        let counts: Vec<String> = severities
            .into_iter()
            .map(|severity| (severity, self.count.by_severity[severity as usize]))
            .filter(|(_, count)| *count > 0)
            .map(|(severity, count)| several(count, severity.word()))
            .collect();
        let rule = self.rule;
        format!(
            "{} for {}\nWhy: {}\nWhat to do: {}\nReference: {}\n",
            counts.join(", "),
            several(self.count.users, rule.concerns()),
            rule.why,
            rule.remedy,
            rule.reference
        )
    }
}
