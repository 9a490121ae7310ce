//! Printing: the only place that writes to standard output and standard error.

use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::audit::{now, time_text};
use crate::error::{Error, Result};
pub(super) use crate::model::text::{grouped, several, visible as escape};
use crate::settings::LogFormat;

/// Writes a text to standard output. A reader that went away is [`Error::ClosedPipe`].
pub(super) fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    closed_or(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Writes bytes to standard output; see [`print()`].
pub(super) fn print_bytes(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    closed_or(out.write_all(bytes).and_then(|()| out.flush()))
}

fn closed_or(written: io::Result<()>) -> Result<()> {
    written.map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Error::ClosedPipe,
        _ => Error::io("write to", Path::new("standard output"))(error),
    })
}

/// Whether the log is written as JSON.
static JSON: AtomicBool = AtomicBool::new(false);

/// How the log is written from now on.
pub(super) fn log_as(format: LogFormat) {
    JSON.store(format == LogFormat::Json, Ordering::Relaxed);
}

/// Writes a line to standard error; whether it can be read there is nobody's concern.
pub(super) fn note(line: &str) {
    let mut out = io::stderr().lock();
    let _ = if JSON.load(Ordering::Relaxed) {
        writeln!(out, "{}", event(line, &time_text(now())))
    } else {
        writeln!(out, "{line}")
    };
}

/// A line of the log as JSON; what it starts with is its level.
fn event(line: &str, time: &str) -> serde_json::Value {
    let line = line.trim();
    let levels = [("error: ", "error"), ("warning: ", "warning")];
    let level = levels.into_iter().find_map(|(start, level)| Some((level, line.strip_prefix(start)?)));
    let (level, message) = level.unwrap_or(("info", line));
    serde_json::json!({ "time": time, "level": level, "message": message })
}

/// How text is dressed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// Whether colours are shown.
    pub(super) colour: bool,
    /// How many columns there are.
    pub(super) width: usize,
}

/// A colour by its meaning.
#[derive(Debug, Clone, Copy)]
pub(super) enum Paint {
    /// Headings.
    Bold,
    /// What may be passed over.
    Dim,
    /// Errors.
    Red,
    /// Warnings.
    Yellow,
    /// All is well.
    Green,
    /// Codes and commands.
    Cyan,
}

impl Style {
    /// The text in a colour, if colours are shown.
    pub(super) fn paint(self, paint: Paint, text: &str) -> String {
        let code = match paint {
            _ if !self.colour => return text.to_owned(),
            Paint::Bold => 1,
            Paint::Dim => 2,
            Paint::Red => 31,
            Paint::Green => 32,
            Paint::Yellow => 33,
            Paint::Cyan => 36,
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// The text in lines that fit, the first after `first` and the others after `rest`.
    pub(super) fn wrap(self, first: &str, rest: &str, text: &str) -> String {
        let room = self.width.max(40);
        let (mut wrapped, mut column) = (first.to_owned(), first.chars().count());
        let start = rest.chars().count();
        let mut empty = true;
        for word in text.split_whitespace() {
            let length = word.chars().count();
            if !empty && column + 1 + length > room {
                wrapped.push('\n');
                wrapped.push_str(rest);
                column = start;
                empty = true;
            }
            if !empty {
                wrapped.push(' ');
                column += 1;
            }
            wrapped.push_str(word);
            column += length;
            empty = false;
        }
        wrapped.push('\n');
        wrapped
    }
}

/// The text in at most `most` characters; what is left out is said.
pub(super) fn shorten(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style { colour: false, width: 40 };

    #[test]
    fn lines_fit() {
        let text = STYLE.wrap("- ", "  ", &"word ".repeat(20));
        assert!(text.lines().all(|line| line.len() <= 40 && !line.ends_with(' ')), "{text}");
        assert!(text.lines().skip(1).all(|line| line.starts_with("  word")));
        assert_eq!(STYLE.wrap("", "", ""), "\n");
    }

    #[test]
    fn a_line_of_the_log_is_one_object() {
        let line = event("warning: a \"b\"\n  remedy: c", "2026-11-23T07:00:00Z").to_string();
        assert!(!line.contains('\n'));
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&read["level"], &read["message"]), (&"warning".into(), &"a \"b\"\n  remedy: c".into()));
        assert_eq!(event("exit status 0: done", "")["level"], "info");
    }

    #[test]
    fn short_texts() {
        assert_eq!(shorten("abcdef", 4), "abc…");
        assert_eq!(shorten("abcd", 4), "abcd");
    }
}
