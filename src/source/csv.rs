//! The records of a block of a table.

use bumpalo::Bump;

use super::columns::{Plan, Used};
use super::cut::Table;
use super::marks::may_be_garbled;
use super::noted::{Noted, RowNotes};
use super::plain::{Page, Plain};
use super::row::{CUT, Row, SHORT};
use super::scan::{Cell, Form, Shape, lines, record, unquote};
use crate::model::attribute::IDENTITY;
use crate::model::identity::is_deleted;
use crate::model::lines::Lines;
use crate::model::problem::{Problem, Problems};
use crate::model::record::Place;
use crate::model::{Attr, AttrSet, Block, Notes, Record, User};

/// What is needed to read records.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    /// How records look.
    pub table: Table,
    /// What the columns mean.
    pub plan: Plan,
    /// Whether the first cell of each row is its line, with a `!` when cells were missing there.
    pub numbered: bool,
}

/// Takes the cells of a row, its line, and whether cells are missing; gives what is wrong with it.
pub(super) type EachRow<'a> = dyn FnMut(&[String], u64, bool) -> Option<Problem> + 'a;

impl Reading {
    /// Gives every record of a block to `each`. Unless the block was cut with care, says whether it shows that it
    /// had to be; then not all of it was read. In a file that is `ascii` throughout, `?` may stand for lost letters;
    /// of garbled ones the last reading tells.
    pub(super) fn records(
        &self,
        block: &Block,
        wanted: AttrSet,
        (careful, ascii): (bool, bool),
        notes: Notes<'_>,
        each: &mut dyn FnMut(&Record<'_>),
    ) -> (Problems, bool) {
        let mut problems = block.problems.clone();
        let columns = self.used(wanted);
        let (text, mut at) = (block.text.as_str(), 0);
        let garbled =
            wanted == AttrSet::ALL && !matches!(notes, Notes::Take(..)) && !ascii && may_be_garbled(text);
        // Whether letters of a row may have become `?`.
        let may_have_lost =
            |at: usize, end: usize| ascii && memchr::memchr(b'?', &text.as_bytes()[at..end]).is_some();
        let lines = Lines::new(text, block.line);
        let (mut row, mut room) = (Row { before: usize::from(self.numbered), ..Row::default() }, Vec::new());
        let plain = Plain::of(&self.table, &columns, notes.wanted()).filter(|_| !garbled && !self.numbered);
        let page = Page { text, made: &Bump::new() };
        let (mut known, mut notes, mut given) = (self.plain(&lines), Noted::of(notes), 0);
        while at < text.len() {
            let next = plain.as_ref().and_then(|plain| notes.row(plain, page, (at, given), &mut known.user));
            if let Some(next) = next.filter(|&next| !may_have_lost(at, next)) {
                (known.place.at, known.at) = (at, offset(at));
                each(&known);
                (at, given) = (next, given + 1);
                continue;
            }
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
                if may_have_lost(at, end) && row.lost_letters(text) {
                    problems.add(Problem::LostLetters, place.line());
                }
                if garbled && row.is_garbled(text) {
                    problems.add(Problem::Mojibake, place.line());
                }
                let mut user = row.user(text, User::in_room(self.plan.carried, room));
                user.hide(self.plan.hidden);
                let record = Record { user, place, at: offset(at), incomplete: row.why };
                each(&record);
                given += 1;
                room = record.user.into_room();
            }
            at = end;
        }
        (problems, true)
    }

    /// Gives the records that start at `starts` to `each`; the damage in them has been told with the others. Stops
    /// where there is no record, so that fewer are given.
    pub(super) fn some_records(
        &self,
        block: &Block,
        starts: &[u32],
        wanted: AttrSet,
        each: &mut dyn FnMut(&Record<'_>),
    ) {
        let columns = self.used(wanted);
        let (text, lines) = (block.text.as_str(), Lines::new(&block.text, block.line));
        let mut row = Row { before: usize::from(self.numbered), ..Row::default() };
        let (mut room, mut told) = (Vec::new(), Problems::default());
        let plain = Plain::of(&self.table, &columns, AttrSet::NONE).filter(|_| !self.numbered);
        let page = Page { text, made: &Bump::new() };
        let (mut known, mut notes) = (self.plain(&lines), RowNotes::default());
        for &start in starts {
            let at = start as usize;
            if at >= text.len() || !text.is_char_boundary(at) {
                return;
            }
            if plain.as_ref().and_then(|plain| plain.row(page, at, &mut known.user, &mut notes)).is_some() {
                (known.place.at, known.at) = (at, start);
                each(&known);
                continue;
            }
            row.clear();
            record(text, at, self.table.delimiter, true, |cell| row.cells.push(cell));
            if row.number(text).is_some_and(|(_, short)| self.numbered && short) {
                (row.why, row.lost) = (Some(SHORT), AttrSet::NONE.with(Attr::ProxyAddresses));
            }
            let place = Place { lines: &lines, at };
            if !self.read(&mut row, text, &columns, place, &mut told) {
                return;
            }
            let mut user = row.user(text, User::in_room(self.plan.carried, room));
            user.hide(self.plan.hidden);
            let record = Record { user, place, at: start, incomplete: row.why };
            each(&record);
            room = record.user.into_room();
        }
    }

    /// The columns that are wanted.
    fn used(&self, wanted: AttrSet) -> Vec<Used> {
        self.plan.used.iter().copied().filter(|column| wanted.has(column.attr)).collect()
    }

    /// A record without values, of rows whose lines are those of the block.
    fn plain<'t>(&self, lines: &'t Lines<'t>) -> Record<'t> {
        let mut user = User::new(self.plan.carried);
        user.hide(self.plan.hidden);
        Record { user, place: Place { lines, at: 0 }, at: 0, incomplete: None }
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
        if row.is_open(text) {
            row.lose_last(used);
        }
        let dn = row.values.iter().find(|(attr, _)| *attr == Attr::DistinguishedName);
        if dn.is_some_and(|&(_, dn)| is_deleted(row.text(text, dn))) {
            problems.add(Problem::DeletedObject, place.line());
            return false;
        }
        let known = row.values.iter().any(|&(attr, _)| IDENTITY.contains(&attr));
        if !known && !row.is_blank(text) {
            problems.add(Problem::NoIdentity, place.line());
        }
        known
    }

    /// Brings a row into shape; gives false when it is no record.
    fn is_row(&self, row: &mut Row, text: &str, place: Place<'_>, problems: &mut Problems) -> bool {
        if row.cells.is_empty() {
            return false;
        }
        if let Some(again) = row.heading(text, &self.plan) {
            problems.add(again, place.line());
            return false;
        }
        if !self.fits(row, text, place, problems) {
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
        if row.is_open(text) && !row.is_blank(text) {
            problems.add(Problem::EndCut, place.line());
            row.why = row.why.or(Some(CUT));
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
            let is_row = self.is_row(&mut row, text, place, &mut problems);
            if problems.has(Problem::OtherHeading) {
                return problems;
            }
            if is_row && !row.is_blank(text) {
                cells.clear();
                let whole = row.cells.len() - usize::from(row.is_open(text));
                cells.extend(row.cells[..whole].iter().map(|&cell| cell_text(text, cell)));
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

/// A place in the text of a block; a block is far shorter than four gigabytes.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
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
