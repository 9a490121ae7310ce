//! How the inputs fall into blocks, as the first reading found them.

use std::ops::Range;

use super::keys;
use super::quiet::Quiets;
use super::spill::{Kept, Shelf};
use crate::error::{Error, Result};
use crate::model::{BlockPlace, Input};

/// One block of the first reading.
pub(super) struct Known {
    input: u32,
    place: Option<BlockPlace>,
    /// Its first record, counted over all inputs.
    pub(super) first: u32,
    /// How many records it has.
    pub(super) records: u32,
    starts: Kept,
    /// What the first reading noted for the last.
    pub(super) notes: Box<[u8]>,
    /// Whom it has judged.
    pub(super) quiets: Quiets,
}

/// All blocks, in order.
pub(super) struct Layout<'s> {
    shelf: &'s Shelf<'s>,
    blocks: Vec<Known>,
    /// How many records there are.
    pub(super) rows: u32,
}

impl<'s> Layout<'s> {
    /// No blocks yet; what grows with the records goes to the shelf.
    pub(super) fn new(shelf: &'s Shelf<'s>) -> Self {
        Self { shelf, blocks: Vec::new(), rows: 0 }
    }

    /// Takes the next block; gives its first record.
    pub(super) fn add(
        &mut self,
        input: usize,
        place: Option<BlockPlace>,
        records: u32,
        (starts, notes, quiets): (Kept, Box<[u8]>, Quiets),
    ) -> Result<u32> {
        let first = self.rows;
        self.rows = first.checked_add(records).ok_or_else(too_many)?;
        let input = u32::try_from(input).map_err(|_| too_many())?;
        self.blocks.push(Known { input, place, first, records, starts, notes, quiets });
        Ok(first)
    }

    /// How many blocks there are.
    pub(super) fn len(&self) -> usize {
        self.blocks.len()
    }

    /// A block, if there was one.
    pub(super) fn get(&self, place: usize) -> Option<&Known> {
        self.blocks.get(place)
    }

    /// From where to where records of a block reach in its text; they are counted in the block, in ascending order.
    pub(super) fn spans(
        &self,
        block: &Known,
        records: impl Iterator<Item = usize>,
    ) -> Result<Vec<Range<u32>>> {
        let kept = self.shelf.read(&block.starts, 0, block.starts.len())?;
        Ok(keys::spans(&kept, records, block.place.map_or(u32::MAX, |place| place.len)))
    }

    /// The block in which a record stands.
    pub(super) fn block_of(&self, row: u32) -> usize {
        self.blocks.partition_point(|block| block.first <= row).saturating_sub(1)
    }

    /// Where the block of an input can be read again.
    pub(super) fn place_of(&self, input: usize, place: usize) -> Option<BlockPlace> {
        self.get(place).filter(|block| block.input as usize == input)?.place
    }

    /// Where the blocks of an input end among all.
    pub(super) fn end_of(&self, input: usize) -> usize {
        self.blocks.partition_point(|block| block.input as usize <= input)
    }
}

fn too_many() -> Error {
    Error::usage("more than 4,294,967,295 records in one run: audit them in parts")
}

/// The file is not what it was in an earlier reading.
pub(super) fn changed(input: &dyn Input) -> Error {
    Error::source(
        input.name(),
        "the file changed while it was being read",
        "run the audit again when nothing writes to the file any more",
    )
}
