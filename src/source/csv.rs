//! The records of a block of a table.

use super::columns::{Plan, Used, starts_dn};
use super::cut::Table;
use super::long::JOINT;
use super::scan::{Cell, Form, Shape, lines, record, unquote};
use super::shapes::bare;
use super::split::{is_typed, split};
use super::values::{How, Meant, is_garbled, lost_letters, may_be_garbled, mean, unescape};
use crate::model::attribute::IDENTITY;
use crate::model::problem::{Problem, Problems};
use crate::model::record::{Lines, Place};
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
    /// Whether the first cell of each row is its line, with a `!` when cells were missing there.
    pub numbered: bool,
}

/// Takes the cells of a row, its line, and whether cells are missing; gives what is wrong with it.
pub(super) type EachRow<'a> = dyn FnMut(&[String], u64, bool) -> Option<Problem> + 'a;

/// Where a value stands.
#[derive(Debug, Clone, Copy)]
enum Spot {
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
    /// How many cells stand before those of the table.
    before: usize,
    clean: String,
    made: String,
    values: Vec<(Attr, Spot)>,
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
    /// Gives every record of a block to `each`. Unless the block was cut with care, says whether it shows that it
    /// had to be; then not all of it was read.
    pub(super) fn records(
        &self,
        block: &Block,
        wanted: AttrSet,
        careful: bool,
        each: &mut dyn FnMut(&Record<'_>),
    ) -> (Problems, bool) {
        let mut problems = block.problems.clone();
        let columns: Vec<Used> =
            self.plan.used.iter().copied().filter(|column| wanted.has(column.attr)).collect();
        let (text, mut at) = (block.text.as_str(), 0);
        let garbled = !self.ascii && wanted == AttrSet::ALL && may_be_garbled(text);
        let lines = Lines::new(text, block.line);
        let mut row = Row { before: usize::from(self.numbered), ..Row::default() };
        let mut room = Vec::new();
        while at < text.len() {
            row.clear();
            let shape = record(text, at, self.table.delimiter, true, |cell| row.cells.push(cell));
            if !careful && !self.is_regular(text, at, shape, &row) {
                return (problems, false);
            }
            let end = shape.end.unwrap_or(text.len());
            let (own, short) = row.number(text).filter(|_| self.numbered).unwrap_or_default();
            let own = Lines::new("", own);
            let place =
                if self.numbered { Place { lines: &own, at: 0 } } else { Place { lines: &lines, at } };
            if short {
                (row.why, row.lost) = (Some(SHORT), AttrSet::NONE.with(Attr::ProxyAddresses));
            }
            if self.read(&mut row, text, &columns, place, &mut problems) {
                if self.ascii
                    && memchr::memchr(b'?', &text.as_bytes()[at..end]).is_some()
                    && row.lost_letters(text)
                {
                    problems.add(Problem::LostLetters, place.line());
                }
                if garbled && row.is_garbled(text) {
                    problems.add(Problem::Mojibake, place.line());
                }
                let mut user = row.user(text, User::in_room(self.plan.carried, room));
                user.hide(self.plan.hidden);
                let record = Record { user, place, incomplete: row.why };
                each(&record);
                room = record.user.into_room();
            }
            at = end;
        }
        (problems, true)
    }

    /// Whether a record is one of a file whose quotes only enclose cells: else a border may have been cut wrongly.
    fn is_regular(&self, text: &str, at: usize, shape: Shape, row: &Row) -> bool {
        let Some(end) = shape.end else { return false };
        let bytes = text.as_bytes();
        let bare = |cell: &Cell| {
            let quoted = cell.start > at && bytes[cell.start - 1] == b'"';
            !quoted
                && cell.form == Form::Plain
                && memchr::memchr(b'"', &bytes[cell.start..cell.end]).is_some()
        };
        if shape.irregular || end - at > self.table.limit || row.cells.iter().any(bare) {
            return false;
        }
        let odd = shape.cells != self.table.columns && shape.cells > 0;
        !odd || lines(text[at..end].trim_end_matches(['\r', '\n'])) == 0
    }

    /// Reads a row; gives false when it is no record.
    fn read(
        &self,
        row: &mut Row,
        text: &str,
        used: &[Used],
        place: Place<'_>,
        problems: &mut Problems,
    ) -> bool {
        if !self.is_row(row, text, place, problems) {
            return false;
        }
        for &used in used {
            row.value(text, used, place, problems);
        }
        let known = row.values.iter().any(|&(attr, _)| IDENTITY.contains(&attr));
        if !known && !row.is_blank(text) {
            problems.add(Problem::NoIdentity, place.line());
        }
        known
    }

    /// Brings a row into shape; gives false when it is no record.
    fn is_row(&self, row: &mut Row, text: &str, place: Place<'_>, problems: &mut Problems) -> bool {
        if row.cells.is_empty() || !self.fits(row, text, place, problems) {
            return false;
        }
        if row.is_heading(text, &self.plan) {
            problems.add(Problem::SecondHeading, place.line());
            return false;
        }
        if row.cells.len() < self.plan.needed {
            if row.is_blank(text) {
                return false;
            }
            if row.is_mixed() {
                problems.add(Problem::OpenQuote, place.line());
                return false;
            }
            problems.add(Problem::ShortRow, place.line());
            row.why = Some(SHORT);
        }
        true
    }

    /// Gives the cells of every row of a block that was cut with care, its line, and whether cells are missing at its
    /// end; takes what is wrong with it.
    pub(super) fn rows(&self, block: &Block, each: &mut EachRow<'_>) -> Problems {
        let mut problems = block.problems.clone();
        let (text, mut at) = (block.text.as_str(), 0);
        let lines = Lines::new(text, block.line);
        let (mut row, mut cells) = (Row::default(), Vec::new());
        while at < text.len() {
            row.clear();
            let shape = record(text, at, self.table.delimiter, true, |cell| row.cells.push(cell));
            let place = Place { lines: &lines, at };
            if self.is_row(&mut row, text, place, &mut problems) && !row.is_blank(text) {
                cells.clear();
                cells.extend(row.cells.iter().map(|&cell| cell_text(text, cell)));
                if let Some(problem) = each(&cells, place.line(), row.why.is_some()) {
                    problems.add(problem, place.line());
                }
            }
            at = shape.end.unwrap_or(text.len());
        }
        problems
    }

    /// Brings a row of another number of cells into shape; gives false when there is nothing to read in it.
    fn fits(&self, row: &mut Row, text: &str, place: Place<'_>, problems: &mut Problems) -> bool {
        let columns = self.table.columns;
        if row.cells.len() == columns {
            return true;
        }
        if row.cells.len() < columns {
            return !(row.cells.len() == row.before + 1 && is_trailer(row.part(text, row.before)));
        }
        if row.cells[columns..].iter().all(|cell| cell.start == cell.end) {
            row.cells.truncate(columns);
            return true;
        }
        if row.is_blank(text) {
            return false;
        }
        let rejoined = row.rejoin(text, columns);
        let wrong = if row.is_mixed() { Problem::OpenQuote } else { Problem::LongRow };
        problems.add(if rejoined { Problem::UnquotedDn } else { wrong }, place.line());
        rejoined
    }
}

/// What a cell means as text.
pub(super) fn cell_text(text: &str, cell: Cell) -> String {
    let mut meant = String::new();
    match cell.form {
        Form::Plain => meant.push_str(&text[cell.start..cell.end]),
        _ => unquote(text, cell, &mut meant),
    }
    meant
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

    /// The line in the first cell, and whether it is marked.
    fn number(&self, text: &str) -> Option<(u64, bool)> {
        let cell = self.part(text, 0);
        Some((cell.trim_end_matches('!').parse().ok()?, cell.ends_with('!')))
    }

    /// The text of a cell as it is written between delimiters, without its outer quotes.
    fn part<'t>(&self, text: &'t str, at: usize) -> &'t str {
        self.cells.get(at).map_or("", |cell| &text[cell.start..cell.end])
    }

    fn is_blank(&self, text: &str) -> bool {
        (self.before..self.cells.len()).all(|at| {
            let blank = |c: char| c.is_ascii_whitespace() || c == '\0';
            self.part(text, at).chars().all(blank)
        })
    }

    /// Whether text stands behind a closing quote: with cells missing or left over, a quote was not doubled.
    fn is_mixed(&self) -> bool {
        self.cells.iter().any(|cell| cell.form == Form::Mixed)
    }

    fn is_heading(&self, text: &str, plan: &Plan) -> bool {
        let mut headings = plan.headings.iter().map(|heading| heading.text.as_str());
        self.cells.len() == self.before + plan.headings.len()
            && (self.before..self.cells.len()).all(|at| headings.next() == Some(self.part(text, at)))
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
    fn value(&mut self, text: &str, used: Used, at: Place<'_>, problems: &mut Problems) {
        let Some(&cell) = self.cells.get(used.index) else {
            self.lost = self.lost.with(used.attr);
            return;
        };
        if cell.start == cell.end {
            return;
        }
        let clean_at = self.clean.len();
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
            if cell.form == Form::Plain { Spot::Block(start, end) } else { Spot::Clean(start, end) }
        };
        let mut rest = whole;
        while !rest.is_empty() {
            let parts = if used.how == How::Listed { rest.split_once(JOINT) } else { None };
            let (piece, behind) = parts.unwrap_or((rest, ""));
            rest = behind;
            match take(piece, used, &mut self.made, &mut self.values, &place) {
                None => {}
                Some(Problem::Placeholder) => problems.add(Problem::Placeholder, at.line()),
                Some(problem) => {
                    problems.add(problem, at.line());
                    self.lost = self.lost.with(used.attr);
                    match problem {
                        Problem::BadIdentity => {}
                        Problem::BadNumber => self.why = self.why.or(Some(NUMBER)),
                        _ => self.why = self.why.or(Some(LOST)),
                    }
                }
            }
        }
    }

    fn text<'r>(&'r self, text: &'r str, place: Spot) -> &'r str {
        match place {
            Spot::Block(start, end) => &text[start..end],
            Spot::Clean(start, end) => &self.clean[start..end],
            Spot::Made(start, end) => &self.made[start..end],
            Spot::Word(word) => word,
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

/// Takes the values of a cell; gives what is wrong with it. `place` says where a part of it stands.
fn take(
    cell: &str,
    used: Used,
    made: &mut String,
    values: &mut Vec<(Attr, Spot)>,
    place: &dyn Fn(&str) -> Spot,
) -> Option<Problem> {
    let made_at = made.len();
    let mut put = |part: &str, made: &mut String, known: Option<Spot>| {
        let start = made.len();
        let spot = match known {
            Some(spot) if !(used.escaped && part.contains('\\')) => spot,
            Some(_) => {
                unescape(part, made);
                Spot::Made(start, made.len())
            }
            None => {
                made.push_str(part);
                Spot::Made(start, made.len())
            }
        };
        values.push((used.attr, spot));
    };
    match (mean(cell, used.attr, used.how, made), used.how) {
        (Meant::Nothing, _) => {}
        (Meant::Placeholder, _) => return Some(Problem::Placeholder),
        (Meant::Lost(problem), _) => return Some(problem),
        (Meant::Word(word), _) => values.push((used.attr, Spot::Word(word))),
        (Meant::Made, How::Proxies | How::Listed) => {
            let value = made.split_off(made_at);
            split(&value, used.escaped, |part| put(part, made, None));
        }
        (Meant::Made, How::Typed(kind)) => typed(&made.split_off(made_at), kind, made, values),
        (Meant::Made, _) => values.push((used.attr, Spot::Made(made_at, made.len()))),
        (Meant::Is(part), How::Proxies | How::Listed) => {
            split(part, used.escaped, |part| put(part, made, Some(place(part))));
        }
        (Meant::Is(part), How::Typed(kind)) => typed(part, kind, made, values),
        (Meant::Is(part), _) => put(part, made, Some(place(part))),
    }
    None
}

/// Gives addresses back the type that the export took off; the primary one may stand a second time among the others.
fn typed(cell: &str, kind: &str, made: &mut String, values: &mut Vec<(Attr, Spot)>) {
    let mut put = |kind: &str, value: &str| {
        let repeats = |&(attr, place): &(Attr, Spot)| match place {
            Spot::Made(start, end) if attr == Attr::ProxyAddresses && kind == "smtp:" => {
                made[start..end].strip_prefix("SMTP:").is_some_and(|known| known.eq_ignore_ascii_case(value))
            }
            _ => false,
        };
        if !values.iter().any(repeats) {
            let start = made.len();
            made.extend([kind, value]);
            values.push((Attr::ProxyAddresses, Spot::Made(start, made.len())));
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
