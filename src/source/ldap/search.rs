//! Searches, page by page (RFC 4511, 4.5; RFC 2696).

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::time::Instant;

use ldap3::asn1::{PL, StructureTag};

use super::ber::{Ber, Malformed, nest, put, put_number, tag};
use super::connection::Connection;
use super::fault::Fault;
use super::outcome::Outcome;
use crate::error::{Error, Result};

const SEARCH: u8 = 0x63;
const ENTRY: u8 = 0x64;
const DONE: u8 = 0x65;
const REFERENCE: u8 = 0x73;
const INTERMEDIATE: u8 = 0x79;
const PAGED: &[u8] = b"1.2.840.113556.1.4.319";
/// How many pages without an entry may follow each other before the server is taken to go round in circles.
const EMPTY_PAGES: u32 = 100;

/// How far below the base a search looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// The base alone.
    Base = 0,
    /// What stands right below the base.
    OneLevel = 1,
    /// The base and everything below it.
    Subtree = 2,
}

/// A filter as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filter(Vec<u8>);

impl Filter {
    /// Reads a filter (RFC 4515).
    pub(super) fn parse(text: &str) -> Result<Self> {
        let wrong = || {
            let remedy = "write it like (&(objectClass=user)(department=Sales)), and `(`, `)`, `*` and `\\` in a value as \\28, \\29, \\2a and \\5c";
            Error::usage(format!("--filter `{text}` is no LDAP filter\n  remedy: {remedy}"))
        };
        let parsed = ldap3::parse_filter(text).map_err(|()| wrong())?;
        let mut bytes = Vec::new();
        encode(&ldap3::asn1::ASNTag::into_structure(parsed), &mut bytes);
        Ok(Self(bytes))
    }
}

fn encode(tag: &StructureTag, into: &mut Vec<u8>) {
    let class = match tag.class {
        ldap3::asn1::TagClass::Universal => 0,
        ldap3::asn1::TagClass::Application => 0x40,
        ldap3::asn1::TagClass::Context => 0x80,
        ldap3::asn1::TagClass::Private => 0xc0,
    };
    let octet = class | u8::try_from(tag.id & 0x1f).unwrap_or_default();
    match &tag.payload {
        PL::P(content) => put(into, octet, content),
        PL::C(parts) => nest(into, octet | 0x20, |into| parts.iter().for_each(|part| encode(part, into))),
    }
}

/// What is searched.
#[derive(Debug, Clone, Copy)]
pub(super) struct Search<'s> {
    /// Where to start.
    pub(super) base: &'s [u8],
    /// How far to look.
    pub(super) scope: Scope,
    /// Which objects.
    pub(super) filter: &'s Filter,
    /// Which of their attributes.
    pub(super) attributes: &'s [&'s str],
    /// The most objects at once; 0 asks for all at once.
    pub(super) page: u32,
}

/// What a search finds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Found<'c> {
    /// An object; see [`super::entry::Entry`].
    Entry(&'c [u8]),
    /// Where else to look: URLs, each an element.
    Reference(&'c [u8]),
}

/// Where the pages of a search go.
pub(super) trait Sink {
    /// Takes what was found.
    fn found(&mut self, found: Found<'_>) -> std::result::Result<(), Fault>;

    /// After a page, when nothing is under way on the connection; `expected` is how many objects the server thinks there
    /// are in all, 0 when it does not say.
    fn between(&mut self, connection: &mut Connection<'_>, expected: u64) -> std::result::Result<(), Fault>;

    /// After the next page was asked for: what takes time is done while the server is at it.
    fn meanwhile(&mut self) -> std::result::Result<(), Fault> {
        Ok(())
    }
}

impl Connection<'_> {
    /// Asks for all pages. OpenLDAP pages one search at a time on a connection, and so does this.
    pub(super) fn pages(
        &mut self,
        search: &Search<'_>,
        sink: &mut dyn Sink,
    ) -> std::result::Result<(), Fault> {
        let (mut cookie, mut empty) = (Vec::new(), 0);
        // The hashes of the first entries of pages: none comes twice, unless the server goes round in circles.
        let (key, mut firsts) = (RandomState::new(), HashSet::new());
        // The end of a page is where the page before had it.
        let mut length = if search.page == 0 { u32::MAX } else { search.page };
        loop {
            let mut first = None;
            let id = self.request(search, &cookie, length)?;
            sink.meanwhile()?;
            length = 0;
            let page = self.page(search, id, &mut |found| {
                length = length.saturating_add(1);
                if let (None, Found::Entry(body)) = (first, &found) {
                    first = Some(key.hash_one(body));
                }
                sink.found(found)
            });
            let next = match page {
                Err(fault) if cookie.is_empty() && search.page > 0 => {
                    return Err(fault.of_the_first_page(length));
                }
                page => page?,
            };
            if !next.paged && length == search.page && search.page > 0 {
                return Err(Fault::Cut(length));
            }
            sink.between(self, next.expected)?;
            cookie = next.cookie;
            empty = if first.is_none() { empty + 1 } else { 0 };
            if cookie.is_empty() {
                return Ok(());
            }
            if empty > EMPTY_PAGES || first.is_some_and(|first| !firsts.insert(first)) {
                return Err(Fault::Circle);
            }
        }
    }

    /// Asks for one page, which may have so many entries; gives the number of the message.
    fn request(
        &mut self,
        search: &Search<'_>,
        cookie: &[u8],
        expected: u32,
    ) -> std::result::Result<i64, Fault> {
        self.clock().pace()?;
        let mut controls = Vec::new();
        if search.page > 0 {
            paged(search.page, cookie, &mut controls);
        }
        self.expect(expected);
        self.send(&controls, |into| encoded(search, into))
    }

    /// Takes the page that was asked for.
    fn page(
        &mut self,
        search: &Search<'_>,
        id: i64,
        each: &mut dyn FnMut(Found<'_>) -> std::result::Result<(), Fault>,
    ) -> std::result::Result<Next, Fault> {
        let mut idle = None;
        loop {
            let message = self.receive(id)?;
            match message.tag {
                ENTRY => each(Found::Entry(message.body))?,
                REFERENCE => each(Found::Reference(message.body))?,
                INTERMEDIATE => {
                    self.clock().patient(*idle.get_or_insert_with(Instant::now))?;
                    continue;
                }
                DONE => {
                    Outcome::read(&mut Ber(message.body))?.below(search.base).checked()?;
                    return Ok(Next::read(message.controls)?);
                }
                _ => return Err(Fault::Malformed),
            }
            // Nothing but words in between is no answer.
            idle = None;
        }
    }

    /// Asks for the first page, or for all at once where the search is not paged.
    pub(super) fn find(
        &mut self,
        search: &Search<'_>,
        each: &mut dyn FnMut(&[u8]) -> std::result::Result<(), Fault>,
    ) -> std::result::Result<(), Fault> {
        let id = self.request(search, &[], 0)?;
        self.page(search, id, &mut |found| match found {
            Found::Entry(entry) => each(entry),
            Found::Reference(_) => Ok(()),
        })?;
        Ok(())
    }
}

fn encoded(search: &Search<'_>, into: &mut Vec<u8>) {
    nest(into, SEARCH, |into| {
        put(into, tag::OCTETS, search.base);
        put_number(into, tag::ENUMERATED, search.scope as i64);
        // Aliases are never followed: what they name is found where it is.
        put_number(into, tag::ENUMERATED, 0);
        put_number(into, tag::INTEGER, 0);
        put_number(into, tag::INTEGER, 0);
        put(into, tag::BOOLEAN, &[0]);
        into.extend_from_slice(&search.filter.0);
        nest(into, tag::SEQUENCE, |into| {
            search.attributes.iter().for_each(|name| put(into, tag::OCTETS, name.as_bytes()));
        });
    });
}

/// The control, not critical: a server that does not know it gives everything, or says that it does not.
fn paged(size: u32, cookie: &[u8], into: &mut Vec<u8>) {
    nest(into, tag::SEQUENCE, |into| {
        put(into, tag::OCTETS, PAGED);
        nest(into, tag::OCTETS, |into| {
            nest(into, tag::SEQUENCE, |into| {
                put_number(into, tag::INTEGER, size.into());
                put(into, tag::OCTETS, cookie);
            });
        });
    });
}

/// What the server says with a page.
#[derive(Debug, Default, PartialEq, Eq)]
struct Next {
    /// Whether it says anything about pages.
    paged: bool,
    /// For the next page; empty after the last.
    cookie: Vec<u8>,
    /// How many objects it thinks there are in all; 0 when it does not say.
    expected: u64,
}

impl Next {
    fn read(controls: &[u8]) -> std::result::Result<Self, Malformed> {
        let mut controls = Ber(controls);
        while !controls.is_empty() {
            let mut control = Ber(controls.take(tag::SEQUENCE)?);
            if control.take(tag::OCTETS)? != PAGED {
                continue;
            }
            control.take_if(tag::BOOLEAN)?;
            let mut value = Ber(Ber(control.take(tag::OCTETS)?).take(tag::SEQUENCE)?);
            let expected = u64::try_from(value.number(tag::INTEGER)?).unwrap_or(0);
            return Ok(Self { paged: true, cookie: value.take(tag::OCTETS)?.to_vec(), expected });
        }
        Ok(Self::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_encoded() {
        let Filter(bytes) = Filter::parse("(&(a=b)(!(c=*)))").unwrap();
        let mut and = Ber(Ber(&bytes).take(0xa0).unwrap());
        let mut equal = Ber(and.take(0xa3).unwrap());
        assert_eq!((equal.take(4), equal.take(4)), (Ok(&b"a"[..]), Ok(&b"b"[..])));
        assert_eq!(Ber(and.take(0xa2).unwrap()).take(0x87), Ok(&b"c"[..]));
        assert!(Filter::parse("(a=b").is_err() && Filter::parse("").is_err());
    }

    #[test]
    fn the_cookie_is_found_among_controls() {
        let mut controls = Vec::new();
        nest(&mut controls, tag::SEQUENCE, |into| put(into, tag::OCTETS, b"1.2.3"));
        paged(70, b"more", &mut controls);
        assert_eq!(Next::read(&controls), Ok(Next { paged: true, cookie: b"more".to_vec(), expected: 70 }));
        assert_eq!(Next::read(&[]), Ok(Next::default()));
        assert_eq!(Next::read(&controls[..controls.len() - 1]), Err(Malformed));
    }
}
