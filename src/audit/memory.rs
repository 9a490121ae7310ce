//! How much memory a run may take, and who gets how much of it.

use std::path::PathBuf;

/// The memory of a run.
#[derive(Debug, Clone)]
pub struct Memory {
    /// How many bytes the process may take; `None` for as many as it needs.
    pub limit: Option<u64>,
    /// Where the temporary file is made for what finds no room.
    pub folder: PathBuf,
}

/// What a run takes without any users, with one thread at work.
const FIXED: u64 = 28 << 20;
/// What each further thread takes for the blocks that it works on: finished ones wait for their turn, and where every
/// user has findings, what is written is many times what was read.
const FURTHER: u64 = 36 << 20;
/// The least that is left for what grows with the users.
const GROWTH: u64 = 4 << 20;

impl Memory {
    /// The least limit: one thread can work within it.
    pub const LEAST: u64 = FIXED + GROWTH;

    /// As much as the run needs.
    #[must_use]
    pub fn unlimited() -> Self {
        Self { limit: None, folder: std::env::temp_dir() }
    }

    /// How many of so many threads can work within a limit.
    #[must_use]
    pub fn threads(limit: u64, wanted: usize) -> usize {
        let further = limit.saturating_sub(Self::LEAST) / FURTHER;
        wanted.min(usize::try_from(further).unwrap_or(wanted).saturating_add(1)).max(1)
    }

    /// About how many bytes of text a block should have within a limit; `None` for as many as usual. What is written
    /// of a block may be many times its text.
    #[must_use]
    pub fn block(limit: u64) -> Option<usize> {
        (limit < 128 << 20).then_some(256 << 10)
    }

    /// A limit without what something else takes of it, in bytes.
    ///
    /// # Errors
    /// So many threads cannot work within the rest; gives the limit that they need.
    pub fn beside(limit: u64, taken: u64, threads: usize) -> Result<u64, u64> {
        // Of what is left for growth, a quarter is enough to work, with more of it in the temporary file.
        let least = working(threads) + GROWTH / 4;
        limit.checked_sub(taken).filter(|&left| left >= least).ok_or(least + taken)
    }

    /// The room for each thing that grows with the users.
    pub(super) fn rooms(&self, threads: usize) -> Rooms {
        let Some(limit) = self.limit else {
            let all = usize::MAX;
            return Rooms { keys: all, starts: all, quiets: all, notes: NOTES, ..Rooms::all(UNASKED) };
        };
        let growth = usize::try_from(limit.saturating_sub(working(threads))).unwrap_or(usize::MAX);
        // Keys are written down while more of them come; growing buffers are up to twice their content.
        Rooms { keys: growth / 8 * 2, ..Rooms::all(growth / 8) }
    }
}

/// What so many threads take.
fn working(threads: usize) -> u64 {
    FIXED + FURTHER * threads.saturating_sub(1) as u64
}

/// The room for what few users have usually, when nobody sets a limit.
const UNASKED: usize = 16 << 20;

/// The room for what only saves time, when nobody sets a limit: enough for some millions of users.
const NOTES: usize = 128 << 20;

/// How many bytes of each thing stay in memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rooms {
    pub(super) keys: usize,
    pub(super) starts: usize,
    pub(super) sights: usize,
    pub(super) names: usize,
    pub(super) ties: usize,
    pub(super) notes: usize,
    /// An octet a user, without which most are judged twice.
    pub(super) quiets: usize,
}

impl Rooms {
    fn all(room: usize) -> Self {
        Self { keys: room, starts: room, sights: room, names: room, ties: room, notes: room, quiets: room }
    }
}
