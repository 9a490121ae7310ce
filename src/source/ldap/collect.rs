//! The objects of a search kept in memory, with what is missing of them.

use super::ber::{Ber, tag};
use super::connection::Connection;
use super::entry::Entry;
use super::fault::Fault;
use super::search::{self, Sink};
use crate::model::configuration::Object;

/// The most bytes of values and names. Nothing that is read here is nearly as large, and a server can send without end.
const MOST: usize = 64 << 20;

/// The objects of a search.
pub(super) struct Found {
    /// In the order of their DNs, each once.
    pub(super) objects: Vec<Object>,
    /// Why these are not all, or not whole.
    pub(super) missing: Option<String>,
}

/// Takes the objects of a search.
pub(super) struct Collected {
    names: &'static [&'static str],
    objects: Vec<Object>,
    bytes: usize,
    missing: Option<String>,
}

impl Collected {
    /// Nothing yet; these attributes are kept.
    pub(super) fn new(names: &'static [&'static str]) -> Self {
        Self { names, objects: Vec::new(), bytes: 0, missing: None }
    }

    /// What came.
    pub(super) fn found(mut self) -> Found {
        self.objects.sort_by(|a, b| a.dn.cmp(&b.dn));
        self.objects.dedup_by(|a, b| a.dn == b.dn);
        Found { objects: self.objects, missing: self.missing }
    }

    fn keep(&mut self, body: &[u8]) -> Result<(), Fault> {
        let mut entry = Entry::read(body)?;
        let mut object = Object { dn: entry.dn.to_vec(), values: Vec::new() };
        self.bytes += entry.dn.len();
        while let Some(mut attribute) = entry.next()? {
            let Some(name) = self.names.iter().find(|name| name.eq_ignore_ascii_case(attribute.name)) else {
                continue;
            };
            if !matches!(attribute.range, None | Some((0, None))) {
                self.missing = Some(format!("the server gave only a part of the values of {name}"));
            }
            while !attribute.values.is_empty() {
                let value = attribute.values.take(tag::OCTETS)?;
                self.bytes += value.len();
                object.values.push((name, value.to_vec()));
            }
        }
        self.objects.push(object);
        Ok(())
    }
}

impl Sink for Collected {
    fn found(&mut self, found: search::Found<'_>) -> Result<(), Fault> {
        match found {
            search::Found::Entry(body) => self.keep(body)?,
            search::Found::Reference(urls) => {
                let url = Ber(urls).take(tag::OCTETS).unwrap_or_default();
                let url = String::from_utf8_lossy(url);
                self.missing = Some(format!("a part is on another server, which is not asked: {url}"));
            }
        }
        if self.bytes > MOST {
            let what = "the server sends more than can be right".to_owned();
            return Err(Fault::Never(what, "name another server".into()));
        }
        Ok(())
    }

    fn between(&mut self, connection: &mut Connection<'_>, _: u64) -> Result<(), Fault> {
        connection.clock().check()
    }
}
