//! Exit statuses, and what they mean in words.

use std::process::ExitCode;

use super::terminal::{grouped, several};
use crate::finding::Severity;
use crate::rules::counts::Counts;
use crate::settings::Settings;

/// How a run ended. The numbers never change their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// Done; nothing to complain about.
    Done = 0,
    /// Done; there are findings at or above `--fail-on`.
    Findings = 1,
    /// Could not run.
    CouldNotRun = 2,
    /// Done, but the input was incomplete.
    Incomplete = 3,
    /// Interrupted with Ctrl-C.
    Interrupted = 130,
    /// Terminated by the system or an administrator.
    Terminated = 143,
}

/// The statuses for `--help` and the manual page.
pub(super) const HELP: &str = "\
Exit status:
  0  done, no finding at or above --fail-on
  1  done, there are findings at or above --fail-on (--exit-zero: 0)
  2  could not run: usage, settings, a source or an output that cannot be opened
  3  done, but the input was incomplete: records unreadable or values lost; wins over 1
  130, 143  interrupted, terminated; an older report is as it was
The last line on standard error says what the status means.";

impl Status {
    /// The status of an audit that was done.
    pub(super) fn of(counts: &Counts, incomplete: bool, settings: &Settings) -> Self {
        if incomplete {
            Self::Incomplete
        } else if at_or_above(counts, settings.fail_on) > 0 && !settings.exit_zero {
            Self::Findings
        } else {
            Self::Done
        }
    }

    /// What it means.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Findings => "done, with findings",
            Self::CouldNotRun => "could not run",
            Self::Incomplete => "done, but the input was incomplete: what is missing could not be judged",
            Self::Interrupted => "interrupted; an older report is as it was",
            Self::Terminated => "terminated; an older report is as it was",
        }
    }

    /// The line that explains it.
    pub(super) fn line(self) -> String {
        format!("exit status {}: {}", self as u8, self.words())
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status as u8)
    }
}

/// How many findings are at or above a severity; `None` is never.
pub(super) fn at_or_above(counts: &Counts, least: Option<Severity>) -> u64 {
    least.map_or(0, |least| counts.severity.iter().skip(least as usize).sum())
}

/// The line that explains the status of an audit.
pub(super) fn audit_line(status: Status, counts: &Counts, settings: &Settings) -> String {
    let found = at_or_above(counts, settings.fail_on);
    let level = settings.fail_on.map_or("never", Severity::word);
    let because = match (status, settings.fail_on) {
        (Status::Done, None) => "; --fail-on is never".to_owned(),
        (Status::Done, Some(_)) if found > 0 => {
            format!("; --exit-zero hides {} at or above `{level}`", several(found, "finding"))
        }
        (Status::Done, Some(_)) => format!("; no finding at or above `{level}`"),
        (Status::Findings, _) => format!(" at or above `{level}`: {}", grouped(found)),
        _ => String::new(),
    };
    status.line() + &because
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{self, Values};

    fn settings(options: &[(&str, &str)]) -> Settings {
        let mut values = Values::default();
        for (name, text) in options {
            let key = settings::Key::find(name).unwrap();
            values.set(key, settings::option(key, std::iter::once((*text).to_owned())));
        }
        // A file that is empty, so that no file of the machine is read.
        let empty = tempfile::NamedTempFile::new().unwrap();
        settings::load(values, Some(empty.path()), None).unwrap().0
    }

    #[test]
    fn incomplete_wins_and_exit_zero_hides_only_findings() {
        let counts = Counts { severity: [5, 2, 0], ..Counts::default() };
        let status = |incomplete, options: &[_]| Status::of(&counts, incomplete, &settings(options));
        assert_eq!(status(false, &[]), Status::Done);
        assert_eq!(status(false, &[("fail-on", "warning")]), Status::Findings);
        assert_eq!(status(true, &[("fail-on", "warning")]), Status::Incomplete);
        assert_eq!(status(true, &[("exit-zero", "true")]), Status::Incomplete);
        assert_eq!(status(false, &[("fail-on", "info"), ("exit-zero", "true")]), Status::Done);
        assert_eq!(status(false, &[("fail-on", "never")]), Status::Done);
        assert_eq!(at_or_above(&counts, Some(Severity::Info)), 7);
    }
}
