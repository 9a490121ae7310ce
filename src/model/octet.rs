//! Finding an octet in the short texts of a directory.

/// Where an octet stands first. Most texts are shorter than it takes to set up a vector search, so the first 256 octets
/// are looked at sixteen at a time, which every processor compares at once.
#[must_use]
#[inline]
pub fn find(octet: u8, text: &[u8]) -> Option<usize> {
    for (nth, chunk) in text.as_chunks().0.iter().take(NEAR / 16).enumerate() {
        if is_in(octet, chunk) {
            return Some(nth * 16 + place(octet, chunk));
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
        return is_in(octet, last).then(|| text.len() - 16 + place(octet, last));
    }
    text.iter().position(|&b| b == octet)
}

/// Whether an octet stands in a text.
#[must_use]
#[inline]
pub fn has(octet: u8, text: &[u8]) -> bool {
    let Some(last) = text.last_chunk::<16>() else { return is_in_short(octet, text) };
    is_in(octet, last) || text.as_chunks::<16>().0.iter().any(|chunk| is_in(octet, chunk))
}

/// The same for less than sixteen octets.
#[inline(never)]
fn is_in_short(octet: u8, text: &[u8]) -> bool {
    match (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        (Some(head), Some(tail)) => is_in(octet, head) || is_in(octet, tail),
        _ => text.contains(&octet),
    }
}

/// Whether an octet is among so many. Without a way out in the loop it is one comparison of vectors.
#[inline]
fn is_in<const N: usize>(octet: u8, text: &[u8; N]) -> bool {
    let mut is_in = false;
    for &b in text {
        is_in |= b == octet;
    }
    is_in
}

/// The place of an octet that is among sixteen.
#[inline]
fn place(octet: u8, text: &[u8; 16]) -> usize {
    let (eights, _) = text.as_chunks();
    let found = |nth: usize| zeros(u64::from_le_bytes(eights[nth]) ^ (u64::from(octet) * EACH));
    match found(0) {
        0 => 8 + first(found(1)),
        low => first(low),
    }
}

/// How many ASCII octets a text starts with.
#[must_use]
#[inline]
pub(super) fn ascii_start(text: &[u8]) -> usize {
    let (eights, rest) = text.as_chunks::<8>();
    for (nth, &eight) in eights.iter().enumerate() {
        let found = u64::from_le_bytes(eight) & HIGH;
        if found != 0 {
            return nth * 8 + first(found);
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
/// The highest bit of each octet: none of ASCII has it.
pub(super) const HIGH: u64 = 0x8080_8080_8080_8080;

/// The highest bit of the first octet that is zero (and perhaps of some behind it).
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(EACH) & !word & HIGH
}

/// The place of the first octet whose highest bit is set; there is one.
fn first(bits: u64) -> usize {
    bits.trailing_zeros() as usize / 8
}

/// Eight octets with the ASCII letters among them small.
#[inline]
pub(super) fn small(octets: u64) -> u64 {
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
        fn an_octet_is_where_it_is(text: Vec<u8>, octet: u8, tail in proptest::collection::vec(0_u8..40, 0..400)) {
            for (octet, text) in [(octet, &text), (3, &tail)] {
                proptest::prop_assert_eq!(find(octet, text), text.iter().position(|&b| b == octet));
                proptest::prop_assert_eq!(has(octet, text), text.contains(&octet));
            }
        }
    }

    #[test]
    fn letters_become_small() {
        for b in 0..=255_u8 {
            let octets = [b, b'A', b'z', b'@', b'[', 0xc3, b, b'Z'];
            let made = small(u64::from_le_bytes(octets)).to_le_bytes();
            assert_eq!(made.as_slice(), octets.to_ascii_lowercase());
        }
    }
}
