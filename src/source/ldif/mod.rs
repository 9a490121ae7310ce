//! LDIF: exports of ldifde and ldapsearch, and what other servers and tools write (RFC 2849, with tolerances).

mod cut;
mod draft;
mod line;
mod name;
mod record;
mod seen;
#[cfg(test)]
mod tests;

use rayon::iter::{ParallelBridge, ParallelIterator};

use super::Note;
use super::columns::Column;
use super::encoding::Text;
use crate::error::{Error, Result};
use crate::model::problem::{Problem, Problems};
use crate::model::{Attr, AttrSet, Block, Record};
use cut::Cutter;
use line::{is_dn, logical};
use name::Names;
use record::{Reading, records};
use seen::Seen;

/// What is known of an LDIF file before its records are read.
#[derive(Debug)]
pub(super) struct Ldif {
    names: Names,
    seen: Seen,
    /// About how many bytes of text a block has.
    target: usize,
    /// How many bytes a record may have.
    limit: usize,
}

impl Ldif {
    /// Looks at all of a file. `map` gives names of the site's own for attributes.
    ///
    /// Fails when it cannot be read, or holds changes and no objects.
    pub(super) fn open(
        name: &str,
        text: Text<'_>,
        map: &[(String, Attr)],
        target: usize,
        limit: usize,
    ) -> Result<Self> {
        let mut ldif = Self { names: Names::new(map), seen: Seen::default(), target, limit };
        let look = |(place, block): (usize, Result<Block>)| {
            let mut seen = Seen::default();
            seen.look(&block?.text, &ldif.names, limit);
            Ok((place, seen))
        };
        let looked: Result<Vec<_>> = ldif.blocks(text).enumerate().par_bridge().map(look).collect();
        let mut looked = looked?;
        looked.sort_unstable_by_key(|&(place, _)| place);
        for (_, seen) in &looked {
            ldif.seen.merge(seen);
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

    /// What is to be told of the file as a whole: a fetched file says whether it is complete.
    pub(super) fn problems(&self) -> Problems {
        let (mut problems, comments) = (Problems::default(), &self.seen.comments);
        if !comments.is_whole(self.seen.records) {
            problems.add(Problem::FetchCut, 1);
        } else if comments.complete < comments.ends {
            problems.add(Problem::FetchIncomplete, 1);
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
        &self,
        mut text: Text<'a>,
    ) -> impl Iterator<Item = Result<Block>> + Send + use<'a> {
        Cutter::new(self.target, self.limit, move |into| text.more(into))
    }

    /// Gives every record of a block to `each`, with the values of the attributes that are `wanted`.
    pub(super) fn records(
        &self,
        block: &Block,
        wanted: AttrSet,
        each: &mut dyn FnMut(&Record<'_>),
    ) -> Problems {
        let mut problems = block.problems.clone();
        let reading = Reading { names: &self.names, carried: self.seen.carried, wanted, limit: self.limit };
        problems.merge(&records(&block.text, block.line, reading, each));
        problems
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
        if read.starts_with("# extended LDIF") || read.starts_with("# LDAPv3") {
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
