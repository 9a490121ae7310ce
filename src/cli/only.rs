//! `--only FILE`: the users to report, such as a migration wave.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use encoding_rs::{Encoding, WINDOWS_1252};

use crate::audit::Only;
use crate::error::{Error, Result};
use crate::model::fold::{hash, trim};
use crate::model::identity::normal_guid;
use crate::model::{Attr, User};

/// What a line may name a user by, the surest first.
const NAMED_BY: [Attr; 5] =
    [Attr::ObjectGuid, Attr::DistinguishedName, Attr::UserPrincipalName, Attr::SamAccountName, Attr::Mail];

/// The users of a list.
#[derive(Debug)]
pub(super) struct List {
    entries: Vec<(String, AtomicBool)>,
    /// By the hash of the folded text.
    places: HashMap<u64, usize>,
}

impl List {
    /// Reads a list: one user per line, or a CSV file with a column that names them.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let bytes = fs::read(path).map_err(Error::io("open the list of --only", path))?;
        let names = names(&decode(&bytes));
        if names.is_empty() {
            return Err(Error::source(
                path.display().to_string(),
                "the list of --only names nobody",
                "write one DN, UPN, sAMAccountName, mail or objectGUID per line, or a CSV file with such a column",
            ));
        }
        Ok(Self::of(names))
    }

    fn of(names: Vec<String>) -> Self {
        let mut list = Self { entries: Vec::new(), places: HashMap::new() };
        for name in names {
            let key = hash(&normal_guid(&name).unwrap_or_else(|| name.clone()));
            let next = list.entries.len();
            if *list.places.entry(key).or_insert(next) == next {
                list.entries.push((name, AtomicBool::new(false)));
            }
        }
        list
    }

    /// The entries that no user matched, in the order of the list.
    pub(super) fn missed(&self) -> Vec<String> {
        let missed = self.entries.iter().filter(|(_, seen)| !seen.load(Ordering::Relaxed));
        missed.map(|(name, _)| name.clone()).collect()
    }
}

impl Only for List {
    fn reports(&self, user: &User<'_>) -> bool {
        let mut reported = false;
        for attr in NAMED_BY {
            let value = user.get(attr);
            if value.is_empty() {
                continue;
            }
            if let Some((_, seen)) = self.places.get(&hash(value)).and_then(|&place| self.entries.get(place))
            {
                seen.store(true, Ordering::Relaxed);
                reported = true;
            }
        }
        reported
    }
}

/// The text of a file of any of the usual encodings.
fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Some((encoding, bom)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(bytes.get(bom..).unwrap_or_default()).0;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}

/// The users that a list names.
fn names(text: &str) -> Vec<String> {
    // `#TYPE`, as Export-Csv of Windows PowerShell writes it; comments of people.
    let lines = || text.lines().filter(|line| !line.starts_with('#') && !trim(line).is_empty());
    let Some(first) = lines().next() else { return Vec::new() };
    for delimiter in [',', ';', '\t'] {
        let headings = first.split(delimiter).map(|heading| Attr::of_heading(trim(heading)));
        if headings.flatten().any(|attr| NAMED_BY.contains(&attr)) {
            let body: Vec<&str> = lines().collect();
            return columns(&body.join("\n"), delimiter);
        }
    }
    lines().map(|line| trim(trim(line).trim_matches('"')).to_owned()).collect()
}

/// The surest name in each row of a table.
fn columns(table: &str, delimiter: char) -> Vec<String> {
    let delimiter = u8::try_from(delimiter).unwrap_or(b',');
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(table.as_bytes());
    let Ok(headings) = reader.headers().cloned() else { return Vec::new() };
    let column = |attr| headings.iter().position(|heading| Attr::of_heading(heading) == Some(attr));
    let columns: Vec<usize> = NAMED_BY.into_iter().filter_map(column).collect();
    let name = |row: csv::StringRecord| {
        let cells = columns.iter().filter_map(|&column| row.get(column));
        cells.map(trim).find(|cell| !cell.is_empty()).map(str::to_owned)
    };
    reader.records().filter_map(|row| row.ok().and_then(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reports(list: &List, attr: Attr, value: &str) -> bool {
        list.reports(&User::of(&[(attr, value)]))
    }

    #[test]
    fn one_user_per_line_by_any_name() {
        let text = "# wave 1\r\nCN=Ann,OU=Staff,DC=contoso,DC=com\r\n\r\n BOB@contoso.com \r\n\"{33221100-5544-7766-8899-AABBCCDDEEFF}\"\r\n";
        let list = List::of(names(text));
        assert!(reports(&list, Attr::DistinguishedName, "cn=ann,ou=staff,dc=contoso,dc=com"));
        assert!(reports(&list, Attr::Mail, "bob@Contoso.com"));
        assert!(!reports(&list, Attr::Mail, "eve@contoso.com"));
        assert_eq!(list.missed().len(), 1);
        assert!(reports(&list, Attr::ObjectGuid, "33221100-5544-7766-8899-aabbccddeeff"));
        assert!(list.missed().is_empty());
    }

    #[test]
    fn a_table_by_its_surest_column() {
        let text = "#TYPE x\nName;mail;UserPrincipalName\nAnn;ann@contoso.com;ann@corp.contoso.com\nBob;bob@contoso.com;\n";
        assert_eq!(names(text), ["ann@corp.contoso.com", "bob@contoso.com"]);
        assert_eq!(names("userPrincipalName\na@b.co\n"), ["a@b.co"]);
    }

    #[test]
    fn encodings() {
        let utf16: Vec<u8> =
            [0xff, 0xfe].into_iter().chain("Jürg".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(decode(&utf16), "Jürg");
        assert_eq!(decode(b"J\xfcrg"), "Jürg");
        assert_eq!(decode("\u{feff}Jürg".as_bytes()), "Jürg");
    }
}
