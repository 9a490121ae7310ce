//! The progress bar on standard error.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::audit::Talk;
use super::environment::Environment;
use super::opened::Opened;
use super::signals::Signals;
use super::terminal::{self, grouped};
use crate::audit::{Progress, Stage};
use crate::settings::{Settings, Show};

/// What a run does while it works: it shows how far it is, and looks whether it was interrupted.
pub(super) struct Watched<'s> {
    /// How its progress is shown.
    pub(super) shown: Shown,
    /// What may interrupt it.
    pub(super) signals: &'s Signals,
}

impl Progress for Watched<'_> {
    fn advance(&self, stage: Stage, bytes: u64, records: u64) {
        self.shown.advance(stage, bytes, records);
    }

    fn again(&self) {
        match &self.shown {
            Shown::Nothing => {}
            Shown::Bar { bar, .. } => bar.set_position(0),
            Shown::Lines { done, .. } => done.store(0, Ordering::Relaxed),
        }
    }

    fn interrupted(&self) -> bool {
        self.signals.caught().is_some()
    }
}

/// How the progress of a run is shown.
pub(super) enum Shown {
    /// Not at all.
    Nothing,
    /// As a bar that is drawn again and again.
    Bar {
        /// The bar, over two readings of all bytes.
        bar: ProgressBar,
        /// Users judged so far.
        users: AtomicU64,
        /// The milliseconds at which the first of them were.
        since: OnceLock<u128>,
    },
    /// As a line for every tenth, where nothing can be drawn.
    Lines {
        /// The bytes of two readings.
        total: u64,
        /// The bytes read so far.
        done: AtomicU64,
    },
}

impl Shown {
    /// What the settings and the terminal ask for.
    pub(super) fn new(
        sources: &[Opened],
        settings: &Settings,
        talk: Talk,
        environment: &Environment,
    ) -> Self {
        let total = 2 * sources.iter().map(|source| source.about().bytes).sum::<u64>();
        match settings.progress {
            Show::Never => Self::Nothing,
            _ if talk.quiet => Self::Nothing,
            _ if environment.stderr_draws => Self::bar(total),
            Show::Always => Self::Lines { total, done: AtomicU64::new(0) },
            Show::Auto => Self::Nothing,
        }
    }

    fn bar(total: u64) -> Self {
        let (bar, template) = if total == 0 {
            (ProgressBar::no_length(), "{spinner} {binary_bytes}, {msg}")
        } else {
            (ProgressBar::new(total), "{wide_bar} {binary_bytes} of {binary_total_bytes}, {msg}, {eta} left")
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self::Bar { bar, users: AtomicU64::new(0), since: OnceLock::new() }
    }
}

impl Shown {
    /// So much more was done; see [`Progress::advance`].
    fn advance(&self, stage: Stage, bytes: u64, records: u64) {
        match self {
            Self::Nothing => {}
            Self::Bar { bar, users, since } => {
                bar.inc(bytes);
                bar.set_message(match stage {
                    Stage::Keys => "looking for what is shared".to_owned(),
                    Stage::Verdicts => {
                        let now = bar.elapsed().as_millis();
                        let taken = now - since.get_or_init(|| now).min(&now);
                        speed(users.fetch_add(records, Ordering::Relaxed) + records, taken)
                    }
                });
            }
            Self::Lines { total, done } => {
                let before = done.fetch_add(bytes, Ordering::Relaxed);
                if let Some(tenth) = tenth(before, before + bytes, *total) {
                    terminal::note(&format!("progress: {tenth}0 %"));
                }
            }
        }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if let Self::Bar { bar, .. } = self {
            bar.finish_and_clear();
        }
    }
}

/// So many users in so many milliseconds.
fn speed(users: u64, taken: u128) -> String {
    let all = grouped(users);
    // In the first moments a speed means nothing.
    match (u128::from(users) * 1000).checked_div(taken) {
        Some(speed) if taken >= 500 => {
            format!("{all} users, {} users/s", grouped(u64::try_from(speed).unwrap_or(u64::MAX)))
        }
        _ => format!("{all} users"),
    }
}

/// The tenth of the total that was just passed, if one was.
fn tenth(before: u64, after: u64, total: u64) -> Option<u64> {
    let tenths = |bytes: u64| (bytes * 10).checked_div(total);
    let (before, after) = (tenths(before)?, tenths(after)?);
    (after > before).then_some(after.min(10))
}

#[cfg(test)]
mod tests {
    use super::{speed, tenth};

    #[test]
    fn users_and_their_speed() {
        assert_eq!(speed(1_500_000, 3000), "1,500,000 users, 500,000 users/s");
        assert_eq!(speed(1500, 3), "1,500 users");
        assert_eq!(speed(0, 0), "0 users");
    }

    #[test]
    fn a_line_for_every_tenth() {
        assert_eq!(tenth(0, 5, 100), None);
        assert_eq!(tenth(5, 10, 100), Some(1));
        assert_eq!(tenth(90, 120, 100), Some(10));
        assert_eq!(tenth(0, 5, 0), None);
    }
}
