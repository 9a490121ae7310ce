//! The audit: inputs in, judged users out, in the order of the input.
//!
//! The inputs are read three times, always in parallel and never as a whole:
//!
//! 1. `keys`: of every record, fixed-size hashes of what must not be shared; `meet` finds where hashes meet.
//! 2. `look`: the records concerned are looked at again; `groups` says who really shares what.
//! 3. `judge`: every rule over every user; the report takes the users in order.
//!
//! What is kept between the readings is the hashes alone: some sixty octets a user.

mod blocks;
mod groups;
mod judge;
mod keys;
mod look;
mod meet;
#[cfg(test)]
mod tests;

use std::sync::Mutex;

use crate::error::{Error, Result};
use crate::model::address::Known;
use crate::model::problem::{Problem, Problems};
use crate::model::{AttrSet, Block, Facts, Input, User};
use crate::rules::counts::{Counts, Tally};
use crate::rules::verdict::{Judged, Plan};

use blocks::Numbered;
use groups::Groups;
use judge::Judge;
use keys::{BlockKeys, Collector};
use look::{Person, Seen};
use meet::Candidate;

/// Where judged users go. Parts are filled in parallel and handed over in the order of the input.
pub trait Report: Sync {
    /// What one block of users becomes.
    type Part: Send;

    /// An empty part.
    fn part(&self) -> Self::Part;

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

    /// Whether the run is to end before its time, with [`Error::Interrupted`]; asked for every block.
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
/// When an input cannot be read, has changed between two readings or holds too many records, when the report cannot
/// be written, or when the run is interrupted.
pub fn run<R: Report>(
    inputs: &[&dyn Input],
    plan: &Plan,
    only: Option<&dyn Only>,
    progress: &dyn Progress,
    report: &R,
) -> Result<Outcome> {
    let mut outcome = Outcome {
        sources: vec![SourceOutcome::default(); inputs.len()],
        covered: vec![0; plan.suppressions.list().len()],
        ..Outcome::default()
    };
    let mut keys = first_reading(inputs, progress, &mut outcome.sources)?;
    // Every input is asked, so that all that need more care get it at once.
    while inputs.iter().filter(|input| !input.settled()).count() > 0 {
        keys = first_reading(inputs, progress, &mut outcome.sources)?;
    }
    let first_rows = first_rows(&keys)?;
    let candidates = meet::candidates(&keys, &first_rows);
    let counts: Vec<u32> = keys.iter().map(|block| block.records).collect();
    drop(keys);
    let rows = Rows { first: first_rows, counts };
    let groups = second_look(inputs, progress, &rows, &candidates)?;
    drop(candidates);
    let run = Run { inputs, plan, only, progress, report, rows: &rows, groups: &groups };
    run.last_reading(&mut outcome)?;
    for source in &mut outcome.sources {
        source.problems.check_rows(source.records);
    }
    Ok(outcome)
}

/// Where the records of each block stand among all records.
struct Rows {
    first: Vec<u32>,
    counts: Vec<u32>,
}

impl Rows {
    /// The first record of a block, if the block still has as many as when it was read first.
    fn of(&self, input: &dyn Input, place: usize, records: u32) -> Result<u32> {
        match (self.first.get(place), self.counts.get(place)) {
            (Some(&first), Some(&count)) if count == records => Ok(first),
            _ => Err(changed(input)),
        }
    }

    fn start(&self, input: &dyn Input, place: usize) -> Result<u32> {
        self.first.get(place).copied().ok_or_else(|| changed(input))
    }
}

fn changed(input: &dyn Input) -> Error {
    Error::source(
        input.name(),
        "the file changed while it was being read",
        "run the audit again when nothing writes to the file any more",
    )
}

fn first_reading(
    inputs: &[&dyn Input],
    progress: &dyn Progress,
    sources: &mut [SourceOutcome],
) -> Result<Vec<BlockKeys>> {
    let mut all = Vec::new();
    sources.fill(SourceOutcome::default());
    let wanted = keys::attributes();
    let work = |numbered: Numbered| {
        let mut collector = Collector::default();
        let block = &numbered.block;
        inputs[numbered.input].records(block, wanted, &mut |record| collector.add(record));
        let keys = collector.finish();
        progress.advance(Stage::Keys, block.bytes, u64::from(keys.records));
        Ok((numbered.input, keys))
    };
    blocks::each(inputs, progress, work, |(input, keys): (usize, BlockKeys)| {
        sources[input].records += u64::from(keys.records);
        all.push(keys);
        Ok(())
    })?;
    Ok(all)
}

fn first_rows(keys: &[BlockKeys]) -> Result<Vec<u32>> {
    let mut next = 0u32;
    let mut first = Vec::with_capacity(keys.len());
    for block in keys {
        first.push(next);
        next = next
            .checked_add(block.records)
            .ok_or_else(|| Error::usage("more than 4,294,967,295 records in one run: audit them in parts"))?;
    }
    Ok(first)
}

fn second_look(
    inputs: &[&dyn Input],
    progress: &dyn Progress,
    rows: &Rows,
    candidates: &[Candidate],
) -> Result<Groups> {
    let (mut seen, mut persons) = (Vec::new(), Vec::new());
    let wanted = keys::attributes().union(look::attributes());
    let work = |numbered: Numbered| {
        let input = inputs[numbered.input];
        let first = rows.start(input, numbered.place)?;
        let (mut seen, mut persons) = (Vec::new(), Vec::new());
        let mut row = first;
        let mut left = &candidates[candidates.partition_point(|candidate| candidate.row < first)..];
        input.records(&numbered.block, wanted, &mut |record| {
            let own = left.partition_point(|candidate| candidate.row <= row);
            if own > 0 {
                persons.push(look::at(&record.user, row, &left[..own], &mut seen));
                left = &left[own..];
            }
            row += 1;
        });
        rows.of(input, numbered.place, row - first)?;
        Ok((seen, persons))
    };
    if !candidates.is_empty() {
        blocks::each(inputs, progress, work, |(more_seen, more_persons): (Vec<Seen>, Vec<Person>)| {
            seen.extend(more_seen);
            persons.extend(more_persons);
            Ok(())
        })?;
    }
    Ok(Groups::of(seen, persons))
}

/// What the last reading works with.
struct Run<'a, R> {
    inputs: &'a [&'a dyn Input],
    plan: &'a Plan,
    only: Option<&'a dyn Only>,
    progress: &'a dyn Progress,
    report: &'a R,
    rows: &'a Rows,
    groups: &'a Groups,
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
            self.progress,
            |numbered| self.block(numbered.input, numbered.place, &numbered.block),
            |done| {
                let mut outcome = outcome.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
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

    fn block(&self, place_of_input: usize, place: usize, block: &Block) -> Result<Done<R::Part>> {
        let input = self.inputs[place_of_input];
        let first = self.rows.start(input, place)?;
        let mut done = Done {
            input: place_of_input,
            part: self.report.part(),
            counts: Tally::default(),
            covered: Vec::new(),
            repeats: 0,
            problems: Problems::default(),
        };
        let mut judge = Judge::new(self.plan, self.groups);
        let (mut row, mut known) = (first, Known::default());
        let problems = input.records(block, AttrSet::ALL, &mut |record| {
            row += 1;
            if self.groups.is_repeat(row - 1) {
                done.repeats += 1;
            } else if self.only.is_none_or(|only| only.reports(&record.user)) {
                let facts = Facts::with(&record.user, &mut known);
                let judgement = judge.judge(&facts, row - 1, record.incomplete);
                if judgement.failed {
                    done.problems.add(Problem::RuleFailed, record.place.line());
                }
                let judged = Judged {
                    source: input.name(),
                    facts: &facts,
                    verdict: &judgement.verdict,
                    findings: judge.findings(),
                };
                done.counts.add(&judged);
                self.report.user(&mut done.part, &judged);
            }
        });
        done.problems.merge(&problems);
        done.covered = judge.covered();
        self.rows.of(input, place, row - first)?;
        self.progress.advance(Stage::Verdicts, block.bytes, u64::from(row - first));
        Ok(done)
    }
}
