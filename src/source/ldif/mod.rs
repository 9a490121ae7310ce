//! LDIF: exports of ldifde and ldapsearch, and what other servers and tools write (RFC 2849, with tolerances).

mod cut;
mod draft;
mod line;
mod name;
mod noted;
mod parts;
mod record;
mod seen;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::iter::{ParallelBridge, ParallelIterator};

use super::Note;
use super::assumed::{self, Assumed};
use super::columns::Column;
use super::encoding::{Found, Raw, Text};
use super::regular::Cut;
use super::straight::Straight;
use crate::error::{Error, Result};
use crate::model::octet::starts;
use crate::model::problem::{Problem, Problems};
use crate::model::{Attr, AttrSet, Block, Notes, Record};
use cut::Cutter;
use line::{is_dn, last_border, logical};
use name::Names;
use noted::{noted, noting};
use parts::Gathered;
use record::{Reading, records, some_records};
use seen::{Eyes, SEARCH, Search, Seen};

/// What is known of an LDIF file before its records are read.
#[derive(Debug)]
pub(super) struct Ldif {
    names: Names,
    /// What all of it shows, or parts.
    seen: Seen,
    /// What the first reading of a file shows of which only parts were looked at.
    gathered: Option<Mutex<Gathered>>,
    /// About how many bytes of text a block has.
    pub(super) target: usize,
    /// How many bytes a record may have.
    limit: usize,
    /// Whether a record is larger than that, so that the file has to be cut with care.
    huge: AtomicBool,
}

impl Ldif {
    /// Looks at all of a file. `map` gives names of the site's own for attributes.
    ///
    /// Fails when it cannot be read, or holds changes and no objects.
    pub(super) fn open(
        name: &str,
        (raw, found): (&Raw, &Found),
        map: &[(String, Attr)],
        (target, limit): (usize, usize),
    ) -> Result<Self> {
        let (names, seen, huge) = (Names::new(map), Seen::default(), AtomicBool::new(false));
        let mut ldif = Self { names, seen, gathered: None, target, limit, huge };
        let mut seen = ldif.look(raw, found)?;
        if ldif.huge.load(Ordering::Relaxed) {
            seen = ldif.look(raw, found)?;
        }
        ldif.seen = of_objects(name, seen)?;
        Ok(ldif)
    }

    /// Looks at the start of a big file of UTF-8 and at parts of the rest. `None` where they do not say what all of it
    /// would: they hold no object, or a name of the site's own is in none of them.
    pub(super) fn open_parts(
        (raw, found): (&Raw, &Found),
        head: &str,
        map: &[(String, Attr)],
        (target, limit): (usize, usize),
    ) -> Result<Option<Self>> {
        let (names, huge) = (Names::new(map), AtomicBool::new(false));
        let Some(mut seen) = parts::look(raw, head, &names, limit)?.filter(|seen| seen.records > 0) else {
            return Ok(None);
        };
        seen.settle();
        let gathered = Some(Mutex::new(Gathered::new(found.bom)));
        let ldif = Self { names, seen, gathered, target, limit, huge };
        let columns = ldif.columns();
        let is_met = |name: &str| columns.iter().any(|known| known.heading.eq_ignore_ascii_case(name.trim()));
        Ok(map.iter().all(|(name, _)| is_met(name)).then_some(ldif))
    }

    /// The same file once a reading has seen all of it; `None` if none has.
    ///
    /// Fails when it holds changes and no objects.
    pub(super) fn as_read(&self, name: &str, raw: &Raw) -> Result<Option<Self>> {
        let Some(gathered) = &self.gathered else { return Ok(None) };
        let Some(seen) = lock(gathered).all(raw.len).cloned() else { return Ok(None) };
        let (names, seen, huge) = (self.names.clone(), of_objects(name, seen)?, AtomicBool::new(false));
        Ok(Some(Self { names, seen, gathered: None, huge, ..*self }))
    }

    /// Looks at all blocks.
    fn look(&self, raw: &Raw, found: &Found) -> Result<Seen> {
        let look = |(place, block): (usize, Result<Block>)| {
            let mut seen = Seen::default();
            let block = block?;
            seen.look(&block.text, block.line, &self.names, self.limit);
            Ok((place, seen))
        };
        let blocks = self.blocks((raw, found), None)?;
        let looked: Result<Vec<_>> = blocks.enumerate().par_bridge().map(look).collect();
        let mut looked = looked?;
        looked.sort_unstable_by_key(|&(place, _)| place);
        let mut all = Seen::default();
        for (_, seen) in &looked {
            all.merge(seen);
        }
        Ok(all)
    }

    /// The attributes of the records: those that are read in the order of the table, then the others. Of a file of which
    /// only parts were looked at, there may be more.
    pub(super) fn columns(&self) -> Vec<Column> {
        let read = self.seen.carried.iter().map(|attr| {
            let heading = if attr == Attr::DistinguishedName { "dn" } else { self.names.of(attr) };
            let records = self.gathered.is_none().then_some(self.seen.counts[attr as usize]);
            Column { heading: heading.to_owned(), meaning: Some(attr), note: "", records }
        });
        let others = self.seen.others.iter().map(|name| Column {
            heading: name.clone(),
            meaning: None,
            note: "",
            records: None,
        });
        read.chain(others).collect()
    }

    /// What the file as a whole shows to be missing; a fetched file says whether it is complete.
    pub(super) fn problems(&self) -> Problems {
        let (mut problems, comments) = (Problems::default(), &self.seen.comments);
        if self.gathered.is_some() {
            return problems;
        }
        if !comments.is_whole(self.seen.records) {
            problems.add(Problem::FetchCut, 1);
        } else if comments.complete < comments.ends {
            problems.add(Problem::FetchIncomplete, 1);
        }
        if let Search::Open(start) = self.seen.search {
            problems.add(Problem::SearchCut, start);
        }
        if let Some(line) = self.seen.cut {
            problems.add(Problem::LineCut, line);
        }
        problems
    }

    /// What a fetched file says about how it came.
    pub(super) fn notes(&self) -> Vec<Note> {
        self.seen.comments.notes()
    }

    /// The attributes that are in the input.
    pub(super) fn carried(&self) -> AttrSet {
        self.seen.carried
    }

    /// The blocks of the file's text, before the eyes of whoever assumed something of its bytes.
    pub(super) fn blocks<'a>(
        &'a self,
        (raw, found): (&'a Raw, &Found),
        assumed: Option<&'a Assumed>,
    ) -> Result<Box<dyn Iterator<Item = Result<Block>> + Send + 'a>> {
        let (target, limit) = (self.target, self.limit);
        let straight = Straight::of(found).filter(|_| !self.huge.load(Ordering::Relaxed));
        let Some(straight) = straight else {
            let mut text = Text::new(raw, found);
            return Ok(Box::new(Cutter::new(target, limit, move |into| text.more(into))));
        };
        let cut = Cut { raw, straight, start: found.bom, line: 1, target, limit, last_end: last_border };
        let huge = || self.huge.store(true, Ordering::Relaxed);
        Ok(Box::new(assumed::regular(cut, assumed, huge)?))
    }

    /// Gives every record of a block to `each`, with the values of the attributes that are `wanted`; none once it is known
    /// that the file carries more than what was assumed, so that the reading has to be done again.
    pub(super) fn records(
        &self,
        block: &Block,
        wanted: AttrSet,
        notes: Notes<'_>,
        each: &mut dyn FnMut(&Record<'_>),
    ) -> Problems {
        let (mut problems, reading) = (block.problems.clone(), self.reading(wanted));
        let text = (block.text.as_str(), block.line);
        let fresh = self.gathered.as_ref().zip(block.place).filter(|_| !matches!(notes, Notes::Use(..)));
        let Some((gathered, place)) = fresh.filter(|&(gathered, place)| lock(gathered).lacks(place)) else {
            problems.merge(&read(text, reading, None, notes, each));
            return problems;
        };
        let mut seen = Seen::default();
        let more = lock(gathered).carried().minus(self.seen.carried);
        if more.is_empty() {
            let eyes = Eyes::new(&mut seen, text, self.limit);
            problems.merge(&read(text, reading, Some(eyes), notes, each));
        } else {
            seen.look(text.0, text.1, &self.names, self.limit);
        }
        lock(gathered).take(place, seen);
        problems
    }

    /// Gives the records of a block that start at `starts` to `each`.
    pub(super) fn some_records(
        &self,
        block: &Block,
        starts: &[u32],
        wanted: AttrSet,
        each: &mut dyn FnMut(&Record<'_>),
    ) {
        some_records(&block.text, block.line, self.reading(wanted), starts, each);
    }

    fn reading(&self, wanted: AttrSet) -> Reading<'_> {
        Reading { names: &self.names, carried: self.seen.carried, wanted, limit: self.limit }
    }
}

/// Gives every record of a text that starts on a line to `each`, with or without notes.
fn read(
    text: (&str, u64),
    reading: Reading<'_>,
    eyes: Option<Eyes<'_>>,
    notes: Notes<'_>,
    each: &mut dyn FnMut(&Record<'_>),
) -> Problems {
    match notes {
        Notes::Take(notes, shown) => noting(text, reading, eyes, (notes, shown), each),
        Notes::Use(notes, brief) if !notes.is_empty() => noted(text, reading, (notes, brief), each),
        Notes::None | Notes::Use(..) => records(text, reading, eyes, each),
    }
}

/// What all of a file shows, unless that is what is to be changed in a directory.
fn of_objects(name: &str, mut seen: Seen) -> Result<Seen> {
    seen.settle();
    if seen.records > 0 || seen.changes == 0 {
        return Ok(seen);
    }
    let what = "the file says what is to be changed in a directory, not what the directory holds";
    let remedy = "export the users: ldifde -f users.ldf -r \"(objectClass=user)\"";
    Err(Error::source(name, what, remedy))
}

/// Nothing is left half done where a panic could come.
fn lock(gathered: &Mutex<Gathered>) -> MutexGuard<'_, Gathered> {
    gathered.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many lines may stand before the first record or mark.
const PREAMBLE: usize = 200;

/// What wrote a file, as far as its start shows it; `None` when it is no LDIF. A byte order mark is off already.
///
/// LDIF starts with `dn:` or `version:`, after comments and what tools say on the terminal; ldapsearch says so in its
/// comments, ldifde writes `changetype: add` into every record.
pub(super) fn flavour(text: &str) -> Option<&'static str> {
    let (mut at, mut version) = (0, false);
    for _ in 0..PREAMBLE {
        let line = logical(text.as_bytes(), at);
        let read = text.get(line.start..line.end)?;
        if is_dn(read.as_bytes()) {
            let next = logical(text.as_bytes(), line.next);
            let next = text.get(next.start..next.end).unwrap_or_default().to_ascii_lowercase();
            let ldifde = !version && next.starts_with("changetype:");
            return Some(if ldifde { "ldifde" } else { "LDIF" });
        }
        if read.starts_with("# dirsync-audit fetch: ") {
            return Some("dirsync-audit fetch");
        }
        if SEARCH.iter().any(|mark| read.starts_with(mark)) {
            return Some("ldapsearch");
        }
        version |= starts(read, "version:");
        let known = ["version:", "charset:", "#", "SASL", "Enter LDAP Password:"];
        if !line.is_blank(text.as_bytes()) && !known.iter().any(|known| starts(read, known)) {
            return None;
        }
        if line.next >= text.len() {
            return version.then_some("LDIF");
        }
        at = line.next;
    }
    version.then_some("LDIF")
}
