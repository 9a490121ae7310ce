//! Texts of letters of ASCII, digits, full stops and hyphens, as most of an address is: told sixteen octets at a time.

use wide::u8x16;

use super::octet::{between, which};

/// How a text starts.
pub(super) struct PlainStart {
    /// So many octets are letters of ASCII, digits, full stops or hyphens. There may be more: no more than 64 are looked
    /// at, and none of a text of less than sixteen.
    pub(super) len: usize,
    /// Whether a full stop is among them.
    pub(super) dot: bool,
    /// Whether two stand in a row.
    pub(super) dots: bool,
}

/// How a text starts.
#[inline]
pub(super) fn plain_start(text: &[u8]) -> PlainStart {
    let (mut len, mut stops) = (0, 0);
    let (sixteens, rest) = text.as_chunks();
    for chunk in sixteens.iter().take(4) {
        let plain = plain_in(chunk);
        stops |= which(b'.', chunk) << len;
        len += plain;
        if plain < 16 {
            return PlainStart::of(len, stops & ((1 << len) - 1));
        }
    }
    if rest.is_empty() || len == 64 { PlainStart::of(len, stops) } else { to_the_end(text, (len, stops)) }
}

/// The same where what is behind sixteens has to be looked at, too.
#[inline(never)]
fn to_the_end(text: &[u8], (len, stops): (usize, u64)) -> PlainStart {
    match text.last_chunk() {
        // With some before it that are plain.
        Some(last) => {
            let before = text.len() - 16;
            let len = before + plain_in(last);
            PlainStart::of(len, (stops | which(b'.', last) << before) & ((1 << len) - 1))
        }
        None => PlainStart::of(len, stops),
    }
}

/// How many of sixteen octets are plain before another comes.
#[inline]
fn plain_in(octets: &[u8; 16]) -> usize {
    let other = !plain(u8x16::new(*octets)).to_bitmask() & 0xffff;
    (other | 1 << 16).trailing_zeros() as usize
}

impl PlainStart {
    /// Of so many octets; `stops` has a bit for each full stop among them.
    #[inline]
    fn of(len: usize, stops: u64) -> Self {
        Self { len, dot: stops != 0, dots: stops & stops << 1 != 0 }
    }
}

/// Whether a text of no more than sixteen octets is of letters of ASCII, digits, full stops and hyphens alone; false for
/// one of less than eight too.
#[inline]
pub(super) fn is_short_and_plain(text: &[u8]) -> bool {
    let (Some(&head), Some(&tail)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) else { return false };
    let both = u128::from(u64::from_le_bytes(head)) | u128::from(u64::from_le_bytes(tail)) << 64;
    text.len() <= 16 && plain(u8x16::new(both.to_le_bytes())).to_bitmask() == 0xffff
}

/// Which octets are letters of ASCII, digits, full stops or hyphens.
#[inline]
fn plain(octets: u8x16) -> u8x16 {
    let letter = between(octets | u8x16::splat(0x20), b'a', b'z');
    let digit = between(octets, b'-', b'9') & !octets.simd_eq(u8x16::splat(b'/'));
    letter | digit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_octet_is_plain_or_ends_the_start() {
        for b in 0..=255_u8 {
            let is_plain = b.is_ascii_alphanumeric() || b == b'.' || b == b'-';
            for (all, at) in (16..=80).flat_map(|all| (0..all).map(move |at| (all, at))) {
                let mut text = vec![b'a'; all];
                text[at] = b;
                let start = plain_start(&text);
                let len = if is_plain { all } else { at }.min(64);
                assert_eq!(
                    (start.len, start.dot, start.dots),
                    (len, b == b'.' && at < 64, false),
                    "{b} {at} {all}"
                );
            }
        }
    }

    #[test]
    fn short_plain_texts_are_told() {
        for len in 0..20 {
            let text = vec![b'a'; len];
            assert_eq!(is_short_and_plain(&text), (8..=16).contains(&len), "{len}");
            for at in 0..len {
                let mut other = text.clone();
                other[at] = b'@';
                assert!(!is_short_and_plain(&other), "{len} {at}");
            }
        }
    }

    #[test]
    fn full_stops_count_before_the_end_of_the_start() {
        for (all, end) in (17..=80).flat_map(|all| (0..all.min(64)).map(move |end| (all, end))) {
            for at in 0..all - 1 {
                let mut text = vec![b'a'; all];
                (text[at], text[at + 1]) = (b'.', b'.');
                text[end] = b'@';
                let start = plain_start(&text);
                let before = &text[..end];
                assert_eq!((start.len, start.dot), (end, before.contains(&b'.')), "{at} {end} {all}");
                assert_eq!(start.dots, before.windows(2).any(|two| two == b".."), "{at} {end} {all}");
            }
        }
    }
}
