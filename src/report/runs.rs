//! Reports side by side: a folder for each run, named after its time, and `latest`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::{Format, output, place, summary};
use crate::error::{Error, Result};

/// The link to the last whole report; where links need rights, `latest.txt` says its name.
pub const LATEST: &str = "latest";
const LATEST_NAME: &str = "latest.txt";

/// The folder that holds the folders of runs, taken by one of them.
#[derive(Debug)]
pub struct Runs {
    dir: PathBuf,
    name: String,
    /// Locked while the run is at work.
    _lock: File,
}

impl Runs {
    /// Takes the folder for a run that began at `time`, RFC 3339 to the second, and finds a name that is free.
    ///
    /// # Errors
    /// The folder cannot be written, or another run is at work in it.
    pub fn begin(dir: &Path, time: &str) -> Result<Self> {
        place::create(dir)?;
        let lock = place::lock(dir)?;
        // No colon: Windows does not allow it in names.
        let stamp = time.replace(':', "");
        let name = (1..100_000)
            .map(|nth| if nth == 1 { stamp.clone() } else { format!("{stamp}-{nth}") })
            .find(|name| !dir.join(name).exists())
            .unwrap_or(stamp);
        Ok(Self { dir: dir.to_owned(), name, _lock: lock })
    }

    /// The folder of the run's report.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.dir.join(&self.name)
    }

    /// When the report is whole: `latest` is this one, and of all reports the last `keep` stay. What a killed run has
    /// left is taken away too. Folders that hold something else stay.
    ///
    /// # Errors
    /// `latest` cannot be written.
    pub fn finish(&self, keep: usize) -> Result<()> {
        self.point()?;
        let mut whole = Vec::new();
        for name in self.names()? {
            let folder = self.dir.join(&name);
            if folder.join(summary::FILE).exists() {
                whole.push(name);
            } else {
                take_away(&folder);
            }
        }
        // Whatever the clock says, this run is the last one.
        whole.retain(|name| *name != self.name);
        whole.sort_unstable();
        let gone = (whole.len() + 1).saturating_sub(keep.max(1));
        whole.iter().take(gone).for_each(|name| take_away(&self.dir.join(name)));
        Ok(())
    }

    /// The folders of runs.
    fn names(&self) -> Result<Vec<String>> {
        let entries = fs::read_dir(&self.dir).map_err(Error::io("read", &self.dir))?.flatten();
        let own = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        Ok(own
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| is_stamp(name))
            .collect())
    }

    fn point(&self) -> Result<()> {
        use std::io::Write;
        let mut file = output::unfinished(&self.dir)?;
        let place = self.dir.join(LATEST_NAME);
        writeln!(file, "{}", self.name).map_err(Error::io("write", &place))?;
        file.persist(&place).map_err(|failed| Error::io("write", &place)(failed.error))?;
        #[cfg(unix)]
        self.link().map_err(Error::io("write", self.dir.join(LATEST)))?;
        Ok(())
    }

    /// A link is made beside its place and put over the old one, so that there is one at every moment.
    #[cfg(unix)]
    fn link(&self) -> std::io::Result<()> {
        let (prefix, suffix) = output::UNFINISHED;
        let beside = self.dir.join(format!("{prefix}{}{suffix}", self.name));
        let _ = fs::remove_file(&beside);
        std::os::unix::fs::symlink(&self.name, &beside)?;
        fs::rename(&beside, self.dir.join(LATEST))
    }
}

/// The report that a path means: `latest` where there are no links.
#[must_use]
pub fn resolve(path: &Path) -> PathBuf {
    let told = || {
        let dir = path.parent().filter(|_| path.ends_with(LATEST) && !path.exists())?;
        let name = fs::read_to_string(dir.join(LATEST_NAME)).ok()?;
        is_stamp(name.trim()).then(|| dir.join(name.trim()))
    };
    told().unwrap_or_else(|| path.to_owned())
}

/// `2026-11-25T204255Z`, and a number if that was taken.
fn is_stamp(name: &str) -> bool {
    let (stamp, nth) = name.split_at_checked(18).unwrap_or((name, "x"));
    let shape = stamp.bytes().map(|byte| if byte.is_ascii_digit() { b'0' } else { byte });
    let number = nth.strip_prefix('-').is_some_and(|nth| nth.bytes().all(|byte| byte.is_ascii_digit()));
    shape.eq(*b"0000-00-00T000000Z") && (nth.is_empty() || number)
}

/// Removes a report; the summary goes first, so that what is left if that fails is no report. Other files stay.
fn take_away(folder: &Path) {
    let known = Format::ALL.into_iter().flat_map(Format::files).copied();
    for name in std::iter::once(summary::FILE).chain(known).chain([place::LOCK]) {
        let _ = fs::remove_file(folder.join(name));
    }
    let _ = place::sweep(folder);
    let _ = fs::remove_dir(folder);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(dir: &Path, time: &str, keep: usize) -> String {
        let runs = Runs::begin(dir, time).unwrap();
        fs::create_dir(runs.folder()).unwrap();
        fs::write(runs.folder().join(summary::FILE), "{}").unwrap();
        runs.finish(keep).unwrap();
        runs.name
    }

    fn folders(dir: &Path) -> Vec<String> {
        let entries =
            fs::read_dir(dir).unwrap().flatten().filter(|entry| entry.file_type().unwrap().is_dir());
        let mut names: Vec<String> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn the_last_ones_stay_and_latest_is_the_last_whatever_the_clock_says() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        for day in ["21", "22", "22", "23"] {
            run(dir, &format!("2026-11-{day}T03:00:00Z"), 3);
        }
        assert_eq!(folders(dir), ["2026-11-22T030000Z", "2026-11-22T030000Z-2", "2026-11-23T030000Z"]);
        // What a killed run has left, and what is none of ours.
        fs::create_dir(dir.join("2026-11-23T040000Z")).unwrap();
        fs::create_dir(dir.join("notes")).unwrap();
        fs::write(dir.join("2026-11-22T030000Z/mine.txt"), "x").unwrap();
        let name = run(dir, "2020-01-01T00:00:00Z", 2);
        assert_eq!(folders(dir), ["2020-01-01T000000Z", "2026-11-22T030000Z", "2026-11-23T030000Z", "notes"]);
        assert_eq!(fs::read_to_string(dir.join(LATEST_NAME)).unwrap(), format!("{name}\n"));
        assert!(dir.join("2026-11-22T030000Z/mine.txt").exists());
        #[cfg(unix)]
        assert_eq!(fs::read_link(dir.join(LATEST)).unwrap(), Path::new(&name));
        #[cfg(unix)]
        fs::remove_file(dir.join(LATEST)).unwrap();
        assert_eq!(resolve(&dir.join(LATEST)), dir.join(&name));
        assert_eq!(resolve(&dir.join("notes")), dir.join("notes"));
    }

    #[test]
    fn one_run_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let first = Runs::begin(dir.path(), "2026-11-21T03:00:00Z").unwrap();
        assert!(Runs::begin(dir.path(), "2026-11-21T03:00:01Z").is_err());
        drop(first);
        assert!(Runs::begin(dir.path(), "2026-11-21T03:00:01Z").is_ok());
    }
}
