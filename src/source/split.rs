//! Splits a cell that holds all values of `proxyAddresses`.
//!
//! No two exporters join values alike, and X400, X500 and EUM addresses contain every joint. So a cell is split only
//! before a known type with its colon.

use std::ops::Range;

use memchr::memchr_iter;

use crate::model::octet::{Places, starts};

/// The types before which a joined cell is split; those that rule PRX013 knows.
const TYPES: &[&str] = &[
    "smtp", "sip", "x500", "x400", "eum", "spo", "ex", "=ex", "notes", "ccmail", "msmail", "fax", "mbx",
    "gwise", "tel", "im",
];

/// What exporters put between two values.
pub(super) fn is_joint(b: u8) -> bool {
    is_padding(b) || matches!(b, b';' | b',' | b'|' | b'+' | b'\r' | b'\n')
}

/// What may belong to a value at either end of the cell.
fn is_padding(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | 0x0b | 0x0c)
}

fn is_type(text: &[u8]) -> bool {
    text.len() <= LONGEST && TYPES.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(text))
}

/// Where the value ends that starts at `start`, and the type of the next one starts, of which the colon is this one.
#[inline]
fn border(bytes: &[u8], start: usize, colon: usize, escaped: bool) -> Option<(usize, usize)> {
    // Nearly all are one of two types, with a semicolon between the values. A bit tells a letter from the small one.
    if let Some(&last) = bytes[start..colon].last_chunk() {
        let last = u64::from_le_bytes(last);
        let (smtp, sip) = (last >> 32 | 0x2020_2020 == SMTP, last >> 40 | 0x20_2020 == SIP);
        let len = if smtp { 4 } else { 3 };
        let [before, joint, ..] = (last >> (8 * (6 - len))).to_le_bytes();
        if (smtp || sip) && joint == b';' && !is_joint(before) && !escaped {
            return Some((colon - len - 1, colon - len));
        }
    }
    // Before the type of the first value is no room for a value of one octet, a joint and the shortest type.
    let is_first = colon - start < 4 || colon - start == 4 && !is_joint(bytes[start + 1]);
    if is_first { None } else { any_border(bytes, start, colon, escaped) }
}

/// The types that nearly all addresses have, as numbers.
const SMTP: u64 = u64::from_le_bytes(*b"smtp\0\0\0\0");
const SIP: u64 = u64::from_le_bytes(*b"sip\0\0\0\0\0");

/// The same for all.
fn any_border(bytes: &[u8], start: usize, colon: usize, escaped: bool) -> Option<(usize, usize)> {
    let near = colon.saturating_sub(LONGEST + 1);
    let name = bytes[near..colon].iter().rposition(|&b| !(b.is_ascii_alphanumeric() || b == b'='));
    let name = name.map_or(near, |before| near + before + 1);
    if name <= start || !is_type(&bytes[name..colon]) {
        return None;
    }
    let value = joints(bytes, start, name, escaped);
    (value < name && value > start).then(|| (keep_x400(bytes, start, value, name, 2), name))
}

/// No type is longer.
const LONGEST: usize = 6;

/// Whether a value has a type, given with its colon.
pub(super) fn has_type(value: &str, kind: &str) -> bool {
    starts(value.trim_ascii_start(), kind)
}

/// Whether a value has any of the types before which a cell is split.
pub(super) fn is_typed(value: &str) -> bool {
    value.split_once(':').is_some_and(|(kind, _)| is_type(kind.trim_ascii().as_bytes()))
}

/// Gives each value of a cell. `escaped` says that a joint behind a backslash belongs to the value; the backslashes
/// are left in.
///
/// Blanks at the two ends of the cell stay with the first and the last value, blanks around inner joints do not.
pub fn split<'c>(cell: &'c str, escaped: bool, each: impl FnMut(&'c str)) {
    split_part(cell, 0..cell.len(), escaped, each);
}

/// The same for a cell that is a part of a text: it costs less to look beyond its end than to look at its last octets
/// one by one.
#[inline]
pub(super) fn split_part<'c>(
    text: &'c str,
    part: Range<usize>,
    escaped: bool,
    mut each: impl FnMut(&'c str),
) {
    let cell = &text[part.clone()];
    let bytes = cell.as_bytes();
    let (mut start, mut colons) = (first(bytes), false);
    for colon in Places::of(b':', text.as_bytes(), part.clone()) {
        if colon >= part.end {
            break;
        }
        let colon = colon - part.start;
        colons = true;
        if let Some((end, next)) = border(bytes, start, colon, escaped) {
            each(&cell[start..end]);
            start = next;
        }
    }
    let end = last(bytes, start, escaped);
    if colons {
        each(&cell[start..end]);
    } else if start < end {
        untyped(&cell[start..end], each);
    }
}

/// Where the first value starts: joints before it are none of it, blanks alone are.
fn first(bytes: &[u8]) -> usize {
    let end = bytes.iter().position(|&b| !is_joint(b)).unwrap_or(bytes.len());
    let padding = bytes[..end].iter().all(|&b| is_padding(b));
    if padding && end < bytes.len() { 0 } else { end }
}

/// Where the last value ends.
fn last(bytes: &[u8], start: usize, escaped: bool) -> usize {
    let value = joints(bytes, start, bytes.len(), escaped);
    let padding = bytes[value..].iter().all(|&b| is_padding(b));
    if padding { bytes.len() } else { keep_x400(bytes, start, value, bytes.len(), 1) }
}

/// Where the run of joints that ends at `end` starts.
fn joints(bytes: &[u8], start: usize, end: usize, escaped: bool) -> usize {
    let mut at = end;
    while at > start && is_joint(bytes[at - 1]) {
        if !escaped {
            at -= 1;
            continue;
        }
        let before = bytes[start..at - 1].iter().rev().take_while(|&&b| b == b'\\').count();
        if before % 2 == 1 {
            break;
        }
        at -= 1;
    }
    at
}

/// An X400 address ends in a `;` of its own, where there are at least `wanted` joints.
fn keep_x400(bytes: &[u8], start: usize, value: usize, end: usize, wanted: usize) -> usize {
    let x400 = || bytes[start..].get(..5).is_some_and(|head| head.eq_ignore_ascii_case(b"x400:"));
    let own = end - value >= wanted && bytes.get(value) == Some(&b';') && x400();
    value + usize::from(own)
}

/// A cell in which no value has a type: split only if each part looks like one address.
fn untyped<'c>(cell: &'c str, mut each: impl FnMut(&'c str)) {
    let joint = |c: char| matches!(c, ';' | ',' | '|' | '\r' | '\n');
    let blank = |c: char| matches!(c, ' ' | '\t');
    let is_address = |part: &str| memchr_iter(b'@', part.as_bytes()).count() == 1;
    let parts = || cell.split(joint).filter(|part| !part.trim_matches(blank).is_empty());
    if parts().count() < 2 || !parts().all(is_address) {
        return each(cell);
    }
    let (mut at, count) = (0, parts().count());
    for part in parts() {
        let part = if at > 0 { part.trim_start_matches(blank) } else { part };
        at += 1;
        each(if at < count { part.trim_end_matches(blank) } else { part });
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_type_is_longer_than_the_longest() {
        assert_eq!(TYPES.iter().map(|known| known.len()).max(), Some(LONGEST));
    }

    use super::*;

    fn parts(cell: &str, escaped: bool) -> Vec<&str> {
        let mut all = Vec::new();
        split(cell, escaped, |part| all.push(part));
        all
    }

    proptest::proptest! {
        /// What is usual is read as everything else is.
        #[test]
        fn usual_borders_are_borders(
            value in "[a;, X:/=.@é]{0,12}",
            joint in "[;, |]{0,2}",
            kind in "(smtp|SMTP|sip|SIP|sIp|x500|im|EX|mtp|\u{13}mtp|smtP|sipx)",
            start in 0_usize..4,
            escaped: bool,
        ) {
            let text = format!("{value}{joint}{kind}:a@b");
            let (bytes, colon) = (text.as_bytes(), value.len() + joint.len() + kind.len());
            let start = start.min(colon);
            proptest::prop_assert_eq!(border(bytes, start, colon, escaped), any_border(bytes, start, colon, escaped));
        }
    }

    #[test]
    fn the_shortest_value_and_type_are_parted() {
        for (cell, want) in [
            ("a;im:b", &["a", "im:b"][..]),
            ("a;im:b;EX:c;d", &["a", "im:b", "EX:c;d"]),
            (";;im:b", &["im:b"]),
            ("ab;im", &["ab;im"]),
            ("a-im:b", &["a-im:b"]),
        ] {
            assert_eq!(parts(cell, false), want, "{cell}");
        }
    }

    #[test]
    fn every_joint_of_every_exporter() {
        for joint in [";", "; ", ",", ", ", "|", "\n", "\r\n", " ", "+", "\t", " ; ", ";;"] {
            let cell = ["SMTP:a@b.com", "sip:a@b.com", "X500:/o=C, D/ou=E F/cn=g", "eum:1;phone-context=x.y"]
                .join(joint);
            let want = ["SMTP:a@b.com", "sip:a@b.com", "X500:/o=C, D/ou=E F/cn=g", "eum:1;phone-context=x.y"];
            assert_eq!(parts(&cell, false), want, "{joint:?}");
            let around = format!("{joint}{cell}{joint}");
            if !joint.trim_matches([' ', '\t']).is_empty() {
                assert_eq!(parts(&around, false), want, "{around:?}");
            }
        }
    }

    #[test]
    fn nothing_else_is_a_joint() {
        for one in [
            "smtp:a+b@c.com",
            "smtp:info+sip@contoso.com",
            "X400:c=US;a= ;p=Contoso;o=Exchange;s=Roth;",
            "x500:/o=Ex/ou=fax: 1",
            "smtp: user@x.com",
            "kerberos:a@b;vines:c",
            "john@x.com",
            "a b c; d",
            "SMTP:a@b.com;john@x.com",
            "",
        ] {
            let want: Vec<_> = [one].into_iter().filter(|one| !one.is_empty()).collect();
            assert_eq!(parts(one, false), want);
        }
    }

    #[test]
    fn escaped_joints_belong_to_the_value() {
        assert_eq!(parts("smtp:a@b;X400:c=US;s=Roth;", false), ["smtp:a@b", "X400:c=US;s=Roth;"]);
        let cell = r"X400:c=US\;a= \;s=Roth\;;SMTP:a@b.com;x500:/o=a\;smtp:b";
        assert_eq!(parts(cell, true), [r"X400:c=US\;a= \;s=Roth\;", "SMTP:a@b.com", r"x500:/o=a\;smtp:b"]);
        assert_eq!(parts("X400:c=US;s=Roth;;SMTP:a@b.com", false), ["X400:c=US;s=Roth;", "SMTP:a@b.com"]);
    }

    #[test]
    fn bare_values_and_padding() {
        assert_eq!(parts("john@x.com;SMTP:a@b", false), ["john@x.com", "SMTP:a@b"]);
        assert_eq!(parts(" smtp:a@b ; smtp:c@d ", false), [" smtp:a@b", "smtp:c@d "]);
        assert_eq!(parts("a@b; c@d |e@f", false), ["a@b", "c@d", "e@f"]);
        assert_eq!(parts("a@b;x", false), ["a@b;x"]);
        assert!(parts(" ; ", false).is_empty());
    }
}
