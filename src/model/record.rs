//! What a source gives: blocks of text, each of whole records, and the records of a block.

use std::ops::Range;

use super::attribute::AttrSet;
use super::lines::Lines;
use super::problem::Problems;
use super::room::BlockText;
use super::user::User;
use crate::error::{Error, Result};

/// A run of whole records, as UTF-8.
#[derive(Debug, Clone, Default)]
pub struct Block {
    /// The records, as the source cut them.
    pub text: BlockText,
    /// The line of the input on which the block starts, from 1.
    pub line: u64,
    /// How many bytes of the input the block stands for, before decoding; for progress.
    pub bytes: u64,
    /// Damage in the input before the block, for which no record could be cut; [`Input::records`] passes it on.
    pub problems: Problems,
    /// Where it stands, when it can be read again without those before it.
    pub place: Option<BlockPlace>,
}

/// Where a block stands in its input: enough to read it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockPlace {
    /// Its first byte in what the input reads from.
    pub start: u64,
    /// How many bytes it has there.
    pub len: u32,
    /// [`Block::bytes`].
    pub bytes: u32,
    /// [`Block::line`].
    pub line: u64,
}

/// One record: a user, where it stood, and whether values of it are missing.
#[derive(Debug)]
pub struct Record<'a> {
    /// The user.
    pub user: User<'a>,
    /// Where it stands.
    pub place: Place<'a>,
    /// Where it starts in the text of its block, which tells it from the others there.
    pub at: u32,
    /// Why the record is incomplete; `None` when it is whole.
    pub incomplete: Option<&'static str>,
}

/// A place in a block.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The lines of the block.
    pub lines: &'a Lines<'a>,
    /// The place in its text, in bytes.
    pub at: usize,
}

impl Place<'_> {
    /// The line of the input, from 1; LF, CRLF and CR each end one.
    #[must_use]
    pub fn line(self) -> u64 {
        self.lines.of(self.at)
    }
}

/// What one reading of a block notes of it, by which a later one is faster. Only the input knows how it is written; a
/// reading without it gives the same.
#[derive(Debug)]
pub enum Notes<'n> {
    /// Nothing is noted, and nothing was.
    None,
    /// Room for them, empty so far, and the attributes that a later reading wants of most records.
    Take(&'n mut Vec<u8>, AttrSet),
    /// Those of an earlier reading of the block, and of which records less is wanted.
    Use(&'n [u8], Brief<'n>),
}

/// Records of which less is wanted than of the others.
#[derive(Debug, Clone, Copy, Default)]
pub struct Brief<'n> {
    /// Only these attributes, those that were noted; others may be left out.
    pub wanted: AttrSet,
    /// An octet for each record of the block, 0 for those of which all is wanted; none for all.
    pub records: &'n [u8],
}

impl Notes<'_> {
    /// The attributes that are noted.
    #[must_use]
    pub fn wanted(&self) -> AttrSet {
        match self {
            Notes::None => AttrSet::NONE,
            Notes::Take(_, wanted) | Notes::Use(_, Brief { wanted, .. }) => *wanted,
        }
    }
}

/// An opened source. It can be read several times and gives the same each time.
pub trait Input: Sync {
    /// What to call the source in reports: its path as given, `-` for standard input.
    fn name(&self) -> &str;

    /// Which attributes the source carries.
    fn carried(&self) -> AttrSet;

    /// The blocks, in order, from the start; cutting is serial, so it does as little as it can.
    fn blocks(&self) -> Result<Box<dyn Iterator<Item = Result<Block>> + Send + '_>>;

    /// A block that said where it stands, again. Called in parallel.
    fn block_at(&self, place: &BlockPlace) -> Result<Block> {
        let _ = place;
        Err(Error::source(
            self.name(),
            "cannot be read from the middle",
            "report this as a mistake of the program",
        ))
    }

    /// What stands at some places in the text of such a block, put together; `None` where it is as well to read all of
    /// it. Only for [`Input::some_records`]. Called in parallel.
    fn part_at(&self, place: &BlockPlace, spans: &[Range<u32>]) -> Result<Option<Block>> {
        let _ = (place, spans);
        Ok(None)
    }

    /// Gives every record of a block to `each`, in order, and returns the damage. Called in parallel; a pure
    /// function of the block. Values of attributes that are not `wanted` may be left out, and their damage with them;
    /// which records there are does not depend on it.
    fn records(&self, block: &Block, wanted: AttrSet, each: &mut dyn FnMut(&Record<'_>)) -> Problems;

    /// [`Input::records`], with notes for a later reading or from an earlier one.
    fn noted_records(
        &self,
        block: &Block,
        wanted: AttrSet,
        notes: Notes<'_>,
        each: &mut dyn FnMut(&Record<'_>),
    ) -> Problems {
        let _ = notes;
        self.records(block, wanted, each)
    }

    /// Gives the records of a block that start at `starts`, in ascending order, to `each`; others are not read where
    /// that can be done. Called in parallel, on blocks that were read whole before.
    fn some_records(
        &self,
        block: &Block,
        starts: &[u32],
        wanted: AttrSet,
        each: &mut dyn FnMut(&Record<'_>),
    ) {
        let mut left = starts;
        self.records(block, wanted, &mut |record| {
            if left.first() == Some(&record.at) {
                left = &left[1..];
                each(record);
            }
        });
    }

    /// Whether what it reads from is no longer what it was when it was opened, as far as that shows.
    fn changed(&self) -> bool {
        false
    }

    /// Whether the reading just done can be trusted. If not, it has to be done once more: the source now knows that
    /// it must cut its blocks with more care, or read them in another encoding.
    fn settled(&self) -> Result<bool> {
        Ok(true)
    }
}
