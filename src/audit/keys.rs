//! First reading: what every user holds, as fixed-size hashes.
//!
//! An entry is six octets: 32 bits of the hash (8 more are its partition) and the record. SIP addresses, mail
//! addresses and sign-in names share one space of hashes, since a text of one may matter in another; so the usual
//! user, whose four addresses are the same text, has one entry for them.

use std::ops::Range;

use crate::model::attribute::IDENTITY;
use crate::model::{Attr, AttrSet, Facts, Record, User, fold, leb128};
use crate::rules::unique::{self, KEY_ATTRIBUTES, Space, keys};

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
    identities(user, each);
}

/// The same, without some that have the hash of another.
#[inline]
fn distinct_keys<'a>(facts: &Facts<'a>, mut each: impl FnMut(Kind, &'a str)) {
    unique::distinct_keys(facts, |space, text| each(Kind::Rules(space), text));
    identities(facts.user, each);
}

/// What makes two records one object.
#[inline]
fn identities<'a>(user: &User<'a>, mut each: impl FnMut(Kind, &'a str)) {
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

/// The lower half of a hash.
pub(super) fn lower(hash: u64) -> u32 {
    (hash & 0xffff_ffff) as u32
}

/// The keys of up to [`ROWS`] records in a row, sorted into partitions.
#[derive(Debug, Default)]
pub(super) struct BlockKeys {
    /// How many records they are of.
    pub(super) records: u32,
    hashes: Box<[u32]>,
    rows: Box<[u16]>,
    ends: Box<[u32]>,
}

/// How many records the keys of a run tell apart.
const ROWS: u32 = 1 << 16;

impl BlockKeys {
    /// The entries of a partition: 32 bits of the hash, and the record's place among those of the run.
    pub(super) fn partition(&self, place: usize) -> impl Iterator<Item = (u32, u16)> {
        let end = |place: usize| self.ends.get(place).map_or(0, |&end| end as usize);
        let own = place.checked_sub(1).map_or(0, end)..end(place);
        let hashes = self.hashes.get(own.clone()).unwrap_or_default();
        hashes.iter().copied().zip(self.rows.get(own).unwrap_or_default().iter().copied())
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.hashes.len()
    }
}

/// What the first reading keeps of one block.
#[derive(Debug, Default)]
pub(super) struct Collected {
    /// How many records it has.
    pub(super) records: u32,
    /// Where they start in its text: how far behind the one before, as LEB128.
    pub(super) starts: Vec<u8>,
    /// Their keys.
    pub(super) keys: Vec<BlockKeys>,
}

/// From where to where the records reach whose starts were kept so, the `wanted` ones, in ascending order; the last one
/// reaches to `end`.
pub(super) fn spans(kept: &[u8], wanted: impl Iterator<Item = usize>, end: u32) -> Vec<Range<u32>> {
    let mut left = kept;
    let mut step = |start: u32| leb128::take(&mut left).map(|step| start.wrapping_add(step));
    let (mut start, mut ahead, mut next) = (0, step(0), 0);
    let mut all = Vec::new();
    for place in wanted {
        while next <= place {
            start = ahead.unwrap_or(end);
            ahead = step(start);
            next += 1;
        }
        all.push(start..ahead.unwrap_or(end));
    }
    all
}

/// Collects the keys of one block after the other.
#[derive(Debug, Default)]
pub(super) struct Collector {
    done: Collected,
    last: u32,
    records: u32,
    user: Vec<u64>,
    all: Vec<(u64, u16)>,
}

impl Collector {
    /// Takes the keys of the next record.
    pub(super) fn add(&mut self, record: &Record<'_>, facts: &Facts<'_>) {
        if self.records == ROWS {
            self.seal();
        }
        leb128::put(&mut self.done.starts, record.at.wrapping_sub(self.last));
        self.last = record.at;
        self.user.clear();
        let (user, mut met) = (&mut self.user, 0_u64);
        distinct_keys(facts, |kind, text| {
            let hash = key_hash(kind, text);
            // A bit for each hash: mostly it tells that one is new.
            let own = 1 << (hash & 63);
            // Few users have more keys than that; for them, sorting is cheaper than looking back.
            if met & own == 0 || user.len() > 32 || !user.contains(&hash) {
                user.push(hash);
            }
            met |= own;
        });
        if user.len() > 32 {
            user.sort_unstable();
            user.dedup();
        }
        let row = (self.records & 0xffff) as u16;
        self.all.extend(self.user.iter().map(|hash| (*hash, row)));
        self.records += 1;
    }

    /// What is kept of the block.
    pub(super) fn finish(&mut self) -> Collected {
        self.seal();
        self.last = 0;
        std::mem::take(&mut self.done)
    }

    /// Sorts the keys by partition, keeping the order of the records.
    fn seal(&mut self) {
        let partition = |hash: u64| usize::from((hash >> 56) as u8);
        let mut next = [0u32; PARTITIONS];
        for &(hash, _) in &self.all {
            next[partition(hash)] += 1;
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
        let mut hashes = vec![0u32; self.all.len()];
        let mut rows = vec![0u16; self.all.len()];
        for (hash, row) in self.all.drain(..) {
            let place = &mut next[partition(hash)];
            hashes[*place as usize] = lower(hash);
            rows[*place as usize] = row;
            *place += 1;
        }
        let records = std::mem::take(&mut self.records);
        self.done.records += records;
        self.done.keys.push(BlockKeys { records, hashes: hashes.into(), rows: rows.into(), ends });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::lines::Lines;
    use crate::model::record::Place;

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(2048))]

        /// No key is lost because it seems to be the same as another: few texts, so that many are.
        #[test]
        fn distinct_keys_have_the_hashes_of_all(
            texts in proptest::collection::vec("(|||||| )(a|c|d|a|A|ä|\u{301}|)(@b\\.co|@b\\.co|@b\\.co|@b\\.co|)(|||||| )", 3),
            singles in proptest::collection::vec(("(sip:|SIP:|||)", 0_usize..3), 4),
            proxies in proptest::collection::vec(("(SMTP:|SMTP:|sip:|sip:|smtp:| SIP:|sip: |x500:|SMTP||)", 0_usize..3), 0..4),
            left_out in proptest::option::weighted(0.3, 0_usize..4),
            hidden in proptest::bool::weighted(0.2),
        ) {
            let mut user = User::new(AttrSet::ALL);
            user.hide(crate::model::Hidden { primary: hidden, sip: hidden, smtp: false });
            let written = |all: &[(String, usize)]| -> Vec<String> {
                all.iter().map(|(kind, text)| format!("{kind}{}", texts[*text])).collect()
            };
            let (singles, proxies) = (written(&singles), written(&proxies));
            let held = [Attr::PrimaryUserAddress, Attr::Mail, Attr::UserPrincipalName, Attr::MailNickname];
            for (place, (attr, single)) in held.into_iter().zip(&singles).enumerate() {
                if left_out != Some(place) {
                    user.set(attr, single);
                }
            }
            for proxy in &proxies {
                user.set(Attr::ProxyAddresses, proxy);
            }
            let (all, distinct) = both(&user);
            proptest::prop_assert_eq!(all, distinct);
        }
    }

    /// The hashes of all keys of a user, and of those that are distinct.
    fn both(user: &User<'_>) -> (Vec<u64>, Vec<u64>) {
        let (mut all, mut distinct) = (Vec::new(), Vec::new());
        every_key(user, |kind, text| all.push(key_hash(kind, text)));
        distinct_keys(&Facts::of(user), |kind, text| distinct.push(key_hash(kind, text)));
        for keys in [&mut all, &mut distinct] {
            keys.sort_unstable();
            keys.dedup();
        }
        (all, distinct)
    }

    #[test]
    fn a_sip_address_is_a_key_unless_mail_is_the_same() {
        for (mail, primary, count) in [
            ("a@b.co", "SMTP:A@b.co", 1),
            ("a@b.co", "SMTP:c@b.co", 2),
            ("c@b.co", "SMTP:c@b.co", 2),
            ("", "SMTP:c@b.co", 2),
        ] {
            let user = User::of(&[
                (Attr::PrimaryUserAddress, "sip:a@b.co"),
                (Attr::Mail, mail),
                (Attr::ProxyAddresses, "sip:a@b.co"),
                (Attr::ProxyAddresses, primary),
            ]);
            let (all, distinct) = both(&user);
            assert!(all == distinct && all.len() == count, "{mail} {primary}");
        }
    }

    #[test]
    fn what_folds_to_nothing_is_a_key_and_nothing_is_none() {
        use Attr::{Mail, PrimaryUserAddress, ProxyAddresses, UserPrincipalName};
        for name in ["", "\u{301}", "a@b.co"] {
            let user = User::of(&[
                (PrimaryUserAddress, "sip:\u{301}"),
                (Mail, "\u{301}"),
                (UserPrincipalName, name),
                (ProxyAddresses, "sip:\u{301}"),
                (ProxyAddresses, "SMTP:"),
            ]);
            let (all, distinct) = both(&user);
            assert!(all == distinct && all.contains(&key_hash(Kind::Rules(Space::Sip), "\u{301}")), "{name}");
        }
        let (all, distinct) = both(&User::of(&[(Mail, "\u{301}"), (ProxyAddresses, "SMTP:")]));
        assert!(all == distinct && all.len() == 1);
    }

    #[test]
    fn records_and_their_starts_come_back_in_any_number() {
        let lines = Lines::new("", 1);
        let mut collector = Collector::default();
        let at = |row: u32| row * 3 + if row > 70_000 { 5_000_000 } else { 0 };
        for row in 0..150_000 {
            let text = format!("{}@x.y", row % 1000);
            let user = User::of(&[(Attr::Mail, &text)]);
            let place = Place { lines: &lines, at: 0 };
            let record = Record { user, place, at: at(row), incomplete: None };
            collector.add(&record, &Facts::of(&record.user));
        }
        let found = collector.finish();
        assert_eq!((found.records, found.keys.len()), (150_000, 3));
        let wanted = [0, 1, 69_999, 70_000, 70_001, 149_999];
        let places: Vec<_> = wanted.iter().map(|&row| at(row)..at(row + 1)).collect();
        let spans = spans(&found.starts, wanted.iter().map(|&row| row as usize), at(150_000));
        assert_eq!(spans, places);
        let of_700 = key_hash(Kind::Rules(Space::Smtp), "700@x.y");
        let mut rows = Vec::new();
        for (run, keys) in (0..).zip(&found.keys) {
            let entries = keys.partition((of_700 >> 56) as usize);
            rows.extend(
                entries.filter(|entry| entry.0 == lower(of_700)).map(|entry| run * ROWS + u32::from(entry.1)),
            );
        }
        assert_eq!(rows, (0..150).map(|n| n * 1000 + 700).collect::<Vec<u32>>());
    }
}
