//! The guard of CSV cells that a spreadsheet program would run as formulas: a leading apostrophe.
//!
//! Reports write it and the reader takes it off, so the rule stands here, below both. Source: OWASP, "CSV Injection".

/// What stands before a cell that a spreadsheet program would take for a formula.
pub const GUARD: u8 = b'\'';

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_guard_is_taken_off() {
        for cell in ["'quoted'", "'", "''", "o'brien", "", "=x", "'ann"] {
            assert_eq!(without_guard(cell), cell);
        }
        assert_eq!(without_guard("'=x"), "=x");
        assert_eq!(without_guard("''=x"), "'=x");
    }

    proptest::proptest! {
        #[test]
        fn what_is_guarded_comes_back(text in "['=+@a\t-]{0,6}") {
            let cell = if needs_guard(&text) { format!("'{text}") } else { text.clone() };
            proptest::prop_assert_eq!(without_guard(&cell), text);
        }
    }
}
