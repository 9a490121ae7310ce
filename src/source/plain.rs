//! Rows of plain cells: the usual ones, whose values are borrowed from the block as they stand, or from an arena where
//! quotes in them are doubled.
//!
//! This is [`super::scan`] and [`super::row`] in one pass, for the case that nothing has to be converted, taken out or
//! complained about. Whatever is not that is left to them.

use std::ops::Range;

use bumpalo::Bump;

use super::columns::Used;
use super::cut::Table;
use super::marks::is_itself;
use super::noted::{RowNotes, take, take_cell};
use super::split::{split, split_part};
use super::values::{How, Meant, mean, usual};
use crate::model::attribute::IDENTITY;
use crate::model::identity::is_deleted;
use crate::model::octet::{Places, find, has};
use crate::model::{Attr, AttrSet, User};

/// How plain rows are read.
#[derive(Debug)]
pub(super) struct Plain {
    delimiter: u8,
    limit: usize,
    columns: Vec<Column>,
    /// Those that are noted.
    noted: Vec<Read>,
}

/// A column of the table.
#[derive(Debug, Clone, Copy, Default)]
struct Column {
    /// `None` when it is not read.
    read: Option<Read>,
    /// Whether it is noted where its cells stand.
    noted: bool,
}

/// A column that is read.
#[derive(Debug, Clone, Copy)]
struct Read {
    used: Used,
    /// Whether its cells are mostly taken as they stand.
    as_is: bool,
}

/// The text of a block while its rows are read.
#[derive(Clone, Copy)]
pub(super) struct Page<'t> {
    /// The text.
    pub(super) text: &'t str,
    /// Room for cells with quotes inside.
    pub(super) made: &'t Bump,
}

/// Where the inside of a cell stands.
struct Inside {
    place: Range<usize>,
    /// What is behind it, quotes included.
    behind: usize,
    /// Whether there are doubled quotes in it.
    doubled: bool,
}

impl Plain {
    /// The columns of a table that are read, and the attributes that are noted; `None` where a column has two meanings.
    pub(super) fn of(table: &Table, used: &[Used], noted: AttrSet) -> Option<Self> {
        let mut columns = vec![Column::default(); table.columns];
        for &used in used {
            let place = columns.get_mut(used.index)?;
            let as_is = matches!(used.how, How::Text) && !used.escaped;
            let own = Column { read: Some(Read { used, as_is }), noted: noted.has(used.attr) };
            if std::mem::replace(place, own).read.is_some() {
                return None;
            }
        }
        let noted = columns.iter().filter(|column| column.noted).filter_map(|column| column.read).collect();
        Some(Self { delimiter: table.delimiter, limit: table.limit, columns, noted })
    }

    /// Reads the row that starts at `at` into a user, and gives where the next one starts. `None` when the row is not
    /// plain, names nobody or may be a heading: then it has to be read the long way. Where cells stand is noted for
    /// [`Plain::noted_row`].
    pub(super) fn row<'t>(
        &self,
        Page { text, made }: Page<'t>,
        at: usize,
        user: &mut User<'t>,
        notes: &mut RowNotes,
    ) -> Option<usize> {
        user.clear();
        let bytes = text.as_bytes();
        let (mut start, mut told, mut quotes) = (at, at, Places::of(b'"', bytes, at..bytes.len()));
        let (mut before, mut any_doubled) = (self.delimiter, false);
        for column in &self.columns {
            if before != self.delimiter {
                return None;
            }
            let Inside { place, behind, doubled } = self.cell(bytes, start, &mut quotes)?;
            (before, start) = (*bytes.get(behind)?, behind + 1);
            let Some(read) = &column.read else { continue };
            notes.put_cell(column.noted, place.start - told, place.len());
            told = if column.noted { place.end } else { told };
            if place.is_empty() {
                continue;
            }
            let cell = &text[place.clone()];
            if read.as_is && !doubled && is_itself(cell, read.used.attr) {
                user.set_if_any(read.used.attr, cell);
                continue;
            }
            any_doubled |= doubled;
            if doubled {
                let made = undoubled(made, cell);
                value(made, 0..made.len(), &read.used, user)?;
            } else {
                value(text, place, &read.used, user)?;
            }
            if column.noted && (doubled || read.as_is && user.get(read.used.attr).len() != cell.len()) {
                notes.withdraw();
            }
        }
        let next = behind_row(bytes, start.checked_sub(1)?)?;
        notes.put(next - told);
        if !any_doubled {
            user.promise_no_quotes();
        }
        let names_somebody = IDENTITY.iter().any(|&attr| user.filled().has(attr));
        (next - at <= self.limit && names_somebody && is_object(user)).then_some(next)
    }

    /// The cell that starts at `start`; `quotes`: those from there on.
    #[inline]
    fn cell(&self, bytes: &[u8], start: usize, quotes: &mut Places<'_>) -> Option<Inside> {
        let first = *bytes.get(start)?;
        if first == b'"' {
            let (open, close) = (quotes.next()?, quotes.next()?);
            let doubled = bytes.get(close + 1) == Some(&b'"');
            let close = if doubled { end_of_doubled(bytes, close, quotes)? } else { close };
            return Some(Inside { place: open + 1..close, behind: close + 1, doubled });
        }
        let len = if first == self.delimiter { 0 } else { bare_cell(self.delimiter, &bytes[start..])? };
        Some(Inside { place: start..start + len, behind: start + len, doubled: false })
    }

    /// Reads the cells of a row that the first reading noted, and no others; `None` when one is more than plain. That a
    /// file stays as it is, is watched elsewhere.
    pub(super) fn noted_row<'t>(
        &self,
        text: &'t str,
        at: usize,
        mut notes: &[u8],
        user: &mut User<'t>,
    ) -> Option<usize> {
        user.clear();
        let mut end = at;
        for read in &self.noted {
            let (gap, len) = take_cell(&mut notes)?;
            let start = end.saturating_add(gap);
            end = start.saturating_add(len);
            let cell = text.get(start..end)?;
            if read.as_is {
                user.set_if_any(read.used.attr, cell);
            } else if !cell.is_empty() {
                value(text, start..end, &read.used, user)?;
            }
        }
        user.promise_no_quotes();
        let next = end.saturating_add(take(&mut notes)?);
        text.is_char_boundary(next).then_some(next)
    }
}

/// How long the cell without quotes is that a text starts with.
#[inline(never)]
fn bare_cell(delimiter: u8, text: &[u8]) -> Option<usize> {
    let len = memchr::memchr3(delimiter, b'\r', b'\n', text)?;
    // A quote in the middle is for others.
    (!has(b'"', &text[..len])).then_some(len)
}

/// Where the cell ends in which the first of two quotes stands at `quote`; `quotes`: those behind it.
#[inline(never)]
fn end_of_doubled(bytes: &[u8], mut quote: usize, quotes: &mut Places<'_>) -> Option<usize> {
    while bytes.get(quote + 1) == Some(&b'"') {
        quote = quotes.nth(1)?;
    }
    Some(quote)
}

/// A cell with its quotes no longer doubled.
#[inline(never)]
fn undoubled<'t>(room: &'t Bump, cell: &str) -> &'t str {
    let (mut made, mut rest) = (bumpalo::collections::String::with_capacity_in(cell.len(), room), cell);
    while let Some(quote) = find(b'"', rest.as_bytes()) {
        made.push_str(&rest[..=quote]);
        rest = rest.get(quote + 2..).unwrap_or_default();
    }
    made.push_str(rest);
    made.into_bump_str()
}

/// Where the next row starts, when one ends at `end`.
fn behind_row(bytes: &[u8], end: usize) -> Option<usize> {
    match bytes.get(end..)? {
        [b'\r', b'\n', ..] => Some(end + 2),
        [b'\n', ..] => Some(end + 1),
        _ => None,
    }
}

/// Whether it is neither a heading nor a deleted object: no heading has an address or a DN in it.
fn is_object(user: &User<'_>) -> bool {
    let dn = user.get(Attr::DistinguishedName);
    let address =
        || [Attr::UserPrincipalName, Attr::Mail].iter().any(|&attr| has(b'@', user.get(attr).as_bytes()));
    (has(b'=', dn.as_bytes()) || address()) && !is_deleted(dn)
}

/// Reads a cell that is not empty; `None` when it is more than plain.
#[inline(never)]
fn value<'t>(text: &'t str, place: Range<usize>, column: &Used, user: &mut User<'t>) -> Option<()> {
    let cell = &text[place.clone()];
    match usual(cell, column.attr, column.how).filter(|_| !column.escaped) {
        Some(_) if column.how == How::Proxies => {
            split_part(text, place, false, |part| user.set(Attr::ProxyAddresses, part));
        }
        Some(text) => user.set(column.attr, text),
        None => return any_value(cell, column, user),
    }
    Some(())
}

/// The same for any cell.
#[inline(never)]
fn any_value<'t>(cell: &'t str, column: &Used, user: &mut User<'t>) -> Option<()> {
    if column.escaped && memchr::memchr(b'\\', cell.as_bytes()).is_some() {
        return None;
    }
    // Room for what would make the row more than plain.
    let mut made = String::new();
    match (mean(cell, column.attr, column.how, &mut made), column.how) {
        (Meant::Placeholder | Meant::Made | Meant::Lost(_), _) | (_, How::Typed(_) | How::Listed) => {
            return None;
        }
        (Meant::Nothing, _) => {}
        (Meant::Is(part), How::Proxies) => {
            split(part, false, |part| user.set(Attr::ProxyAddresses, part));
        }
        (Meant::Is(text) | Meant::Word(text), _) => user.set(column.attr, text),
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::super::row::Row;
    use super::super::scan::record;
    use super::*;
    use crate::model::AttrSet;
    use crate::model::lines::Lines;
    use crate::model::problem::Problems;
    use crate::model::record::Place;

    /// A column of every way of reading that plain rows know.
    const COLUMNS: [Used; 8] = [
        Used { index: 0, attr: Attr::DistinguishedName, how: How::Text, escaped: true },
        Used { index: 1, attr: Attr::ProxyAddresses, how: How::Proxies, escaped: false },
        Used { index: 2, attr: Attr::Mail, how: How::Text, escaped: false },
        Used { index: 3, attr: Attr::UserEnabled, how: How::Flag, escaped: false },
        Used { index: 4, attr: Attr::UserAccountControl, how: How::Account, escaped: false },
        Used { index: 5, attr: Attr::ObjectGuid, how: How::Guid, escaped: false },
        Used { index: 6, attr: Attr::ObjectClass, how: How::Joined, escaped: false },
        Used { index: 7, attr: Attr::RecipientTypeDetails, how: How::RecipientType, escaped: false },
    ];
    const TABLE: Table =
        Table { delimiter: b',', columns: 8, skip: 0, line: 1, target: 1 << 20, limit: 1 << 20 };

    proptest::proptest! {
        /// A row that is plain is what the long way makes of it, and there is nothing to complain about.
        #[test]
        fn plain_rows_are_rows(
            dn in "(CN=|ou=a@|x)[a-c]{1,3}",
            cells in proptest::collection::vec(
                r#"|[a-c@.]{1,5}|(smtp:|SIP:|;| |\{|\}|\\\\|""|"|,|\n|'|True|FALSE|512|1E\+9|SharedMailbox|n/a|X'41'){1,4}"#, 7,
            ),
            quoted in proptest::collection::vec(proptest::bool::weighted(0.7), 8),
            end in "\r\n|\n|\r|",
            behind in "(\"|,|a|\n){0,3}",
            change: u8,
        ) {
            let cells = std::iter::once(&dn).chain(&cells);
            let written = cells.zip(quoted).map(|(cell, quoted)| if quoted { format!("\"{cell}\"") } else { cell.clone() });
            let text = format!("{}{end}{behind}", written.collect::<Vec<_>>().join(","));
            let made = Bump::new();
            let mut short = User::new(AttrSet::ALL);
            let plain = Plain::of(&TABLE, &COLUMNS, AttrSet::NONE).unwrap();
            // All columns are read, or some; all that are read are noted, or some.
            let brief = AttrSet::of(&[Attr::Mail, Attr::ObjectGuid]);
            let reads = [(&COLUMNS[..], AttrSet::ALL), (&COLUMNS[..3], brief), (&COLUMNS[2..], brief)];
            for (used, noted) in reads {
                let read = Plain::of(&TABLE, used, noted).unwrap();
                let (mut again, mut row_notes) = (User::new(AttrSet::ALL), RowNotes::default());
                row_notes.begin();
                let page = Page { text: &text, made: &made };
                let next = read.row(page, 0, &mut short, &mut row_notes);
                let mut notes = row_notes.octets().filter(|_| next.is_some()).unwrap_or_default().1.to_vec();
                if !notes.is_empty() {
                    proptest::prop_assert_eq!(read.noted_row(&text, 0, &notes, &mut again), next);
                    for attr in COLUMNS.map(|used| used.attr).into_iter().filter(|&attr| attr != Attr::ProxyAddresses) {
                        let want = if noted.has(attr) { short.get(attr) } else { "" };
                        proptest::prop_assert_eq!(again.get(attr), want);
                    }
                    let want = if noted == AttrSet::ALL { short.proxies() } else { &[] };
                    proptest::prop_assert_eq!(again.proxies(), want);
                }
                // Notes that are not of this text do no harm.
                for at in 0..notes.len() {
                    notes[at] ^= change;
                    read.noted_row(&text, 0, &notes, &mut again);
                }
            }
            if let Some(next) = plain.row(Page { text: &text, made: &made }, 0, &mut short, &mut RowNotes::default()) {
                let mut row = Row::default();
                let shape = record(&text, 0, b',', true, |cell| row.cells.push(cell));
                proptest::prop_assert_eq!((shape.end, shape.cells, shape.irregular), (Some(next), 8, false));
                let (mut problems, lines) = (Problems::default(), Lines::new(&text, 1));
                for used in COLUMNS {
                    row.value(&text, used, Place { lines: &lines, at: 0 }, &mut problems);
                }
                let mut long = row.user(&text, User::new(AttrSet::ALL));
                if short.has_no_quotes() {
                    let values = COLUMNS[2..].iter().map(|used| long.get(used.attr)).chain(long.proxies().iter().copied());
                    proptest::prop_assert!(values.chain([long.get(Attr::DistinguishedName)]).all(|value| !value.contains('"')));
                    long.promise_no_quotes();
                }
                proptest::prop_assert_eq!(format!("{short:?}"), format!("{long:?}"));
                proptest::prop_assert!(row.why.is_none() && problems.iter().next().is_none());
            }
        }
    }

    #[test]
    fn most_rows_are_plain() {
        let text = "CN=Ann,\"smtp:ann@b.co;sip:ann@b.co\",ann@b.co,True,512,,user,1\r\nCN=Bo";
        let (mut user, made) = (User::new(AttrSet::ALL), Bump::new());
        let (page, plain) = (Page { text, made: &made }, Plain::of(&TABLE, &COLUMNS, AttrSet::NONE).unwrap());
        let next = plain.row(page, 0, &mut user, &mut RowNotes::default());
        assert_eq!(next, Some(text.len() - 5));
        assert_eq!((user.proxies().len(), user.get(Attr::UserEnabled)), (2, "TRUE"));
    }
}
