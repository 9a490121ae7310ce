//! A whole run on users in memory: what is printed, what is written.

use super::audit::pool;
use super::environment::Environment;
use super::exit::{Found, Status, audit_line};
use super::join::{Folder, Run, usual};
use super::opened::{Export, Opened};
use super::summary::{self, Summary};
use super::survey::Survey;
use super::terminal::Style;
use crate::audit::{self, Memory, Progress, Stage};
use crate::error::Result;
use crate::model::lines;
use crate::model::problem::{Problem, Problems};
use crate::model::record::Place;
use crate::model::{Attr, AttrSet, Block, Input, Record, User};
use crate::rules::Scenario;
use crate::rules::organisation::Organisation;
use crate::settings::{self, Key, Settings, Values};
use crate::source::About;

/// One user per line: DN, PUA, proxy address, mail; a line of `!` is damaged.
struct Lines(String, About);

impl Export for Lines {
    fn about(&self) -> &About {
        &self.1
    }

    fn hash(&self) -> Result<blake3::Hash> {
        Ok(blake3::hash(b""))
    }
}

impl Input for Lines {
    fn name(&self) -> &'static str {
        "users\u{1b}[2J.csv"
    }

    fn carried(&self) -> AttrSet {
        AttrSet::of(&[Attr::DistinguishedName, Attr::PrimaryUserAddress, Attr::ProxyAddresses, Attr::Mail])
    }

    fn blocks(&self) -> Result<Box<dyn Iterator<Item = Result<Block>> + Send + '_>> {
        let block = |(line, text): (usize, &str)| {
            Ok(Block {
                text: text.to_owned().into(),
                line: line as u64 + 1,
                bytes: text.len() as u64,
                ..Block::default()
            })
        };
        Ok(Box::new(self.0.lines().enumerate().map(block)))
    }

    fn records(&self, block: &Block, _: AttrSet, each: &mut dyn FnMut(&Record<'_>)) -> Problems {
        let mut problems = Problems::default();
        if block.text.as_str() == "!" {
            problems.add(Problem::LongRow, block.line);
            return problems;
        }
        let mut user = User::new(self.carried());
        let attrs = [Attr::DistinguishedName, Attr::PrimaryUserAddress, Attr::ProxyAddresses, Attr::Mail];
        for (attr, value) in
            attrs.into_iter().zip(block.text.split(';')).filter(|(_, value)| !value.is_empty())
        {
            user.set(attr, value);
        }
        each(&Record {
            user,
            place: Place { lines: &lines::Lines::new("", block.line), at: 0 },
            at: 0,
            incomplete: None,
        });
        problems
    }
}

pub(super) struct Silent;

impl Progress for Silent {
    fn advance(&self, _: Stage, _: u64, _: u64) {}
}

const USERS: &str = "CN=Ann;sip:ann@contoso.com;sip:ann@contoso.com;ann@contoso.com\n\
                     CN=Bob;sip:bob@contoso.com;SMTP:bob@contoso.com;bob@contoso.com\n\
                     CN=Eve;sip:eve@contoso.com;sip:eva@contoso.com;eve@contoso.com\n!\n";

fn lines() -> Lines {
    let about = About {
        flavour: "Get-ADUser | Export-Csv",
        encoding: "UTF-8",
        delimiter: Some(b';'),
        bytes: USERS.len() as u64,
        columns: Vec::new(),
        shape: "one row per object",
        rows: None,
        problems: Problems::default(),
        notes: Vec::new(),
    };
    Lines(USERS.to_owned(), about)
}

fn sources() -> Vec<Opened> {
    vec![Opened(Box::new(lines()))]
}

pub(super) fn settings(out: &std::path::Path) -> Settings {
    let mut values = Values::default();
    for (name, text) in [("scenario", "lync-onprem"), ("out", out.to_str().unwrap())] {
        let key = Key::find(name).unwrap();
        values.set(key, settings::option(key, std::iter::once(text.to_owned())));
    }
    let empty = tempfile::NamedTempFile::new().unwrap();
    settings::load(values, Some(empty.path()), None).unwrap().0
}

#[test]
fn a_run_prints_a_summary_and_leaves_a_report() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("report");
    let settings = settings(&out);
    let (sources, plan) = (sources(), settings.plan(Scenario::LyncOnPrem));
    let report = Folder::open(&settings, Scenario::LyncOnPrem, &Environment::default()).unwrap();
    let inputs: Vec<&dyn Input> = sources.iter().map(Opened::input).collect();
    let outcome = pool(2)
        .unwrap()
        .install(|| audit::run(&inputs, &plan, None, &Memory::unlimited(), &Silent, &report))
        .unwrap();
    let found = Found { counts: &outcome.counts, new: 0 };
    let status = Status::of(&found, true, &settings);
    let meaning = audit_line(status, &found, &settings);
    let run = Run {
        scenario: Scenario::LyncOnPrem,
        settings: &settings,
        plan: &plan,
        sources: &sources,
        outcome: &outcome,
        organisation: &Organisation::default(),
        started: "2026-01-01T00:00:00Z".into(),
        ended: "2026-01-01T00:00:01Z".into(),
        status,
        meaning: &meaning,
        seconds: 1.0,
        kept: None,
    };
    let files = report.finish(&run).unwrap();
    let missed = ["CN=Nobody".to_owned()];
    let shown = Summary { run: &run, files: &files, missed: &missed, compared: None, seconds: 0.1 };
    let text = summary::text(&shown, Style { colour: false, width: 80 });
    assert!(text.contains("users\\u{1b}[2J.csv") && !text.contains('\u{1b}'), "{text}");
    assert!(text.contains("2 of 3 users are not ready for lync-onprem (67 %)."), "{text}");
    assert!(text.contains("skipped: 1 × a row has more cells"), "{text}");
    assert!(text.contains("matched nobody: `CN=Nobody`"), "{text}");
    for line in text.lines().filter(|line| !line.starts_with("The report")) {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert!(meaning.starts_with("exit status 3: done, but the input was incomplete"), "{meaning}");
    for file in ["users.csv", "findings.csv", "summary.json"] {
        assert!(out.join(file).is_file(), "{file}");
    }
}

#[test]
fn the_least_memory_is_what_one_thread_needs() {
    assert_eq!(settings::LEAST_MEMORY, Memory::LEAST);
    assert_eq!(Memory::threads(Memory::LEAST, 8), 1);
    assert_eq!(Memory::beside(Memory::LEAST, 3 << 20, 1), Ok(29 << 20));
    assert_eq!(Memory::beside(Memory::LEAST, 4 << 20, 1), Err(33 << 20));
    assert_eq!(Memory::beside(Memory::LEAST, 0, 2), Err(65 << 20));
    assert_eq!([67, 68, 104].map(|limit| Memory::threads(limit << 20, 8)), [1, 2, 3]);
}

#[test]
fn a_survey_counts_what_is_there() {
    let survey = Survey::of(&lines()).unwrap();
    assert_eq!((survey.records, survey.puas, survey.sip_proxies), (3, 3, 2));
    assert!(survey.problems.incomplete());
    assert_eq!(survey.fits().0, Some(Scenario::LyncOnPrem));
}

#[test]
fn paths_are_written_as_people_write_them() {
    for (found, expected) in [
        (r"\\?\C:\exports\users.csv", r"C:\exports\users.csv"),
        (r"\\?\UNC\files\it\users.csv", r"\\files\it\users.csv"),
        ("/exports/users.csv", "/exports/users.csv"),
    ] {
        assert_eq!(usual(found.into()).to_str(), Some(expected));
    }
}
