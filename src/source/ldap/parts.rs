//! The folder in which a fetch keeps its parts, taken by one fetch at a time.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// The file that a fetch holds locked.
const LOCK: &str = ".lock";

/// The folder of a fetch; when this is dropped, it goes unless parts are left in it.
#[derive(Debug)]
pub struct Parts {
    folder: PathBuf,
    lock: Option<File>,
}

impl Parts {
    /// Takes the folder; what an earlier fetch has left there stays only if somebody wants to go on with it.
    ///
    /// # Errors
    /// It cannot be written, or another fetch is at work in it.
    pub fn take(folder: &Path, resume: bool) -> Result<Self> {
        fs::create_dir_all(folder).map_err(Error::io("write", folder))?;
        let place = folder.join(LOCK);
        let lock = File::options().create(true).append(true).open(&place);
        let lock = lock.map_err(Error::io("write", &place))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let remedy = "wait until it has ended, or choose another file with --out";
                return Err(Error::output(folder, "another fetch is at work here", remedy));
            }
            Err(TryLockError::Error(why)) => return Err(Error::io("lock", &place)(why)),
        }
        if !resume {
            clear(folder)?;
        }
        Ok(Self { folder: folder.to_owned(), lock: Some(lock) })
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        let empty = fs::read_dir(&self.folder).is_ok_and(|entries| entries.count() == 1);
        // Windows removes nothing that is open.
        drop(self.lock.take());
        if empty {
            let _ = fs::remove_file(self.folder.join(LOCK));
            let _ = fs::remove_dir(&self.folder);
        }
    }
}

/// Removes the parts.
pub(super) fn clear(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder).map_err(Error::io("read", folder))? {
        let entry = entry.map_err(Error::io("read", folder))?;
        if entry.file_name() != LOCK {
            fs::remove_file(entry.path()).map_err(Error::io("remove", entry.path()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_fetch_at_a_time_and_nothing_is_left_of_a_whole_one() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("people.parts");
        let first = Parts::take(&folder, false).unwrap();
        fs::write(folder.join("00000.part"), "x").unwrap();
        let told = Parts::take(&folder, false).unwrap_err().to_string();
        assert!(told.contains("another fetch is at work") && told.contains("remedy"), "{told}");
        drop(first);
        let again = Parts::take(&folder, true).unwrap();
        assert!(folder.join("00000.part").exists());
        drop(again);
        drop(Parts::take(&folder, false).unwrap());
        assert!(!folder.exists());
    }
}
