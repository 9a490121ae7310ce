//! Cuts the text of a file into blocks of whole records.

use super::line::{is_dn, last_border, physical};
use crate::error::Result;
use crate::model::Block;
use crate::model::problem::{Problem, Problems};
use crate::source::scan::lines;

/// Appends the next piece of text and gives how many bytes of the input it stands for; `None` at the end.
type More<'a> = dyn FnMut(&mut String) -> Result<Option<u64>> + Send + 'a;

/// The serial iterator over the blocks of a file. Which records it gives does not depend on where pieces of the text
/// or blocks end.
pub(super) struct Cutter<'a> {
    more: Box<More<'a>>,
    target: usize,
    limit: usize,
    /// What has not been given yet.
    text: String,
    /// The line on which `text` starts.
    line: u64,
    bytes: u64,
    ended: bool,
    /// Whether the end of a record that is too large is being looked for, and whether `text` starts inside a line.
    skipping: bool,
    inside: bool,
    problems: Problems,
}

impl<'a> Cutter<'a> {
    /// Cuts blocks of about `target` bytes; records over `limit` bytes are left out.
    pub(super) fn new(
        target: usize,
        limit: usize,
        more: impl FnMut(&mut String) -> Result<Option<u64>> + Send + 'a,
    ) -> Self {
        Self {
            more: Box::new(more),
            target,
            limit,
            text: String::new(),
            line: 1,
            bytes: 0,
            ended: false,
            skipping: false,
            inside: false,
            problems: Problems::default(),
        }
    }

    fn block(&mut self) -> Result<Option<Block>> {
        loop {
            if self.skipping {
                self.skip();
            }
            if !self.skipping && (self.ended || self.text.len() >= self.target) {
                let end = if self.ended { Some(self.text.len()) } else { last_border(self.text.as_bytes()) };
                if let Some(end) = end {
                    return Ok(self.give(end));
                }
                // The last bytes may be a byte order mark and the start of `dn:`, which are not in the record any more.
                if self.text.len() > self.limit + 5 {
                    self.problems.add(Problem::HugeRecord, self.line);
                    // The record may start with the very line that would end another.
                    (self.skipping, self.inside) = (true, true);
                    continue;
                }
            }
            if self.ended {
                return Ok(self.give(0));
            }
            match (self.more)(&mut self.text)? {
                Some(read) => self.bytes += read,
                None => self.ended = true,
            }
        }
    }

    fn give(&mut self, end: usize) -> Option<Block> {
        let rest = self.text.split_off(end);
        let text = std::mem::replace(&mut self.text, rest);
        let line = self.line;
        self.line += lines(&text);
        let (bytes, problems) = (std::mem::take(&mut self.bytes), std::mem::take(&mut self.problems));
        let nothing = self.ended && text.is_empty() && bytes == 0 && problems.iter().next().is_none();
        (!nothing).then_some(Block { text: text.into(), line, bytes, problems, place: None })
    }

    /// Drops text up to the next border, if it is there.
    fn skip(&mut self) {
        let bytes = self.text.as_bytes();
        // CRs at the very end may be half an end of line.
        let known = bytes.len() - bytes.iter().rev().take_while(|&&b| b == b'\r').count();
        let (mut at, mut found) = (0, false);
        while !found && at < bytes.len() {
            let line = physical(bytes, at);
            if !self.inside && is_dn(&bytes[at..]) {
                found = true;
                break;
            }
            if line.end >= known && !self.ended {
                if self.inside || line.end - line.start > 2 {
                    // Neither blank nor `dn:`, however it ends.
                    self.inside = true;
                    at = line.end;
                }
                break;
            }
            found = !self.inside && line.is_blank(bytes);
            self.inside = false;
            at = line.next;
        }
        self.line += lines(&self.text[..at]);
        self.text.drain(..at);
        self.skipping = !found && !self.ended;
    }
}

impl Iterator for Cutter<'_> {
    type Item = Result<Block>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.block() {
            Ok(block) => block.map(Ok),
            Err(error) => {
                // A source that cannot be read any more has no further blocks.
                (self.ended, self.skipping, self.bytes) = (true, false, 0);
                self.text.clear();
                Some(Err(error))
            }
        }
    }
}
