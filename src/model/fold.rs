//! How two texts are compared: outer blanks off, NFKD, combining marks dropped, lower case.
//!
//! Close to Active Directory's own comparison ([MS-ADTS] 3.1.1.2.2.4.13), which also ignores kana type.

use std::borrow::Cow;
use std::sync::OnceLock;

use rapidhash::v3::rapidhash_v3;
use smallvec::SmallVec;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::octet::{ascii_start, make_small};

/// Blank: space, TAB, CR, LF, VT, FF.
#[must_use]
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
        let alone = pieces(text, |piece| {
            let start = room.len();
            room.push_str(piece);
            room[start..].make_ascii_lowercase();
        });
        Cow::Owned(if alone { room } else { fold_whole(text) })
    } else if text.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
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

/// Room for a folded text on the stack; few texts are longer.
type Room = SmallVec<[u8; 128]>;

/// Appends the folded text, like [`fold`] without its allocations.
fn fold_into(text: &str, room: &mut Room) {
    let alone = pieces(text, |piece| {
        let start = room.len();
        room.extend_from_slice(piece.as_bytes());
        room[start..].make_ascii_lowercase();
    });
    if !alone {
        room.clear();
        room.extend_from_slice(fold_whole(text).as_bytes());
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
    a == b || a.eq_ignore_ascii_case(b) || same_folded(a, b)
}

fn same_folded(a: &str, b: &str) -> bool {
    let (a, b) = (trim(a), trim(b));
    if a.is_ascii() && b.is_ascii() { a.eq_ignore_ascii_case(b) } else { fold(a) == fold(b) }
}

/// A 64-bit hash of the folded text: equal for texts that are the [`same`], on every machine.
#[must_use]
pub fn hash(text: &str) -> u64 {
    let text = trim(text);
    let mut room = [0; 128];
    if text.len() <= room.len() {
        room[..text.len()].copy_from_slice(text.as_bytes());
        if make_small(&mut room[..text.len().next_multiple_of(8)]) {
            return rapidhash_v3(&room[..text.len()]);
        }
    }
    let mut room = Room::new();
    fold_into(text, &mut room);
    rapidhash_v3(&room)
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
        assert_ne!(hash("a"), hash("b"));
    }

    proptest::proptest! {
        #[test]
        fn folding_by_characters_is_folding(text in "([a-zA-ZäÖßΣσΑἈÅÅ①ﬁ김가田ı İẞǅ\u{300}\u{345}\u{5bf}]|.){0,12}") {
            let text = trim(&text);
            let mut room = Room::new();
            fold_into(text, &mut room);
            let whole = fold_whole(text);
            proptest::prop_assert_eq!((std::str::from_utf8(&room).unwrap(), &*fold(text)), (&*whole, &*whole));
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
