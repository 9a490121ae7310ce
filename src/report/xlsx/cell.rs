//! What stands in a cell: text that XML and Excel can hold, or a number.

use std::borrow::Cow;
use std::fmt::Write;

use rust_xlsxwriter::{Worksheet, XlsxError};

use crate::model::text::grouped;

/// The longest text of a cell, in UTF-16 units.
pub(super) const LONGEST: usize = 32_767;

/// Room for the notice at the end of a text that was cut.
const NOTICE: usize = 100;

/// Writes a cell; nothing for nothing.
pub(super) fn write(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    text: &str,
    is_number: bool,
    cut: &mut u64,
) -> Result<(), XlsxError> {
    if text.is_empty() {
        return Ok(());
    }
    match text.parse::<f64>() {
        Ok(number) if is_number => sheet.write_number(row, column, number).map(drop),
        _ => sheet.write_string(row, column, shown(text, cut)).map(drop),
    }
}

/// The text as a cell can hold it: characters that XML cannot hold become visible, and too long a text is cut.
pub(super) fn shown<'t>(text: &'t str, cut: &mut u64) -> Cow<'t, str> {
    let text = if text.bytes().any(|b| b < b' ' || b == 0xef) { escaped(text) } else { Cow::Borrowed(text) };
    // A text has at least as many octets as units.
    if text.len() <= LONGEST || text.encode_utf16().count() <= LONGEST {
        return text;
    }
    *cut += 1;
    let (mut kept, mut units) = (String::new(), 0);
    for c in text.chars() {
        units += c.len_utf16();
        if units > LONGEST - NOTICE {
            break;
        }
        kept.push(c);
    }
    let length = grouped(text.chars().count() as u64);
    let _ = write!(kept, "… (cut by dirsync-audit: {length} characters, a cell holds 32,767)");
    Cow::Owned(kept)
}

fn escaped(text: &str) -> Cow<'_, str> {
    if !text.chars().any(cannot_stand) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if cannot_stand(c) {
            let _ = write!(safe, "\\u{{{:x}}}", u32::from(c));
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// Characters that XML 1.0 cannot hold, and CR, which becomes LF when it is read.
fn cannot_stand(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// The width of a column, in characters.
pub(super) fn width(name: &str) -> u16 {
    match name {
        "errors" | "warnings" | "infos" | "code" | "severity" | "state" => 10,
        "dn" | "message" | "remedy" | "next_step" | "value" | "suggestion" => 50,
        "object_guid" | "fingerprint" => 36,
        "user_principal_name" | "mail" | "sip_address" | "name" | "reference" => 32,
        "display_name" | "attribute" | "codes" | "reason" => 26,
        _ => 18,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_hold_what_can_be_held() {
        let told = |text: &str| {
            let mut cut = 0;
            (shown(text, &mut cut).into_owned(), cut)
        };
        for text in ["", "Jürgen\n\tx", "=1+1", "_x0041_", "\u{202e}x", "\u{feff}x"] {
            assert_eq!(told(text), (text.to_owned(), 0));
        }
        assert_eq!(told("a\u{1b}[m\r\u{ffff}").0, "a\\u{1b}[m\\u{d}\\u{ffff}");
        assert_eq!(told(&"é".repeat(LONGEST)).1, 0);
        let (text, cut) = told(&"😀".repeat(20_000));
        assert!(cut == 1 && text.encode_utf16().count() <= LONGEST);
        assert!(text.contains("20,000 characters"), "{}", &text[text.len() - 100..]);
    }
}
