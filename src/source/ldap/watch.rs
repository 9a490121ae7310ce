//! Time and whoever watches a run: every wait ends when one of them says so.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::fault::Fault;

/// Whoever watches a fetch.
pub trait Watch: Sync {
    /// So many more objects have arrived.
    fn arrived(&self, objects: u64);

    /// So many of those that had arrived are thrown away, and asked for again.
    fn lost(&self, objects: u64);

    /// So many objects have been there from an earlier run.
    fn kept(&self, objects: u64);

    /// So many objects were counted so far; `all` says that there are no more.
    fn counted(&self, objects: u64, all: bool);

    /// So many objects there may be in all, as the server or an earlier run says.
    fn expected(&self, objects: u64);

    /// Something that the user should know while it happens.
    fn note(&self, line: &str);

    /// Whether the run is to end.
    fn interrupted(&self) -> bool;
}

/// How long things may take.
pub(super) struct Clock<'w> {
    watch: &'w dyn Watch,
    /// How long a server may be silent.
    timeout: Duration,
    deadline: Option<Instant>,
    begun: Instant,
    /// The most objects a second; 0 is no limit.
    rate: u64,
    arrived: AtomicU64,
    over: AtomicBool,
}

impl<'w> Clock<'w> {
    pub(super) fn new(
        watch: &'w dyn Watch,
        timeout: Duration,
        deadline: Option<Duration>,
        rate: u64,
    ) -> Self {
        let begun = Instant::now();
        let deadline = deadline.and_then(|time| begun.checked_add(time));
        Self {
            watch,
            timeout,
            deadline,
            begun,
            rate,
            arrived: AtomicU64::new(0),
            over: AtomicBool::new(false),
        }
    }

    /// Ends the run for all workers.
    pub(super) fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    /// Fails when the run is to end.
    pub(super) fn check(&self) -> Result<(), Fault> {
        if self.watch.interrupted() || self.over.load(Ordering::Relaxed) {
            Err(Fault::Interrupted)
        } else if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            Err(Fault::Deadline)
        } else {
            Ok(())
        }
    }

    /// Fails when the run is to end, or when what began then takes too long.
    pub(super) fn patient(&self, since: Instant) -> Result<(), Fault> {
        self.check()?;
        if since.elapsed() > self.timeout { Err(Fault::Silent(self.timeout.as_secs())) } else { Ok(()) }
    }

    /// How long to wait for a connection.
    pub(super) fn connect_timeout(&self) -> Duration {
        self.timeout.clamp(Duration::from_millis(1), Duration::from_secs(15))
    }

    /// Waits, unless the run is to end.
    pub(super) fn sleep(&self, time: Duration) -> Result<(), Fault> {
        let begun = Instant::now();
        while let Some(left) = time.checked_sub(begun.elapsed()).filter(|left| !left.is_zero()) {
            self.check()?;
            std::thread::sleep(left.min(Duration::from_millis(100)));
        }
        self.check()
    }

    /// Counts what arrived.
    pub(super) fn arrived(&self, objects: u64) {
        self.arrived.fetch_add(objects, Ordering::Relaxed);
        self.watch.arrived(objects);
    }

    /// The same for what is thrown away: it was asked for all the same.
    pub(super) fn lost(&self, objects: u64) {
        self.watch.lost(objects);
    }

    /// Tells what an earlier run has left.
    pub(super) fn kept(&self, objects: u64) {
        self.watch.kept(objects);
    }

    /// Tells what was counted.
    pub(super) fn counted(&self, objects: u64, all: bool) {
        self.watch.counted(objects, all);
    }

    /// Tells what is expected.
    pub(super) fn expected(&self, objects: u64) {
        self.watch.expected(objects);
    }

    /// Waits until more may be asked for.
    pub(super) fn pace(&self) -> Result<(), Fault> {
        if self.rate == 0 {
            return self.check();
        }
        let due = Duration::from_secs_f64(precise(self.arrived.load(Ordering::Relaxed)) / precise(self.rate));
        self.sleep(due.saturating_sub(self.begun.elapsed()))
    }

    /// Tells the user.
    pub(super) fn note(&self, line: &str) {
        self.watch.note(line);
    }
}

/// A count as a fraction; those that matter here are far below 2^52.
#[allow(clippy::cast_precision_loss)]
fn precise(count: u64) -> f64 {
    count as f64
}
