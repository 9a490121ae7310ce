//! The left side of a line: which attribute, with which options, and how the value is written.

use memchr::memchr;

use crate::model::Attr;
use crate::model::attribute::ATTRIBUTES;

/// The longest name that means something, in bytes.
const LONGEST: usize = 63;

/// What a name means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// `dn`: a record starts.
    Dn,
    /// `changetype`: what the record does.
    ChangeType,
    /// `result`: how a search ended.
    Result,
    /// An attribute that is read.
    Attr(Attr),
    /// Anything else.
    Other,
}

/// The names that mean something, by length.
#[derive(Debug, Clone)]
pub(super) struct Names(Vec<Vec<Name>>);

#[derive(Debug, Clone)]
struct Name {
    /// What tells most names apart at a glance; see [`glance`].
    glance: (u64, u64),
    text: Box<str>,
    key: Key,
}

/// The first and the last eight bytes, with the bit that makes most letters small; of shorter names all bytes.
fn glance(name: &[u8]) -> (u64, u64) {
    const SMALL: u64 = 0x2020_2020_2020_2020;
    match (name.first_chunk(), name.last_chunk()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first) | SMALL, u64::from_le_bytes(*last) | SMALL),
        _ => (name.iter().fold(0, |sum, &b| sum << 8 | u64::from(b | 0x20)), 0),
    }
}

impl Names {
    /// The LDAP names, or for some attributes the names of the site's own, which then count alone.
    pub(super) fn new(map: &[(String, Attr)]) -> Self {
        let own = map.iter().map(|(name, attr)| (name.trim(), Key::Attr(*attr)));
        let words = [("dn", Key::Dn), ("changetype", Key::ChangeType), ("result", Key::Result)];
        let mapped = |attr: Attr| map.iter().any(|&(_, own)| own == attr);
        let ldap = ATTRIBUTES.iter().filter(|about| !mapped(about.attr));
        let ldap = ldap.map(|about| (about.ldap, Key::Attr(about.attr)));
        let mut names = vec![Vec::new(); LONGEST + 1];
        for (name, key) in own.chain(words).chain(ldap) {
            if let Some(same) = names.get_mut(name.len()) {
                same.push(Name { glance: glance(name.as_bytes()), text: name.into(), key });
            }
        }
        Self(names)
    }

    /// What a name means, in any case.
    pub(super) fn key(&self, name: &str) -> Key {
        let Some(same) = self.0.get(name.len()).filter(|same| !same.is_empty()) else { return Key::Other };
        let seen = glance(name.as_bytes());
        let found = same.iter().find(|known| {
            known.glance == seen && (*known.text == *name || known.text.eq_ignore_ascii_case(name))
        });
        found.map_or(Key::Other, |known| known.key)
    }

    /// The name under which an attribute is read.
    pub(super) fn of(&self, attr: Attr) -> &str {
        let found = self.0.iter().flatten().find(|name| name.key == Key::Attr(attr));
        found.map_or(attr.ldap(), |name| &name.text)
    }
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `name: value`
    Plain,
    /// `name:: dmFsdWU=`
    Base64,
    /// `name:< file:///…`
    Url,
}

/// The values of a ranged attribute that stand on its lines: from, and to, which is the last for `*`.
pub(super) type Range = (u64, u64);

/// What the options of a name say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Options {
    /// The values are not those of the attribute itself but of a language, or were deleted.
    pub apart: bool,
    /// The values are a piece of all.
    pub range: Option<Range>,
}

/// A line taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// What the name means.
    pub key: Key,
    /// What its options say.
    pub options: Options,
    /// How the value is written.
    pub form: Form,
    /// Where the name ends in the line, options left out, in bytes.
    pub name: usize,
    /// Where the value starts in the line.
    pub value: usize,
}

/// The names of the lines before: records have their attributes in the same order.
#[derive(Debug, Default)]
pub(super) struct Before<'t> {
    names: Vec<(&'t [u8], Key)>,
    /// The place of the last one.
    at: usize,
}

/// How many names are kept.
const KEPT: usize = 64;

impl<'t> Before<'t> {
    /// Takes a line apart as [`entry`] does.
    #[inline]
    pub(super) fn entry(&mut self, line: &'t str, names: &Names) -> Option<Entry> {
        let bytes = line.as_bytes();
        for at in [self.at, self.at + 1, 0] {
            let Some(&(name, key)) = self.names.get(at) else { continue };
            if bytes.get(name.len()) == Some(&b':') && bytes.starts_with(name) {
                self.at = at;
                let end = name.len();
                let (form, value) = value(&bytes[end + 1..]);
                return Some(Entry {
                    key,
                    options: Options::default(),
                    form,
                    name: end,
                    value: end + 1 + value,
                });
            }
        }
        let read = entry(line, names)?;
        let name = &bytes[..read.name];
        if bytes.get(read.name) == Some(&b':') {
            let known = self.names.iter().position(|(known, _)| *known == name);
            if known.is_none() && self.names.len() < KEPT {
                self.names.push((name, read.key));
            }
            self.at = known.unwrap_or(self.names.len() - 1);
        }
        Some(read)
    }
}

/// How the value is written that stands behind the colon, and where it starts there.
fn value(bytes: &[u8]) -> (Form, usize) {
    let (form, mut start) = match bytes.first() {
        Some(b':') => (Form::Base64, 1),
        Some(b'<') => (Form::Url, 1),
        _ => (Form::Plain, 0),
    };
    while bytes.get(start) == Some(&b' ') {
        start += 1;
    }
    (form, start)
}

/// Takes a line apart; `None` when it is not `name: value`.
pub(super) fn entry(line: &str, names: &Names) -> Option<Entry> {
    let bytes = line.as_bytes();
    let colon = memchr(b':', bytes)?;
    let name = line.get(..colon)?;
    let mut key = names.key(name);
    let (mut options, mut end) = (Options::default(), colon);
    if key == Key::Other {
        if !is_description(name) {
            return None;
        }
        if let Some((base, rest)) = name.split_once(';') {
            end = base.len();
            if let attribute @ Key::Attr(_) = names.key(base) {
                (key, options) = (attribute, read_options(rest));
            }
        }
    }
    let (form, start) = value(&bytes[colon + 1..]);
    Some(Entry { key, options, form, name: end, value: colon + 1 + start })
}

/// Whether a text may be a name with options; real ones have only letters, digits, `-` and `.`, but servers and
/// scripts also write `_`.
fn is_description(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b';' | b'=' | b'*'))
}

fn read_options(options: &str) -> Options {
    let mut read = Options::default();
    for option in options.split(';') {
        let option = option.to_ascii_lowercase();
        if let Some(range) = option.strip_prefix("range=") {
            // A range that cannot be read belongs to no whole.
            read.range = Some(read_range(range).unwrap_or((u64::MAX, 0)));
        }
        read.apart |= option.starts_with("lang-") || option == "phonetic" || option.starts_with("deleted");
    }
    read
}

fn read_range(range: &str) -> Option<Range> {
    let (from, to) = range.split_once('-')?;
    Some((from.parse().ok()?, if to == "*" { u64::MAX } else { to.parse().ok()? }))
}

/// Whether pieces are all the values there are, in whatever order they stand.
pub(super) fn is_whole(pieces: &mut [Range]) -> bool {
    pieces.sort_unstable();
    let mut wanted = Some(0);
    for &(from, to) in pieces.iter() {
        if wanted != Some(from) || to < from {
            return false;
        }
        wanted = to.checked_add(1);
    }
    wanted.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<(Key, Form, &str)> {
        entry(line, &Names::new(&[])).map(|entry| (entry.key, entry.form, &line[entry.value..]))
    }

    #[test]
    fn lines_are_taken_apart() {
        let mail = Key::Attr(Attr::Mail);
        assert_eq!(read("mail: a: b"), Some((mail, Form::Plain, "a: b")));
        assert_eq!(read("MAIL:a"), Some((mail, Form::Plain, "a")));
        assert_eq!(read("mail:   a "), Some((mail, Form::Plain, "a ")));
        assert_eq!(read("mail: \ta"), Some((mail, Form::Plain, "\ta")));
        assert_eq!(read("mail::YQ=="), Some((mail, Form::Base64, "YQ==")));
        assert_eq!(read("mail:< file:///a"), Some((mail, Form::Url, "file:///a")));
        assert_eq!(read("mail: :a"), Some((mail, Form::Plain, ":a")));
        assert_eq!(read("mail;binary:: YQ=="), Some((mail, Form::Base64, "YQ==")));
        assert_eq!(read("mail:"), Some((mail, Form::Plain, "")));
        assert_eq!(read("dn:"), Some((Key::Dn, Form::Plain, "")));
        assert_eq!(read("1.2.840.113556.1.4.221: a"), Some((Key::Other, Form::Plain, "a")));
        for stray in ["", "-", "mail", ": a", "Exporting to file C:\\a.ldf", "ma il: a"] {
            assert_eq!(read(stray), None, "{stray}");
        }
    }

    #[test]
    fn options_are_read() {
        let options = |name: &str| entry(&format!("{name}: a"), &Names::new(&[])).unwrap().options;
        assert_eq!(options("sn;binary"), Options::default());
        assert!(options("sn;lang-de;phonetic").apart);
        assert_eq!(options("proxyAddresses;range=0-1499").range, Some((0, 1499)));
        assert_eq!(options("proxyAddresses;Range=1500-*").range, Some((1500, u64::MAX)));
        assert_eq!(options("proxyAddresses;range=a-*").range, Some((u64::MAX, 0)));
    }

    #[test]
    fn pieces_make_a_whole() {
        assert!(is_whole(&mut [(0, u64::MAX)]));
        assert!(is_whole(&mut [(1500, u64::MAX), (0, 1499)]));
        assert!(!is_whole(&mut [(0, 1499)]));
        assert!(!is_whole(&mut [(0, 1499), (1501, u64::MAX)]));
        assert!(!is_whole(&mut [(u64::MAX, 0)]));
        assert!(!is_whole(&mut []));
    }

    #[test]
    fn a_name_of_the_site_counts_alone() {
        let names = Names::new(&[("extensionAttribute1".into(), Attr::Mail)]);
        assert_eq!(names.key("EXTENSIONattribute1"), Key::Attr(Attr::Mail));
        assert_eq!(names.key("mail"), Key::Other);
        assert_eq!((names.of(Attr::Mail), names.of(Attr::Sn)), ("extensionAttribute1", "sn"));
        assert_eq!(names.key("proxyaddresses"), Key::Attr(Attr::ProxyAddresses));
    }
}
