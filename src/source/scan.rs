//! Where the records and cells of a CSV text end.
//!
//! The rules are those of the `csv` crate, which are those of RFC 4180 with its usual tolerances: a quote opens a
//! cell only where the cell starts; `""` inside is a quote; text behind the closing quote is literal up to the next
//! delimiter; LF, CRLF and CR end a record.

use memchr::{memchr, memchr3};

use crate::model::lines::line_ends;
use crate::model::octet::find;

/// How a cell is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// The range is the cell.
    Plain,
    /// The range is the cell, with its quotes doubled.
    Doubled,
    /// The range starts with a quote, and text stands behind the closing one.
    Mixed,
}

/// A cell of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    /// Where it starts in the text, in bytes.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// How it is written.
    pub form: Form,
}

/// What a record looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// Where the next record starts; `None` when the record does not end in the text.
    pub end: Option<usize>,
    /// How many cells it has; an empty line has none.
    pub cells: usize,
    /// Whether text stands behind a closing quote.
    pub irregular: bool,
}

/// Walks over the record that starts at `at` as [`record`] does, but at most over so many cells; gives where it
/// stopped, if it did.
pub(super) fn record_up_to(
    text: &str,
    at: usize,
    delimiter: u8,
    ended: bool,
    most: usize,
) -> (Shape, Option<usize>) {
    let (mut cells, mut stop) = (0, None);
    let shape = walk(text, at, delimiter, ended, &mut |cell: Cell| {
        cells += 1;
        stop = (cells > most).then_some(cell.end);
        stop.is_none()
    });
    (shape, stop)
}

/// Walks over the record that starts at `at`. `ended` says that nothing follows the text: then only a quote that is
/// never closed leaves a record without end.
#[inline]
pub(super) fn record(text: &str, at: usize, delimiter: u8, ended: bool, mut each: impl FnMut(Cell)) -> Shape {
    walk(text, at, delimiter, ended, &mut |cell| {
        each(cell);
        true
    })
}

/// The same, until a cell is not taken; then the record has no end.
#[inline]
fn walk(text: &str, at: usize, delimiter: u8, ended: bool, each: &mut impl FnMut(Cell) -> bool) -> Shape {
    let bytes = text.as_bytes();
    let mut shape = Shape { end: None, cells: 0, irregular: false };
    if let Some(b'\n' | b'\r') = bytes.get(at) {
        shape.end = line_end(bytes, at, ended);
        return shape;
    }
    let mut start = at;
    loop {
        let Some((cell, next)) = cell(bytes, start, delimiter, ended) else { return shape };
        shape.cells += 1;
        shape.irregular |= cell.form == Form::Mixed;
        if !each(cell) {
            return shape;
        }
        match bytes.get(next) {
            Some(&b) if b == delimiter => start = next + 1,
            Some(_) => {
                shape.end = line_end(bytes, next, ended);
                return shape;
            }
            None => {
                shape.end = Some(next);
                return shape;
            }
        }
    }
}

/// The cell that starts at `start`, and the place of what ends it.
fn cell(bytes: &[u8], start: usize, delimiter: u8, ended: bool) -> Option<(Cell, usize)> {
    let plain_end = |from: usize| {
        let end = memchr3(delimiter, b'\n', b'\r', bytes.get(from..)?).map(|found| from + found);
        end.or(ended.then_some(bytes.len()))
    };
    if bytes.get(start) != Some(&b'"') {
        let end = plain_end(start)?;
        return Some((Cell { start, end, form: Form::Plain }, end));
    }
    let (mut from, mut form) = (start + 1, Form::Plain);
    loop {
        let quote = from + find(b'"', bytes.get(from..)?)?;
        match bytes.get(quote + 1) {
            Some(b'"') => {
                form = Form::Doubled;
                from = quote + 2;
            }
            None if !ended => return None,
            Some(&b) if b != delimiter && !matches!(b, b'\n' | b'\r') => {
                let end = plain_end(quote + 1)?;
                return Some((Cell { start, end, form: Form::Mixed }, end));
            }
            _ => return Some((Cell { start: start + 1, end: quote, form }, quote + 1)),
        }
    }
}

/// Behind the line break at `at`; `None` when a CR is the last that is known.
fn line_end(bytes: &[u8], at: usize, ended: bool) -> Option<usize> {
    match (bytes.get(at), bytes.get(at + 1)) {
        (Some(b'\r'), Some(b'\n')) => Some(at + 2),
        (Some(b'\r'), None) if !ended => None,
        _ => Some(at + 1),
    }
}

/// Behind the next line break from `at` on, whatever is quoted; the end of the text counts as one when it `ended`.
pub(super) fn next_line(text: &str, at: usize, ended: bool) -> Option<usize> {
    let bytes = text.as_bytes();
    match memchr::memchr2(b'\n', b'\r', bytes.get(at..)?) {
        Some(found) => line_end(bytes, at + found, ended),
        None => ended.then_some(bytes.len()),
    }
}

/// How many lines end in a text: LF, CRLF and CR each end one.
pub(super) fn lines(text: &str) -> u64 {
    line_ends(text.as_bytes(), 0..text.len())
}

/// Appends what a cell that is not [`Form::Plain`] means.
pub(super) fn unquote(text: &str, cell: Cell, into: &mut String) {
    let mut rest = &text[cell.start..cell.end];
    if cell.form == Form::Mixed {
        rest = &rest[1..];
    }
    while let Some(quote) = memchr(b'"', rest.as_bytes()) {
        into.push_str(&rest[..quote]);
        if let Some(behind) = rest[quote + 1..].strip_prefix('"') {
            into.push('"');
            rest = behind;
        } else {
            // The closing quote; what follows is literal.
            rest = &rest[quote + 1..];
            break;
        }
    }
    into.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ours(text: &str) -> Vec<Vec<String>> {
        let (mut at, mut rows) = (0, Vec::new());
        while at < text.len() {
            let mut cells = Vec::new();
            let shape = record(text, at, b',', true, |cell| {
                let mut meant = String::new();
                match cell.form {
                    Form::Plain => meant.push_str(&text[cell.start..cell.end]),
                    _ => unquote(text, cell, &mut meant),
                }
                cells.push(meant);
            });
            let Some(end) = shape.end else { break };
            at = end;
            if shape.cells > 0 {
                rows.push(cells);
            }
        }
        rows
    }

    fn theirs(text: &str) -> Vec<Vec<String>> {
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    proptest! {
        #[test]
        fn cells_are_those_of_the_csv_crate(text in r#"([ab,"é]|\n|\r\n|\r|""){0,24}"#) {
            let (ours, theirs) = (ours(&text), theirs(&text));
            // An open quote at the end is damage here and a cell there.
            prop_assert!(theirs.starts_with(&ours), "{ours:?} {theirs:?}");
            prop_assert!(theirs.len() <= ours.len() + 1);
        }

        #[test]
        fn a_prefix_never_ends_a_record_elsewhere(text in r#"([a,"]|\n|\r\n|\r|""){0,24}"#, cut in 0usize..24) {
            let whole = record(&text, 0, b',', true, |_| ());
            let part = record(text.get(..cut).unwrap_or(&text), 0, b',', false, |_| ());
            if part.end.is_some() {
                prop_assert_eq!(part, whole);
            }
        }
    }

    #[test]
    fn lines_are_counted_whatever_ends_them() {
        assert_eq!(lines("a\r\nb\nc\rd"), 3);
        assert_eq!(next_line("a\r", 0, false), None);
        assert_eq!(next_line("a\r\nb", 0, false), Some(3));
    }
}
