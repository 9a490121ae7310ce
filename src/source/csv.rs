//! The records of a block of a table.

use super::columns::{IDENTITY, Plan, Used, starts_dn};
use super::cut::Table;
use super::scan::{Cell, Form, lines, record, unquote};
use super::shapes::bare;
use super::split::{is_typed, split};
use super::values::{How, Meant, is_garbled, lost_letters, mean, unescape};
use crate::model::problem::{Problem, Problems};
use crate::model::{Attr, AttrSet, Block, Record, User};

/// What is needed to read records.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    /// How records look.
    pub table: Table,
    /// What the columns mean.
    pub plan: Plan,
    /// Whether the whole file is known to be ASCII, so that `?` may stand for lost letters.
    pub ascii: bool,
}

/// Where a value stands.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// In the block.
    Block(usize, usize),
    /// Among the cells that had quotes inside.
    Clean(usize, usize),
    /// Among the values that were converted.
    Made(usize, usize),
    /// A fixed word.
    Word(&'static str),
}

/// The room for one row; used again for the next.
#[derive(Default)]
struct Row {
    cells: Vec<Cell>,
    clean: String,
    made: String,
    values: Vec<(Attr, Place)>,
    lost: AttrSet,
    why: Option<&'static str>,
}

const LOST: &str = "values lost by the export";
const SHORT: &str = "cells missing at the end of the row";
const NUMBER: &str = "a number cannot be read";

/// What may hold letters of any language.
const LETTERS: AttrSet = AttrSet::NONE
    .with(Attr::DistinguishedName)
    .with(Attr::DisplayName)
    .with(Attr::GivenName)
    .with(Attr::Sn)
    .with(Attr::ProxyAddresses)
    .with(Attr::Mail)
    .with(Attr::UserPrincipalName)
    .with(Attr::PrimaryUserAddress);

impl Reading {
    /// Gives every record of a block to `each`.
    pub(super) fn records(&self, block: &Block, each: &mut dyn FnMut(&Record<'_>)) -> Problems {
        let mut problems = block.problems.clone();
        let (text, mut at, mut line) = (block.text.as_str(), 0, block.line);
        // Most blocks have none of the letters that are seen where others are garbled.
        let marks = ["Ã", "Â", "Å", "â", "\u{fffd}"];
        let garbled =
            marks.iter().any(|mark| memchr::memmem::find(block.text.as_bytes(), mark.as_bytes()).is_some());
        let mut row = Row::default();
        let mut spare: User<'static> = User::new(AttrSet::NONE);
        while at < text.len() {
            row.clear();
            let shape = record(text, at, self.table.delimiter, true, |cell| row.cells.push(cell));
            let end = shape.end.unwrap_or(text.len());
            if self.read(&mut row, text, line, &mut problems) {
                if self.ascii
                    && memchr::memchr(b'?', &text.as_bytes()[at..end]).is_some()
                    && row.lost_letters(text)
                {
                    problems.add(Problem::LostLetters, line);
                }
                if garbled && row.is_garbled(text) {
                    problems.add(Problem::Mojibake, line);
                }
                let mut user = row.user(text, User::recycled(self.plan.carried, spare));
                user.hide(self.plan.hidden);
                let record = Record { user, line, incomplete: row.why };
                each(&record);
                spare = User::recycled(AttrSet::NONE, record.user);
            }
            line += lines(&text[at..end]);
            at = end;
        }
        problems
    }

    /// Reads a row; gives false when it is no record.
    fn read(&self, row: &mut Row, text: &str, line: u64, problems: &mut Problems) -> bool {
        if row.cells.is_empty() || !self.fits(row, text, line, problems) {
            return false;
        }
        if row.is_heading(text, &self.plan) {
            problems.add(Problem::SecondHeading, line);
            return false;
        }
        if row.cells.len() < self.plan.needed {
            if row.is_blank(text) {
                return false;
            }
            problems.add(Problem::ShortRow, line);
            row.why = Some(SHORT);
        }
        for &used in &self.plan.used {
            row.value(text, used, line, problems);
        }
        let known = row.values.iter().any(|&(attr, _)| IDENTITY.has(attr));
        if !known && !row.is_blank(text) {
            problems.add(Problem::NoIdentity, line);
        }
        known
    }

    /// Brings a row of another number of cells into shape; gives false when there is nothing to read in it.
    fn fits(&self, row: &mut Row, text: &str, line: u64, problems: &mut Problems) -> bool {
        let columns = self.table.columns;
        if row.cells.len() == columns {
            return true;
        }
        if row.cells.len() < columns {
            return !(row.cells.len() == 1 && is_trailer(row.part(text, 0)));
        }
        if row.cells[columns..].iter().all(|cell| cell.start == cell.end) {
            row.cells.truncate(columns);
            return true;
        }
        if row.is_blank(text) {
            return false;
        }
        let rejoined = row.rejoin(text, columns);
        problems.add(if rejoined { Problem::UnquotedDn } else { Problem::LongRow }, line);
        rejoined
    }
}

/// Lines that tools put below a table, or between two joined ones.
fn is_trailer(cell: &str) -> bool {
    ["ObjCount=", "#TYPE", "No log entries", "The command has completed"]
        .iter()
        .any(|mark| cell.starts_with(mark))
}

impl Row {
    fn clear(&mut self) {
        self.cells.clear();
        self.clean.clear();
        self.made.clear();
        self.values.clear();
        (self.lost, self.why) = (AttrSet::NONE, None);
    }

    /// The text of a cell as it is written between delimiters, without its outer quotes.
    fn part<'t>(&self, text: &'t str, at: usize) -> &'t str {
        self.cells.get(at).map_or("", |cell| &text[cell.start..cell.end])
    }

    fn is_blank(&self, text: &str) -> bool {
        (0..self.cells.len()).all(|at| self.part(text, at).trim_ascii().is_empty())
    }

    fn is_heading(&self, text: &str, plan: &Plan) -> bool {
        let mut headings = plan.headings.iter().map(|heading| heading.text.as_str());
        self.cells.len() == plan.headings.len()
            && (0..self.cells.len()).all(|at| headings.next() == Some(self.part(text, at)))
    }

    /// Puts the pieces of DNs without quotes together; gives whether the row then has as many cells as it should.
    fn rejoin(&mut self, text: &str, columns: usize) -> bool {
        let mut joined: Vec<Cell> = Vec::with_capacity(columns);
        for &cell in &self.cells {
            let piece = &text[cell.start..cell.end];
            match joined.last_mut() {
                Some(last) if cell.form == Form::Plain && continues(&text[last.start..last.end], piece) => {
                    last.end = cell.end;
                }
                _ => joined.push(cell),
            }
        }
        let fits = joined.len() == columns;
        if fits {
            self.cells = joined;
        }
        fits
    }

    /// Reads one cell.
    fn value(&mut self, text: &str, used: Used, line: u64, problems: &mut Problems) {
        let Some(&cell) = self.cells.get(used.index) else {
            self.lost = self.lost.with(used.attr);
            return;
        };
        if cell.start == cell.end {
            return;
        }
        let (clean_at, made_at) = (self.clean.len(), self.made.len());
        let whole = if cell.form == Form::Plain {
            &text[cell.start..cell.end]
        } else {
            unquote(text, cell, &mut self.clean);
            &self.clean[clean_at..]
        };
        // Places of parts of the cell count from its start.
        let base = if cell.form == Form::Plain { cell.start } else { clean_at };
        let place = |part: &str| {
            let start = base + (part.as_ptr().addr() - whole.as_ptr().addr());
            let end = start + part.len();
            if cell.form == Form::Plain { Place::Block(start, end) } else { Place::Clean(start, end) }
        };
        let (made, values) = (&mut self.made, &mut self.values);
        match mean(whole, used.attr, used.how, made) {
            Meant::Nothing => {}
            Meant::Placeholder => problems.add(Problem::Placeholder, line),
            Meant::Word(word) => values.push((used.attr, Place::Word(word))),
            Meant::Made if matches!(used.how, How::Proxies | How::Typed(_)) => {
                let value = made.split_off(made_at);
                if let How::Typed(kind) = used.how {
                    return typed(&value, kind, made, values);
                }
                split(&value, used.escaped, |part| {
                    let start = made.len();
                    made.push_str(part);
                    values.push((used.attr, Place::Made(start, made.len())));
                });
            }
            Meant::Made => values.push((used.attr, Place::Made(made_at, made.len()))),
            Meant::Is(part) => {
                let mut keep = |part: &str| {
                    let at = if used.escaped && part.contains('\\') {
                        let start = made.len();
                        unescape(part, made);
                        Place::Made(start, made.len())
                    } else {
                        place(part)
                    };
                    values.push((used.attr, at));
                };
                match used.how {
                    How::Proxies => split(part, used.escaped, keep),
                    How::Typed(kind) => typed(part, kind, made, values),
                    _ => keep(part),
                }
            }
            Meant::Lost(problem) => {
                problems.add(problem, line);
                self.lost = self.lost.with(used.attr);
                match problem {
                    Problem::BadIdentity => {}
                    Problem::BadNumber => self.why = self.why.or(Some(NUMBER)),
                    _ => self.why = self.why.or(Some(LOST)),
                }
            }
        }
    }

    fn text<'r>(&'r self, text: &'r str, place: Place) -> &'r str {
        match place {
            Place::Block(start, end) => &text[start..end],
            Place::Clean(start, end) => &self.clean[start..end],
            Place::Made(start, end) => &self.made[start..end],
            Place::Word(word) => word,
        }
    }

    fn user<'r>(&'r self, text: &'r str, mut user: User<'r>) -> User<'r> {
        for &(attr, place) in &self.values {
            user.set(attr, self.text(text, place));
        }
        for attr in self.lost.iter() {
            user.lose(attr);
        }
        user
    }

    fn lost_letters(&self, text: &str) -> bool {
        self.values.iter().any(|&(attr, place)| LETTERS.has(attr) && lost_letters(self.text(text, place)))
    }

    fn is_garbled(&self, text: &str) -> bool {
        self.values.iter().any(|&(attr, place)| LETTERS.has(attr) && is_garbled(self.text(text, place)))
    }
}

/// Gives addresses back the type that the export took off; the primary one may stand a second time among the others.
fn typed(cell: &str, kind: &str, made: &mut String, values: &mut Vec<(Attr, Place)>) {
    let mut put = |kind: &str, value: &str| {
        let repeats = |&(attr, place): &(Attr, Place)| match place {
            Place::Made(start, end) if attr == Attr::ProxyAddresses && kind == "smtp:" => {
                made[start..end].strip_prefix("SMTP:").is_some_and(|known| known.eq_ignore_ascii_case(value))
            }
            _ => false,
        };
        if !values.iter().any(repeats) {
            let start = made.len();
            made.extend([kind, value]);
            values.push((Attr::ProxyAddresses, Place::Made(start, made.len())));
        }
    };
    split(cell, false, |part| {
        if is_typed(part) { put("", part) } else { bare(part, kind, |value| put(kind, value)) }
    });
}

/// Whether a piece goes on with the DN before it.
fn continues(dn: &str, piece: &str) -> bool {
    if !starts_dn(dn) {
        return false;
    }
    if dn.ends_with('\\') {
        return true;
    }
    let is =
        |part: &str, name: &str| part.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name));
    let last = dn.rsplit(',').next().unwrap_or(dn).trim_ascii_start();
    let piece = piece.trim_ascii_start();
    // Behind DC= only DC= can follow; anything else begins another cell.
    is(piece, "DC=")
        || (!is(last, "DC=") && ["CN=", "OU=", "O=", "L=", "C="].iter().any(|name| is(piece, name)))
}
