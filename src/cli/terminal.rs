//! Printing: the only place that writes to standard output and standard error.

use std::fmt::Write as _;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use crate::error::{Error, Result};

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

/// Writes a line to standard error; whether it can be read there is nobody's concern.
pub(super) fn note(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
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

/// Text of a directory for a terminal or a log: control and bidirectional characters become visible, so that they
/// cannot hide or forge anything.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || is_invisible(c) {
            let _ = write!(safe, "\\u{{{:x}}}", u32::from(c));
        } else {
            safe.push(c);
        }
    }
    safe
}

/// Characters that change the direction or the look of others: bidirectional controls, zero-width ones, line and
/// paragraph separators, tags.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
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

/// A number in groups of three.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 user`, `2 users`.
pub(super) fn several(number: u64, one: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {one}{ending}", grouped(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style { colour: false, width: 40 };

    #[test]
    fn hostile_text_becomes_visible() {
        assert_eq!(escape("a\u{1b}[31m\r\n\u{202e}b"), "a\\u{1b}[31m\\u{d}\\u{a}\\u{202e}b");
        assert_eq!(escape("Jürgen O'Brien 山田"), "Jürgen O'Brien 山田");
    }

    #[test]
    fn lines_fit() {
        let text = STYLE.wrap("- ", "  ", &"word ".repeat(20));
        assert!(text.lines().all(|line| line.len() <= 40 && !line.ends_with(' ')), "{text}");
        assert!(text.lines().skip(1).all(|line| line.starts_with("  word")));
        assert_eq!(STYLE.wrap("", "", ""), "\n");
    }

    #[test]
    fn numbers_and_short_texts() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(several(1, "user"), "1 user");
        assert_eq!(shorten("abcdef", 4), "abc…");
    }
}
