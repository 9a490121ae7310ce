//! The tables, and how those of earlier versions become those of this one.

use rusqlite::{Connection, TransactionBehavior};

/// What marks the file as a history of this program: `DsAu`.
const APPLICATION: i32 = 0x4473_4175;

/// What leads from each version to the next; never changed once shipped, only appended to.
pub(super) const STEPS: &[&str] = &["
    CREATE TABLE run (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        started TEXT NOT NULL,
        ended TEXT NOT NULL,
        scenario TEXT NOT NULL,
        exit_status INTEGER NOT NULL,
        version TEXT NOT NULL,
        users INTEGER NOT NULL,
        errors INTEGER NOT NULL,
        warnings INTEGER NOT NULL,
        infos INTEGER NOT NULL,
        suppressed INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE source (
        run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        records INTEGER NOT NULL,
        objects INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX source_run ON source (run);
    CREATE TABLE status (
        run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
        status TEXT NOT NULL,
        users INTEGER NOT NULL,
        PRIMARY KEY (run, status)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE rule (
        run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
        code TEXT NOT NULL,
        findings INTEGER NOT NULL,
        users INTEGER NOT NULL,
        suppressed INTEGER NOT NULL,
        PRIMARY KEY (run, code)
    ) STRICT, WITHOUT ROWID;
"];

/// Why a file is no history that can be used.
#[derive(Debug)]
pub(super) enum Failed {
    /// `SQLite` says so.
    Sqlite(rusqlite::Error),
    /// It is somebody else's.
    Foreign,
    /// It has a later version.
    Later(i64),
}

impl From<rusqlite::Error> for Failed {
    fn from(failed: rusqlite::Error) -> Self {
        Self::Sqlite(failed)
    }
}

/// Brings a file to the version that all steps lead to, in one transaction.
pub(super) fn migrate(file: &mut Connection, steps: &[&str]) -> Result<(), Failed> {
    file.execute_batch("PRAGMA foreign_keys = ON")?;
    let number =
        |file: &Connection, pragma| file.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let done = |version: i64| usize::try_from(version).ok().filter(|done| *done <= steps.len());
    if number(file, "application_id")? == i64::from(APPLICATION)
        && done(number(file, "user_version")?) == Some(steps.len())
    {
        return Ok(());
    }
    let at = file.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Asked again: another run may have come first.
    let (owner, version) = (number(&at, "application_id")?, number(&at, "user_version")?);
    let tables: i64 = at.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if owner != i64::from(APPLICATION) && (owner != 0 || version != 0 || tables != 0) {
        return Err(Failed::Foreign);
    }
    let done = done(version).ok_or(Failed::Later(version))?;
    for step in steps.iter().skip(done) {
        at.execute_batch(step)?;
    }
    at.pragma_update(None, "application_id", APPLICATION)?;
    at.pragma_update(None, "user_version", i64::try_from(steps.len()).unwrap_or(i64::MAX))?;
    at.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_an_earlier_version_is_taken_along_and_one_of_a_later_refused() {
        let mut file = Connection::open_in_memory().unwrap();
        migrate(&mut file, STEPS).unwrap();
        file.execute_batch("INSERT INTO run VALUES (7, '', '', 'teams', 0, '', 1, 2, 3, 4, 5)").unwrap();
        let later = [STEPS, &["ALTER TABLE run ADD COLUMN note TEXT NOT NULL DEFAULT 'x'"]].concat();
        migrate(&mut file, &later).unwrap();
        migrate(&mut file, &later).unwrap();
        let kept: (i64, String) =
            file.query_row("SELECT users, note FROM run", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        assert_eq!(kept, (1, "x".to_owned()));
        assert!(matches!(migrate(&mut file, STEPS), Err(Failed::Later(2))));
        // A step that fails leaves the file as it was.
        let broken = [&later[..], &["CREATE TABLE half (x TEXT)", "no SQL"]].concat();
        assert!(migrate(&mut file, &broken).is_err());
        migrate(&mut file, &later).unwrap();
        assert!(file.prepare("SELECT * FROM half").is_err());
    }
}
