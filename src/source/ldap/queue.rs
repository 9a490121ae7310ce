//! The queue of slices and the workers, each with a connection of its own.
//!
//! The slice is the unit of retry: what a broken search has given is thrown away, and the slice is read again on a
//! new connection, on the next server when there are several.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::checkpoint::{Checkpoint, Task};
use super::connection::Connection;
use super::dial::{Dialer, TRIES, pause};
use super::entry::Asked;
use super::fault::{Fault, Help};
use super::names::Names;
use super::read::{Counter, Excluded, Records};
use super::search::{Filter, Scope, Search};
use super::slices::Slice;
use super::watch::Clock;

/// The most slices: a server that refuses every one of them is not helped with smaller ones.
const SLICES: usize = 4_096;
/// How many slices there may be until it is no news that one more is split.
const TOLD: usize = 32;
/// A page that no server can take for too large.
const SMALL_PAGE: u32 = 50;
/// How many slices may be too much one after the other. The first to be tried is always one just split, so that halving
/// comes to one that is read after some ten steps, in each worker, where smaller ones help at all.
const HOPELESS: u32 = 64;
/// How many faults one after the other mean that the servers are gone: every worker has tried as often as it may.
const FRUITLESS: u32 = 4 * TRIES;

/// What a worker does.
#[derive(Debug, Clone)]
enum Kind {
    /// Reads a slice with this number.
    Slice(usize, Slice),
    /// Counts what is below a base.
    Count(usize),
}

#[derive(Debug, Clone)]
struct Job {
    kind: Kind,
    tried: u32,
    not_before: Instant,
}

impl Job {
    fn counts(&self) -> bool {
        matches!(self.kind, Kind::Count(_))
    }
}

#[derive(Debug, Default)]
struct Jobs {
    waiting: VecDeque<Job>,
    /// How many a worker has: those that read, and those that count.
    taken: [usize; 2],
}

/// What all workers share.
pub(super) struct Work<'w> {
    pub(super) clock: &'w Clock<'w>,
    pub(super) dialer: &'w Dialer<'w>,
    pub(super) task: &'w Task,
    /// The most objects of a page; less when a server says that it is too much.
    page: AtomicU32,
    pub(super) excluded: &'w Excluded,
    pub(super) checkpoint: Mutex<Checkpoint>,
    /// The names of the objects that have arrived.
    pub(super) arrived: Mutex<Names>,
    /// The hashes of those that were counted.
    pub(super) counted: Mutex<Vec<u64>>,
    /// Why something is missing.
    pub(super) missing: Mutex<Vec<String>>,
    /// Why the first slice that could not be read was not.
    pub(super) lost: Mutex<Option<Fault>>,
    /// What ended the run.
    pub(super) ended: Mutex<Option<Fault>>,
    jobs: Mutex<Jobs>,
    bell: Condvar,
    /// How often something failed since a job was done.
    fruitless: AtomicU32,
    /// How often a slice was too much since one was read.
    too_much: AtomicU32,
}

/// The value in a lock: a worker that panicked has left it whole.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'w> Work<'w> {
    pub(super) fn new(
        clock: &'w Clock<'w>,
        dialer: &'w Dialer<'w>,
        task: &'w Task,
        page: u32,
        excluded: &'w Excluded,
        checkpoint: Checkpoint,
    ) -> Self {
        Self {
            clock,
            dialer,
            task,
            page: AtomicU32::new(page),
            excluded,
            checkpoint: Mutex::new(checkpoint),
            arrived: Mutex::default(),
            counted: Mutex::default(),
            missing: Mutex::default(),
            lost: Mutex::default(),
            ended: Mutex::default(),
            jobs: Mutex::default(),
            bell: Condvar::new(),
            fruitless: AtomicU32::new(0),
            too_much: AtomicU32::new(0),
        }
    }

    /// Reads every open slice on so many connections; `first` is one that is open already, and the place of its
    /// server.
    pub(super) fn read_all(&self, connections: usize, first: Option<(Connection<'w>, usize)>) {
        let slices = lock(&self.checkpoint).open_slices();
        self.add(slices.into_iter().map(|(number, slice)| Kind::Slice(number, slice)));
        let mut first = first;
        std::thread::scope(|scope| {
            for _ in 0..connections.max(1) {
                let own = first.take();
                scope.spawn(move || self.worker(own, false));
            }
        });
    }

    /// Counts every base, on a connection of its own.
    pub(super) fn count_all(&self) {
        self.add((0..self.task.bases.len()).map(Kind::Count));
        self.worker(None, true);
        // Failures are told, and end up here too.
        if lock(&self.missing).is_empty() && self.clock.check().is_ok() {
            let counted = lock(&self.counted).len() as u64;
            self.clock.counted(counted, true);
            if let Err(why) = lock(&self.checkpoint).count(counted) {
                self.end(Fault::Own(why));
            }
        }
    }

    fn add(&self, kinds: impl Iterator<Item = Kind>) {
        let job = |kind| Job { kind, tried: 0, not_before: Instant::now() };
        lock(&self.jobs).waiting.extend(kinds.map(job));
    }

    /// Does jobs of one kind until none are left.
    fn worker(&self, connection: Option<(Connection<'w>, usize)>, counts: bool) {
        let (mut connection, mut server) = match connection {
            Some((connection, server)) => (Some(connection), server),
            // All begin at the first server: their answers belong together.
            None => (None, 0),
        };
        while let Some(job) = self.next(counts) {
            let done = match self.dialed(&mut connection, &mut server) {
                Ok(open) => self.work(open, &job.kind).map_err(|fault| (fault, true)),
                Err(fault) => Err((fault, false)),
            };
            if done.is_ok() {
                self.fruitless.store(0, Ordering::Relaxed);
                if !counts {
                    self.too_much.store(0, Ordering::Relaxed);
                }
            }
            let again = done.err().and_then(|(fault, begun)| {
                connection = None;
                server += 1;
                self.failed(job, fault, begun)
            });
            let mut jobs = lock(&self.jobs);
            jobs.taken[usize::from(counts)] -= 1;
            for job in again.into_iter().flatten().rev() {
                jobs.waiting.push_front(job);
            }
            drop(jobs);
            self.bell.notify_all();
        }
    }

    /// The connection, new if there is none.
    fn dialed<'c>(
        &self,
        connection: &'c mut Option<Connection<'w>>,
        server: &mut usize,
    ) -> Result<&'c mut Connection<'w>, Fault> {
        if connection.is_none() {
            let (new, place) = self.dialer.dial(*server)?;
            *server = place;
            *connection = Some(new);
        }
        connection.as_mut().ok_or(Fault::Closed)
    }

    /// The next job; `None` when all are done or the run ends.
    fn next(&self, counts: bool) -> Option<Job> {
        let mut jobs = lock(&self.jobs);
        loop {
            if let Err(fault) = self.clock.check() {
                self.end(fault);
                return None;
            }
            let now = Instant::now();
            if let Some(place) =
                jobs.waiting.iter().position(|job| job.counts() == counts && job.not_before <= now)
            {
                jobs.taken[usize::from(counts)] += 1;
                return jobs.waiting.remove(place);
            }
            let left = jobs.waiting.iter().any(|job| job.counts() == counts);
            if !left && jobs.taken[usize::from(counts)] == 0 {
                self.bell.notify_all();
                return None;
            }
            let wait = Duration::from_millis(100);
            jobs = self.bell.wait_timeout(jobs, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Keeps the first fault that ends the run.
    fn end(&self, fault: Fault) {
        lock(&self.ended).get_or_insert(fault);
        self.clock.end();
    }

    /// What follows from a fault: the job again, smaller ones, or none. `begun` says that there was a connection.
    fn failed(&self, job: Job, fault: Fault, begun: bool) -> Option<Vec<Job>> {
        if fault.ends_the_run() {
            self.end(fault);
            return None;
        }
        if fault.is_page_too_large() && self.smaller_page() {
            return Some(vec![job]);
        }
        // One that is short of cookies may refuse a page, too, and give it the next time.
        let for_good = job.tried > 0 || fault.is_page_too_large();
        if fault.is_of_paging() && for_good && self.page.swap(0, Ordering::Relaxed) > 0 {
            self.clock.note(&format!("{}; asking for everything at once", fault.what()));
            return Some(vec![job]);
        }
        let tried = job.tried + 1;
        let again = fault.help() == Help::Again && tried < TRIES;
        let less = fault.help() == Help::Less && self.too_much.fetch_add(1, Ordering::Relaxed) < HOPELESS;
        // A server that is gone is not tried anew for each slice.
        let again = again && self.fruitless.fetch_add(1, Ordering::Relaxed) < FRUITLESS;
        let not_before = Instant::now() + pause(tried);
        if let Kind::Slice(number, slice) = &job.kind
            && (less || (again && begun && tried > 1 && !matches!(fault, Fault::Silent(_))))
            && lock(&self.checkpoint).slices() < SLICES
            && let Some(halves) = slice.halves(self.task.cut.highest)
        {
            // To ask for less is no second try, and need not wait.
            let (tried, not_before) = if less { (job.tried, job.not_before) } else { (tried, not_before) };
            // Half as much may pass where the whole did not, and half of it is not lost the next time.
            if lock(&self.checkpoint).slices() < TOLD {
                self.clock.note(&format!("{}; the slice is split", fault.what()));
            }
            match lock(&self.checkpoint).split(*number, halves.clone()) {
                Ok([low, high]) => {
                    let job = |number, slice| Job { kind: Kind::Slice(number, slice), tried, not_before };
                    return Some(vec![job(low, halves.0), job(high, halves.1)]);
                }
                Err(why) => self.end(Fault::Own(why)),
            }
            return None;
        }
        if again {
            self.clock.note(&format!("{}; trying again", fault.what()));
            return Some(vec![Job { tried, not_before, ..job }]);
        }
        let what = match job.kind {
            Kind::Slice(..) => "a part of the directory could not be read",
            Kind::Count(_) => "the objects could not be counted",
        };
        let what = format!("{what}: {} (remedy: {})", fault.what(), fault.remedy());
        let mut missing = lock(&self.missing);
        if !missing.contains(&what) {
            missing.push(what);
        }
        if let Kind::Slice(..) = job.kind {
            lock(&self.lost).get_or_insert(fault);
        }
        None
    }

    /// Halves the page, unless it is small already.
    fn smaller_page(&self) -> bool {
        let half = |page| (page > SMALL_PAGE).then_some(page / 2);
        let halved = self.page.fetch_update(Ordering::Relaxed, Ordering::Relaxed, half);
        if let Ok(page) = halved {
            self.clock.note(&format!("the server refuses pages of {page}; asking for pages of {}", page / 2));
        }
        halved.is_ok()
    }

    fn work(&self, connection: &mut Connection<'w>, kind: &Kind) -> Result<(), Fault> {
        match kind {
            Kind::Slice(number, slice) => self.read(connection, *number, slice),
            Kind::Count(base) => {
                let key = lock(&self.arrived).key().clone();
                let before = lock(&self.counted).len() as u64;
                let mut counter = Counter::new(self.excluded, &key, before, None);
                self.count(connection, *base, &mut counter)?;
                lock(&self.counted).append(&mut counter.names);
                Ok(())
            }
        }
    }

    fn read(&self, connection: &mut Connection<'w>, number: usize, slice: &Slice) -> Result<(), Fault> {
        let names: Vec<&str> = self.task.attributes.iter().map(String::as_str).collect();
        let filter = Filter::parse(&slice.filter(&self.task.filter))?;
        let (base, scope) = slice.place(&self.task.bases);
        let search = Search {
            base: base.as_bytes(),
            scope,
            filter: &filter,
            attributes: &names,
            page: self.page.load(Ordering::Relaxed),
        };
        let key = lock(&self.arrived).key().clone();
        let part = lock(&self.checkpoint).part(number)?;
        let mut records = Records::new(part, Asked::new(&names), self.excluded, &key);
        match connection.pages(&search, &mut records) {
            // A folder that was moved or deleted meanwhile; the count says whether anybody is missing.
            Err(fault) if slice.is_branch() && fault.is_gone() => {}
            Err(fault) => {
                self.clock.lost(records.told());
                return Err(fault);
            }
            Ok(()) => {}
        }
        lock(&self.arrived).extend(&records.names);
        lock(&self.checkpoint).finish(number, records.part, records.found)?;
        Ok(())
    }

    /// Goes over the names of the objects below a base.
    pub(super) fn count(
        &self,
        connection: &mut Connection<'w>,
        base: usize,
        counter: &mut Counter<'_>,
    ) -> Result<(), Fault> {
        let filter = Filter::parse(&self.task.filter)?;
        let search = Search {
            base: self.task.bases.get(base).map_or(b"", |base| base.as_bytes()),
            scope: Scope::Subtree,
            filter: &filter,
            attributes: &["1.1"],
            page: self.page.load(Ordering::Relaxed),
        };
        connection.pages(&search, counter)
    }
}
