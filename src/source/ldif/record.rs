//! The records of a block of LDIF.

use super::draft::{Draft, Text};
use super::line::{Line, before_mark, is_dn, logical, unfold};
use super::name::{Before, Entry, Key, Names, entry};
use super::noted::{Noted, Stands, Taking};
use super::seen::Eyes;
use crate::model::lines::Lines;
use crate::model::problem::{Problem, Problems};
use crate::model::record::Place;
use crate::model::{AttrSet, Record};

/// What is known of a file before its records are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading<'n> {
    /// The names that mean something.
    pub names: &'n Names,
    /// Which attributes the file carries.
    pub carried: AttrSet,
    /// The attributes whose values are asked for.
    pub wanted: AttrSet,
    /// How many bytes a record may have.
    pub limit: usize,
}

/// Gives each record of a text that starts on this line to `each`, in order, and returns the damage. What is read
/// does not depend on where the text was cut, as long as it was cut between records. `eyes` see its lines as well.
pub(super) fn records(
    (text, first_line): (&str, u64),
    reading: Reading<'_>,
    eyes: Option<Eyes<'_>>,
    each: &mut dyn FnMut(&Record<'_>),
) -> Problems {
    let lines = Lines::new(text, first_line);
    let mut walk = Walk::new(text, &lines, reading, each);
    walk.eyes = eyes;
    walk.all()
}

/// Gives the records that start at `starts` to `each`, in order.
pub(super) fn some_records(
    text: &str,
    first_line: u64,
    reading: Reading<'_>,
    starts: &[u32],
    each: &mut dyn FnMut(&Record<'_>),
) {
    let lines = Lines::new(text, first_line);
    let mut walk = Walk::new(text, &lines, reading, each);
    for &start in starts {
        walk.one(start as usize);
    }
}

/// Reads line after line.
pub(super) struct Walk<'a> {
    text: &'a str,
    lines: &'a Lines<'a>,
    reading: Reading<'a>,
    each: &'a mut dyn FnMut(&Record<'_>),
    draft: Draft,
    room: Vec<&'static str>,
    problems: Problems,
    /// Where the record starts, in bytes.
    start: usize,
    before: Before<'a>,
    /// Who takes notes of the records.
    pub(super) taking: Option<Taking<'a>>,
    /// Who sees all of its lines.
    pub(super) eyes: Option<Eyes<'a>>,
}

impl<'a> Walk<'a> {
    /// At the start of a text.
    pub(super) fn new(
        text: &'a str,
        lines: &'a Lines<'a>,
        reading: Reading<'a>,
        each: &'a mut dyn FnMut(&Record<'_>),
    ) -> Self {
        let (draft, before) = (Draft::default(), Before::default());
        let (room, problems) = (Vec::new(), Problems::default());
        let (taking, eyes) = (None, None);
        Self { text, lines, reading, each, draft, room, problems, start: 0, before, taking, eyes }
    }

    /// Reads the whole text; gives what is damaged.
    pub(super) fn all(mut self) -> Problems {
        let mut at = 0;
        while at < self.text.len() {
            let line = logical(self.text.as_bytes(), at);
            self.line(line);
            at = line.next;
        }
        self.end(self.text.len());
        self.eyes.take().into_iter().for_each(Eyes::end);
        self.problems
    }

    /// Reads the record that starts there.
    pub(super) fn one(&mut self, start: usize) {
        let (bytes, mut at) = (self.text.as_bytes(), start);
        self.start = before_mark(bytes, at);
        self.draft.clear();
        while at < bytes.len() {
            let line = logical(bytes, at);
            self.line(line);
            at = line.next;
            if self.draft.dn.is_none() || is_dn(bytes.get(at..).unwrap_or_default()) {
                break;
            }
        }
        self.end(at);
    }

    /// Reads of the record that starts there what was noted. `None` when it is not what was noted.
    pub(super) fn brief(&mut self, start: usize, noted: Noted<'_>) -> Option<()> {
        let text = self.text;
        self.start = before_mark(text.as_bytes(), start);
        self.draft.clear();
        // The line of a name starts a new draft, so lines come first.
        for stands in noted.each() {
            if let Stands::Line(at) = stands? {
                let at = start.checked_add(at).filter(|&at| text.is_char_boundary(at) && at < text.len())?;
                self.line(logical(text.as_bytes(), at));
            }
        }
        for stands in noted.each() {
            if let Stands::Value(attr, at, len) = stands? {
                let start = start.checked_add(at)?;
                let end = start.checked_add(len)?;
                text.get(start..end)?;
                self.draft.known(attr, Text { start, end });
            }
        }
        self.draft.dn = Some(start);
        self.end(start);
        Some(())
    }

    /// Gives a record that is known already.
    pub(super) fn give(&mut self, record: &Record<'_>) {
        (self.each)(record);
    }

    /// What was damaged.
    pub(super) fn problems(self) -> Problems {
        self.problems
    }

    fn line(&mut self, line: Line) {
        if line.is_blank(self.text.as_bytes()) {
            self.eyes.as_mut().into_iter().for_each(|eyes| eyes.blank(&line));
            // A blank at the end of the file may be the start of a continuation.
            self.draft.line(line.start < line.next && line.next == line.end);
            return self.end(line.next);
        }
        if self.text.as_bytes()[line.start] == b'#' {
            return self.eyes.as_mut().into_iter().for_each(|eyes| eyes.comment(&line));
        }
        // A line `dn:` starts a record, with or without a blank line before it.
        let head = &self.text[line.start..line.fold.unwrap_or(line.end)];
        let mut read = self.before.entry(head, self.reading.names);
        if read.is_some_and(|entry| entry.key == Key::Dn) {
            self.end(before_mark(self.text.as_bytes(), line.start));
        }
        self.draft.line(line.next == line.end);
        let mut place = Text { start: line.start, end: line.end };
        see(&mut self.eyes, head, read.as_ref(), line.start);
        if line.fold.is_some() && read.is_none_or(|entry| self.wants(entry.key)) {
            let text = self.text;
            place = self.draft.aside(|side| unfold(text, &line, side));
            let (whole, was_seen) = (self.draft.text(text, place), read.is_some());
            read = entry(whole, self.reading.names);
            if !was_seen {
                see(&mut self.eyes, whole, read.as_ref(), line.start);
            }
        }
        let Some(read) = read else { return self.stray(place, line.start) };
        let value = Text { start: place.start + read.value, ..place };
        match read.key {
            Key::Dn => self.draft.name(self.text, read.form, value, line.start),
            Key::Attr(attr) if !read.options.apart && self.reading.wanted.has(attr) => {
                self.draft.attribute(self.text, attr, read.options.range, read.form, value, line.start);
            }
            Key::Other if self.draft.dn.is_none() => self.stray(place, line.start),
            Key::Attr(_) | Key::Other => self.draft.pass(value.start < value.end),
            Key::ChangeType => {
                let kind = self.draft.text(self.text, value).trim_ascii();
                self.draft.change |= !kind.eq_ignore_ascii_case("add");
            }
            Key::Result => self.result(value, line.start),
        }
    }

    /// Whether the value of a line has to be read.
    fn wants(&self, key: Key) -> bool {
        match key {
            Key::Attr(attr) => self.reading.wanted.has(attr),
            key => key != Key::Other,
        }
    }

    /// `result: 4 Size limit exceeded`, behind the last record.
    fn result(&mut self, value: Text, at: usize) {
        let code = self.draft.text(self.text, value).split(' ').next().unwrap_or_default();
        if self.draft.dn.is_none() && code.parse::<u32>().is_ok_and(|code| code != 0) {
            self.draft.damage.push((Problem::SearchCut, at));
        }
    }

    /// A line that is nothing, or that stands where no record is.
    fn stray(&mut self, line: Text, at: usize) {
        let text = self.draft.text(self.text, line);
        let failed = is_failure(text);
        if self.draft.dn.is_none() {
            self.draft.damage.extend(failed.then_some((Problem::SearchCut, at)));
        } else if failed && (text.contains("limit exceeded (") || text.starts_with("ldap_")) {
            // Standard error in the same file, without a blank line before it.
            self.draft.damage.push((Problem::SearchCut, at));
        } else {
            self.draft.damage.push((Problem::StrayLine, at));
        }
    }

    /// Gives the record that ends here, if it is one; the next one starts here.
    fn end(&mut self, at: usize) {
        let start = std::mem::replace(&mut self.start, at);
        if at.saturating_sub(start) > self.reading.limit {
            self.problem(Problem::HugeRecord, start);
        } else if let Some(dn) = self.draft.dn {
            let left_out = if self.draft.change {
                Some(Problem::ChangeRecord)
            } else {
                self.draft.is_deleted(self.text).then_some(Problem::DeletedObject)
            };
            if let Some(left_out) = left_out {
                self.draft.damage.retain(|(problem, _)| *problem == Problem::SearchCut);
                self.draft.damage.push((left_out, dn));
                self.damage();
            } else if !self.draft.is_root() {
                self.draft.close(dn);
                let user = self.draft.user(self.text, self.reading.carried, std::mem::take(&mut self.room));
                let place = Place { lines: self.lines, at: dn };
                let at = u32::try_from(dn).unwrap_or(u32::MAX);
                let record = Record { user, place, at, incomplete: self.draft.incomplete() };
                if let Some(taking) = &mut self.taking {
                    taking.take(self.text, self.reading.carried, &record, &self.draft.made);
                }
                (self.each)(&record);
                self.room = record.user.into_room();
                self.damage();
            }
        } else {
            if let Some(first) = self.draft.ownerless() {
                self.draft.damage.push((Problem::NoDn, first));
            }
            self.damage();
        }
        self.draft.clear();
    }

    fn problem(&mut self, problem: Problem, at: usize) {
        self.problems.add(problem, Place { lines: self.lines, at }.line());
    }

    /// Counts the damage of the record; lines are counted in ascending order.
    fn damage(&mut self) {
        self.draft.damage.sort_unstable_by_key(|&(_, at)| at);
        for &(problem, at) in &self.draft.damage {
            self.problems.add(problem, Place { lines: self.lines, at }.line());
        }
    }
}

/// Lets a line be seen that starts there, if it could be taken apart.
fn see(eyes: &mut Option<Eyes<'_>>, line: &str, read: Option<&Entry>, start: usize) {
    if let (Some(eyes), Some(entry)) = (eyes, read) {
        eyes.entry(line, entry, start);
    }
}

/// Whether a line is what ldapsearch says on standard error when a search fails: `Size limit exceeded (4)`,
/// `ldap_bind: Invalid credentials (49)`.
fn is_failure(line: &str) -> bool {
    let code = line.trim_ascii_end().strip_suffix(')').and_then(|line| line.rsplit_once(" ("));
    code.is_some_and(|(_, code)| code.parse::<i32>().is_ok_and(|code| code != 0))
}
