//! What the columns of a table mean.

use super::flavour::Flavour;
use super::shapes::{Shapes, range};
use super::values::{How, is_octets};
use crate::error::{Error, Result};
use crate::model::attribute::{IDENTITY, heading};
use crate::model::problem::{Problem, Problems};
use crate::model::{Attr, AttrSet, Hidden};

/// A heading.
#[derive(Debug, Clone)]
pub(super) struct Heading {
    /// As it stands in the file.
    pub text: String,
    /// Folded for comparison.
    pub folded: String,
}

impl Heading {
    /// A heading as it stands in the file.
    pub(super) fn of(text: String) -> Self {
        let folded = heading(&text);
        Self { text, folded }
    }
}

/// A column as `inspect` and `summary.json` show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The heading as it stands in the file.
    pub heading: String,
    /// The attribute that the column gives; `None` when it is not used.
    pub meaning: Option<Attr>,
    /// Why it is not used, or how its cells are converted; often empty.
    pub note: &'static str,
    /// How many records have a value for it, where that is known: in LDIF.
    pub records: Option<u64>,
}

/// A column that is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Used {
    /// The place of the cell in the row.
    pub index: usize,
    /// The attribute.
    pub attr: Attr,
    /// How its cells are read.
    pub how: How,
    /// Whether backslashes escape `;` and themselves.
    pub escaped: bool,
}

/// What the columns of a table mean.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// The columns that are read, in the order of the file.
    pub used: Vec<Used>,
    /// All headings.
    pub headings: Vec<Heading>,
    /// How many cells a whole row has at least: columns at the end without heading may be missing.
    pub needed: usize,
    /// The attributes that are in the input.
    pub carried: AttrSet,
    /// What the table does not show of the addresses.
    pub hidden: Hidden,
    /// How the table holds objects and addresses.
    pub shape: &'static str,
    /// For reports.
    pub columns: Vec<Column>,
    /// What the user should know.
    pub problems: Problems,
}

/// How many rows are looked at where the cells decide what a column means.
pub(super) const SAMPLE: usize = 1000;

/// What a column could mean, and how much that is worth: the lowest rank of an attribute wins.
#[derive(Clone, Copy)]
struct Claim {
    attr: Attr,
    how: How,
    rank: usize,
    note: &'static str,
    /// Whether it stands beside others of its kind: each gives some of the values.
    part: bool,
}

/// The rank of a column that `--map` names.
const MAPPED: usize = 0;
/// The rank of the LDAP name.
const EXACT: usize = 1;
/// The rank of the first alias in the table of attributes.
const ALIAS: usize = 2;
/// The rank of columns that only follow from the attribute; leaving them aside is not worth a notice.
const DERIVED: usize = 100;

/// What the opening knows about a table.
pub(super) struct Table<'t> {
    /// The file and the line of the heading.
    pub place: &'t str,
    /// The line of the heading.
    pub line: u64,
    /// What wrote the file.
    pub flavour: Flavour,
    /// The headings.
    pub headings: Vec<Heading>,
    /// The cells of the first [`SAMPLE`] rows.
    pub rows: &'t [Vec<String>],
    /// What the user said: folded heading and attribute.
    pub map: &'t [(String, Attr)],
}

impl Table<'_> {
    /// Works out what the columns mean.
    pub(super) fn plan(self) -> Result<Plan> {
        let places = 0..self.headings.len();
        let mut claims: Vec<Option<Claim>> = places.clone().map(|at| self.claim(at)).collect();
        let gives_addresses =
            |at: &usize| claims[*at].is_some_and(|claim| claim.attr == Attr::ProxyAddresses);
        let all: Vec<usize> = places.filter(gives_addresses).collect();
        let shapes = Shapes::of(&self.headings, self.rows, &all);
        self.reshape(&shapes, &mut claims);
        let (mut used, mut columns, mut problems) = self.used(&claims)?;
        if let Some(index) = shapes.primary {
            // Read first: the other columns may repeat the address.
            used.insert(
                0,
                Used { index, attr: Attr::ProxyAddresses, how: How::Typed("SMTP:"), escaped: false },
            );
            columns[index].meaning = columns[index].meaning.or(Some(Attr::ProxyAddresses));
            columns[index].note = "the primary address";
        }
        if shapes.hidden.primary {
            problems.add(Problem::TypesLost, self.line);
        }
        let carried = used.iter().fold(AttrSet::NONE, |all, used| all.with(used.attr));
        if IDENTITY.iter().all(|&attr| !carried.has(attr)) {
            return Err(self.nobody());
        }
        let needed =
            self.headings.iter().rposition(|heading| !heading.text.is_empty()).map_or(0, |last| last + 1);
        Ok(Plan {
            shape: shape(&shapes, &used),
            used,
            needed,
            carried,
            hidden: shapes.hidden,
            columns,
            problems,
            headings: self.headings,
        })
    }

    /// The columns that are read, what is said of each, and what the user should know.
    fn used(&self, claims: &[Option<Claim>]) -> Result<(Vec<Used>, Vec<Column>, Problems)> {
        let escaped = self.escaped();
        let (mut used, mut columns, mut problems) = (Vec::new(), Vec::new(), Problems::default());
        for (index, heading) in self.headings.iter().enumerate() {
            let (meaning, note) = match claims.get(index).copied().flatten() {
                None => (None, why_not(heading)),
                Some(claim) => match self.rival(claims, index, claim) {
                    None => {
                        let Claim { attr, how, .. } = claim;
                        let raw = index == 0 && heading.folded == "dn";
                        used.push(Used { index, attr, how, escaped: escaped && !raw });
                        (Some(attr), claim.note)
                    }
                    Some(rival) if self.headings[rival].folded == heading.folded => {
                        self.agree(rival, index)?;
                        (None, "not used: the same column twice; the first 1000 rows agree")
                    }
                    Some(rival) => {
                        let own_dn = rival == 0 && self.headings[rival].folded == "dn";
                        let raw = self.headings[rival].folded == "rawproxyaddress";
                        if claim.rank < DERIVED && !own_dn && !raw {
                            problems.add(Problem::TwoColumns, self.line);
                        }
                        (None, "not used: another column names the same attribute")
                    }
                },
            };
            columns.push(Column { heading: heading.text.clone(), meaning, note, records: None });
        }
        Ok((used, columns, problems))
    }

    fn nobody(&self) -> Error {
        let value = |heading: &&Heading| starts_dn(&heading.text) || heading.text.contains('@');
        if let Some(value) = self.headings.iter().find(value) {
            return Error::source(
                self.place,
                format!("the first line holds values such as `{}`, not headings", value.text.trim()),
                "export with a heading (without -NoHeader), or write one above the first line",
            );
        }
        let mut names: Vec<String> =
            self.headings.iter().take(6).map(|h| format!("`{}`", h.text.trim())).collect();
        if self.headings.len() > names.len() {
            names.push("…".to_owned());
        }
        Error::source(
            self.place,
            format!("no column says who a row is; the columns are {}", names.join(", ")),
            "export distinguishedName, objectGUID, userPrincipalName, sAMAccountName or mail as well, or say which \
             column is one of them: --map HEADER=userPrincipalName",
        )
    }

    /// Reads the columns of a table of another shape by what they hold.
    fn reshape(&self, shapes: &Shapes, claims: &mut [Option<Claim>]) {
        for (heading, claim) in self.headings.iter().zip(claims.iter_mut()) {
            if let Some(kind) = shapes.kind(&heading.folded) {
                let (attr, how, note) =
                    (Attr::ProxyAddresses, How::Typed(kind), "values of one type, without it");
                *claim = Some(Claim { attr, how, rank: ALIAS, note, part: true });
            }
        }
        if let Some(Some(claim)) = shapes.stripped.and_then(|at| claims.get_mut(at)) {
            (claim.how, claim.note) = (How::Typed("smtp:"), "values without their types, read as smtp:");
        }
    }

    /// What a column could mean.
    fn claim(&self, at: usize) -> Option<Claim> {
        let folded = self.headings.get(at)?.folded.as_str();
        let claim = |attr, how, rank, note| Some(Claim { attr, how, rank, note, part: false });
        if let Some(&(_, attr)) = self.map.iter().find(|(mapped, _)| mapped == folded) {
            return claim(attr, How::of(attr), MAPPED, "named by --map");
        }
        if let Some(attr) = Attr::of_heading(folded) {
            let about = attr.about();
            let alias = about.headings.iter().position(|&alias| alias == folded);
            // csvde and AdFind write the DN column itself without escapes of their own.
            let rank = match alias {
                Some(_) if at == 0 && folded == "dn" => EXACT - 1,
                Some(place) => ALIAS + place,
                None => EXACT,
            };
            let note = match rank {
                ..EXACT => "the DN column of csvde and AdFind",
                EXACT => "the LDAP name",
                _ => "a known name of it",
            };
            return claim(attr, How::of(attr), rank, note);
        }
        if let Some((attr, whole)) = range(&self.headings[at].text) {
            let how = if whole || self.has_last_range() { How::of(attr) } else { How::Cut };
            return Some(Claim { attr, how, rank: EXACT, note: "one range of the values", part: true });
        }
        if let Some(base) = folded.strip_suffix(|c: char| c.is_ascii_digit()) {
            let base = base.trim_end_matches(|c: char| c.is_ascii_digit());
            if matches!(base, "proxyaddress" | "proxyaddresses" | "emailaddresses") {
                let (attr, note) = (Attr::ProxyAddresses, "one of several columns");
                return Some(Claim { attr, how: How::Proxies, rank: ALIAS, note, part: true });
            }
        }
        self.derived(at, folded)
    }

    /// What a column could mean whose attribute only follows from it.
    fn derived(&self, at: usize, folded: &str) -> Option<Claim> {
        use Attr::{
            DistinguishedName, Mail, ObjectGuid, RecipientTypeDetails, UserAccountControl, UserEnabled,
        };
        let flags = "read as 512 or 514";
        let (attr, how, after, note) = match folded {
            "enabled" if self.flavour == Flavour::Lync => {
                (UserEnabled, How::Flag, 0, "whether the SIP account is enabled")
            }
            "enabled" | "accountenabled" => (UserAccountControl, How::Account, 0, flags),
            "blockcredential" => (UserAccountControl, How::Blocked, 1, "inverted, read as 512 or 514"),
            "recipienttypedetails" => {
                (RecipientTypeDetails, How::RecipientType, 0, "names are read as their numbers")
            }
            "windowsemailaddress" => (Mail, How::Text, 0, "serves as mail"),
            "primarysmtpaddress" | "primarysmtp" => (Mail, How::Text, 1, "serves as mail"),
            "identity" if self.are_dns(at) => (DistinguishedName, How::Text, 0, "holds DNs"),
            "onpremisesimmutableid" => (ObjectGuid, How::ImmutableId, 0, "decoded to the objectGUID"),
            "immutableid" => (ObjectGuid, How::ImmutableId, 1, "decoded to the objectGUID"),
            _ => return None,
        };
        Some(Claim { attr, how, rank: DERIVED + after, note, part: false })
    }

    /// The column that is read instead of this one.
    fn rival(&self, claims: &[Option<Claim>], index: usize, claim: Claim) -> Option<usize> {
        // The server gives an empty attribute beside the ranges of its values.
        let beside = |at: usize, other: &Claim| {
            let same = self.headings[at].folded == self.headings[index].folded;
            !same && (other.part && claim.part || (other.rank == EXACT && claim.rank == EXACT))
        };
        claims
            .iter()
            .enumerate()
            .filter_map(|(at, other)| other.map(|other| (at, other)))
            .filter(|(at, other)| other.attr == claim.attr && (*at == index || !beside(*at, other)))
            .min_by_key(|&(at, other)| (other.rank, at))
            .map(|(at, _)| at)
            .filter(|&at| at != index)
    }

    /// Whether a column reaches the last of the values that come in ranges.
    fn has_last_range(&self) -> bool {
        self.headings.iter().any(|heading| range(&heading.text).is_some_and(|(_, whole)| whole))
    }

    /// Whether backslashes escape in this file.
    fn escaped(&self) -> bool {
        let mut cells = self.rows.iter().flatten();
        match self.flavour {
            Flavour::Csvde => true,
            Flavour::AdFind | Flavour::JXplorer => cells.any(|cell| cell.contains("\\;") || is_octets(cell)),
            _ => cells.any(|cell| is_octets(cell)),
        }
    }

    fn are_dns(&self, at: usize) -> bool {
        let mut values =
            self.rows.iter().filter_map(|row| row.get(at)).filter(|cell| !cell.is_empty()).peekable();
        values.peek().is_some()
            && values.all(|cell| starts_dn(cell) && cell.to_ascii_uppercase().contains(",DC="))
    }

    fn agree(&self, first: usize, second: usize) -> Result<()> {
        if self.rows.iter().all(|row| row.get(first) == row.get(second)) {
            return Ok(());
        }
        Err(Error::source(
            self.place,
            format!("the heading `{}` stands twice, and the cells differ", self.headings[first].text),
            "remove or rename one of the two columns",
        ))
    }
}

/// How a table holds objects and addresses.
fn shape(shapes: &Shapes, used: &[Used]) -> &'static str {
    let several = used.iter().filter(|used| used.attr == Attr::ProxyAddresses).count() > 1;
    match (shapes.split, shapes.stripped, several) {
        (true, ..) => "one row per object, one column per type of address",
        (_, Some(_), _) => "one row per object, addresses without their types",
        (.., true) => "one row per object, addresses in several columns",
        _ => "one row per object",
    }
}

/// Whether a text starts like a DN.
pub(super) fn starts_dn(text: &str) -> bool {
    ["CN=", "OU="].iter().any(|head| text.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(head)))
}

/// Why a column that looks as if it were wanted is not read; empty for others.
fn why_not(heading: &Heading) -> &'static str {
    match heading.folded.as_str() {
        "objectid" | "id" => "not used: an id of the cloud is not the objectGUID",
        "guid" => "not used: --map Guid=objectGUID if the export comes from an Exchange server on-premises",
        "identity" => "not used: its values are no DNs",
        _ => "",
    }
}
