//! Sources: files of users in the form in which the tools of the field export them.
//!
//! A file is opened once, which finds out what it is, and read in two or three passes. [`cut`](self) makes blocks of
//! whole records, one after the other; the records of a block are read in parallel.

mod backslash;
mod bytes;
mod columns;
mod csv;
mod cut;
mod encoding;
mod flavour;
mod long;
mod look;
mod regular;
mod scan;
mod shapes;
mod sort;
mod split;
mod spool;
mod values;

#[cfg(test)]
mod tests;

pub use columns::Column;

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Result};
use crate::model::attribute::heading;
use crate::model::charset::Charset;
use crate::model::problem::Problems;
use crate::model::{Attr, AttrSet, Block, Input, Record};
use bytes::Bytes;
use columns::{Heading, SAMPLE};
use csv::Reading;
use cut::{Cutter, Table};
use encoding::{Found, Raw, Text};
use flavour::{Flavour, Preamble, Shape};
use long::Long;
use regular::Regular;

/// About how many bytes of text a block has.
const BLOCK: usize = 1 << 20;
/// How many bytes a record may have.
const LIMIT: usize = 16 << 20;
/// How much of the text is looked at for the heading.
const HEAD: usize = 1 << 20;

/// What the user says about a source.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Headings in any case, and the attributes that they name.
    pub map: Vec<(String, Attr)>,
    /// The name of the encoding of files without byte order mark.
    pub encoding: Option<String>,
    /// The delimiter, instead of the one that the heading shows.
    pub delimiter: Option<u8>,
}

/// What is known about a source before its records are read.
#[derive(Debug, Clone)]
pub struct About {
    /// What wrote it, such as `PowerShell Export-Csv`; `CSV` when that is not known.
    pub flavour: &'static str,
    /// The name of its encoding.
    pub encoding: &'static str,
    /// The delimiter.
    pub delimiter: u8,
    /// Its size in bytes, packed if it is.
    pub bytes: u64,
    /// BLAKE3 of its bytes, packed if they are.
    pub hash: blake3::Hash,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// How it holds objects and their addresses.
    pub shape: &'static str,
    /// What was noticed on opening.
    pub problems: Problems,
}

/// An opened source.
#[derive(Debug)]
pub struct Source {
    name: String,
    raw: Raw,
    found: Found,
    reading: Reading,
    about: About,
    care: Care,
}

/// Whether the file has to be cut with care: its quotes are not what they are in a regular file.
#[derive(Debug)]
struct Care {
    /// From the next reading on.
    needed: AtomicBool,
    /// Found in the reading that is going on.
    found: AtomicBool,
}

/// Opens a source: the path of a file, or `-` for standard input, which is copied to a temporary file first; gzip and
/// Zstandard files are unpacked to one.
///
/// Fails when it cannot be read, is no table with a heading, or has no column that says who a row is.
pub fn open(spec: &str, options: &Options) -> Result<Source> {
    open_with(spec, options, BLOCK, LIMIT)
}

fn open_with(spec: &str, options: &Options, target: usize, limit: usize) -> Result<Source> {
    let raw = Raw::open(spec)?;
    let bytes = bytes::look(&raw)?;
    let found = check_bytes(spec, &raw, bytes, options)?;
    let mut source = Text::new(&raw, &found);
    let mut head = String::new();
    while head.len() < HEAD && source.more(&mut head)?.is_some() {}
    let preamble = flavour::preamble(&head);
    if head[preamble.len..].trim_ascii().is_empty() {
        return Err(empty(spec));
    }
    match flavour::shape(spec, &head[preamble.len..])? {
        Shape::Table => {}
        Shape::Ldif => {
            let remedy = "export as CSV, for example with csvde";
            return Err(Error::source(spec, "LDIF is not read yet", remedy));
        }
    }
    let heading = read_heading(spec, &head, &preamble, options)?;
    let table = Table {
        delimiter: heading.delimiter,
        columns: heading.names.len(),
        skip: heading.end,
        line: heading.next,
        target,
        limit,
    };
    let place = format!("{spec}:{}", heading.line);
    flavour::refuse_table(spec, &place, &heading.names)?;
    let flavour = Flavour::of(&heading.names, &preamble.type_name, heading.quoted);
    let opened = Opened { spec, raw, found, table, flavour, hash: bytes.hash };
    let backslashes = flavour == Flavour::AdFind
        && backslash::is_needed(
            &opened.raw,
            &opened.found,
            table.delimiter,
            heading.quoted,
            &head[heading.end..],
        )?;
    opened.source(heading, options, backslashes)
}

/// What is known about a table behind its heading.
struct Opened<'s> {
    spec: &'s str,
    raw: Raw,
    found: Found,
    table: Table,
    flavour: Flavour,
    hash: blake3::Hash,
}

impl Opened<'_> {
    /// The source: the table as it stands, or as it is written anew.
    fn source(self, heading: Headings, options: &Options, backslashes: bool) -> Result<Source> {
        let Self { spec, raw, found, table, flavour, hash } = self;
        let (encoding, hash) = (found.encoding.name(), raw.hash.unwrap_or(hash));
        let mut problems = found.problems.clone();
        let (raw, sampled) = if backslashes {
            let (raw, damage) = backslash::anew(&raw, &found, table)?;
            problems.merge(&damage);
            (raw, Some(long::numbered(table)))
        } else {
            (raw, None)
        };
        let plain = Found { ascii: found.ascii, ..Found::of(Charset::UTF_8, 0) };
        let found = if backslashes { plain } else { found };
        let rows = sample(&raw, &found, sampled.unwrap_or(table), usize::from(backslashes))?;
        let map: Vec<_> = options.map.iter().map(|(name, attr)| (self::heading(name), *attr)).collect();
        let place = format!("{spec}:{}", heading.line);
        let (line, headings) = (heading.line, heading.names);
        let plan =
            columns::Table { place: &place, line, flavour, headings, rows: &rows, map: &map }.plan()?;
        problems.merge(&plan.problems);
        let about = About {
            flavour: flavour.name(),
            encoding,
            delimiter: table.delimiter,
            bytes: raw.given,
            hash,
            columns: plan.columns.clone(),
            shape: plan.shape,
            problems,
        };
        let long = Long::of(&plan, &rows, rows.len() < SAMPLE).filter(|_| !backslashes);
        let reading = Reading { table, plan, ascii: found.ascii, numbered: false };
        // What is UTF-8 without a flaw can be cut by counting, unless its records show otherwise.
        let careful = found.encoding != Charset::UTF_8 || !found.problems.is_empty();
        let mut source =
            Source { name: spec.to_owned(), raw, found, reading, about, care: Care::new(careful) };
        if backslashes {
            source.reading = source.reading.numbered(false);
        } else if let Some(long) = long {
            source.group(&long)?;
        }
        Ok(source)
    }
}

impl Source {
    /// Puts the rows of a list together.
    fn group(&mut self, long: &Long) -> Result<()> {
        let anew = long::group(long, &self.raw, &self.found, &self.reading)?;
        self.about.problems.merge(&anew.problems);
        self.about.shape = "one row per address; the rows of an object are put together";
        (self.raw, self.found, self.reading) = (anew.raw, anew.found, self.reading.numbered(true));
        self.care = Care::new(false);
        Ok(())
    }
}

impl Care {
    fn new(needed: bool) -> Self {
        Self { needed: AtomicBool::new(needed), found: AtomicBool::new(false) }
    }
}

/// Refuses files without bytes and files that are no text, and finds the encoding of the others.
fn check_bytes(spec: &str, raw: &Raw, bytes: Bytes, options: &Options) -> Result<Found> {
    if raw.len == 0 {
        return Err(empty(spec));
    }
    let mut head = [0; 4096];
    let read = raw.read(0, &mut head)?;
    flavour::refuse_binary(spec, &head[..read], true)?;
    let found = encoding::find(raw, bytes, options.encoding.as_deref())?;
    flavour::refuse_binary(spec, &head[..read], found.encoding.is_utf16() || found.then.is_some())?;
    Ok(found)
}

fn empty(spec: &str) -> Error {
    let remedy = "look whether the export failed; even without users it has a line of headings";
    Error::source(spec, "the file is empty", remedy)
}

/// The heading of a table.
struct Headings {
    names: Vec<Heading>,
    delimiter: u8,
    /// Whether every heading is quoted.
    quoted: bool,
    /// Where the first record starts.
    end: usize,
    /// The line of the heading.
    line: u64,
    /// The line of the first record.
    next: u64,
}

fn read_heading(spec: &str, head: &str, preamble: &Preamble, options: &Options) -> Result<Headings> {
    let start = preamble.len;
    let line = scan::lines(&head[..start]) + 1;
    let first = scan::next_line(head, start, true).unwrap_or(head.len());
    let sniffed = || flavour::delimiter(&head[start..first]);
    let delimiter = options.delimiter.or(preamble.delimiter).unwrap_or_else(sniffed);
    let (mut names, mut quoted) = (Vec::new(), true);
    let shape = scan::record(head, start, delimiter, true, |cell| {
        quoted &= cell.start > start && head.as_bytes().get(cell.start - 1) == Some(&b'"');
        names.push(Heading::of(csv::cell_text(head, cell)));
    });
    let Some(end) = shape.end else {
        let what = "a quote in the heading is never closed";
        return Err(Error::source(
            format!("{spec}:{line}"),
            what,
            "export again; do not edit the file by hand",
        ));
    };
    let next = line + scan::lines(&head[start..end]);
    Ok(Headings { names, delimiter, quoted, end, line, next })
}

/// The cells of the first rows, without the first `skip`.
fn sample(raw: &Raw, found: &Found, table: Table, skip: usize) -> Result<Vec<Vec<String>>> {
    let mut rows = Vec::new();
    for block in Cutter::new(Text::new(raw, found), table) {
        let text = block?.text;
        let mut at = 0;
        while at < text.len() && rows.len() < SAMPLE {
            let mut row = Vec::with_capacity(table.columns);
            let shape = scan::record(&text, at, table.delimiter, true, |cell| {
                row.push(csv::cell_text(&text, cell));
            });
            row.drain(..skip.min(row.len()));
            rows.push(row);
            at = shape.end.unwrap_or(text.len());
        }
        if rows.len() >= SAMPLE {
            break;
        }
    }
    Ok(rows)
}

impl Source {
    /// What is known about it before its records are read.
    #[must_use]
    pub fn about(&self) -> &About {
        &self.about
    }
}

impl Input for Source {
    fn name(&self) -> &str {
        &self.name
    }

    fn carried(&self) -> AttrSet {
        self.reading.plan.carried
    }

    fn blocks(&self) -> Result<Box<dyn Iterator<Item = Result<Block>> + Send + '_>> {
        if self.care.needed.load(Ordering::Relaxed) {
            return Ok(Box::new(Cutter::new(Text::new(&self.raw, &self.found), self.reading.table)));
        }
        let mut regular = Regular::new(&self.raw, self.found.bom, self.reading.table);
        Ok(Box::new(std::iter::from_fn(move || {
            let block = regular.next();
            self.care.found.fetch_or(regular.suspect, Ordering::Relaxed);
            block
        })))
    }

    fn records(&self, block: &Block, wanted: AttrSet, each: &mut dyn FnMut(&Record<'_>)) -> Problems {
        let careful = self.care.needed.load(Ordering::Relaxed);
        let (problems, regular) = self.reading.records(block, wanted, careful, each);
        self.care.found.fetch_or(!regular, Ordering::Relaxed);
        problems
    }

    fn settled(&self) -> bool {
        let found = self.care.found.swap(false, Ordering::Relaxed);
        self.care.needed.fetch_or(found, Ordering::Relaxed);
        !found
    }
}
