//! Exit statuses, and what they mean in words.

use std::process::ExitCode;

use super::terminal::{grouped, several};
use crate::rules::counts::Counts;
use crate::settings::{FailOn, Settings};

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
    pub(super) fn of(found: &Found<'_>, incomplete: bool, settings: &Settings) -> Self {
        if incomplete {
            Self::Incomplete
        } else if failing(found, settings.fail_on) > 0 && !settings.exit_zero {
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

/// What a run found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'f> {
    /// Counts over all users.
    pub(super) counts: &'f Counts,
    /// Findings that the baseline does not have.
    pub(super) new: u64,
}

/// How many findings make the exit status 1.
fn failing(found: &Found<'_>, fail_on: FailOn) -> u64 {
    match fail_on {
        FailOn::At(least) => found.counts.severity.iter().skip(least as usize).sum(),
        FailOn::New => found.new,
        FailOn::Never => 0,
    }
}

/// The line that explains the status of an audit.
pub(super) fn audit_line(status: Status, found: &Found<'_>, settings: &Settings) -> String {
    let number = failing(found, settings.fail_on);
    let which = match settings.fail_on {
        FailOn::At(least) => format!("at or above `{}`", least.word()),
        FailOn::New => "that the baseline does not have".to_owned(),
        FailOn::Never => String::new(),
    };
    let because = match status {
        Status::Done if settings.fail_on == FailOn::Never => "; --fail-on is never".to_owned(),
        Status::Done if number > 0 => format!("; --exit-zero hides {} {which}", several(number, "finding")),
        Status::Done => format!("; no finding {which}"),
        Status::Findings => format!(" {which}: {}", grouped(number)),
        _ => String::new(),
    };
    status.line() + &because
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;
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
        let found = Found { counts: &counts, new: 0 };
        let status = |incomplete, options: &[_]| Status::of(&found, incomplete, &settings(options));
        assert_eq!(status(false, &[]), Status::Done);
        assert_eq!(status(false, &[("fail-on", "warning")]), Status::Findings);
        assert_eq!(status(true, &[("fail-on", "warning")]), Status::Incomplete);
        assert_eq!(status(true, &[("exit-zero", "true")]), Status::Incomplete);
        assert_eq!(status(false, &[("fail-on", "info"), ("exit-zero", "true")]), Status::Done);
        assert_eq!(status(false, &[("fail-on", "never")]), Status::Done);
        assert_eq!(failing(&found, FailOn::At(Severity::Info)), 7);
        let new = [("fail-on", "new"), ("baseline", "report")];
        assert_eq!(status(false, &new), Status::Done);
        assert_eq!(Status::of(&Found { new: 1, ..found }, false, &settings(&new)), Status::Findings);
    }
}
