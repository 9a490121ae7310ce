//! Sources as a whole: written to a file, opened, read.

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
    fn get(&self, attr: Attr) -> &str {
        self.values.get(attr.ldap()).map_or("", String::as_str)
    }
}

/// Everything in a source, by way of its blocks; once more as long as it shows that it needs more care.
fn read(source: &Source) -> (Vec<Seen>, Problems) {
    loop {
        let seen = read_once(source);
        if source.settled() {
            return seen;
        }
    }
}

fn read_once(source: &Source) -> (Vec<Seen>, Problems) {
    let (mut all, mut problems) = (Vec::new(), Problems::default());
    for block in source.blocks().unwrap() {
        let block = block.unwrap();
        let more = source.records(&block, AttrSet::ALL, &mut |record| {
            let user = &record.user;
            let single = user.carried().iter().filter(|&attr| attr != Attr::ProxyAddresses);
            all.push(Seen {
                line: record.place.line(),
                carried: user.carried(),
                values: single.map(|attr| (attr.ldap(), user.get(attr).to_owned())).collect(),
                proxies: user.proxies().iter().map(|&proxy| proxy.to_owned()).collect(),
                incomplete: record.incomplete,
            });
        });
        problems.merge(&more);
    }
    (all, problems)
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
