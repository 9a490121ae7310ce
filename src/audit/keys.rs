//! First reading: what every user holds, as fixed-size hashes.
//!
//! An entry is eight octets: 32 bits of the hash (8 more are its partition) and the record. SIP addresses, mail
//! addresses and sign-in names share one space of hashes, since a text of one may matter in another; so the usual
//! user, whose four addresses are the same text, has one entry for them.

use crate::model::attribute::IDENTITY;
use crate::model::{Attr, AttrSet, Record, User, fold};
use crate::rules::unique::{KEY_ATTRIBUTES, Space, keys};

/// Into how many partitions keys are sorted, so that they can be compared a part at a time.
pub(super) const PARTITIONS: usize = 256;

/// What tells the texts of spaces apart that must not meet.
const NICKNAME_SALT: u64 = 0x9e37_79b9_7f4a_7c15;
const LINE_SALT: u64 = 0xc2b2_ae3d_27d4_eb4f;
const GUID_SALT: u64 = 0x1656_67b1_9e37_79f9;
const DN_SALT: u64 = 0x27d4_eb2f_1656_67c5;

/// What is a key: a space of the rules, or what makes two records one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A space of the rules.
    Rules(Space),
    /// objectGUID.
    Guid,
    /// distinguishedName.
    Dn,
}

impl Kind {
    /// What keeps its texts apart from those of kinds that they must not meet.
    pub(super) fn salt(self) -> u64 {
        match self {
            Self::Rules(Space::Sip | Space::Smtp | Space::Upn) => 0,
            Self::Rules(Space::Nickname) => NICKNAME_SALT,
            Self::Rules(Space::Line) => LINE_SALT,
            Self::Guid => GUID_SALT,
            Self::Dn => DN_SALT,
        }
    }
}

/// The attributes that keys are made of, and those that say whether a record is one.
pub(super) fn attributes() -> AttrSet {
    AttrSet::of(KEY_ATTRIBUTES).union(AttrSet::of(IDENTITY))
}

/// Gives every key of a user, identities included, to `each`.
#[inline]
pub(super) fn every_key<'a>(user: &'a User<'a>, mut each: impl FnMut(Kind, &'a str)) {
    keys(user, |key| each(Kind::Rules(key.space), key.text));
    for (kind, attr) in [(Kind::Guid, Attr::ObjectGuid), (Kind::Dn, Attr::DistinguishedName)] {
        if !user.get(attr).is_empty() {
            each(kind, user.get(attr));
        }
    }
}

/// The hash under which a key meets others of its kind.
pub(super) fn key_hash(kind: Kind, text: &str) -> u64 {
    let hash = fold::hash(text) ^ kind.salt();
    // Spread the salt over all bits, so that partitions stay even.
    (hash ^ hash >> 32).wrapping_mul(0x9fb2_1c65_1e98_df25)
}

/// The keys of one block, sorted into partitions.
#[derive(Debug, Default)]
pub(super) struct BlockKeys {
    /// How many records the block has.
    pub(super) records: u32,
    entries: Box<[u64]>,
    ends: Box<[u32]>,
}

impl BlockKeys {
    /// The entries of a partition: 32 bits of the hash, then the record's place in the block.
    pub(super) fn partition(&self, place: usize) -> &[u64] {
        let end = |place: usize| self.ends.get(place).map_or(0, |&end| end as usize);
        let start = place.checked_sub(1).map_or(0, end);
        self.entries.get(start..end(place)).unwrap_or_default()
    }
}

/// Collects the keys of one block.
#[derive(Debug, Default)]
pub(super) struct Collector {
    records: u32,
    user: Vec<u64>,
    all: Vec<(u8, u64)>,
}

impl Collector {
    /// Takes the keys of the next record.
    pub(super) fn add(&mut self, record: &Record<'_>) {
        self.user.clear();
        let user = &mut self.user;
        every_key(&record.user, |kind, text| {
            let hash = key_hash(kind, text);
            // Few users have more keys than that; for them, sorting is cheaper than looking back.
            if user.len() > 32 || !user.contains(&hash) {
                user.push(hash);
            }
        });
        if user.len() > 32 {
            user.sort_unstable();
            user.dedup();
        }
        let row = u64::from(self.records);
        self.all.extend(self.user.iter().map(|hash| ((hash >> 56) as u8, hash << 32 | row)));
        self.records += 1;
    }

    /// Sorts them by partition, keeping the order of the records.
    pub(super) fn finish(self) -> BlockKeys {
        let mut next = [0u32; PARTITIONS];
        for (partition, _) in &self.all {
            next[usize::from(*partition)] += 1;
        }
        let mut sum = 0;
        let ends = next
            .iter_mut()
            .map(|count| {
                let start = sum;
                sum += *count;
                *count = start;
                sum
            })
            .collect();
        let mut entries = vec![0u64; self.all.len()];
        for (partition, entry) in self.all {
            let place = &mut next[usize::from(partition)];
            entries[*place as usize] = entry;
            *place += 1;
        }
        BlockKeys { records: self.records, entries: entries.into(), ends }
    }
}
