//! How far the reading of a server is, on standard error.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};

use super::audit::Talk;
use super::environment::Environment;
use super::signals::Signals;
use super::terminal::{self, escape, grouped};
use crate::settings::{Settings, Show};
use crate::source::ldap::Watch;

/// How often a line is written where nothing can be drawn.
const PACE: Duration = Duration::from_secs(10);

/// What is known of a reading.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Reading {
    /// The objects that are there, those of an earlier run with them.
    done: u64,
    /// Those of an earlier run.
    kept: u64,
    /// Those that were counted so far.
    counted: u64,
    /// Whether that is all.
    all: bool,
    /// Those that there may be.
    expected: u64,
}

impl Reading {
    /// How many there are in all, where that is known, and how sure that is.
    fn total(self) -> Option<(u64, &'static str)> {
        let known =
            [(self.counted, "", self.all), (self.expected.max(self.counted), "about ", self.expected > 0)];
        let found = known.into_iter().find(|&(total, _, known)| known && total >= self.done);
        found.map(|(total, how, _)| (total, how))
    }

    /// The same in words, after a time. Where nobody knows how many there are, nothing is said of how long it takes.
    fn text(self, taken: Duration) -> String {
        let (done, total) = (grouped(self.done), self.total());
        let mut text = match total {
            Some((total, how)) => format!("{done} of {how}{} objects", grouped(total)),
            None if self.counted > self.done => {
                format!("{done} of at least {} objects", grouped(self.counted))
            }
            None => format!("{done} objects"),
        };
        let milliseconds = u64::try_from(taken.as_millis()).unwrap_or(u64::MAX);
        // In the first moments a speed means nothing.
        let rate = self.done.saturating_sub(self.kept).saturating_mul(1000).checked_div(milliseconds);
        if let Some(rate) = rate.filter(|&rate| rate > 0 && milliseconds >= 1000) {
            text = format!("{text}, {} objects/s", grouped(rate));
            if let Some(left) = total.map(|(total, _)| total - self.done).filter(|&left| left > 0) {
                let left = Duration::from_secs(left.div_ceil(rate));
                text = format!("{text}, about {} left", HumanDuration(left));
            }
        }
        text
    }
}

/// Shows how far a fetch is, and looks whether it is to end.
pub(super) struct Watching<'w> {
    bar: Option<ProgressBar>,
    /// When the last line was written, where lines are wanted.
    lines: Option<Mutex<Instant>>,
    reading: Mutex<Reading>,
    begun: Instant,
    talk: Talk,
    signals: Option<&'w Signals>,
}

impl<'w> Watching<'w> {
    /// What the settings and the terminal ask for.
    pub(super) fn new(
        settings: &Settings,
        talk: Talk,
        environment: &Environment,
        signals: Option<&'w Signals>,
    ) -> Self {
        let shows = !talk.quiet && settings.progress != Show::Never;
        let bar = (shows && environment.stderr_draws).then(|| {
            let bar = ProgressBar::no_length();
            if let Ok(style) = ProgressStyle::with_template("{spinner} reading: {msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        let begun = Instant::now();
        let lines = (shows && bar.is_none() && settings.progress == Show::Always).then(|| Mutex::new(begun));
        Self { bar, lines, reading: Mutex::default(), begun, talk, signals }
    }

    fn change(&self, how: impl FnOnce(&mut Reading)) {
        let reading = {
            let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
            how(&mut reading);
            *reading
        };
        if let Some(bar) = &self.bar {
            bar.set_message(reading.text(self.begun.elapsed()));
        }
        if let Some(lines) = &self.lines {
            let mut last = lines.lock().unwrap_or_else(PoisonError::into_inner);
            if last.elapsed() >= PACE {
                *last = Instant::now();
                terminal::note(&format!("progress: {}", reading.text(self.begun.elapsed())));
            }
        }
    }
}

impl Watch for Watching<'_> {
    fn arrived(&self, objects: u64) {
        self.change(|reading| reading.done += objects);
    }

    fn lost(&self, objects: u64) {
        self.change(|reading| reading.done = reading.done.saturating_sub(objects));
    }

    fn kept(&self, objects: u64) {
        self.change(|reading| {
            reading.done += objects;
            reading.kept += objects;
        });
    }

    fn counted(&self, objects: u64, all: bool) {
        self.change(|reading| {
            reading.counted = reading.counted.max(objects);
            reading.all |= all;
        });
    }

    fn expected(&self, objects: u64) {
        self.change(|reading| reading.expected = reading.expected.max(objects));
    }

    fn note(&self, line: &str) {
        if self.talk.quiet {
            return;
        }
        let line = format!("log: {}", escape(line));
        match &self.bar {
            Some(bar) => bar.suspend(|| terminal::note(&line)),
            None => terminal::note(&line),
        }
    }

    fn interrupted(&self) -> bool {
        self.signals.is_some_and(|signals| signals.caught().is_some())
    }
}

impl Drop for Watching<'_> {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_told_when_it_is_known() {
        let reading = Reading { done: 20_000, ..Reading::default() };
        let text = |reading: Reading, seconds| reading.text(Duration::from_secs(seconds));
        assert_eq!(text(reading, 0), "20,000 objects");
        assert_eq!(text(reading, 10), "20,000 objects, 2,000 objects/s");
        let counting = Reading { counted: 50_000, ..reading };
        assert_eq!(text(counting, 10), "20,000 of at least 50,000 objects, 2,000 objects/s");
        let expecting = Reading { expected: 100_000, ..counting };
        let told = "20,000 of about 100,000 objects, 2,000 objects/s, about 40 seconds left";
        assert_eq!(text(expecting, 10), told);
        let counted = Reading { counted: 140_000, all: true, ..expecting };
        let told = "20,000 of 140,000 objects, 2,000 objects/s, about 60 seconds left";
        assert_eq!(text(counted, 10), told);
        // What an earlier run has read is no sign of this one's speed.
        let resumed = Reading { kept: 10_000, ..counted };
        assert_eq!(
            text(resumed, 10),
            told.replace("2,000 objects/s, about 60 seconds", "1,000 objects/s, about 2 minutes")
        );
        // More may come than was counted: somebody was made meanwhile.
        assert_eq!(text(Reading { done: 140_001, ..counted }, 0), "140,001 objects");
    }
}
