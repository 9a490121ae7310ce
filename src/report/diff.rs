//! Two finished reports, compared: `diff.csv` and `diff.json`.

use std::collections::HashMap;
use std::path::Path;

use serde::Serialize;

use super::baseline::{Baseline, both};
use super::earlier::{Earlier, Row};
use super::output::{Output, Written};
use super::table::{self, Dialect};
use super::{escape, place};
use crate::error::{Error, Result};
use crate::model::fold::hash;
use crate::rules;

/// The name of the table.
const TABLE: &str = "diff.csv";
/// The name of the file for programs.
const FILE: &str = "diff.json";

/// The columns of the table besides the first, `change`; named as in `findings.csv`.
const COLUMNS: [&str; 10] = [
    "dn",
    "object_guid",
    "user_principal_name",
    "code",
    "name",
    "severity",
    "attribute",
    "value",
    "message",
    "fingerprint",
];

/// How a finding of two reports stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Only the later report has it.
    New,
    /// Only the earlier report has it.
    Fixed,
    /// Both have it.
    Unchanged,
}

impl Change {
    fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Fixed => "fixed",
            Self::Unchanged => "unchanged",
        }
    }
}

/// How many findings are new, fixed and unchanged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Only the later report has them.
    pub new: u64,
    /// Only the earlier report has them.
    pub fixed: u64,
    /// Both have them.
    pub unchanged: u64,
}

impl Counts {
    fn add(&mut self, change: Change) {
        match change {
            Change::New => self.new += 1,
            Change::Fixed => self.fixed += 1,
            Change::Unchanged => self.unchanged += 1,
        }
    }
}

/// A report, as it is told in the difference.
#[derive(Debug, Clone, Serialize)]
pub struct Told {
    /// Its folder.
    pub report: String,
    /// When it ended, RFC 3339.
    pub ended: String,
}

/// A rule with findings in one of the reports.
#[derive(Debug, Clone, Serialize)]
pub struct Rule {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// How its findings stand.
    #[serde(flatten)]
    pub counts: Counts,
}

/// A user with a finding that is new or fixed.
#[derive(Debug, Clone, Serialize)]
pub struct User {
    /// The DN, as the later report has it if it has the user.
    pub dn: String,
    /// The objectGUID.
    pub object_guid: String,
    /// The sign-in name.
    pub user_principal_name: String,
    /// How the findings stand.
    #[serde(flatten)]
    pub counts: Counts,
}

/// The difference of two reports.
#[derive(Debug, Clone, Serialize)]
pub struct Diff {
    /// Changes only if a field changes its meaning.
    schema_version: u32,
    /// The earlier report.
    pub old: Told,
    /// The later report.
    pub new: Told,
    /// Over everything.
    pub total: Counts,
    /// By rule, in the order in which they were met.
    pub by_rule: Vec<Rule>,
    /// By user, those with a change only, in the order of the reports.
    pub by_user: Vec<User>,
    /// What makes the comparison less than sure.
    pub doubts: Vec<String>,
    #[serde(skip)]
    rules: HashMap<String, usize>,
    /// Counts by user, of all users.
    #[serde(skip)]
    users: HashMap<u64, (Counts, Option<usize>)>,
}

/// Compares two reports; `each` is called for every finding, those of the later report first.
///
/// # Errors
/// One of them is no whole report, or they cannot be compared.
fn compare(old: &Path, new: &Path, mut each: impl FnMut(Change, &Row<'_>) -> Result<()>) -> Result<Diff> {
    let (before, after) = (Earlier::open(old)?, Earlier::open(new)?);
    both(old, &before.summary, &after.summary)?;
    let baseline = Baseline::of(&before, old)?;
    let told = |report: &Earlier| Told {
        report: report.folder().display().to_string(),
        ended: report.summary.ended.clone(),
    };
    let mut diff = Diff {
        schema_version: 1,
        old: told(&before),
        new: told(&after),
        total: Counts::default(),
        by_rule: Vec::new(),
        by_user: Vec::new(),
        doubts: doubts(&before, &after),
        rules: HashMap::new(),
        users: HashMap::new(),
    };
    let mut later = Vec::new();
    after.findings(|row| {
        let print = row.fingerprint().unwrap_or_default();
        let change = if baseline.take(&print) { Change::Unchanged } else { Change::New };
        later.push(print);
        diff.add(change, row);
        each(change, row)
    })?;
    // The other way round: what the later report does not have.
    let later = Baseline::of_prints(later);
    before.findings(|row| {
        if !later.take(&row.fingerprint().unwrap_or_default()) {
            diff.add(Change::Fixed, row);
            each(Change::Fixed, row)?;
        }
        Ok(())
    })?;
    diff.finish();
    Ok(diff)
}

impl Diff {
    /// Compares two reports, and writes the difference into a folder if one is named.
    ///
    /// # Errors
    /// One of them is no whole report, they cannot be compared, or the files cannot be written.
    pub fn of(old: &Path, new: &Path, out: Option<&Path>) -> Result<(Self, Vec<Written>)> {
        let Some(dir) = out else { return Ok((compare(old, new, |_, _| Ok(()))?, Vec::new())) };
        place::create(dir)?;
        let mut file = Output::new(dir, TABLE)?;
        let dialect = Dialect { delimiter: b',', guard: true };
        let mut octets = "\u{feff}".as_bytes().to_vec();
        let headings: Vec<&str> = std::iter::once("change").chain(COLUMNS).collect();
        table::start(&mut octets, dialect, &headings, |out, name| out.extend_from_slice(name.as_bytes()));
        table::end(&mut octets);
        let diff = compare(old, new, |change, row| {
            let cells: Vec<&str> =
                std::iter::once(change.word()).chain(COLUMNS.iter().map(|column| row.get(column))).collect();
            table::start(&mut octets, dialect, &cells, |out, text| escape::cell(out, text, true));
            table::end(&mut octets);
            file.append(dir, &octets)?;
            octets.clear();
            Ok(())
        })?;
        file.append(dir, &octets)?;
        let mut json = Output::new(dir, FILE)?;
        let text =
            serde_json::to_vec_pretty(&diff).map_err(|failed| Error::io("write", FILE)(failed.into()))?;
        json.append(dir, &text)?;
        let written = vec![file.written(), json.written()];
        file.persist(dir)?;
        json.persist(dir)?;
        Ok((diff, written))
    }

    fn add(&mut self, change: Change, row: &Row<'_>) {
        self.total.add(change);
        let code = row.get("code");
        let next = self.by_rule.len();
        let place = *self.rules.entry(code.to_owned()).or_insert(next);
        if place == next {
            self.by_rule.push(Rule {
                code: code.to_owned(),
                name: row.get("name").to_owned(),
                counts: Counts::default(),
            });
        }
        self.by_rule[place].counts.add(change);
        let named = ["object_guid", "dn", "user_principal_name"].map(|column| row.get(column));
        let who = hash(named.into_iter().find(|text| !text.is_empty()).unwrap_or_default());
        let (counts, listed) = self.users.entry(who).or_default();
        counts.add(change);
        if change != Change::Unchanged && listed.is_none() {
            *listed = Some(self.by_user.len());
            let [guid, dn, upn] = named.map(str::to_owned);
            self.by_user.push(User {
                dn,
                object_guid: guid,
                user_principal_name: upn,
                counts: Counts::default(),
            });
        }
    }

    fn finish(&mut self) {
        for (counts, listed) in self.users.values() {
            if let Some(user) = listed.and_then(|place| self.by_user.get_mut(place)) {
                user.counts = *counts;
            }
        }
        let nth = |code: &str| rules::all().position(|rule| rule.code == code).unwrap_or(usize::MAX);
        self.by_rule.sort_by_key(|rule| nth(&rule.code));
    }
}

fn doubts(old: &Earlier, new: &Earlier) -> Vec<String> {
    let incomplete = |report: &Earlier| report.summary.sources.iter().any(|source| source.incomplete);
    let mut doubts = Vec::new();
    if incomplete(new) {
        doubts.push(
            "the input of the later report was incomplete: what could not be read looks fixed".to_owned(),
        );
    }
    if incomplete(old) {
        doubts.push(
            "the input of the earlier report was incomplete: what could not be read looks new".to_owned(),
        );
    }
    if old.summary.options.only != new.summary.options.only {
        doubts.push("not the same users were reported (--only): others look new or fixed".to_owned());
    }
    let only_in = |one: &Earlier, other: &Earlier| {
        let missing = one.summary.rules_run.iter().filter(|code| !other.summary.rules_run.contains(code));
        missing.cloned().collect::<Vec<_>>().join(", ")
    };
    for (codes, says) in [
        (only_in(old, new), "run only for the earlier report: their findings look fixed"),
        (only_in(new, old), "run only for the later report: their findings look new"),
    ] {
        if !codes.is_empty() {
            doubts.push(format!("{codes}: {says}"));
        }
    }
    doubts
}
