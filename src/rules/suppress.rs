//! Findings that somebody has accepted: which, for whom, why and until when.
//!
//! A suppressed finding keeps its row and still blocks features; it counts in no status and no exit status.

use std::collections::HashMap;

use jiff::civil::Date;
use smallvec::SmallVec;

use super::RuleSet;
use crate::model::fold::{fold, hash, trim};
use crate::model::identity::normal_guid;
use crate::model::{Attr, User, address};

/// One acceptance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// The rules as they were written: a code, a name or the beginning of codes.
    pub rule: String,
    /// The rules meant.
    pub rules: RuleSet,
    /// Whom it concerns, as it was written.
    pub about: String,
    /// Whom it concerns.
    pub who: Who,
    /// Why it was accepted.
    pub reason: String,
    /// The last day on which it holds.
    pub until: Option<Date>,
    /// Where that was decided.
    pub ticket: Option<String>,
}

/// Whom a suppression concerns, or what of the organisation; texts are folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// The object with this objectGUID, dashed.
    Object(String),
    /// The object with this DN, and all below it.
    Tree(String),
    /// Whoever has this address: mail, userPrincipalName, SIP address or a proxy address.
    Address(String),
    /// Whoever has mail, userPrincipalName or SIP address in this domain.
    Domain(String),
}

impl Who {
    /// From one text; `None` when it is none of the four.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let text = trim(text);
        let folded = || fold(text).into_owned();
        if let Some(guid) = normal_guid(text) {
            return Some(Self::Object(guid));
        }
        let bare = bare(text);
        // An address may hold `=` and a name `@`; only a DN has commas too.
        if text.contains('=') && (text.contains(',') || !text.contains('@')) {
            return Some(Self::Tree(folded()));
        }
        if let Some((local, domain)) = bare.rsplit_once('@')
            && !local.is_empty()
            && !domain.is_empty()
        {
            return Some(Self::Address(fold(bare).into_owned()));
        }
        address::is_domain(&folded()).then(|| Self::Domain(folded()))
    }

    /// Whether it is about a whole domain.
    #[must_use]
    pub fn is_domain(&self) -> bool {
        matches!(self, Self::Domain(_))
    }

    fn key(&self) -> u64 {
        match self {
            Self::Object(text) => key('o', text),
            Self::Tree(text) => key('t', text),
            Self::Address(text) => key('a', text),
            Self::Domain(text) => key('d', text),
        }
    }
}

fn key(kind: char, text: &str) -> u64 {
    hash(&format!("{kind}{text}"))
}

/// An address without its type.
fn bare(text: &str) -> &str {
    address::address_type(trim(text)).map_or(trim(text), |(_, rest)| rest)
}

/// How a suppression stands after a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It holds.
    Holds,
    /// It holds and covers nothing.
    Unused,
    /// Its last day is over: what it covers counts again.
    Expired,
    /// Whether it is of use cannot be told: its rules were not run, or not everybody is reported.
    Unknown,
}

impl Standing {
    /// The word of the report.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Holds => "in-force",
            Self::Unused => "unused",
            Self::Expired => "expired",
            Self::Unknown => "unknown",
        }
    }
}

/// All suppressions of a run.
#[derive(Debug, Clone, Default)]
pub struct Suppressions {
    list: Vec<Suppression>,
    /// The first of them that has expired and all behind it; those that hold come first.
    expired: usize,
    by_key: HashMap<u64, Vec<usize>>,
}

impl Suppressions {
    /// Those of a run on a day; the ones that hold come first.
    #[must_use]
    pub fn new(mut list: Vec<Suppression>, today: Date) -> Self {
        list.sort_by_key(|one| one.until.is_some_and(|until| until < today));
        let expired = list.partition_point(|one| one.until.is_none_or(|until| until >= today));
        let mut by_key: HashMap<u64, Vec<usize>> = HashMap::new();
        for (place, one) in list.iter().enumerate() {
            by_key.entry(one.who.key()).or_default().push(place);
        }
        Self { list, expired, by_key }
    }

    /// All, those that hold first.
    #[must_use]
    pub fn list(&self) -> &[Suppression] {
        &self.list
    }

    /// Whether one of them has not expired.
    #[must_use]
    pub fn holds(&self, place: usize) -> bool {
        place < self.expired
    }

    /// How one of them stands that covers so many findings; `whole` says that everybody was judged.
    #[must_use]
    pub fn standing(&self, place: usize, covered: u64, run: RuleSet, whole: bool) -> Standing {
        let ran = || self.list[place].rules.iter().any(|rule| run.has(rule));
        match covered {
            _ if !self.holds(place) => Standing::Expired,
            0 if whole && ran() => Standing::Unused,
            0 => Standing::Unknown,
            _ => Standing::Holds,
        }
    }

    /// The places of those that concern a user, in order.
    #[must_use]
    pub fn of(&self, user: &User<'_>) -> SmallVec<[usize; 8]> {
        let mut places = SmallVec::new();
        let mut look = |who: Who| {
            for &place in self.by_key.get(&who.key()).into_iter().flatten() {
                if self.list[place].who == who && !places.contains(&place) {
                    places.push(place);
                }
            }
        };
        if let Some(guid) = normal_guid(user.get(Attr::ObjectGuid)) {
            look(Who::Object(guid));
        }
        let dn = fold(user.get(Attr::DistinguishedName));
        branches(&dn).for_each(|branch| look(Who::Tree(branch.to_owned())));
        let named =
            [Attr::Mail, Attr::UserPrincipalName, Attr::PrimaryUserAddress].map(|attr| user.get(attr));
        for text in named.iter().copied().chain(user.proxies().iter().copied()) {
            look(Who::Address(fold(bare(text)).into_owned()));
        }
        for text in named {
            look(Who::Domain(fold(address::domain(text)).into_owned()));
        }
        places.sort_unstable();
        places
    }

    /// The places of those that concern something of the organisation, in order: a domain, or an object by its DN.
    #[must_use]
    pub fn about(&self, name: &str) -> SmallVec<[usize; 8]> {
        let folded = fold(name);
        let domain = address::is_domain(&folded).then(|| Who::Domain(folded.to_string()));
        let trees = branches(&folded).map(|branch| Who::Tree(branch.to_owned()));
        let mut places: SmallVec<[usize; 8]> = SmallVec::new();
        for who in domain.into_iter().chain(trees) {
            let known = self.by_key.get(&who.key()).into_iter().flatten();
            places.extend(known.copied().filter(|&place| self.list[place].who == who));
        }
        places.sort_unstable();
        places
    }

    /// The one that covers a rule, of those that concern a user: rather one that holds.
    #[must_use]
    pub fn covering(&self, places: &[usize], rule: usize) -> Option<usize> {
        places.iter().copied().find(|&place| self.list[place].rules.has(rule))
    }
}

/// A DN and the DNs of all that it lies below; a comma of a name is escaped or quoted (RFC 4514, RFC 1779).
fn branches(dn: &str) -> impl Iterator<Item = &str> {
    let (mut escaped, mut quoted) = (false, false);
    let commas = dn.bytes().enumerate().filter_map(move |(place, byte)| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b',' if !quoted => return Some(place + 1),
            _ => {}
        }
        None
    });
    std::iter::once(0).chain(commas).filter_map(|start| dn.get(start..)).map(trim).filter(|dn| !dn.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUID: &str = "33221100-5544-7766-8899-aabbccddeeff";

    fn one(about: &str, until: Option<Date>) -> Suppression {
        let mut rules = RuleSet::NONE;
        rules.insert(3);
        Suppression {
            rule: "SIP".into(),
            rules,
            about: about.into(),
            who: Who::of(about).unwrap(),
            reason: "x".into(),
            until,
            ticket: None,
        }
    }

    fn day(day: i8) -> Date {
        Date::new(2026, 11, day).unwrap()
    }

    #[test]
    fn what_a_text_names() {
        assert_eq!(Who::of("{33221100-5544-7766-8899-AABBCCDDEEFF}"), Some(Who::Object(GUID.into())));
        assert_eq!(Who::of("OU=Staff,DC=Contoso"), Some(Who::Tree("ou=staff,dc=contoso".into())));
        assert_eq!(Who::of("CN=a@b.co,DC=x"), Some(Who::Tree("cn=a@b.co,dc=x".into())));
        assert_eq!(Who::of("sip:Ann@Contoso.com"), Some(Who::Address("ann@contoso.com".into())));
        assert_eq!(Who::of("a=b@contoso.com"), Some(Who::Address("a=b@contoso.com".into())));
        assert_eq!(Who::of("contoso.com"), Some(Who::Domain("contoso.com".into())));
        for nothing in ["", "ann", "@contoso.com", "ann@"] {
            assert_eq!(Who::of(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn whom_each_concerns() {
        let user = [
            (Attr::ObjectGuid, GUID),
            (Attr::DistinguishedName, "CN=Roth\\,OU=No,OU=Staff,DC=contoso,DC=com"),
            (Attr::Mail, "ann@contoso.com"),
            (Attr::ProxyAddresses, "smtp:old@fabrikam.com"),
        ];
        let concerns = |about: &str| {
            let all = Suppressions::new(vec![one(about, None)], day(1));
            let places = all.of(&User::of(&user));
            all.covering(&places, 3).is_some() && all.covering(&places, 2).is_none()
        };
        for about in [
            GUID,
            "CN=Roth\\,OU=No,OU=Staff,DC=contoso,DC=com",
            "ou=staff,dc=contoso,dc=com",
            "DC=com",
            "ANN@contoso.com",
            "SMTP:old@fabrikam.com",
            "contoso.com",
        ] {
            assert!(concerns(about), "{about}");
        }
        // An escaped comma parts nothing; a proxy address alone makes nobody a user of its domain.
        for about in [
            "OU=No,OU=Staff,DC=contoso,DC=com",
            "U=Staff,DC=contoso,DC=com",
            "fabrikam.com",
            "bob@contoso.com",
        ] {
            assert!(!concerns(about), "{about}");
        }
    }

    #[test]
    fn the_last_day_counts_and_what_holds_comes_first() {
        let all = Suppressions::new(vec![one("a.com", Some(day(24))), one("a.com", Some(day(25)))], day(25));
        assert_eq!(all.list()[0].until, Some(day(25)));
        assert!(all.holds(0) && !all.holds(1));
        let places = all.of(&User::of(&[(Attr::Mail, "x@a.com")]));
        assert_eq!((places.as_slice(), all.covering(&places, 3)), (&[0, 1][..], Some(0)));
    }
}
