//! How long to let a page come together before it is looked at.
//!
//! A server writes each object on its own. A client that is faster is woken for each of them: that costs it half of its
//! processor time, and the server as much for every write that wakes. So what comes in the middle of a page is let
//! come together for a while that adapts itself: short enough that the system has room for it and the server never
//! waits, and never past the end of the page, where the server would have nothing to do.

use std::time::{Duration, Instant};

/// A wait that is worth being woken for.
const LEAST: Duration = Duration::from_micros(150);
const MOST: Duration = Duration::from_millis(2);
/// How many messages of a page say how fast it comes.
const ENOUGH: u32 = 16;
/// So many octets or messages at once are enough; every system has room for them, with what it adds to each write.
const OCTETS: usize = 32 << 10;
const MESSAGES: u32 = 128;

/// What has come of a page, and how long to wait.
#[derive(Debug)]
pub(super) struct Gather {
    /// How many messages the page may have.
    expected: u32,
    /// How many have come, and since when.
    came: u32,
    begun: Instant,
    /// What has come since the last wait.
    octets: usize,
    messages: u32,
    wait: Duration,
}

impl Gather {
    pub(super) fn new() -> Self {
        let begun = Instant::now();
        Self { expected: 0, came: 0, begun, octets: 0, messages: 0, wait: LEAST }
    }

    /// A request was sent whose answer may have so many messages.
    pub(super) fn begin(&mut self, expected: u32) {
        (self.expected, self.came) = (expected, 0);
    }

    /// So many octets have come.
    pub(super) fn octets(&mut self, octets: usize) {
        self.octets += octets;
    }

    /// A message has come.
    pub(super) fn message(&mut self) {
        if self.came == 0 {
            self.begun = Instant::now();
        }
        self.came = self.came.saturating_add(1);
        self.messages = self.messages.saturating_add(1);
    }

    /// How long to wait now that nothing more is there.
    pub(super) fn wait(&mut self) -> Option<Duration> {
        if self.came < ENOUGH || self.came >= self.expected {
            return None;
        }
        self.adapt();
        let left = (self.begun.elapsed() / self.came).saturating_mul(self.expected - self.came);
        Some(self.wait.min(left / 2)).filter(|&wait| wait >= LEAST)
    }

    fn adapt(&mut self) {
        let (octets, messages) = (std::mem::take(&mut self.octets), std::mem::take(&mut self.messages));
        if octets >= OCTETS || messages >= MESSAGES {
            self.wait = (self.wait / 2).max(LEAST / 2);
        } else if octets < OCTETS / 2 && messages < MESSAGES / 2 {
            self.wait = (self.wait * 5 / 4).min(MOST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Messages of a page that come one after the other.
    fn came(gather: &mut Gather, messages: u32) {
        for _ in 0..messages {
            gather.message();
        }
    }

    /// A page that has been coming for a second.
    fn slow(expected: u32, messages: u32) -> Gather {
        let mut gather = Gather::new();
        gather.begin(expected);
        came(&mut gather, messages);
        gather.begun = Instant::now().checked_sub(Duration::from_secs(1)).unwrap();
        gather
    }

    #[test]
    fn short_answers_and_ends_of_pages_are_not_waited_for() {
        assert_eq!(slow(1000, ENOUGH - 1).wait(), None);
        assert_eq!(slow(0, 500).wait(), None);
        assert_eq!(slow(500, 500).wait(), None);
        assert!(slow(1000, 50).wait().is_some());
        let mut fast = slow(1000, 990);
        fast.begun = Instant::now();
        assert_eq!(fast.wait(), None, "the end is nearer than a wait is long");
    }

    #[test]
    fn waits_grow_while_little_comes_and_shrink_while_much_comes() {
        let mut gather = slow(u32::MAX, ENOUGH);
        for _ in 0..100 {
            assert!(gather.wait().unwrap() <= MOST);
        }
        assert_eq!(gather.wait(), Some(MOST));
        for _ in 0..4 {
            gather.octets(OCTETS);
            gather.wait();
        }
        assert_eq!(gather.wait, MOST / 16);
        came(&mut gather, MESSAGES);
        assert_eq!(gather.wait(), None, "a client that is slower than the server does not wait at all");
        assert_eq!(gather.wait, LEAST / 2);
    }
}
