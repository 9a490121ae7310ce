//! What is done with the objects of a search: kept as records, or only counted.

use std::hash::RandomState;

use super::ber::{Ber, tag};
use super::checkpoint::Finding;
use super::connection::Connection;
use super::entry::{self, Asked, Entry};
use super::fault::{Fault, Help};
use super::names::{Names, is_below, spelled};
use super::part::Part;
use super::root::any;
use super::search::{Found, Scope, Search, Sink};

/// How many places of other servers are kept.
const ELSEWHERE: usize = 100;

/// Which objects are left out.
#[derive(Debug, Clone, Default)]
pub(super) struct Excluded(Vec<String>);

impl Excluded {
    /// What is below these bases.
    pub(super) fn new(bases: &[String]) -> Self {
        Self(bases.iter().map(|base| spelled(base)).collect())
    }

    /// Whether an object is left out.
    pub(super) fn has(&self, dn: &[u8]) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let dn = spelled(&String::from_utf8_lossy(dn));
        self.0.iter().any(|base| is_below(&dn, base))
    }
}

/// Keeps objects as records.
pub(super) struct Records<'r> {
    pub(super) part: Part,
    pub(super) asked: Asked<'r>,
    pub(super) found: Finding,
    /// The hashes of the names.
    pub(super) names: Vec<u64>,
    excluded: &'r Excluded,
    key: &'r RandomState,
    /// Objects of which a server gave only the first values.
    held: Vec<Vec<u8>>,
    room: Vec<u8>,
    page: u64,
}

impl<'r> Records<'r> {
    pub(super) fn new(part: Part, asked: Asked<'r>, excluded: &'r Excluded, key: &'r RandomState) -> Self {
        Self {
            part,
            asked,
            found: Finding::default(),
            names: Vec::new(),
            excluded,
            key,
            held: Vec::new(),
            room: Vec::new(),
            page: 0,
        }
    }

    /// Keeps an object; one that cannot be read costs only itself.
    pub(super) fn keep(&mut self, body: &[u8]) -> Result<(), Fault> {
        let Ok(entry) = Entry::read(body) else {
            self.found.unreadable += 1;
            return Ok(());
        };
        if self.excluded.has(entry.dn) {
            return Ok(());
        }
        // Not every server ends a page.
        self.part.settle()?;
        let mut ranged = false;
        let before = self.part.text.len();
        let written = entry::write(entry, &mut self.asked, &mut self.part.text, &mut |_, _, _| {
            ranged = true;
            Ok(false)
        });
        match written {
            Ok(()) if ranged => {
                self.part.text.truncate(before);
                self.held.push(body.to_vec());
            }
            Ok(()) => self.kept(entry.dn),
            Err(Fault::Malformed) => {
                self.part.text.truncate(before);
                self.found.unreadable += 1;
            }
            Err(other) => return Err(other),
        }
        Ok(())
    }

    /// How many objects have come, whether they could be read or not.
    pub(super) fn met(&self) -> u64 {
        self.found.records + self.found.unreadable
    }

    /// How many of them were told to whoever watches.
    pub(super) fn told(&self) -> u64 {
        self.found.records - self.page
    }

    fn kept(&mut self, dn: &[u8]) {
        self.names.push(Names::hash(self.key, dn, &mut self.room));
        self.found.records += 1;
        self.page += 1;
    }

    /// Keeps the objects whose values come in pieces.
    fn complete(&mut self, connection: &mut Connection<'_>) -> Result<(), Fault> {
        for body in std::mem::take(&mut self.held) {
            let entry = Entry::read(&body)?;
            entry::write(entry, &mut self.asked, &mut self.part.text, &mut |name, from, each| {
                rest(connection, entry.dn, name, from, each)
            })?;
            self.kept(entry.dn);
        }
        Ok(())
    }
}

/// Asks for the values of an attribute from a place on; `false` when the server does not give them all.
fn rest(
    connection: &mut Connection<'_>,
    dn: &[u8],
    name: &str,
    mut from: u64,
    each: &mut dyn FnMut(&[u8]),
) -> Result<bool, Fault> {
    let filter = any()?;
    loop {
        let ranged = format!("{name};range={from}-*");
        let attributes = [ranged.as_str()];
        let search =
            Search { base: dn, scope: Scope::Base, filter: &filter, attributes: &attributes, page: 0 };
        let mut next = None;
        let asked = connection.find(&search, &mut |body| {
            let mut entry = Entry::read(body)?;
            while let Some(mut attribute) = entry.next()? {
                let Some((first, last)) = attribute.range else { continue };
                if first != from || !attribute.name.eq_ignore_ascii_case(name) {
                    continue;
                }
                while !attribute.values.is_empty() {
                    each(attribute.values.take(tag::OCTETS)?);
                }
                next = Some(last);
            }
            Ok(())
        });
        match (asked, next) {
            (Ok(()), Some(None)) => return Ok(true),
            (Ok(()), Some(Some(last))) if last >= from => from = last.saturating_add(1),
            (Ok(()), _) => return Ok(false),
            (Err(fault), _) if fault.help() == Help::Nothing && !fault.ends_the_run() => return Ok(false),
            (Err(fault), _) => return Err(fault),
        }
    }
}

impl Sink for Records<'_> {
    fn found(&mut self, found: Found<'_>) -> Result<(), Fault> {
        match found {
            Found::Entry(body) => self.keep(body),
            Found::Reference(urls) => {
                let mut urls = Ber(urls);
                // The first says where; the others are other ways to the same place.
                if let Ok(url) = urls.take(tag::OCTETS) {
                    let url = String::from_utf8_lossy(url).into_owned();
                    if !self.found.elsewhere.contains(&url) && self.found.elsewhere.len() < ELSEWHERE {
                        self.found.elsewhere.push(url);
                    }
                }
                Ok(())
            }
        }
    }

    fn between(&mut self, connection: &mut Connection<'_>, _: u64) -> Result<(), Fault> {
        self.complete(connection)?;
        self.found.seen = self.asked.seen;
        connection.clock().arrived(std::mem::take(&mut self.page));
        Ok(())
    }

    fn meanwhile(&mut self) -> Result<(), Fault> {
        Ok(self.part.settle()?)
    }
}

/// Counts objects.
pub(super) struct Counter<'r> {
    /// The hashes of the names.
    pub(super) names: Vec<u64>,
    /// Names that are wanted in full: those that `arrived` has not.
    pub(super) missing: Vec<Vec<u8>>,
    /// How many were counted below other bases.
    before: u64,
    /// What has arrived, where the names of the others are wanted.
    arrived: Option<&'r Names>,
    excluded: &'r Excluded,
    key: &'r RandomState,
    room: Vec<u8>,
}

/// How many missing objects are fetched one by one.
pub(super) const FEW: usize = 1000;

impl<'r> Counter<'r> {
    pub(super) fn new(
        excluded: &'r Excluded,
        key: &'r RandomState,
        before: u64,
        arrived: Option<&'r Names>,
    ) -> Self {
        Self { names: Vec::new(), missing: Vec::new(), before, arrived, excluded, key, room: Vec::new() }
    }
}

impl Sink for Counter<'_> {
    fn found(&mut self, found: Found<'_>) -> Result<(), Fault> {
        let Found::Entry(body) = found else { return Ok(()) };
        let entry = Entry::read(body)?;
        if self.excluded.has(entry.dn) {
            return Ok(());
        }
        let hash = Names::hash(self.key, entry.dn, &mut self.room);
        match self.arrived {
            None => self.names.push(hash),
            Some(arrived) if !arrived.has(hash) && self.missing.len() <= FEW => {
                self.missing.push(entry.dn.to_vec());
            }
            Some(_) => {}
        }
        Ok(())
    }

    fn between(&mut self, connection: &mut Connection<'_>, expected: u64) -> Result<(), Fault> {
        if self.arrived.is_none() {
            if expected > 0 {
                connection.clock().expected(self.before + expected);
            }
            connection.clock().counted(self.before + self.names.len() as u64, false);
        }
        connection.clock().check()
    }
}
