//! CSV files as tables: what each column is and how its cell follows from a judged user.

use std::sync::LazyLock;

use super::escape;
use crate::finding::Finding;
use crate::rules::verdict::Judged;
use crate::rules::{self, RuleSet};

/// One column of a file with a row per `Item` of a judged user.
#[derive(Debug)]
pub struct Column<Item: 'static> {
    /// Its heading; never changes once shipped, and new columns are only appended.
    pub name: &'static str,
    /// What it holds, for documentation.
    pub holds: &'static str,
    /// Its cell in a row.
    pub(super) cell: for<'a> fn(&'a Judged<'_, '_>, &'a Item) -> Cell<'a>,
}

/// What stands in a cell.
#[derive(Debug)]
pub(super) enum Cell<'a> {
    /// Text, from the directory or the catalogue.
    Text(&'a str),
    /// Text made for the cell.
    Made(String),
    /// A word of the report: nothing in it to double or to guard.
    Word(&'static str),
    /// A number.
    Number(u32),
    /// Octets, as hexadecimal digits.
    Octets([u8; 16]),
    /// The codes of findings that count: sorted, unique, joined by one blank.
    Codes(&'a [Finding]),
}

/// How a CSV file is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect {
    /// What stands between two cells.
    pub(super) delimiter: u8,
    /// Whether cells that look like formulas are guarded.
    pub(super) guard: bool,
}

/// What a block of users becomes in one file.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    /// What is appended to the file.
    pub(super) octets: Vec<u8>,
    /// In a file that holds only so many items: where each of them ends.
    pub(super) ends: Vec<usize>,
    /// What `users.csv` wrote before; see [`super::users`].
    pub(super) tails: super::users::Tails,
}

impl Sheet {
    /// Empties the sheet and keeps its room.
    pub(super) fn clear(&mut self) {
        self.octets.clear();
        self.ends.clear();
        self.tails = Default::default();
    }
}

/// Writes the byte order mark, by which spreadsheet programs know UTF-8, and the headings.
pub(super) fn head<Item>(out: &mut Vec<u8>, dialect: Dialect, columns: &[Column<Item>]) {
    out.extend_from_slice("\u{feff}".as_bytes());
    start(out, dialect, columns, |out, column| out.extend_from_slice(column.name.as_bytes()));
    end(out);
}

/// Writes one row.
pub(super) fn row<Item>(
    out: &mut Vec<u8>,
    dialect: Dialect,
    columns: &[Column<Item>],
    judged: &Judged<'_, '_>,
    item: &Item,
) {
    start(out, dialect, columns, |out, column| (column.cell)(judged, item).write(out, dialect));
    end(out);
}

/// Writes the first cells of a row; the last one stays open.
#[inline]
pub(super) fn start<T>(
    out: &mut Vec<u8>,
    dialect: Dialect,
    cells: &[T],
    mut inside: impl FnMut(&mut Vec<u8>, &T),
) {
    if let [first, rest @ ..] = cells {
        out.push(b'"');
        inside(out, first);
        go_on(out, dialect, rest, inside);
    }
}

/// Writes further cells of a row; the last one stays open.
#[inline]
pub(super) fn go_on<T>(
    out: &mut Vec<u8>,
    dialect: Dialect,
    cells: &[T],
    mut inside: impl FnMut(&mut Vec<u8>, &T),
) {
    let between = [b'"', dialect.delimiter, b'"'];
    for cell in cells {
        out.extend_from_slice(&between);
        inside(out, cell);
    }
}

/// Ends a row.
pub(super) fn end(out: &mut Vec<u8>) {
    out.extend_from_slice(b"\"\r\n");
}

impl Cell<'_> {
    /// Writes the inside of the quoted cell.
    #[inline]
    pub(super) fn write(&self, out: &mut Vec<u8>, dialect: Dialect) {
        let text = match self {
            Self::Text(text) => text,
            Self::Made(text) => text.as_str(),
            plain => return plain.plain(out),
        };
        escape::cell(out, text, dialect.guard);
    }

    /// Writes the text as it is.
    pub(super) fn plain(&self, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => out.extend_from_slice(text.as_bytes()),
            Self::Made(text) => out.extend_from_slice(text.as_bytes()),
            Self::Word(word) => out.extend_from_slice(word.as_bytes()),
            Self::Number(number) => decimal(out, *number),
            Self::Octets(octets) => hexadecimal(out, *octets),
            Self::Codes(findings) => codes(out, findings),
        }
    }
}

fn decimal(out: &mut Vec<u8>, mut number: u32) {
    let mut digits = [b'0'; 10];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] += u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
        if number == 0 {
            return out.extend_from_slice(&digits[start..]);
        }
    }
}

fn hexadecimal(out: &mut Vec<u8>, octets: [u8; 16]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut digits = [[0; 2]; 16];
    for (two, octet) in digits.iter_mut().zip(octets) {
        *two = [DIGITS[usize::from(octet >> 4)], DIGITS[usize::from(octet & 15)]];
    }
    out.extend_from_slice(digits.as_flattened());
}

/// The rules sorted by code, and the place of each rule of the catalogue among them.
struct ByCode {
    codes: Vec<&'static str>,
    rank: Vec<usize>,
}

static BY_CODE: LazyLock<ByCode> = LazyLock::new(|| {
    let mut codes: Vec<&'static str> = rules::all().map(|rule| rule.code).collect();
    codes.sort_unstable();
    let rank = rules::all().map(|rule| codes.partition_point(|&code| code < rule.code)).collect();
    ByCode { codes, rank }
});

fn codes(out: &mut Vec<u8>, findings: &[Finding]) {
    if findings.is_empty() {
        return;
    }
    let mut ranks = RuleSet::NONE;
    for finding in findings.iter().filter(|finding| finding.counts()) {
        ranks.insert(BY_CODE.rank[finding.rule]);
    }
    for (nth, rank) in ranks.iter().enumerate() {
        if nth > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(BY_CODE.codes[rank].as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;
    use crate::model::Attr;

    const PLAIN: Dialect = Dialect { delimiter: b';', guard: true };

    fn written(cell: &Cell<'_>) -> String {
        let mut out = Vec::new();
        cell.write(&mut out, PLAIN);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_and_octets() {
        for number in [0, 7, 10, 99, 1_000_000, u32::MAX] {
            assert_eq!(written(&Cell::Number(number)), number.to_string());
        }
        assert_eq!(written(&Cell::Octets([0xa0; 16])), "a0".repeat(16));
    }

    #[test]
    fn codes_are_sorted_and_unique_whatever_the_catalogue_order() {
        let finding = |rule| Finding {
            rule,
            severity: Severity::Info,
            attribute: Attr::Mail.into(),
            value: String::new(),
            message: String::new(),
            suggestion: None,
            state: crate::finding::State::Open,
        };
        let twice: Vec<Finding> =
            (0..rules::all().count()).flat_map(|rule| [finding(rule), finding(rule)]).collect();
        let mut sorted: Vec<&str> = rules::all().map(|rule| rule.code).collect();
        sorted.sort_unstable();
        assert_eq!(written(&Cell::Codes(&twice)), sorted.join(" "));
        assert_eq!(written(&Cell::Codes(&[])), "");
    }

    proptest::proptest! {
        /// What a file holds is what was written, whatever the directory says.
        #[test]
        fn every_text_comes_back(texts in proptest::collection::vec("(?s).{0,12}|['=+@\t\r\n\"-]{0,4}", 1..6)) {
            for guard in [true, false] {
                let mut out = Vec::new();
                let dialect = Dialect { guard, ..PLAIN };
                start(&mut out, dialect, &texts, |out, text| Cell::Text(text).write(out, dialect));
                end(&mut out);
                let mut reader = csv::ReaderBuilder::new().has_headers(false).delimiter(b';').from_reader(&out[..]);
                let row = reader.records().next().unwrap().unwrap();
                let back: Vec<&str> =
                    row.iter().map(|cell| if guard { escape::without_guard(cell) } else { cell }).collect();
                proptest::prop_assert_eq!(back, texts.iter().map(String::as_str).collect::<Vec<_>>());
            }
        }
    }
}
