//! Sources: files of users in the form in which the tools of the field export them.
//!
//! A file is opened once, which finds out what it is, and read in two or three passes. [`cut`](self) makes blocks of
//! whole records, one after the other; the records of a block are read in parallel.

mod backslash;
mod bytes;
mod care;
mod columns;
mod csv;
mod cut;
pub mod dns;
mod enclosed;
mod encoding;
mod fetched;
mod flavour;
pub mod ldap;
mod ldif;
mod long;
mod look;
mod marks;
mod noted;
mod place;
mod plain;
mod recipient;
mod regular;
mod row;
mod scan;
mod shapes;
mod sort;
mod split;
mod spool;
mod straight;
mod table;
mod values;

#[cfg(test)]
mod tests;

use std::ops::Range;

pub use columns::Column;
pub use split::split as split_addresses;

use crate::error::{Error, Result};
use crate::model::problem::Problems;
use crate::model::{Attr, AttrSet, Block, BlockPlace, Input, Notes, Record};
use bytes::Bytes;
use care::Care;
use cut::Cutter;
use encoding::{Found, Raw, Text};
use ldif::Ldif;
use regular::{Cut, Regular, last_end};
use straight::Straight;

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
    /// About how many bytes of text a block has, instead of a megabyte: little memory wants small ones.
    pub block: Option<usize>,
}

/// What is known about a source before its records are read.
#[derive(Debug, Clone)]
pub struct About {
    /// What wrote it, such as `PowerShell Export-Csv`; `CSV` when that is not known.
    pub flavour: &'static str,
    /// The name of its encoding.
    pub encoding: &'static str,
    /// The delimiter; `None` in LDIF.
    pub delimiter: Option<u8>,
    /// Its size in bytes, packed if it is.
    pub bytes: u64,
    /// BLAKE3 of its bytes, packed if they are.
    pub hash: blake3::Hash,
    /// Its columns, in order; in LDIF the attributes of its records.
    pub columns: Vec<Column>,
    /// How it holds objects and their addresses.
    pub shape: &'static str,
    /// How many rows were put together to its records, where that was done.
    pub rows: Option<u64>,
    /// What was noticed on opening.
    pub problems: Problems,
    /// What a fetched file says about how it came.
    pub notes: Vec<Note>,
}

/// A line about how a source came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The line; text of a server may be in it.
    pub text: String,
    /// Whether it may name servers, folders or people.
    pub names: bool,
}

/// An opened source.
#[derive(Debug)]
pub struct Source {
    name: String,
    raw: Raw,
    found: Found,
    /// Where the first record starts, in bytes.
    start: u64,
    reading: Reading,
    about: About,
    care: Care,
}

/// How the records of a source are read.
#[derive(Debug)]
enum Reading {
    Table(csv::Reading),
    Ldif(Box<Ldif>),
}

/// Opens a source: the path of a file, or `-` for standard input, which is copied to a temporary file first; gzip and
/// Zstandard files are unpacked to one.
///
/// Fails when it cannot be read, is neither LDIF nor a table with a heading, or has no column that says who a row is.
pub fn open(spec: &str, options: &Options) -> Result<Source> {
    open_with(spec, options, options.block.unwrap_or(BLOCK), LIMIT)
}

/// Opens what was fetched from a server; `spec` is the URL, `block` as in [`Options`].
pub fn open_fetched(spec: &str, fetched: ldap::Fetched, block: Option<usize>) -> Result<Source> {
    let file = fetched.file.ok_or_else(|| Error::source(spec, "nothing was kept", "fetch again"))?;
    open_raw(spec, Raw::named(spec, file)?, &Options::default(), block.unwrap_or(BLOCK), LIMIT)
}

/// [`open`], with blocks of about `target` bytes and records of at most `limit`.
pub(crate) fn open_with(spec: &str, options: &Options, target: usize, limit: usize) -> Result<Source> {
    open_raw(spec, Raw::open(spec)?, options, target, limit)
}

/// Opens what was read from a file.
fn open_raw(spec: &str, raw: Raw, options: &Options, target: usize, limit: usize) -> Result<Source> {
    let bytes = bytes::look(&raw)?;
    let found = check_bytes(spec, &raw, bytes, options)?;
    let mut source = Text::new(&raw, &found);
    let mut head = String::new();
    while head.len() < HEAD && source.more(&mut head)?.is_some() {}
    if let Some(flavour) = ldif::flavour(&head) {
        let ldif = Ldif::open(spec, (&raw, &found), &options.map, target, limit)?;
        let about = About {
            flavour,
            encoding: found.encoding.name(),
            delimiter: None,
            bytes: raw.given,
            hash: raw.hash.unwrap_or(bytes.hash),
            columns: ldif.columns(),
            shape: "one entry per object",
            rows: None,
            problems: merged(&found.problems, &ldif.problems()),
            notes: ldif.notes(),
        };
        let reading = Reading::Ldif(Box::new(ldif));
        let (name, start, care) = (spec.to_owned(), found.bom, Care::new(false));
        return Ok(Source { name, raw, found, start, reading, about, care });
    }
    let preamble = flavour::preamble(&head);
    if head[preamble.len..].trim_ascii().is_empty() {
        return Err(empty(spec));
    }
    flavour::refuse_markup(spec, &head[preamble.len..])?;
    let given = Given { spec, hash: raw.hash.unwrap_or(bytes.hash), raw, found };
    table::open(given, &head, &preamble, options, (target, limit))
}

/// A file whose encoding is known.
struct Given<'s> {
    spec: &'s str,
    raw: Raw,
    found: Found,
    /// BLAKE3 of the file as it was given.
    hash: blake3::Hash,
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

fn merged(first: &Problems, then: &Problems) -> Problems {
    let mut all = first.clone();
    all.merge(then);
    all
}

fn empty(spec: &str) -> Error {
    let remedy = "look whether the export failed; even without users it has a line of headings";
    Error::source(spec, "the file is empty", remedy)
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
        match &self.reading {
            Reading::Table(table) => table.plan.carried,
            Reading::Ldif(ldif) => ldif.carried(),
        }
    }

    fn blocks(&self) -> Result<Box<dyn Iterator<Item = Result<Block>> + Send + '_>> {
        let table = match &self.reading {
            Reading::Table(reading) => reading.table,
            Reading::Ldif(ldif) => return Ok(ldif.blocks(&self.raw, &self.found)),
        };
        let straight = match Straight::of(&self.found) {
            Some(straight) if !self.care.careful() => straight,
            _ => return Ok(Box::new(Cutter::new(Text::new(&self.raw, &self.found), table))),
        };
        let (raw, start) = (&self.raw, self.start);
        let cut::Table { line, target, limit, .. } = table;
        let mut regular = Regular::new(Cut { raw, straight, start, line, target, limit, last_end });
        Ok(Box::new(std::iter::from_fn(move || {
            let block = regular.next();
            if regular.suspect {
                self.care.irregular();
            }
            block
        })))
    }

    fn block_at(&self, place: &BlockPlace) -> Result<Block> {
        let straight = Straight::of(&self.found).unwrap_or(Straight::Utf8);
        regular::block_at(&self.raw, straight, *place)
    }

    fn part_at(&self, place: &BlockPlace, spans: &[Range<u32>]) -> Result<Option<Block>> {
        let straight = Straight::of(&self.found);
        match (&self.reading, straight) {
            (Reading::Table(_), Some(Straight::Utf8)) => regular::part_at(&self.raw, place, spans),
            _ => Ok(None),
        }
    }

    fn records(&self, block: &Block, wanted: AttrSet, each: &mut dyn FnMut(&Record<'_>)) -> Problems {
        self.noted_records(block, wanted, Notes::None, each)
    }

    fn noted_records(
        &self,
        block: &Block,
        wanted: AttrSet,
        notes: Notes<'_>,
        each: &mut dyn FnMut(&Record<'_>),
    ) -> Problems {
        let table = match &self.reading {
            Reading::Table(table) => table,
            Reading::Ldif(ldif) => return ldif.records(block, wanted, each),
        };
        let part = self.care.before_other_heading(block);
        let block = part.as_ref().unwrap_or(block);
        let (problems, regular) = table.records(block, wanted, self.care.careful(), notes, each);
        if !regular {
            self.care.irregular();
        }
        self.care.check(&problems);
        problems
    }

    fn some_records(
        &self,
        block: &Block,
        starts: &[u32],
        wanted: AttrSet,
        each: &mut dyn FnMut(&Record<'_>),
    ) {
        match &self.reading {
            Reading::Table(table) => table.some_records(block, starts, wanted, each),
            Reading::Ldif(ldif) => ldif.some_records(block, starts, wanted, each),
        }
    }

    fn changed(&self) -> bool {
        self.raw.changed()
    }

    fn settled(&self) -> bool {
        self.care.settled()
    }
}
