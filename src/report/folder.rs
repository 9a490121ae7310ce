//! The folder: files are written beside their places and take them all at once, the summary last.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::NamedTempFile;

use super::html::{self, Firsts};
use super::table::{Dialect, Sheet};
use super::{Format, Options, Summary, findings, summary, users};
use crate::error::{Error, Result};
use crate::rules::verdict::Judged;

/// The file that a run holds locked while it is at work.
const LOCK: &str = ".lock";

/// What the names of unfinished files start and end with.
const UNFINISHED: (&str, &str) = (".dirsync-audit-", ".tmp");

/// A file that grows user by user.
struct Stream {
    name: &'static str,
    format: Format,
    head: fn(&mut Vec<u8>, Dialect),
    user: fn(&mut Sheet, Dialect, &Judged<'_, '_>),
}

/// All of them.
static STREAMS: &[Stream] = &[
    Stream { name: users::FILE, format: Format::Csv, head: users::head, user: users::user },
    Stream { name: findings::FILE, format: Format::Csv, head: findings::head, user: findings::user },
];

/// What one block of users becomes. Parts are filled in parallel and taken in the order of the input.
#[derive(Debug, Default)]
pub struct Part {
    /// For each stream of the folder what is appended to it.
    sheets: Vec<Sheet>,
    /// What the page shows of it, if there is a page.
    firsts: Option<Firsts>,
}

/// A file of the finished report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its name in the folder.
    pub name: &'static str,
    /// How many octets it has.
    pub bytes: u64,
    /// Their BLAKE3 hash.
    pub hash: blake3::Hash,
}

/// A file that is being written beside its place.
#[derive(Debug)]
struct Output {
    name: &'static str,
    file: NamedTempFile,
    hasher: blake3::Hasher,
    bytes: u64,
}

/// What grows with every part.
#[derive(Debug)]
struct State {
    outputs: Vec<Output>,
    /// What the page shows, if there is a page.
    firsts: Option<Firsts>,
    /// Whether every part that came has been written in full.
    whole: bool,
}

/// A report that is being written. Dropped before [`Folder::finish`], it leaves the old report as it was.
#[derive(Debug)]
pub struct Folder {
    dir: PathBuf,
    dialect: Dialect,
    streams: Vec<&'static Stream>,
    state: Mutex<State>,
    /// Parts that were taken: their room is used again.
    spare: Mutex<Vec<Part>>,
    /// Locked while the run is at work; the system lets go of it whatever happens to the process.
    _lock: File,
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Folder {
    /// Opens the folder for a report, and creates it if need be; the report that is in it stays as it is.
    ///
    /// # Errors
    /// The path is no folder or cannot be written, or another run is at work in it.
    pub fn open(dir: &Path, options: &Options) -> Result<Self> {
        let dialect = dialect(options)?;
        create(dir)?;
        let lock = lock(dir)?;
        sweep(dir)?;
        let wanted = |stream: &&Stream| options.formats.contains(&stream.format);
        let streams: Vec<&'static Stream> = STREAMS.iter().filter(wanted).collect();
        let mut outputs = Vec::with_capacity(streams.len());
        for stream in &streams {
            let mut output = Output::new(dir, stream.name)?;
            let mut head = Vec::new();
            (stream.head)(&mut head, dialect);
            output.append(dir, &head)?;
            outputs.push(output);
        }
        if outputs.is_empty() {
            // Nothing is written before the end: find out now whether it can be.
            unfinished(dir)?;
        }
        let firsts = options.formats.contains(&Format::Html).then(Firsts::new);
        let state = Mutex::new(State { outputs, firsts, whole: true });
        Ok(Self { dir: dir.to_owned(), dialect, streams, state, spare: Mutex::default(), _lock: lock })
    }

    /// Refuses a source that the report would be written over, or that it would remove as out of date.
    pub fn spare_source(&self, source: &Path) -> Result<()> {
        let Ok(source) = source.canonicalize() else { return Ok(()) };
        let hit =
            known_files().find(|name| self.dir.join(name).canonicalize().is_ok_and(|own| own == source));
        match hit {
            Some(name) => Err(Error::output(
                self.dir.join(name),
                "this source would be replaced by the report",
                "choose another folder with --out",
            )),
            None => Ok(()),
        }
    }

    /// An empty part.
    #[must_use]
    pub fn part(&self) -> Part {
        let full = locked(&self.state).firsts.as_ref().map(Firsts::full);
        let spare = locked(&self.spare).pop();
        let mut part = spare.unwrap_or_else(|| Part {
            sheets: self.streams.iter().map(|_| Sheet::default()).collect(),
            firsts: full.map(|_| Firsts::new()),
        });
        if let (Some(firsts), Some(full)) = (&mut part.firsts, full) {
            firsts.skip(full);
        }
        part
    }

    /// Writes one user into a part.
    pub fn user(&self, part: &mut Part, judged: &Judged<'_, '_>) {
        for (stream, sheet) in self.streams.iter().zip(&mut part.sheets) {
            (stream.user)(sheet, self.dialect, judged);
        }
        if let Some(firsts) = &mut part.firsts {
            firsts.user(judged);
        }
    }

    /// Appends a part; called in the order of the input. After an error the report cannot be finished.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn take(&self, mut part: Part) -> Result<()> {
        let mut state = locked(&self.state);
        let state = &mut *state;
        if !std::mem::replace(&mut state.whole, false) {
            return Err(torn(&self.dir));
        }
        for (output, sheet) in state.outputs.iter_mut().zip(&mut part.sheets) {
            output.append(&self.dir, &sheet.octets)?;
            sheet.clear();
        }
        if let (Some(firsts), Some(next)) = (&mut state.firsts, &mut part.firsts) {
            firsts.take(next);
        }
        state.whole = true;
        locked(&self.spare).push(part);
        Ok(())
    }

    /// Puts the report in the place of the old one, and says which files it has; the last is the summary.
    ///
    /// The old summary goes first and the new one comes last, so that at every moment a folder with a summary that
    /// matches its files is a whole report. Nothing is flushed to the disk by force: after a power cut the hashes
    /// in the summary tell whether the files are whole.
    ///
    /// # Errors
    /// A file cannot be written or replaced. As long as only writing failed, the old report is whole.
    pub fn finish(self, summary: &Summary) -> Result<Vec<Written>> {
        let mut state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        if !state.whole {
            return Err(torn(&self.dir));
        }
        let mut written: Vec<Written> = state.outputs.iter().map(Output::written).collect();
        if let Some(firsts) = &state.firsts {
            let mut page = Output::new(&self.dir, html::FILE)?;
            page.append(&self.dir, &html::page(summary, firsts, &written))?;
            written.push(page.written());
            state.outputs.push(page);
        }
        let mut last = Output::new(&self.dir, summary::FILE)?;
        last.append(&self.dir, &summary.json(&written)?)?;
        written.push(last.written());

        remove(&self.dir, summary::FILE)?;
        for output in state.outputs {
            output.persist(&self.dir)?;
        }
        for name in known_files().filter(|name| !written.iter().any(|file| file.name == *name)) {
            remove(&self.dir, name)?;
        }
        last.persist(&self.dir)?;
        Ok(written)
    }
}

impl Output {
    fn new(dir: &Path, name: &'static str) -> Result<Self> {
        Ok(Self { name, file: unfinished(dir)?, hasher: blake3::Hasher::new(), bytes: 0 })
    }

    fn append(&mut self, dir: &Path, octets: &[u8]) -> Result<()> {
        self.file.as_file_mut().write_all(octets).map_err(Error::io("write", dir.join(self.name)))?;
        self.hasher.update(octets);
        self.bytes += octets.len() as u64;
        Ok(())
    }

    fn written(&self) -> Written {
        Written { name: self.name, bytes: self.bytes, hash: self.hasher.finalize() }
    }

    fn persist(self, dir: &Path) -> Result<()> {
        let place = dir.join(self.name);
        self.file.persist(&place).map(drop).map_err(|failed| {
            let what = format!("cannot be replaced: {}; the folder holds no whole report now", failed.error);
            Error::output(place, what, "close programs that have the file open, and run again")
        })
    }
}

/// Every file that a report can have.
fn known_files() -> impl Iterator<Item = &'static str> {
    Format::ALL.into_iter().flat_map(Format::files).copied().chain([summary::FILE])
}

fn dialect(options: &Options) -> Result<Dialect> {
    let delimiter = options.csv_delimiter;
    if !delimiter.is_ascii() || matches!(delimiter, b'"' | b'\r' | b'\n' | 0) {
        let problem = "`--csv-delimiter` must be one ASCII character, no quotation mark and no line end";
        return Err(Error::usage(problem));
    }
    Ok(Dialect { delimiter, guard: !options.csv_raw })
}

fn create(dir: &Path) -> Result<()> {
    if dir.exists() && !dir.is_dir() {
        let remedy = "name a folder with --out; it is created if need be";
        return Err(Error::output(dir, "this is a file, and the report is a folder", remedy));
    }
    fs::create_dir_all(dir).map_err(Error::io("create", dir))
}

/// Takes the folder for this run.
fn lock(dir: &Path) -> Result<File> {
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

fn unwritable(dir: &Path) -> impl FnOnce(io::Error) -> Error {
    let dir = dir.to_owned();
    move |source| {
        let what = format!("the folder cannot be written: {source}");
        Error::output(dir, what, "choose another folder with --out, or let this account write there")
    }
}

/// A new file in the folder, readable by its owner only, that is removed unless it is given a place.
fn unfinished(dir: &Path) -> Result<NamedTempFile> {
    let (prefix, suffix) = UNFINISHED;
    tempfile::Builder::new().prefix(prefix).suffix(suffix).tempfile_in(dir).map_err(unwritable(dir))
}

/// Removes what a run that was killed has left; only the run that holds the lock does.
fn sweep(dir: &Path) -> Result<()> {
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

fn remove(dir: &Path, name: &str) -> Result<()> {
    let place = dir.join(name);
    match fs::remove_file(&place) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(Error::io("remove", place)(source)),
        _ => Ok(()),
    }
}

fn torn(dir: &Path) -> Error {
    Error::output(
        dir,
        "an earlier part of the report could not be written",
        "make room, or choose another folder with --out, and run again",
    )
}

/// A panic while the lock was held loses nothing that `State::whole` does not know of.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
impl Folder {
    /// From now on a file cannot be written, as if the disk were full.
    pub(super) fn break_file(&self, place: usize) {
        let output = &mut locked(&self.state).outputs[place];
        *output.file.as_file_mut() = File::open(output.file.path()).unwrap();
    }
}
