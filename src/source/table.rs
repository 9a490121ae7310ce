//! Opening a table: its heading, what its columns mean, and whether it has to be written anew before it is read.

use super::assumed::Known;
use super::columns::{self, Heading, SAMPLE};
use super::csv::{self, cell_text};
use super::cut::{Cutter, Table};
use super::encoding::{Found, Raw, Text};
use super::flavour::{self, Flavour, Preamble};
use super::long::{self, Long};
use super::opening::Given;
use super::straight::Straight;
use super::{About, Care, Options, Reading, Source, backslash, scan};
use crate::error::{Error, Result};
use crate::model::attribute::heading;
use crate::model::problem::Problems;

/// Opens the table that a file holds behind its preamble; `head` is the start of its text.
pub(super) fn open(
    given: Given<'_>,
    head: &str,
    preamble: &Preamble,
    options: &Options,
    (target, limit): (usize, usize),
) -> Result<Source> {
    let spec = given.spec;
    let heading = read_heading(spec, head, preamble, options)?;
    let table = Table {
        delimiter: heading.delimiter,
        columns: heading.names.len(),
        skip: heading.end,
        line: heading.next,
        target,
        limit,
    };
    let place = format!("{spec}:{}", heading.line);
    flavour::refuse_table(spec, &place, &heading.names)?;
    let flavour = Flavour::of(&heading.names, &preamble.type_name, table.delimiter, heading.quoted);
    let (raw, found, rows) = (&given.raw, &given.found, head.get(heading.end..).unwrap_or_default());
    let escaped = matches!(flavour, Flavour::AdFind | Flavour::JXplorer);
    if escaped {
        given.known.whole(spec)?;
    }
    let anew = escaped && backslash::is_needed(raw, found, table.delimiter, heading.quoted, rows)?;
    let (encoding, mut problems) = (found.encoding.name(), found.problems.clone());
    let written = if anew { Some(backslash::anew(raw, found, table)?) } else { None };
    let Given { raw, found, known, .. } = given;
    let (raw, found, look) = match written {
        Some((raw, damage)) => {
            problems.merge(&damage);
            (raw, found.anew(), (long::numbered(table), 1))
        }
        None => (raw, found, (table, 0)),
    };
    let sample = sample(&raw, &found, look)?;
    let plan = plan(&place, heading, flavour, &sample, options)?;
    let reading = csv::Reading { table, numbered: false, plan };
    let rows =
        if anew { Rows::anew(raw, found, &reading) } else { Rows::of(raw, found, reading, &sample, &known)? };
    let Rows { raw, found, reading, shape, count, damage, careful } = rows;
    problems.merge(&damage);
    problems.merge(&reading.plan.problems);
    let about = About {
        flavour: flavour.name(),
        encoding,
        delimiter: Some(table.delimiter),
        bytes: raw.given,
        columns: reading.plan.columns.clone(),
        shape,
        rows: count,
        problems,
        notes: Vec::new(),
    };
    let head = &head.as_bytes()[..reading.table.skip.min(head.len())];
    let start = found.bom + Straight::of(&found).map_or(0, |straight| straight.len(head));
    let (name, reading, care) = (spec.to_owned(), Reading::Table(reading), Care::new(careful));
    Ok(Source { name, raw, found, start, reading, about, care, known })
}

/// The rows of a table as they are read: from the file, or from one that was written anew.
struct Rows {
    raw: Raw,
    found: Found,
    reading: csv::Reading,
    shape: &'static str,
    /// How many there were, where they were put together.
    count: Option<u64>,
    damage: Problems,
    careful: bool,
}

impl Rows {
    /// Rows that were written anew.
    fn anew(raw: Raw, found: Found, reading: &csv::Reading) -> Self {
        let (shape, reading) = (reading.plan.shape, reading.numbered(false));
        Self { raw, found, reading, shape, count: None, damage: Problems::default(), careful: false }
    }

    /// The rows as they stand, unless they have to be put together.
    fn of(
        raw: Raw,
        found: Found,
        reading: csv::Reading,
        sample: &[Vec<String>],
        known: &Known,
    ) -> Result<Self> {
        // What is in one encoding can be cut by counting, unless its records show otherwise.
        let careful = Straight::of(&found).is_none();
        let (shape, damage) = (reading.plan.shape, Problems::default());
        let Some(long) = Long::of(&reading.plan, sample, sample.len() < SAMPLE) else {
            return Ok(Self { raw, found, reading, shape, count: None, damage, careful });
        };
        known.whole(raw.name())?;
        let (raw, damage, count) = long::group(&long, &raw, &found, &reading)?;
        let shape = "one row per address; the rows of an object are put together";
        let (found, reading, count) = (found.anew(), reading.numbered(true), Some(count));
        Ok(Self { raw, found, reading, shape, count, damage, careful: false })
    }
}

/// What the columns mean.
fn plan(
    place: &str,
    heading: Headings,
    flavour: Flavour,
    rows: &[Vec<String>],
    options: &Options,
) -> Result<columns::Plan> {
    let map: Vec<_> = options.map.iter().map(|(name, attr)| (self::heading(name), *attr)).collect();
    let (line, headings) = (heading.line, heading.names);
    columns::Table { place, line, flavour, headings, rows, map: &map }.plan()
}

/// The heading of a table.
struct Headings {
    names: Vec<Heading>,
    delimiter: u8,
    /// Whether every heading is quoted.
    quoted: bool,
    /// Where the first record starts.
    end: usize,
    /// The line of the heading.
    line: u64,
    /// The line of the first record.
    next: u64,
}

fn read_heading(spec: &str, head: &str, preamble: &Preamble, options: &Options) -> Result<Headings> {
    let start = preamble.len;
    let line = scan::lines(&head[..start]) + 1;
    let first = scan::next_line(head, start, true).unwrap_or(head.len());
    let sniffed = || flavour::delimiter(&head[start..first]);
    let delimiter = options.delimiter.or(preamble.delimiter).unwrap_or_else(sniffed);
    let (mut names, mut quoted) = (Vec::new(), true);
    let shape = scan::record(head, start, delimiter, true, |cell| {
        quoted &= cell.start > start && head.as_bytes().get(cell.start - 1) == Some(&b'"');
        names.push(Heading::of(cell_text(head, cell)));
    });
    let Some(end) = shape.end else {
        let what = "a quote in the heading is never closed";
        return Err(Error::source(
            format!("{spec}:{line}"),
            what,
            "export again; do not edit the file by hand",
        ));
    };
    let next = line + scan::lines(&head[start..end]);
    Ok(Headings { names, delimiter, quoted, end, line, next })
}

/// How much text is cut at a time for the first rows.
const PIECE: usize = 1 << 16;

/// The cells of the first rows, without the first `skip`.
fn sample(raw: &Raw, found: &Found, (table, skip): (Table, usize)) -> Result<Vec<Vec<String>>> {
    let mut rows = Vec::new();
    // Cut with care, but no more of it than is wanted.
    for block in Cutter::new(Text::new(raw, found), Table { target: PIECE, ..table }) {
        let text = block?.text;
        let mut at = 0;
        while at < text.len() && rows.len() < SAMPLE {
            let mut row = Vec::with_capacity(table.columns);
            let shape = scan::record(&text, at, table.delimiter, true, |cell| {
                row.push(cell_text(&text, cell));
            });
            row.drain(..skip.min(row.len()));
            rows.push(row);
            at = shape.end.unwrap_or(text.len());
        }
        if rows.len() >= SAMPLE {
            break;
        }
    }
    Ok(rows)
}
