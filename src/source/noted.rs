//! What the first reading notes of plain rows: where their cells end, so that the last reading need not look for it.
//!
//! Per row an octet says how many octets of notes follow, none for a row that is not plain. They are, as LEB128, the
//! length of each cell with a bit for its quotes; behind that of proxyAddresses, unless it is empty, an octet that says
//! how many octets of its values follow: for each how many octets stand before it in the cell since the last one, and
//! its length.

use super::plain::Plain;
use crate::model::{Attr, AttrSet, Notes, User, leb128};

/// The notes of one block, row by row.
pub(super) struct Noted<'n> {
    notes: Notes<'n>,
    /// For records of which less is wanted.
    brief: Option<Plain>,
}

impl<'n> Noted<'n> {
    /// Notes to take or to use of plain rows; none without the attribute of whose values they tell.
    pub(super) fn of(notes: Notes<'n>, wanted: AttrSet, plain: Option<&Plain>) -> Self {
        let notes = if wanted.has(Attr::ProxyAddresses) { notes } else { Notes::None };
        let brief = match &notes {
            Notes::Use(_, brief) => plain.map(|plain| plain.only(brief.wanted)),
            Notes::None | Notes::Take(_) => None,
        };
        Self { notes, brief }
    }

    /// Reads the row that starts at `at` as [`Plain::row`] does, or as much of it as is wanted; it is the next record
    /// behind `given` others.
    pub(super) fn row<'t>(
        &mut self,
        plain: &Plain,
        text: &'t str,
        (at, given): (usize, usize),
        user: &mut User<'t>,
    ) -> Option<usize> {
        match &mut self.notes {
            Notes::None => plain.row(text, at, user, None),
            Notes::Take(all) => {
                let start = all.len();
                all.push(0);
                let next = plain.row(text, at, user, Some(all));
                match u8::try_from(all.len() - start - 1) {
                    Ok(len) if next.is_some() => all[start] = len,
                    _ => all.truncate(start + 1),
                }
                next
            }
            Notes::Use(rest, brief) => {
                let own = next_row(rest);
                let is_brief = brief.records.get(given).is_some_and(|&less| less != 0);
                let noted = self.brief.as_ref().filter(|_| is_brief).unwrap_or(plain);
                own.and_then(|own| noted.noted_row(text, at, own, user))
                    .or_else(|| plain.row(text, at, user, None))
            }
        }
    }
}

/// The notes of the next row, if there are any.
fn next_row<'n>(rest: &mut &'n [u8]) -> Option<&'n [u8]> {
    let (&len, behind) = rest.split_first()?;
    let (own, behind) = behind.split_at_checked(len.into())?;
    *rest = behind;
    Some(own).filter(|own| !own.is_empty())
}

/// Notes a cell.
#[inline]
pub(super) fn put_cell(notes: &mut Vec<u8>, len: usize, quoted: bool) {
    leb128::put(notes, small(len) << 1 | u32::from(quoted));
}

/// The length of the next cell, and whether it is quoted.
#[inline]
pub(super) fn take_cell(notes: &mut &[u8]) -> Option<(usize, bool)> {
    let cell = leb128::take(notes)?;
    Some(((cell >> 1) as usize, cell & 1 == 1))
}

/// Notes the values of a cell.
pub(super) fn put_values(notes: &mut Vec<u8>, cell: &str, values: &[&str]) {
    let behind = notes.len();
    notes.push(0);
    let mut end = cell.as_ptr().addr();
    for value in values {
        let start = value.as_ptr().addr();
        leb128::put(notes, small(start - end));
        leb128::put(notes, small(value.len()));
        end = start + value.len();
    }
    // Rows with more notes than an octet can count keep none.
    notes[behind] = u8::try_from(notes.len() - behind - 1).unwrap_or(u8::MAX);
}

/// What was noted of the values of the next cell.
#[inline]
pub(super) fn values_of<'n>(notes: &mut &'n [u8]) -> Option<&'n [u8]> {
    let (&len, behind) = notes.split_first()?;
    let own;
    (own, *notes) = behind.split_at_checked(len.into())?;
    Some(own)
}

/// Gives a user the values that were noted of a cell.
#[inline]
pub(super) fn take_values<'t>(mut notes: &[u8], cell: &'t str, user: &mut User<'t>) -> Option<()> {
    let mut end = 0;
    while !notes.is_empty() {
        let start = end + leb128::take(&mut notes)? as usize;
        end = start + leb128::take(&mut notes)? as usize;
        user.set(Attr::ProxyAddresses, cell.get(start..end)?);
    }
    Some(())
}

/// A block is far shorter than two gigabytes.
fn small(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
