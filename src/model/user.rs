//! One object of the directory as the input shows it.

use super::attribute::{Attr, AttrSet};
use super::tri::Tri;

/// One object of the directory: borrowed text per attribute, and which attributes the input carried.
///
/// *Absent is not empty*: an attribute that is not [carried](User::carries) says nothing.
#[derive(Debug, Clone)]
pub struct User<'a> {
    carried: AttrSet,
    hidden: Hidden,
    filled: AttrSet,
    values: [&'a str; Attr::COUNT],
    proxies: Vec<&'a str>,
    quoteless: bool,
}

/// What an input that carries `proxyAddresses` does not show of them: an export may hold only some types, or have
/// taken the types off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hidden {
    /// Which smtp proxy is the primary one.
    pub primary: bool,
    /// Whether there are sip proxies beside those that are seen.
    pub sip: bool,
    /// Whether there are smtp proxies beside those that are seen.
    pub smtp: bool,
}

/// No values.
static NOTHING: [&str; Attr::COUNT] = [""; Attr::COUNT];

impl<'a> User<'a> {
    /// An object of which these attributes are in the input, all of them empty so far.
    #[must_use]
    pub fn new(carried: AttrSet) -> Self {
        Self::in_room(carried, Vec::new())
    }

    /// The same, with room for the values of `proxyAddresses` from [`User::into_room`], so that a reader allocates once
    /// and not per object.
    #[must_use]
    pub fn in_room(carried: AttrSet, room: Vec<&'static str>) -> Self {
        let (hidden, filled, values) = (Hidden::default(), AttrSet::NONE, [""; Attr::COUNT]);
        Self { carried, hidden, filled, values, proxies: room, quoteless: false }
    }

    /// Gives the room back for the next object.
    #[must_use]
    pub fn into_room(mut self) -> Vec<&'static str> {
        self.proxies.clear();
        // Collecting the empty iterator in place keeps the allocation while the lifetime changes.
        self.proxies.into_iter().map(|_| "").collect()
    }

    /// An object of which every attribute is in the input, with these values; `proxyAddresses` may be given
    /// several times. For examples and tests.
    #[must_use]
    pub fn of(values: &[(Attr, &'a str)]) -> Self {
        let mut user = Self::new(AttrSet::ALL);
        for &(attr, value) in values {
            user.set(attr, value);
        }
        user
    }

    /// Takes all values away; what the input carries stays.
    pub fn clear(&mut self) {
        (self.filled, self.quoteless) = (AttrSet::NONE, false);
        // Moved as a whole, not one by one.
        self.values.copy_from_slice(&NOTHING);
        self.proxies.clear();
    }

    /// Sets a single value, or adds one to `proxyAddresses`. The attribute counts as carried from now on.
    #[inline]
    pub fn set(&mut self, attr: Attr, value: &'a str) {
        self.quoteless = false;
        self.carried = self.carried.with(attr);
        if attr == Attr::ProxyAddresses {
            self.proxies.push(value);
        } else {
            self.values[attr as usize] = value;
            if value.is_empty() {
                self.filled = self.filled.without(attr);
                return;
            }
        }
        self.filled = self.filled.with(attr);
    }

    /// Sets a single value of an attribute that the input carries and that has none yet; an empty one is none. What was
    /// [promised](User::promise_no_quotes) has to hold for it too.
    #[inline]
    pub fn set_if_any(&mut self, attr: Attr, value: &'a str) {
        debug_assert!(
            attr != Attr::ProxyAddresses && self.carries(attr) && !self.filled.has(attr),
            "{attr:?}"
        );
        self.values[attr as usize] = value;
        self.filled = if value.is_empty() { self.filled } else { self.filled.with(attr) };
    }

    /// Says that no value has a quotation mark in it: the reader of the input has met none. Holds until a value is
    /// [set](User::set).
    pub fn promise_no_quotes(&mut self) {
        self.quoteless = true;
    }

    /// Whether it is known that no value has a quotation mark in it.
    #[must_use]
    pub fn has_no_quotes(&self) -> bool {
        self.quoteless
    }

    /// Marks an attribute as carried, with no value.
    pub fn set_empty(&mut self, attr: Attr) {
        self.carried = self.carried.with(attr);
    }

    /// Says what the input does not show of `proxyAddresses`.
    pub fn hide(&mut self, hidden: Hidden) {
        self.hidden = hidden;
    }

    /// What the input does not show of `proxyAddresses`.
    #[must_use]
    pub fn hidden(&self) -> Hidden {
        self.hidden
    }

    /// Takes the values of an attribute away, as if the input had never carried it.
    pub fn lose(&mut self, attr: Attr) {
        self.carried = self.carried.without(attr);
        self.filled = self.filled.without(attr);
        if attr == Attr::ProxyAddresses {
            self.proxies.clear();
        } else {
            self.values[attr as usize] = "";
        }
    }

    /// Whether the attribute was in the input, with or without a value.
    #[must_use]
    pub fn carries(&self, attr: Attr) -> bool {
        self.carried.has(attr)
    }

    /// Which attributes were in the input.
    #[must_use]
    pub fn carried(&self) -> AttrSet {
        self.carried
    }

    /// The attributes that have a value.
    #[must_use]
    pub fn filled(&self) -> AttrSet {
        self.filled
    }

    /// The value of a single-valued attribute; empty when there is none.
    #[must_use]
    pub fn get(&self, attr: Attr) -> &'a str {
        debug_assert!(attr != Attr::ProxyAddresses, "several values: see User::proxies");
        self.values[attr as usize]
    }

    /// The values of `proxyAddresses` as they stand in the input.
    #[must_use]
    pub fn proxies(&self) -> &[&'a str] {
        &self.proxies
    }

    /// Whether the attribute has a value (blanks are one); unknown when it was not in the input.
    #[must_use]
    pub fn has(&self, attr: Attr) -> Tri {
        if !self.carries(attr) {
            return Tri::Unknown;
        }
        Tri::from(self.filled.has(attr))
    }

    /// Whether a flag says `wanted`; a missing value says neither.
    #[must_use]
    pub fn says(&self, attr: Attr, wanted: bool) -> Tri {
        if !self.carries(attr) {
            return Tri::Unknown;
        }
        Tri::from(flag(self.get(attr)) == Some(wanted))
    }

    /// The value as an integer; `None` when there is none or it is no number.
    #[must_use]
    pub fn number(&self, attr: Attr) -> Option<i64> {
        let text = self.get(attr);
        if text.is_empty() {
            return None;
        }
        // Most are short and of digits alone.
        let next = |number: i64, b: u8| b.is_ascii_digit().then(|| number * 10 + i64::from(b - b'0'));
        let short = if text.len() < 10 { text.bytes().try_fold(0, next) } else { None };
        short.or_else(|| text.trim_ascii().parse().ok())
    }

    /// The classes of the object.
    pub fn classes(&self) -> impl Iterator<Item = &'a str> {
        self.get(Attr::ObjectClass)
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
            .filter(|class| !class.is_empty())
    }

    /// Whether the object has this class, in any case.
    #[must_use]
    pub fn is_a(&self, class: &str) -> bool {
        self.classes().any(|has| has.eq_ignore_ascii_case(class))
    }

    /// What to call the object in a message: DN, else sign-in name, logon name, mail, objectGUID.
    #[must_use]
    pub fn name(&self) -> &'a str {
        use Attr::{DistinguishedName, Mail, ObjectGuid, SamAccountName, UserPrincipalName};
        [DistinguishedName, UserPrincipalName, SamAccountName, Mail, ObjectGuid]
            .into_iter()
            .map(|attr| self.get(attr))
            .find(|text| !text.is_empty())
            .unwrap_or("(no name)")
    }
}

/// What a flag means: `TRUE`/`FALSE` in any case, `1`/`0`, `yes`/`no`.
#[must_use]
pub fn flag(text: &str) -> Option<bool> {
    // As sources write it.
    match text {
        "TRUE" => return Some(true),
        "FALSE" => return Some(false),
        _ => {}
    }
    let text = text.trim_ascii();
    if text.eq_ignore_ascii_case("true") || text == "1" || text.eq_ignore_ascii_case("yes") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") || text == "0" || text.eq_ignore_ascii_case("no") {
        Some(false)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_is_not_empty() {
        let mut user = User::new(AttrSet::of(&[Attr::Mail]));
        assert_eq!(user.has(Attr::Mail), Tri::No);
        assert_eq!(user.has(Attr::UserPrincipalName), Tri::Unknown);
        user.set(Attr::Mail, " ");
        assert_eq!(user.has(Attr::Mail), Tri::Yes);
        user.lose(Attr::Mail);
        assert_eq!(user.has(Attr::Mail), Tri::Unknown);
    }

    proptest::proptest! {
        #[test]
        fn numbers_are_read(text in "[ +-]?[0-9]{0,20}[ a:/]?") {
            let user = User::of(&[(Attr::RecipientTypeDetails, &text)]);
            proptest::prop_assert_eq!(user.number(Attr::RecipientTypeDetails), text.trim_ascii().parse().ok());
        }
    }

    #[test]
    fn classes_are_found_however_they_are_joined() {
        for joined in ["top;person;user", "top person user", "user"] {
            assert!(User::of(&[(Attr::ObjectClass, joined)]).is_a("User"), "{joined}");
        }
    }
}
