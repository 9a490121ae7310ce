//! Text in a CSV cell: quotes doubled, and the guard against spreadsheet programs that run cells as formulas. Text
//! in XML.
//!
//! Sources: RFC 4180; OWASP, "CSV Injection"; XML 1.0.

use std::borrow::Cow;

pub use crate::model::guard::{needs_guard, without_guard};

use crate::model::guard::GUARD;
use crate::model::octet::{find, has};

/// Writes the inside of a quoted cell.
#[inline]
pub(super) fn cell(out: &mut Vec<u8>, text: &str, guard: bool) {
    if !has(b'"', text.as_bytes()) {
        return quoteless(out, text, guard);
    }
    if guard && needs_guard(text) {
        out.push(GUARD);
    }
    doubled(out, text.as_bytes());
}

/// The same for a text without quotes.
#[inline]
pub(super) fn quoteless(out: &mut Vec<u8>, text: &str, guard: bool) {
    if guard && needs_guard(text) {
        out.push(GUARD);
    }
    out.extend_from_slice(text.as_bytes());
}

/// Writes a text with its quotes doubled.
#[inline(never)]
fn doubled(out: &mut Vec<u8>, text: &[u8]) {
    let mut rest = text;
    while let Some(quote) = find(b'"', rest) {
        let (head, tail) = rest.split_at(quote + 1);
        out.extend_from_slice(head);
        out.push(b'"');
        rest = tail;
    }
    out.extend_from_slice(rest);
}

/// Text for XML, inside an element or a quoted value; characters that XML cannot hold become `\u{fffd}`.
pub(super) fn xml(text: &str) -> Cow<'_, str> {
    let plain = |c: char| match c {
        '\t' | '\n' => true,
        '&' | '<' | '>' | '"' | '\u{fffe}' | '\u{ffff}' => false,
        c => c >= ' ',
    };
    if text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            c if plain(c) => safe.push(c),
            _ => safe.push('\u{fffd}'),
        }
    }
    Cow::Owned(safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_holds_no_markup_of_others() {
        assert_eq!(xml("a<b> & \"c\"\n\u{1b}"), "a&lt;b&gt; &amp; &quot;c&quot;\n\u{fffd}");
        assert!(matches!(xml("Jürgen's"), Cow::Borrowed(_)));
    }

    fn written(text: &str) -> String {
        let mut out = Vec::new();
        cell(&mut out, text, true);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn formulas_are_guarded_and_quotes_doubled() {
        for (text, cell) in [
            ("", ""),
            ("ann", "ann"),
            ("=1+1", "'=1+1"),
            ("+49 30 1", "'+49 30 1"),
            ("-x", "'-x"),
            ("@x", "'@x"),
            ("\tx", "'\tx"),
            ("\r\n=x", "'\r\n=x"),
            ("a=b", "a=b"),
            ("o'brien", "o'brien"),
            ("'quoted'", "'quoted'"),
            ("'=x", "''=x"),
            ("\"=x\"", "\"\"=x\"\""),
            ("Ann \"Bo\" X", "Ann \"\"Bo\"\" X"),
        ] {
            assert_eq!(written(text), cell, "{text}");
        }
    }
}
