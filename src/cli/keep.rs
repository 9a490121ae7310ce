//! What a run keeps in the history. Whatever goes wrong there costs the entry, never the report.

use super::history::not_ready;
use super::join::Run;
use super::terminal::{self, escape};
use crate::error::{Error, Result};
use crate::finding::Severity;
use crate::history::{Entry, History};
use crate::report::summary::{Kept, Point};

/// So many runs are drawn.
const DRAWN: u32 = 60;

/// A run that was added.
pub(super) struct Added {
    history: History,
    number: i64,
}

impl Added {
    /// Takes it out again: its report could not be written.
    pub(super) fn undo(mut self) {
        // The report's own error is what counts now.
        let _ = self.history.remove(self.number);
    }
}

/// Adds the run to the history that the settings name. A failure is told, and in the report too.
pub(super) fn keep(run: &Run<'_>, sources: &[(String, u64, u64)]) -> (Option<Added>, Option<Kept>) {
    let Some(path) = &run.settings.history else { return (None, None) };
    let file = path.display().to_string();
    match add(path, run, sources) {
        Ok((added, points)) => (Some(added), Some(Kept { file, problem: None, points })),
        Err(failed) => {
            let problem = escape(&first_line(&failed));
            terminal::note(&format!(
                "warning: the run is not in the history: {}",
                escape(&failed.to_string()).replace("\\u{a}", "\n")
            ));
            (None, Some(Kept { file, problem: Some(problem), points: Vec::new() }))
        }
    }
}

fn add(path: &std::path::Path, run: &Run<'_>, sources: &[(String, u64, u64)]) -> Result<(Added, Vec<Point>)> {
    let mut history = History::open(path)?;
    let entry = Entry {
        started: &run.started,
        ended: &run.ended,
        scenario: run.scenario,
        exit_status: run.status as u8,
        sources,
        counts: &run.outcome.counts,
    };
    let number = history.add(&entry)?;
    let past = history.last(Some(run.scenario.name()), DRAWN)?;
    let point = |past: &crate::history::Past| Point {
        ended: past.ended.clone(),
        users: past.users,
        not_ready: not_ready(past),
        errors: past.severity[Severity::Error as usize],
    };
    Ok((Added { history, number }, past.iter().map(point).collect()))
}

fn first_line(failed: &Error) -> String {
    failed.to_string().lines().next().unwrap_or_default().to_owned()
}
