//! Blocks of all inputs through the thread pool, results in the order of the input.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use rayon::iter::{ParallelBridge, ParallelIterator};

use super::Progress;
use crate::error::{Error, Result};
use crate::model::{Block, Input};

/// One block on its way: the place of its input, its own place among all blocks, and the block.
pub(super) struct Numbered {
    pub(super) input: usize,
    pub(super) place: usize,
    pub(super) block: Block,
}

/// Works on every block of every input in parallel and hands the results to `take` in order.
///
/// A thread that is far ahead waits, so that finished results do not pile up behind a slow block.
pub(super) fn each<T: Send>(
    inputs: &[&dyn Input],
    progress: &dyn Progress,
    work: impl Fn(Numbered) -> Result<T> + Sync,
    take: impl FnMut(T) -> Result<()> + Send,
) -> Result<()> {
    let order = Order::new(take, 4 * rayon::current_num_threads());
    let mut chain = Chain { inputs, input: 0, place: 0, open: None };
    let blocks = std::iter::from_fn(|| chain.next().transpose());
    blocks
        .par_bridge()
        .try_for_each(|numbered| {
            if order.stopped() {
                return Err(());
            }
            let (place, result) = match numbered {
                Ok(Numbered { place, .. }) if progress.interrupted() => (place, Err(Error::Interrupted)),
                Ok(numbered) => {
                    let at_work = AtWork { order: &order, place: numbered.place };
                    return order.deliver(at_work.place, work(numbered));
                }
                Err((place, error)) => (place, Err(error)),
            };
            order.deliver(place, result)
        })
        .or(Ok(()))
        .and_then(|()| order.finish())
}

/// The blocks of all inputs, one after the other.
struct Chain<'a> {
    inputs: &'a [&'a dyn Input],
    input: usize,
    place: usize,
    open: Option<Box<dyn Iterator<Item = Result<Block>> + Send + 'a>>,
}

impl Chain<'_> {
    fn next(&mut self) -> std::result::Result<Option<Numbered>, (usize, Error)> {
        loop {
            let Some(input) = self.inputs.get(self.input) else { return Ok(None) };
            let failed = |error| (self.place, error);
            if self.open.is_none() {
                self.open = Some(input.blocks().map_err(failed)?);
            }
            let block = self.open.as_mut().and_then(Iterator::next).transpose().map_err(failed)?;
            if let Some(block) = block {
                self.place += 1;
                return Ok(Some(Numbered { input: self.input, place: self.place - 1, block }));
            }
            self.open = None;
            self.input += 1;
        }
    }
}

/// A block that is being worked on. A panic on the way stops those who would wait for its result for ever; the
/// panic itself goes on to whoever started the run.
struct AtWork<'o, T, F: FnMut(T) -> Result<()>> {
    order: &'o Order<T, F>,
    place: usize,
}

impl<T, F: FnMut(T) -> Result<()>> Drop for AtWork<'_, T, F> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.order.lock().fail(self.place, Error::Interrupted);
            self.order.moved.notify_all();
        }
    }
}

/// Puts results back into order.
struct Order<T, F> {
    state: Mutex<State<T, F>>,
    moved: Condvar,
    window: usize,
}

struct State<T, F> {
    next: usize,
    waiting: BTreeMap<usize, T>,
    failed: Option<(usize, Error)>,
    take: F,
}

impl<T, F: FnMut(T) -> Result<()>> Order<T, F> {
    fn new(take: F, window: usize) -> Self {
        let state = State { next: 0, waiting: BTreeMap::new(), failed: None, take };
        Self { state: Mutex::new(state), moved: Condvar::new(), window }
    }

    fn lock(&self) -> MutexGuard<'_, State<T, F>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stopped(&self) -> bool {
        self.lock().failed.is_some()
    }

    /// Takes a result, and with it all that were waiting for it. The thread whose turn it is never waits.
    fn deliver(&self, place: usize, result: Result<T>) -> std::result::Result<(), ()> {
        let mut state = self.lock();
        while place >= state.next + self.window && state.failed.is_none() {
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        match result {
            Ok(value) => {
                state.waiting.insert(place, value);
            }
            Err(error) => state.fail(place, error),
        }
        state.drain();
        self.moved.notify_all();
        if state.failed.is_some() { Err(()) } else { Ok(()) }
    }

    fn finish(self) -> Result<()> {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        state.failed.map_or(Ok(()), |(_, error)| Err(error))
    }
}

impl<T, F: FnMut(T) -> Result<()>> State<T, F> {
    /// Keeps the failure that comes first in the input, so that the message does not depend on the threads.
    fn fail(&mut self, place: usize, error: Error) {
        if self.failed.as_ref().is_none_or(|(first, _)| place < *first) {
            self.failed = Some((place, error));
        }
    }

    fn drain(&mut self) {
        while self.failed.is_none()
            && let Some(value) = self.waiting.remove(&self.next)
        {
            if let Err(error) = (self.take)(value) {
                self.fail(self.next, error);
            }
            self.next += 1;
        }
    }
}
