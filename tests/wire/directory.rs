//! What the scripted server holds, and which entries a filter means: RFC 4511 4.5.1.7 with its three truth values.

use std::cmp::Ordering;

use rasn_ldap::{Filter, SearchRequest, SearchRequestScope, SubstringChoice};

/// The name of the domain.
pub(crate) const BASE: &str = "DC=contoso,DC=com";
pub(crate) const SCHEMA: &str = "CN=Schema,CN=Configuration,DC=contoso,DC=com";
const NUMBERS: [&str; 4] = ["usncreated", "usnchanged", "useraccountcontrol", "samaccounttype"];
const BIT_AND: &str = "1.2.840.113556.1.4.803";

/// An entry: its name, and its attributes with their values.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) dn: String,
    pub(crate) attributes: Vec<(String, Vec<Vec<u8>>)>,
}

impl Entry {
    pub(crate) fn new(dn: impl Into<String>, attributes: &[(&str, &[&str])]) -> Self {
        let bytes = |values: &[&str]| values.iter().map(|value| value.as_bytes().to_vec()).collect();
        let attributes = attributes.iter().map(|(name, values)| ((*name).to_owned(), bytes(values)));
        Self { dn: dn.into(), attributes: attributes.collect() }
    }

    pub(crate) fn set(&mut self, name: &str, values: Vec<Vec<u8>>) {
        self.attributes.retain(|(have, _)| !have.eq_ignore_ascii_case(name));
        self.attributes.push((name.to_owned(), values));
    }

    fn values(&self, name: &str) -> &[Vec<u8>] {
        let found = self.attributes.iter().find(|(have, _)| have.eq_ignore_ascii_case(name));
        found.map_or(&[], |(_, values)| values)
    }
}

/// The entries, and what the server makes of searches.
pub(crate) struct Directory {
    pub(crate) entries: Vec<Entry>,
    pub(crate) root: Entry,
    /// The attributes that have an order; `>=` on another one is undefined, so that nothing matches and no error tells.
    pub(crate) ordered: Vec<&'static str>,
    /// Whether filters know which entries have others below them.
    pub(crate) subordinates: bool,
}

/// Sixteen bytes that look random, for a number.
fn guid(number: u64) -> Vec<u8> {
    let half = |seed: u64| {
        let mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ mixed >> 29).wrapping_mul(0x94d0_49bb_1331_11eb).to_be_bytes()
    };
    [half(number), half(!number)].concat()
}

/// User `number`, without a fault.
pub(crate) fn user(number: u32) -> Entry {
    let name = format!("u{number:05}");
    let address = format!("{name}@contoso.com");
    let usn = (10_000 + number).to_string();
    let mut entry = Entry::new(
        format!("CN={name},OU=D{},OU=Staff,{BASE}", number % 5),
        &[
            ("objectClass", &["top", "person", "organizationalPerson", "user"]),
            ("objectCategory", &[&format!("CN=Person,{SCHEMA}")]),
            ("cn", &[&name]),
            ("displayName", &[&name]),
            ("sAMAccountName", &[&name]),
            ("sAMAccountType", &["805306368"]),
            ("userAccountControl", &["512"]),
            ("userPrincipalName", &[&address]),
            ("mail", &[&address]),
            ("proxyAddresses", &[&format!("SMTP:{address}"), &format!("smtp:{name}@old.contoso.com")]),
            ("uSNCreated", &[&usn]),
            ("uSNChanged", &[&usn]),
        ],
    );
    entry.set("objectGUID", vec![guid(u64::from(number))]);
    entry
}

impl Directory {
    /// A domain with its folders and so many users.
    pub(crate) fn of(users: u32) -> Self {
        let root = Entry::new(
            "",
            &[
                ("namingContexts", &[BASE, "CN=Configuration,DC=contoso,DC=com", SCHEMA]),
                ("defaultNamingContext", &[BASE]),
                ("rootDomainNamingContext", &[BASE]),
                ("configurationNamingContext", &["CN=Configuration,DC=contoso,DC=com"]),
                ("schemaNamingContext", &[SCHEMA]),
                ("supportedControl", &["1.2.840.113556.1.4.319", "1.2.840.113556.1.4.1339"]),
                ("supportedLDAPVersion", &["3"]),
                ("highestCommittedUSN", &["900000"]),
                ("dnsHostName", &["dc1.contoso.com"]),
            ],
        );
        let folder = |dn: String, class: &str| Entry::new(dn, &[("objectClass", &["top", class])]);
        let mut entries =
            vec![folder(BASE.to_owned(), "domain"), folder(format!("OU=Staff,{BASE}"), "organizationalUnit")];
        entries
            .extend((0..5).map(|unit| folder(format!("OU=D{unit},OU=Staff,{BASE}"), "organizationalUnit")));
        entries.extend((0..users).map(user));
        Self { entries, root, ordered: vec!["objectguid", "usncreated", "usnchanged"], subordinates: false }
    }

    /// The entries that a search means, in the order of the directory; none if its base is not there.
    pub(crate) fn matches(&self, request: &SearchRequest) -> Option<Vec<usize>> {
        let base = request.base_object.0.to_lowercase();
        if !self.entries.iter().any(|entry| entry.dn.to_lowercase() == base) {
            return None;
        }
        let hit = |entry: &Entry| {
            within(&entry.dn.to_lowercase(), &base, request.scope)
                && self.means(entry, &request.filter) == Some(true)
        };
        Some((0..self.entries.len()).filter(|&at| hit(&self.entries[at])).collect())
    }

    /// Whether a filter means an entry; `None` is Undefined.
    pub(crate) fn means(&self, entry: &Entry, filter: &Filter) -> Option<bool> {
        match filter {
            Filter::And(parts) => all(parts.to_vec().into_iter().map(|part| self.means(entry, part))),
            Filter::Or(parts) => {
                all(parts.to_vec().into_iter().map(|part| self.means(entry, part).map(|met| !met)))
                    .map(|none| !none)
            }
            Filter::Not(part) => self.means(entry, part).map(|met| !met),
            Filter::Present(name) => Some(!entry.values(&name.0).is_empty()),
            Filter::EqualityMatch(test) if test.attribute_desc.0.eq_ignore_ascii_case("hasSubordinates") => {
                let end = format!(",{}", entry.dn.to_lowercase());
                let inner = || self.entries.iter().any(|other| other.dn.to_lowercase().ends_with(&end));
                self.subordinates.then(|| inner() == (test.assertion_value.as_ref() == b"TRUE"))
            }
            Filter::EqualityMatch(test) | Filter::ApproxMatch(test) => {
                let equal = |value: &Vec<u8>| {
                    compare(&test.attribute_desc.0, value, &test.assertion_value) == Ordering::Equal
                };
                Some(entry.values(&test.attribute_desc.0).iter().any(equal))
            }
            Filter::GreaterOrEqual(test) => {
                self.order(entry, &test.attribute_desc.0, &test.assertion_value, Ordering::Less)
            }
            Filter::LessOrEqual(test) => {
                self.order(entry, &test.attribute_desc.0, &test.assertion_value, Ordering::Greater)
            }
            Filter::Substrings(test) => {
                let met = |value: &Vec<u8>| contains(&value.to_ascii_lowercase(), &test.substrings);
                Some(entry.values(&test.r#type.0).iter().any(met))
            }
            Filter::ExtensibleMatch(test) => bits(entry, test),
            _ => None,
        }
    }

    /// Whether a value of an ordered attribute is not on the wrong side.
    fn order(&self, entry: &Entry, name: &str, bound: &[u8], wrong: Ordering) -> Option<bool> {
        let ordered = self.ordered.contains(&name.to_lowercase().as_str());
        ordered.then(|| entry.values(name).iter().any(|value| compare(name, value, bound) != wrong))
    }
}

/// The conjunction of three-valued truths.
fn all(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let parts: Vec<_> = parts.collect();
    if parts.contains(&Some(false)) { Some(false) } else { parts.iter().all(Option::is_some).then_some(true) }
}

fn within(dn: &str, base: &str, scope: SearchRequestScope) -> bool {
    let above = dn.strip_suffix(base).and_then(|rest| rest.strip_suffix(','));
    match scope {
        SearchRequestScope::BaseObject => dn == base,
        SearchRequestScope::SingleLevel => above.is_some_and(|rest| !rest.contains(',')),
        _ => dn == base || above.is_some(),
    }
}

fn compare(name: &str, value: &[u8], other: &[u8]) -> Ordering {
    let name = name.to_lowercase();
    let number = |bytes: &[u8]| std::str::from_utf8(bytes).ok().and_then(|text| text.parse::<i64>().ok());
    if NUMBERS.contains(&name.as_str()) {
        return number(value).cmp(&number(other));
    }
    if name == "objectguid" {
        return value.cmp(other);
    }
    let (value, other) = (value.to_ascii_lowercase(), other.to_ascii_lowercase());
    // A domain controller takes the class's own name for the DN of its schema entry.
    if name == "objectcategory" && value.starts_with(&[b"cn=", &other[..], b","].concat()) {
        return Ordering::Equal;
    }
    value.cmp(&other)
}

fn contains(value: &[u8], parts: &[SubstringChoice]) -> bool {
    let mut rest = value;
    for part in parts {
        let (wanted, at) = match part {
            SubstringChoice::Initial(text) => {
                (text.to_ascii_lowercase(), rest.starts_with(&text.to_ascii_lowercase()).then_some(0))
            }
            SubstringChoice::Final(text) => {
                let wanted = text.to_ascii_lowercase();
                let at = rest.ends_with(&wanted).then(|| rest.len() - wanted.len());
                (wanted, at)
            }
            SubstringChoice::Any(text) => {
                let wanted = text.to_ascii_lowercase();
                let at = rest.windows(wanted.len().max(1)).position(|window| window == wanted);
                (wanted, at)
            }
            _ => return false,
        };
        match at {
            Some(at) => rest = &rest[at + wanted.len()..],
            None => return false,
        }
    }
    true
}

fn bits(entry: &Entry, test: &rasn_ldap::MatchingRuleAssertion) -> Option<bool> {
    let name = test.r#type.as_ref()?;
    let rule = test.matching_rule.as_ref().is_some_and(|rule| rule.0 == BIT_AND);
    let number = |bytes: &[u8]| std::str::from_utf8(bytes).ok().and_then(|text| text.parse::<i64>().ok());
    let mask = number(&test.match_value).filter(|_| rule)?;
    Some(entry.values(&name.0).iter().any(|value| number(value).is_some_and(|value| value & mask == mask)))
}
