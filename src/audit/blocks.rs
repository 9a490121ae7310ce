//! Blocks of all inputs through the thread pool, results in the order of the input.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use rayon::iter::{ParallelBridge, ParallelIterator};

use super::Progress;
use super::layout::{Layout, changed};
use crate::error::{Error, Result};
use crate::model::{Block, BlockPlace, Input};

/// One block on its way: the place of its input, its own place among all blocks, and the block.
pub(super) struct Numbered {
    pub(super) input: usize,
    pub(super) place: usize,
    from: From,
}

/// Where the block comes from.
enum From {
    /// It has been cut.
    Cut(Block),
    /// It was cut in an earlier reading, and is read by whoever works on it.
    Place(BlockPlace),
}

impl Numbered {
    /// The block.
    pub(super) fn block(self, inputs: &[&dyn Input]) -> Result<Block> {
        match self.from {
            From::Cut(block) => Ok(block),
            From::Place(place) => inputs[self.input].block_at(&place),
        }
    }

    /// The block, or only its records at these places in its text where that is less to read; and where those records
    /// start in it.
    pub(super) fn part(self, inputs: &[&dyn Input], spans: &[Range<u32>]) -> Result<(Block, Vec<u32>)> {
        if let From::Place(place) = &self.from
            && let Some(part) = inputs[self.input].part_at(place, spans)?
        {
            let mut end = 0;
            let starts = spans.iter().map(|span| {
                let start = end;
                end += span.end - span.start;
                start
            });
            return Ok((part, starts.collect()));
        }
        Ok((self.block(inputs)?, spans.iter().map(|span| span.start).collect()))
    }
}

/// Works on every block of every input in parallel and hands the results to `take` in order. With the layout of an
/// earlier reading, blocks that can be read again are not cut again.
///
/// A thread that is far ahead waits, so that finished results do not pile up behind a slow block.
pub(super) fn each<T: Send>(
    inputs: &[&dyn Input],
    layout: Option<&Layout<'_>>,
    progress: &dyn Progress,
    work: impl Fn(Numbered) -> Result<T> + Sync,
    take: impl FnMut(T) -> Result<()> + Send,
) -> Result<()> {
    let order = Order::new(take, 1 + rayon::current_num_threads());
    let mut chain = Chain { inputs, layout, input: 0, place: 0, open: None };
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
    layout: Option<&'a Layout<'a>>,
    input: usize,
    place: usize,
    open: Option<Box<dyn Iterator<Item = Result<Block>> + Send + 'a>>,
}

impl<'a> Chain<'a> {
    fn next(&mut self) -> std::result::Result<Option<Numbered>, (usize, Error)> {
        while let Some(&input) = self.inputs.get(self.input) {
            let place = self.place;
            let known =
                self.layout.map(|layout| (layout.end_of(self.input), layout.place_of(self.input, place)));
            let from = match known {
                Some((_, Some(at))) => Some(From::Place(at)),
                // All of its blocks were placed, and all have been read.
                Some((end, None)) if self.open.is_none() && end == place => None,
                _ => self.cut(input).map_err(|error| (place, error))?.map(From::Cut),
            };
            if let Some(from) = from {
                self.place += 1;
                return Ok(Some(Numbered { input: self.input, place, from }));
            }
            if known.is_some_and(|(end, _)| end != place) {
                return Err((place, changed(input)));
            }
            self.open = None;
            self.input += 1;
        }
        Ok(None)
    }

    /// Cuts the next block of an input; `None` at its end.
    fn cut(&mut self, input: &'a dyn Input) -> Result<Option<Block>> {
        if self.open.is_none() {
            self.open = Some(input.blocks()?);
        }
        self.open.as_mut().and_then(Iterator::next).transpose()
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
    /// Away while a thread hands results over; the others go on with their work meanwhile.
    take: Option<F>,
}

impl<T, F: FnMut(T) -> Result<()>> Order<T, F> {
    fn new(take: F, window: usize) -> Self {
        let state = State { next: 0, waiting: BTreeMap::new(), failed: None, take: Some(take) };
        Self { state: Mutex::new(state), moved: Condvar::new(), window }
    }

    fn lock(&self) -> MutexGuard<'_, State<T, F>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stopped(&self) -> bool {
        self.lock().failed.is_some()
    }

    /// Takes a result, and hands over all whose turn it is. The thread whose turn it is never waits.
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
        while let Some((mut take, value)) = state.turn() {
            drop(state);
            let taken = take(value);
            state = self.lock();
            state.take = Some(take);
            if let Err(error) = taken {
                let next = state.next;
                state.fail(next, error);
            }
            state.next += 1;
            self.moved.notify_all();
        }
        if state.failed.is_some() {
            self.moved.notify_all();
            return Err(());
        }
        Ok(())
    }

    fn finish(self) -> Result<()> {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        state.failed.map_or(Ok(()), |(_, error)| Err(error))
    }
}

impl<T, F> State<T, F> {
    /// Keeps the failure that comes first in the input, so that the message does not depend on the threads.
    fn fail(&mut self, place: usize, error: Error) {
        if self.failed.as_ref().is_none_or(|(first, _)| place < *first) {
            self.failed = Some((place, error));
        }
    }

    /// What is to be handed over next, unless it is not there yet or somebody is doing it.
    fn turn(&mut self) -> Option<(F, T)> {
        if self.failed.is_some() || self.take.is_none() {
            return None;
        }
        let value = self.waiting.remove(&self.next)?;
        self.take.take().map(|take| (take, value))
    }
}
