//! What is known of a table only when its records have been read: whether its quotes are regular, and whether another
//! heading stands in the middle. Then it has to be read once more.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::scan::{lines, next_line};
use crate::model::Block;
use crate::model::problem::{Problem, Problems};

/// How a table has to be read.
#[derive(Debug)]
pub(super) struct Care {
    /// Whether it has to be cut with care: its quotes are not what they are in a regular file.
    careful: AtomicBool,
    /// Whether the reading that is going on shows that it has to be.
    irregular: AtomicBool,
    /// Whether the reading that is going on has shown anything.
    found: AtomicBool,
    /// The line of a heading with other columns: nothing behind it can be read.
    stop: AtomicU64,
}

impl Care {
    /// Known from the start to need careful cutting, or not.
    pub(super) fn new(careful: bool) -> Self {
        Self {
            careful: AtomicBool::new(careful),
            irregular: AtomicBool::new(false),
            found: AtomicBool::new(false),
            stop: AtomicU64::new(u64::MAX),
        }
    }

    /// Whether the table is to be cut with care.
    pub(super) fn careful(&self) -> bool {
        self.careful.load(Ordering::Relaxed)
    }

    /// Takes note that it has to be, from the next reading on.
    pub(super) fn irregular(&self) {
        self.irregular.store(true, Ordering::Relaxed);
        self.found.store(true, Ordering::Relaxed);
    }

    /// Looks whether the damage of a block tells of another heading.
    pub(super) fn check(&self, problems: &Problems) {
        let other = problems.iter().find(|(problem, _)| *problem == Problem::OtherHeading);
        if let Some(&line) = other.and_then(|(_, tally)| tally.lines.first())
            && self.stop.fetch_min(line, Ordering::Relaxed) > line
        {
            self.found.store(true, Ordering::Relaxed);
        }
    }

    /// Whether the reading that is done can be trusted.
    pub(super) fn settled(&self) -> bool {
        if self.irregular.swap(false, Ordering::Relaxed) {
            self.careful.store(true, Ordering::Relaxed);
            // What looked like a heading may be a piece of a record that was cut wrongly.
            self.stop.store(u64::MAX, Ordering::Relaxed);
        }
        !self.found.swap(false, Ordering::Relaxed)
    }

    /// The part of a block that stands before another heading, with the lines that do not as its damage; `None` when
    /// all of it does.
    pub(super) fn before_other_heading(&self, block: &Block) -> Option<Block> {
        let stop = self.stop.load(Ordering::Relaxed);
        if stop == u64::MAX {
            return None;
        }
        let behind = block.line + lines(block.text.trim_end_matches(['\r', '\n'])) + 1;
        if behind <= stop {
            return None;
        }
        let mut end = 0;
        for _ in block.line..stop {
            end = next_line(&block.text, end, true).unwrap_or(block.text.len());
        }
        let mut part = Block { text: block.text[..end].to_owned().into(), ..block.clone() };
        (stop.max(block.line)..behind).for_each(|line| part.problems.add(Problem::OtherHeading, line));
        Some(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_behind_another_heading_is_left_out() {
        let care = Care::new(false);
        let block = Block { text: "a\r\nb\nc\n".to_owned().into(), line: 5, ..Block::default() };
        assert!(care.before_other_heading(&block).is_none() && care.settled());
        let mut problems = Problems::default();
        problems.add(Problem::OtherHeading, 6);
        care.check(&problems);
        assert!(!care.settled());
        let part = care.before_other_heading(&block).unwrap();
        assert_eq!(part.text.as_str(), "a\r\n");
        assert_eq!(part.problems.iter().next().unwrap().1.lines, [6, 7]);
        let part = care.before_other_heading(&Block { line: 9, ..block.clone() }).unwrap();
        assert_eq!((part.text.as_str(), part.problems.iter().next().unwrap().1.count), ("", 3));
        assert!(care.before_other_heading(&Block { line: 3, ..block.clone() }).is_none());
        care.check(&problems);
        assert!(care.settled());
        care.irregular();
        assert!(!care.settled() && care.careful() && care.before_other_heading(&block).is_none());
    }
}
