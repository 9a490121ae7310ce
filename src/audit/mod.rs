//! The audit: inputs in, judged users out, in the order of the input.
//!
//! The inputs are read three times, always in parallel and never as a whole:
//!
//! 1. `first`: of every record `keys`, fixed-size hashes of what must not be shared; `meet` finds where hashes meet.
//!    Most users are judged already: `quiet` keeps about whom nothing is to be said that does not depend on others.
//! 2. `look`: the records concerned are looked at again; `groups` says who really shares what, and leaves what each
//!    record has to know of the others (`ties`).
//! 3. `judge`: every rule over every other user; the report takes the users in order.
//!
//! What is kept between the readings is the hashes, some thirty octets a user, and, while there is room, some fifteen
//! octets by which the last reading is faster. What grows with the users stays within the memory that the run may take:
//! the rest goes to a temporary file (`spill`).

mod bits;
mod blocks;
mod first;
mod groups;
mod heap;
mod judge;
mod keys;
mod layout;
mod look;
mod meet;
mod memory;
mod names;
mod quiet;
mod sets;
mod spill;
#[cfg(test)]
mod tests;
mod ties;

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::Result;
use crate::model::address::Known;
use crate::model::problem::{Problem, Problems};
use crate::model::{AttrSet, Facts, Input, Notes, User};
use crate::rules::RuleSet;
use crate::rules::counts::{Counts, Tally};
use crate::rules::verdict::{Judged, Plan};

pub use memory::Memory;

use bits::Bits;
use blocks::Numbered;
use first::first_reading;
use judge::{Concerns, Judge};
use layout::{Layout, changed};
use look::{Look, Sights};
use meet::{KeyStore, Met, meet};
use names::{BlockNames, Names, Naming};
use spill::{Shelf, Spill};
use ties::Ties;

/// Where judged users go. Parts are filled in parallel and handed over in the order of the input.
pub trait Report: Sync {
    /// What one block of users becomes.
    type Part: Send;

    /// An empty part.
    fn part(&self) -> Self::Part;

    /// The attributes that it shows of a user about whom nothing was found: no others need be read then.
    fn shows(&self) -> AttrSet {
        AttrSet::ALL
    }

    /// Writes one user into a part.
    fn user(&self, part: &mut Self::Part, judged: &Judged<'_, '_>);

    /// Takes a finished part; called for one part after the other, in order.
    fn take(&self, part: Self::Part) -> Result<()>;
}

/// Which reading of the inputs is going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The first: what everybody holds.
    Keys,
    /// The last: verdicts and reports.
    Verdicts,
}

/// Whoever shows what a run does while it works.
pub trait Progress: Sync {
    /// So many more bytes of the inputs and records of them were worked on.
    fn advance(&self, stage: Stage, bytes: u64, records: u64);

    /// An input has to be read with more care: the first reading starts anew.
    fn again(&self) {}

    /// Whether the run is to end before its time, with [`crate::error::Error::Interrupted`]; asked for every block.
    fn interrupted(&self) -> bool {
        false
    }
}

/// Which users are reported; uniqueness is still over all.
pub trait Only: Sync {
    /// Whether this user is.
    fn reports(&self, user: &User<'_>) -> bool;
}

/// What was read of one source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceOutcome {
    /// Records that could be read.
    pub records: u64,
    /// Distinct objects among them that no source before had shown.
    pub objects: u64,
    /// Records of objects that had been read before.
    pub repeats: u64,
    /// The damage.
    pub problems: Problems,
}

/// What a run found.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Per source, in the order given.
    pub sources: Vec<SourceOutcome>,
    /// Over all users reported.
    pub counts: Counts,
    /// How many findings each suppression of the plan covers.
    pub covered: Vec<u64>,
}

/// Audits all inputs as one directory.
///
/// # Errors
/// When an input cannot be read, has changed between two readings or holds too many records, when the report or the
/// temporary file cannot be written, or when the run is interrupted.
pub fn run<R: Report>(
    inputs: &[&dyn Input],
    plan: &Plan,
    only: Option<&dyn Only>,
    memory: &Memory,
    progress: &dyn Progress,
    report: &R,
) -> Result<Outcome> {
    let mut outcome = Outcome {
        sources: vec![SourceOutcome::default(); inputs.len()],
        covered: vec![0; plan.suppressions.list().len()],
        ..Outcome::default()
    };
    let (rooms, spill) = (memory.rooms(rayon::current_num_threads()), Spill::new(&memory.folder));
    let shelf = Shelf::new(&spill, rooms.starts);
    // Who is not reported is told by any attribute.
    let wanted = quiet::wanted(if only.is_some() { AttrSet::ALL } else { report.shows() });
    let (layout, met) = loop {
        let keys = KeyStore::new(&spill, rooms.keys);
        let shelves = (&shelf, &Shelf::new(&spill, rooms.notes), &Shelf::new(&spill, rooms.quiets));
        let layout = first_reading((inputs, plan, wanted), progress, &mut outcome.sources, shelves, &keys)?;
        // Every input is asked, so that all that need more care get it at once.
        let settled = inputs.iter().map(|input| input.settled()).collect::<Result<Vec<_>>>()?;
        if !settled.contains(&false) {
            let met = meet(keys, layout.rows)?;
            break (layout, met);
        }
        progress.again();
    };
    let shelf_of_names = Shelf::new(&spill, rooms.names);
    let mut names = Names::new(&layout, &met.rows, &shelf_of_names);
    let sights = Sights::new(inputs, &spill, rooms.sights);
    second_look(inputs, progress, &layout, &met, &sights, &mut names)?;
    let repeats = groups::repeats(&sights, layout.rows)?;
    let ties = Ties::new(&layout, &spill, rooms.ties);
    groups::tie(&sights, &repeats, &ties)?;
    drop(sights);
    let every = &Plan::new(plan.context.clone(), RuleSet::ALL, &[]);
    let concerns = Mutex::default();
    let layout = &layout;
    let run =
        Run { inputs, plan, every, concerns, only, progress, report, wanted, layout, repeats, ties, names };
    run.last_reading(&mut outcome)?;
    if let Some(input) = inputs.iter().find(|input| input.changed()) {
        return Err(changed(*input));
    }
    for source in &mut outcome.sources {
        source.problems.check_rows(source.records);
    }
    Ok(outcome)
}

/// Second look: the texts and names of the candidates.
fn second_look(
    inputs: &[&dyn Input],
    progress: &dyn Progress,
    layout: &Layout<'_>,
    met: &Met,
    sights: &Sights<'_>,
    names: &mut Names<'_>,
) -> Result<()> {
    if met.rows.range(0, layout.rows as usize).next().is_none() {
        return Ok(());
    }
    let wanted = keys::attributes().union(look::attributes());
    let work = |numbered: Numbered| {
        let input = inputs[numbered.input];
        let known = layout.get(numbered.place).ok_or_else(|| changed(input))?;
        let first = known.first as usize;
        let rows = || met.rows.range(first, first + known.records as usize);
        if rows().next().is_none() {
            return names.keep(BlockNames::default());
        }
        let spans = layout.spans(known, rows().map(|row| row - first))?;
        let (block, starts) = numbered.part(inputs, &spans)?;
        let (mut look, mut own, mut left) = (Look::default(), BlockNames::default(), rows());
        input.some_records(&block, &starts, wanted, &mut |record| {
            if let Some(row) = left.next() {
                look.at(
                    &record.user,
                    known.first + u32::try_from(row - first).unwrap_or_default(),
                    met,
                    sights.linked(),
                );
                own.add(record.user.name());
            }
        });
        if left.next().is_some() {
            return Err(changed(input));
        }
        sights.add(&look.entries)?;
        names.keep(own)
    };
    let mut kept = Vec::with_capacity(layout.len());
    blocks::each(inputs, Some(layout), progress, work, |own| {
        kept.push(own);
        Ok(())
    })?;
    names.set(kept);
    Ok(())
}

/// What the last reading works with.
struct Run<'a, R> {
    inputs: &'a [&'a dyn Input],
    plan: &'a Plan,
    /// The plan of all rules.
    every: &'a Plan,
    /// Those that no block works with.
    concerns: Mutex<Vec<Concerns<'a>>>,
    only: Option<&'a dyn Only>,
    progress: &'a dyn Progress,
    report: &'a R,
    /// What is read of those who are judged already.
    wanted: AttrSet,
    layout: &'a Layout<'a>,
    /// Records of objects that had been read before.
    repeats: Bits,
    ties: Ties<'a>,
    names: Names<'a>,
}

/// A panic while the lock was held leaves nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the last reading makes of one block.
struct Done<P> {
    input: usize,
    part: P,
    counts: Tally,
    covered: Vec<u64>,
    repeats: u64,
    problems: Problems,
}

impl<R: Report> Run<'_, R> {
    fn last_reading(&self, outcome: &mut Outcome) -> Result<()> {
        let outcome = Mutex::new(outcome);
        blocks::each(
            self.inputs,
            Some(self.layout),
            self.progress,
            |numbered| self.block(numbered),
            |done| {
                let mut outcome = lock(&outcome);
                outcome.counts.merge(&done.counts.counts());
                outcome.covered.iter_mut().zip(&done.covered).for_each(|(all, more)| *all += more);
                let source = &mut outcome.sources[done.input];
                source.repeats += done.repeats;
                source.objects = source.records - source.repeats;
                source.problems.merge(&done.problems);
                self.report.take(done.part)
            },
        )
    }

    fn block(&self, numbered: Numbered) -> Result<Done<R::Part>> {
        let (place, input) = (numbered.place, self.inputs[numbered.input]);
        let known = self.layout.get(place).ok_or_else(|| changed(input))?;
        let mut done = Done {
            input: numbered.input,
            part: self.report.part(),
            counts: Tally::default(),
            covered: Vec::new(),
            repeats: 0,
            problems: Problems::default(),
        };
        let block = numbered.block(self.inputs)?;
        let naming = Naming::new(&self.names);
        let ties = self.ties.of(place)?;
        let quiets = known.quiets.alone(ties.rows().map(|row| row.wrapping_sub(known.first)));
        let mut ties = ties.by_record();
        let concerns = lock(&self.concerns).pop();
        let concerns = concerns.unwrap_or_else(|| Concerns::of(self.plan, self.every));
        let mut judge = Judge::new(self.plan, concerns, &naming);
        let (mut row, mut same, mut domains) = (known.first, true, Known::default());
        let notes = Notes::Use(&known.notes, quiets.brief(self.wanted));
        let problems = input.noted_records(&block, AttrSet::ALL, notes, &mut |record| {
            let own = row;
            row = row.wrapping_add(1);
            if self.repeats.has(own as usize) {
                done.repeats += 1;
            } else if self.only.is_none_or(|only| only.reports(&record.user)) {
                if let Some(quiet) = quiets.meet(own.wrapping_sub(known.first)) {
                    let (source, user, shown) = (input.name(), &record.user, quiet.shown(&record.user));
                    let judged = Judged { source, user, shown, verdict: &quiet.verdict, findings: &[] };
                    return self.report.user(&mut done.part, &judged);
                }
                let facts = Facts::with(&record.user, &mut domains);
                let Some(judgement) = judge.judge(&facts, ties.own(own), record.incomplete) else {
                    same = false;
                    return;
                };
                if judgement.failed {
                    done.problems.add(Problem::RuleFailed, record.place.line());
                }
                let judged = Judged::of(input.name(), &facts, &judgement.verdict, judge.findings());
                done.counts.add(&judged);
                self.report.user(&mut done.part, &judged);
            }
        });
        naming.failed()?;
        let records = row.wrapping_sub(known.first);
        if !same || records != known.records {
            return Err(changed(input));
        }
        quiets.count(&mut done.counts);
        done.problems.merge(&problems);
        let concerns;
        (done.covered, concerns) = judge.finish();
        lock(&self.concerns).push(concerns);
        self.progress.advance(Stage::Verdicts, block.bytes, u64::from(records));
        Ok(done)
    }
}
