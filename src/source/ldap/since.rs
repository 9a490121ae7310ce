//! The changes since an earlier fetch alone, under the same identity of the same server's database.
//!
//! What changed is what has a higher number of change. A plain account cannot see deleted objects, so a pass over the
//! identities of all objects finds what is gone; it also finds what moved with its folder, which changes no number.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Seek};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::checkpoint::{Checkpoint, Task};
use super::connection::Connection;
use super::dial::Dialer;
use super::entry::{Asked, Entry};
use super::fault::Fault;
use super::part::Part;
use super::read::{Excluded, FEW, Records};
use super::root::any;
use super::search::{Filter, Found, Scope, Search, Sink};
use super::slices::Slice;
use crate::error::{Error, Result};
use crate::source::fetched::Comments;
use crate::source::spool;

/// An earlier fetch that can be built on.
pub(super) struct Earlier {
    file: File,
    /// The last change that it knows.
    pub(super) change: u64,
    /// The names of its objects, as hashes of their octets.
    names: HashMap<[u8; 16], blake3::Hash>,
}

/// A record of a file.
struct Kept<'f> {
    dn: Vec<u8>,
    guid: Option<[u8; 16]>,
    /// Its lines, without the blank one behind it.
    lines: &'f [Vec<u8>],
}

impl Earlier {
    /// Opens an earlier fetch; the inner error says why it cannot be built on.
    pub(super) fn open(path: &Path, task: &Task) -> Result<std::result::Result<Self, String>> {
        let name = path.display().to_string();
        let packed = File::open(path).map_err(Error::io("open", path))?;
        let mut file = spool::spool(&name, packed)?.file;
        let (mut comments, mut records) = (Comments::default(), 0);
        let (mut names, mut anonymous) = (HashMap::new(), false);
        each_record(&mut file, &mut |line| comments.take(line), &mut |record| {
            records += 1;
            match record.guid {
                Some(guid) => {
                    names.insert(guid, blake3::hash(&record.dn));
                }
                None => anonymous = true,
            }
            Ok(())
        })?;
        let header = &comments.header;
        let why = if comments.heads != 1 || !comments.is_whole(records) {
            "it is no whole fetched file"
        } else if comments.complete != 1 {
            "it is incomplete"
        } else if header.bases != task.bases
            || header.excluded != task.excluded
            || header.filter != task.filter
        {
            "it was fetched with another base or filter"
        } else if header.asked != task.attributes {
            "it has other attributes"
        } else if anonymous || names.len() as u64 != records {
            "it has objects without an objectGUID"
        } else {
            match (&header.change, &task.change) {
                (Some((theirs, change)), Some((ours, _))) if theirs == ours => {
                    return Ok(Ok(Self { file, change: *change, names }));
                }
                _ => "it is from another server, or the server's database was restored",
            }
        };
        Ok(Err(why.to_owned()))
    }

    /// The task of reading what changed.
    pub(super) fn task(&self, task: &Task) -> Task {
        let filter = format!("(&{}(uSNChanged>={}))", task.filter, self.change.saturating_add(1));
        Task { filter, ..task.clone() }
    }

    /// Adds to what changed all that did not and is still there. Gives `false` when too much is not known, so that
    /// everything has to be read.
    pub(super) fn complete(
        &mut self,
        changed: &mut Checkpoint,
        task: &Task,
        excluded: &Excluded,
        dialer: &Dialer<'_>,
    ) -> std::result::Result<bool, Fault> {
        let mut new = HashSet::new();
        changed.parts(|part| {
            let copy = part.try_clone().map_err(Error::io("read", "a part"))?;
            let mut unpacked = spool::spool("what changed", copy)?;
            each_record(&mut unpacked.file, &mut |_| {}, &mut |record| {
                new.extend(record.guid);
                Ok(())
            })
        })?;
        let (mut connection, _, present) =
            dialer.with(|connection| self.present(connection, task, excluded, &new))?;
        if present.unknown.len() > FEW || present.nameless {
            return Ok(false);
        }
        let names: Vec<&str> = task.attributes.iter().map(String::as_str).collect();
        let number = changed.free();
        let key = std::hash::RandomState::new();
        let mut records = Records::new(changed.part(number)?, Asked::new(&names), excluded, &key);
        let gone = self.keep(&present, &new, &mut records)?;
        if gone.len() > FEW || any_stands(&mut connection, &gone, task)? {
            return Ok(false);
        }
        late(&mut connection, &present.unknown, task, &mut records)?;
        changed.add(number, Slice::whole(0));
        changed.finish(number, records.part, records.found)?;
        Ok(true)
    }

    /// Goes over the identities of all objects.
    fn present(
        &self,
        connection: &mut Connection<'_>,
        task: &Task,
        excluded: &Excluded,
        new: &HashSet<[u8; 16]>,
    ) -> std::result::Result<Present, Fault> {
        let filter = Filter::parse(&task.filter)?;
        let mut pass = Pass { earlier: self, new, excluded, found: Present::default() };
        for base in &task.bases {
            let search = Search {
                base: base.as_bytes(),
                scope: Scope::Subtree,
                filter: &filter,
                attributes: &["objectGUID"],
                page: PAGE,
            };
            connection.pages(&search, &mut pass)?;
        }
        Ok(pass.found)
    }

    /// Copies the records of objects that did not change, under the names that they have now. Gives the others that are
    /// there no more, not many more than a few.
    fn keep(
        &mut self,
        present: &Present,
        new: &HashSet<[u8; 16]>,
        records: &mut Records<'_>,
    ) -> Result<Vec<Gone>> {
        let Records { part, asked, found, .. } = records;
        let mut gone = Vec::new();
        each_record(&mut self.file, &mut |_| {}, &mut |record| {
            let Some(guid) = record.guid.filter(|guid| !new.contains(guid)) else { return Ok(()) };
            if !present.all.contains(&guid) {
                if gone.len() <= FEW {
                    gone.push((guid, record.dn));
                }
                return Ok(());
            }
            copy(&record, present.moved.get(&guid), part, asked);
            found.records += 1;
            part.settle()
        })?;
        found.seen = asked.seen;
        Ok(gone)
    }
}

/// An object that a pass has not met: its identity, and its name in the earlier fetch.
type Gone = ([u8; 16], Vec<u8>);

/// Whether any of them stands where it was, so that the pass has not met everybody.
fn any_stands(
    connection: &mut Connection<'_>,
    gone: &[Gone],
    task: &Task,
) -> std::result::Result<bool, Fault> {
    let filter = Filter::parse(&task.filter)?;
    for (guid, dn) in gone {
        let search =
            Search { base: dn, scope: Scope::Base, filter: &filter, attributes: &["objectGUID"], page: 0 };
        let mut stands = false;
        let asked = connection.find(&search, &mut |body| {
            stands |= Entry::read(body)?.value("objectGUID")? == Some(&guid[..]);
            Ok(())
        });
        match asked {
            Ok(()) if stands => return Ok(true),
            Ok(()) => {}
            Err(fault) if fault.is_gone() => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(false)
}

/// How many identities a page has.
const PAGE: u32 = 1000;

fn copy(record: &Kept<'_>, moved: Option<&Vec<u8>>, part: &mut Part, asked: &mut Asked<'_>) {
    for (place, line) in record.lines.iter().enumerate() {
        match moved {
            Some(dn) if place == 0 => super::entry::line(&mut part.text, "dn", "", dn),
            _ => {
                part.text.extend_from_slice(line);
                part.text.push(b'\n');
            }
        }
        let end = line.iter().position(|b| matches!(b, b':' | b';')).unwrap_or(line.len());
        asked.takes(std::str::from_utf8(&line[..end]).unwrap_or_default());
    }
    part.text.push(b'\n');
}

/// Objects that are there without being known or changed: they came in with their folder, or can be seen only now.
fn late(
    connection: &mut Connection<'_>,
    unknown: &[Vec<u8>],
    task: &Task,
    records: &mut Records<'_>,
) -> std::result::Result<(), Fault> {
    let (filter, names) = (any()?, task.attributes.iter().map(String::as_str).collect::<Vec<_>>());
    for dn in unknown {
        let search = Search { base: dn, scope: Scope::Base, filter: &filter, attributes: &names, page: 0 };
        let found = connection.find(&search, &mut |body| records.keep(body));
        match found {
            Ok(()) => records.between(connection, 0)?,
            Err(fault) if fault.is_gone() => {}
            Err(fault) => return Err(fault),
        }
    }
    records.found.seen |= records.asked.seen;
    Ok(())
}

/// What is there now.
#[derive(Default)]
struct Present {
    all: HashSet<[u8; 16]>,
    /// The new names of objects that did not change themselves.
    moved: HashMap<[u8; 16], Vec<u8>>,
    /// The names of objects that are neither known nor changed; no more than a few.
    unknown: Vec<Vec<u8>>,
    /// Whether an object shows no identity.
    nameless: bool,
}

struct Pass<'p> {
    earlier: &'p Earlier,
    new: &'p HashSet<[u8; 16]>,
    excluded: &'p Excluded,
    found: Present,
}

impl Sink for Pass<'_> {
    fn found(&mut self, found: Found<'_>) -> std::result::Result<(), Fault> {
        let Found::Entry(body) = found else { return Ok(()) };
        let entry = Entry::read(body)?;
        if self.excluded.has(entry.dn) {
            return Ok(());
        }
        let Some(guid) = entry.value("objectGUID")?.and_then(|octets| octets.try_into().ok()) else {
            self.found.nameless = true;
            return Ok(());
        };
        self.found.all.insert(guid);
        if self.new.contains(&guid) {
            return Ok(());
        }
        match self.earlier.names.get(&guid) {
            Some(name) if *name == blake3::hash(entry.dn) => {}
            Some(_) => {
                self.found.moved.insert(guid, entry.dn.to_vec());
            }
            None if self.found.unknown.len() <= FEW => self.found.unknown.push(entry.dn.to_vec()),
            None => {}
        }
        Ok(())
    }

    fn between(&mut self, connection: &mut Connection<'_>, _: u64) -> std::result::Result<(), Fault> {
        connection.clock().check()
    }
}

/// Gives the comments and the records of a file that this program has written.
fn each_record(
    file: &mut File,
    comment: &mut dyn FnMut(&str),
    each: &mut dyn FnMut(Kept<'_>) -> Result<()>,
) -> Result<()> {
    let failed = |why| Error::io("read", "the earlier fetch")(why);
    file.rewind().map_err(failed)?;
    let mut lines: Vec<Vec<u8>> = Vec::new();
    let reader = BufReader::with_capacity(1 << 18, file);
    for line in reader.split(b'\n').chain(std::iter::once(Ok(Vec::new()))) {
        let line = line.map_err(failed)?;
        if line.starts_with(b"#") {
            comment(&String::from_utf8_lossy(&line));
        } else if !line.is_empty() {
            lines.push(line);
        } else if let Some(dn) = lines.first().and_then(|line| value(line, "dn")) {
            let guid = lines.iter().find_map(|line| value(line, "objectGUID"));
            each(Kept { dn, guid: guid.and_then(|octets| octets.try_into().ok()), lines: &lines })?;
            lines.clear();
        } else {
            lines.clear();
        }
    }
    Ok(())
}

/// The value of a line, if it is of this attribute.
fn value(line: &[u8], name: &str) -> Option<Vec<u8>> {
    let (own, rest) = line.split_at_checked(name.len())?;
    if !own.eq_ignore_ascii_case(name.as_bytes()) {
        return None;
    }
    match rest.strip_prefix(b":: ") {
        Some(coded) => STANDARD.decode(coded).ok(),
        None => rest.strip_prefix(b": ").map(<[u8]>::to_vec),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::part::Packing;
    use super::super::slices::Cut;
    use super::*;
    use crate::source::fetched::Header;

    fn task() -> Task {
        Task {
            bases: vec!["DC=a".into()],
            excluded: Vec::new(),
            filter: "(a=b)".into(),
            attributes: vec!["objectGUID".into(), "mail".into()],
            packing: Packing::Plain,
            change: Some(("dc1".into(), 20)),
            cut: Cut::WHOLE,
        }
    }

    fn file(change: &mut dyn FnMut(&mut Header)) -> tempfile::NamedTempFile {
        let mut header = Header {
            bases: vec!["DC=a".into()],
            filter: "(a=b)".into(),
            asked: task().attributes,
            change: Some(("dc1".into(), 7)),
            records: 1,
            ..Header::default()
        };
        change(&mut header);
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let guid = STANDARD.encode([7; 16]);
        write!(
            file,
            "{}dn: CN=x,DC=a\nobjectGUID:: {guid}\nmail: x@a.co\n\n{}",
            header.start(),
            header.end()
        )
        .unwrap();
        file
    }

    #[test]
    fn only_a_whole_file_of_the_same_fetch_is_built_on() {
        let opened =
            |change: &mut dyn FnMut(&mut Header)| Earlier::open(file(change).path(), &task()).unwrap();
        let earlier = opened(&mut |_| {}).unwrap();
        assert_eq!((earlier.change, earlier.names.len()), (7, 1));
        assert_eq!(earlier.task(&task()).filter, "(&(a=b)(uSNChanged>=8))");
        let refused: [&mut dyn FnMut(&mut Header); 5] = [
            &mut |header| header.records = 2,
            &mut |header| header.missing.push("x".into()),
            &mut |header| header.filter.push('x'),
            &mut |header| header.asked.clear(),
            &mut |header| header.change = Some(("dc2".into(), 7)),
        ];
        for change in refused {
            assert!(opened(change).is_err());
        }
    }
}
