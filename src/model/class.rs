//! Character classes as one table: which octets a grammar or a rule refuses, found in one pass over a text.

use super::plain::plain_start;

/// A set of classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Classes(u16);

impl Classes {
    /// Not allowed in the atoms of a mail address (RFC 5321 `atext`, full stop apart).
    pub const NOT_ATEXT: Self = Self(1);
    /// Not allowed in the user part of a SIP address.
    pub const NOT_SIP: Self = Self(1 << 1);
    /// `%`, which begins an escape in a SIP address.
    pub const PERCENT: Self = Self(1 << 2);
    /// Legal in a SIP address, but products stumble over it: all but `A-Za-z0-9._-`.
    pub const RISKY: Self = Self(1 << 3);
    /// Refused by synchronization in an address: blank, `< > ( ) ; , [ ] "`, non-ASCII.
    pub const SYNC_INVALID: Self = Self(1 << 4);
    /// Replaced by `_` in the cloud: `` ` | = ? / % ``.
    pub const REPLACED: Self = Self(1 << 5);
    /// Refused in a sign-in name.
    pub const NOT_UPN: Self = Self(1 << 6);
    /// Not a letter, digit or hyphen of a domain, and no full stop.
    pub const NOT_LDH: Self = Self(1 << 7);
    /// A full stop.
    pub const DOT: Self = Self(1 << 8);
    /// Not ASCII.
    pub const NON_ASCII: Self = Self(1 << 10);
    /// Refused in a sAMAccountName.
    pub const NOT_SAM: Self = Self(1 << 11);
    /// ASCII that is refused in an alias, and all that is not ASCII.
    pub const NOT_ALIAS: Self = Self(1 << 12);
    /// Refused in a target address.
    pub const NOT_TARGET: Self = Self(1 << 13);
    /// Blank: space, TAB, CR, LF, VT, FF.
    pub const BLANK: Self = Self(1 << 14);
    /// Two full stops in a row; of texts alone.
    pub const DOTS: Self = Self(1 << 15);

    /// The classes of all octets of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(text.bytes().fold(0, |all, b| all | TABLE[usize::from(b)]))
    }

    /// The classes of what stands before the first `@`, [`Classes::DOTS`] among them, and where that `@` is; of the
    /// whole text without one.
    #[expect(clippy::inline_always, reason = "its results are few enough to stay where they are made")]
    #[must_use]
    #[inline(always)]
    pub(super) fn before_at(text: &str) -> (Self, Option<usize>) {
        let start = plain_start(text.as_bytes());
        if text.as_bytes().get(start.len) == Some(&b'@') {
            let (dot, dots) = (u16::from(start.dot) * Self::DOT.0, u16::from(start.dots) * Self::DOTS.0);
            return (Self(dot | dots), Some(start.len));
        }
        Self::before_any_at(text)
    }

    /// The same for all texts.
    #[inline(never)]
    fn before_any_at(text: &str) -> (Self, Option<usize>) {
        let (mut all, mut last, mut pairs) = (0, 0, 0);
        for (at, b) in text.bytes().enumerate() {
            if b == b'@' {
                return (Self(all | (pairs & Self::DOT.0) << 7), Some(at));
            }
            let own = TABLE[usize::from(b)];
            all |= own;
            pairs |= own & last;
            last = own;
        }
        (Self(all | (pairs & Self::DOT.0) << 7), None)
    }

    /// Whether letters of ASCII, digits, full stops and hyphens alone have these classes.
    #[must_use]
    pub(super) fn are_plain(self) -> bool {
        self.0 & !(Self::DOT.0 | Self::DOTS.0) == 0
    }

    /// The classes of a character.
    #[must_use]
    pub fn of_char(c: char) -> Self {
        Self(u8::try_from(c).map_or(TABLE[0xff], |b| TABLE[usize::from(b)]))
    }

    /// Whether any of these classes is in.
    #[must_use]
    pub const fn has(self, any: Self) -> bool {
        self.0 & any.0 != 0
    }

    /// Both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The first character of a text that has any of these classes.
    #[must_use]
    pub fn first_in(self, text: &str) -> Option<char> {
        Self::of(text).has(self).then(|| text.chars().find(|&c| Self::of_char(c).has(self))).flatten()
    }
}

/// Characters that make a class, where it is a list of them.
const LISTS: &[(Classes, &[u8])] = &[
    (Classes::PERCENT, b"%"),
    (Classes::SYNC_INVALID, b" \t\r\n\x0b\x0c<>();,[]\""),
    (Classes::REPLACED, b"`|=?/%"),
    (Classes::NOT_UPN, b" \t\r\n\x0b\x0c\\%&*+/=?{}|<>();:,[]\""),
    (Classes::DOT, b"."),
    (Classes::NOT_SAM, b"\\\"|,/[]:<>+=;?*"),
    (Classes::NOT_TARGET, b" \t\r\n\x0b\x0c\\<>();,[]\""),
    (Classes::BLANK, b" \t\r\n\x0b\x0c"),
];

/// Characters beside letters and digits that do not make a class.
const ALL_BUT: &[(Classes, &[u8])] = &[
    (Classes::NOT_ATEXT, b"!#$%&'*+-/=?^_`{|}~."),
    (Classes::NOT_SIP, b"-_.!~*'()&=+$,;?/%"),
    (Classes::RISKY, b"._-"),
    (Classes::NOT_LDH, b"-."),
    (Classes::NOT_ALIAS, b"!#$%&'*+-/=?^_`{|}~."),
];

/// Classes of everything that is not ASCII.
const OUTSIDE: u16 = Classes::NON_ASCII.0
    | Classes::NOT_ATEXT.0
    | Classes::NOT_SIP.0
    | Classes::RISKY.0
    | Classes::SYNC_INVALID.0
    | Classes::NOT_UPN.0
    | Classes::NOT_LDH.0
    | Classes::NOT_ALIAS.0;

static TABLE: [u16; 256] = table();

const fn table() -> [u16; 256] {
    let mut table = [0; 256];
    let mut octet = 0_u8;
    loop {
        table[octet as usize] = classes(octet);
        match octet.checked_add(1) {
            Some(next) => octet = next,
            None => return table,
        }
    }
}

const fn classes(octet: u8) -> u16 {
    if !octet.is_ascii() {
        return OUTSIDE;
    }
    let (mut all, mut row) = (0, 0);
    while row < LISTS.len() {
        if is_among(octet, LISTS[row].1) {
            all |= LISTS[row].0.0;
        }
        row += 1;
    }
    row = 0;
    while row < ALL_BUT.len() {
        if !octet.is_ascii_alphanumeric() && !is_among(octet, ALL_BUT[row].1) {
            all |= ALL_BUT[row].0.0;
        }
        row += 1;
    }
    all
}

const fn is_among(octet: u8, list: &[u8]) -> bool {
    let mut place = 0;
    while place < list.len() {
        if list[place] == octet {
            return true;
        }
        place += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fold::is_blank;

    /// The table against the words of the catalogue, character by character.
    #[test]
    fn every_character_has_its_classes() {
        for c in (0..=0x2ff).filter_map(char::from_u32) {
            let has = |class| Classes::of_char(c).has(class);
            let blank = u8::try_from(c).is_ok_and(is_blank);
            assert_eq!(has(Classes::BLANK), blank, "{c:?}");
            assert_eq!(
                has(Classes::SYNC_INVALID),
                blank || !c.is_ascii() || "<>();,[]\"".contains(c),
                "{c:?}"
            );
            assert_eq!(has(Classes::NON_ASCII), !c.is_ascii(), "{c:?}");
            let upn = blank || !c.is_ascii() || "\\%&*+/=?{}|<>();:,[]\"".contains(c);
            assert_eq!(has(Classes::NOT_UPN), upn, "{c:?}");
            assert_eq!(
                has(Classes::NOT_SIP),
                !(c.is_ascii_alphanumeric() || "-_.!~*'()&=+$,;?/%".contains(c)),
                "{c:?}"
            );
            assert_eq!(has(Classes::RISKY), !(c.is_ascii_alphanumeric() || "._-".contains(c)), "{c:?}");
            assert_eq!(has(Classes::NOT_SAM), "\\\"|,/[]:<>+=;?*".contains(c), "{c:?}");
            assert_eq!(has(Classes::NOT_TARGET), blank || "\\<>();,[]\"".contains(c), "{c:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_stands_before_the_at_has_its_classes(text in "([a-zA-Z0-9.@-]|.){0,40}") {
            let (classes, at) = Classes::before_at(&text);
            let before = text.split('@').next().unwrap();
            proptest::prop_assert_eq!(at, text.find('@'));
            let dots = if before.contains("..") { Classes::DOTS } else { Classes::default() };
            proptest::prop_assert_eq!(classes, Classes::of(before).with(dots));
        }
    }

    #[test]
    fn the_first_offender_is_found() {
        assert_eq!(Classes::SYNC_INVALID.first_in("a.b@c"), None);
        assert_eq!(Classes::SYNC_INVALID.first_in("a(é"), Some('('));
        assert_eq!(Classes::SYNC_INVALID.first_in("aé("), Some('é'));
    }
}
