//! How two texts are compared: outer blanks off, NFKD, combining marks dropped, lower case.
//!
//! Close to Active Directory's own comparison ([MS-ADTS] 3.1.1.2.2.4.13), which also ignores kana type.

use std::borrow::Cow;
use std::sync::OnceLock;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use wide::u8x16;

use super::octet::{ascii_start, equal_small, small};

/// Blank: space, TAB, CR, LF, VT, FF.
#[must_use]
#[inline]
pub fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0x0b | 0x0c)
}

/// The text without outer blanks.
#[must_use]
#[inline]
pub fn trim(text: &str) -> &str {
    match text.as_bytes() {
        // No blank lies above the space.
        [] | [(b'!'..)] | [(b'!'..), .., (b'!'..)] => text,
        _ => trim_blanks(text),
    }
}

#[cold]
fn trim_blanks(text: &str) -> &str {
    text.trim_matches(|c: char| u8::try_from(c).is_ok_and(is_blank))
}

/// The folded text.
#[must_use]
pub fn fold(text: &str) -> Cow<'_, str> {
    let text = trim(text);
    if !text.is_ascii() {
        let mut room = String::with_capacity(text.len());
        let alone = pieces(text, |piece| room.push_str(piece));
        room.make_ascii_lowercase();
        Cow::Owned(if alone { room } else { fold_whole(text) })
    } else if text.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

/// Appends the folded text; what can be is folded in its new place.
pub fn fold_into(room: &mut Vec<u8>, text: &str) {
    let (start, text) = (room.len(), trim(text));
    if pieces(text, |piece| room.extend_from_slice(piece.as_bytes())) {
        room[start..].make_ascii_lowercase();
    } else {
        room.truncate(start);
        room.extend_from_slice(fold_whole(text).as_bytes());
    }
}

/// A text in which lower case depends on the neighbours of a character (Σ), folded at once.
fn fold_whole(text: &str) -> String {
    let bare: String = text.nfkd().filter(|&c| !is_combining_mark(c)).collect();
    bare.to_lowercase()
}

/// Gives a text in pieces: runs of ASCII as they stand, every other character folded; false, with not all of it given,
/// where characters cannot be folded one by one.
fn pieces(text: &str, mut each: impl FnMut(&str)) -> bool {
    let mut rest = text;
    loop {
        let ascii = ascii_start(rest.as_bytes());
        each(&rest[..ascii]);
        let mut behind = rest[ascii..].chars();
        let Some(c) = behind.next() else { return true };
        let Some(folded) = folded(c) else { return false };
        each(folded);
        rest = behind.as_str();
    }
}

/// What each of 256 characters in a row folds to.
type Page = Box<[Option<Box<str>>]>;

/// What a character folds to by itself; `None` where that depends on its neighbours.
fn folded(c: char) -> Option<&'static str> {
    // Folding is dear and directories repeat their alphabets: a page of characters is folded when first met.
    static PAGES: [OnceLock<Page>; 256] = [const { OnceLock::new() }; 256];
    let code = u32::from(c) as usize;
    let page = PAGES.get(code >> 8)?.get_or_init(|| {
        let first = u32::from(c) & !0xff;
        (first..first + 256).map(|code| char::from_u32(code).and_then(alone)).collect()
    });
    page[code & 0xff].as_deref()
}

/// What a character folds to, unless its lower case depends on its place in a word.
fn alone(c: char) -> Option<Box<str>> {
    let bare: String = std::iter::once(c).nfkd().filter(|&c| !is_combining_mark(c)).collect();
    (!bare.contains('Σ')).then(|| bare.to_lowercase().into())
}

/// Whether two texts are the same when folded.
#[must_use]
#[inline]
pub fn same(a: &str, b: &str) -> bool {
    equal_small(a, b) || same_folded(a, b)
}

fn same_folded(a: &str, b: &str) -> bool {
    let (a, b) = (trim(a), trim(b));
    if a.is_ascii() && b.is_ascii() { equal_small(a, b) } else { fold(a) == fold(b) }
}

/// A 64-bit hash of the folded text: equal for texts that are the [`same`], on every machine. Texts that collide can
/// be made.
#[must_use]
pub fn hash(text: &str) -> u64 {
    let text = trim(text);
    let (hash, is_ascii) = hash_small(text.as_bytes());
    if is_ascii { hash } else { hash_folded(text) }
}

/// The hash of a text that is not ASCII: like [`fold`], without its allocations, for few texts are longer.
#[inline(never)]
fn hash_folded(text: &str) -> u64 {
    let (mut room, mut end) = ([0; 256], 0);
    let alone = pieces(text, |piece| {
        if let Some(place) = room.get_mut(end..end + piece.len()) {
            place.copy_from_slice(piece.as_bytes());
        }
        end += piece.len();
    });
    match room.get(..end).filter(|_| alone) {
        Some(folded) => hash_small(folded).0,
        None => hash_small(fold(text).as_bytes()).0,
    }
}

/// The hash of octets with the ASCII letters among them small, and whether all of them are ASCII.
///
/// The function is that of wyhash and rapidhash: words are multiplied and both halves of the product put together.
#[inline]
fn hash_small(text: &[u8]) -> (u64, bool) {
    let (sixteens, rest) = text.as_chunks::<16>();
    let (mut hash, mut seen) = (text.len() as u64 ^ SECRET[0], u8x16::ZERO);
    let mut take = |octets: [u8; 16]| {
        let octets = u8x16::new(octets);
        seen |= octets;
        let (first, last) = halves(u128::from_le_bytes(small(octets).to_array()));
        hash = multiplied(first ^ SECRET[1], last ^ hash);
    };
    for &sixteen in sixteens {
        take(sixteen);
    }
    match text.last_chunk() {
        _ if rest.is_empty() => {}
        // The last ones, with some that were taken already.
        Some(&last) => take(last),
        None => take(ends(text)),
    }
    // None of ASCII has the highest bit, which is what a mask is made of.
    (multiplied(hash ^ SECRET[2], text.len() as u64 ^ SECRET[1]), seen.to_bitmask() == 0)
}

/// Odd numbers with half of their bits set; those of wyhash.
const SECRET: [u64; 3] = [0x2d35_8dcc_aa6c_78a5, 0x8bb8_4b93_962e_acc9, 0x4b33_a62e_d433_d4a3];

/// The octets of a text of less than sixteen in two words, in which some may be twice.
fn ends(text: &[u8]) -> [u8; 16] {
    let (first, last): (u64, u64) =
        if let (Some(&first), Some(&last)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) {
            (u64::from_le_bytes(first), u64::from_le_bytes(last))
        } else if let (Some(&first), Some(&last)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
            (u32::from_le_bytes(first).into(), u32::from_le_bytes(last).into())
        } else {
            (text.iter().fold(0, |word, &b| word << 8 | u64::from(b)), 0)
        };
    (u128::from(last) << 64 | u128::from(first)).to_le_bytes()
}

/// Both halves of a product, put together.
fn multiplied(one: u64, other: u64) -> u64 {
    let (low, high) = halves(u128::from(one) * u128::from(other));
    low ^ high
}

/// The lower half, and the upper one.
fn halves(both: u128) -> (u64, u64) {
    ((both & 0xffff_ffff_ffff_ffff) as u64, (both >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_width_and_diacritics_do_not_matter() {
        assert!(same("José@Contoso.com", "jose@contoso.COM "));
        assert!(same("ｊｏｅ@contoso.com", "joe@contoso.com"));
        assert!(!same("straße", "strasse"));
        assert_eq!(fold("\t Åsa\u{b}"), "asa");
    }

    #[test]
    fn the_same_texts_have_the_same_hash() {
        let long = "A".repeat(100);
        for (a, b) in [("José", "JOSE"), ("a@b ", "A@B"), ("", " "), (&long, &long.to_lowercase())] {
            assert_eq!(hash(a), hash(b), "{a} {b}");
        }
    }

    #[test]
    fn every_octet_of_a_text_matters() {
        let mut seen = std::collections::HashSet::new();
        for len in 0..80 {
            assert!(seen.insert(hash(&"x".repeat(len))), "{len}");
            for at in 0..len {
                let text = ["x".repeat(at), "y".to_owned(), "x".repeat(len - at - 1)].concat();
                assert!(seen.insert(hash(&text)), "{text}");
                assert_eq!(hash(&text), hash(&text.to_uppercase()));
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn folding_by_characters_is_folding(text in "([a-zA-ZäÖßΣσΑἈÅÅ①ﬁ김가田ı İẞǅ\u{300}\u{345}\u{5bf}]|.){0,12}") {
            let whole = fold_whole(trim(&text));
            proptest::prop_assert_eq!(&*fold(&text), &*whole);
            let long = text.repeat(40);
            for text in [&text, &long] {
                let folded = fold_whole(trim(text));
                proptest::prop_assert_eq!(hash(text), hash_small(folded.as_bytes()).0);
            }
        }

        #[test]
        fn folding_into_a_room_is_folding(text in "([a-zA-Z Σσé]|.){0,12}", blank in "[ \t]?", plain in "[a-zA-Z@.]{0,40}") {
            for text in [text, format!("{blank}{plain}{blank}")] {
                let mut room = b"X".to_vec();
                fold_into(&mut room, &text);
                proptest::prop_assert_eq!(room, [b"X", fold(&text).as_bytes()].concat());
            }
        }

        #[test]
        fn folding_twice_changes_nothing(text: String) {
            let once = fold(&text).into_owned();
            // Lower case may bring a new combining mark (İ); the second folding is what is compared.
            let twice = fold(&once).into_owned();
            proptest::prop_assert_eq!(fold(&twice), twice.as_str());
        }

        #[test]
        fn equal_by_comparison_is_equal_by_hash(a in "[aAéÉ .]{0,4}", b in "[aAéÉ .]{0,4}") {
            proptest::prop_assert_eq!(same(&a, &b), fold(&a) == fold(&b));
            if same(&a, &b) { proptest::prop_assert_eq!(hash(&a), hash(&b)); }
        }
    }
}
