//! Text in a CSV cell: quotes doubled, and the guard against spreadsheet programs that run cells as formulas. Text
//! in XML.
//!
//! Sources: RFC 4180; OWASP, "CSV Injection"; XML 1.0.

use std::borrow::Cow;

/// What stands before a cell that a spreadsheet program would take for a formula.
const GUARD: u8 = b'\'';

/// Whether a spreadsheet program may take a cell that starts so for a formula.
fn is_trigger(byte: u8) -> bool {
    matches!(byte, b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r' | b'\n')
}

/// Whether the text gets the guard: it starts with a trigger, or would read like a guarded text.
#[must_use]
pub fn needs_guard(text: &str) -> bool {
    let bytes = text.as_bytes();
    match bytes.first() {
        // The apostrophe is rare, so that what follows it costs nothing on the way through millions of cells.
        Some(&GUARD) => bytes.iter().find(|&&b| b != GUARD).is_some_and(|&b| is_trigger(b)),
        Some(&first) => is_trigger(first),
        None => false,
    }
}

/// The text of a cell without its guard; what was written with the guard comes back as it was.
#[must_use]
pub fn without_guard(cell: &str) -> &str {
    match cell.strip_prefix(char::from(GUARD)) {
        Some(rest) if needs_guard(rest) => rest,
        _ => cell,
    }
}

/// Writes the inside of a quoted cell.
pub(super) fn cell(out: &mut Vec<u8>, text: &str, guard: bool) {
    if guard && needs_guard(text) {
        out.push(GUARD);
    }
    let mut rest = text.as_bytes();
    while let Some(quote) = memchr::memchr(b'"', rest) {
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

    #[test]
    fn only_a_guard_is_taken_off() {
        for cell in ["'quoted'", "'", "''", "o'brien", "", "=x", "'ann"] {
            assert_eq!(without_guard(cell), cell);
        }
        assert_eq!(without_guard("'=x"), "=x");
        assert_eq!(without_guard("''=x"), "'=x");
    }
}
