//! A record while its lines are read: where its values stand, and what is wrong with it.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::name::{Form, Range, is_whole};
use crate::model::attribute::Kind;
use crate::model::identity::{guid_text, is_deleted, is_guid, normal_guid, sid_text};
use crate::model::problem::{Problem, Weight};
use crate::model::user::flag;
use crate::model::{Attr, AttrSet, User};

/// Padding and stray last bits are as exporters leave them.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A text: in the block, or in the side text of the draft, whose places are counted from [`SIDE`] on. Two numbers and no
/// more: a mark beside them is moved octet by octet, which takes longer than all the rest.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text {
    /// Where it starts, in bytes.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// No block is as long.
const SIDE: usize = 1 << (usize::BITS - 1);

impl Text {
    fn of<'a>(self, block: &'a str, side: &'a str) -> &'a str {
        let (of, from) = if self.start < SIDE { (block, 0) } else { (side, SIDE) };
        of.get(self.start - from..self.end - from).unwrap_or_default()
    }

    fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// A record so far. One is used for all records of a block, so that its room is allocated once.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// The place of its `dn:`, if there was one.
    pub dn: Option<usize>,
    /// Whether it says what is to be done to an object instead of what the object is.
    pub change: bool,
    /// What is wrong, and where in the block.
    pub damage: Vec<(Problem, usize)>,
    /// The place of the first attribute that is read.
    first: Option<usize>,
    values: Vec<(Attr, Text)>,
    /// Values that do not stand in the block as they are: folded, decoded or converted.
    side: String,
    /// The attributes of which the values are such, and where their lines start.
    pub made: Vec<(Attr, usize)>,
    /// The classes, joined.
    classes: String,
    decoded: Vec<u8>,
    /// The attributes of which a line was seen.
    seen: AttrSet,
    /// The single-valued attributes that have their value.
    full: AttrSet,
    lost: AttrSet,
    pieces: Vec<(Attr, Range)>,
    /// Whether any attribute has a value.
    valued: bool,
    /// The attribute of the last line that has a name, if it is one that is read.
    last: Option<Attr>,
    /// Whether the file ends in the last line.
    open: bool,
}

impl Draft {
    /// Forgets everything but the room.
    pub(super) fn clear(&mut self) {
        (self.dn, self.change, self.first, self.valued) = (None, false, None, false);
        (self.last, self.open) = (None, false);
        (self.seen, self.full, self.lost) = (AttrSet::NONE, AttrSet::NONE, AttrSet::NONE);
        self.damage.clear();
        self.values.clear();
        self.side.clear();
        self.made.clear();
        self.classes.clear();
        self.pieces.clear();
    }

    /// Copies a text to the side.
    pub(super) fn aside(&mut self, write: impl FnOnce(&mut String)) -> Text {
        let start = self.side.len();
        write(&mut self.side);
        Text { start: SIDE + start, end: SIDE + self.side.len() }
    }

    /// The text at a place.
    pub(super) fn text<'a>(&'a self, block: &'a str, place: Text) -> &'a str {
        place.of(block, &self.side)
    }

    /// Goes on with a line; `open` says that the file ends in it.
    pub(super) fn line(&mut self, open: bool) {
        self.open = open;
    }

    /// Takes note of a line with an attribute that is not read.
    pub(super) fn pass(&mut self, has_value: bool) {
        self.last = None;
        self.valued |= has_value;
    }

    /// Takes the name of the object.
    pub(super) fn name(&mut self, block: &str, form: Form, place: Text, at: usize) {
        self.dn = Some(at);
        self.value(block, Attr::DistinguishedName, form, place, at);
    }

    /// Takes a value of an attribute, which stands in a line that starts at `at`.
    pub(super) fn attribute(
        &mut self,
        block: &str,
        attr: Attr,
        range: Option<Range>,
        form: Form,
        place: Text,
        at: usize,
    ) {
        if attr == Attr::DistinguishedName {
            // The line `dn:` said so already.
            return;
        }
        self.last = Some(attr);
        self.first = self.first.or(Some(at));
        self.seen = self.seen.with(attr);
        self.valued |= !place.is_empty();
        if let Some(range) = range
            && self.pieces.last() != Some(&(attr, range))
        {
            self.pieces.push((attr, range));
        }
        if form == Form::Url {
            self.lose(Problem::UrlValue, attr, at);
        } else if !place.is_empty() {
            self.value(block, attr, form, place, at);
        }
    }

    /// Takes a value that was read before; that of the name comes with where the object starts.
    pub(super) fn known(&mut self, attr: Attr, place: Text) {
        self.full = self.full.with(attr);
        self.valued = true;
        self.values.push((attr, place));
    }

    fn lose(&mut self, problem: Problem, attr: Attr, at: usize) {
        self.damage.push((problem, at));
        self.lost = self.lost.with(attr);
    }

    fn value(&mut self, block: &str, attr: Attr, form: Form, place: Text, at: usize) {
        let is_multi = matches!(attr, Attr::ProxyAddresses | Attr::ObjectClass);
        if !is_multi && self.full.has(attr) {
            self.damage.push((Problem::TwoValues, at));
            return;
        }
        let place = if form == Form::Base64 { self.decode(block, attr, place, at) } else { Some(place) };
        let Some(place) = place.and_then(|place| self.read(block, attr, place, at)) else { return };
        if place.is_empty() {
            return;
        }
        self.full = self.full.with(attr);
        if place.start >= SIDE {
            self.made.push((attr, at));
        }
        if attr == Attr::ObjectClass {
            if !self.classes.is_empty() {
                self.classes.push(';');
            }
            self.classes.push_str(place.of(block, &self.side));
        } else {
            self.values.push((attr, place));
        }
    }

    /// The text of a base64 value; a GUID or SID of octets becomes the text of one.
    fn decode(&mut self, block: &str, attr: Attr, place: Text, at: usize) -> Option<Text> {
        self.decoded.clear();
        let raw = place.of(block, &self.side).trim_ascii_end();
        if BASE64.decode_vec(raw, &mut self.decoded).is_err() {
            self.damage.push((Problem::NotBase64, at));
            return Some(place);
        }
        let octets = self.decoded.as_slice();
        let identity = match attr.about().kind {
            Kind::Guid => octets.try_into().ok().map(guid_text),
            Kind::Sid => sid_text(octets),
            _ => None,
        };
        let start = self.side.len();
        match (identity, str::from_utf8(octets)) {
            (Some(text), _) => self.side.push_str(&text),
            (None, Ok(text)) => self.side.push_str(text),
            (None, Err(_)) if matches!(attr.about().kind, Kind::Guid | Kind::Sid) => {
                self.damage.push((Problem::BadIdentity, at));
                return None;
            }
            (None, Err(_)) => {
                self.damage.push((Problem::NotText, at));
                self.side.push_str(&String::from_utf8_lossy(octets));
            }
        }
        Some(Text { start: SIDE + start, end: SIDE + self.side.len() })
    }

    /// The text as an attribute of its kind has it; `None` when it is none.
    fn read(&mut self, block: &str, attr: Attr, place: Text, at: usize) -> Option<Text> {
        let text = place.of(block, &self.side);
        match attr.about().kind {
            Kind::Text => Some(place),
            Kind::Flag => match (text, flag(text)) {
                ("TRUE" | "FALSE", _) | (_, None) => Some(place),
                (_, Some(set)) => Some(self.aside(|side| side.push_str(if set { "TRUE" } else { "FALSE" }))),
            },
            Kind::Dn => Some(Text { start: place.end - bare_dn(text).len(), ..place }),
            Kind::Guid if is_guid(text) => Some(place),
            Kind::Guid => {
                let normal = normal_guid(text);
                self.identity(normal, at)
            }
            Kind::Sid if text.starts_with("S-1-") => Some(place),
            Kind::Sid => self.identity(None, at),
            Kind::Number if text.trim_ascii().parse::<i64>().is_ok() => Some(place),
            Kind::Number => {
                self.lose(Problem::BadNumber, attr, at);
                None
            }
        }
    }

    fn identity(&mut self, text: Option<String>, at: usize) -> Option<Text> {
        if text.is_none() {
            self.damage.push((Problem::BadIdentity, at));
        }
        text.map(|text| self.aside(|side| side.push_str(&text)))
    }

    /// The place of attributes that nobody owns: they are read, and no `dn:` was there.
    pub(super) fn ownerless(&self) -> Option<usize> {
        self.first.filter(|_| self.dn.is_none())
    }

    /// Whether it is the entry of the server itself, which has an empty name.
    pub(super) fn is_root(&self) -> bool {
        !self.full.has(Attr::DistinguishedName)
    }

    /// Whether it is what is left of a deleted object, by its name: the one attribute that is always read.
    pub(super) fn is_deleted(&self, block: &str) -> bool {
        let name = self.values.iter().find(|(attr, _)| *attr == Attr::DistinguishedName);
        name.is_some_and(|(_, place)| is_deleted(place.of(block, &self.side)))
    }

    /// Looks at the record as a whole, when all lines are read.
    pub(super) fn close(&mut self, at: usize) {
        if !self.valued && self.seen != AttrSet::NONE {
            self.damage.push((Problem::NamesOnly, at));
            self.lost = self.lost.union(self.seen);
        }
        if self.open {
            // What comes after, and more values of the last attribute, may be missing.
            let whole = self.last.map_or(self.seen, |last| self.seen.without(last));
            self.lost = self.lost.union(AttrSet::ALL.minus(whole).without(Attr::DistinguishedName));
        }
        while let Some(&(attr, _)) = self.pieces.first() {
            let mut pieces: Vec<Range> =
                self.pieces.extract_if(.., |piece| piece.0 == attr).map(|piece| piece.1).collect();
            pieces.sort_unstable();
            pieces.dedup();
            if !is_whole(&mut pieces) {
                self.lose(Problem::RangeCut, attr, at);
            }
        }
    }

    /// Why the record is incomplete, if it is.
    pub(super) fn incomplete(&self) -> Option<&'static str> {
        // A search that ended says nothing of the record above that line.
        let of_record =
            |problem: Problem| problem.weight() != Weight::Notice && problem != Problem::SearchCut;
        let Some(worst) = self.damage.iter().find(|&&(problem, _)| of_record(problem)) else {
            return self.open.then_some("the file ends inside the record");
        };
        Some(match worst.0 {
            Problem::RangeCut => "values cut by the server",
            Problem::UrlValue => "values stand in another file",
            Problem::NamesOnly => "names of attributes without values",
            Problem::BadNumber => "a number cannot be read",
            _ => "a line cannot be read",
        })
    }

    /// The values as a user.
    pub(super) fn user<'a>(&'a self, block: &'a str, carried: AttrSet, room: Vec<&'static str>) -> User<'a> {
        let mut user = User::in_room(carried, room);
        for &(attr, place) in &self.values {
            user.set(attr, place.of(block, &self.side));
        }
        if !self.classes.is_empty() {
            user.set(Attr::ObjectClass, &self.classes);
        }
        for attr in self.lost.iter() {
            user.lose(attr);
        }
        user
    }
}

/// A DN without the `<GUID=…>;<SID=…>;` that servers put before it on request.
fn bare_dn(text: &str) -> &str {
    let mut bare = text;
    while bare.starts_with('<') {
        match bare.split_once(">;") {
            Some((_, rest)) => bare = rest,
            None => break,
        }
    }
    bare
}
