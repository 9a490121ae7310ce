//! What the targets share: a file is read and audited from its bytes, twice, with the same result.

use std::io::{Seek, Write};
use std::sync::Mutex;

use dirsync_audit::audit::{self, Memory, Progress, Report, Stage};
use dirsync_audit::error::Result;
use dirsync_audit::model::{AttrSet, Input};
use dirsync_audit::rules::verdict::{Judged, Plan};
use dirsync_audit::rules::{self, Context, RuleSet, Scenario};
use dirsync_audit::source::{self, Options, Source};

/// Takes the users and counts them.
#[derive(Default)]
struct Count(Mutex<u64>);

impl Report for Count {
    type Part = u64;

    fn part(&self) -> u64 {
        0
    }

    fn user(&self, part: &mut u64, judged: &Judged<'_, '_>) {
        *part += 1;
        assert!(judged.findings.iter().all(|finding| !finding.message.is_empty()));
    }

    fn take(&self, part: u64) -> Result<()> {
        *self.0.lock().unwrap() += part;
        Ok(())
    }
}

impl Progress for Count {
    fn advance(&self, _: Stage, _: u64, _: u64) {}
}

/// Every value of every record, and the damage.
fn read(source: &Source) -> Option<(Vec<String>, String)> {
    let (mut values, mut damage) = (Vec::new(), source.about().problems.clone());
    for block in source.blocks().ok()? {
        let more = source.records(&block.ok()?, AttrSet::ALL, &mut |record| {
            let user = &record.user;
            values.push(format!("{} {:?} {:?}", record.place.line(), user, record.incomplete));
        });
        damage.merge(&more);
    }
    Some((values, format!("{damage:?}")))
}

/// Reads and audits a file with these bytes.
pub fn audit(bytes: &[u8]) {
    let mut file = tempfile::NamedTempFile::new_in(memory()).unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    let Ok(source) = source::open(&path, &Options::default()) else { return };
    let mut first = read(&source);
    while !source.settled().unwrap() {
        first = read(&source);
    }
    assert_eq!(first, read(&source), "two readings differ");
    let mut all = RuleSet::NONE;
    rules::all().enumerate().for_each(|(place, _)| all.insert(place));
    let plan = Plan::new(Context::of(Scenario::LyncHybrid), all, &[]);
    let (inputs, count): (Vec<&dyn Input>, _) = (vec![&source], Count::default());
    let outcome = audit::run(&inputs, &plan, None, &Memory::unlimited(), &count, &count).unwrap();
    assert_eq!(outcome.sources[0].objects, *count.0.lock().unwrap());
    let failed = outcome.sources[0].problems.iter().any(|(problem, _)| problem.code() == "rule-failed");
    assert!(!failed, "a rule failed");
}

/// Where temporary files cost nothing.
fn memory() -> std::path::PathBuf {
    let shared = std::path::Path::new("/dev/shm");
    if shared.is_dir() { shared.to_owned() } else { std::env::temp_dir() }
}
