//! Sets of numbers, one bit each; filled by all threads at once.

use std::sync::atomic::{AtomicU64, Ordering};

/// A set of records.
#[derive(Debug, Default)]
pub(super) struct Bits(Box<[AtomicU64]>);

impl Bits {
    /// An empty set of numbers below `len`.
    pub(super) fn new(len: usize) -> Self {
        Self((0..len.div_ceil(64)).map(|_| AtomicU64::new(0)).collect())
    }

    /// Takes a number in.
    pub(super) fn set(&self, at: usize) {
        if let Some(word) = self.0.get(at / 64) {
            word.fetch_or(1 << (at % 64), Ordering::Relaxed);
        }
    }

    /// Whether a number is in.
    pub(super) fn has(&self, at: usize) -> bool {
        self.word(at / 64) & 1 << (at % 64) != 0
    }

    /// How many numbers of a range are in.
    pub(super) fn count(&self, start: usize, end: usize) -> usize {
        self.words(start, end).map(|(_, word)| word.count_ones() as usize).sum()
    }

    /// The numbers of a range that are in, ascending.
    pub(super) fn range(&self, start: usize, end: usize) -> impl Iterator<Item = usize> {
        self.words(start, end).flat_map(|(first, mut word)| {
            std::iter::from_fn(move || {
                let next = word.trailing_zeros() as usize;
                word &= word.wrapping_sub(1);
                (next < 64).then_some(first + next)
            })
        })
    }

    /// The words of a range without the bits outside of it, each with its first number.
    fn words(&self, start: usize, end: usize) -> impl Iterator<Item = (usize, u64)> {
        (start / 64..end.div_ceil(64)).map(move |place| {
            let first = place * 64;
            let low = u64::MAX << start.saturating_sub(first);
            let high = if end - first < 64 { (1 << (end - first)) - 1 } else { u64::MAX };
            (first, self.word(place) & low & high)
        })
    }

    fn word(&self, place: usize) -> u64 {
        self.0.get(place).map_or(0, |word| word.load(Ordering::Relaxed))
    }
}

/// A set of hashes that may also hold some that were never taken in.
#[derive(Debug)]
pub(super) struct Filter {
    bits: Bits,
    mask: usize,
}

impl Filter {
    /// An empty set; about one of `len` hashes will be taken in for every hundred.
    pub(super) fn new(len: usize) -> Self {
        let size = (len / 4).clamp(1 << 10, 1 << 30).next_power_of_two();
        Self { bits: Bits::new(size), mask: size - 1 }
    }

    /// Takes a hash in.
    pub(super) fn set(&self, hash: u32) {
        self.bits.set(hash as usize & self.mask);
    }

    /// Whether a hash may have been taken in.
    pub(super) fn may_have(&self, hash: u32) -> bool {
        self.bits.has(hash as usize & self.mask)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_start_and_end_anywhere() {
        let bits = Bits::new(200);
        let all = [0, 5, 63, 64, 100, 127, 128, 199];
        for at in all {
            bits.set(at);
        }
        for start in 0..200 {
            for end in start..=200 {
                let want: Vec<usize> = all.iter().copied().filter(|at| (start..end).contains(at)).collect();
                assert_eq!(bits.range(start, end).collect::<Vec<_>>(), want, "{start}..{end}");
                assert_eq!(bits.count(start, end), want.len());
            }
        }
        assert!(bits.has(199) && !bits.has(198) && !bits.has(1000));
    }
}
