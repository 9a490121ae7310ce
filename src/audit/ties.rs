//! What every record has to know of the others that hold its texts, sorted by the block in which it stands.

use smallvec::SmallVec;

use super::heap::Heap;
use super::layout::Layout;
use super::look::PLACES;
use super::spill::Spill;
use crate::error::Result;
use crate::rules::unique::Others;

/// The others that hold a text in one place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct List {
    /// How many.
    pub(super) count: u32,
    /// The records of the first of them.
    pub(super) rows: SmallVec<[u32; Others::NAMED]>,
}

/// The others that hold one text of a record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tie {
    pub(super) row: u32,
    /// Which key of the record has the text: the first of them.
    pub(super) ordinal: u32,
    /// The lower half of the key's hash: what was read is the same as before.
    pub(super) check: u32,
    /// By place.
    pub(super) lists: [List; PLACES],
}

impl Tie {
    /// Appends it: numbers, then of each place whether there are others, and they, unless they are those before.
    fn write(&self, bytes: &mut Vec<u8>) {
        for number in [self.row, self.ordinal, self.check] {
            bytes.extend(number.to_le_bytes());
        }
        let start = bytes.len();
        bytes.push(0);
        let mut before: Option<&List> = None;
        for (place, list) in self.lists.iter().enumerate().filter(|(_, list)| list.count > 0) {
            bytes[start] |= 1 << place;
            if before == Some(list) {
                bytes[start] |= 1 << (PLACES + place);
                continue;
            }
            bytes.extend(list.count.to_le_bytes());
            bytes.push(u8::try_from(list.rows.len()).unwrap_or_default());
            bytes.extend(list.rows.iter().flat_map(|row| row.to_le_bytes()));
            before = Some(list);
        }
    }
}

/// Takes the lists off that [`Tie::write`] has written; `None` at the end.
fn lists(bytes: &mut &[u8]) -> Option<[List; PLACES]> {
    let mut lists: [List; PLACES] = Default::default();
    let (&marks, rest) = bytes.split_first()?;
    *bytes = rest;
    let mut before = List::default();
    for (place, list) in lists.iter_mut().enumerate() {
        if marks & 1 << place == 0 {
            continue;
        }
        if marks & 1 << (PLACES + place) == 0 {
            let count = number(bytes)?;
            let (&named, rest) = bytes.split_first()?;
            *bytes = rest;
            let rows = (0..named).map_while(|_| number(bytes)).collect();
            before = List { count, rows };
        }
        list.clone_from(&before);
    }
    Some(lists)
}

fn number(bytes: &mut &[u8]) -> Option<u32> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(u32::from_le_bytes(*first))
}

/// The ties of all records.
pub(super) struct Ties<'a> {
    layout: &'a Layout<'a>,
    heap: Heap<'a>,
}

/// How many bytes are handed on at once.
const PIECE: usize = 1 << 16;

impl<'a> Ties<'a> {
    /// None yet; keeps about so many bytes in memory.
    pub(super) fn new(layout: &'a Layout<'a>, spill: &'a Spill, room: usize) -> Self {
        Self { layout, heap: Heap::new(spill, layout.len(), room) }
    }

    /// Room for the ties that one thread finds.
    pub(super) fn room(&self) -> Room<'_, 'a> {
        Room { ties: self, bytes: Vec::new(), ends: Vec::new() }
    }

    /// The ties of the records of a block. To be asked once for each block.
    pub(super) fn of(&self, block: usize) -> Result<BlockTies> {
        Ok(BlockTies::of(self.heap.partition(block)?))
    }
}

/// The ties of the records of a block, by record and key.
#[derive(Debug, Default)]
pub(super) struct BlockTies {
    bytes: Vec<u8>,
    ties: Vec<Tied>,
}

/// A tie whose lists are read when they are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Tied {
    row: u32,
    ordinal: u32,
    check: u32,
    /// Where its lists stand.
    at: usize,
}

/// The ties of one record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Own<'b> {
    bytes: &'b [u8],
    ties: &'b [Tied],
}

impl BlockTies {
    fn of(bytes: Vec<u8>) -> Self {
        let (mut rest, mut ties) = (bytes.as_slice(), Vec::new());
        while let (Some(row), Some(ordinal), Some(check)) =
            (number(&mut rest), number(&mut rest), number(&mut rest))
        {
            ties.push(Tied { row, ordinal, check, at: bytes.len() - rest.len() });
            if lists(&mut rest).is_none() {
                break;
            }
        }
        ties.sort_unstable();
        Self { bytes, ties }
    }

    /// The records that share something; some may come several times.
    pub(super) fn rows(&self) -> impl Iterator<Item = u32> {
        self.ties.iter().map(|tie| tie.row)
    }

    /// Gives them record by record.
    pub(super) fn by_record(&self) -> ByRecord<'_> {
        ByRecord { bytes: &self.bytes, left: &self.ties }
    }
}

/// The ties of a block, record by record.
pub(super) struct ByRecord<'b> {
    bytes: &'b [u8],
    left: &'b [Tied],
}

impl<'b> ByRecord<'b> {
    /// Those of a record; records are asked for in ascending order.
    pub(super) fn own(&mut self, row: u32) -> Own<'b> {
        while self.left.first().is_some_and(|tie| tie.row < row) {
            self.left = &self.left[1..];
        }
        let len = self.left.iter().take_while(|tie| tie.row == row).count();
        let ties;
        (ties, self.left) = self.left.split_at(len);
        Own { bytes: self.bytes, ties }
    }
}

impl Own<'_> {
    /// Whether the record shares nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.ties.is_empty()
    }

    /// The keys that are tied, each with the lower half of its hash.
    pub(super) fn keys(&self) -> impl Iterator<Item = (u32, u32)> {
        self.ties.iter().map(|tie| (tie.ordinal, tie.check))
    }

    /// Whether others hold a text of the record in a place.
    pub(super) fn any(&self, place: usize) -> bool {
        let marks = |tie: &Tied| self.bytes.get(tie.at).copied().unwrap_or_default();
        self.ties.iter().any(|tie| marks(tie) & 1 << place != 0)
    }

    /// The others that hold the text of a key in a place.
    pub(super) fn list(&self, ordinal: u32, place: usize) -> Option<List> {
        let at = self.ties.binary_search_by_key(&ordinal, |tie| tie.ordinal).ok()?;
        lists(&mut self.bytes.get(self.ties[at].at..)?)?.into_iter().nth(place)
    }
}

/// Ties on their way.
pub(super) struct Room<'t, 'a> {
    ties: &'t Ties<'a>,
    bytes: Vec<u8>,
    /// The block of each, and where it ends.
    ends: Vec<(usize, usize)>,
}

impl Room<'_, '_> {
    /// Takes one.
    pub(super) fn add(&mut self, tie: &Tie) -> Result<()> {
        tie.write(&mut self.bytes);
        self.ends.push((self.ties.layout.block_of(tie.row), self.bytes.len()));
        if self.bytes.len() > PIECE { self.hand_on() } else { Ok(()) }
    }

    /// Hands on what is left.
    pub(super) fn finish(mut self) -> Result<()> {
        self.hand_on()
    }

    fn hand_on(&mut self) -> Result<()> {
        let mut start = 0;
        let entries = self
            .ends
            .iter()
            .map(|&(block, end)| (block, &self.bytes[std::mem::replace(&mut start, end)..end]));
        self.ties.heap.add(entries)?;
        self.bytes.clear();
        self.ends.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_are_read_as_they_were_written() {
        let list = |count: u32, rows: &[u32]| List { count, rows: rows.into() };
        let none = List::default();
        let pair = list(1, &[7]);
        let many = list(1_000_000, &[1, 2, 3, 4, u32::MAX]);
        let mut bytes = Vec::new();
        let ties = [
            [pair.clone(), pair.clone(), pair.clone(), none.clone()],
            [none.clone(), many.clone(), pair.clone(), none.clone()],
            [many.clone(), none.clone(), many, pair.clone()],
            [none.clone(), none.clone(), none, pair],
        ];
        let tie =
            |(row, lists): (u32, &[List; PLACES])| Tie { row, ordinal: 9, check: 11, lists: lists.clone() };
        let ties: Vec<Tie> = (5..).zip(&ties).map(tie).collect();
        ties.iter().rev().for_each(|tie| tie.write(&mut bytes));
        let read = BlockTies::of(bytes);
        let mut read = read.by_record();
        assert!(read.own(4).is_empty());
        for tie in &ties {
            let own = read.own(tie.row);
            assert_eq!(own.keys().collect::<Vec<_>>(), [(9, 11)]);
            for (place, list) in tie.lists.iter().enumerate() {
                assert_eq!(own.any(place), list.count > 0);
                assert_eq!(own.list(9, place).as_ref(), Some(list));
            }
            assert_eq!(own.list(8, 0), None);
        }
        assert!(read.own(9).is_empty());
    }
}
