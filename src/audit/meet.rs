//! Where hashes meet: the records whose keys have to be looked at again.

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;

use super::keys::{BlockKeys, PARTITIONS};

/// A record with the forty bits of one of its keys that another record has too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Candidate {
    /// The record, counted over all inputs.
    pub(super) row: u32,
    /// Partition and hash.
    pub(super) print: u64,
}

/// The bits of a key hash by which records meet; the same as an entry and its partition hold.
pub(super) fn print(hash: u64) -> u64 {
    hash >> 56 << 32 | (hash & 0xffff_ffff)
}

/// All candidates, by record. Works partition by partition, so that only a part is unpacked at a time.
pub(super) fn candidates(blocks: &[BlockKeys], first_rows: &[u32]) -> Vec<Candidate> {
    let parts: Vec<Vec<Candidate>> = (0..PARTITIONS)
        .into_par_iter()
        .map(|partition| of_partition(blocks, first_rows, partition))
        .collect();
    let mut all = parts.concat();
    all.par_sort_unstable();
    all.dedup();
    all
}

fn of_partition(blocks: &[BlockKeys], first_rows: &[u32], partition: usize) -> Vec<Candidate> {
    let mut entries: Vec<u64> = Vec::new();
    for (block, &first) in blocks.iter().zip(first_rows) {
        entries.extend(block.partition(partition).iter().map(|entry| entry + u64::from(first)));
    }
    entries.sort_unstable();
    let row = |entry: u64| (entry & 0xffff_ffff) as u32;
    entries
        .chunk_by(|a, b| a >> 32 == b >> 32)
        .filter(|run| row(run[0]) != row(run[run.len() - 1]))
        .flatten()
        .map(|&entry| Candidate { row: row(entry), print: (partition as u64) << 32 | entry >> 32 })
        .collect()
}
