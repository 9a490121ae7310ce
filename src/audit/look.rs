//! Second look: the texts of keys whose hashes met, so that nothing is ever said because of a hash alone.
//!
//! Texts are compared by 128 bits of BLAKE3, a hash that nobody can make collide.

use super::keys::{Kind, every_key, key_hash};
use super::meet::{Candidate, print};
use crate::model::{Attr, AttrSet, User, fold};
use crate::rules::unique::Space;

/// The identity of a text: BLAKE3 of its kind and its folded form.
pub(super) type Strong = u128;

/// A key of a candidate, with the text seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Seen {
    pub(super) strong: Strong,
    pub(super) place: Place,
    pub(super) row: u32,
}

/// Where a text is held: a space of the rules, or an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Sip,
    Smtp,
    Upn,
    /// A space that shares no texts with others.
    Own,
    Guid,
    Dn,
}

impl Place {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Rules(space) => Self::of_space(space),
            Kind::Guid => Self::Guid,
            Kind::Dn => Self::Dn,
        }
    }

    /// The place of a space.
    pub(super) fn of_space(space: Space) -> Self {
        match space {
            Space::Sip => Self::Sip,
            Space::Smtp => Self::Smtp,
            Space::Upn => Self::Upn,
            Space::Nickname | Space::Line => Self::Own,
        }
    }
}

/// What has to be known about a candidate besides its keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) row: u32,
    /// What to call it in a message.
    pub(super) name: Box<str>,
    /// Whether it has an objectGUID.
    pub(super) has_guid: bool,
    /// Hash of its objectSid; 0 for none.
    pub(super) sid: u64,
    /// Hashes of the SIDs of the accounts of other forests that sign in with it; 0 for none.
    pub(super) accounts: [u64; 2],
}

/// The attributes that are read of a candidate besides its keys.
pub(super) fn attributes() -> AttrSet {
    AttrSet::of(&[Attr::ObjectSid, Attr::OriginatorSid, Attr::MasterAccountSid])
}

/// The identity of a text of a kind.
pub(super) fn strong(kind: Kind, text: &str) -> Strong {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&kind.salt().to_le_bytes());
    hasher.update(fold::fold(text).as_bytes());
    let mut first = [0; 16];
    hasher.finalize_xof().fill(&mut first);
    u128::from_le_bytes(first)
}

/// Looks at one candidate: its keys that met another record's, and who it is.
pub(super) fn at(user: &User<'_>, row: u32, met: &[Candidate], seen: &mut Vec<Seen>) -> Person {
    every_key(user, |kind, text| {
        let print = print(key_hash(kind, text));
        if met.binary_search_by_key(&print, |candidate| candidate.print).is_ok() {
            seen.push(Seen { strong: strong(kind, text), place: Place::of(kind), row });
        }
    });
    let sid = |attr| match user.get(attr) {
        "" => 0,
        text => fold::hash(text).max(1),
    };
    Person {
        row,
        name: user.name().into(),
        has_guid: !user.get(Attr::ObjectGuid).is_empty(),
        sid: sid(Attr::ObjectSid),
        accounts: [sid(Attr::OriginatorSid), sid(Attr::MasterAccountSid)],
    }
}
