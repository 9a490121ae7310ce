//! Cuts the text of a file into blocks of whole records, and leaves damaged lines out.
//!
//! What is cut does not depend on the size of the blocks or of the pieces read: every decision is about one record
//! or one line alone.

use super::encoding::Text;
use super::scan::{lines, next_line, record, record_up_to};
use crate::error::Result;
use crate::model::Block;
use crate::model::problem::{Problem, Problems};

/// How many bytes of text are looked at to see whether a good record starts in them.
const GOOD: usize = 64 * 1024;

/// How the records of a table look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table {
    /// The delimiter.
    pub delimiter: u8,
    /// How many cells the heading has.
    pub columns: usize,
    /// How many bytes of text stand before the first record: preamble and heading.
    pub skip: usize,
    /// The line of the first record, from 1.
    pub line: u64,
    /// About how many bytes a block has.
    pub target: usize,
    /// How many bytes a record may have.
    pub limit: usize,
}

/// The serial iterator over the blocks of a file.
pub(super) struct Cutter<'a> {
    source: Text<'a>,
    table: Table,
    text: String,
    /// Where what has not been given yet starts in `text`.
    start: usize,
    /// The line of `start`.
    line: u64,
    /// How many bytes of text are still to be left out.
    skip: usize,
    ended: bool,
    bytes: u64,
    problems: Problems,
    skipping: Option<Skipping>,
}

/// Where the search for the next good line stands.
#[derive(Clone, Copy, PartialEq)]
enum Skipping {
    /// The line on which the damage begins is still to be left out.
    First,
    /// Lines are tried, one by one.
    Lines,
    /// A line too long for a record is being left out.
    Long,
}

/// What stands at a place.
enum Step {
    /// A record up to there.
    Record(usize),
    /// The text known so far does not tell.
    More,
    /// Damage.
    Damage(Problem),
}

impl<'a> Cutter<'a> {
    /// Starts at the first record.
    pub(super) fn new(source: Text<'a>, table: Table) -> Self {
        Self {
            source,
            table,
            text: String::new(),
            start: 0,
            line: table.line,
            skip: table.skip,
            ended: false,
            bytes: 0,
            problems: Problems::default(),
            skipping: None,
        }
    }

    /// Reads more; places in `text` move by what had been given already.
    fn fill(&mut self) -> Result<()> {
        self.text.drain(..self.start);
        self.start = 0;
        match self.source.more(&mut self.text)? {
            Some(read) => self.bytes += read,
            None => self.ended = true,
        }
        let skip = self.skip.min(self.text.len());
        if self.text.is_char_boundary(skip) {
            self.text.drain(..skip);
            self.skip -= skip;
        }
        Ok(())
    }

    /// Reads on until there is twice as much behind a place, and gives the place anew: a record that is not complete
    /// is looked at again from its start, which must not be done for every piece.
    fn grow(&mut self, at: usize) -> Result<usize> {
        let wanted = (2 * (self.text.len() - at)).min(self.table.limit + 1);
        let at = at - self.start;
        self.fill()?;
        while !self.ended && self.text.len() - at < wanted {
            self.fill()?;
        }
        Ok(at)
    }

    fn block(&mut self) -> Result<Option<Block>> {
        let mut at = self.start;
        loop {
            if self.skipping.is_some() {
                let done = self.skip_lines()?;
                at = self.start;
                if !done {
                    continue;
                }
            }
            if at - self.start >= self.table.target {
                return Ok(Some(self.give(at)));
            }
            if at == self.text.len() && self.ended {
                let nothing = at == self.start && self.problems.iter().next().is_none() && self.bytes == 0;
                return Ok((!nothing).then(|| self.give(at)));
            }
            match self.step(at) {
                Step::Record(end) => at = end,
                Step::More => at = self.grow(at)?,
                Step::Damage(_) if at > self.start => return Ok(Some(self.give(at))),
                Step::Damage(problem) => {
                    self.problems.add(problem, self.line);
                    self.skipping = Some(Skipping::First);
                }
            }
        }
    }

    fn give(&mut self, end: usize) -> Block {
        let text = self.text[self.start..end].to_owned();
        let line = self.line;
        self.line += lines(&text);
        self.start = end;
        let (bytes, problems) = (std::mem::take(&mut self.bytes), std::mem::take(&mut self.problems));
        Block { text: text.into(), line, bytes, problems, place: None }
    }

    fn step(&self, at: usize) -> Step {
        let Table { delimiter, columns, limit, .. } = self.table;
        if at == self.text.len() {
            return Step::More;
        }
        // A record with far too many cells may be a quote that runs over thousands of others: the lines that were
        // walked over are looked at before more of them are, so that damage costs no more than its length.
        let mut most = columns * 4 + 64;
        let shape = loop {
            match record_up_to(&self.text, at, delimiter, self.ended, most) {
                (_, Some(stop)) if !self.knows_enough(stop) => return Step::More,
                (_, Some(stop)) if self.hides_good_record(at, stop) => {
                    return Step::Damage(Problem::OpenQuote);
                }
                (_, Some(_)) => most *= 2,
                (shape, None) => break shape,
            }
        };
        match shape.end {
            Some(end) if end - at > limit => Step::Damage(Problem::HugeRecord),
            Some(end) => {
                let odd = shape.irregular || (shape.cells != columns && shape.cells > 0);
                if odd && !self.knows_enough(end) {
                    Step::More
                } else if odd && self.hides_good_record(at, end) {
                    Step::Damage(Problem::OpenQuote)
                } else {
                    Step::Record(end)
                }
            }
            None if self.text.len() - at > limit => Step::Damage(Problem::HugeRecord),
            None if self.ended => Step::Damage(Problem::OpenQuote),
            None => Step::More,
        }
    }

    /// Whether so much of the text behind a place is known that [`Cutter::is_good`] does not depend on the rest.
    fn knows_enough(&self, at: usize) -> bool {
        self.ended || self.text.len() - at > self.table.limit.min(GOOD) + 4
    }

    /// Whether a record that is what it should be starts on a later line of the text up to `end`.
    fn hides_good_record(&self, at: usize, end: usize) -> bool {
        let text = &self.text[..end];
        let mut line = next_line(text, at, true);
        while let Some(start) = line.filter(|&start| start < end) {
            if self.is_good(start) {
                return true;
            }
            line = next_line(text, start, true);
        }
        false
    }

    /// Whether a record starts here that is what a record should be, and not too long to be told by its looks.
    fn is_good(&self, start: usize) -> bool {
        let Table { delimiter, columns, limit, .. } = self.table;
        let mut until = (start + limit.min(GOOD)).min(self.text.len());
        while !self.text.is_char_boundary(until) {
            until -= 1;
        }
        let text = &self.text[..until];
        let ended = self.ended && until == self.text.len();
        let (bytes, mut bare) = (text.as_bytes(), false);
        let shape = record(text, start, delimiter, ended, |cell| {
            // A quote inside a cell without quotes is more likely the end of one that began before.
            let quoted = cell.start > start && bytes[cell.start - 1] == b'"';
            bare |= !quoted && memchr::memchr(b'"', &bytes[cell.start..cell.end]).is_some();
        });
        shape.end.is_some() && shape.cells == columns && !shape.irregular && !bare
    }

    /// Leaves one line out, or finds that it is good or that nothing is left; then it gives true.
    fn skip_lines(&mut self) -> Result<bool> {
        let rest = self.text.len() - self.start;
        if !self.knows_enough(self.start) {
            self.fill()?;
            return Ok(false);
        }
        match next_line(&self.text, self.start, self.ended) {
            _ if rest == 0 && self.ended => {
                self.skipping = None;
                return Ok(true);
            }
            Some(end) => {
                if self.skipping == Some(Skipping::Lines) && self.is_good(self.start) {
                    self.skipping = None;
                    return Ok(true);
                }
                self.line += lines(&self.text[self.start..end]);
                self.start = end;
                self.skipping = Some(Skipping::Lines);
            }
            None => {
                // A CR at the very end may be half a line break: it stays.
                if rest > self.table.limit && !self.text.ends_with('\r') {
                    self.start = self.text.len();
                    if self.skipping == Some(Skipping::Lines) {
                        self.skipping = Some(Skipping::Long);
                    }
                }
                self.grow(self.start)?;
            }
        }
        Ok(false)
    }
}

impl Iterator for Cutter<'_> {
    type Item = Result<Block>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.block() {
            Ok(block) => block.map(Ok),
            Err(error) => {
                // A source that cannot be read any more has no further blocks.
                (self.ended, self.start, self.bytes) = (true, self.text.len(), 0);
                Some(Err(error))
            }
        }
    }
}
