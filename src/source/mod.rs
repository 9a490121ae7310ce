//! Sources: files of users in the form in which the tools of the field export them.
//!
//! A file is opened once, which finds out what it is, and read in two or three passes. [`cut`](self) makes blocks of
//! whole records, one after the other; the records of a block are read in parallel.

mod assumed;
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
mod opening;
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
pub use opening::{open, open_fetched};
pub use split::split as split_addresses;

use crate::error::Result;
use crate::model::problem::Problems;
use crate::model::{Attr, AttrSet, Block, BlockPlace, Input, Notes, Record};
use assumed::{Assumed, Known};
use care::Care;
use cut::Cutter;
use encoding::{Found, Raw, Text};
use ldif::Ldif;
#[cfg(test)]
pub(crate) use opening::open_sized;
use regular::{Cut, last_end};
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
    known: Known,
}

/// How the records of a source are read.
#[derive(Debug)]
enum Reading {
    Table(csv::Reading),
    Ldif(Box<Ldif>),
}

impl Reading {
    /// About how many bytes of text a block has.
    fn target(&self) -> usize {
        match self {
            Self::Table(reading) => reading.table.target,
            Self::Ldif(ldif) => ldif.target,
        }
    }
}

impl Source {
    /// What is known about it. Of a big file the encoding is only assumed before the first reading, and of LDIF only some
    /// columns and notes are known; see [`Input::settled`].
    #[must_use]
    pub fn about(&self) -> &About {
        &self.now().about
    }

    /// BLAKE3 of its bytes, packed if they are.
    ///
    /// # Errors
    /// It has not been read yet, and cannot be.
    pub fn hash(&self) -> Result<blake3::Hash> {
        match (&self.known, self.raw.hash) {
            (&Known::All(hash), _) | (Known::Assumed(_), Some(hash)) => Ok(hash),
            (Known::Assumed(assumed), None) => Ok(assumed.bytes(&self.raw)?.hash),
        }
    }

    /// This source, or what was opened instead of it.
    fn now(&self) -> &Self {
        self.assumed().and_then(Assumed::instead).unwrap_or(self)
    }

    fn assumed(&self) -> Option<&Assumed> {
        match &self.known {
            Known::All(_) => None,
            Known::Assumed(assumed) => Some(assumed),
        }
    }
}

impl Input for Source {
    fn name(&self) -> &str {
        &self.name
    }

    fn carried(&self) -> AttrSet {
        match &self.now().reading {
            Reading::Table(table) => table.plan.carried,
            Reading::Ldif(ldif) => ldif.carried(),
        }
    }

    fn blocks(&self) -> Result<Box<dyn Iterator<Item = Result<Block>> + Send + '_>> {
        let now = self.now();
        let table = match &now.reading {
            Reading::Table(reading) => reading.table,
            Reading::Ldif(ldif) => return ldif.blocks((&now.raw, &now.found), now.assumed()),
        };
        let Some(straight) = Straight::of(&now.found).filter(|_| !now.care.careful()) else {
            return Ok(Box::new(Cutter::new(Text::new(&now.raw, &now.found), table)));
        };
        let cut::Table { line, target, limit, .. } = table;
        let cut = Cut { raw: &now.raw, straight, start: now.start, line, target, limit, last_end };
        Ok(Box::new(assumed::regular(cut, now.assumed(), || now.care.irregular())?))
    }

    fn block_at(&self, place: &BlockPlace) -> Result<Block> {
        let now = self.now();
        let straight = Straight::of(&now.found).unwrap_or(Straight::Utf8);
        regular::block_at(&now.raw, straight, *place, now.reading.target())
    }

    fn part_at(&self, place: &BlockPlace, spans: &[Range<u32>]) -> Result<Option<Block>> {
        let now = self.now();
        match (&now.reading, Straight::of(&now.found)) {
            (Reading::Table(_), Some(Straight::Utf8)) => {
                regular::part_at(&now.raw, place, spans, now.reading.target())
            }
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
        let now = self.now();
        let table = match &now.reading {
            Reading::Table(table) => table,
            Reading::Ldif(ldif) => return ldif.records(block, wanted, notes, each),
        };
        let part = now.care.before_other_heading(block);
        let block = part.as_ref().unwrap_or(block);
        let ascii = now.found.ascii || now.assumed().is_some_and(Assumed::ascii);
        let known = (now.care.careful(), ascii);
        let (problems, regular) = table.records(block, wanted, known, notes, each);
        if !regular {
            now.care.irregular();
        }
        now.care.check(&problems);
        problems
    }

    fn some_records(
        &self,
        block: &Block,
        starts: &[u32],
        wanted: AttrSet,
        each: &mut dyn FnMut(&Record<'_>),
    ) {
        match &self.now().reading {
            Reading::Table(table) => table.some_records(block, starts, wanted, each),
            Reading::Ldif(ldif) => ldif.some_records(block, starts, wanted, each),
        }
    }

    fn changed(&self) -> bool {
        self.raw.changed()
    }

    fn settled(&self) -> Result<bool> {
        let settled = self.now().care.settled();
        let seen = self.assumed().map_or(Ok(true), |assumed| assumed.settled(self))?;
        Ok(settled && seen)
    }
}
