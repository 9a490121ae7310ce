//! One row of a table on its way to a user.

use std::collections::BTreeSet;

use super::columns::{Plan, Used, starts_dn};
use super::enclosed::LIMIT;
use super::long::JOINT;
use super::marks::{is_garbled, lost_letters};
use super::scan::{Cell, Form, unquote};
use super::shapes::bare;
use super::split::{is_typed, split};
use super::values::{How, Meant, mean, unescape};
use crate::model::attribute::IDENTITY;
use crate::model::octet::starts;
use crate::model::problem::{Problem, Problems};
use crate::model::record::Place;
use crate::model::{Attr, AttrSet, User};

/// Where a value stands.
#[derive(Debug, Clone, Copy)]
pub(super) enum Spot {
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
pub(super) struct Row {
    pub(super) cells: Vec<Cell>,
    /// How many cells stand before those of the table.
    pub(super) before: usize,
    pub(super) clean: String,
    pub(super) made: String,
    pub(super) values: Vec<(Attr, Spot)>,
    pub(super) lost: AttrSet,
    pub(super) why: Option<&'static str>,
}

const LOST: &str = "values lost by the export";
pub(super) const SHORT: &str = "cells missing at the end of the row";
pub(super) const CUT: &str = "the file ends inside the row";
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

impl Row {
    pub(super) fn clear(&mut self) {
        self.cells.clear();
        self.clean.clear();
        self.made.clear();
        self.values.clear();
        (self.lost, self.why) = (AttrSet::NONE, None);
    }

    /// The line in the first cell, and whether it is marked.
    pub(super) fn number(&self, text: &str) -> Option<(u64, bool)> {
        let cell = self.part(text, 0);
        Some((cell.trim_end_matches('!').parse().ok()?, cell.ends_with('!')))
    }

    /// The text of a cell as it is written between delimiters, without its outer quotes.
    pub(super) fn part<'t>(&self, text: &'t str, at: usize) -> &'t str {
        self.cells.get(at).map_or("", |cell| &text[cell.start..cell.end])
    }

    pub(super) fn is_blank(&self, text: &str) -> bool {
        (self.before..self.cells.len()).all(|at| {
            let blank = |c: char| c.is_ascii_whitespace() || c == '\0';
            self.part(text, at).chars().all(blank)
        })
    }

    /// Whether it ends in a cell that may go on: without quotes, at the end of the file. Every other row ends with its
    /// line.
    pub(super) fn is_open(&self, text: &str) -> bool {
        self.cells.last().is_some_and(|cell| cell.end == text.len())
    }

    /// Takes back what the last cell says.
    pub(super) fn lose_last(&mut self, used: &[Used]) {
        for last in used.iter().filter(|used| used.index + 1 == self.cells.len()) {
            self.values.retain(|(attr, _)| *attr != last.attr);
            self.lost = self.lost.with(last.attr);
        }
    }

    /// Whether text stands behind a closing quote: with cells missing or left over, a quote was not doubled.
    pub(super) fn is_mixed(&self) -> bool {
        self.cells.iter().any(|cell| cell.form == Form::Mixed)
    }

    /// Whether it may be a heading: none has an address or a DN in it.
    pub(super) fn may_be_heading(&self, text: &str) -> bool {
        let ends = self.cells.get(self.before).zip(self.cells.last());
        ends.is_some_and(|(first, last)| {
            memchr::memchr2(b'@', b'=', &text.as_bytes()[first.start..last.end]).is_none()
        })
    }

    /// Whether it is the heading once more, or one with other columns, as where files were joined.
    pub(super) fn heading(&self, text: &str, plan: &Plan) -> Option<Problem> {
        if !self.may_be_heading(text) {
            return None;
        }
        // The second file brings its byte order mark along.
        let bare = |at: usize| self.part(text, at).trim_start_matches('\u{feff}').trim_matches('"');
        let names = || (self.before..self.cells.len()).map(bare);
        let mut headings = plan.headings.iter().map(|heading| heading.text.trim_start_matches('\u{feff}'));
        let is_next = |name: &str| headings.next().is_some_and(|next| next.eq_ignore_ascii_case(name));
        if self.cells.len() == self.before + plan.headings.len() && names().all(is_next) {
            return Some(Problem::SecondHeading);
        }
        let known = names().filter_map(Attr::of_heading).fold(AttrSet::NONE, AttrSet::with);
        let other =
            self.before == 0 && known.iter().count() > 1 && IDENTITY.iter().any(|&attr| known.has(attr));
        other.then_some(Problem::OtherHeading)
    }

    /// Puts the pieces of DNs without quotes together; gives whether the row then has as many cells as it should.
    pub(super) fn rejoin(&mut self, text: &str, columns: usize) -> bool {
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
    pub(super) fn value(&mut self, text: &str, used: Used, at: Place<'_>, problems: &mut Problems) {
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

    pub(super) fn text<'r>(&'r self, text: &'r str, place: Spot) -> &'r str {
        match place {
            Spot::Block(start, end) => &text[start..end],
            Spot::Clean(start, end) => &self.clean[start..end],
            Spot::Made(start, end) => &self.made[start..end],
            Spot::Word(word) => word,
        }
    }

    pub(super) fn user<'r>(&'r self, text: &'r str, mut user: User<'r>) -> User<'r> {
        for &(attr, place) in &self.values {
            user.set(attr, self.text(text, place));
        }
        for attr in self.lost.iter() {
            user.lose(attr);
        }
        user
    }

    pub(super) fn lost_letters(&self, text: &str) -> bool {
        self.values.iter().any(|&(attr, place)| LETTERS.has(attr) && lost_letters(self.text(text, place)))
    }

    pub(super) fn is_garbled(&self, text: &str) -> bool {
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
            if value.ends_with(LIMIT) {
                value
                    .split_terminator(LIMIT)
                    .filter(|part| !part.is_empty())
                    .for_each(|part| put(part, made, None));
            } else {
                split(&value, used.escaped, |part| put(part, made, None));
            }
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
    let primary = |text: &str| text.strip_prefix("SMTP:").map(str::to_ascii_lowercase);
    let known = |&(attr, place): &(Attr, Spot)| match place {
        Spot::Made(start, end) if attr == Attr::ProxyAddresses => primary(&made[start..end]),
        _ => None,
    };
    let mut primaries: BTreeSet<String> = values.iter().filter_map(known).collect();
    let mut put = |kind: &str, value: &str| {
        if kind == "smtp:" && primaries.contains(&value.to_ascii_lowercase()) {
            return;
        }
        let start = made.len();
        made.extend([kind, value]);
        primaries.extend(primary(&made[start..]));
        values.push((Attr::ProxyAddresses, Spot::Made(start, made.len())));
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
    let last = dn.rsplit(',').next().unwrap_or(dn).trim_ascii_start();
    let piece = piece.trim_ascii_start();
    // Behind DC= only DC= can follow; anything else begins another cell.
    starts(piece, "DC=")
        || (!starts(last, "DC=") && ["CN=", "OU=", "O=", "L=", "C="].iter().any(|name| starts(piece, name)))
}
