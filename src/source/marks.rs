//! Marks that exporters, spreadsheet programs and wrong encodings leave in cells.

use super::values::How;
use crate::model::Attr;
use crate::model::problem::Problem;

/// How many characters a spreadsheet program keeps in a cell.
const CELL: usize = 32_767;

/// Whether the first octets of a cell show that it is neither guarded nor a mark of lost values: most are not.
#[inline]
pub(super) fn is_itself(cell: &str, attr: Attr) -> bool {
    let Some(&first) = cell.as_bytes().first() else { return false };
    cell.len() < CELL && !(BEGINS_MARK[usize::from(first)] && may_be_mark(cell, first, attr))
}

/// Which octets the marks begin with, and the values that only some attributes take as they are.
static BEGINS_MARK: [bool; 256] = {
    let (mut table, firsts) = ([false; 256], b"'\"={[#-$\t\n\x0b\x0c\r SMEXNn0123456789");
    let mut place = 0;
    while place < firsts.len() {
        table[firsts[place] as usize] = true;
        place += 1;
    }
    table
};

/// Whether the first two octets of a cell are those of a mark.
#[inline(never)]
fn may_be_mark(cell: &str, first: u8, attr: Attr) -> bool {
    let second = cell.as_bytes().get(1).copied().unwrap_or_default();
    match first {
        b'\'' | b'"' | b'=' | b'{' | b'[' | b'#' | b'-' | b'$' | b'\t'..=b'\r' | b' ' => true,
        // System., Microsoft., EmailAddressDictionary, X'00', n/a, null
        b'S' => second == b'y',
        b'M' => second == b'i',
        b'E' => second == b'm',
        b'X' => second == b'\'',
        b'N' | b'n' => matches!(second, b'/' | b'u' | b'U'),
        b'0'..=b'9' => is_id(attr),
        _ => false,
    }
}

/// What a spreadsheet program did to the cell.
pub(super) fn by_spreadsheet(cell: &str, attr: Attr, how: How) -> Option<Problem> {
    if cell.len() >= 4 && cell.bytes().all(|b| b == b'#') {
        return Some(Problem::HashCell);
    }
    if cell.len() >= CELL
        && matches!(how, How::Proxies | How::Typed(_) | How::Listed)
        && cell.chars().map(char::len_utf16).sum::<usize>() == CELL
    {
        return Some(Problem::CellCut);
    }
    (is_id(attr) && is_scientific(cell)).then_some(Problem::BadNumber)
}

/// Whether values of the attribute may be digits alone, which a spreadsheet program takes for a number.
fn is_id(attr: Attr) -> bool {
    matches!(attr, Attr::SamAccountName | Attr::Line | Attr::MailNickname)
}

/// `1.5555E+10`, as a spreadsheet program writes a long number, in any language.
fn is_scientific(cell: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    cell.split_once("E+").is_some_and(|(number, power)| {
        let (whole, part) = number.split_once(['.', ',']).unwrap_or((number, "0"));
        digits(whole) && digits(part) && digits(power)
    })
}

/// Whether the cell is the name of a .NET collection: what `ToString` gives instead of its values.
pub(super) fn is_type_name(cell: &str) -> bool {
    let cell = cell.trim_ascii();
    if cell == "EmailAddressDictionary" {
        return true;
    }
    let Some(rest) = cell.strip_prefix("System.").or_else(|| cell.strip_prefix("Microsoft.")) else {
        return false;
    };
    let name = rest.bytes().take_while(|b| b.is_ascii_alphabetic() || *b == b'.').count();
    let (name, rest) = rest.split_at(name);
    let ends = ["Collection", "List", "Dictionary", "Hashtable"];
    match rest {
        "" => ends.iter().any(|end| name.ends_with(end)),
        "[]" => !name.is_empty(),
        _ => rest.starts_with('`') && ends.iter().any(|end| name.ends_with(end)),
    }
}

/// Whether a word can stand for nothing in cells of this attribute; a name can be any word.
pub(super) fn takes_placeholders(attr: Attr) -> bool {
    !matches!(
        attr,
        Attr::DistinguishedName
            | Attr::ObjectClass
            | Attr::SamAccountName
            | Attr::DisplayName
            | Attr::GivenName
            | Attr::Sn
            | Attr::MailNickname
            | Attr::AdminDescription
    )
}

/// Whether a cell is a word that stands for nothing.
pub(super) fn is_placeholder(cell: &str) -> bool {
    cell.len() <= 8 && {
        let word = cell.trim_ascii();
        matches!(word, "-" | "{}")
            || ["n/a", "null", "$null"].iter().any(|known| word.eq_ignore_ascii_case(known))
    }
}

/// Whether a letter seems to have become `?`.
pub(super) fn lost_letters(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'?', bytes).any(|at| {
        let beside = |b: Option<&u8>| b.is_some_and(|&b| b.is_ascii_alphabetic() || b == b'?');
        beside(bytes.get(at + 1)) || beside(at.checked_sub(1).and_then(|before| bytes.get(before)))
    })
}

/// Whether a text may hold garbled letters: false means that [`is_garbled`] finds none in any part of it. Most texts
/// of a directory are full of letters beyond ASCII, so this looks at the octets of two letters at once.
pub(super) fn may_be_garbled(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mark = |at: usize| match bytes.get(at..at + 3) {
        // U+FFFD
        Some(&[0xef, 0xbf, 0xbd]) => true,
        _ => match bytes.get(at + 1..at + 3) {
            // Ã, Â or Å before the first octet of what windows-1252 shows for 0x80 to 0xBF.
            Some(&[0x82 | 0x83 | 0x85, next]) => matches!(next, 0xc2 | 0xc5 | 0xc6 | 0xcb | 0xe2),
            // â before €.
            Some(&[0xa2, next]) => next == 0xe2,
            _ => false,
        },
    };
    memchr::memchr2_iter(0xc3, 0xef, bytes).any(mark)
}

/// Whether letters are garbled as when UTF-8 is read in a one-byte encoding: `Ã¼` for `ü`, `â€™` for `’`.
pub(super) fn is_garbled(text: &str) -> bool {
    let mut before = ' ';
    text.chars().any(|c| {
        let garbled = match before {
            'Ã' | 'Â' | 'Å' => matches!(
                c,
                '\u{80}'
                    ..='\u{bf}'
                        | '€'
                        | '‚'
                        | 'ƒ'
                        | '„'
                        | '…'
                        | '†'
                        | '‡'
                        | 'ˆ'
                        | '‰'
                        | 'Š'
                        | '‹'
                        | 'Œ'
                        | 'Ž'
                        | '‘'
                        | '’'
                        | '“'
                        | '”'
                        | '•'
                        | '–'
                        | '—'
                        | '˜'
                        | '™'
                        | 'š'
                        | '›'
                        | 'œ'
                        | 'ž'
                        | 'Ÿ'
            ),
            'â' => c == '€',
            _ => c == '\u{fffd}',
        };
        before = c;
        garbled
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_begins_with_an_octet_of_the_table() {
        for first in (0..0x80).filter(|&first| !BEGINS_MARK[usize::from(first)]) {
            for second in 0..0x80 {
                let cell = [char::from(first), char::from(second)].iter().collect::<String>();
                assert!(!may_be_mark(&cell, first, Attr::Line), "{cell:?}");
            }
        }
    }

    #[test]
    fn garbled_letters_and_those_that_only_look_like_it() {
        for garbled in ["MÃ¼ller", "AndrÃ©", "donâ€™t", "ZoÃ«", "Â§", "Å‚", "M\u{fffd}ller", "Ã\u{85}"]
        {
            assert!(is_garbled(garbled) && may_be_garbled(garbled), "{garbled}");
        }
        for fine in ["Müller", "SÃO PAULO", "Ângela", "Åsa", "château", "âge", "日本", "Ã", ""] {
            assert!(!is_garbled(fine), "{fine}");
        }
        assert!(!may_be_garbled("SÃO Ângela Åsa château Ã"));
    }

    proptest::proptest! {
        #[test]
        fn what_may_not_be_garbled_is_not(text in "([ÃÂÅâ€a\u{80}\u{bf}ƒ‚ŠˆœŸž™é\u{fffd}日]){0,6}") {
            proptest::prop_assert!(may_be_garbled(&text) || !is_garbled(&text));
        }
    }
}
