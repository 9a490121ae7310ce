//! Sources as a whole: written to a file, opened, read.

mod assumed;
mod damage;
mod encodings;
mod flavours;
mod opening;
mod shapes;

use std::collections::BTreeMap;
use std::io::Write;

use super::*;
use crate::model::problem::Problem;

/// A record as it was read.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    line: u64,
    carried: AttrSet,
    values: BTreeMap<&'static str, String>,
    proxies: Vec<String>,
    incomplete: Option<&'static str>,
}

impl Seen {
    fn of(record: &Record<'_>) -> Self {
        let user = &record.user;
        let single = user.carried().iter().filter(|&attr| attr != Attr::ProxyAddresses);
        Self {
            line: record.place.line(),
            carried: user.carried(),
            values: single.map(|attr| (attr.ldap(), user.get(attr).to_owned())).collect(),
            proxies: user.proxies().iter().map(|&proxy| proxy.to_owned()).collect(),
            incomplete: record.incomplete,
        }
    }

    fn get(&self, attr: Attr) -> &str {
        self.values.get(attr.ldap()).map_or("", String::as_str)
    }
}

/// Everything in a source, by way of its blocks; once more as long as it shows that it needs more care.
fn read(source: &Source) -> (Vec<Seen>, Problems) {
    loop {
        let seen = read_once(source);
        if source.settled().unwrap() {
            return seen;
        }
    }
}

fn read_once(source: &Source) -> (Vec<Seen>, Problems) {
    let (mut all, mut problems) = (Vec::new(), Problems::default());
    for block in source.blocks().unwrap() {
        let block = block.unwrap();
        let (first, mut starts) = (all.len(), Vec::new());
        let more = source.records(&block, AttrSet::ALL, &mut |record| {
            starts.push(record.at);
            all.push(Seen::of(record));
        });
        problems.merge(&more);
        read_again(source, &block, &starts, &all[first..]);
    }
    (all, problems)
}

/// A block that says where it stands is the same there, and any of its records can be read alone.
fn read_again(source: &Source, block: &Block, starts: &[u32], all: &[Seen]) {
    let again = block.place.map_or_else(|| block.clone(), |place| source.block_at(&place).unwrap());
    assert_eq!((&again.text, again.line, again.place), (&block.text, block.line, block.place));
    assert!(starts.is_sorted_by(|a, b| a < b));
    for step in 1..4 {
        let some: Vec<u32> = starts.iter().copied().step_by(step).collect();
        let mut seen = Vec::new();
        // The line of a row is asked for nowhere in a second look, and may be another.
        source.some_records(&again, &some, AttrSet::ALL, &mut |record| seen.push(Seen::of(record)));
        seen.iter_mut().zip(all.iter().step_by(step)).for_each(|(seen, first)| seen.line = first.line);
        assert!(seen.iter().eq(all.iter().step_by(step)), "{seen:?}");
    }
}

/// A file with these bytes.
fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn open_bytes(bytes: &[u8]) -> Result<Source> {
    let file = file(bytes);
    open(file.path().to_str().unwrap(), &Options::default())
}

/// Records and problems of a text, of the opening too.
fn read_text(text: &str) -> (Vec<Seen>, Problems) {
    let source = open_bytes(text.as_bytes()).unwrap();
    let (seen, problems) = read(&source);
    let mut all = source.about().problems.clone();
    all.merge(&problems);
    (seen, all)
}

/// The kinds of damage, each with its lines.
fn kinds(problems: &Problems) -> Vec<(Problem, Vec<u64>)> {
    problems.iter().map(|(problem, tally)| (problem, tally.lines.clone())).collect()
}
