//! Panics are bugs of this program. One in a rule costs a record and is told with `-v`; any other ends the run.

use std::collections::BTreeSet;
use std::panic::{self, PanicHookInfo};
use std::sync::{Arc, Mutex, PoisonError};

use super::exit::Status;
use super::terminal::{self, escape};

/// Runs the program. Nothing of a panic reaches the terminal as it is.
pub(super) fn guarded(verbose: bool, program: impl FnOnce() -> Status) -> Status {
    let places = Arc::new(Mutex::new(Places::default()));
    let seen = Arc::clone(&places);
    panic::set_hook(Box::new(move |panicked| {
        let mut places = seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = places.note(describe(panicked))
            && verbose
        {
            terminal::note(&format!("log: failed: {line}"));
        }
    }));
    panic::catch_unwind(panic::AssertUnwindSafe(program)).unwrap_or_else(|_| {
        let last = places.lock().unwrap_or_else(PoisonError::into_inner).last.clone();
        terminal::note(&internal_error(&last));
        terminal::note(&Status::CouldNotRun.line());
        Status::CouldNotRun
    })
}

/// Where the program failed so far.
#[derive(Default)]
struct Places {
    seen: BTreeSet<String>,
    last: String,
}

impl Places {
    /// Gives a line that was not seen before: a rule that fails may do so on every user.
    fn note(&mut self, line: String) -> Option<&str> {
        self.last.clone_from(&line);
        self.seen.insert(line).then_some(self.last.as_str())
    }
}

/// One line, without what cannot be read on a terminal.
fn describe(panicked: &PanicHookInfo<'_>) -> String {
    let payload = panicked.payload();
    let what = payload.downcast_ref::<&str>().copied();
    let what =
        what.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no reason given");
    let place = panicked.location().map_or_else(String::new, |place| format!(" at {place}"));
    escape(&format!("{what}{place}"))
}

fn internal_error(last: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "internal error: {last} (dirsync-audit {version})\n  remedy: this is a bug: please report this line and \
         the command; an older report in the folder is as it was"
    )
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// The hook is one for the whole process, so the test runs itself in another.
    #[test]
    fn a_panic_is_told_in_one_line() {
        const CHILD: &str = "DIRSYNC_AUDIT_TEST_PANIC";
        if std::env::var_os(CHILD).is_some() {
            let status = guarded(true, || {
                for _ in 0..3 {
                    assert!(panic::catch_unwind(|| panic!("a rule\u{1b}[2J")).is_err());
                }
                rayon::join(|| (), || panic!("nobody caught this"));
                Status::Done
            });
            assert_eq!(status, Status::CouldNotRun);
            return;
        }
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "cli::panics::tests::a_panic_is_told_in_one_line", "--nocapture"]);
        let output = child.env(CHILD, "1").output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
        assert_eq!(told.matches("log: failed: a rule\\u{1b}[2J at src").count(), 1, "{told}");
        assert_eq!(told.matches("internal error: nobody caught this at src").count(), 1, "{told}");
        assert!(!told.contains("panicked") && told.contains("exit status 2"), "{told}");
    }
}
