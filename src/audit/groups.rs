//! Who shares what: repeats of one object, and the other holders of every shared text.
//!
//! Both are worked out partition by partition; what comes out is small, or sorted by record right away.

use std::collections::BTreeSet;

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use smallvec::SmallVec;

use super::bits::Bits;
use super::keys::PARTITIONS;
use super::look::{Named, PLACES, Person, Seen, Sights, Texts, place};
use super::sets::Sets;
use super::ties::{List, Tie, Ties};
use crate::error::Result;
use crate::rules::unique::{Others, Space};

/// Records of objects that had been read before: the same objectGUID, or the same DN where one has no objectGUID.
pub(super) fn repeats(sights: &Sights<'_>, rows: u32) -> Result<Bits> {
    let of_partition = |partition| {
        let (mut sets, mut named) = (Sets::default(), sights.identities(partition)?);
        named.sort_unstable();
        for same in named.chunk_by(|a, b| a.strong == b.strong) {
            join_same(same, &mut sets);
        }
        Ok(sets)
    };
    let join = |mut one: Sets, other| {
        one.extend(other);
        Ok(one)
    };
    let sets = (0..PARTITIONS).into_par_iter().map(of_partition).try_reduce(Sets::default, join)?;
    let repeats = Bits::new(rows as usize);
    for (row, _) in sets.firsts().into_iter().filter(|(row, first)| row != first) {
        repeats.set(row as usize);
    }
    Ok(repeats)
}

/// Joins the records of one identity, as far as they are one object.
fn join_same(same: &[Named], sets: &mut Sets) {
    if same[0].is_guid {
        return same[1..].iter().for_each(|named| sets.join(same[0].row, named.row));
    }
    // Records with the DN alone are the first object of that DN; two objectGUIDs are two objects.
    let Some(first_alone) = same.iter().find(|named| !named.has_guid) else { return };
    let object = same.iter().find(|named| named.has_guid).unwrap_or(first_alone);
    for named in same.iter().filter(|named| !named.has_guid && named.row != object.row) {
        sets.join(object.row, named.row);
    }
}

/// Gives every record what it has to know of the others that hold its texts.
pub(super) fn tie(sights: &Sights<'_>, repeats: &Bits, ties: &Ties<'_>) -> Result<()> {
    (0..PARTITIONS).into_par_iter().try_for_each(|partition| {
        let Texts { mut seen, persons } = sights.texts(partition)?;
        seen.retain(|seen| !repeats.has(seen.row as usize));
        seen.sort_unstable();
        let mut room = ties.room();
        for text in seen.chunk_by(|a, b| a.strong == b.strong) {
            if text.len() > 1 {
                Group::of(text, &persons).tie(text, &mut room)?;
            }
        }
        room.finish()
    })
}

/// How many holders of a text have to be known to name the first others of each of them.
const FIRST: usize = Others::NAMED + 1;

/// The holders of one text.
struct Group {
    /// Records that are one person with another holder, with the first record of the person; ascending.
    links: Vec<(u32, u32)>,
    places: [Holders; PLACES],
}

/// The holders of a text in one place, each person once.
#[derive(Default)]
struct Holders {
    count: u32,
    /// The first of them: the record, and the first record of the person in any place.
    first: SmallVec<[(u32, u32); FIRST]>,
    /// The persons of several records among them.
    linked: BTreeSet<u32>,
}

impl Group {
    /// The holders of a text, in ascending order of the records.
    fn of(text: &[Seen], persons: &[Person]) -> Self {
        let mut group = Self { links: links(text, persons), places: Default::default() };
        for seen in text {
            let linked = group.person(seen.row);
            for (at, holders) in group.places.iter_mut().enumerate() {
                if seen.is_in(at) {
                    holders.add(seen.row, linked);
                }
            }
        }
        group
    }

    /// The first record of the person, when it has several.
    fn person(&self, row: u32) -> Option<u32> {
        let found = self.links.binary_search_by_key(&row, |(row, _)| *row);
        found.ok().map(|at| self.links[at].1)
    }

    /// Tells every holder of the others.
    fn tie(&self, text: &[Seen], room: &mut super::ties::Room<'_, '_>) -> Result<()> {
        for seen in text {
            let mut tie = Tie { row: seen.row, ordinal: seen.ordinal(), check: seen.check, ..Tie::default() };
            let person = self.person(seen.row);
            for (at, holders) in self.places.iter().enumerate() {
                let holds = seen.is_in(at);
                // Others may ask for sign-in names and aliases of their own only.
                if holds || at == place(Space::Sip) || at == place(Space::Smtp) {
                    tie.lists[at] = holders.others(seen.row, person, holds);
                }
            }
            if tie.lists.iter().any(|list| list.count > 0) {
                room.add(&tie)?;
            }
        }
        Ok(())
    }
}

impl Holders {
    /// Takes the next record, and its person if that has several.
    fn add(&mut self, row: u32, linked: Option<u32>) {
        if linked.is_some_and(|person| !self.linked.insert(person)) {
            return;
        }
        self.count += 1;
        if self.first.len() < FIRST {
            self.first.push((row, linked.unwrap_or(row)));
        }
    }

    /// Those that are not the person of a record, which may hold the text here itself.
    fn others(&self, row: u32, linked: Option<u32>, holds: bool) -> List {
        let holds = linked.map_or(holds, |person| self.linked.contains(&person));
        let own = linked.unwrap_or(row);
        let others = self.first.iter().filter(|(_, person)| *person != own).take(Others::NAMED);
        List { count: self.count - u32::from(holds), rows: others.map(|(row, _)| *row).collect() }
    }
}

/// Records of one text that are one person: one has the other's objectSid as that of its account (resource
/// forests). Each is given with the first record of the person; empty where no two are linked.
fn links(text: &[Seen], persons: &[Person]) -> Vec<(u32, u32)> {
    let of = |seen: &Seen| seen.person(persons).copied().unwrap_or_default();
    if persons.is_empty() || text.iter().all(|seen| of(seen).accounts == [0, 0]) {
        return Vec::new();
    }
    let mut by_sid: Vec<(u64, u32)> = text.iter().map(|seen| (of(seen).sid, seen.row)).collect();
    by_sid.retain(|(sid, _)| *sid != 0);
    by_sid.sort_unstable();
    let mut sets = Sets::default();
    for seen in text {
        for account in of(seen).accounts.into_iter().filter(|&account| account != 0) {
            let at = by_sid.partition_point(|(sid, _)| *sid < account);
            if let Some(&(_, row)) = by_sid.get(at).filter(|(sid, _)| *sid == account) {
                sets.join(seen.row, row);
            }
        }
    }
    sets.firsts()
}
