//! Runs that chance decides, each from a seed that makes it again.

#![allow(clippy::unwrap_used, reason = "a test that cannot run has failed")]

use std::env;
use std::panic::RefUnwindSafe;
use std::panic::catch_unwind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// Numbers that follow from a seed: xorshift.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn of(seed: u64) -> Self {
        let mut dice = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for _ in 0..8 {
            dice.below(2);
        }
        dice
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    pub(crate) fn one_of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.below(choices.len() as u64)).unwrap()].clone()
    }
}

/// Makes so many runs, several at a time. The variable `NAME` makes only the run of that seed, `NAMES` so many.
pub(crate) fn campaign(name: &str, runs: u64, at_once: usize, run: impl Fn(u64) + Sync + RefUnwindSafe) {
    let number = |name: &str| env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    if let Some(seed) = number(name) {
        return run(seed);
    }
    let (next, runs) = (AtomicU64::new(0), number(&format!("{name}S")).unwrap_or(runs));
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                while let Some(seed) = Some(next.fetch_add(1, Ordering::SeqCst)).filter(|seed| *seed < runs) {
                    if catch_unwind(|| run(seed)).is_err() {
                        failed.lock().unwrap().push(seed);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "run each with {name}=seed: {failed:?}");
}
