//! What a cell means: conversions, and the marks by which exports show that they lost values.

use super::enclosed::{self, LIMIT};
use super::marks::{by_spreadsheet, is_itself, is_placeholder, is_type_name, takes_placeholders};
use super::recipient;
use crate::model::Attr;
use crate::model::attribute::Kind;
use crate::model::guard::without_guard;
use crate::model::identity::{guid_text, is_guid, normal_guid, sid_text};
use crate::model::problem::Problem;

/// How the cells of a column are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// Text as it is.
    Text,
    /// All values of `proxyAddresses`.
    Proxies,
    /// Values of `proxyAddresses` whose type, given here with its colon, was taken off.
    Typed(&'static str),
    /// Values of `proxyAddresses` from rows of their own, put together by [`super::long`].
    Listed,
    /// Values of which more are missing.
    Cut,
    /// Several values that stay joined.
    Joined,
    /// A GUID in any form.
    Guid,
    /// Base64 of the sixteen octets of the objectGUID.
    ImmutableId,
    /// A SID in any form.
    Sid,
    /// A truth value.
    Flag,
    /// An integer.
    Number,
    /// `userAccountControl`, or whether the account is enabled.
    Account,
    /// Whether the account is blocked.
    Blocked,
    /// `msExchRecipientTypeDetails` as number or name.
    RecipientType,
}

impl How {
    /// How an attribute is read under its own name.
    pub(super) fn of(attr: Attr) -> Self {
        match (attr, attr.about().kind) {
            (Attr::ProxyAddresses, _) => Self::Proxies,
            (Attr::ObjectClass, _) => Self::Joined,
            (Attr::UserAccountControl, _) => Self::Account,
            (Attr::RecipientTypeDetails, _) => Self::RecipientType,
            (_, Kind::Text | Kind::Dn) => Self::Text,
            (_, Kind::Guid) => Self::Guid,
            (_, Kind::Sid) => Self::Sid,
            (_, Kind::Flag) => Self::Flag,
            (_, Kind::Number) => Self::Number,
        }
    }
}

/// What a cell means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meant<'c> {
    /// No value.
    Nothing,
    /// No value; a word stood for it.
    Placeholder,
    /// This part of the cell, with the escapes of the exporter.
    Is(&'c str),
    /// What was appended to the room for made values.
    Made,
    /// A fixed word.
    Word(&'static str),
    /// The values are not known.
    Lost(Problem),
}

/// What a cell means that stands as most tools write it; `None` for others.
#[inline]
pub(super) fn usual(cell: &str, attr: Attr, how: How) -> Option<&str> {
    let is_it = match how {
        How::Text | How::Proxies | How::Joined => is_itself(cell, attr),
        How::Flag => return usual_flag(cell),
        How::Number | How::Account | How::Blocked | How::RecipientType => is_digits(cell),
        _ => false,
    };
    is_it.then_some(cell)
}

fn usual_flag(cell: &str) -> Option<&'static str> {
    match cell {
        "True" | "TRUE" => Some("TRUE"),
        "False" | "FALSE" => Some("FALSE"),
        _ => None,
    }
}

/// Reads a cell of an attribute.
pub(super) fn mean<'c>(cell: &'c str, attr: Attr, how: How, made: &mut String) -> Meant<'c> {
    if how == How::Flag
        && let Some(word) = usual_flag(cell)
    {
        return Meant::Word(word);
    }
    if let Some(cell) = usual(cell, attr, how) {
        return Meant::Is(cell);
    }
    let cell = unguarded(cell);
    let Some(&head) = cell.as_bytes().first() else { return Meant::Nothing };
    if matches!(head, b'S' | b'M' | b'E') && is_type_name(cell) {
        return Meant::Lost(Problem::TypeName);
    }
    if takes_placeholders(attr) && is_placeholder(cell) {
        return Meant::Placeholder;
    }
    if let Some(problem) = by_spreadsheet(cell, attr, how) {
        return Meant::Lost(problem);
    }
    if head == b'X'
        && let Some(octets) = octets(cell)
    {
        return of_octets(cell, &octets, how, made);
    }
    match how {
        How::Text => Meant::Is(cell),
        How::Cut => Meant::Lost(Problem::RangeCut),
        How::Proxies | How::Typed(_) | How::Listed | How::Joined => several(cell, how, made),
        How::Guid => guid(cell, made),
        How::ImmutableId => match base64(cell.trim_ascii()) {
            Some(octets) => put(made, &guid_text(&octets)),
            None => Meant::Lost(Problem::BadIdentity),
        },
        How::Sid => sid(cell),
        How::Flag => {
            truth(cell).map_or(Meant::Is(cell), |yes| Meant::Word(if yes { "TRUE" } else { "FALSE" }))
        }
        How::Number => number(cell),
        How::Account | How::Blocked => match truth(cell) {
            Some(yes) => Meant::Word(if yes == (how == How::Account) { "512" } else { "514" }),
            None => number(cell),
        },
        How::RecipientType => {
            recipient::number_of(cell.trim_ascii()).map_or_else(|| number(cell), Meant::Word)
        }
    }
}

/// A cell that may hold several values.
fn several<'c>(cell: &'c str, how: How, made: &mut String) -> Meant<'c> {
    let inner = cell.strip_prefix('{').and_then(|cell| cell.strip_suffix('}'));
    if inner.is_some_and(|inner| inner.ends_with("...") || inner.ends_with('…')) {
        return Meant::Lost(Problem::FormatCut);
    }
    match enclosed::values(cell).filter(|_| how == How::Proxies) {
        Some(values) if values.is_empty() => Meant::Nothing,
        Some(values) => {
            made.extend(values.iter().flat_map(|value| [value.as_str(), LIMIT]));
            Meant::Made
        }
        None => Meant::Is(inner.unwrap_or(cell)),
    }
}

fn sid(cell: &str) -> Meant<'_> {
    let sid = cell.trim_ascii();
    let known = sid.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("S-1-"));
    if known { Meant::Is(sid) } else { Meant::Lost(Problem::BadIdentity) }
}

/// Takes off what guards a cell against being run by a spreadsheet (`'+49…`) or keeps it text (`="001"`).
fn unguarded(cell: &str) -> &str {
    let bare = without_guard(cell);
    if bare.len() < cell.len() {
        return bare;
    }
    cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')).unwrap_or(cell)
}

/// The octets of `X'hex'`, as csvde writes them.
fn octets(cell: &str) -> Option<Vec<u8>> {
    let hex = cell.strip_prefix("X'")?.strip_suffix('\'')?.as_bytes();
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let pairs = hex.chunks_exact(2);
    if hex.is_empty() || !pairs.remainder().is_empty() {
        return None;
    }
    pairs.map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

/// Whether a cell is `X'hex'`.
pub(super) fn is_octets(cell: &str) -> bool {
    octets(cell).is_some()
}

fn of_octets<'c>(cell: &'c str, octets: &[u8], how: How, made: &mut String) -> Meant<'c> {
    match how {
        How::Guid | How::ImmutableId => match octets.try_into() {
            Ok(octets) => put(made, &guid_text(octets)),
            Err(_) => Meant::Lost(Problem::BadIdentity),
        },
        How::Sid => match sid_text(octets) {
            Some(text) => put(made, &text),
            None => Meant::Lost(Problem::BadIdentity),
        },
        _ => match std::str::from_utf8(octets) {
            Ok(text) => put(made, text),
            Err(_) => Meant::Is(cell),
        },
    }
}

fn put(made: &mut String, text: &str) -> Meant<'static> {
    made.push_str(text);
    Meant::Made
}

fn guid<'c>(cell: &'c str, made: &mut String) -> Meant<'c> {
    let cell = cell.trim_ascii();
    if is_guid(cell) {
        return Meant::Is(cell);
    }
    let octets = || base64(cell).map(|octets| guid_text(&octets));
    match normal_guid(cell).or_else(octets) {
        Some(text) => put(made, &text),
        None => Meant::Lost(Problem::BadIdentity),
    }
}

/// Sixteen octets from base64.
fn base64(text: &str) -> Option<[u8; 16]> {
    let digits = text.strip_suffix("==").filter(|digits| digits.len() == 22)?;
    let mut bits = 0u128;
    for (at, b) in digits.bytes().enumerate() {
        let digit = match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        // 22 digits are 132 bits: the last four are padding.
        bits = if at == 21 { bits << 2 | u128::from(digit >> 4) } else { bits << 6 | u128::from(digit) };
    }
    Some(bits.to_be_bytes())
}

/// A truth value in the languages in which spreadsheet programs write it.
fn truth(cell: &str) -> Option<bool> {
    let word = cell.trim_ascii();
    let is = |words: &[&str]| words.iter().any(|known| known.eq_ignore_ascii_case(word));
    if is(&["true", "wahr", "vrai", "verdadero"]) {
        Some(true)
    } else if is(&["false", "falsch", "faux", "falso"]) {
        Some(false)
    } else {
        None
    }
}

/// No attribute that is read has a longer number; a spreadsheet program rounds those.
const DIGITS: usize = 15;

fn is_digits(cell: &str) -> bool {
    (1..=DIGITS).contains(&cell.len()) && cell.bytes().all(|b| b.is_ascii_digit())
}

fn number(cell: &str) -> Meant<'_> {
    let number = cell.trim_ascii();
    if number.is_empty() {
        Meant::Nothing
    } else if number.len() <= DIGITS && number.parse::<i64>().is_ok() {
        Meant::Is(number)
    } else {
        Meant::Lost(Problem::BadNumber)
    }
}

/// Undoes the backslashes of csvde and AdFind: `\;` and `\\`. Other pairs belong to the value.
pub(super) fn unescape(text: &str, made: &mut String) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        made.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        if let Some(&b @ (b';' | b'\\')) = behind.as_bytes().first() {
            made.push(char::from(b));
            rest = &behind[1..];
        } else {
            made.push('\\');
            rest = behind;
        }
    }
    made.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::super::marks::lost_letters;
    use super::*;

    fn read(cell: &str, attr: Attr, how: How) -> Result<String, Problem> {
        let mut made = String::new();
        match mean(cell, attr, how, &mut made) {
            Meant::Nothing | Meant::Placeholder => Ok(String::new()),
            Meant::Is(part) => Ok(part.to_owned()),
            Meant::Made => Ok(made),
            Meant::Word(word) => Ok(word.to_owned()),
            Meant::Lost(problem) => Err(problem),
        }
    }

    proptest::proptest! {
        /// The short way is the long one.
        #[test]
        fn what_is_itself_means_itself(
            cell in r#"(System\.|Microsoft\.|EmailAddress|Object\[\]|n/a|NULL|\$null|X'41'|####|1,5E\+10|['= {}"\t-]|\PC){1,3}"#,
        ) {
            for attr in [Attr::Mail, Attr::DisplayName, Attr::Line] {
                if is_itself(&cell, attr) {
                    // A guard that does nothing keeps the cell from the short way.
                    let long = format!("=\"{cell}\"");
                    proptest::prop_assert_eq!(read(&long, attr, How::Text), Ok(cell.clone()));
                }
            }
        }
    }

    #[test]
    fn names_of_collections_are_lost_values() {
        for name in [
            "Microsoft.ActiveDirectory.Management.ADPropertyValueCollection",
            "System.Collections.ArrayList",
            "System.Object[]",
            "System.String[]",
            "System.Collections.Generic.List`1[System.String]",
            "EmailAddressDictionary",
            "System.Collections.Specialized.OrderedDictionary",
            "Microsoft.Exchange.Data.ProxyAddressCollection",
        ] {
            assert_eq!(read(name, Attr::ProxyAddresses, How::Proxies), Err(Problem::TypeName), "{name}");
        }
        assert!(read("Microsoft.Support", Attr::SamAccountName, How::Text).is_ok());
        assert!(read("System Collection", Attr::DisplayName, How::Text).is_ok());
    }

    #[test]
    fn braces_placeholders_and_guards() {
        let proxies = |cell| read(cell, Attr::ProxyAddresses, How::Proxies);
        assert_eq!(proxies("{SMTP:a@b, smtp:c@d...}"), Err(Problem::FormatCut));
        assert_eq!(proxies("{SMTP:a@b, smtp:c@d}").unwrap(), "SMTP:a@b, smtp:c@d");
        assert_eq!(proxies("N/A").unwrap(), "");
        assert_eq!(read("N/A", Attr::DisplayName, How::Text).unwrap(), "N/A");
        assert_eq!(read("'+1 555", Attr::Line, How::Text).unwrap(), "+1 555");
        assert_eq!(read("'quoted", Attr::DisplayName, How::Text).unwrap(), "'quoted");
        assert_eq!(read("=\"001\"", Attr::SamAccountName, How::Text).unwrap(), "001");
    }

    #[test]
    fn identities_in_every_form() {
        let guid = |cell| read(cell, Attr::ObjectGuid, How::Guid);
        let want = "33221100-5544-7766-8899-aabbccddeeff";
        assert_eq!(guid("X'00112233445566778899aabbccddeeff'").unwrap(), want);
        assert_eq!(guid("{33221100-5544-7766-8899-AABBCCDDEEFF}").unwrap(), want);
        assert_eq!(read("ABEiM0RVZneImaq7zN3u/w==", Attr::ObjectGuid, How::ImmutableId).unwrap(), want);
        assert_eq!(guid("12"), Err(Problem::BadIdentity));
        assert_eq!(
            read("X'01020000000000052000000020020000'", Attr::ObjectSid, How::Sid).unwrap(),
            "S-1-5-32-544"
        );
        assert_eq!(read("X'4dc3bc'", Attr::DisplayName, How::Text).unwrap(), "Mü");
    }

    #[test]
    fn numbers_words_and_truth() {
        assert_eq!(read("9.22E+18", Attr::RemoteRecipientType, How::Number), Err(Problem::BadNumber));
        assert_eq!(
            read("RemoteUserMailbox", Attr::RecipientTypeDetails, How::RecipientType).unwrap(),
            "2147483648"
        );
        assert_eq!(read("False", Attr::UserAccountControl, How::Account).unwrap(), "514");
        assert_eq!(read("False", Attr::UserAccountControl, How::Blocked).unwrap(), "512");
        assert_eq!(read("66048", Attr::UserAccountControl, How::Account).unwrap(), "66048");
        assert_eq!(read("WAHR", Attr::UserEnabled, How::Flag).unwrap(), "TRUE");
    }

    #[test]
    fn escapes_are_undone() {
        let mut made = String::new();
        unescape(r"CN=Roth\\, Jana\;\x\", &mut made);
        assert_eq!(made, r"CN=Roth\, Jana;\x\");
        assert!(lost_letters("M?ller") && lost_letters("??") && !lost_letters("a ? b"));
    }
}
