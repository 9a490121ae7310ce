//! What the first reading notes of plain rows: where the cells stand that are shown of users about whom there is nothing
//! to say, so that the last reading need not look for them.
//!
//! Per row an octet says how many octets of notes follow, none for a row that is not plain. They are, as LEB128: for each
//! of those cells how many octets stand before it since the end of the last one, and its length; then how many octets
//! stand before the next row.

use super::plain::{Page, Plain};
use crate::model::{Notes, User, leb128};

/// The notes of one block, row by row.
pub(super) struct Noted<'n> {
    notes: Notes<'n>,
    row: RowNotes,
}

impl<'n> Noted<'n> {
    /// Notes to take or to use of plain rows.
    pub(super) fn of(notes: Notes<'n>) -> Self {
        Self { notes, row: RowNotes::default() }
    }

    /// Reads the row that starts at `at` as [`Plain::row`] does, or as much of it as is wanted; it is the next record
    /// behind `given` others.
    pub(super) fn row<'t>(
        &mut self,
        plain: &Plain,
        page: Page<'t>,
        (at, given): (usize, usize),
        user: &mut User<'t>,
    ) -> Option<usize> {
        self.row.begin();
        match &mut self.notes {
            Notes::None => plain.row(page, at, user, &mut self.row),
            Notes::Take(all, _) => {
                let next = plain.row(page, at, user, &mut self.row);
                let (len, own) = next.and_then(|_| self.row.octets()).unwrap_or_default();
                all.push(len);
                all.extend_from_slice(own);
                next
            }
            Notes::Use(rest, brief) => {
                let own = next_row(rest);
                let is_brief = brief.records.get(given).is_some_and(|&less| less != 0);
                own.filter(|_| is_brief)
                    .and_then(|own| plain.noted_row(page.text, at, own, user))
                    .or_else(|| plain.row(page, at, user, &mut self.row))
            }
        }
    }
}

/// The notes of one row, of no more octets than one can count. They are put together here: room in one place, which
/// never grows, is filled in fewer steps.
#[derive(Debug)]
pub(super) struct RowNotes {
    octets: [u8; u8::MAX as usize],
    /// How many there would be, with room for them or without.
    len: usize,
}

impl Default for RowNotes {
    /// No notes yet.
    fn default() -> Self {
        Self { octets: [0; u8::MAX as usize], len: 0 }
    }
}

impl RowNotes {
    /// Makes room for the notes of a row.
    pub(super) fn begin(&mut self) {
        self.len = 0;
    }

    /// What was noted, and how many octets that is, if there is room for so many.
    pub(super) fn octets(&self) -> Option<(u8, &[u8])> {
        Some((u8::try_from(self.len).ok()?, self.octets.get(..self.len)?))
    }

    /// Notes how far behind the last one a cell or the next row starts, or how long a cell is.
    #[inline]
    pub(super) fn put(&mut self, number: usize) {
        // Nearly all are of one octet or two. What is written behind the last one is written over by the next.
        let room = self.octets.get_mut(self.len..).and_then(<[u8]>::first_chunk_mut);
        match (room, u16::try_from(number)) {
            (Some(room), Ok(number)) if number < 1 << 14 => {
                let more = number >= 0x80;
                *room = [(number & 0x7f) as u8 | u8::from(more) << 7, (number >> 7 & 0x7f) as u8];
                self.len += 1 + usize::from(more);
            }
            _ => self.put_any(number),
        }
    }

    /// Notes how far behind the last one a cell starts, and how long it is, if it is noted at all.
    #[inline]
    pub(super) fn put_cell(&mut self, noted: bool, gap: usize, len: usize) {
        match self.octets.get_mut(self.len..).and_then(<[u8]>::first_chunk_mut) {
            // Nearly always one octet each will do. What is not noted is written over.
            Some(room) if gap | len < 0x80 => {
                let ([gap, ..], [len, ..]) = (gap.to_le_bytes(), len.to_le_bytes());
                *room = [gap, len];
                self.len += 2 * usize::from(noted);
            }
            _ if noted => {
                self.put(gap);
                self.put(len);
            }
            _ => {}
        }
    }

    /// The row cannot be read by its notes.
    #[inline]
    pub(super) fn withdraw(&mut self) {
        self.len += self.octets.len() + 1;
    }

    /// The same for all numbers.
    #[cold]
    fn put_any(&mut self, number: usize) {
        leb128::each(small(number), |octet| {
            if let Some(place) = self.octets.get_mut(self.len) {
                *place = octet;
            }
            self.len += 1;
        });
    }
}

/// The notes of the next row, if there are any.
fn next_row<'n>(rest: &mut &'n [u8]) -> Option<&'n [u8]> {
    let (&len, behind) = rest.split_first()?;
    let (own, behind) = behind.split_at_checked(len.into())?;
    *rest = behind;
    Some(own).filter(|own| !own.is_empty())
}

/// The next number of the notes of a row.
#[inline]
pub(super) fn take(notes: &mut &[u8]) -> Option<usize> {
    leb128::take(notes).map(|number| number as usize)
}

/// How far behind the last one the next cell of a row starts, and how long it is.
#[inline]
pub(super) fn take_cell(notes: &mut &[u8]) -> Option<(usize, usize)> {
    match **notes {
        [gap @ ..0x80, len @ ..0x80, ref rest @ ..] => {
            *notes = rest;
            Some((gap.into(), len.into()))
        }
        _ => Some((take(notes)?, take(notes)?)),
    }
}

/// A block is far shorter than four gigabytes.
fn small(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_no_more_notes_than_one_octet_counts() {
        let mut notes = RowNotes::default();
        for _ in 0..253 {
            notes.put(7);
        }
        notes.put(300);
        let (len, own) = notes.octets().unwrap();
        assert_eq!((len, &own[252..]), (255, [7, 0xac, 2].as_slice()));
        notes.put(7);
        assert_eq!(notes.octets(), None);
    }
}
