//! Entries sorted into partitions as they come, so that they can be worked on a part at a time.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::spill::Spill;
use crate::error::Result;

/// Takes entries of bytes from all threads; keeps so many in memory, the others in runs in the file.
#[derive(Debug)]
pub(super) struct Heap<'s> {
    spill: &'s Spill,
    room: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    parts: Vec<Vec<u8>>,
    size: usize,
    runs: Vec<Run>,
}

/// What was written at once, partition after partition.
#[derive(Debug)]
struct Run {
    place: u64,
    /// Where each partition ends, counted from `place`.
    ends: Box<[u32]>,
}

/// How many bytes are written at once.
const PIECE: usize = 1 << 20;

impl<'s> Heap<'s> {
    /// An empty one with so many partitions; `room` is less than four gigabytes.
    pub(super) fn new(spill: &'s Spill, partitions: usize, room: usize) -> Self {
        let state = State { parts: vec![Vec::new(); partitions], size: 0, runs: Vec::new() };
        Self { spill, room: room.min(1 << 30), state: Mutex::new(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes entries with their partitions. Who finds no room writes them down, while the others wait.
    pub(super) fn add<'e>(&self, entries: impl Iterator<Item = (usize, &'e [u8])>) -> Result<()> {
        let mut state = self.lock();
        for (partition, entry) in entries {
            state.parts[partition].extend_from_slice(entry);
            state.size += entry.len();
            if state.size > self.room {
                state.write(self.spill)?;
            }
        }
        Ok(())
    }

    /// The entries of a partition, in no order.
    pub(super) fn partition(&self, partition: usize) -> Result<Vec<u8>> {
        let mut state = self.lock();
        let mut bytes = std::mem::take(&mut state.parts[partition]);
        let mut places: Vec<(u64, usize)> = Vec::with_capacity(state.runs.len());
        for run in &state.runs {
            let end = |partition: usize| run.ends[partition] as usize;
            let start = partition.checked_sub(1).map_or(0, end);
            places.push((run.place + start as u64, end(partition) - start));
        }
        drop(state);
        let mut at = bytes.len();
        bytes.resize(at + places.iter().map(|(_, len)| len).sum::<usize>(), 0);
        for (place, len) in places {
            self.spill.read(place, &mut bytes[at..at + len])?;
            at += len;
        }
        Ok(bytes)
    }
}

impl State {
    /// Writes everything down.
    fn write(&mut self, spill: &Spill) -> Result<()> {
        let place = spill.reserve(self.size);
        let (mut at, mut piece) = (place, Vec::with_capacity(PIECE));
        let (mut end, mut ends) = (0, Vec::with_capacity(self.parts.len()));
        for part in &mut self.parts {
            end += part.len();
            ends.push(u32::try_from(end).unwrap_or(u32::MAX));
            piece.append(part);
            *part = Vec::new();
            if piece.len() >= PIECE {
                spill.write(at, &piece)?;
                at += piece.len() as u64;
                piece.clear();
            }
        }
        spill.write(at, &piece)?;
        self.runs.push(Run { place, ends: ends.into() });
        self.size = 0;
        Ok(())
    }
}
