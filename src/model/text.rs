//! Text for people: characters that hide others, and numbers that can be read.

use std::fmt::Write;

/// Text of a directory for a terminal, a log or a page: control and bidirectional characters become visible, so
/// that they cannot hide or forge anything.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            let _ = write!(safe, "\\u{{{:x}}}", u32::from(c));
        } else {
            safe.push(c);
        }
    }
    safe
}

/// Characters that cannot be seen or change the direction or the look of others: controls, bidirectional controls,
/// zero-width ones, line and paragraph separators, tags.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A number in groups of three.
#[must_use]
pub fn grouped(number: u64) -> String {
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
#[must_use]
pub fn several(number: u64, one: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {one}{ending}", grouped(number))
}

/// A share in percent; never 0 or 100 where that is not quite so.
#[must_use]
pub fn share(part: u64, all: u64) -> String {
    let percent = (part * 100 + all / 2).checked_div(all).unwrap_or(0);
    match percent {
        0 if part > 0 => "under 1 %".to_owned(),
        100 if part < all => "over 99 %".to_owned(),
        percent => format!("{percent} %"),
    }
}

/// A size as a person reads it.
#[must_use]
pub fn size(bytes: u64) -> String {
    let mut unit = 1;
    for name in ["B", "kB", "MB"] {
        if bytes < unit * 1000 {
            let tenths = bytes * 10 / unit;
            return if name == "B" {
                format!("{bytes} B")
            } else {
                format!("{}.{} {name}", tenths / 10, tenths % 10)
            };
        }
        unit *= 1000;
    }
    let tenths = bytes / (unit / 10);
    format!("{}.{} GB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_becomes_visible() {
        assert_eq!(visible("a\u{1b}[31m\r\n\u{202e}b"), "a\\u{1b}[31m\\u{d}\\u{a}\\u{202e}b");
        assert_eq!(visible("Jürgen O'Brien 山田"), "Jürgen O'Brien 山田");
    }

    #[test]
    fn numbers() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([1, 2000].map(|n| several(n, "user")), ["1 user", "2,000 users"]);
        assert_eq!(
            [(0, 0), (1, 999), (998, 999), (1, 3)].map(|(part, all)| share(part, all)),
            ["0 %", "under 1 %", "over 99 %", "33 %"]
        );
    }

    #[test]
    fn sizes() {
        assert_eq!(
            [999, 1500, 12_345_678, 7_900_000_000].map(size),
            ["999 B", "1.5 kB", "12.3 MB", "7.9 GB"]
        );
    }
}
