//! Lists with one address per row: the rows of one object become one row.
//!
//! The rows are sorted by who they are about, put together, and sorted by where each object stood first; the table
//! that results is written to a temporary file and read like any other. Memory does not grow with the list.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufWriter, Write};

use super::columns::Plan;
use super::csv::Reading;
use super::cut::{Cutter, Table};
use super::encoding::{Found, Raw, Text};
use super::sort::{Item, Sorter};
use super::split::{is_typed, split};
use super::spool::temporary;
use super::values::How;
use crate::error::{Error, Result};
use crate::model::Attr;
use crate::model::fold::fold;
use crate::model::problem::{Problem, Problems, SHEET_ROWS};

/// What stands between the addresses of a cell that was put together here.
pub(super) const JOINT: char = '\u{1f}';

/// The columns that matter for putting rows together.
#[derive(Debug, Clone)]
pub(super) struct Long {
    /// The address.
    address: usize,
    /// Its type, where that has a column.
    kind: Option<usize>,
    /// Whether it is the primary one, where that has a column.
    primary: Option<usize>,
    /// Who the row is about; the first with a value counts.
    identity: Vec<usize>,
}

/// The headings of columns that hold the types of addresses.
pub(super) const KINDS: &[&str] = &["addresstype", "prefix", "prefixstring", "proxytype"];

/// In which order identities count.
const IDENTITY: [Attr; 5] =
    [Attr::ObjectGuid, Attr::DistinguishedName, Attr::UserPrincipalName, Attr::SamAccountName, Attr::Mail];

impl Long {
    /// Finds out whether a table is such a list, by its headings and first rows. `all` says that these are all rows.
    pub(super) fn of(plan: &Plan, rows: &[Vec<String>], all: bool) -> Option<Self> {
        let headings = &plan.headings;
        let mut gives = plan.used.iter().filter(|used| used.attr == Attr::ProxyAddresses);
        let address = gives.next().filter(|used| matches!(used.how, How::Proxies | How::Typed(_)))?.index;
        let place = |names: &[&str]| headings.iter().position(|h| names.contains(&h.folded.as_str()));
        let of = |attr: Attr| plan.used.iter().find(|used| used.attr == attr).map(|used| used.index);
        let identity: Vec<usize> = IDENTITY.into_iter().filter_map(of).collect();
        if gives.next().is_some() || identity.is_empty() {
            return None;
        }
        let long = Self {
            address,
            kind: place(KINDS),
            primary: place(&["isprimarysmtp", "isprimary", "isprimarysmtpaddress", "isprimaryaddress"]),
            identity,
        };
        let single = ["proxyaddress", "rawproxyaddress", "smtpaddress"];
        let single = headings.get(address).is_some_and(|h| single.contains(&h.folded.as_str()));
        let repeats = long.repeats(rows)?;
        // A joined cell is usual under a heading in the plural: that takes more evidence.
        let is_long = if single || long.kind.is_some() {
            repeats > 0 || !all
        } else {
            repeats > 1 && repeats * 4 >= rows.len()
        };
        is_long.then_some(long)
    }

    /// How many rows are about an object that an earlier row was about, with another address; `None` when a cell has
    /// several addresses.
    fn repeats(&self, rows: &[Vec<String>]) -> Option<usize> {
        let mut seen: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        let mut repeats = 0;
        for row in rows {
            let address = row.get(self.address).map_or("", String::as_str);
            let mut values = 0;
            split(address, false, |_| values += 1);
            if values > 1 {
                return None;
            }
            let Some(key) = self.key(|at| row.get(at).map_or("", String::as_str)) else { continue };
            let known = seen.entry(key).or_default();
            repeats += usize::from(!known.is_empty() && !known.contains(&address));
            known.push(address);
        }
        Some(repeats)
    }

    /// Who a row is about.
    fn key<'c>(&self, cell: impl Fn(usize) -> &'c str) -> Option<String> {
        let place = self.identity.iter().position(|&at| !cell(at).trim_ascii().is_empty())?;
        Some(format!("{place} {}", fold(cell(self.identity[place]))))
    }

    /// The address of a row, with its type.
    fn value(&self, cells: &[String]) -> String {
        let cell = |at: Option<usize>| at.and_then(|at| cells.get(at)).map_or("", |cell| cell.trim_ascii());
        let address = cells.get(self.address).map_or("", String::as_str);
        let kind = cell(self.kind).trim_end_matches(':');
        if kind.is_empty() || address.is_empty() || is_typed(address) {
            return address.to_owned();
        }
        let primary = cell(self.primary).eq_ignore_ascii_case("true");
        match kind {
            _ if !kind.eq_ignore_ascii_case("smtp") => format!("{kind}:{address}"),
            _ if primary => format!("SMTP:{address}"),
            _ if self.primary.is_some() => format!("smtp:{address}"),
            _ => format!("{kind}:{address}"),
        }
    }
}

/// Puts the rows of a list together; gives the file to read instead, the damage of the rows, and how many there were.
pub(super) fn group(
    long: &Long,
    raw: &Raw,
    found: &Found,
    reading: &Reading,
) -> Result<(Raw, Problems, u64)> {
    let mut rows = Sorter::new();
    let (mut count, mut problems, mut failed) = (0, Problems::default(), None);
    for block in Cutter::new(Text::new(raw, found), reading.table) {
        let damage = reading.rows(&block?, &mut |cells, line, short| {
            count += 1;
            let Some(key) = long.key(|at| cells.get(at).map_or("", String::as_str)) else {
                return Some(Problem::NoIdentity);
            };
            let hash = blake3::hash(key.as_bytes());
            let key = hash.as_bytes()[..16].iter().fold(0u128, |sum, &b| sum << 8 | u128::from(b));
            let pushed = rows.push(Item { key, number: line, bytes: packed(long, cells, short) });
            failed = failed.take().or(pushed.err());
            None
        });
        problems.merge(&damage);
        if let Some(failed) = failed {
            return Err(failed);
        }
        if problems.has(Problem::OtherHeading) {
            break;
        }
    }
    let objects = objects(rows, long.address, reading.table, &mut problems)?;
    let raw = write(objects.sorted()?.map(|item| item.map(|item| item.bytes)), raw)?;
    if count == SHEET_ROWS {
        problems.add(Problem::RowLimit, SHEET_ROWS + 1);
    }
    Ok((raw, problems, count))
}

/// How a table looks whose rows have their line before them.
pub(super) fn numbered(table: Table) -> Table {
    Table { delimiter: b',', columns: table.columns + 1, skip: 0, line: 1, ..table }
}

impl Reading {
    /// The same for a table that was written anew; `listed` says that its addresses were put together.
    pub(super) fn numbered(&self, listed: bool) -> Self {
        let mut plan = self.plan.clone();
        for used in &mut plan.used {
            used.index += 1;
            if listed && used.how == How::Proxies {
                used.how = How::Listed;
            }
        }
        plan.needed += 1;
        Self { table: numbered(self.table), plan, numbered: true }
    }
}

/// A row as bytes: whether cells are missing, and each cell with its length before it; the address is complete.
fn packed(long: &Long, cells: &[String], short: bool) -> Vec<u8> {
    let mut bytes = vec![u8::from(short)];
    for (at, cell) in cells.iter().enumerate() {
        let value = if at == long.address { long.value(cells) } else { cell.clone() };
        bytes.extend((value.len() as u64).to_le_bytes());
        bytes.extend(value.as_bytes());
    }
    bytes
}

fn unpacked(bytes: &[u8]) -> (bool, Vec<&str>) {
    let (short, mut rest) = bytes.split_first().map_or((false, bytes), |(short, rest)| (*short == 1, rest));
    let mut cells = Vec::new();
    while let Some((len, behind)) = rest.split_first_chunk::<8>() {
        let len = usize::try_from(u64::from_le_bytes(*len)).unwrap_or(usize::MAX);
        let Some((cell, behind)) = behind.split_at_checked(len) else { break };
        cells.push(std::str::from_utf8(cell).unwrap_or_default());
        rest = behind;
    }
    (short, cells)
}

/// An object while its rows are put together.
#[derive(Default)]
struct Object {
    line: u64,
    /// Whether cells of a row were missing.
    short: bool,
    cells: Vec<String>,
    /// The addresses in the order of the rows, with the joint behind each.
    joined: String,
    known: BTreeSet<String>,
}

/// The objects of sorted rows, sorted by where each stood first.
fn objects(rows: Sorter, address: usize, table: Table, problems: &mut Problems) -> Result<Sorter> {
    let mut objects = Sorter::new();
    let mut current: Option<(u128, Object)> = None;
    for row in rows.sorted()? {
        let row = row?;
        let (short, cells) = unpacked(&row.bytes);
        if let Some((_, object)) = current.take_if(|(key, _)| *key != row.key) {
            objects.push(object.item(address, table.columns))?;
        }
        let (_, object) =
            current.get_or_insert_with(|| (row.key, Object { line: row.number, ..Object::default() }));
        if !object.add(short, &cells, address, table.limit) {
            problems.add(Problem::HugeRecord, row.number);
        }
    }
    if let Some((_, object)) = current {
        objects.push(object.item(address, table.columns))?;
    }
    Ok(objects)
}

impl Object {
    /// Takes a row; gives false when the object is larger than any real one.
    fn add(&mut self, short: bool, cells: &[&str], address: usize, limit: usize) -> bool {
        self.short |= short;
        self.cells.resize(self.cells.len().max(cells.len()), String::new());
        for (own, cell) in self.cells.iter_mut().zip(cells) {
            if own.is_empty() {
                (*cell).clone_into(own);
            }
        }
        let value = cells.get(address).copied().unwrap_or_default();
        if self.joined.len() + value.len() >= limit {
            self.short = true;
            return false;
        }
        // The same row twice is no second value: the directory cannot hold one.
        if !value.is_empty() && self.known.insert(value.to_owned()) {
            self.joined.push_str(value);
            self.joined.push(JOINT);
        }
        true
    }

    /// The row of the object: its line, marked when cells are missing, and its cells.
    fn item(mut self, address: usize, columns: usize) -> Item {
        // What was missing is marked; it is not told a second time.
        self.cells.resize(columns, String::new());
        if let Some(cell) = self.cells.get_mut(address) {
            cell.clone_from(&self.joined);
        }
        let row = row(self.line, self.short, self.cells.iter().map(String::as_str));
        Item { key: 0, number: self.line, bytes: row.into_bytes() }
    }
}

/// A row of a table that was written anew.
pub(super) fn row<'c>(line: u64, short: bool, cells: impl Iterator<Item = &'c str>) -> String {
    let mut row = format!("{line}{}", if short { "!" } else { "" });
    for cell in cells {
        row.push_str(",\"");
        row.push_str(&cell.replace('"', "\"\""));
        row.push('"');
    }
    row.push('\n');
    row
}

/// Writes rows to a file that takes the place of the given one.
pub(super) fn write(rows: impl Iterator<Item = Result<Vec<u8>>>, given: &Raw) -> Result<Raw> {
    let failed = |why| Error::io("write", std::env::temp_dir())(why);
    let mut file = BufWriter::new(temporary()?);
    let mut len = 0;
    for row in rows {
        let row = row?;
        file.write_all(&row).map_err(failed)?;
        len += row.len() as u64;
    }
    let file = file.into_inner().map_err(|why| failed(why.into_error()))?;
    Ok(given.replaced(file, len))
}
