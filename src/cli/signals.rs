//! Interruption: Ctrl-C and SIGTERM end a run with nothing torn.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::exit::Status;
use super::terminal;
use crate::error::{Error, Result};

/// What was caught. Outside of [`Signals::held`] a signal ends the process at once, and so does the second one
/// in any case.
#[derive(Debug, Default)]
pub(super) struct Signals {
    caught: Arc<AtomicUsize>,
    at_once: Arc<AtomicBool>,
}

/// The signals that are caught, with the status in which they end.
const CAUGHT: [(i32, Status); 2] = [(SIGINT, Status::Interrupted), (SIGTERM, Status::Terminated)];

impl Signals {
    /// Catches signals from now on.
    pub(super) fn catch() -> Result<Self> {
        let signals = Self { at_once: Arc::new(AtomicBool::new(true)), ..Self::default() };
        for (signal, status) in CAUGHT {
            signals.register(signal, status).map_err(|failed| {
                Error::usage(format!("signals cannot be caught: {failed}; run the command in another shell"))
            })?;
        }
        Ok(signals)
    }

    fn register(&self, signal: i32, status: Status) -> std::io::Result<()> {
        let caught = usize::try_from(signal).unwrap_or(usize::MAX);
        // In this order: only a later signal sees what the first one sets.
        flag::register_conditional_shutdown(signal, status as i32, Arc::clone(&self.at_once))?;
        flag::register(signal, Arc::clone(&self.at_once))?;
        flag::register_usize(signal, Arc::clone(&self.caught), caught)?;
        Ok(())
    }

    /// Until the value is dropped, the first signal only leaves a mark.
    pub(super) fn held(&self) -> Held<'_> {
        self.at_once.store(false, Ordering::SeqCst);
        Held(self)
    }

    /// How the run ends, if a signal came.
    pub(super) fn caught(&self) -> Option<Status> {
        let caught = self.caught.load(Ordering::Relaxed);
        let of =
            |&&(signal, _): &&(i32, Status)| usize::try_from(signal).is_ok_and(|signal| signal == caught);
        CAUGHT.iter().find(of).map(|&(_, status)| status)
    }

    /// Fails when a signal came.
    pub(super) fn check(&self) -> Result<()> {
        self.caught().map_or(Ok(()), |_| Err(Error::Interrupted))
    }
}

/// Signals are held while this lives.
pub(super) struct Held<'s>(&'s Signals);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.at_once.store(true, Ordering::SeqCst);
    }
}

/// Does the work of a command; when it is interrupted, says so and gives the status for it.
pub(super) fn unless_interrupted(work: impl FnOnce(&Signals) -> Result<Status>) -> Result<Status> {
    let signals = Signals::catch()?;
    match (work(&signals), signals.caught()) {
        (Err(Error::Interrupted), Some(status)) => {
            terminal::note(&status.line());
            Ok(status)
        }
        (result, _) => result,
    }
}
