//! Marks that spreadsheet programs and wrong encodings leave in cells.

use super::values::How;
use crate::model::Attr;
use crate::model::problem::Problem;

/// How many characters a spreadsheet program keeps in a cell.
const CELL: usize = 32_767;

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
    let id = matches!(attr, Attr::SamAccountName | Attr::Line | Attr::MailNickname);
    (id && is_scientific(cell)).then_some(Problem::BadNumber)
}

/// `1.5555E+10`, as a spreadsheet program writes a long number, in any language.
fn is_scientific(cell: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    cell.split_once("E+").is_some_and(|(number, power)| {
        let (whole, part) = number.split_once(['.', ',']).unwrap_or((number, "0"));
        digits(whole) && digits(part) && digits(power)
    })
}

/// Whether a letter seems to have become `?`.
pub(super) fn lost_letters(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'?', bytes).any(|at| {
        let beside = |b: Option<&u8>| b.is_some_and(|&b| b.is_ascii_alphabetic() || b == b'?');
        beside(bytes.get(at + 1)) || beside(at.checked_sub(1).and_then(|before| bytes.get(before)))
    })
}

/// Whether a text has letters that are seen where others are garbled; most texts have none.
pub(super) fn may_be_garbled(text: &str) -> bool {
    let marks = ["Ã", "Â", "Å", "â", "\u{fffd}"];
    !text.is_ascii()
        && marks.iter().any(|mark| memchr::memmem::find(text.as_bytes(), mark.as_bytes()).is_some())
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
