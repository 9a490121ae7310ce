//! The lines of LDIF (RFC 2849, with the tolerances that real exports need), and where records end.
//!
//! LF, CRLF and CR end a line, and so do several CRs before a LF, which a second conversion to DOS text leaves.
//! A line of nothing, or of one blank as ldifde writes it, ends a record; a line `dn:` starts one in any case.

use memchr::{memchr2, memrchr2};

/// A line as it stands in the text, or one with its continuations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line {
    /// Where it starts, in bytes.
    pub start: usize,
    /// Where its text ends; of a folded line, where the last continuation does.
    pub end: usize,
    /// Where the next line starts.
    pub next: usize,
    /// Where the first line of a folded one ends.
    pub fold: Option<usize>,
}

impl Line {
    /// Whether the line ends a record.
    pub(super) fn is_blank(&self, bytes: &[u8]) -> bool {
        self.fold.is_none() && is_blank(bytes, self.start, self.end)
    }
}

fn is_blank(bytes: &[u8], start: usize, end: usize) -> bool {
    start == end || (end - start == 1 && matches!(bytes[start], b' ' | b'\t'))
}

/// The mark that stands inside a file where two files with marks were joined.
const BOM: &[u8] = "\u{feff}".as_bytes();

/// Whether a line that starts here starts a record.
pub(super) fn is_dn(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(BOM).unwrap_or(bytes);
    matches!(bytes, [b'd' | b'D', b'n' | b'N', b':', ..])
}

/// Where a record ends that a line ends by its start: a mark before the line is none of it.
pub(super) fn before_mark(bytes: &[u8], start: usize) -> usize {
    let before = bytes.get(..start).unwrap_or_default();
    before.strip_suffix(BOM).unwrap_or(before).len()
}

/// The line that starts at `at`, without continuations; the end of the text ends it, too.
pub(super) fn physical(bytes: &[u8], mut at: usize) -> Line {
    let mut rest = bytes.get(at..).unwrap_or_default();
    if let Some(behind) = rest.strip_prefix(BOM) {
        (rest, at) = (behind, at + BOM.len());
    }
    let end = memchr2(b'\n', b'\r', rest).map_or(bytes.len(), |found| at + found);
    let mut next = end;
    while bytes.get(next) == Some(&b'\r') {
        next += 1;
    }
    if bytes.get(next) == Some(&b'\n') {
        next += 1;
    } else {
        // CRs without a LF are ends of lines of their own.
        next = next.min(end + 1);
    }
    Line { start: at, end, next, fold: None }
}

/// The line that starts at `at` with its continuations: lines that start with a blank or a TAB and are more than that.
pub(super) fn logical(bytes: &[u8], at: usize) -> Line {
    let mut line = physical(bytes, at);
    if line.is_blank(bytes) {
        return line;
    }
    while let Some(b' ' | b'\t') = bytes.get(line.next) {
        let more = physical(bytes, line.next);
        if more.is_blank(bytes) {
            break;
        }
        line.fold = line.fold.or(Some(line.end));
        (line.end, line.next) = (more.end, more.next);
    }
    line
}

/// Appends a folded line as it was before.
pub(super) fn unfold(text: &str, line: &Line, into: &mut String) {
    let mut part = physical(text.as_bytes(), line.start);
    into.push_str(&text[part.start..part.end]);
    while part.next < line.end {
        part = physical(text.as_bytes(), part.next);
        into.push_str(&text[part.start + 1..part.end]);
    }
}

/// Where the last piece of whole records ends in a text that may go on: behind the last line that ends a record or
/// before the last that starts one.
pub(super) fn last_border(bytes: &[u8]) -> Option<usize> {
    // CRs at the very end may be half an end of line.
    let mut from = bytes.len() - bytes.iter().rev().take_while(|&&b| b == b'\r').count();
    loop {
        let found = memrchr2(b'\n', b'\r', &bytes[..from])?;
        let mut end = found;
        while bytes[found] == b'\n' && end > 0 && bytes[end - 1] == b'\r' {
            end -= 1;
        }
        let start = memrchr2(b'\n', b'\r', &bytes[..end]).map_or(0, |before| before + 1);
        if is_blank(bytes, start, end) || is_dn(&bytes[found + 1..]) {
            return Some(found + 1);
        }
        from = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<String> {
        let (mut at, mut found) = (0, Vec::new());
        while at < text.len() {
            let line = logical(text.as_bytes(), at);
            let mut unfolded = String::new();
            unfold(text, &line, &mut unfolded);
            found.push(unfolded);
            at = line.next;
        }
        found
    }

    #[test]
    fn lines_end_with_lf_crlf_cr_and_doubled_cr() {
        assert_eq!(all("a\nb\r\nc\rd\r\r\ne"), ["a", "b", "c", "d", "e"]);
        assert_eq!(all("a\r\rb"), ["a", "", "b"]);
        assert_eq!(all("a\n b\r\n\tc\nd\n"), ["abc", "d"]);
        assert_eq!(all("a\n \n b\n"), ["a", " ", " b"]);
        assert_eq!(all("a\n  \n b\n"), ["a b"]);
    }

    #[test]
    fn records_end_at_lines_of_nothing_or_one_blank() {
        for (text, border) in [
            ("dn: a\nb: c\n\ndn: d\ne", Some(12)),
            ("dn: a\r\n\r\ndn: d\r\ne", Some(9)),
            ("dn: a\n \nx", Some(8)),
            ("dn: a\n\r", None),
            ("dn: a\r\r\nx", None),
            ("dn: a\r\rx", Some(7)),
            ("dn: a\nb: c\nDN:: d\n", Some(11)),
            ("dn: a\nb: c\n", None),
            ("", None),
        ] {
            assert_eq!(last_border(text.as_bytes()), border, "{text:?}");
        }
    }
}
