//! The directory in branches, where no key slices it: what stands right below a base, and each subtree by itself.
//!
//! Which objects have others below them is asked of the server (`hasSubordinates`, X.501); that it knows is tried out
//! first, and the count finds what it got wrong.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::connection::Connection;
use super::entry::Entry;
use super::fault::Fault;
use super::read::Excluded;
use super::search::{Filter, Found, Scope, Search, Sink};

/// What has others below it.
const INNER: &str = "(hasSubordinates=TRUE)";
/// What has none.
const LEAF: &str = "(!(hasSubordinates=TRUE))";
/// The most branches right below an object that are read one by one, and how often the server is asked for them.
const MOST: usize = 256;
const QUESTIONS: usize = 32;

/// A part of what is below a base.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Branch {
    /// An object alone.
    Object(String),
    /// What stands right below an object and has nothing below it.
    Leaves(String),
    /// An object and everything below it.
    All(String),
}

impl Branch {
    /// The object, and how far below it the search goes.
    pub(super) fn place(&self) -> (&str, Scope) {
        match self {
            Self::Object(dn) => (dn, Scope::Base),
            Self::Leaves(dn) => (dn, Scope::OneLevel),
            Self::All(dn) => (dn, Scope::Subtree),
        }
    }

    /// The filter for those of its objects that fit another one.
    pub(super) fn filter(&self, all: &str) -> String {
        match self {
            Self::Leaves(_) => format!("(&{LEAF}{all})"),
            _ => all.to_owned(),
        }
    }
}

/// The branches below a base, about as many as are wanted; `None` where there are none, or the server does not know.
pub(super) fn find(
    connection: &mut Connection<'_>,
    base: &str,
    filter: &str,
    excluded: &Excluded,
    wanted: usize,
) -> Result<Option<Vec<Branch>>, Fault> {
    if base.is_empty() || !knows(connection, base.as_bytes(), true)? {
        return Ok(None);
    }
    // Whether it knows it of objects that have nothing below them: of one that fits, if there is one.
    let fits = format!("(&{LEAF}{filter})");
    let Some(leaf) = first(connection, base, &fits)? else { return Ok(None) };
    if !knows(connection, &leaf, false)? {
        return Ok(None);
    }
    let (mut flat, mut open, mut whole) = (Vec::new(), VecDeque::from([base.to_owned()]), Vec::new());
    for _ in 0..QUESTIONS {
        if open.len() + whole.len() >= wanted && !flat.is_empty() {
            break;
        }
        let Some(dn) = open.pop_front() else { break };
        match below(connection, &dn)? {
            Some(inner) if !inner.is_empty() => {
                flat.extend([Branch::Object(dn.clone()), Branch::Leaves(dn)]);
                open.extend(inner.into_iter().filter(|dn| !excluded.has(dn.as_bytes())));
            }
            _ => whole.push(dn),
        }
    }
    flat.extend(whole.into_iter().chain(open).map(Branch::All));
    Ok((flat.len() > 1).then_some(flat))
}

/// Whether the server knows of an object that it has others below it, or that it has not.
fn knows(connection: &mut Connection<'_>, dn: &[u8], inner: bool) -> Result<bool, Fault> {
    for (filter, expected) in [(INNER, inner), (LEAF, !inner)] {
        let filter = Filter::parse(filter)?;
        let search = Search { base: dn, scope: Scope::Base, filter: &filter, attributes: &["1.1"], page: 0 };
        let mut found = false;
        let asked = connection.find(&search, &mut |_| {
            found = true;
            Ok(())
        });
        match asked {
            Ok(()) if found == expected => {}
            Ok(()) | Err(Fault::Refused(_)) => return Ok(false),
            Err(other) => return Err(other),
        }
    }
    Ok(true)
}

/// The name of the first object that fits.
fn first(connection: &mut Connection<'_>, base: &str, filter: &str) -> Result<Option<Vec<u8>>, Fault> {
    let filter = Filter::parse(filter)?;
    let search = Search {
        base: base.as_bytes(),
        scope: Scope::Subtree,
        filter: &filter,
        attributes: &["1.1"],
        page: 1,
    };
    let mut name = None;
    let asked = connection.find(&search, &mut |body| {
        let dn = Entry::read(body)?.dn.to_vec();
        name.get_or_insert(dn);
        Ok(())
    });
    match asked {
        Ok(()) | Err(Fault::Refused(_)) => Ok(name),
        Err(other) => Err(other),
    }
}

/// What stands right below an object and has others below it; `None` where that is too much, or cannot be read.
fn below(connection: &mut Connection<'_>, dn: &str) -> Result<Option<Vec<String>>, Fault> {
    let filter = Filter::parse(INNER)?;
    let search = Search {
        base: dn.as_bytes(),
        scope: Scope::OneLevel,
        filter: &filter,
        attributes: &["1.1"],
        page: 100,
    };
    let mut listed = Listed(Some(Vec::new()));
    match connection.pages(&search, &mut listed) {
        Ok(()) => Ok(listed.0),
        Err(Fault::Refused(_) | Fault::Unpaged(_) | Fault::Cut(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

/// Names, while they are few and can be read.
struct Listed(Option<Vec<String>>);

impl Sink for Listed {
    fn found(&mut self, found: Found<'_>) -> Result<(), Fault> {
        let Found::Entry(body) = found else { return Ok(()) };
        let name = String::from_utf8(Entry::read(body)?.dn.to_vec()).ok();
        self.0 = self.0.take().zip(name).filter(|(names, _)| names.len() < MOST).map(|(mut names, name)| {
            names.push(name);
            names
        });
        Ok(())
    }

    fn between(&mut self, connection: &mut Connection<'_>, _: u64) -> Result<(), Fault> {
        connection.clock().check()
    }
}
