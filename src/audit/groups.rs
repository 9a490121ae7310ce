//! Who shares what: repeats of one object, and the holders of every shared text.

use std::collections::{BTreeMap, BTreeSet};

use rayon::slice::ParallelSliceMut;

use super::keys::Kind;
use super::look::{Person, Place, Seen, Strong, strong};
use crate::rules::unique::{Others, Space};

/// Everything that records share, ready to be asked while users are judged.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// Records of objects that had been read before, in ascending order.
    repeats: Vec<u32>,
    /// Records that share a text, in ascending order.
    sharers: Vec<u32>,
    /// By text and place; the holders stand in `holders`.
    texts: Vec<Group>,
    holders: Vec<Holder>,
    /// The names of holders, by record.
    names: Vec<(u32, Box<str>)>,
    /// Records that are one person with another holder of the text, with the first record of the person.
    linked: BTreeMap<(Strong, u32), u32>,
    /// In which places such a person holds the text.
    linked_holders: BTreeSet<(Strong, Place, u32)>,
}

#[derive(Debug, Clone, Copy)]
struct Group {
    strong: Strong,
    place: Place,
    start: usize,
    len: usize,
}

/// One person that holds a text: the first record, and who it is (the first record of the person in any place).
#[derive(Debug, Clone, Copy)]
struct Holder {
    row: u32,
    person: u32,
}

impl Groups {
    /// Builds them from what was seen; `persons` by record.
    pub(super) fn of(mut seen: Vec<Seen>, persons: Vec<Person>) -> Self {
        seen.par_sort_unstable();
        seen.dedup();
        let mut all = Self { repeats: repeats(&seen, &persons), ..Self::default() };
        seen.retain(|key| !matches!(key.place, Place::Guid | Place::Dn));
        seen.retain(|key| all.repeats.binary_search(&key.row).is_err());
        for text in seen.chunk_by(|a, b| a.strong == b.strong) {
            if text.iter().any(|key| key.row != text[0].row) {
                all.add(text, &persons);
            }
        }
        all.sharers.sort_unstable();
        all.sharers.dedup();
        all.keep_names(persons);
        all
    }

    /// Takes one shared text: its holders by place, each person once.
    fn add(&mut self, text: &[Seen], persons: &[Person]) {
        let links = links(text, persons);
        let person = |row: u32| links.get(&row).copied().unwrap_or(row);
        for place in text.chunk_by(|a, b| a.place == b.place) {
            let start = self.holders.len();
            let (strong, place_of) = (place[0].strong, place[0].place);
            for key in place {
                let person = person(key.row);
                let linked = links.contains_key(&key.row);
                if !linked || self.linked_holders.insert((strong, place_of, person)) {
                    self.holders.push(Holder { row: key.row, person });
                }
            }
            let len = self.holders.len() - start;
            self.texts.push(Group { strong, place: place_of, start, len });
        }
        self.sharers.extend(text.iter().map(|key| key.row));
        self.linked.extend(links.into_iter().map(|(row, person)| ((text[0].strong, row), person)));
    }

    /// Keeps the names that a message can need.
    fn keep_names(&mut self, persons: Vec<Person>) {
        let named = Others::NAMED + 1;
        let mut rows: Vec<u32> = Vec::new();
        for group in &self.texts {
            let holders = &self.holders[group.start..group.start + group.len];
            rows.extend(holders.iter().take(named).map(|holder| holder.row));
        }
        rows.par_sort_unstable();
        rows.dedup();
        self.names = persons
            .into_iter()
            .filter(|person| rows.binary_search(&person.row).is_ok())
            .map(|person| (person.row, person.name))
            .collect();
    }

    /// Whether the record is of an object that had been read before.
    pub(super) fn is_repeat(&self, row: u32) -> bool {
        self.repeats.binary_search(&row).is_ok()
    }

    /// Whether the record shares any text.
    pub(super) fn shares(&self, row: u32) -> bool {
        self.sharers.binary_search(&row).is_ok()
    }

    /// The other persons that hold a text in a space, as seen from a record.
    pub(super) fn others(&self, row: u32, text: &str, space: Space) -> Option<Others> {
        let strong = strong(Kind::Rules(space), text);
        let place = Place::of_space(space);
        let found = self.texts.binary_search_by(|group| (group.strong, group.place).cmp(&(strong, place)));
        let group = self.texts[found.ok()?];
        let holders = &self.holders[group.start..group.start + group.len];
        let own = self.linked.get(&(strong, row)).copied();
        let holds_it_too = match own {
            None => holders.binary_search_by_key(&row, |holder| holder.row).is_ok(),
            Some(person) => self.linked_holders.contains(&(strong, place, person)),
        };
        let is_own = |holder: &&Holder| holder.person == own.unwrap_or(row);
        let count = (holders.len() - usize::from(holds_it_too)) as u64;
        let names = holders
            .iter()
            .take(Others::NAMED + 1)
            .filter(|holder| !is_own(holder))
            .take(Others::NAMED)
            .map(|holder| self.name(holder.row).to_owned())
            .collect();
        (count > 0).then_some(Others { count, names })
    }

    fn name(&self, row: u32) -> &str {
        self.names.binary_search_by_key(&row, |(row, _)| *row).map_or("", |place| &self.names[place].1)
    }
}

fn find(persons: &[Person], row: u32) -> Option<&Person> {
    persons.binary_search_by_key(&row, |person| person.row).ok().map(|place| &persons[place])
}

/// Records of one text that are one person: one has the other's objectSid as that of its account (resource
/// forests). Each is mapped to the first record of the person; empty where no two are linked.
fn links(text: &[Seen], persons: &[Person]) -> BTreeMap<u32, u32> {
    let mut rows: Vec<u32> = text.iter().map(|key| key.row).collect();
    rows.sort_unstable();
    rows.dedup();
    let members: Vec<&Person> = rows.iter().filter_map(|&row| find(persons, row)).collect();
    if members.iter().all(|person| person.accounts == [0, 0]) {
        return BTreeMap::new();
    }
    let by_sid: BTreeMap<u64, u32> = members
        .iter()
        .rev()
        .filter(|person| person.sid != 0)
        .map(|person| (person.sid, person.row))
        .collect();
    let mut sets = Sets::default();
    for person in &members {
        for account in person.accounts.iter().filter(|&&account| account != 0) {
            if let Some(&row) = by_sid.get(account) {
                sets.join(person.row, row);
            }
        }
    }
    sets.all()
}

/// Records of objects that had been read before: the same objectGUID, or the same DN where one has no objectGUID.
fn repeats(seen: &[Seen], persons: &[Person]) -> Vec<u32> {
    let mut sets = Sets::default();
    let identities = seen.chunk_by(|a, b| a.strong == b.strong && a.place == b.place);
    for text in identities.filter(|text| matches!(text[0].place, Place::Guid | Place::Dn)) {
        if text[0].place == Place::Guid {
            for key in text {
                sets.join(text[0].row, key.row);
            }
            continue;
        }
        // Records with the DN alone are the first object of that DN; two objectGUIDs are two objects.
        let has_guid = |key: &&Seen| find(persons, key.row).is_some_and(|person| person.has_guid);
        let Some(first_alone) = text.iter().find(|key| !has_guid(key)) else { continue };
        let object = text.iter().find(has_guid).unwrap_or(first_alone);
        for key in text.iter().filter(|key| !has_guid(key)) {
            sets.join(object.row, key.row);
        }
    }
    sets.all().into_iter().filter(|(row, first)| row != first).map(|(row, _)| row).collect()
}

/// Disjoint sets of records, each known by its first record.
#[derive(Debug, Default)]
struct Sets(BTreeMap<u32, u32>);

impl Sets {
    fn first(&mut self, row: u32) -> u32 {
        let mut at = row;
        while let Some(&up) = self.0.get(&at).filter(|&&up| up != at) {
            at = up;
        }
        self.0.insert(row, at);
        at
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.first(a), self.first(b));
        self.0.insert(a.max(b), a.min(b));
        self.0.entry(a.min(b)).or_insert(a.min(b));
    }

    /// Every record with the first of its set.
    fn all(mut self) -> BTreeMap<u32, u32> {
        let rows: Vec<u32> = self.0.keys().copied().collect();
        rows.into_iter().map(|row| (row, self.first(row))).collect()
    }
}
