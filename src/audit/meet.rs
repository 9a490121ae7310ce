//! Where hashes meet: the records whose keys have to be looked at again.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::bits::{Bits, Filter};
use super::keys::{BlockKeys, PARTITIONS, lower};
use super::spill::Spill;
use crate::error::Result;

/// The keys of all records; those that find no room are written down, partition by partition.
pub(super) struct KeyStore<'s> {
    spill: &'s Spill,
    room: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// In memory, each with its first record.
    blocks: Vec<(u32, BlockKeys)>,
    /// How many entries they have, and how many there are in all.
    held: usize,
    all: usize,
    runs: Vec<Run>,
}

/// Entries of eight octets in the file.
struct Run {
    place: u64,
    /// Where each partition ends, in entries.
    ends: Vec<usize>,
}

/// Octets of an entry in memory, and in the file.
const HELD: usize = 6;
const WRITTEN: usize = 8;
/// How many bytes are written at once.
const PIECE: usize = 1 << 20;

impl<'s> KeyStore<'s> {
    /// An empty one that holds about so many bytes in memory.
    pub(super) fn new(spill: &'s Spill, room: usize) -> Self {
        Self { spill, room: room / HELD, state: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the keys of the next block, whose first record is known.
    pub(super) fn add(&self, mut first: u32, keys: Vec<BlockKeys>) {
        let mut state = self.lock();
        for keys in keys {
            state.held += keys.len();
            state.all += keys.len();
            let records = keys.records;
            state.blocks.push((first, keys));
            first += records;
        }
    }

    /// Writes down what finds no room. Whoever has time calls it; the others go on meanwhile.
    pub(super) fn relieve(&self) -> Result<()> {
        let blocks = {
            let mut state = self.lock();
            if state.held <= self.room {
                return Ok(());
            }
            state.held = 0;
            std::mem::take(&mut state.blocks)
        };
        let entries: usize = blocks.iter().map(|(_, keys)| keys.len()).sum();
        let place = self.spill.reserve(WRITTEN * entries);
        let (mut at, mut piece) = (place, Vec::with_capacity(PIECE + WRITTEN));
        let (mut end, mut ends) = (0, Vec::with_capacity(PARTITIONS));
        for partition in 0..PARTITIONS {
            for entry in blocks.iter().flat_map(|(first, keys)| unpacked(*first, keys, partition)) {
                piece.extend_from_slice(&entry.to_le_bytes());
                end += 1;
                if piece.len() >= PIECE {
                    self.spill.write(at, &piece)?;
                    at += piece.len() as u64;
                    piece.clear();
                }
            }
            ends.push(end);
        }
        self.spill.write(at, &piece)?;
        self.lock().runs.push(Run { place, ends });
        Ok(())
    }
}

impl State {
    /// The entries of a partition whose hashes may have come twice: the hash above the record.
    fn partition(&self, spill: &Spill, partition: usize) -> Result<Vec<u64>> {
        let held = || self.blocks.iter().flat_map(|(first, keys)| unpacked(*first, keys, partition));
        let mut seen = Twice::new(self.all / PARTITIONS);
        held().for_each(|entry| seen.take(hash(entry)));
        let mut written = Vec::new();
        let mut room = Vec::new();
        for run in &self.runs {
            let end = |partition: usize| run.ends[partition] * WRITTEN;
            let start = partition.checked_sub(1).map_or(0, end);
            room.resize(end(partition) - start, 0);
            spill.read(run.place + start as u64, &mut room)?;
            written.extend(room.as_chunks().0.iter().map(|&entry| u64::from_le_bytes(entry)));
        }
        for &entry in &written {
            seen.take(hash(entry));
        }
        written.retain(|&entry| seen.has(hash(entry)));
        written.extend(held().filter(|&entry| seen.has(hash(entry))));
        Ok(written)
    }
}

/// Hashes that came twice, and few others: what is left of the keys after it is little to sort.
struct Twice {
    /// A bit of a first word says that a hash came, one of a second that it came again.
    words: Box<[[u64; 2]]>,
}

impl Twice {
    /// For about so many hashes: one in ten will be taken for another.
    fn new(len: usize) -> Self {
        let words = (len / 8).next_power_of_two();
        Self { words: vec![[0; 2]; words].into() }
    }

    /// The place of the words for a hash, and its bit in them.
    fn place(&self, hash: u32) -> (usize, u64) {
        ((hash >> 6) as usize & (self.words.len() - 1), 1 << (hash & 63))
    }

    fn take(&mut self, hash: u32) {
        let (at, bit) = self.place(hash);
        let [once, twice] = &mut self.words[at];
        *twice |= *once & bit;
        *once |= bit;
    }

    fn has(&self, hash: u32) -> bool {
        let (at, bit) = self.place(hash);
        self.words[at][1] & bit != 0
    }
}

/// The hash of an entry.
fn hash(entry: u64) -> u32 {
    lower(entry >> 32)
}

fn unpacked(first: u32, keys: &BlockKeys, partition: usize) -> impl Iterator<Item = u64> {
    keys.partition(partition)
        .map(move |(hash, row)| u64::from(hash) << 32 | u64::from(first + u32::from(row)))
}

/// What has to be looked at again.
#[derive(Debug)]
pub(super) struct Met {
    /// The records with a key that another record has too, as far as its hash tells.
    pub(super) rows: Bits,
    /// The hashes of such keys, and few others.
    pub(super) hashes: Filter,
}

/// Compares the keys of so many records. Works partition by partition, so that only a part is unpacked at a time.
pub(super) fn meet(keys: KeyStore<'_>, rows: u32) -> Result<Met> {
    let state = keys.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    let met = Met { rows: Bits::new(rows as usize), hashes: Filter::new(state.all) };
    (0..PARTITIONS).into_par_iter().try_for_each(|partition| {
        let mut entries = state.partition(keys.spill, partition)?;
        entries.sort_unstable();
        let row = |entry: u64| lower(entry) as usize;
        for same in entries.chunk_by(|&a, &b| hash(a) == hash(b)) {
            if row(same[0]) != row(same[same.len() - 1]) {
                met.hashes.set(hash(same[0]));
                for &entry in same {
                    met.rows.set(row(entry));
                }
            }
        }
        Ok(())
    })?;
    Ok(met)
}
