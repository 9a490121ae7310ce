//! What a source gives: blocks of text, each of whole records, and the records of a block.

use super::attribute::AttrSet;
use super::problem::Problems;
use super::user::User;
use crate::error::Result;

/// A run of whole records, as UTF-8.
#[derive(Debug, Clone, Default)]
pub struct Block {
    /// The records, as the source cut them.
    pub text: String,
    /// The line of the input on which the block starts, from 1.
    pub line: u64,
    /// How many bytes of the input the block stands for, before decoding; for progress.
    pub bytes: u64,
    /// Damage in the input before the block, for which no record could be cut; [`Input::records`] passes it on.
    pub problems: Problems,
}

/// One record: a user, where it stood, and whether values of it are missing.
#[derive(Debug)]
pub struct Record<'a> {
    /// The user.
    pub user: User<'a>,
    /// The line of the input on which the record starts, from 1.
    pub line: u64,
    /// Why the record is incomplete; `None` when it is whole.
    pub incomplete: Option<&'static str>,
}

/// An opened source. It can be read several times and gives the same each time.
pub trait Input: Sync {
    /// What to call the source in reports: its path as given, `-` for standard input.
    fn name(&self) -> &str;

    /// Which attributes the source carries.
    fn carried(&self) -> AttrSet;

    /// The blocks, in order, from the start; cutting is serial, so it does as little as it can.
    fn blocks(&self) -> Result<Box<dyn Iterator<Item = Result<Block>> + Send + '_>>;

    /// Gives every record of a block to `each`, in order, and returns the damage. Called in parallel; a pure
    /// function of the block.
    fn records(&self, block: &Block, each: &mut dyn FnMut(&Record<'_>)) -> Problems;
}
