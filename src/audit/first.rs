//! First reading: the keys of everybody, and a verdict for whom no rule has anything to say about.

use std::sync::Mutex;

use super::blocks::{self, Numbered};
use super::keys::{BlockKeys, Collector};
use super::layout::Layout;
use super::meet::KeyStore;
use super::quiet::{Hush, Quiets};
use super::spill::{Kept, Shelf};
use super::{Progress, SourceOutcome, Stage, lock};
use crate::error::Result;
use crate::model::address::Known;
use crate::model::{AttrSet, BlockPlace, Facts, Input, Notes};
use crate::rules::concern::Concern;
use crate::rules::verdict::Plan;

/// What the first reading finds of one block.
struct First {
    input: usize,
    place: Option<BlockPlace>,
    records: u32,
    starts: Kept,
    notes: Box<[u8]>,
    quiets: Quiets,
    keys: Vec<BlockKeys>,
}

/// What one block after the other is read with; what was worked out for one serves the next.
struct Desk<'p> {
    concern: Concern<'p>,
    domains: Known,
    collector: Collector,
    /// The notes of the block.
    notes: Vec<u8>,
}

impl<'p> Desk<'p> {
    fn of(plan: &'p Plan) -> Self {
        let (domains, collector, notes) = (Known::default(), Collector::default(), Vec::new());
        Self { concern: Concern::of(plan), domains, collector, notes }
    }
}

/// Reads all inputs once.
pub(super) fn first_reading<'s>(
    (inputs, plan, wanted): (&[&dyn Input], &Plan, AttrSet),
    progress: &dyn Progress,
    sources: &mut [SourceOutcome],
    (shelf, shelf_of_notes, shelf_of_quiets): (&'s Shelf<'s>, &Shelf<'_>, &Shelf<'_>),
    keys: &KeyStore<'s>,
) -> Result<Layout<'s>> {
    let mut layout = Layout::new(shelf);
    sources.fill(SourceOutcome::default());
    let desks: Mutex<Vec<Desk<'_>>> = Mutex::default();
    let work = |numbered: Numbered| {
        keys.relieve()?;
        let input = numbered.input;
        let block = numbered.block(inputs)?;
        let mut hush = Hush::default();
        let desk = lock(&desks).pop();
        let mut desk = desk.unwrap_or_else(|| Desk::of(plan));
        let Desk { concern, domains, collector, notes } = &mut desk;
        notes.clear();
        let take = Notes::Take(notes, wanted);
        inputs[input].noted_records(&block, AttrSet::ALL, take, &mut |record| {
            let facts = Facts::with(&record.user, domains);
            collector.add(record, &facts);
            hush.add(plan, &facts, concern.with(&facts, true), record.incomplete.is_some());
        });
        let (found, notes) = (collector.finish(), shelf_of_notes.keep_here(notes));
        lock(&desks).push(desk);
        progress.advance(Stage::Keys, block.bytes, u64::from(found.records));
        let (records, starts) = (found.records, shelf.keep(&found.starts)?);
        let quiets = hush.finish(shelf_of_quiets);
        Ok(First { input, place: block.place, records, starts, notes, quiets, keys: found.keys })
    };
    blocks::each(inputs, None, progress, work, |found: First| {
        sources[found.input].records += u64::from(found.records);
        let kept = (found.starts, found.notes, found.quiets);
        let first = layout.add(found.input, found.place, found.records, kept)?;
        keys.add(first, found.keys);
        Ok(())
    })?;
    Ok(layout)
}
