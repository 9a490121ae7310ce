//! A look at all of a file before it is read: which attributes its records have.
//!
//! In LDIF nothing says which attributes were asked for. One that no record has was perhaps not in the export at all.

use memchr::memchr;

use super::line::{before_mark, logical, unfold};
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
        let bytes = text.as_bytes();
        let mut here = Here { limit, ..Here::default() };
        let (mut at, mut before) = (0, Before::default());
        while at < bytes.len() {
            let line = logical(bytes, at);
            at = line.next;
            if line.is_blank(bytes) {
                self.take(&mut here, at);
                continue;
            }
            let head = text.get(line.start..line.fold.unwrap_or(line.end)).unwrap_or_default();
            if head.starts_with('#') {
                if SEARCH.iter().any(|mark| head.starts_with(mark)) {
                    self.search = Search::Open(first_line + lines(&text[..line.start]));
                } else if head == "# search result" {
                    self.search = Search::Ended;
                } else if head.starts_with("# dirsync-audit ") {
                    let mut whole = String::new();
                    unfold(text, &line, &mut whole);
                    self.comments.take(&whole);
                }
            } else if let Some(entry) = before.entry(head, names) {
                self.entry(head, entry, before_mark(bytes, line.start), &mut here);
            } else if line.fold.is_some() && memchr(b':', head.as_bytes()).is_none() {
                let mut whole = String::new();
                unfold(text, &line, &mut whole);
                if let Some(entry) = entry(&whole, names) {
                    self.entry(&whole, entry, before_mark(bytes, line.start), &mut here);
                }
            }
        }
        self.take(&mut here, bytes.len());
        // Only the last block of a file can end so.
        self.cut = (!text.is_empty() && !text.ends_with(['\n', '\r'])).then(|| first_line + lines(text));
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

    fn entry(&mut self, line: &str, entry: Entry, at: usize, here: &mut Here) {
        match entry.key {
            Key::Dn => {
                self.take(here, at);
                here.named = entry.value < line.len();
            }
            Key::ChangeType => here.change |= !line[entry.value..].trim_ascii().eq_ignore_ascii_case("add"),
            Key::Attr(attr) if !entry.options.apart => here.attrs = here.attrs.with(attr),
            Key::Other if here.named && !here.change => self.other(&line[..entry.name]),
            _ => {}
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

    /// Counts a record that ends, if it says what an object is.
    fn take(&mut self, here: &mut Here, end: usize) {
        let Here { named, change, attrs, start, limit } = *here;
        *here = Here { start: end, limit, ..Here::default() };
        if !named || end - start > limit {
            return;
        }
        if change {
            self.changes += 1;
            return;
        }
        let attrs = attrs.with(Attr::DistinguishedName);
        self.carried = self.carried.union(attrs);
        self.records += 1;
        for attr in attrs.iter() {
            self.counts[attr as usize] += 1;
        }
    }
}

/// What the record so far shows.
#[derive(Default)]
struct Here {
    named: bool,
    change: bool,
    attrs: AttrSet,
    /// Where it starts, in bytes.
    start: usize,
    limit: usize,
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
