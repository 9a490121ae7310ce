//! The records of a block of LDIF.

use super::draft::{Draft, Place};
use super::line::{Line, logical, unfold};
use super::name::{Key, Names, entry};
use crate::model::problem::{Problem, Problems};
use crate::model::{AttrSet, Record, User};

/// What is known of a file before its records are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading<'n> {
    /// The names that mean something.
    pub names: &'n Names,
    /// Which attributes the file carries.
    pub carried: AttrSet,
    /// How many bytes a record may have.
    pub limit: usize,
}

/// Gives each record of a text that starts on this line to `each`, in order, and returns the damage. What is read
/// does not depend on where the text was cut, as long as it was cut between records.
pub(super) fn records(
    text: &str,
    first_line: u64,
    reading: Reading<'_>,
    each: &mut dyn FnMut(&Record<'_>),
) -> Problems {
    let mut walk = Walk {
        text,
        reading,
        each,
        draft: Draft::default(),
        room: User::new(AttrSet::NONE),
        problems: Problems::default(),
        start: (0, first_line),
    };
    let (mut at, mut line) = (0, first_line);
    while at < text.len() {
        let read = logical(text.as_bytes(), at);
        walk.line(read, line);
        at = read.next;
        line += read.lines;
    }
    walk.end(text.len());
    walk.problems
}

struct Walk<'a> {
    text: &'a str,
    reading: Reading<'a>,
    each: &'a mut dyn FnMut(&Record<'_>),
    draft: Draft,
    room: User<'static>,
    problems: Problems,
    /// Where the record starts: byte and line.
    start: (usize, u64),
}

impl Walk<'_> {
    fn line(&mut self, line: Line, number: u64) {
        if line.is_blank(self.text.as_bytes()) {
            self.end(line.next);
            self.start = (line.next, number + line.lines);
            return;
        }
        if self.text.as_bytes()[line.start] == b'#' {
            return;
        }
        // A line `dn:` starts a record, with or without a blank line before it.
        let head = &self.text[line.start..line.fold.unwrap_or(line.end)];
        let mut read = entry(head, self.reading.names);
        if read.is_some_and(|entry| entry.key == Key::Dn) {
            self.end(line.start);
            self.start = (line.start, number);
        }
        let mut place = Place { side: false, start: line.start, end: line.end };
        if line.fold.is_some() && read.is_none_or(|entry| entry.key != Key::Other) {
            let text = self.text;
            place = self.draft.aside(|side| unfold(text, &line, side));
            read = entry(self.draft.text(text, place), self.reading.names);
        }
        let Some(read) = read else { return self.stray(place, number) };
        let value = Place { start: place.start + read.value, ..place };
        match read.key {
            Key::Dn => self.draft.name(self.text, read.form, value, number),
            Key::Attr(attr) if !read.options.apart => {
                self.draft.attribute(self.text, attr, read.options.range, read.form, value, number);
            }
            Key::Other if self.draft.dn_line.is_none() => self.stray(place, number),
            Key::Attr(_) | Key::Other => self.draft.pass(value.start < value.end),
            Key::ChangeType => {
                let kind = self.draft.text(self.text, value).trim_ascii();
                self.draft.change |= !kind.eq_ignore_ascii_case("add");
            }
            Key::Result => self.result(value, number),
        }
    }

    /// `result: 4 Size limit exceeded`, behind the last record.
    fn result(&mut self, value: Place, number: u64) {
        let code = self.draft.text(self.text, value).split(' ').next().unwrap_or_default();
        if self.draft.dn_line.is_none() && code.parse::<u32>().is_ok_and(|code| code != 0) {
            self.draft.damage.push((Problem::SearchCut, number));
        }
    }

    /// A line that is nothing, or that stands where no record is.
    fn stray(&mut self, place: Place, number: u64) {
        let line = self.draft.text(self.text, place);
        if self.draft.dn_line.is_some() {
            self.draft.damage.push((Problem::StrayLine, number));
        } else if is_failure(line) {
            self.draft.damage.push((Problem::SearchCut, number));
        }
    }

    /// Gives the record that ends here, if it is one.
    fn end(&mut self, at: usize) {
        let (start, line) = self.start;
        let Self { text, reading, draft, problems, .. } = self;
        if at - start > reading.limit {
            problems.add(Problem::HugeRecord, line);
        } else if let Some(line) = draft.dn_line {
            if draft.change {
                problems.add(Problem::ChangeRecord, line);
            } else if !draft.is_root() {
                draft.close(line);
                let room = std::mem::replace(&mut self.room, User::new(AttrSet::NONE));
                let user = draft.user(text, reading.carried, room);
                let record = Record { user, line, incomplete: draft.incomplete() };
                (self.each)(&record);
                self.room = User::recycled(AttrSet::NONE, record.user);
                pass_on(draft, problems);
            }
        } else {
            if let Some(line) = draft.ownerless() {
                draft.damage.push((Problem::NoDn, line));
            }
            pass_on(draft, problems);
        }
        self.draft.clear();
    }
}

fn pass_on(draft: &Draft, problems: &mut Problems) {
    for &(problem, line) in &draft.damage {
        problems.add(problem, line);
    }
}

/// Whether a line is what ldapsearch says on standard error when a search fails: `Size limit exceeded (4)`,
/// `ldap_bind: Invalid credentials (49)`.
fn is_failure(line: &str) -> bool {
    let code = line.trim_ascii_end().strip_suffix(')').and_then(|line| line.rsplit_once(" ("));
    code.is_some_and(|(_, code)| code.parse::<i32>().is_ok_and(|code| code != 0))
}
