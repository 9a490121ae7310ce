//! The folder: files are written beside their places and take them all at once, the summary last.

use std::borrow::Cow;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

mod subjects;

use super::baseline::Compared;
use super::html::{self, Firsts};
use super::output::{Output, unfinished};
use super::place::{create, lock, remove, sweep};
use super::table::{Dialect, Sheet};
use super::xlsx::{Book, Rows};
use super::{
    Baseline, Format, Options, Redactor, Summary, Written, findings, jsonl, junit, mail, organisation, prom,
    sarif, summary, users, xlsx,
};
use crate::error::{Error, Result};
use crate::finding::Finding;
use crate::model::AttrSet;
use crate::rules::verdict::Judged;

/// A file that grows user by user.
struct Stream {
    name: &'static str,
    format: Format,
    head: fn(&mut Vec<u8>, Dialect),
    user: fn(&mut Sheet, Dialect, &Judged<'_, '_>),
    /// Whether it has rows for findings and not for users: then the organisation has some too.
    findings: bool,
    /// What ends it.
    tail: fn(&Summary) -> Result<Vec<u8>>,
    /// How many items it holds at most; each starts with the comma that parts it from the one before.
    most: Option<usize>,
}

impl Stream {
    /// A file that is nothing but its rows.
    const ROWS: Self = Self {
        name: "",
        format: Format::Json,
        head: |_, _| (),
        user: |_, _, _| (),
        findings: true,
        tail: |_| Ok(Vec::new()),
        most: None,
    };
}

/// All of them.
static STREAMS: &[Stream] = &[
    Stream {
        name: users::FILE,
        format: Format::Csv,
        head: users::head,
        user: users::user,
        findings: false,
        ..Stream::ROWS
    },
    Stream {
        name: findings::FILE,
        format: Format::Csv,
        head: findings::head,
        user: findings::user,
        ..Stream::ROWS
    },
    Stream { name: jsonl::FILE, format: Format::Jsonl, user: jsonl::user, ..Stream::ROWS },
    Stream {
        name: sarif::FILE,
        format: Format::Sarif,
        head: sarif::head,
        user: sarif::user,
        tail: sarif::tail,
        most: Some(sarif::MOST),
        ..Stream::ROWS
    },
];

/// A file that is made at the end, from the summary alone.
type Ending = (&'static str, Format, fn(&Summary, Dialect) -> Vec<u8>);

/// All of them.
static ENDINGS: &[Ending] = &[
    (organisation::FILE, Format::Csv, organisation::file),
    (junit::FILE, Format::Junit, |summary, _| junit::file(summary)),
    (prom::FILE, Format::Prom, |summary, _| prom::file(summary)),
    (mail::FILE, Format::Txt, |summary, _| mail::file(summary)),
];

/// What one block of users becomes. Parts are filled in parallel and taken in the order of the input.
#[derive(Debug, Default)]
pub struct Part {
    /// For each stream of the folder what is appended to it.
    sheets: Vec<Sheet>,
    /// What is appended to the workbook, if there is one.
    rows: Option<Rows>,
    /// What the page shows of it, if there is a page.
    firsts: Option<Firsts>,
}

/// What grows with every part.
#[derive(Debug)]
struct State {
    outputs: Vec<Output>,
    /// The workbook, if there is one.
    book: Option<Book>,
    /// Whether every part that came has been written in full.
    whole: bool,
}

/// A report that is being written. Dropped before [`Folder::finish`], it leaves the old report as it was.
#[derive(Debug)]
pub struct Folder {
    dir: PathBuf,
    dialect: Dialect,
    redactor: Option<Redactor>,
    baseline: Option<Arc<Baseline>>,
    streams: Vec<&'static Stream>,
    endings: Vec<&'static Ending>,
    /// Whether there is a workbook.
    book: bool,
    /// Whether the file that holds only so many items is full.
    full: AtomicBool,
    state: Mutex<State>,
    /// What the page shows, if there is a page. A lock of its own: a block that begins must not wait for one that is written.
    firsts: Option<Mutex<Firsts>>,
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
        let book = options.formats.contains(&Format::Xlsx).then(|| Book::new(dir)).transpose()?;
        if outputs.is_empty() {
            // Nothing is written before the end: find out now whether it can be.
            unfinished(dir)?;
        }
        let firsts = options.formats.contains(&Format::Html).then(|| Mutex::new(Firsts::new()));
        Ok(Self {
            dir: dir.to_owned(),
            dialect,
            redactor: options.redactor.clone(),
            baseline: options.baseline.clone(),
            streams,
            endings: ENDINGS.iter().filter(|(_, format, _)| options.formats.contains(format)).collect(),
            book: book.is_some(),
            full: AtomicBool::new(false),
            state: Mutex::new(State { outputs, book, whole: true }),
            firsts,
            spare: Mutex::default(),
            _lock: lock,
        })
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
        let full = self.firsts.as_ref().map(|firsts| locked(firsts).full());
        let spare = locked(&self.spare).pop();
        let mut part = spare.unwrap_or_else(|| Part {
            sheets: self.streams.iter().map(|_| Sheet::default()).collect(),
            rows: self.book.then(Rows::default),
            firsts: full.map(|_| Firsts::new()),
        });
        if let (Some(firsts), Some(full)) = (&mut part.firsts, full) {
            firsts.skip(full);
        }
        part
    }

    /// The attributes that it shows of users about whom nothing was found.
    #[must_use]
    pub fn shows() -> AttrSet {
        AttrSet::of(users::SHOWN)
    }

    /// Writes one user into a part.
    pub fn user(&self, part: &mut Part, judged: &Judged<'_, '_>) {
        match &self.redactor {
            None => self.compare(part, judged),
            Some(redactor) => redactor.show(judged, |shown| self.compare(part, shown)),
        }
    }

    /// Marks the findings as they stand with the baseline, if there is one.
    fn compare(&self, part: &mut Part, judged: &Judged<'_, '_>) {
        if self.baseline.is_none() {
            return self.write(part, judged);
        }
        let findings = self.compared_findings(judged);
        self.write(part, &Judged { findings: &findings, ..*judged });
    }

    fn compared_findings<'f>(&self, judged: &Judged<'f, '_>) -> Cow<'f, [Finding]> {
        match &self.baseline {
            Some(baseline) if !judged.findings.is_empty() => {
                Cow::Owned(baseline.mark(judged.user, judged.findings))
            }
            _ => Cow::Borrowed(judged.findings),
        }
    }

    /// How the findings stand with the baseline, when all users were written.
    #[must_use]
    pub fn compared(&self, summary: &Summary) -> Option<Compared> {
        self.baseline.as_ref().map(|baseline| baseline.compared(summary))
    }

    /// How many findings the baseline does not have; nothing without one.
    #[must_use]
    pub fn new_ones(&self) -> Option<u64> {
        self.baseline.as_ref().map(|baseline| baseline.new_ones())
    }

    /// Writes one user as every format shows it.
    fn write(&self, part: &mut Part, judged: &Judged<'_, '_>) {
        let full = self.full.load(Ordering::Relaxed);
        for (stream, sheet) in self.streams.iter().zip(&mut part.sheets) {
            if stream.most.is_none() || !full {
                (stream.user)(sheet, self.dialect, judged);
            }
        }
        if let Some(rows) = &mut part.rows {
            rows.user(judged);
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
        for ((output, stream), sheet) in state.outputs.iter_mut().zip(&self.streams).zip(&mut part.sheets) {
            match stream.most {
                None => output.append(&self.dir, &sheet.octets)?,
                Some(most) => {
                    let full = output.append_items(&self.dir, sheet, most)?;
                    self.full.store(full, Ordering::Relaxed);
                }
            }
            sheet.clear();
        }
        if let (Some(book), Some(rows)) = (&mut state.book, &mut part.rows) {
            book.take(rows)?;
        }
        if let (Some(firsts), Some(next)) = (&self.firsts, &mut part.firsts) {
            locked(firsts).take(next);
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
        let compared = self.compared(summary);
        let mut state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        if !state.whole {
            return Err(torn(&self.dir));
        }
        let summary = &Summary { compared, ..summary.clone() };
        let redacted = self.redactor.as_ref().map(|redactor| summary.redacted(redactor));
        let summary = redacted.as_ref().unwrap_or(summary);
        for (output, stream) in state.outputs.iter_mut().zip(&self.streams) {
            output.append(&self.dir, &(stream.tail)(summary)?)?;
        }
        if let Some(book) = state.book {
            let mut output = Output::new(&self.dir, xlsx::FILE)?;
            book.finish(summary, &mut output)?;
            state.outputs.push(output);
        }
        for (name, _, file) in self.endings {
            let mut output = Output::new(&self.dir, name)?;
            output.append(&self.dir, &file(summary, self.dialect))?;
            state.outputs.push(output);
        }
        let mut written: Vec<Written> = state.outputs.iter().map(Output::written).collect();
        if let Some(firsts) = &self.firsts {
            let firsts = &locked(firsts);
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
        locked(&self.state).outputs[place].break_file();
    }
}
