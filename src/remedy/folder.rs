//! The folder of a plan: whole, or not there at all.
//!
//! It is made beside its place, readable by its owner only, and takes its place by one renaming. An older plan is never
//! replaced: its `undo.ldif` may be the only way back.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::plan::{self, Plan};
use super::{ldif, why};
use crate::error::{Error, Result};

/// The name of the script that applies a plan.
pub const SCRIPT: &str = "Apply-Plan.ps1";
/// The script; it is the same for every plan.
pub static SCRIPT_TEXT: &str = include_str!("Apply-Plan.ps1");

/// A folder that is being made. Dropped before [`Folder::finish`], it leaves nothing.
#[derive(Debug)]
pub struct Folder {
    place: PathBuf,
    made: TempDir,
}

impl Folder {
    /// Begins the folder.
    ///
    /// # Errors
    /// There is something at its place already, or nothing can be made beside it.
    pub fn begin(place: &Path) -> Result<Self> {
        check_free(place)?;
        let beside = match place.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(beside).map_err(Error::io("create", beside))?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(".dirsync-audit-").suffix(".tmp");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let made = builder.tempdir_in(beside).map_err(Error::io("make a folder in", beside))?;
        Ok(Self { place: place.to_owned(), made })
    }

    /// A new file for the findings that are left to a person.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn for_a_person(&self) -> Result<File> {
        self.file(why::FILE)
    }

    /// Writes the files of the plan and puts the folder at its place; gives the names of its files.
    ///
    /// # Errors
    /// A file cannot be written, or somebody has put something at the place meanwhile.
    pub fn finish(self, plan: &Plan) -> Result<[&'static str; 5]> {
        self.write(plan::FILE, plan.table().octets())?;
        self.write(ldif::FIX, plan.fix().as_bytes())?;
        self.write(ldif::UNDO, plan.undo().as_bytes())?;
        self.write(SCRIPT, SCRIPT_TEXT.as_bytes())?;
        check_free(&self.place)?;
        // Windows renames no folder over another one; one that is not empty stays.
        let _ = fs::remove_dir(&self.place);
        fs::rename(self.made.path(), &self.place).map_err(Error::io("make", &self.place))?;
        // It is no longer where it was made, and there is nothing to clear away.
        let _ = self.made.keep();
        Ok([plan::FILE, ldif::FIX, ldif::UNDO, why::FILE, SCRIPT])
    }

    fn write(&self, name: &'static str, octets: &[u8]) -> Result<()> {
        self.file(name)?.write_all(octets).map_err(Error::io("write", self.place.join(name)))
    }

    /// A file that only its owner reads.
    fn file(&self, name: &str) -> Result<File> {
        let path = self.made.path().join(name);
        let mut options = File::options();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path).map_err(Error::io("create", self.place.join(name)))
    }
}

/// Refuses a place at which something stands.
fn check_free(place: &Path) -> Result<()> {
    let what = match fs::read_dir(place).map(|inside| inside.take(1).count()) {
        Ok(0) => return Ok(()),
        Ok(_) => "this folder is not empty; if an older plan is in it, its undo.ldif may still be needed",
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
            "this is a file, and a plan is a folder"
        }
        Err(error) => return Err(Error::io("read", place)(error)),
    };
    Err(Error::output(place, what, "choose a new folder with --out"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_there_before_the_end_and_everything_after_it() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("a/plan");
        let count = || fs::read_dir(dir.path().join("a")).unwrap().count();
        drop(Folder::begin(&place).unwrap());
        assert_eq!(count(), 0);
        let folder = Folder::begin(&place).unwrap();
        folder.for_a_person().unwrap();
        assert!(!place.exists());
        let files = folder.finish(&Plan::default()).unwrap();
        assert_eq!(count(), 1);
        for name in files {
            assert!(place.join(name).is_file(), "{name}");
        }
        #[cfg(unix)]
        for path in files.map(|name| place.join(name)).iter().chain([&place]) {
            let mode = std::os::unix::fs::MetadataExt::mode(&fs::metadata(path).unwrap());
            assert_eq!(mode & 0o077, 0, "{}", path.display());
        }
    }

    #[test]
    fn an_older_plan_is_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("plan");
        fs::create_dir(&place).unwrap();
        let folder = Folder::begin(&place).unwrap();
        fs::write(place.join("undo.ldif"), "x").unwrap();
        assert!(folder.finish(&Plan::default()).unwrap_err().to_string().contains("not empty"));
        assert!(Folder::begin(&place).unwrap_err().to_string().contains("not empty"));
        assert!(Folder::begin(&place.join("undo.ldif")).unwrap_err().to_string().contains("a file"));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
