//! LDIF: exports of ldifde and ldapsearch, and what other servers and tools write (RFC 2849, with tolerances).

mod cut;
mod draft;
mod line;
mod name;
mod noted;
mod record;
mod seen;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::iter::{ParallelBridge, ParallelIterator};

use super::Note;
use super::assumed::Witness;
use super::columns::Column;
use super::encoding::{Found, Raw, Text};
use super::regular::{Cut, Regular};
use super::straight::Straight;
use crate::error::{Error, Result};
use crate::model::problem::{Problem, Problems};
use crate::model::{Attr, AttrSet, Block, Notes, Record};
use cut::Cutter;
use line::{is_dn, last_border, logical};
use name::Names;
use noted::{noted, noting};
use record::{Reading, records, some_records};
use seen::{SEARCH, Search, Seen};

/// What is known of an LDIF file before its records are read.
#[derive(Debug)]
pub(super) struct Ldif {
    names: Names,
    seen: Seen,
    /// About how many bytes of text a block has.
    pub(super) target: usize,
    /// How many bytes a record may have.
    limit: usize,
    /// Whether a record is larger than that, so that the file has to be cut with care.
    huge: AtomicBool,
}

impl Ldif {
    /// Looks at all of a file, before the eyes of a witness. `map` gives names of the site's own for attributes.
    ///
    /// Fails when it cannot be read, or holds changes and no objects.
    pub(super) fn open(
        name: &str,
        file: (&Raw, &Found),
        witness: &mut Option<Witness>,
        map: &[(String, Attr)],
        (target, limit): (usize, usize),
    ) -> Result<Self> {
        let (names, huge) = (Names::new(map), AtomicBool::new(false));
        let mut ldif = Self { names, seen: Seen::default(), target, limit, huge };
        ldif.look(file, witness)?;
        if ldif.huge.load(Ordering::Relaxed) {
            ldif.look(file, &mut None)?;
        }
        ldif.seen.settle();
        if ldif.seen.records == 0 && ldif.seen.changes > 0 {
            let what = "the file says what is to be changed in a directory, not what the directory holds";
            return Err(Error::source(
                name,
                what,
                "export the users: ldifde -f users.ldf -r \"(objectClass=user)\"",
            ));
        }
        Ok(ldif)
    }

    /// Looks at all blocks.
    fn look(&mut self, (raw, found): (&Raw, &Found), witness: &mut Option<Witness>) -> Result<()> {
        let (names, limit) = (&self.names, self.limit);
        let look = |(place, block): (usize, Result<Block>)| {
            let mut seen = Seen::default();
            let block = block?;
            seen.look(&block.text, block.line, names, limit);
            Ok((place, seen))
        };
        let blocks = self.seen_blocks((raw, found), Some(witness));
        let looked: Result<Vec<_>> = blocks.enumerate().par_bridge().map(look).collect();
        let mut looked = looked?;
        looked.sort_unstable_by_key(|&(place, _)| place);
        self.seen = Seen::default();
        for (_, seen) in &looked {
            self.seen.merge(seen);
        }
        Ok(())
    }

    /// The attributes of the records: those that are read in the order of the table, then the others.
    pub(super) fn columns(&self) -> Vec<Column> {
        let read = self.seen.carried.iter().map(|attr| {
            let heading = if attr == Attr::DistinguishedName { "dn" } else { self.names.of(attr) };
            let records = Some(self.seen.counts[attr as usize]);
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

    /// The blocks of the file's text.
    pub(super) fn blocks<'a>(
        &'a self,
        raw: &'a Raw,
        found: &Found,
    ) -> Box<dyn Iterator<Item = Result<Block>> + Send + 'a> {
        self.seen_blocks((raw, found), None)
    }

    /// The same, before the eyes of a witness, if there is one; it comes back at the end of a file cut by counting.
    fn seen_blocks<'a>(
        &'a self,
        (raw, found): (&'a Raw, &Found),
        mut witness: Option<&'a mut Option<Witness>>,
    ) -> Box<dyn Iterator<Item = Result<Block>> + Send + 'a> {
        let (target, limit) = (self.target, self.limit);
        let straight = Straight::of(found).filter(|_| !self.huge.load(Ordering::Relaxed));
        let Some(straight) = straight else {
            let mut text = Text::new(raw, found);
            return Box::new(Cutter::new(target, limit, move |into| text.more(into)));
        };
        let cut = Cut { raw, straight, start: found.bom, line: 1, target, limit, last_end: last_border };
        let mut regular = Regular::new(cut);
        regular.witness = witness.as_mut().and_then(|witness| witness.take());
        Box::new(std::iter::from_fn(move || {
            let block = regular.next();
            self.huge.fetch_or(regular.suspect, Ordering::Relaxed);
            if let (None, Some(witness)) = (&block, &mut witness) {
                **witness = regular.witness.take();
            }
            block
        }))
    }

    /// Gives every record of a block to `each`, with the values of the attributes that are `wanted`.
    pub(super) fn records(
        &self,
        block: &Block,
        wanted: AttrSet,
        notes: Notes<'_>,
        each: &mut dyn FnMut(&Record<'_>),
    ) -> Problems {
        let (mut problems, reading) = (block.problems.clone(), self.reading(wanted));
        let text = (block.text.as_str(), block.line);
        problems.merge(&match notes {
            Notes::Take(notes, shown) => noting(text, reading, (notes, shown), each),
            Notes::Use(notes, brief) if !notes.is_empty() => noted(text, reading, (notes, brief), each),
            Notes::None | Notes::Use(..) => records(text.0, text.1, reading, each),
        });
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

fn starts(text: &str, with: &str) -> bool {
    text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with))
}
