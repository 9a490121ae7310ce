//! The folder of a report as a place: made, taken by one run at a time, swept.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;

use super::output::{UNFINISHED, unwritable};
use crate::error::{Error, Result};

/// The file that a run holds locked while it is at work.
pub(super) const LOCK: &str = ".lock";

/// Makes the folder.
pub(super) fn create(dir: &Path) -> Result<()> {
    if dir.exists() && !dir.is_dir() {
        let remedy = "name a folder with --out; it is created if need be";
        return Err(Error::output(dir, "this is a file, and the report is a folder", remedy));
    }
    fs::create_dir_all(dir).map_err(Error::io("create", dir))
}

/// Takes a folder in which a report was written before, while a run reads what the next one is about; nothing where
/// there was none.
///
/// # Errors
/// Another run is at work in it.
pub fn hold(dir: &Path) -> Result<Option<File>> {
    if dir.join(LOCK).exists() { lock(dir).map(Some) } else { Ok(None) }
}

/// Takes the folder for this run.
pub(super) fn lock(dir: &Path) -> Result<File> {
    let place = dir.join(LOCK);
    let file = File::options().create(true).append(true).open(&place).map_err(unwritable(dir))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::output(
            dir,
            "another run is writing its report here",
            "wait until it has ended, or choose another folder with --out",
        )),
        Err(TryLockError::Error(source)) => Err(Error::output(
            dir,
            format!("the folder cannot be locked: {source}"),
            "choose a folder on a disk that knows locks with --out, such as a local one",
        )),
    }
}

/// Removes what a run that was killed has left; only the run that holds the lock does.
pub(super) fn sweep(dir: &Path) -> Result<()> {
    let (prefix, suffix) = UNFINISHED;
    for entry in fs::read_dir(dir).map_err(Error::io("read", dir))?.flatten() {
        let name = entry.file_name();
        let left_over = name.to_str().is_some_and(|name| name.starts_with(prefix) && name.ends_with(suffix));
        if left_over {
            // Somebody may have removed it meanwhile; it does no harm if it stays.
            let _ = fs::remove_file(entry.path());
        }
    }
    Ok(())
}

pub(super) fn remove(dir: &Path, name: &str) -> Result<()> {
    let place = dir.join(name);
    match fs::remove_file(&place) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(Error::io("remove", place)(source)),
        _ => Ok(()),
    }
}
