//! What the first reading notes of the records of a block of LDIF: the values that are shown of users about whom there is
//! nothing to say, so that the last reading need not take their lines apart.
//!
//! Per record, as LEB128: how far behind the last one it starts, and how many octets of notes follow; none for a record
//! that has to be read. They are, for each attribute that is wanted: 0 without a value; how far behind the start of the
//! record the value stands and 0 for its lowest bit, and its length; or its length and 1 for its lowest bit, and the
//! value, which does not stand in the text as it is.

use super::record::{Reading, Walk, records};
use crate::model::problem::Problems;
use crate::model::record::{Lines, Place};
use crate::model::{Attr, AttrSet, Brief, Hidden, Record, User, leb128};

/// Gives each record of a text as [`records`] does, and takes notes of the `wanted` attributes: none where anything was
/// damaged, which the last reading has to tell.
pub(super) fn noting(
    (text, line): (&str, u64),
    reading: Reading<'_>,
    (notes, wanted): (&mut Vec<u8>, AttrSet),
    each: &mut dyn FnMut(&Record<'_>),
) -> Problems {
    let (mut last, mut own) = (0, Vec::new());
    let can_be_noted = !wanted.has(Attr::ProxyAddresses);
    let problems = records(text, line, reading, &mut |record| {
        own.clear();
        let is_noted = can_be_noted && note(text, reading, record, wanted, &mut own);
        leb128::put(notes, record.at.wrapping_sub(last));
        let len = u32::try_from(own.len()).ok().filter(|_| is_noted).unwrap_or_default();
        leb128::put(notes, len);
        notes.extend_from_slice(&own[..len as usize]);
        last = record.at;
        each(record);
    });
    if !problems.is_empty() || !can_be_noted {
        notes.clear();
    }
    problems
}

/// Notes the values of a record; false when there is more to it than values.
fn note(text: &str, reading: Reading<'_>, record: &Record<'_>, wanted: AttrSet, own: &mut Vec<u8>) -> bool {
    let (user, start) = (&record.user, text.as_ptr().addr() + record.at as usize);
    let ends = text.as_ptr().addr() + text.len();
    for attr in wanted.iter() {
        let value = user.get(attr);
        let at = value.as_ptr().addr();
        let Ok(len) = u32::try_from(value.len()) else { return false };
        let place = (start..ends).contains(&at).then(|| u32::try_from(at - start).ok());
        match place.flatten().and_then(|place| place.checked_mul(2)) {
            _ if value.is_empty() => leb128::put(own, 0),
            Some(place) if place > 0 => {
                leb128::put(own, place);
                leb128::put(own, len);
            }
            _ => {
                leb128::put(own, len << 1 | 1);
                own.extend_from_slice(value.as_bytes());
            }
        }
    }
    record.incomplete.is_none() && user.carried() == reading.carried && user.hidden() == Hidden::default()
}

/// Gives each record of a text once more: of those of which less is wanted what was noted of them.
pub(super) fn noted(
    (text, line): (&str, u64),
    reading: Reading<'_>,
    (mut notes, brief): (&[u8], Brief<'_>),
    each: &mut dyn FnMut(&Record<'_>),
) -> Problems {
    let lines = Lines::new(text, line);
    let mut walk = Walk::new(text, &lines, reading, each);
    let (mut start, mut given, mut user) = (0_usize, 0, User::new(reading.carried));
    while let Some((step, own)) = next(&mut notes) {
        start = start.saturating_add(step);
        // Notes that are not of this text do no harm; that a file stays as it is, is watched elsewhere.
        if start >= text.len() || !text.is_char_boundary(start) {
            break;
        }
        let is_brief = brief.records.get(given).is_some_and(|&less| less != 0);
        given += 1;
        if !is_brief || fill(&mut user, (text, start), own, brief.wanted).is_none() {
            walk.one(start);
            continue;
        }
        let place = Place { lines: &lines, at: start };
        let record = Record { user, place, at: u32::try_from(start).unwrap_or(u32::MAX), incomplete: None };
        walk.give(&record);
        user = record.user;
    }
    walk.problems()
}

/// How far the next record starts behind the last one, and what was noted of it.
fn next<'n>(notes: &mut &'n [u8]) -> Option<(usize, &'n [u8])> {
    let (step, len) = (leb128::take(notes)?, leb128::take(notes)?);
    let own;
    (own, *notes) = notes.split_at_checked(len as usize)?;
    Some((step as usize, own))
}

/// Fills a user with what was noted; `None` when nothing was.
fn fill<'t>(
    user: &mut User<'t>,
    (text, start): (&'t str, usize),
    mut own: &'t [u8],
    wanted: AttrSet,
) -> Option<()> {
    user.clear();
    if own.is_empty() {
        return None;
    }
    for attr in wanted.iter() {
        let number = leb128::take(&mut own)? as usize;
        let value = match number {
            0 => continue,
            place if place % 2 == 0 => {
                let (at, len) = (start.saturating_add(place / 2), leb128::take(&mut own)? as usize);
                text.get(at..at.saturating_add(len))?
            }
            len => {
                let value;
                (value, own) = own.split_at_checked(len / 2)?;
                std::str::from_utf8(value).ok()?
            }
        };
        user.set(attr, value);
    }
    Some(())
}
