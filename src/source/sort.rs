//! Sorting more than fits into memory: sorted runs in a temporary file, then a merge.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{BufWriter, Write};

use super::encoding::Raw;
use super::spool::temporary;
use crate::error::{Error, Result};

/// How many bytes are sorted in memory at once.
const ROOM: usize = 64 << 20;
/// How many bytes of a run are read at once.
const PIECE: usize = 64 * 1024;

/// What is sorted: by key, then by number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Item {
    /// What comes first.
    pub key: u128,
    /// What comes first among equal keys.
    pub number: u64,
    /// What is carried along.
    pub bytes: Vec<u8>,
}

/// Takes items in any order.
#[derive(Debug)]
pub(super) struct Sorter {
    items: Vec<Item>,
    size: usize,
    room: usize,
    /// The runs written so far, and where each ends.
    file: Option<BufWriter<std::fs::File>>,
    ends: Vec<u64>,
}

impl Sorter {
    /// Nothing so far.
    pub(super) fn new() -> Self {
        Self::with_room(ROOM)
    }

    fn with_room(room: usize) -> Self {
        Self { items: Vec::new(), size: 0, room, file: None, ends: Vec::new() }
    }

    /// Takes one more.
    pub(super) fn push(&mut self, item: Item) -> Result<()> {
        self.size += item.bytes.len() + size_of::<Item>();
        self.items.push(item);
        if self.size > self.room { self.write() } else { Ok(()) }
    }

    /// Writes what is in memory as a run.
    fn write(&mut self) -> Result<()> {
        let failed = |why| Error::io("write", std::env::temp_dir())(why);
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(BufWriter::with_capacity(PIECE, temporary()?)),
        };
        let mut end = self.ends.last().copied().unwrap_or(0);
        self.items.sort_unstable();
        for item in self.items.drain(..) {
            let mut head = [0; HEAD];
            head[..16].copy_from_slice(&item.key.to_le_bytes());
            head[16..24].copy_from_slice(&item.number.to_le_bytes());
            head[24..].copy_from_slice(&(item.bytes.len() as u64).to_le_bytes());
            file.write_all(&head).and_then(|()| file.write_all(&item.bytes)).map_err(failed)?;
            end += (HEAD + item.bytes.len()) as u64;
        }
        self.ends.push(end);
        self.size = 0;
        Ok(())
    }

    /// Gives all of them in order.
    pub(super) fn sorted(mut self) -> Result<Sorted> {
        let mut runs = Vec::new();
        if let Some(file) = self.file.take() {
            self.file = Some(file);
            self.write()?;
        }
        if let Some(file) = self.file.take() {
            let file = file
                .into_inner()
                .map_err(|why| Error::io("write", std::env::temp_dir())(why.into_error()))?;
            let raw = Raw::spooled(file, self.ends.last().copied().unwrap_or(0));
            let mut start = 0;
            for &end in &self.ends {
                runs.push(Run { place: start, end, held: Vec::new(), used: 0 });
                start = end;
            }
            let mut sorted =
                Sorted { raw: Some(raw), runs, heap: BinaryHeap::new(), rest: Vec::new().into_iter() };
            for run in 0..sorted.runs.len() {
                sorted.advance(run)?;
            }
            return Ok(sorted);
        }
        self.items.sort_unstable();
        Ok(Sorted { raw: None, runs, heap: BinaryHeap::new(), rest: self.items.into_iter() })
    }
}

/// The length of what stands before the bytes of an item: key, number, length.
const HEAD: usize = 32;

/// A run that is being read.
#[derive(Debug)]
struct Run {
    place: u64,
    end: u64,
    held: Vec<u8>,
    used: usize,
}

impl Run {
    /// The next `len` bytes.
    fn take(&mut self, raw: &Raw, len: usize) -> Result<Option<&[u8]>> {
        let left = self.held.len() - self.used;
        if left < len {
            self.held.drain(..self.used);
            self.used = 0;
            let rest = usize::try_from(self.end - self.place).unwrap_or(usize::MAX);
            let wanted = PIECE.max(len).min(rest);
            self.held.resize(left + wanted, 0);
            let read = raw.read(self.place, &mut self.held[left..])?;
            self.held.truncate(left + read);
            self.place += read as u64;
        }
        let start = self.used;
        self.used = (start + len).min(self.held.len());
        Ok(self.held.get(start..start + len))
    }

    fn item(&mut self, raw: &Raw) -> Result<Option<Item>> {
        let Some(head) = self.take(raw, HEAD)? else { return Ok(None) };
        let number = |from: usize| -> u128 {
            head[from..from + 8].iter().rev().fold(0, |sum, &b| sum << 8 | u128::from(b))
        };
        let (key, place, len) = (number(8) << 64 | number(0), number(16), number(24));
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        let bytes = self.take(raw, len)?.map(<[u8]>::to_vec);
        Ok(bytes.map(|bytes| Item { key, number: u64::try_from(place).unwrap_or(u64::MAX), bytes }))
    }
}

/// Items in order.
pub(super) struct Sorted {
    raw: Option<Raw>,
    runs: Vec<Run>,
    heap: BinaryHeap<Reverse<(Item, usize)>>,
    rest: std::vec::IntoIter<Item>,
}

impl Sorted {
    fn advance(&mut self, run: usize) -> Result<()> {
        if let (Some(raw), Some(of)) = (&self.raw, self.runs.get_mut(run))
            && let Some(item) = of.item(raw)?
        {
            self.heap.push(Reverse((item, run)));
        }
        Ok(())
    }
}

impl Iterator for Sorted {
    type Item = Result<Item>;

    fn next(&mut self) -> Option<Result<Item>> {
        if self.raw.is_none() {
            return self.rest.next().map(Ok);
        }
        let Reverse((item, run)) = self.heap.pop()?;
        Some(self.advance(run).map(|()| item))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_merged() {
        for room in [1, 200, 5000, ROOM] {
            let mut sorter = Sorter::with_room(room);
            let mut want = Vec::new();
            for number in 0..500u64 {
                let key = u128::from(number * 7919 % 53) << 70;
                let item = Item { key, number, bytes: vec![b'x'; usize::try_from(number % 90).unwrap()] };
                want.push(item.clone());
                sorter.push(item).unwrap();
            }
            want.sort();
            let got: Vec<Item> = sorter.sorted().unwrap().map(|item| item.unwrap()).collect();
            assert!(got == want, "{room}");
        }
    }
}
