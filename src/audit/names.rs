//! What to call the holders of shared texts in messages.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::bits::Bits;
use super::layout::Layout;
use super::spill::{Kept, Shelf};
use super::ties::List;
use crate::error::{Error, Result};
use crate::rules::unique::Others;

/// The names of all candidates, block by block.
pub(super) struct Names<'a> {
    layout: &'a Layout<'a>,
    /// Which records are candidates.
    rows: &'a Bits,
    shelf: &'a Shelf<'a>,
    blocks: Vec<Kept>,
}

/// The names of the candidates of one block, in order.
#[derive(Debug, Default)]
pub(super) struct BlockNames {
    ends: Vec<u32>,
    text: String,
}

impl BlockNames {
    /// Takes the name of the next candidate.
    pub(super) fn add(&mut self, name: &str) {
        self.text.push_str(name);
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
    }

    /// Where the first starts and where each ends, then the names.
    fn bytes(self) -> Vec<u8> {
        let first = u32::try_from(4 * (self.ends.len() + 1)).unwrap_or(u32::MAX);
        let ends = self.ends.iter().map(|end| first.saturating_add(*end));
        let mut bytes: Vec<u8> = std::iter::once(first).chain(ends).flat_map(u32::to_le_bytes).collect();
        bytes.extend_from_slice(self.text.as_bytes());
        bytes
    }
}

impl<'a> Names<'a> {
    /// No names yet.
    pub(super) fn new(layout: &'a Layout<'a>, rows: &'a Bits, shelf: &'a Shelf<'a>) -> Self {
        Self { layout, rows, shelf, blocks: Vec::new() }
    }

    /// Keeps the names of a block; they can be asked for when those of all blocks are [set](Self::set).
    pub(super) fn keep(&self, names: BlockNames) -> Result<Kept> {
        self.shelf.keep(&names.bytes())
    }

    /// The names of all blocks, in order.
    pub(super) fn set(&mut self, blocks: Vec<Kept>) {
        self.blocks = blocks;
    }

    /// The name of a candidate.
    pub(super) fn of(&self, row: u32) -> Result<String> {
        let block = self.layout.block_of(row);
        let (Some(known), Some(kept)) = (self.layout.get(block), self.blocks.get(block)) else {
            return Ok(String::new());
        };
        let before = self.rows.count(known.first as usize, row as usize);
        let ends = self.shelf.read(kept, 4 * before, 8)?;
        let [start, end] = ends.as_chunks().0 else { return Ok(String::new()) };
        let [start, end] = [start, end].map(|&end| u32::from_le_bytes(end) as usize);
        let name = self.shelf.read(kept, start, end.saturating_sub(start))?;
        Ok(String::from_utf8_lossy(&name).into_owned())
    }
}

/// The names of holders, for one thread; those asked for last are at hand.
pub(super) struct Naming<'a> {
    names: &'a Names<'a>,
    known: RefCell<BTreeMap<u32, Rc<str>>>,
    failed: RefCell<Option<Error>>,
}

/// How many names are at hand.
const AT_HAND: usize = 1024;

impl<'a> Naming<'a> {
    pub(super) fn new(names: &'a Names<'a>) -> Self {
        Self { names, known: RefCell::default(), failed: RefCell::default() }
    }

    /// The others of a list, with their names; `None` when there are none.
    pub(super) fn others(&self, list: &List) -> Option<Others> {
        let names = list.rows.iter().map(|&row| self.name(row));
        (list.count > 0).then(|| Others { count: list.count.into(), names: names.collect() })
    }

    fn name(&self, row: u32) -> Rc<str> {
        let mut known = self.known.borrow_mut();
        if known.len() > AT_HAND {
            known.clear();
        }
        let name = known.entry(row).or_insert_with(|| {
            let name = self.names.of(row).unwrap_or_else(|error| {
                self.failed.replace(Some(error));
                String::new()
            });
            name.into()
        });
        Rc::clone(name)
    }

    /// Why a name could not be read, if that happened.
    pub(super) fn failed(&self) -> Result<()> {
        self.failed.take().map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::super::quiet::Quiets;
    use super::super::spill::Spill;
    use super::*;

    #[test]
    fn names_come_back_from_memory_and_from_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let spill = Spill::new(folder.path());
        for room in [0, 1 << 20] {
            let shelf = Shelf::new(&spill, room);
            let mut layout = Layout::new(&shelf);
            let candidates = [0, 3, 4, 99, 100, 150, 299];
            let rows = Bits::new(300);
            for row in candidates {
                rows.set(row as usize);
            }
            for _ in 0..3 {
                let kept = (shelf.keep(&[]).unwrap(), Box::default(), Quiets::default());
                layout.add(0, None, 100, kept).unwrap();
            }
            let mut names = Names::new(&layout, &rows, &shelf);
            let mut blocks = Vec::new();
            for block in 0..3 {
                let mut own = BlockNames::default();
                for &row in candidates.iter().filter(|&row| row / 100 == block) {
                    own.add(&if row == 3 { String::new() } else { format!("CN=Ünser {row}") });
                }
                blocks.push(names.keep(own).unwrap());
            }
            names.set(blocks);
            for row in candidates {
                let want = if row == 3 { String::new() } else { format!("CN=Ünser {row}") };
                assert_eq!(names.of(row).unwrap(), want);
            }
        }
    }
}
