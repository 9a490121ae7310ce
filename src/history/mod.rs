//! The history: what each run counted, in one file that grows by a few kilobytes a night.
//!
//! `SQLite` keeps it whole whenever a run is killed. Whatever is wrong with the file costs the entry, never the report:
//! callers tell the error and go on.

mod schema;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, params};

use crate::error::{Error, Result};
use crate::rules;
use crate::rules::counts::Counts;
use crate::rules::verdict::Status;

/// How long another program that has the file locked is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is kept of a run.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'e> {
    /// When it started, RFC 3339.
    pub started: &'e str,
    /// When it ended, RFC 3339.
    pub ended: &'e str,
    /// The scenario.
    pub scenario: rules::Scenario,
    /// The exit status.
    pub exit_status: u8,
    /// The sources: name, records, objects.
    pub sources: &'e [(String, u64, u64)],
    /// What was counted.
    pub counts: &'e Counts,
}

/// A run that was kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Past {
    /// When it ended, RFC 3339. Runs are in the order in which they were added, whatever the clock said.
    pub ended: String,
    /// The scenario.
    pub scenario: String,
    /// The exit status.
    pub exit_status: u8,
    /// Users with a row.
    pub users: u64,
    /// Users by status, in the order of [`Status::ALL`].
    pub status: [u64; 5],
    /// Findings by severity: infos, warnings, errors.
    pub severity: [u64; 3],
    /// Findings that were suppressed.
    pub suppressed: u64,
}

/// An open history.
#[derive(Debug)]
pub struct History {
    file: Connection,
    path: PathBuf,
}

impl History {
    /// Opens a history, and begins it if there is none.
    ///
    /// # Errors
    /// The file cannot be written, is locked, is damaged, is no history or one of a later version.
    pub fn open(path: &Path) -> Result<Self> {
        create(path)?;
        Self::with(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    /// Opens a history that must be there.
    ///
    /// # Errors
    /// As [`History::open`], or there is none.
    pub fn existing(path: &Path) -> Result<Self> {
        std::fs::metadata(path).map_err(Error::io("open the history", path))?;
        Self::with(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    fn with(path: &Path, flags: OpenFlags) -> Result<Self> {
        let failed = |failed| broken(path, &failed);
        let file = Connection::open_with_flags(path, flags).map_err(failed)?;
        file.busy_timeout(PATIENCE).map_err(failed)?;
        let mut history = Self { file, path: path.to_owned() };
        schema::migrate(&mut history.file, schema::STEPS).map_err(|failed| match failed {
            schema::Failed::Sqlite(failed) => broken(path, &failed),
            schema::Failed::Foreign => {
                refused(path, "this is a database of another program", "name another file")
            }
            schema::Failed::Later(version) => {
                let what =
                    format!("this history has version {version}, this program knows {}", schema::STEPS.len());
                refused(path, &what, "use the version of the program that wrote it last")
            }
        })?;
        Ok(history)
    }

    /// Adds a run; gives its number.
    ///
    /// # Errors
    /// The file cannot be written; then it is as it was.
    pub fn add(&mut self, entry: &Entry<'_>) -> Result<i64> {
        let path = self.path.clone();
        self.try_add(entry).map_err(|failed| broken(&path, &failed))
    }

    fn try_add(&mut self, entry: &Entry<'_>) -> rusqlite::Result<i64> {
        let counts = entry.counts;
        let at = self.file.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let [infos, warnings, errors] = counts.severity.map(number);
        at.execute(
            "INSERT INTO run (started, ended, scenario, exit_status, version, users, errors, warnings, infos, suppressed)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                entry.started, entry.ended, entry.scenario.name(), entry.exit_status, env!("CARGO_PKG_VERSION"),
                number(counts.users), errors, warnings, infos, number(counts.suppressed())
            ],
        )?;
        let run = at.last_insert_rowid();
        for (name, records, objects) in entry.sources {
            let row = params![run, name, number(*records), number(*objects)];
            at.execute("INSERT INTO source (run, name, records, objects) VALUES (?1, ?2, ?3, ?4)", row)?;
        }
        for (status, users) in Status::ALL.iter().zip(counts.status) {
            let row = params![run, status.word(), number(users)];
            at.execute("INSERT INTO status (run, status, users) VALUES (?1, ?2, ?3)", row)?;
        }
        for (rule, count) in
            rules::all().zip(&counts.rules).filter(|(_, count)| count.findings + count.suppressed > 0)
        {
            let row = params![
                run,
                rule.code,
                number(count.findings),
                number(count.users),
                number(count.suppressed)
            ];
            at.execute(
                "INSERT INTO rule (run, code, findings, users, suppressed) VALUES (?1, ?2, ?3, ?4, ?5)",
                row,
            )?;
        }
        at.commit()?;
        Ok(run)
    }

    /// Takes a run out again.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn remove(&mut self, run: i64) -> Result<()> {
        let removed = self.file.execute("DELETE FROM run WHERE id = ?1", [run]);
        removed.map(drop).map_err(|failed| broken(&self.path, &failed))
    }

    /// The last runs, of one scenario or of all; the oldest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn last(&self, scenario: Option<&str>, most: u32) -> Result<Vec<Past>> {
        self.try_last(scenario, most).map_err(|failed| broken(&self.path, &failed))
    }

    fn try_last(&self, scenario: Option<&str>, most: u32) -> rusqlite::Result<Vec<Past>> {
        let mut asked = self.file.prepare(
            "SELECT id, ended, scenario, exit_status, users, infos, warnings, errors, suppressed FROM run
             WHERE ?1 IS NULL OR scenario = ?1 ORDER BY id DESC LIMIT ?2",
        )?;
        let mut by_status = self.file.prepare("SELECT users FROM status WHERE run = ?1 AND status = ?2")?;
        let mut rows = asked.query(params![scenario, most])?;
        let mut past = Vec::new();
        while let Some(row) = rows.next()? {
            let count = |column: usize| row.get::<_, i64>(column).map(i64::unsigned_abs);
            let run: i64 = row.get(0)?;
            let mut status = [0; 5];
            for (kept, word) in status.iter_mut().zip(Status::ALL.map(Status::word)) {
                let mut found = by_status.query(params![run, word])?;
                *kept =
                    found.next()?.map(|row| row.get::<_, i64>(0)).transpose()?.unwrap_or(0).unsigned_abs();
            }
            past.push(Past {
                ended: row.get(1)?,
                scenario: row.get(2)?,
                exit_status: row.get(3)?,
                users: count(4)?,
                status,
                severity: [count(5)?, count(6)?, count(7)?],
                suppressed: count(8)?,
            });
        }
        past.reverse();
        Ok(past)
    }

    /// Keeps the last runs only; gives how many were taken out.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn prune(&mut self, keep: u32) -> Result<usize> {
        let gone = "DELETE FROM run WHERE id NOT IN (SELECT id FROM run ORDER BY id DESC LIMIT ?1)";
        let removed =
            self.file.execute(gone, [keep]).and_then(|gone| self.file.execute_batch("VACUUM").map(|()| gone));
        removed.map_err(|failed| broken(&self.path, &failed))
    }
}

/// `SQLite`'s numbers are signed.
fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Makes the file, readable by its owner only, unless it is there.
fn create(path: &Path) -> Result<()> {
    let mut options = std::fs::File::options();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(Error::io("open the history", path))
}

fn refused(path: &Path, what: &str, remedy: &str) -> Error {
    Error::source(path.display().to_string(), what, remedy)
}

fn broken(path: &Path, failed: &rusqlite::Error) -> Error {
    let remedy = match failed.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => "wait until the other program has ended",
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            "move the file away, and a new history is begun; `sqlite3 FILE .recover` may save the old one"
        }
        Some(ErrorCode::DiskFull) => "make room on the disk",
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen) => {
            "let this account write there, or choose another place"
        }
        _ => "choose another file with --history",
    };
    refused(path, &format!("the history cannot be used: {failed}"), remedy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Scenario;

    fn add(history: &mut History, scenario: Scenario, users: u64) -> Result<i64> {
        let counts = Counts { users, status: [0, users, 0, 0, 0], severity: [1, 2, 3], ..Counts::default() };
        let sources = [("ad.csv".to_owned(), users, users)];
        history.add(&Entry {
            started: "2026-11-23T07:00:00Z",
            ended: "2026-11-23T07:00:01Z",
            scenario,
            exit_status: 1,
            sources: &sources,
            counts: &counts,
        })
    }

    #[test]
    fn runs_come_back_in_order_and_old_ones_can_be_taken_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        let mut history = History::open(&path).unwrap();
        for users in 1..=5 {
            add(&mut history, if users == 3 { Scenario::Teams } else { Scenario::LyncHybrid }, users)
                .unwrap();
        }
        drop(history);
        let mut history = History::existing(&path).unwrap();
        let users = |past: Vec<Past>| past.iter().map(|past| past.users).collect::<Vec<_>>();
        assert_eq!(users(history.last(None, 9).unwrap()), [1, 2, 3, 4, 5]);
        assert_eq!(users(history.last(Some("lync-hybrid"), 3).unwrap()), [2, 4, 5]);
        let one = &history.last(Some("teams"), 1).unwrap()[0];
        assert_eq!((one.status, one.severity, one.exit_status), ([0, 3, 0, 0, 0], [1, 2, 3], 1));
        assert_eq!(history.prune(2).unwrap(), 3);
        assert_eq!(users(history.last(None, 9).unwrap()), [4, 5]);
        let left: i64 = history.file.query_row("SELECT count(*) FROM status", [], |row| row.get(0)).unwrap();
        assert_eq!(left, 10);
    }

    #[test]
    fn a_locked_a_damaged_and_a_foreign_file_are_told_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        let mut history = History::open(&path).unwrap();
        let other = Connection::open(&path).unwrap();
        other.execute_batch("BEGIN EXCLUSIVE").unwrap();
        let told = add(&mut history, Scenario::Teams, 1).unwrap_err().to_string();
        assert!(told.contains("locked") && told.contains("wait until"), "{told}");
        other.execute_batch("ROLLBACK").unwrap();
        add(&mut history, Scenario::Teams, 1).unwrap();
        drop(history);

        std::fs::write(&path, "no database at all, but long enough to have a header".repeat(9)).unwrap();
        let told = History::open(&path).unwrap_err().to_string();
        assert!(told.contains("not a database") && told.contains("move the file away"), "{told}");

        std::fs::remove_file(&path).unwrap();
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE songs (title TEXT)").unwrap();
        let told = History::open(&path).unwrap_err().to_string();
        assert!(told.contains("of another program"), "{told}");
        assert!(History::existing(&folder.path().join("none")).is_err());
    }

    #[test]
    fn a_full_disk_costs_the_entry_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        let mut history = History::open(&path).unwrap();
        add(&mut history, Scenario::Teams, 1).unwrap();
        history.file.pragma_update(None, "max_page_count", 1).unwrap();
        let full = (0..1000).find_map(|_| add(&mut history, Scenario::Teams, 2).err()).unwrap().to_string();
        assert!(full.contains("full") && full.contains("make room"), "{full}");
        drop(history);
        let kept = History::existing(&path).unwrap().last(None, 10_000).unwrap();
        assert!(kept[0].users == 1 && kept.iter().all(|past| past.status[1] == past.users));
    }
}
