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
const PIECE: usize = 1 << 18;

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

    /// The entries of a partition, in no order. To be asked once for each.
    pub(super) fn partition(&self, partition: usize) -> Result<Vec<u8>> {
        let Part { mut bytes, places } = self.lock().part(partition);
        let mut at = bytes.len();
        bytes.resize(at + places.iter().map(|(_, len)| len).sum::<usize>(), 0);
        for (place, len) in places {
            self.spill.read(place, &mut bytes[at..at + len])?;
            at += len;
        }
        Ok(bytes)
    }

    /// What becomes of the entries of a partition, in no order; all of them have so many bytes. A partition may be
    /// large: its bytes are never all at hand. To be asked once for each.
    pub(super) fn entries<T>(
        &self,
        partition: usize,
        size: usize,
        mut of: impl FnMut(&[u8]) -> T,
    ) -> Result<Vec<T>> {
        let Part { bytes, places } = self.lock().part(partition);
        let all = bytes.len() + places.iter().map(|(_, len)| len).sum::<usize>();
        let mut entries = Vec::with_capacity(all / size);
        entries.extend(bytes.chunks_exact(size).map(&mut of));
        drop(bytes);
        let mut room = vec![0; if places.is_empty() { 0 } else { size * (PIECE / size) }];
        for (mut place, mut left) in places {
            while left > 0 {
                let piece = room.len().min(left);
                self.spill.read(place, &mut room[..piece])?;
                entries.extend(room[..piece].chunks_exact(size).map(&mut of));
                place += piece as u64;
                left -= piece;
            }
        }
        Ok(entries)
    }
}

/// Where the entries of a partition are.
struct Part {
    /// Those in memory.
    bytes: Vec<u8>,
    /// The places of the others in the file, and their bytes there.
    places: Vec<(u64, usize)>,
}

impl State {
    /// Takes what is in memory of a partition, and says where the rest is.
    fn part(&mut self, partition: usize) -> Part {
        let of_run = |run: &Run| {
            let end = |partition: usize| run.ends[partition] as usize;
            let start = partition.checked_sub(1).map_or(0, end);
            (run.place + start as u64, end(partition) - start)
        };
        let places = self.runs.iter().map(of_run).filter(|(_, len)| *len > 0).collect();
        Part { bytes: std::mem::take(&mut self.parts[partition]), places }
    }

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
