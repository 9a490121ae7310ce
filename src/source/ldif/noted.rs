//! What the first reading notes of the records of a block of LDIF: where the values stand that are shown of users about
//! whom there is nothing to say, so that the last reading need not take all of their lines apart.
//!
//! Per record, as LEB128: how far behind the last one it starts, and how many octets of notes follow; none for a record
//! that has to be read. They are, for each attribute that is wanted, a number: 0 without a value; twice how far behind
//! the start of the record the value stands, and then its length; or, for a value that does not stand in the text as it
//! is, twice how far behind it its line starts, and one.

use super::record::{Reading, Walk, records};
use super::seen::Eyes;
use crate::model::lines::Lines;
use crate::model::problem::Problems;
use crate::model::record::Place;
use crate::model::{Attr, AttrSet, Brief, Hidden, Record, User, leb128};

/// Gives each record of a text as [`records`] does, and takes notes of the `wanted` attributes: none where anything was
/// damaged, which the last reading has to tell.
pub(super) fn noting(
    (text, line): (&str, u64),
    reading: Reading<'_>,
    eyes: Option<Eyes<'_>>,
    (notes, wanted): (&mut Vec<u8>, AttrSet),
    each: &mut dyn FnMut(&Record<'_>),
) -> Problems {
    if wanted.meets(SEVERAL) {
        return records((text, line), reading, eyes, each);
    }
    let lines = Lines::new(text, line);
    let mut walk = Walk::new(text, &lines, reading, each);
    walk.eyes = eyes;
    walk.taking = Some(Taking { all: notes, wanted, own: Vec::new(), last: 0 });
    let problems = walk.all();
    if !problems.is_empty() {
        notes.clear();
    }
    problems
}

/// Attributes that may have several values, each in a line of its own.
const SEVERAL: AttrSet = AttrSet::NONE.with(Attr::ProxyAddresses).with(Attr::ObjectClass);

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
        let own = Noted { own, wanted: brief.wanted };
        if !is_brief || own.own.is_empty() {
            walk.one(start);
        } else if own.fill(&mut user, text, start).is_some() {
            let place = Place { lines: &lines, at: start };
            let at = u32::try_from(start).unwrap_or(u32::MAX);
            let record = Record { user, place, at, incomplete: None };
            walk.give(&record);
            user = record.user;
        } else if walk.brief(start, own).is_none() {
            walk.one(start);
        }
    }
    walk.problems()
}

/// Takes notes of one record after the other.
pub(super) struct Taking<'n> {
    all: &'n mut Vec<u8>,
    wanted: AttrSet,
    /// Those of one record.
    own: Vec<u8>,
    /// Where the last one starts.
    last: u32,
}

impl Taking<'_> {
    /// Takes notes of the next record, given of which attributes the values were made, and where their lines start.
    pub(super) fn take(&mut self, text: &str, carried: AttrSet, record: &Record<'_>, made: &[(Attr, usize)]) {
        let user = &record.user;
        // Others have more to them than values.
        let is_plain =
            record.incomplete.is_none() && user.carried() == carried && user.hidden() == Hidden::default();
        self.own.clear();
        let whole = if is_plain { self.values(text, record, made) } else { None };
        if whole.is_none() {
            self.own.clear();
        }
        leb128::put(self.all, record.at.wrapping_sub(self.last));
        leb128::put(self.all, u32::try_from(self.own.len()).unwrap_or_default());
        self.all.extend_from_slice(&self.own);
        self.last = record.at;
    }

    /// Notes the values; `None` when one of them stands nowhere.
    fn values(&mut self, text: &str, record: &Record<'_>, made: &[(Attr, usize)]) -> Option<()> {
        let start = record.at as usize;
        for attr in self.wanted.iter() {
            let value = record.user.get(attr);
            let line = made.iter().find(|(of, _)| *of == attr).map(|&(_, line)| line);
            match line {
                _ if value.is_empty() => leb128::put(&mut self.own, 0),
                Some(line) => {
                    let behind = u32::try_from(line.checked_sub(start)?).ok()?;
                    leb128::put(&mut self.own, behind.checked_mul(2)? | 1);
                }
                None => {
                    let place = value.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
                    let behind = u32::try_from(place.checked_sub(start)?).ok()?;
                    leb128::put(&mut self.own, behind.checked_mul(2)?);
                    leb128::put(&mut self.own, u32::try_from(value.len()).ok()?);
                    // What is neither there nor made is nowhere.
                    text.get(place..place.checked_add(value.len())?)?;
                }
            }
        }
        Some(())
    }
}

/// Where a value stands, behind the start of its record.
pub(super) enum Stands {
    /// In a line that starts there.
    Line(usize),
    /// There, so many octets.
    Value(Attr, usize, usize),
}

/// What was noted of a record.
#[derive(Clone, Copy)]
pub(super) struct Noted<'n> {
    own: &'n [u8],
    wanted: AttrSet,
}

impl Noted<'_> {
    /// Fills a user with the values; `None` where one of them has to be read from its line.
    #[inline]
    fn fill<'t>(self, user: &mut User<'t>, text: &'t str, start: usize) -> Option<()> {
        user.clear();
        for stands in self.each() {
            let Some(Stands::Value(attr, at, len)) = stands else { return None };
            let start = start.checked_add(at)?;
            user.set(attr, text.get(start..start.checked_add(len)?)?);
        }
        Some(())
    }

    /// Where the values stand; `None` where that cannot be read.
    pub(super) fn each(self) -> impl Iterator<Item = Option<Stands>> {
        let mut own = self.own;
        self.wanted.iter().filter_map(move |attr| match leb128::take(&mut own) {
            Some(0) => None,
            Some(line) if line % 2 == 1 => Some(Some(Stands::Line(line as usize / 2))),
            Some(place) => {
                let len = leb128::take(&mut own);
                Some(len.map(|len| Stands::Value(attr, place as usize / 2, len as usize)))
            }
            None => Some(None),
        })
    }
}

/// How far the next record starts behind the last one, and what was noted of it.
fn next<'n>(notes: &mut &'n [u8]) -> Option<(usize, &'n [u8])> {
    let (step, len) = (leb128::take(notes)?, leb128::take(notes)?);
    let own;
    (own, *notes) = notes.split_at_checked(len as usize)?;
    Some((step as usize, own))
}
