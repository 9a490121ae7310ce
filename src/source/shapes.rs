//! Tables that hold addresses otherwise than as one joined cell with types: one column per type, types taken off,
//! values in ranges.

use memchr::memchr;

use super::columns::Heading;
use super::long::{JOINT, KINDS};
use super::split::{has_type, split};
use crate::model::{Attr, Hidden};

/// The columns of scripts that write one column per type, and the type that they took off. Source: the scripts
/// `Get-ProxyAddressUser.ps1` and its kin.
const SPLIT: &[(&str, &str)] = &[
    ("smtp", "smtp:"),
    ("smtpaddress", "smtp:"),
    ("smtpaddresses", "smtp:"),
    ("secondarysmtp", "smtp:"),
    ("secondarysmtpaddress", "smtp:"),
    ("secondarysmtpaddresses", "smtp:"),
    ("sip", "sip:"),
    ("x500", "X500:"),
    ("x400", "X400:"),
    ("eum", "EUM:"),
    ("spo", "SPO:"),
];

/// The columns of the primary address, as they are preferred.
const PRIMARY: &[&str] = &["primarysmtpaddress", "primarysmtp", "windowsemailaddress"];

/// Headings under which addresses are often listed without types. Others take more evidence: a single address
/// without type is more likely an error of the directory.
const BARE: &[&str] = &["aliases", "aliasses", "emails", "mailaddresses"];

/// How many cells without types it takes under any other heading.
const EVIDENCE: usize = 3;

/// What stands before a type for a column from which more values were cut: `;range=0-1499`.
const RANGE: &str = ";range=";

/// How a table holds its addresses.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    /// Whether there is one column per type.
    pub split: bool,
    /// The column whose values lost the type `smtp:`.
    pub stripped: Option<usize>,
    /// The column of the primary address, where it is needed to know it.
    pub primary: Option<usize>,
    /// What the table does not show.
    pub hidden: Hidden,
}

impl Shapes {
    /// Looks at headings, the cells of the first rows, and the columns that give all addresses.
    pub(super) fn of(headings: &[Heading], rows: &[Vec<String>], all: &[usize]) -> Self {
        let place = |name: &str| headings.iter().position(|heading| heading.folded == name);
        let typed =
            |of: &str| SPLIT.iter().filter(|(_, kind)| *kind == of).any(|(name, _)| place(name).is_some());
        let mut shapes = Self::default();
        let sip = match all {
            [] if typed("smtp:") => {
                shapes.split = true;
                typed("sip:")
            }
            &[only] => match stripped(headings, rows, only) {
                Some(sip) => {
                    shapes.stripped = Some(only);
                    sip
                }
                None => return shapes,
            },
            _ => return shapes,
        };
        shapes.primary = PRIMARY.iter().find_map(|name| place(name));
        shapes.hidden = Hidden { primary: shapes.primary.is_none(), sip: !sip, smtp: false };
        shapes
    }

    /// The type that a column of a split table holds.
    pub(super) fn kind(&self, folded: &str) -> Option<&'static str> {
        SPLIT.iter().find(|(name, _)| self.split && *name == folded).map(|(_, kind)| *kind)
    }
}

/// Whether the values of a column lost their type `smtp:`; if so, whether there are sip proxies among them.
fn stripped(headings: &[Heading], rows: &[Vec<String>], at: usize) -> Option<bool> {
    if headings.iter().any(|heading| KINDS.contains(&heading.folded.as_str())) {
        return None;
    }
    let (mut bare, mut sip) = (0, false);
    for cell in rows.iter().filter_map(|row| row.get(at)) {
        let mut smtp = false;
        split(cell, false, |value| {
            smtp |= has_type(value, "smtp:");
            sip |= has_type(value, "sip:");
        });
        if smtp {
            return None;
        }
        bare += usize::from(memchr(b'@', cell.as_bytes()).is_some() && !cell.contains(':'));
    }
    let known = headings.get(at).is_some_and(|heading| BARE.contains(&heading.folded.as_str()));
    (bare >= if known { 1 } else { EVIDENCE }).then_some(sip)
}

/// A heading with a range of values, such as `proxyAddresses;range=0-1499`: the attribute, and whether the range
/// reaches the last value.
pub(super) fn range(heading: &str) -> Option<(Attr, bool)> {
    let folded = heading.to_ascii_lowercase();
    let (name, range) = folded.split_once(RANGE)?;
    Some((Attr::of_heading(name)?, range.trim_end().ends_with("-*")))
}

/// Gives the values of a cell that holds addresses of one type, without the type.
pub(super) fn bare<'c>(cell: &'c str, kind: &str, mut each: impl FnMut(&'c str)) {
    let joint = |c: char| matches!(c, ';' | '|' | '\r' | '\n' | JOINT);
    let is_address = |part: &str| part.bytes().filter(|&b| b == b'@').count() == 1;
    let words = || cell.split(|c: char| joint(c) || matches!(c, ',' | ' ' | '\t' | '+'));
    let of_words = || words().filter(|word| !word.is_empty());
    if kind.eq_ignore_ascii_case("smtp:") || kind == "sip:" {
        if of_words().all(is_address) {
            return of_words().for_each(each);
        }
    } else if kind == "X500:" {
        return before(cell, "/o=", each);
    }
    // An X400 address holds `;` itself, and addresses with blanks are for the rules to judge.
    if kind == "X400:" {
        return before(cell, "c=", each);
    }
    cell.split(joint).map(str::trim_ascii).filter(|part| !part.is_empty()).for_each(&mut each);
}

/// Cuts a cell before each place where a value starts so.
fn before<'c>(cell: &'c str, start: &str, mut each: impl FnMut(&'c str)) {
    let joint = |c: char| matches!(c, ';' | '|' | ',' | ' ' | '\t' | '\r' | '\n' | JOINT);
    let lower = cell.to_ascii_lowercase();
    let begins = lower.match_indices(start).map(|(at, _)| at);
    let mut from = 0;
    for at in begins.filter(|&at| at > 0 && cell[..at].ends_with(joint)).chain([cell.len()]) {
        let value = cell[from..at].trim_matches(joint);
        if !value.is_empty() {
            each(value);
        }
        from = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(cell: &str, kind: &str) -> Vec<String> {
        let mut all = Vec::new();
        bare(cell, kind, |value| all.push(value.to_owned()));
        all
    }

    #[test]
    fn bare_addresses_of_every_type() {
        assert_eq!(values("a@b.co;c@d.co", "smtp:"), ["a@b.co", "c@d.co"]);
        assert_eq!(values("a@b.co c@d.co,e@f.co", "sip:"), ["a@b.co", "c@d.co", "e@f.co"]);
        assert_eq!(values("an n@b.co;x", "smtp:"), ["an n@b.co", "x"]);
        assert_eq!(values("/o=A, B/cn=c;/o=D/cn=e", "X500:"), ["/o=A, B/cn=c", "/o=D/cn=e"]);
        assert_eq!(values("C=US;A= ;P=x;C=DE;A= ;P=y", "X400:"), ["C=US;A= ;P=x", "C=DE;A= ;P=y"]);
        assert_eq!(values("", "smtp:"), [""; 0]);
    }

    #[test]
    fn ranges() {
        assert_eq!(range("proxyAddresses;range=0-1499"), Some((Attr::ProxyAddresses, false)));
        assert_eq!(range("proxyAddresses;Range=1500-*"), Some((Attr::ProxyAddresses, true)));
        assert_eq!(range("member;range=0-1499"), None);
    }
}
