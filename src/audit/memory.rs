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

/// What a run takes without any users, and what each thread takes for the blocks that it works on.
const FIXED: u64 = 16 << 20;
const PER_THREAD: u64 = 12 << 20;
/// The least that is left for what grows with the users.
const GROWTH: u64 = 4 << 20;

impl Memory {
    /// The least limit: one thread can work within it.
    pub const LEAST: u64 = FIXED + PER_THREAD + GROWTH;

    /// As much as the run needs.
    #[must_use]
    pub fn unlimited() -> Self {
        Self { limit: None, folder: std::env::temp_dir() }
    }

    /// How many of so many threads can work within a limit.
    #[must_use]
    pub fn threads(limit: u64, wanted: usize) -> usize {
        let most = limit.saturating_sub(FIXED + GROWTH) / PER_THREAD;
        wanted.min(usize::try_from(most).unwrap_or(wanted)).max(1)
    }

    /// The room for each thing that grows with the users.
    pub(super) fn rooms(&self, threads: usize) -> Rooms {
        let Some(limit) = self.limit else {
            return Rooms { keys: usize::MAX, starts: usize::MAX, notes: NOTES, ..Rooms::all(UNASKED) };
        };
        let taken = FIXED + PER_THREAD * threads as u64;
        let growth = usize::try_from(limit.saturating_sub(taken)).unwrap_or(usize::MAX);
        // Keys are written down while more of them come; growing buffers are up to twice their content.
        Rooms { keys: growth / 7 * 2, ..Rooms::all(growth / 7) }
    }
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
}

impl Rooms {
    fn all(room: usize) -> Self {
        Self { keys: room, starts: room, sights: room, names: room, ties: room, notes: room }
    }
}
