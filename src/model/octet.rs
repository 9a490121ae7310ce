//! Finding an octet in the short texts of a directory.
//!
//! Sixteen octets are compared at once: every processor can, and what is found comes as one number, a bit for each.

use std::ops::Range;

use wide::u8x16;

/// Where an octet stands first. Most texts are shorter than it takes to set up a search with longer vectors, so those
/// begin behind the first 256 octets.
#[must_use]
#[inline]
pub fn find(octet: u8, text: &[u8]) -> Option<usize> {
    for (nth, chunk) in text.as_chunks().0.iter().take(NEAR / 16).enumerate() {
        let found = which(octet, chunk);
        if found != 0 {
            return Some(nth * 16 + first(found));
        }
    }
    find_behind(octet, text)
}

/// So far sixteen octets at a time are looked at.
const NEAR: usize = 256;

/// The same in a text that has it in none of its first sixteens.
#[inline(never)]
fn find_behind(octet: u8, text: &[u8]) -> Option<usize> {
    if let Some(far) = text.get(NEAR..) {
        return memchr::memchr(octet, far).map(|found| NEAR + found);
    }
    // The last ones again: those before the rest are known not to be it.
    if let Some(last) = text.last_chunk() {
        let found = which(octet, last);
        return (found != 0).then(|| text.len() - 16 + first(found));
    }
    text.iter().position(|&b| b == octet)
}

/// Whether two texts are the same octets. Most are too short to be worth a call.
#[must_use]
#[inline]
pub fn equal(one: &str, other: &str) -> bool {
    are_alike(one.as_bytes(), other.as_bytes(), |one, other| one == other, are_short_equal)
}

/// The same for two texts of one length, which is less than sixteen: most domains are that short.
#[inline]
fn are_short_equal(one: &[u8], other: &[u8]) -> bool {
    match (ends::<8>(one), ends::<8>(other)) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

/// The first and the last octets of a text; some may be in both.
#[inline]
fn ends<const LEN: usize>(text: &[u8]) -> Option<(&[u8; LEN], &[u8; LEN])> {
    text.first_chunk().zip(text.last_chunk())
}

/// The same with letters of ASCII in any case.
#[must_use]
#[inline]
pub fn equal_small(one: &str, other: &str) -> bool {
    let are_same = |one: &[u8; 16], other: &[u8; 16]| small(u8x16::new(*one)) == small(u8x16::new(*other));
    are_alike(one.as_bytes(), other.as_bytes(), are_same, <[u8]>::eq_ignore_ascii_case)
}

/// Whether a text starts with another, letters of ASCII in any case.
#[must_use]
#[inline]
pub fn starts(text: &str, with: &str) -> bool {
    let (text, with) = (text.as_bytes(), with.as_bytes());
    // Mostly the first octet tells.
    let may = match (text.first(), with.first()) {
        (Some(first), Some(wanted)) => first.eq_ignore_ascii_case(wanted),
        _ => with.is_empty(),
    };
    may && text.get(..with.len()).is_some_and(|head| head.eq_ignore_ascii_case(with))
}

/// Whether two texts of one length are alike, given how sixteens are and how less is.
#[inline]
fn are_alike(
    one: &[u8],
    other: &[u8],
    sixteen: impl Fn(&[u8; 16], &[u8; 16]) -> bool,
    less: impl Fn(&[u8], &[u8]) -> bool,
) -> bool {
    if one.len() != other.len() {
        return false;
    }
    match (one.last_chunk(), other.last_chunk()) {
        (Some(last), Some(other_last)) => {
            let mut sixteens = one.as_chunks().0.iter().zip(other.as_chunks().0);
            sixteen(last, other_last) && sixteens.all(|(one, other)| sixteen(one, other))
        }
        _ => less(one, other),
    }
}

/// Whether an octet stands in a text. How many octets are compared follows from the size of the text alone, where it is
/// usual: what has to be guessed of each text costs more than to compare some octets twice.
#[must_use]
pub fn has(octet: u8, text: &[u8]) -> bool {
    if let Some((_, tail)) = ends::<SPAN>(text) {
        is_among(octet, tail) || text.as_chunks().0.iter().any(|span| is_among::<SPAN>(octet, span))
    } else if let Some((head, tail)) = ends::<32>(text) {
        is_among(octet, head) || is_among(octet, tail)
    } else if let Some((head, tail)) = ends::<16>(text) {
        is_among(octet, head) || is_among(octet, tail)
    } else {
        is_in_short(octet, text)
    }
}

/// Whether an octet is one of some sixteens.
#[inline]
fn is_among<const LEN: usize>(octet: u8, text: &[u8; LEN]) -> bool {
    let equal = |sixteen: &[u8; 16]| u8x16::new(*sixteen).simd_eq(u8x16::splat(octet));
    text.as_chunks().0.iter().fold(u8x16::ZERO, |found, sixteen| found | equal(sixteen)).to_bitmask() != 0
}

/// The same for less than sixteen octets.
#[inline(never)]
fn is_in_short(octet: u8, text: &[u8]) -> bool {
    // Without a way out in the loop it is one comparison.
    let is_in = |eight: &[u8; 8]| eight.iter().fold(0, |found, &b| found | u8::from(b == octet)) != 0;
    match ends(text) {
        Some((head, tail)) => is_in(head) || is_in(tail),
        _ => text.contains(&octet),
    }
}

/// Which of sixteen octets are this one: a bit for each, that of the first one lowest.
#[inline]
pub(super) fn which(octet: u8, octets: &[u8; 16]) -> u64 {
    u8x16::new(*octets).simd_eq(u8x16::splat(octet)).to_bitmask().into()
}

/// The lowest bit that is set; one is.
#[inline]
fn first(bits: u64) -> usize {
    bits.trailing_zeros() as usize
}

/// So many octets are looked at at once.
const SPAN: usize = 64;

/// The places of an octet in a part of a text, one after the other, and perhaps some close behind it: where many are
/// wanted, 64 octets are looked at but once.
#[derive(Debug, Clone)]
pub struct Places<'t> {
    octet: u8,
    text: &'t [u8],
    /// From here on nothing is looked at that need not be.
    end: usize,
    /// What is before here was looked at.
    behind: usize,
    /// A bit for each place among the 64 before there that was found and not given yet.
    found: u64,
}

impl<'t> Places<'t> {
    /// Those of a part of a text.
    #[must_use]
    #[inline]
    pub fn of(octet: u8, text: &'t [u8], part: Range<usize>) -> Self {
        Self { octet, text, end: part.end, behind: part.start, found: 0 }
    }

    /// Looks at the next 64 octets; `None` at the end.
    #[inline]
    fn look(&mut self) -> Option<()> {
        let rest = self.text.get(self.behind..).filter(|_| self.behind < self.end)?;
        self.found = match rest.first_chunk() {
            Some(near) => among(self.octet, near),
            None => among_last(self.octet, rest),
        };
        self.behind += SPAN;
        Some(())
    }
}

impl Iterator for Places<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.found == 0 {
            self.look()?;
        }
        let place = self.behind - SPAN + first(self.found);
        self.found &= self.found - 1;
        Some(place)
    }
}

/// Which of 64 octets are this one.
#[inline]
fn among(octet: u8, text: &[u8; SPAN]) -> u64 {
    let (sixteens, _) = text.as_chunks();
    (0..4).fold(0, |found, nth| found | which(octet, &sixteens[nth]) << (nth * 16))
}

/// Which of less are.
#[inline(never)]
fn among_last(octet: u8, text: &[u8]) -> u64 {
    let (sixteens, _) = text.as_chunks();
    let found = sixteens.iter().rev().fold(0, |found, sixteen| found << 16 | which(octet, sixteen));
    match text.last_chunk() {
        // With some that were looked at already.
        Some(last) => found | which(octet, last) << (text.len() - 16),
        None => text.iter().rev().fold(0, |found, &b| found << 1 | u64::from(b == octet)),
    }
}

/// How many ASCII octets a text starts with.
#[must_use]
#[inline]
pub(super) fn ascii_start(text: &[u8]) -> usize {
    let (sixteens, rest) = text.as_chunks::<16>();
    for (nth, &sixteen) in sixteens.iter().enumerate() {
        // None of ASCII has the highest bit, which is what a mask is made of.
        let found = u8x16::new(sixteen).to_bitmask();
        if found != 0 {
            return nth * 16 + first(found.into());
        }
    }
    text.len() - rest.len() + rest.iter().take_while(|b| b.is_ascii()).count()
}

/// Sixteen octets with the ASCII letters among them small.
#[inline]
pub(super) fn small(octets: u8x16) -> u8x16 {
    octets | between(octets, b'A', b'Z') & u8x16::splat(0x20)
}

/// Which octets lie from one to another.
#[inline]
pub(super) fn between(octets: u8x16, first: u8, last: u8) -> u8x16 {
    // There is no comparison of unsigned octets but this one.
    let from = octets - u8x16::splat(first);
    from.min(u8x16::splat(last - first)).simd_eq(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn ascii_ends_where_it_ends(text in "[a-z]{0,40}é?[a-zü]{0,20}") {
            let end = text.bytes().position(|b| !b.is_ascii()).unwrap_or(text.len());
            proptest::prop_assert_eq!(ascii_start(text.as_bytes()), end);
        }

        #[test]
        fn an_octet_is_where_it_is(text: Vec<u8>, octet: u8, tail in proptest::collection::vec(0_u8..40, 0..400)) {
            for (octet, text) in [(octet, &text), (3, &tail)] {
                proptest::prop_assert_eq!(find(octet, text), text.iter().position(|&b| b == octet));
                proptest::prop_assert_eq!(has(octet, text), text.contains(&octet));
            }
        }

        #[test]
        fn texts_are_equal_or_not(text in "[ab]{0,70}", at in 0_usize..70, other in "[ab]{0,70}") {
            proptest::prop_assert!(equal(&text, &text.clone()));
            proptest::prop_assert_eq!(equal(&text, &other), text == other);
            let changed: String = text.chars().enumerate().map(|(nth, c)| if nth == at { 'x' } else { c }).collect();
            proptest::prop_assert_eq!(equal(&text, &changed), text == changed);
            let large = text.to_uppercase();
            proptest::prop_assert!(equal_small(&text, &large) && equal_small(&large, &text));
            proptest::prop_assert_eq!(equal_small(&large, &other), text == other);
            proptest::prop_assert_eq!(equal_small(&large, &changed), text == changed);
        }

        #[test]
        fn every_place_is_given(text in proptest::collection::vec(0_u8..4, 0..300), at in 0_usize..310, len in 0_usize..310) {
            let end = text.len().min(at + len);
            let want: Vec<usize> = (at..end).filter(|&place| text[place] == 3).collect();
            proptest::prop_assert_eq!(Places::of(3, &text, at..end).take_while(|&place| place < end).collect::<Vec<_>>(), want);
        }
    }

    #[test]
    fn one_octet_is_found_at_every_place_of_every_length() {
        for len in 0..130 {
            let mut text = vec![0xb0; len];
            assert!(
                find(b'0', &text).is_none()
                    && !has(b'0', &text)
                    && Places::of(b'0', &text, 0..len).next().is_none()
            );
            for at in 0..len {
                text[at] = b'0';
                assert_eq!((find(b'0', &text), has(b'0', &text)), (Some(at), true));
                assert_eq!(Places::of(b'0', &text, 0..len).collect::<Vec<_>>(), [at]);
                text[at] = 0xb0;
            }
        }
    }

    #[test]
    fn texts_start_in_any_case() {
        for with in ["", "D", "dc=", "DC=Contoso"] {
            assert!(starts("Dc=contoso", with), "{with}");
        }
        for (text, with) in [("", "a"), ("dc", "dc="), ("dc=", "cn="), ("é", "\u{e8}"), ("[", "{")] {
            assert!(!starts(text, with), "{text} {with}");
        }
    }

    #[test]
    fn letters_become_small() {
        for b in 0..=255_u8 {
            let octets = b"\xc3A@[`{Zza_\xe1xYy0-".map(|octet| if octet == b'x' { b } else { octet });
            let made = small(u8x16::new(octets)).to_array();
            assert_eq!(made.as_slice(), octets.to_ascii_lowercase());
        }
    }
}
