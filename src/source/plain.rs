//! Rows of plain cells: the usual ones, whose values are borrowed from the block as they stand.
//!
//! This is [`super::row`] for the case that nothing has to be put together, taken out or complained about. Whatever
//! is not that is left to it.

use super::columns::Used;
use super::scan::{Cell, Form};
use super::split::split;
use super::values::{How, Meant, is_itself, mean};
use crate::model::attribute::IDENTITY;
use crate::model::{Attr, User};

/// Reads the cells of a row into a user without values. False when the row is not plain, or names nobody: then it has
/// to be read by [`super::row`], and what is in the user means nothing.
pub(super) fn read<'t>(cells: &[Cell], text: &'t str, columns: &[Used], user: &mut User<'t>) -> bool {
    for column in columns {
        let Some(&cell) = cells.get(column.index) else { return false };
        if cell.start == cell.end {
            continue;
        }
        if cell.form != Form::Plain || !value(&text[cell.start..cell.end], column, user) {
            return false;
        }
    }
    IDENTITY.iter().any(|&attr| !user.get(attr).is_empty())
}

/// Reads one cell; false when it is more than plain.
#[inline]
fn value<'t>(cell: &'t str, column: &Used, user: &mut User<'t>) -> bool {
    if column.escaped && memchr::memchr(b'\\', cell.as_bytes()).is_some() {
        return false;
    }
    let attr = column.attr;
    if column.how == How::Text && is_itself(cell, attr) {
        user.set(attr, cell);
        return true;
    }
    // Room for what would make the row more than plain.
    let mut made = String::new();
    match (mean(cell, attr, column.how, &mut made), column.how) {
        (Meant::Placeholder | Meant::Made | Meant::Lost(_), _) | (_, How::Typed(_) | How::Listed) => false,
        (Meant::Nothing, _) => true,
        (Meant::Word(word), _) => {
            user.set(attr, word);
            true
        }
        (Meant::Is(part), How::Proxies) => {
            split(part, false, |part| user.set(Attr::ProxyAddresses, part));
            true
        }
        (Meant::Is(part), _) => {
            user.set(attr, part);
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::model::AttrSet;

    use super::super::row::Row;
    use super::super::scan::record;
    use super::*;
    use crate::model::problem::Problems;
    use crate::model::record::{Lines, Place};

    /// A column of every way of reading that plain rows know, and one that they leave alone.
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

    proptest::proptest! {
        /// A row that is plain is what the long way makes of it, and there is nothing to complain about.
        #[test]
        fn plain_rows_are_rows(cells in proptest::collection::vec(
            r#"|[a-c@.]{1,5}|(smtp:|SIP:|;| |\{|\}|\\\\|""|'|True|FALSE|512|1E\+9|SharedMailbox|n/a|X'41'){1,4}"#, 8,
        )) {
            let text = format!("\"{}\"", cells.join("\",\""));
            let mut row = Row::default();
            record(&text, 0, b',', true, |cell| row.cells.push(cell));
            let mut short = User::new(AttrSet::ALL);
            if read(&row.cells, &text, &COLUMNS, &mut short) {
                let (mut problems, lines) = (Problems::default(), Lines::new(&text, 1));
                for used in COLUMNS {
                    row.value(&text, used, Place { lines: &lines, at: 0 }, &mut problems);
                }
                let long = row.user(&text, User::new(AttrSet::ALL));
                proptest::prop_assert_eq!(format!("{short:?}"), format!("{long:?}"));
                proptest::prop_assert!(row.why.is_none() && problems.iter().next().is_none());
            }
        }
    }
}
