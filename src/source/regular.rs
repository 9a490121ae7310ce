//! Cuts regular UTF-8 text into blocks by the parity of quotes alone: as fast as bytes can be counted.
//!
//! In a file whose quotes only ever enclose cells or stand doubled inside them, a line break behind an even number of
//! quotes ends a record. Whether a file is like that is only known when its records have been read; the reader of the
//! records says so, and a file that is not is cut anew with care (see [`super::cut`]).

use memchr::{memchr_iter, memrchr, memrchr2};

use super::cut::Table;
use super::encoding::Raw;
use crate::error::{Error, Result};
use crate::model::problem::Problems;
use crate::model::{Block, BlockPlace};

/// The serial iterator over the blocks of a regular file.
pub(super) struct Regular<'a> {
    raw: &'a Raw,
    table: Table,
    place: u64,
    line: u64,
    /// How many bytes of the given file are accounted for.
    given: u64,
    /// What was read behind the last block.
    tail: Vec<u8>,
    /// What is known to be wrong with the file; the reading stops there.
    pub(super) suspect: bool,
}

impl<'a> Regular<'a> {
    /// Starts behind the heading.
    pub(super) fn new(raw: &'a Raw, bom: u64, table: Table) -> Self {
        let place = bom + table.skip as u64;
        Self { raw, table, place, line: table.line, given: 0, tail: Vec::new(), suspect: false }
    }

    /// The next run of whole records; `None` at the end.
    fn block(&mut self) -> Result<Option<Block>> {
        let mut bytes = std::mem::take(&mut self.tail);
        loop {
            let known = bytes.len();
            // What is read again and again because no record ends in it grows by doubling.
            let wanted = self.table.target.max(known);
            bytes.resize(known + wanted, 0);
            let read = self.raw.read(self.place, &mut bytes[known..])?;
            bytes.truncate(known + read);
            self.place += read as u64;
            let ended = read < wanted;
            let end = if ended { Some(bytes.len()) } else { last_end(&bytes) };
            match end {
                Some(end) => {
                    self.tail.extend_from_slice(&bytes[end..]);
                    bytes.truncate(end);
                    return self.give(bytes);
                }
                None if bytes.len() > self.table.limit => {
                    // A record of that size: damage, which the careful reading names.
                    self.suspect = true;
                    return Ok(None);
                }
                None => {}
            }
        }
    }

    fn give(&mut self, bytes: Vec<u8>) -> Result<Option<Block>> {
        if bytes.is_empty() {
            return Ok(None);
        }
        let line = self.line;
        self.line += line_breaks(&bytes);
        let given = self.raw.given_until(self.place);
        let fresh = given - std::mem::replace(&mut self.given, given);
        let start = self.place - self.tail.len() as u64 - bytes.len() as u64;
        // Longer ones do not occur: a record is limited.
        let size = |bytes| u32::try_from(bytes).unwrap_or(u32::MAX);
        let place = BlockPlace { start, len: size(bytes.len() as u64), bytes: size(fresh), line };
        block(self.raw, bytes, place).map(Some)
    }
}

/// The block at a place, again.
pub(super) fn block_at(raw: &Raw, place: BlockPlace) -> Result<Block> {
    let mut bytes = vec![0; place.len as usize];
    let read = raw.read(place.start, &mut bytes)?;
    bytes.truncate(read);
    block(raw, bytes, place)
}

fn block(raw: &Raw, bytes: Vec<u8>, place: BlockPlace) -> Result<Block> {
    let text = String::from_utf8(bytes).map_err(|_| {
        let remedy = "run the audit again when nothing writes to the file any more";
        Error::source(raw.name(), "the file changed while it was being read", remedy)
    })?;
    let BlockPlace { line, bytes, .. } = place;
    Ok(Block { text, line, bytes: bytes.into(), problems: Problems::default(), place: Some(place) })
}

/// Behind the last line break at an even number of quotes.
fn last_end(bytes: &[u8]) -> Option<usize> {
    let mut even = memchr_iter(b'"', bytes).count().is_multiple_of(2);
    let mut end = bytes.len();
    // A CR at the very end may be half a line break.
    let mut seen = end - usize::from(bytes.last() == Some(&b'\r'));
    while let Some(at) = memrchr2(b'\n', b'\r', &bytes[..seen]) {
        even ^= memchr_iter(b'"', &bytes[at..end]).count() % 2 == 1;
        if even {
            return Some(at + 1);
        }
        (end, seen) = (at, at);
    }
    None
}

/// How many lines end in a run of whole records: LF, CRLF and CR each end one.
fn line_breaks(bytes: &[u8]) -> u64 {
    let feeds = memchr_iter(b'\n', bytes).count();
    if memrchr(b'\r', bytes).is_none() {
        return feeds as u64;
    }
    let lone = memchr_iter(b'\r', bytes).filter(|&at| bytes.get(at + 1) != Some(&b'\n')).count();
    (feeds + lone) as u64
}

impl Iterator for Regular<'_> {
    type Item = Result<Block>;

    fn next(&mut self) -> Option<Self::Item> {
        self.block().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_ends_where_quotes_are_even() {
        assert_eq!(last_end(b"a,b\nc,"), Some(4));
        assert_eq!(last_end(b"a,\"b\nc\",\"d\ne"), None);
        assert_eq!(last_end(b"a\r\n\"b\r\n"), Some(3));
        assert_eq!(last_end(b"a\nb\r"), Some(2));
        assert_eq!(last_end(b"a\rb"), Some(2));
        assert_eq!(last_end(b""), None);
    }
}
