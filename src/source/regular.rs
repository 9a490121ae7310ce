//! Cuts regular text into blocks by the parity of quotes alone: as fast as bytes can be counted.
//!
//! In a file whose quotes only ever enclose cells or stand doubled inside them, a line break behind an even number of
//! quotes ends a record. Whether a file is like that is only known when its records have been read; the reader of the
//! records says so, and a file that is not is cut anew with care (see [`super::cut`]).

use std::ops::Range;

use memchr::{memchr_iter, memrchr2};

use super::assumed::Witness;
use super::encoding::{CHUNK, Raw};
use super::scan::lines;
use super::straight::{LONGEST, Straight, checked};
use crate::error::Result;
use crate::model::problem::Problems;
use crate::model::{Block, BlockPlace, BlockText, Room};

/// What is cut, and how.
#[derive(Clone, Copy)]
pub(super) struct Cut<'a> {
    /// The file.
    pub raw: &'a Raw,
    /// How it is encoded.
    pub straight: Straight,
    /// Where the first record starts, in bytes of the file.
    pub start: u64,
    /// Its line.
    pub line: u64,
    /// About how many bytes of text a block has.
    pub target: usize,
    /// How many bytes of text a record may have.
    pub limit: usize,
    /// Where the last whole record of a text ends that may go on.
    pub last_end: fn(&[u8]) -> Option<usize>,
}

/// The serial iterator over the blocks of a regular file.
pub(super) struct Regular<'a> {
    cut: Cut<'a>,
    /// Up to where the file was read.
    place: u64,
    line: u64,
    /// How many bytes of the given file are accounted for.
    given: u64,
    /// Where `tail` starts in the file.
    start: u64,
    /// What was read behind the last block.
    tail: Vec<u8>,
    /// What is known to be wrong with the file; the reading stops there.
    pub(super) suspect: bool,
    /// Who sees what is read, if that is UTF-8.
    pub(super) witness: Option<Witness>,
}

impl<'a> Regular<'a> {
    /// Starts at the first record.
    pub(super) fn new(cut: Cut<'a>) -> Self {
        let Cut { start, line, .. } = cut;
        Self { cut, place: start, line, given: 0, start, tail: Vec::new(), suspect: false, witness: None }
    }

    /// The next run of whole records; `None` at the end.
    fn block(&mut self) -> Result<Option<Block>> {
        let mut room = Room::of_thread(most(self.cut.target));
        room.push(&self.tail);
        loop {
            let ended = self.more(&mut room)?;
            let bytes = room.bytes();
            let end = if ended { Some(bytes.len()) } else { (self.cut.last_end)(bytes) };
            match end {
                Some(end) => {
                    self.tail.clear();
                    self.tail.extend_from_slice(&bytes[end..]);
                    return self.give(room, end);
                }
                None if bytes.len() > self.cut.limit => {
                    // A record of that size: damage, which the careful reading names. Nobody checks it.
                    (self.suspect, self.witness) = (true, None);
                    return Ok(None);
                }
                None => {}
            }
        }
    }

    /// Reads the next piece; gives whether it was the last.
    fn more(&mut self, room: &mut Room) -> Result<bool> {
        let Cut { raw, straight, target, .. } = self.cut;
        // What is read again and again because no record ends in it grows by doubling.
        // A character at least: its first part waits for the rest.
        // No more than one byte behind the end of the file, by which the end is seen.
        let rest = usize::try_from(raw.len.saturating_sub(self.place)).unwrap_or(usize::MAX);
        let wanted = target.max(room.bytes().len()).max(LONGEST).min(rest.saturating_add(1));
        room.reserve(wanted);
        let mut left = wanted;
        while left > 0 {
            let before = room.bytes().len();
            // Who sees it sees it in the cache, and in pieces that are subtrees of the hash.
            let whole = CHUNK - usize::try_from(self.place % CHUNK as u64).unwrap_or_default();
            let piece = if self.witness.is_some() { left.min(whole) } else { left };
            let (read, ended) = straight.read(raw, (self.place, piece), room)?;
            self.place += read as u64;
            if let Some(witness) = &mut self.witness {
                witness.see(&room.bytes()[before..]);
            }
            if ended {
                return Ok(true);
            }
            left -= piece;
        }
        Ok(false)
    }

    /// The block of the first bytes that were read; `None` when there are none.
    fn give(&mut self, room: Room, end: usize) -> Result<Option<Block>> {
        if end == 0 {
            return Ok(None);
        }
        let Cut { raw, straight, .. } = self.cut;
        let text = checked(raw, room, end)?;
        let line = self.line;
        self.line += lines(&text);
        let given = raw.given_until(self.place);
        let fresh = given - std::mem::replace(&mut self.given, given);
        let behind = self.place - straight.len(&self.tail);
        let start = std::mem::replace(&mut self.start, behind);
        // Longer ones do not occur: a record is limited.
        let size = |bytes| u32::try_from(bytes).unwrap_or(u32::MAX);
        let place = BlockPlace { start, len: size(behind - start), bytes: size(fresh), line };
        Ok(Some(block(text, place)))
    }
}

/// How many bytes a block of about so many has room for: it starts with what was read behind the last one.
fn most(target: usize) -> usize {
    target + target / 4
}

/// The block at a place, again.
pub(super) fn block_at(raw: &Raw, straight: Straight, place: BlockPlace, target: usize) -> Result<Block> {
    let mut room = Room::of_thread(most(target));
    // One byte behind the end of the file, by which the end is seen: half a character may stand there.
    let is_last = place.start + u64::from(place.len) == raw.len;
    straight.read(raw, (place.start, place.len as usize + usize::from(is_last)), &mut room)?;
    let len = room.bytes().len();
    Ok(block(checked(raw, room, len)?, place))
}

/// How many bytes can be read in a row while one call more is made.
const CALL: usize = 1 << 10;

/// Parts of the block of UTF-8 at a place; `None` when they are most of it.
pub(super) fn part_at(
    raw: &Raw,
    place: &BlockPlace,
    spans: &[Range<u32>],
    target: usize,
) -> Result<Option<Block>> {
    let size: usize = spans.iter().map(ExactSizeIterator::len).sum();
    // Each is a call of its own.
    if size + spans.len() * CALL > place.len as usize / 2 {
        return Ok(None);
    }
    let mut room = Room::of_thread(most(target));
    room.reserve(size);
    for span in spans {
        room.fill(span.len(), |own| raw.read(place.start + u64::from(span.start), own))?;
    }
    let len = room.bytes().len();
    Ok(Some(Block { text: checked(raw, room, len)?, ..Block::default() }))
}

fn block(text: BlockText, place: BlockPlace) -> Block {
    let BlockPlace { line, bytes, .. } = place;
    Block { text, line, bytes: bytes.into(), problems: Problems::default(), place: Some(place) }
}

/// Behind the last line break at an even number of quotes.
pub(super) fn last_end(bytes: &[u8]) -> Option<usize> {
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

    #[test]
    fn a_part_of_a_block_is_what_stands_there() {
        use std::io::Write;
        let mut file = tempfile::NamedTempFile::new().unwrap();
        write!(file, "head\nü,1\nb,2\nc,3\n{}\n", "d".repeat(6000)).unwrap();
        let raw = Raw::open(file.path().to_str().unwrap()).unwrap();
        let place = BlockPlace { start: 5, len: 6014, bytes: 6014, line: 2 };
        let part = |spans: &[Range<u32>]| part_at(&raw, &place, spans, 100).unwrap().map(|part| part.text);
        assert_eq!(part(&[0..2, 9..11]).as_deref(), Some("üc,"));
        assert_eq!(part(&[0..5, 13..2000]), None);
        assert_eq!(part(&[0..2, 5..6, 9..11]), None);
        assert!(part_at(&raw, &place, &[1..3, 9..10], 100).is_err());
    }

    #[test]
    fn blocks_of_any_encoding_can_be_read_again() {
        use crate::source::encoding::find;
        use std::io::Write;
        let text = "a,b\r\né,\"x\n€\"\r\n𝄞𝄞,ü\r\n\"\"\"𝄞\",\r\n".repeat(9);
        let wide = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<_>>();
        let narrow = encoding_rs::WINDOWS_1252.encode(&text.replace('𝄞', "ß")).0.into_owned();
        let (little, big) = (wide(u16::to_le_bytes), wide(u16::to_be_bytes));
        let cut = |more: &[u8]| [&little, more].concat();
        for (label, bytes) in [
            ("utf-8", text.clone().into_bytes()),
            ("utf-16le", cut(b"")),
            ("utf-16le", cut(b"u")),
            ("utf-16le", cut(b"u\0\x34\xd8")),
            ("utf-16le", cut(b"\x34\xd8u")),
            ("utf-16be", big),
            ("windows-1252", narrow.clone()),
            ("cp850", narrow),
        ] {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(&bytes).unwrap();
            let raw = Raw::open(file.path().to_str().unwrap()).unwrap();
            let found = find(&raw, crate::source::bytes::look(&raw).unwrap(), Some(label)).unwrap();
            let straight = Straight::of(&found).unwrap();
            let mut whole = Room::of_thread(1);
            straight.read(&raw, (0, bytes.len() + 1), &mut whole).unwrap();
            for target in 1..50 {
                let cut = Cut { raw: &raw, straight, start: 0, line: 1, target, limit: 1 << 20, last_end };
                let (mut all, mut given) = (String::new(), 0);
                for block in Regular::new(cut) {
                    let block = block.unwrap();
                    let place = block.place.unwrap();
                    assert_eq!(block.line, 1 + lines(&all), "{label} {target}");
                    let again = block_at(&raw, straight, place, target).unwrap();
                    assert_eq!(again.text.as_str(), block.text.as_str(), "{label} {target}");
                    all.push_str(&block.text);
                    given += block.bytes;
                }
                assert_eq!(
                    (all.as_bytes() == whole.bytes(), given),
                    (true, bytes.len() as u64),
                    "{label} {target}"
                );
            }
        }
    }
}
