//! What kind of file this is, and files that are no list of users.

use memchr::memchr_iter;

use super::columns::Heading;
use crate::error::{Error, Result};
use crate::model::octet::starts;

/// How files begin that are no text, what they are, and what to do.
const MAGIC: &[(&[u8], &str, &str)] = &[
    (
        b"PK\x03\x04",
        "this is a ZIP archive or an Excel workbook",
        "unpack it, or save the sheet as CSV UTF-8",
    ),
    (b"\xd0\xcf\x11\xe0", "this is an old Excel or Word document", "save the sheet as CSV UTF-8"),
    (b"\x89PNG", "this is a picture", "export the users as CSV"),
    (b"\xff\xd8\xff", "this is a picture", "export the users as CSV"),
    (b"%PDF", "this is a PDF document", "export the users as CSV"),
    (b"\x1f\x8b", "the file is compressed twice", "unpack it once"),
    (b"\x28\xb5\x2f\xfd", "the file is compressed twice", "unpack it once"),
    (b"BZh", "the file is compressed (bzip2)", "unpack it first, or pack it with gzip or zstd"),
    (b"\xfd7zXZ\x00", "the file is compressed (xz)", "unpack it first, or pack it with gzip or zstd"),
    (b"7z\xbc\xaf", "the file is compressed (7-Zip)", "unpack it first"),
    (b"SQLite format 3", "this is a SQLite database", "export the users as CSV"),
    (b"PAR1", "this is a Parquet file", "export the users as CSV"),
    (b"{\\rtf", "this is a rich text document", "save it as plain text"),
];

/// Refuses what is no text at all, by its first bytes. UTF-16 has been ruled out.
pub(super) fn refuse_binary(name: &str, head: &[u8], wide: bool) -> Result<()> {
    if let Some((_, what, remedy)) = MAGIC.iter().find(|(magic, ..)| head.starts_with(magic)) {
        return Err(Error::source(name, *what, *remedy));
    }
    let odd = |b: &&u8| matches!(b, 1..b' ') && !matches!(b, b'\t' | b'\n' | b'\r' | 0x0c);
    let (odd, nuls) = (head.iter().filter(odd).count(), memchr_iter(0, head).count());
    if !wide && (odd * 20 > head.len() || nuls * 10 > head.len() * 3) {
        return Err(Error::source(name, "this is no text file", "export the users as CSV"));
    }
    Ok(())
}

/// Refuses text of other kinds, by its start behind comments and empty lines.
pub(super) fn refuse_markup(name: &str, text: &str) -> Result<()> {
    let start = text.trim_ascii_start();
    if start.starts_with(['[', '<'])
        || start.starts_with("{\"")
        || start.starts_with("{\n")
        || start.starts_with("{\r")
    {
        let what = if start.starts_with('<') { "this is XML or HTML" } else { "this is JSON" };
        return Err(Error::source(name, format!("{what}, not a table"), "export the users as CSV"));
    }
    if starts(start, "distinguishedName:") && start.contains("\nattribute:") {
        let what = "this is an update or undo file of IdFix: changes, not a directory";
        return Err(Error::source(name, what, "give the export of the directory that IdFix looked at"));
    }
    if starts(start, "id ") && start.lines().nth(1).is_some_and(|line| line.starts_with("\trdn:")) {
        let what = "this is what dbscan shows of a database, without the names of the objects";
        return Err(Error::source(name, what, "export LDIF: dsctl INSTANCE db2ldif userRoot"));
    }
    Ok(())
}

/// What stands before the heading.
#[derive(Debug, Default)]
pub(super) struct Preamble {
    /// How many bytes of text.
    pub len: usize,
    /// The type that Windows PowerShell names in a `#TYPE` line.
    pub type_name: String,
    /// The delimiter that a `sep=` line names.
    pub delimiter: Option<u8>,
}

/// Reads over `#TYPE`, other comments, `sep=` and empty lines.
pub(super) fn preamble(text: &str) -> Preamble {
    let mut found = Preamble::default();
    while let Some(end) = super::scan::next_line(text, found.len, true).filter(|&end| end > found.len) {
        let line = text[found.len..end].trim_ascii();
        let bare = line.trim_matches('"');
        if let Some(name) = bare.strip_prefix("#TYPE") {
            name.trim_ascii().clone_into(&mut found.type_name);
        } else if let Some(&[delimiter]) =
            bare.get(..4).filter(|head| head.eq_ignore_ascii_case("sep=")).map(|_| &bare.as_bytes()[4..])
        {
            found.delimiter = Some(delimiter);
        } else if text[found.len..end].to_ascii_lowercase().starts_with("sep=\t") {
            found.delimiter = Some(b'\t');
        } else if !line.is_empty() && !line.starts_with('#') {
            break;
        }
        found.len = end;
    }
    found
}

/// The delimiter that occurs most often in the heading, outside quotes.
pub(super) fn delimiter(heading: &str) -> u8 {
    let bytes = heading.as_bytes();
    let count = |delimiter: &&u8| {
        memchr_iter(**delimiter, bytes)
            .filter(|&at| memchr_iter(b'"', &bytes[..at]).count().is_multiple_of(2))
            .count()
    };
    // Of equals, `max_by_key` takes the last: the comma.
    [b'|', b'\t', b';', b','].iter().max_by_key(count).copied().unwrap_or(b',')
}

/// Refuses tables that are no list of users, by their headings.
pub(super) fn refuse_table(name: &str, place: &str, headings: &[Heading]) -> Result<()> {
    let has = |folded: &str| headings.iter().any(|heading| heading.folded == folded);
    let keep = "put Select-Object before Export-Csv, and no Format-* before it: Get-ADUser -Filter * -Properties * | \
                Select-Object … | Export-Csv users.csv -NoTypeInformation -Encoding UTF8";
    if has("classid2e4f51ef21dd47e99d3c952918aff9cd") {
        let what = "the export holds formatting instructions, not users: Format-Table or Format-List was piped to \
                    Export-Csv";
        return Err(Error::source(place, what, keep));
    }
    if headings.len() == 1 && has("length") {
        let what = "the export holds the lengths of texts, not users: text was piped to Export-Csv";
        return Err(Error::source(place, what, keep));
    }
    if has("errortype") || (has("attribute") && has("error") && has("value") && has("distinguishedname")) {
        let what = "this is an export of IdFix: findings, not a directory";
        return Err(Error::source(place, what, "give the export of the directory that IdFix looked at"));
    }
    if has("code") && has("severity") && has("fingerprint") {
        let what = "this is the `findings.csv` of a report, not a directory";
        return Err(Error::source(name, what, "give the source that was audited"));
    }
    Ok(())
}

/// What wrote the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flavour {
    /// csvde of Windows Server.
    Csvde,
    /// `AdFind`.
    AdFind,
    /// `JXplorer`.
    JXplorer,
    /// Get-CsUser, Get-CsAdUser, Get-CsOnlineUser.
    Lync,
    /// Get-Mailbox, Get-Recipient, Get-RemoteMailbox.
    Exchange,
    /// The admin center of Microsoft 365.
    AdminCenter,
    /// "Download users" of Entra.
    Entra,
    /// Export-Csv of anything else.
    PowerShell,
    /// Any other table.
    Csv,
}

impl Flavour {
    /// Finds out from headings, the `#TYPE` line, the delimiter, and whether every heading is quoted.
    pub(super) fn of(headings: &[Heading], type_name: &str, delimiter: u8, quoted: bool) -> Self {
        let has = |folded: &str| headings.iter().any(|heading| heading.folded == folded);
        let any = |all: &[&str]| all.iter().any(|folded| has(folded));
        let first = headings.first().map_or("", |heading| heading.text.as_str());
        let lync = ["registrarpool", "hostingprovider", "enterprisevoiceenabled", "hostedvoicemail"];
        if first == "DN" && delimiter == b',' {
            Self::Csvde
        } else if first == "dn" && delimiter == b',' && !quoted {
            Self::JXplorer
        } else if first == "dn" {
            Self::AdFind
        } else if type_name.contains("Microsoft.Rtc.")
            || (has("sipaddress") && (any(&lync) || (has("enabled") && has("windowsemailaddress"))))
        {
            Self::Lync
        } else if type_name.contains("Microsoft.Exchange.")
            || (any(&["emailaddresses", "recipienttypedetails"])
                && any(&["primarysmtpaddress", "windowsemailaddress", "recipienttypedetails", "alias"]))
        {
            Self::Exchange
        } else if has("blockcredential") || (has("objectid") && has("licenses")) {
            Self::AdminCenter
        } else if has("objectid") && has("accountenabled") {
            Self::Entra
        } else if quoted || !type_name.is_empty() {
            Self::PowerShell
        } else {
            Self::Csv
        }
    }

    /// What to call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Csvde => "csvde",
            Self::AdFind => "AdFind",
            Self::JXplorer => "JXplorer",
            Self::Lync => "Lync Get-CsUser",
            Self::Exchange => "Exchange Get-Mailbox",
            Self::AdminCenter => "Microsoft 365 admin center",
            Self::Entra => "Entra user download",
            Self::PowerShell => "PowerShell Export-Csv",
            Self::Csv => "CSV",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preamble_is_read_over() {
        let found = preamble("#TYPE Selected.X\r\n\r\n# note\r\nsep=;\r\na;b\r\n");
        assert_eq!((found.type_name.as_str(), found.delimiter), ("Selected.X", Some(b';')));
        assert_eq!(preamble("sep=\t\na").delimiter, Some(b'\t'));
        assert_eq!(preamble("a,b\n").len, 0);
    }

    #[test]
    fn the_delimiter_of_the_heading() {
        assert_eq!(delimiter("DN;proxyAddress"), b';');
        assert_eq!(delimiter("\"a;b;c\",\"d\""), b',');
        assert_eq!(delimiter("a\tb\tc,d"), b'\t');
        assert_eq!(delimiter("mail"), b',');
    }
}
