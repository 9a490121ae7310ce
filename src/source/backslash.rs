//! Tables that escape quotes or delimiters with backslashes: AdFind (`\"` inside quotes) and `JXplorer` (`\,` without
//! quotes). They are written anew, as every other program writes them.
//!
//! A backslash at the end of a quoted cell looks the same as an escaped quote; the number of cells decides.

use super::cut::Table;
use super::encoding::{Found, Raw, Text};
use super::long::{row, write};
use super::scan::lines;
use crate::error::Result;
use crate::model::problem::{Problem, Problems};

/// Whether a table needs to be written anew. `quoted` says that its headings are quoted, `head` is its start behind
/// the heading.
pub(super) fn is_needed(raw: &Raw, found: &Found, delimiter: u8, quoted: bool, head: &str) -> Result<bool> {
    if !quoted {
        let escaped = memchr::memmem::find(head.as_bytes(), &[b'\\', delimiter]).is_some();
        return Ok(escaped && !head.contains('"'));
    }
    let (mut text, mut pieces) = (String::new(), Text::new(raw, found));
    loop {
        // A mark over the border of two pieces is found with the second.
        let kept = text.char_indices().rev().nth(1).map_or(0, |(at, _)| at);
        text.drain(..kept);
        if pieces.more(&mut text)?.is_none() {
            return Ok(false);
        }
        let bytes = text.as_bytes();
        let inside =
            |at: usize| bytes.get(at + 2).is_some_and(|&b| b != delimiter && !matches!(b, b'\r' | b'\n'));
        if memchr::memmem::find_iter(bytes, b"\\\"").any(inside) {
            return Ok(true);
        }
    }
}

/// How a backslash before a quote that something follows is read.
#[derive(Clone, Copy, PartialEq)]
enum Quote {
    /// It escapes the quote.
    Escaped,
    /// Before a delimiter or a line break it belongs to the cell, and the quote ends it.
    Ends,
}

/// Writes the rows anew, each with its line before it.
pub(super) fn anew(raw: &Raw, found: &Found, table: Table) -> Result<(Raw, Problems)> {
    let mut problems = Problems::default();
    let mut reader = Reader {
        text: String::new(),
        source: Text::new(raw, found),
        skip: table.skip,
        line: table.line,
        ended: false,
        table,
    };
    let rows = std::iter::from_fn(|| reader.next(&mut problems).transpose());
    let raw = write(rows, raw)?;
    Ok((raw, problems))
}

struct Reader<'a> {
    text: String,
    source: Text<'a>,
    skip: usize,
    line: u64,
    ended: bool,
    table: Table,
}

impl Reader<'_> {
    fn next(&mut self, problems: &mut Problems) -> Result<Option<Vec<u8>>> {
        loop {
            let (delimiter, columns) = (self.table.delimiter, self.table.columns);
            let first = record(&self.text, delimiter, self.ended, Quote::Escaped);
            let fits = first.as_ref().is_some_and(|(cells, _)| cells.len() == columns);
            let second = || record(&self.text, delimiter, self.ended, Quote::Ends);
            let second = if fits { None } else { second().filter(|(cells, _)| cells.len() == columns) };
            let Some((mut cells, end)) = second.or(first).filter(|_| self.skip == 0) else {
                let huge = self.text.len() > self.table.limit;
                if self.skip == 0 && !self.text.is_empty() && (self.ended || huge) {
                    // The quote is never closed: the line is lost, and the next one is tried.
                    problems.add(if huge { Problem::HugeRecord } else { Problem::OpenQuote }, self.line);
                    let end = super::scan::next_line(&self.text, 0, true).unwrap_or(self.text.len());
                    self.text.drain(..end);
                    self.line += 1;
                } else if self.ended {
                    return Ok(None);
                } else {
                    self.fill()?;
                }
                continue;
            };
            // As in other tables: without quotes, the last cell may go on where the file was cut.
            let open = end == self.text.len() && !self.text.ends_with(['"', '\n', '\r']);
            if open {
                problems.add(Problem::EndCut, self.line);
                cells.pop();
            }
            let given = row(self.line, open, cells.iter().map(String::as_str));
            self.line += lines(&self.text[..end]);
            self.text.drain(..end);
            if cells.len() > 1 || !cells.concat().trim_ascii().is_empty() {
                return Ok(Some(given.into_bytes()));
            }
        }
    }

    fn fill(&mut self) -> Result<()> {
        self.ended = self.source.more(&mut self.text)?.is_none();
        let skip = self.skip.min(self.text.len());
        if self.text.is_char_boundary(skip) {
            self.text.drain(..skip);
            self.skip -= skip;
        }
        Ok(())
    }
}

/// The cells of the first record of a text, and where it ends; `None` when the text does not tell.
fn record(text: &str, delimiter: u8, ended: bool, quote: Quote) -> Option<(Vec<String>, usize)> {
    let bytes = text.as_bytes();
    let (mut cells, mut at) = (Vec::new(), 0);
    if text.is_empty() {
        return None;
    }
    loop {
        let (cell, end) = cell(bytes, at, delimiter, (ended, quote))?;
        cells.push(String::from_utf8(cell).unwrap_or_default());
        at = end;
        match bytes.get(at) {
            Some(&b) if b == delimiter => at += 1,
            Some(b'\r') if bytes.get(at + 1) == Some(&b'\n') => return Some((cells, at + 2)),
            Some(b'\r') if at + 1 == bytes.len() && !ended => return None,
            Some(_) => return Some((cells, at + 1)),
            None => return Some((cells, at)),
        }
    }
}

/// What stands next in a cell.
enum Next {
    /// These octets, written as so many.
    Is(&'static [u8], usize),
    /// This octet, written as so many.
    Octet(u8, usize),
    /// The closing quote.
    Close,
    /// The end of the cell.
    End,
}

/// A cell, and where it ends; `None` when the text does not tell.
fn cell(
    bytes: &[u8],
    mut at: usize,
    delimiter: u8,
    (ended, quote): (bool, Quote),
) -> Option<(Vec<u8>, usize)> {
    let mut cell = Vec::new();
    let quoted = bytes.get(at) == Some(&b'"');
    at += usize::from(quoted);
    let mut open = quoted;
    loop {
        let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) else {
            return (!open && ended).then_some((cell, at));
        };
        let next = if open {
            inside(rest, delimiter, ended, quote)?
        } else {
            outside(rest, delimiter, ended, quoted)?
        };
        match next {
            Next::Is(octets, len) => {
                cell.extend_from_slice(octets);
                at += len;
            }
            Next::Octet(octet, len) => {
                cell.push(octet);
                at += len;
            }
            Next::Close => {
                open = false;
                at += 1;
            }
            Next::End => return Some((cell, at)),
        }
    }
}

/// What stands next between quotes.
fn inside(rest: &[u8], delimiter: u8, ended: bool, quote: Quote) -> Option<Next> {
    match *rest {
        [b'\\', b'"', ref behind @ ..] => {
            // In doubt more of the text is needed.
            if behind.is_empty() && !ended {
                return None;
            }
            let ends = quote == Quote::Ends && ends_cell(behind.first(), delimiter);
            Some(if ends { Next::Octet(b'\\', 1) } else { Next::Octet(b'"', 2) })
        }
        [b'\\', b'\\', ..] => Some(Next::Is(b"\\\\", 2)),
        [b'"', b'"', ..] => Some(Next::Octet(b'"', 2)),
        [b'\\' | b'"'] if !ended => None,
        [b'"', ..] => Some(Next::Close),
        [octet, ..] => Some(Next::Octet(octet, 1)),
        [] => None,
    }
}

/// What stands next without quotes, or behind the closing one of a cell that was `quoted`.
fn outside(rest: &[u8], delimiter: u8, ended: bool, quoted: bool) -> Option<Next> {
    match *rest {
        [b'\\'] if !ended => None,
        [b'\\', next, ..] if !quoted && (next == delimiter || next == b'\\') => Some(Next::Octet(next, 2)),
        [octet, ..] if ends_cell(Some(&octet), delimiter) => Some(Next::End),
        [octet, ..] => Some(Next::Octet(octet, 1)),
        [] => None,
    }
}

fn ends_cell(octet: Option<&u8>, delimiter: u8) -> bool {
    octet.is_none_or(|&b| b == delimiter || matches!(b, b'\r' | b'\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str, quote: Quote) -> Vec<String> {
        record(text, b',', true, quote).unwrap().0
    }

    #[test]
    fn backslashes_of_both_programs() {
        let quoted = r#""CN=A\, B","Ann \"Bo\" C","x;y\;z\\","d""#;
        assert_eq!(cells(quoted, Quote::Escaped), [r"CN=A\, B", r#"Ann "Bo" C"#, r"x;y\;z\\", "d"]);
        assert_eq!(cells(r#""C:\a\","b""#, Quote::Ends), [r"C:\a\", "b"]);
        assert_eq!(
            cells(r"CN=Roth\\\, Jana\,OU=x,top;user,a", Quote::Escaped),
            [r"CN=Roth\, Jana,OU=x", "top;user", "a"]
        );
        assert_eq!(record("\"a\\", b',', false, Quote::Escaped), None);
    }
}
