//! A source as it will be once the plan has been applied.

use super::plan::Plan;
use crate::error::Result;
use crate::model::problem::Problems;
use crate::model::{AttrSet, Block, BlockPlace, Input, Record};

/// A source with the plan applied in memory.
#[derive(Clone, Copy)]
pub struct Applied<'p> {
    /// The source.
    pub input: &'p dyn Input,
    /// The plan.
    pub plan: &'p Plan,
}

impl Applied<'_> {
    fn change(&self, record: &Record<'_>, each: &mut dyn FnMut(&Record<'_>)) {
        match self.plan.of(&record.user) {
            None => each(record),
            Some(object) => each(&Record { user: object.after.on(&record.user), ..*record }),
        }
    }
}

impl Input for Applied<'_> {
    fn name(&self) -> &str {
        self.input.name()
    }

    fn carried(&self) -> AttrSet {
        self.input.carried()
    }

    fn blocks(&self) -> Result<Box<dyn Iterator<Item = Result<Block>> + Send + '_>> {
        self.input.blocks()
    }

    fn block_at(&self, place: &BlockPlace) -> Result<Block> {
        self.input.block_at(place)
    }

    fn records(&self, block: &Block, wanted: AttrSet, each: &mut dyn FnMut(&Record<'_>)) -> Problems {
        self.input.records(block, wanted, &mut |record| self.change(record, each))
    }

    fn some_records(
        &self,
        block: &Block,
        starts: &[u32],
        wanted: AttrSet,
        each: &mut dyn FnMut(&Record<'_>),
    ) {
        self.input.some_records(block, starts, wanted, &mut |record| self.change(record, each));
    }

    fn changed(&self) -> bool {
        self.input.changed()
    }

    fn settled(&self) -> Result<bool> {
        self.input.settled()
    }
}
