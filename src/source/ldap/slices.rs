//! The directory in slices: ranges of a key that every object has, each read by a search of its own.
//!
//! A server may answer a range with nothing and no error: OpenLDAP does for an attribute without an ordering rule,
//! and Samba for the prefix `\00*`. So a key is tried out on one object first, ranges are written with `>=` alone,
//! and the first slice is the complement of the second. Where no key works, branches are slices.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use super::branches::Branch;
use super::connection::Connection;
use super::entry::Entry;
use super::fault::Fault;
use super::root::Root;
use super::search::{Filter, Scope, Search};

/// What the directory is sliced by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Key {
    /// The random identity of AD.
    Guid,
    /// The identity of other servers (RFC 4530).
    EntryUuid,
    /// The number of the change that made the object.
    UsnCreated,
    /// Nothing: one slice, or branches.
    Nothing,
}

impl Key {
    fn attribute(self) -> &'static str {
        match self {
            Self::Guid => "objectGUID",
            Self::EntryUuid => "entryUUID",
            Self::UsnCreated => "uSNCreated",
            Self::Nothing => "",
        }
    }

    /// The value as it stands in a filter.
    fn assertion(self, value: u128) -> String {
        let octets = value.to_be_bytes();
        match self {
            Self::Guid => octets.iter().fold(String::new(), |mut text, octet| {
                let _ = write!(text, "\\{octet:02x}");
                text
            }),
            Self::EntryUuid => {
                let hex = format!("{value:032x}");
                [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
            }
            Self::UsnCreated | Self::Nothing => value.to_string(),
        }
    }

    /// The value of an object.
    fn value(self, octets: &[u8]) -> Option<u128> {
        let text = || std::str::from_utf8(octets).ok();
        match self {
            Self::Guid => octets.try_into().ok().map(u128::from_be_bytes),
            Self::EntryUuid => u128::from_str_radix(&text()?.replace('-', ""), 16).ok(),
            Self::UsnCreated => text()?.parse().ok(),
            Self::Nothing => None,
        }
    }
}

/// The objects below a base whose key is in a range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Slice {
    /// The place of the base among the bases.
    pub(super) base: usize,
    key: Key,
    /// The first value; `None` is also for objects without the key.
    from: Option<u128>,
    /// The first value behind; `None` is no end.
    to: Option<u128>,
    /// Where no key slices: which part of what is below the base.
    #[serde(default)]
    branch: Option<Branch>,
}

impl Slice {
    /// All objects below a base.
    pub(super) fn whole(base: usize) -> Self {
        Self { base, key: Key::Nothing, from: None, to: None, branch: None }
    }

    /// A branch of a base.
    pub(super) fn of(base: usize, branch: Branch) -> Self {
        Self { branch: Some(branch), ..Self::whole(base) }
    }

    /// Whether it is a branch.
    pub(super) fn is_branch(&self) -> bool {
        self.branch.is_some()
    }

    /// Where its search starts, and how far below it goes.
    pub(super) fn place<'s>(&'s self, bases: &'s [String]) -> (&'s str, Scope) {
        let base = || (bases.get(self.base).map_or("", String::as_str), Scope::Subtree);
        self.branch.as_ref().map_or_else(base, Branch::place)
    }

    /// The filter for those of the objects that fit another one. The range comes first: a server without an index looks
    /// at every object, and is done soonest with those that are in other slices.
    pub(super) fn filter(&self, all: &str) -> String {
        if let Some(branch) = &self.branch {
            return branch.filter(all);
        }
        let name = self.key.attribute();
        let least = |value: u128| format!("({name}>={})", self.key.assertion(value));
        match (self.from.map(least), self.to.map(least)) {
            (None, None) => all.to_owned(),
            (Some(from), None) => format!("(&{from}{all})"),
            (None, Some(to)) => format!("(&(!{to}){all})"),
            (Some(from), Some(to)) => format!("(&{from}(!{to}){all})"),
        }
    }

    /// Two halves; `None` where the slice cannot be split.
    pub(super) fn halves(&self, highest: u128) -> Option<(Self, Self)> {
        let (from, to) = (self.from.unwrap_or(0), self.to.unwrap_or(highest));
        let middle = from + to.checked_sub(from)? / 2;
        if self.key == Key::Nothing || middle == from {
            return None;
        }
        let first = Self { to: Some(middle), ..self.clone() };
        Some((first, Self { from: Some(middle), ..self.clone() }))
    }
}

/// How the directory is sliced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cut {
    /// By what.
    pub(super) key: Key,
    /// The highest value of the key, as far as that is known.
    pub(super) highest: u128,
}

impl Cut {
    /// One slice.
    pub(super) const WHOLE: Self = Self { key: Key::Nothing, highest: 0 };

    /// The key that works, tried out on an object that has it: the base itself, or one below it that fits the filter.
    pub(super) fn find(
        connection: &mut Connection<'_>,
        root: &Root,
        base: &str,
        filter: &str,
    ) -> Result<Self, Fault> {
        let keys: &[Key] = if root.is_ad {
            &[Key::Guid, Key::UsnCreated]
        } else {
            &[Key::EntryUuid, Key::Guid, Key::UsnCreated]
        };
        for &key in keys {
            let highest = match key {
                Key::UsnCreated => root.last_change.map(u128::from),
                _ => Some(u128::MAX),
            };
            let Some(highest) = highest else { continue };
            let has = format!("({}=*)", key.attribute());
            let mut object = None;
            if !base.is_empty() {
                object = first(connection, key, base, Scope::Base, &has)?;
            }
            if object.is_none() {
                object = first(connection, key, base, Scope::Subtree, &format!("(&{filter}{has})"))?;
            }
            if let Some((dn, own)) = object
                && works(connection, key, &dn, own)?
            {
                return Ok(Self { key, highest });
            }
        }
        Ok(Self::WHOLE)
    }

    /// The slices below each base, in order.
    pub(super) fn slices(self, bases: usize, count: u32) -> Vec<Slice> {
        let count = if self.key == Key::Nothing { 1 } else { u128::from(count.max(1)) };
        let step = self.highest / count;
        let border = |place: u128| (place > 0 && place < count && step > 0).then(|| step * place);
        let of_base =
            |base| {
                (0..count).filter(move |&place| place == 0 || border(place).is_some()).map(move |place| {
                    Slice { base, key: self.key, from: border(place), to: border(place + 1), branch: None }
                })
            };
        (0..bases).flat_map(of_base).collect()
    }
}

/// The first object that a search finds: its name and its key.
fn first(
    connection: &mut Connection<'_>,
    key: Key,
    base: &str,
    scope: Scope,
    filter: &str,
) -> Result<Option<(Vec<u8>, u128)>, Fault> {
    let (filter, names) = (Filter::parse(filter)?, [key.attribute()]);
    let mut object = None;
    // One that refuses pages is asked without, and gives more than the one that is enough, up to its limit.
    for page in [1, 0] {
        let search = Search { base: base.as_bytes(), scope, filter: &filter, attributes: &names, page };
        let asked = connection.find(&search, &mut |body| {
            let entry = Entry::read(body)?;
            let value = entry.value(key.attribute())?.and_then(|octets| key.value(octets));
            object = object.take().or(value.map(|value| (entry.dn.to_vec(), value)));
            Ok(())
        });
        match asked {
            // A server that knows nothing of the key has no object with it.
            Ok(()) => break,
            Err(Fault::Refused(_)) if object.is_some() => break,
            Err(Fault::Refused(_)) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(object)
}

/// Whether `>=` says of an object what it should: it is at or above its own value and not above it.
fn works(connection: &mut Connection<'_>, key: Key, object: &[u8], own: u128) -> Result<bool, Fault> {
    let Some(next) = own.checked_add(1) else { return Ok(false) };
    let least = |value: u128| format!("({}>={})", key.attribute(), key.assertion(value));
    let (at, above) = (least(own), least(next));
    for (filter, expected) in [
        (at.clone(), true),
        (format!("(!{at})"), false),
        (above.clone(), false),
        (format!("(!{above})"), true),
    ] {
        let filter = Filter::parse(&filter)?;
        let search =
            Search { base: object, scope: Scope::Base, filter: &filter, attributes: &["1.1"], page: 0 };
        let mut found = false;
        let asked = connection.find(&search, &mut |_| {
            found = true;
            Ok(())
        });
        match asked {
            Ok(()) if found == expected => {}
            Ok(()) | Err(Fault::Refused(_)) => return Ok(false),
            Err(other) => return Err(other),
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GUIDS: Cut = Cut { key: Key::Guid, highest: u128::MAX };

    #[test]
    fn slices_meet_and_leave_nothing_out() {
        for (cut, count) in [(GUIDS, 8), (GUIDS, 1), (Cut { key: Key::UsnCreated, highest: 5 }, 8)] {
            let slices = cut.slices(1, count);
            assert_eq!((slices[0].from, slices[slices.len() - 1].to), (None, None));
            for pair in slices.windows(2) {
                assert!(pair[0].to.is_some() && pair[0].to == pair[1].from, "{pair:?}");
            }
        }
        assert_eq!(Cut::WHOLE.slices(2, 8), [Slice::whole(0), Slice::whole(1)]);
    }

    #[test]
    fn filters_of_slices() {
        let filters: Vec<String> = GUIDS.slices(1, 4).iter().map(|slice| slice.filter("(a=b)")).collect();
        let zeros = "\\00".repeat(15);
        assert!(filters[0].starts_with("(&(!(objectGUID>=\\3f"), "{}", filters[0]);
        assert!(filters[3].starts_with("(&(objectGUID>=\\bf") && !filters[3].contains('!'));
        assert_eq!(Slice::whole(0).filter("(a=b)"), "(a=b)");
        let whole = Slice { key: Key::Guid, ..Slice::whole(0) };
        let (first, second) = whole.halves(u128::MAX).unwrap();
        assert_eq!(first.to, second.from);
        assert!(first.filter("").contains("7f") && !first.filter("").contains(&zeros));
        let uuid = Slice { key: Key::EntryUuid, from: Some(1 << 127), ..Slice::whole(0) };
        assert_eq!(uuid.filter("(a=b)"), "(&(entryUUID>=80000000-0000-0000-0000-000000000000)(a=b))");
    }

    proptest! {
        #[test]
        fn a_value_is_in_one_slice(value in any::<u128>(), count in 1u32..40) {
            let holds = |slice: &Slice| {
                slice.from.is_none_or(|from| value >= from) && slice.to.is_none_or(|to| value < to)
            };
            prop_assert_eq!(GUIDS.slices(1, count).iter().filter(|slice| holds(slice)).count(), 1);
        }

        #[test]
        fn halves_are_the_whole(from in any::<u128>(), to in any::<u128>(), value in any::<u128>()) {
            let slice = Slice { key: Key::Guid, from: Some(from.min(to)), to: Some(from.max(to)), ..Slice::whole(0) };
            if let Some((first, second)) = slice.halves(u128::MAX) {
                let holds = |slice: &Slice| slice.from.is_some_and(|from| value >= from) && slice.to.is_some_and(|to| value < to);
                prop_assert_eq!(holds(&slice), holds(&first) != holds(&second));
                prop_assert!(!(holds(&first) && holds(&second)));
            }
        }
    }
}
