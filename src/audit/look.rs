//! Second look: the texts of keys whose hashes met, so that nothing is ever said because of a hash alone.
//!
//! Texts are compared by 128 bits of BLAKE3, a hash that nobody can make collide.

use super::heap::Heap;
use super::keys::{Kind, PARTITIONS, every_key, key_hash, lower};
use super::meet::Met;
use super::spill::Spill;
use crate::error::Result;
use crate::model::{Attr, AttrSet, Input, User, fold};
use crate::rules::unique::Space;

/// The identity of a text: BLAKE3 of its kind and its folded form.
pub(super) type Strong = u128;

/// Where a text is held: the spaces of the rules whose texts may meet, and one for those that are alone.
pub(super) const PLACES: usize = 4;

const ALL_PLACES: u32 = (1 << PLACES) - 1;

/// The place of a space among [`PLACES`].
pub(super) fn place(space: Space) -> usize {
    match space {
        Space::Sip => 0,
        Space::Smtp => 1,
        Space::Upn => 2,
        Space::Nickname | Space::Line => 3,
    }
}

/// A text that a candidate holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Seen {
    pub(super) strong: Strong,
    pub(super) row: u32,
    /// Its ordinal above its places.
    tag: u32,
    /// The lower half of the key's hash.
    pub(super) check: u32,
    /// Its place among the persons that come along.
    person: u32,
}

impl Seen {
    /// Which key of the record it is: its first, when it has the text several times.
    pub(super) fn ordinal(&self) -> u32 {
        self.tag >> PLACES
    }

    /// Whether the record holds it in one of the [`PLACES`].
    pub(super) fn is_in(&self, place: usize) -> bool {
        self.tag & 1 << place != 0
    }

    /// Whose it is.
    pub(super) fn person<'p>(&self, persons: &'p [Person]) -> Option<&'p Person> {
        persons.get(self.person as usize)
    }
}

/// Who a candidate is, for accounts that are linked: hashes of SIDs, 0 for none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Person {
    /// Its objectSid.
    pub(super) sid: u64,
    /// The SIDs of the accounts of other forests that sign in with it.
    pub(super) accounts: [u64; 2],
}

/// An objectGUID or DN that a candidate has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Named {
    pub(super) strong: Strong,
    pub(super) row: u32,
    pub(super) is_guid: bool,
    /// Whether the record has an objectGUID.
    pub(super) has_guid: bool,
}

/// What was seen of all candidates, by the hash of the text.
pub(super) struct Sights<'s> {
    pub(super) texts: Heap<'s>,
    pub(super) identities: Heap<'s>,
    /// Whether accounts may be linked at all; if not, persons are not kept.
    linked: bool,
}

/// The SIDs of the accounts of other forests.
const ACCOUNTS: [Attr; 2] = [Attr::OriginatorSid, Attr::MasterAccountSid];

/// The attributes that are read of a candidate besides its keys.
pub(super) fn attributes() -> AttrSet {
    AttrSet::of(&ACCOUNTS).with(Attr::ObjectSid)
}

/// The identity of a text of a kind.
fn strong(kind: Kind, text: &str) -> Strong {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&kind.salt().to_le_bytes());
    hasher.update(fold::fold(text).as_bytes());
    let mut first = [0; 16];
    hasher.finalize_xof().fill(&mut first);
    u128::from_le_bytes(first)
}

/// The hash of a SID; 0 for none.
fn sid(text: &str) -> u64 {
    match text {
        "" => 0,
        text => {
            let hash = blake3::hash(fold::fold(text).as_bytes());
            let (first, _) = hash.as_bytes().split_at(8);
            first.iter().fold(0, |sid, &b| sid << 8 | u64::from(b)).max(1)
        }
    }
}

/// The keys of one record that met another's, used again for the next.
#[derive(Debug, Default)]
pub(super) struct Look {
    texts: Vec<Seen>,
    pub(super) entries: Entries,
}

/// Entries on their way to a heap.
#[derive(Debug, Default)]
pub(super) struct Entries {
    texts: Vec<Seen>,
    persons: Vec<Person>,
    identities: Vec<Named>,
}

/// The texts of a partition, and who holds them.
#[derive(Debug, Default)]
pub(super) struct Texts {
    pub(super) seen: Vec<Seen>,
    pub(super) persons: Vec<Person>,
}

impl Look {
    /// Looks at one candidate.
    pub(super) fn at(&mut self, user: &User<'_>, row: u32, met: &Met, linked: bool) {
        self.texts.clear();
        let person = u32::try_from(self.entries.persons.len()).unwrap_or(u32::MAX);
        if linked {
            self.entries.persons.push(Person::of(user));
        }
        let has_guid = !user.get(Attr::ObjectGuid).is_empty();
        let mut ordinal = 0;
        every_key(user, |kind, text| {
            let check = lower(key_hash(kind, text));
            if met.hashes.may_have(check) {
                let strong = strong(kind, text);
                match kind {
                    Kind::Rules(space) => {
                        let tag = ordinal << PLACES | 1 << place(space);
                        self.texts.push(Seen { strong, row, tag, check, person });
                    }
                    Kind::Guid | Kind::Dn => {
                        let is_guid = kind == Kind::Guid;
                        self.entries.identities.push(Named { strong, row, is_guid, has_guid });
                    }
                }
            }
            ordinal += 1;
        });
        self.texts.sort_unstable();
        for same in self.texts.chunk_by(|a, b| a.strong == b.strong) {
            let places = same.iter().fold(0, |places, seen| places | seen.tag & ALL_PLACES);
            self.entries.texts.push(Seen { tag: same[0].tag | places, ..same[0] });
        }
    }
}

impl Person {
    fn of(user: &User<'_>) -> Self {
        Self { sid: sid(user.get(Attr::ObjectSid)), accounts: ACCOUNTS.map(|attr| sid(user.get(attr))) }
    }
}

/// Octets of an entry, of what a text has besides, and of the person behind that.
const ENTRY: usize = 24;
const CHECK: usize = 4;
const PERSON: usize = 24;

/// The partition of a text.
fn partition(strong: Strong) -> usize {
    (strong >> 120) as usize
}

fn entry(strong: Strong, row: u32, tag: u32) -> [u8; ENTRY] {
    let mut entry = [0; ENTRY];
    entry[..16].copy_from_slice(&strong.to_le_bytes());
    entry[16..20].copy_from_slice(&row.to_le_bytes());
    entry[20..].copy_from_slice(&tag.to_le_bytes());
    entry
}

/// The fields of an entry.
fn fields(entry: &[u8; ENTRY]) -> (Strong, u32, u32) {
    let number = |at: usize| u32::from_le_bytes([entry[at], entry[at + 1], entry[at + 2], entry[at + 3]]);
    let strong = (0..4).rev().fold(0, |strong, word| strong << 32 | u128::from(number(4 * word)));
    (strong, number(16), number(20))
}

impl<'s> Sights<'s> {
    /// Nothing seen yet; keeps about so many bytes in memory.
    pub(super) fn new(inputs: &[&dyn Input], spill: &'s Spill, room: usize) -> Self {
        let linked = |input: &&dyn Input| ACCOUNTS.iter().any(|&attr| input.carried().has(attr));
        let heap = || Heap::new(spill, PARTITIONS, room / 2);
        Self { texts: heap(), identities: heap(), linked: inputs.iter().any(linked) }
    }

    /// Whether accounts may be linked.
    pub(super) fn linked(&self) -> bool {
        self.linked
    }

    /// Takes what was seen of a block.
    pub(super) fn add(&self, entries: &Entries) -> Result<()> {
        let mut texts = Vec::with_capacity(entries.texts.len() * self.size());
        for seen in &entries.texts {
            texts.extend(entry(seen.strong, seen.row, seen.tag));
            texts.extend(seen.check.to_le_bytes());
            if let Some(&Person { sid, accounts: [first, second] }) = seen.person(&entries.persons) {
                texts.extend([sid, first, second].into_iter().flat_map(u64::to_le_bytes));
            }
        }
        self.texts
            .add(entries.texts.iter().map(|seen| partition(seen.strong)).zip(texts.chunks(self.size())))?;
        let named = |named: &Named| {
            entry(named.strong, named.row, u32::from(named.is_guid) << 1 | u32::from(named.has_guid))
        };
        let identities: Vec<u8> = entries.identities.iter().flat_map(named).collect();
        let partitions = entries.identities.iter().map(|named| partition(named.strong));
        self.identities.add(partitions.zip(identities.chunks(ENTRY)))
    }

    fn size(&self) -> usize {
        if self.linked { ENTRY + CHECK + PERSON } else { ENTRY + CHECK }
    }

    /// The texts of a partition, in no order.
    pub(super) fn texts(&self, partition: usize) -> Result<Texts> {
        let mut persons = Vec::new();
        let seen = self.texts.entries(partition, self.size(), |bytes| {
            let (own, rest) = bytes.split_first_chunk().unwrap_or((&[0; ENTRY], &[]));
            let (check, sids) = rest.split_first_chunk().unwrap_or((&[0; CHECK], &[]));
            let (strong, row, tag) = fields(own);
            let person = u32::try_from(persons.len()).unwrap_or(u32::MAX);
            if let [sid, first, second] = sids.as_chunks().0 {
                let [sid, first, second] = [sid, first, second].map(|&sid| u64::from_le_bytes(sid));
                persons.push(Person { sid, accounts: [first, second] });
            }
            Seen { strong, row, tag, check: u32::from_le_bytes(*check), person }
        })?;
        Ok(Texts { seen, persons })
    }

    /// The identities of a partition, in no order.
    pub(super) fn identities(&self, partition: usize) -> Result<Vec<Named>> {
        self.identities.entries(partition, ENTRY, |bytes| {
            let (strong, row, tag) = fields(bytes.first_chunk().unwrap_or(&[0; ENTRY]));
            Named { strong, row, is_guid: tag & 2 != 0, has_guid: tag & 1 != 0 }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_comes_back_from_memory_and_from_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let spill = Spill::new(folder.path());
        for (linked, room) in [(false, 1 << 20), (true, 1 << 20), (false, 100), (true, 100)] {
            let heap = || Heap::new(&spill, PARTITIONS, room);
            let sights = Sights { texts: heap(), identities: heap(), linked };
            let text = |row: u32| Seen {
                strong: u128::from(row).wrapping_mul(0x9fb2_1c65_1e98_df25_9fb2_1c65_1e98_df25),
                row,
                tag: ((row * 5) << PLACES) | (row % 16),
                check: u32::MAX - row,
                person: row,
            };
            let person = |row: u32| Person { sid: u64::from(row) << 40, accounts: [8, u64::MAX] };
            let named =
                |row| Named { strong: text(row).strong, row, is_guid: row % 2 == 0, has_guid: row % 3 == 0 };
            let (texts, identities) = ((0..500).map(text).collect(), (0..500).map(named).collect());
            let persons = if linked { (0..500).map(person).collect() } else { Vec::new() };
            let entries = Entries { texts, persons, identities };
            sights.add(&entries).unwrap();
            let mut texts = Vec::new();
            for Texts { seen, persons } in (0..PARTITIONS).map(|at| sights.texts(at).unwrap()) {
                for text in seen {
                    assert_eq!(text.person(&persons), linked.then(|| person(text.row)).as_ref());
                    texts.push(Seen { person: text.row, ..text });
                }
            }
            let mut identities: Vec<Named> =
                (0..PARTITIONS).flat_map(|at| sights.identities(at).unwrap()).collect();
            texts.sort_unstable_by_key(|seen| seen.row);
            identities.sort_unstable_by_key(|named| named.row);
            assert_eq!((texts, identities), (entries.texts, entries.identities), "{linked} {room}");
        }
    }
}
