//! Finding an octet in the short texts of a directory.

/// Where an octet stands first. Most texts are shorter than it takes to set up a vector search, so the first 64 octets
/// are looked at eight at a time.
#[must_use]
#[inline]
pub fn find(octet: u8, text: &[u8]) -> Option<usize> {
    const NEAR: usize = 64;
    let (near, far) = text.split_at(text.len().min(NEAR));
    let wanted = u64::from(octet) * EACH;
    let (eights, rest) = near.as_chunks::<8>();
    for (nth, &eight) in eights.iter().enumerate() {
        let found = zeros(u64::from_le_bytes(eight) ^ wanted);
        if found != 0 {
            return Some(nth * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    if !far.is_empty() {
        return memchr::memchr(octet, far).map(|found| NEAR + found);
    }
    if rest.is_empty() {
        return None;
    }
    // The last eight again: those before the rest are known not to be it.
    let Some(&last) = near.last_chunk::<8>() else { return rest.iter().position(|&b| b == octet) };
    let found = zeros(u64::from_le_bytes(last) ^ wanted);
    (found != 0).then(|| near.len() - 8 + found.trailing_zeros() as usize / 8)
}

/// How many ASCII octets a text starts with.
#[must_use]
#[inline]
pub(super) fn ascii_start(text: &[u8]) -> usize {
    let (eights, rest) = text.as_chunks::<8>();
    for (nth, &eight) in eights.iter().enumerate() {
        let found = u64::from_le_bytes(eight) & HIGH;
        if found != 0 {
            return nth * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    text.len() - rest.len() + rest.iter().take_while(|b| b.is_ascii()).count()
}

/// How a text starts.
pub(super) struct PlainStart {
    /// So many octets are letters of ASCII, digits, full stops or hyphens. There may be more: only whole groups of eight
    /// octets are looked at.
    pub(super) len: usize,
    /// Whether a full stop is among them.
    pub(super) dot: bool,
    /// Whether two stand in a row.
    pub(super) dots: bool,
}

/// How a text starts, looked at eight octets at a time.
#[inline]
pub(super) fn plain_start(text: &[u8]) -> PlainStart {
    // The highest bit of an octet that is a full stop; `before`: the one before the next octet.
    let (mut dot, mut dots, mut before) = (0, 0, 0);
    let (eights, _) = text.as_chunks::<8>();
    let mut len = eights.len() * 8;
    for (nth, &eight) in eights.iter().enumerate() {
        let octets = u64::from_le_bytes(eight);
        let other = !plain(octets) & HIGH;
        // Those before the first other one.
        let own = (other & other.wrapping_neg()).wrapping_sub(1);
        let stops = equal(octets, b'.') & own;
        dot |= stops;
        dots |= stops & (stops << 8 | before);
        before = stops >> 56;
        if other != 0 {
            len = nth * 8 + other.trailing_zeros() as usize / 8;
            break;
        }
    }
    PlainStart { len, dot: dot != 0, dots: dots != 0 }
}

/// The highest bit of each octet that is a letter of ASCII, a digit, a full stop or a hyphen.
fn plain(octets: u64) -> u64 {
    // The highest bit of each octet of ASCII from one on.
    let from = |octets: u64, first: u8| octets + (0x80 - u64::from(first)) * EACH;
    let low = octets & !HIGH;
    let letters = low | (0x20 * EACH);
    let letter = from(letters, b'a') & !from(letters, b'z' + 1);
    let digit = from(low, b'-') & !from(low, b'9' + 1) & !equal(octets, b'/');
    (letter | digit) & !octets & HIGH
}

/// The highest bit of each octet that is this one.
fn equal(octets: u64, octet: u8) -> u64 {
    let differing = octets ^ (u64::from(octet) * EACH);
    !(((differing & !HIGH) + !HIGH) | differing) & HIGH
}

/// One in each octet.
const EACH: u64 = 0x0101_0101_0101_0101;
/// The highest bit of each octet.
const HIGH: u64 = 0x8080_8080_8080_8080;

fn word(eight: &[u8]) -> u64 {
    eight.try_into().map_or(0, u64::from_le_bytes)
}

/// The highest bit of the first octet that is zero (and perhaps of some behind it).
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(EACH) & !word & HIGH
}

/// Makes ASCII letters small, in place; gives whether all octets are ASCII. The length is a multiple of eight.
pub(super) fn make_small(text: &mut [u8]) -> bool {
    let mut all = 0;
    for eight in text.chunks_exact_mut(8) {
        let octets = word(eight);
        all |= octets;
        eight.copy_from_slice(&small(octets).to_le_bytes());
    }
    all & HIGH == 0
}

/// Eight octets with the ASCII letters among them small.
fn small(octets: u64) -> u64 {
    let low = octets & !HIGH;
    // The highest bit of each octet from `A` on, and from behind `Z` on.
    let from_a = low + (0x80 - u64::from(b'A')) * EACH;
    let behind_z = low + (0x80 - u64::from(b'Z') - 1) * EACH;
    octets | (from_a & !behind_z & !octets & HIGH) >> 2
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
        fn an_octet_is_where_it_is(text: Vec<u8>, octet: u8, tail in proptest::collection::vec(0_u8..4, 0..200)) {
            for (octet, text) in [(octet, &text), (3, &tail)] {
                proptest::prop_assert_eq!(find(octet, text), text.iter().position(|&b| b == octet));
            }
        }

        #[test]
        fn letters_become_small(text in proptest::collection::vec(proptest::prelude::any::<u8>(), 64)) {
            let mut made = text.clone();
            proptest::prop_assert_eq!(make_small(&mut made), text.is_ascii());
            proptest::prop_assert_eq!(made, text.to_ascii_lowercase());
        }
    }

    #[test]
    fn every_octet_becomes_what_it_should() {
        let mut all: Vec<u8> = (0..=255).collect();
        assert!(!make_small(&mut all));
        assert_eq!(all, (0..=255_u8).map(|b| b.to_ascii_lowercase()).collect::<Vec<_>>());
    }
}
