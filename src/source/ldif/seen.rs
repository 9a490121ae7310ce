//! What all of a file shows: which attributes its records have.
//!
//! In LDIF nothing says which attributes were asked for. One that no record has was perhaps not in the export at all.

use memchr::memchr;

use super::line::{Line, before_mark, logical, unfold};
use super::name::{Before, Entry, Key, Names, entry};
use crate::model::{Attr, AttrSet};
use crate::source::fetched::Comments;
use crate::source::scan::lines;

/// What was seen so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// The attributes that a record has or that a fetched file says can be read.
    pub carried: AttrSet,
    /// What a fetched file says about itself.
    pub comments: Comments,
    /// How many records have a name.
    pub records: u64,
    /// How many records have each attribute, in the order of the attributes.
    pub counts: [u64; Attr::COUNT],
    /// How many records say what is to be done to an object instead of what the object is.
    pub changes: u64,
    /// How far the last output of ldapsearch goes.
    pub search: Search,
    /// The line in the middle of which the text ends.
    pub cut: Option<u64>,
    /// The attributes that are not read, as they are first spelled, in the order in which they are first met.
    pub others: Vec<String>,
    /// The place in `others` of the last one met.
    last: usize,
}

/// An output of ldapsearch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Search {
    /// There is none.
    #[default]
    None,
    /// It begins on this line, and has no end.
    Open(u64),
    /// It has an end.
    Ended,
}

/// How the output of ldapsearch begins, with `-L` too; then it also has an end: `# search result`.
pub(super) const SEARCH: [&str; 2] = ["# extended LDIF", "# LDAPv3"];

/// How many attributes that are not read are kept.
const OTHERS: usize = 1000;

impl Seen {
    /// Looks at a text of whole records that starts on a line; those over `limit` bytes are nobody's.
    pub(super) fn look(&mut self, text: &str, first_line: u64, names: &Names, limit: usize) {
        let (bytes, mut at, mut before) = (text.as_bytes(), 0, Before::default());
        let mut eyes = Eyes::new(self, (text, first_line), limit);
        while at < bytes.len() {
            let line = logical(bytes, at);
            at = line.next;
            if line.is_blank(bytes) {
                eyes.blank(&line);
                continue;
            }
            let head = text.get(line.start..line.fold.unwrap_or(line.end)).unwrap_or_default();
            if head.starts_with('#') {
                eyes.comment(&line);
            } else if let Some(entry) = before.entry(head, names) {
                eyes.entry(head, &entry, line.start);
            } else if line.fold.is_some() && memchr(b':', head.as_bytes()).is_none() {
                let mut whole = String::new();
                unfold(text, &line, &mut whole);
                if let Some(entry) = entry(&whole, names) {
                    eyes.entry(&whole, &entry, line.start);
                }
            }
        }
        eyes.end();
    }

    /// Takes over what was seen further on in the same file.
    pub(super) fn merge(&mut self, later: &Self) {
        self.carried = self.carried.union(later.carried);
        self.comments.merge(&later.comments);
        self.records += later.records;
        self.changes += later.changes;
        if later.search != Search::None {
            self.search = later.search;
        }
        self.cut = later.cut;
        for (count, more) in self.counts.iter_mut().zip(later.counts) {
            *count += more;
        }
        for name in &later.others {
            self.other(name);
        }
    }

    /// Keeps the name of an attribute that is not read. Records have their attributes in one order, so it is looked
    /// for behind the last one.
    fn other(&mut self, name: &str) {
        let (before, behind) = self.others.split_at(self.last);
        let mut all = behind.iter().chain(before);
        if let Some(steps) = all.position(|known| known.eq_ignore_ascii_case(name)) {
            self.last = (self.last + steps) % self.others.len();
        } else if self.others.len() < OTHERS {
            self.others.push(name.to_owned());
            self.last = self.others.len() - 1;
        }
    }

    /// Takes over what the comments of the whole file say.
    pub(super) fn settle(&mut self) {
        for attr in self.comments.header.readable.iter().filter_map(|name| Attr::of_ldap(name)) {
            self.carried = self.carried.with(attr);
        }
    }
}

/// Looks at the lines of a text of whole records, one after the other.
pub(super) struct Eyes<'t> {
    seen: &'t mut Seen,
    text: &'t str,
    /// The line on which the text starts.
    first_line: u64,
    here: Here,
    /// How many bytes a record may have that is somebody's.
    limit: usize,
}

/// What the record so far shows.
#[derive(Default)]
struct Here {
    named: bool,
    change: bool,
    attrs: AttrSet,
    /// Where it starts, in bytes.
    start: usize,
}

impl<'t> Eyes<'t> {
    /// At the start of a text that starts on a line; what is seen is added.
    pub(super) fn new(seen: &'t mut Seen, (text, first_line): (&'t str, u64), limit: usize) -> Self {
        Self { seen, text, first_line, here: Here::default(), limit }
    }

    /// Sees a line that ends a record.
    pub(super) fn blank(&mut self, line: &Line) {
        self.record(line.next);
    }

    /// Sees a comment.
    pub(super) fn comment(&mut self, line: &Line) {
        let head = &self.text[line.start..line.fold.unwrap_or(line.end)];
        if SEARCH.iter().any(|mark| head.starts_with(mark)) {
            self.seen.search = Search::Open(self.first_line + lines(&self.text[..line.start]));
        } else if head == "# search result" {
            self.seen.search = Search::Ended;
        } else if head.starts_with("# dirsync-audit ") {
            let mut whole = String::new();
            unfold(self.text, line, &mut whole);
            self.seen.comments.take(&whole);
        }
    }

    /// Sees a line that starts at `start`, taken apart: as much of it as stands before the first fold, or all of it
    /// where that is not enough to take it apart.
    pub(super) fn entry(&mut self, line: &str, entry: &Entry, start: usize) {
        let here = &mut self.here;
        match entry.key {
            Key::Dn => {
                self.record(before_mark(self.text.as_bytes(), start));
                self.here.named = entry.value < line.len();
            }
            Key::ChangeType => here.change |= !line[entry.value..].trim_ascii().eq_ignore_ascii_case("add"),
            Key::Attr(attr) if !entry.options.apart => here.attrs = here.attrs.with(attr),
            Key::Other if here.named && !here.change => self.seen.other(&line[..entry.name]),
            _ => {}
        }
    }

    /// Sees the end of the text.
    pub(super) fn end(mut self) {
        self.record(self.text.len());
        // Only the last block of a file can end so.
        let cut = !self.text.is_empty() && !self.text.ends_with(['\n', '\r']);
        self.seen.cut = cut.then(|| self.first_line + lines(self.text));
    }

    /// Counts a record that ends there, if it says what an object is.
    fn record(&mut self, end: usize) {
        let Here { named, change, attrs, start } =
            std::mem::replace(&mut self.here, Here { start: end, ..Here::default() });
        if !named || end - start > self.limit {
            return;
        }
        if change {
            self.seen.changes += 1;
            return;
        }
        let attrs = attrs.with(Attr::DistinguishedName);
        self.seen.carried = self.seen.carried.union(attrs);
        self.seen.records += 1;
        for attr in attrs.iter() {
            self.seen.counts[attr as usize] += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(text: &str) -> Seen {
        let mut seen = Seen::default();
        seen.look(text, 1, &Names::new(&[]), 1 << 24);
        seen.settle();
        seen
    }

    #[test]
    fn attributes_of_any_record_are_carried() {
        let seen =
            look("version: 1\n\ndn: a\nmail: b\nproxyAddresses: c\nproxyAddresses: d\n\ndn: e\nmai\n l: f\n");
        let expected = [Attr::DistinguishedName, Attr::Mail, Attr::ProxyAddresses];
        assert_eq!(seen.carried, AttrSet::of(&expected));
        assert_eq!((seen.records, expected.map(|attr| seen.counts[attr as usize])), (2, [2, 2, 1]));
    }

    #[test]
    fn what_is_no_object_carries_nothing() {
        assert_eq!(look("dn:\nmail: a\n"), Seen::default());
        let changes = look("dn: b\nchangetype: modify\nreplace: mail\nmail: c\n-\n");
        assert_eq!(changes, Seen { changes: 1, ..Seen::default() });
        assert_eq!(look("mail: b\n\nsearch: 2\nresult: 0 Success\n"), Seen::default());
        assert!(!look("dn: a\nsn;lang-de: b\n").carried.has(Attr::Sn));
    }

    #[test]
    fn attributes_that_are_not_read_are_named_once() {
        let seen = look("dn: a\ncn: a\nou;lang-de: b\nmail: c\n\ndn: b\nOU: b\nl: c\nCN: d\n\nsearch: 2\n");
        assert_eq!(seen.others, ["cn", "ou", "l"]);
    }

    #[test]
    fn the_header_of_a_fetched_file_carries() {
        let seen = look("# dirsync-audit attributes: mail,\n  proxyAddresses,other\n\ndn: a\n");
        assert!(seen.carried.has(Attr::ProxyAddresses) && seen.carried.has(Attr::Mail));
    }
}
