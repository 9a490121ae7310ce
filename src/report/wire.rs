//! `summary.json` as it stands in the file. Fields are only appended.
//!
//! Maps are sorted by key, so that the same summary gives the same octets. The types are read back by the commands
//! that work on a finished report.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The version of the file: it changes only if a field changes its meaning.
pub const SCHEMA_VERSION: u32 = 1;

/// How often each word occurs; every word of the report is there, also with 0.
pub type ByWord = BTreeMap<String, u64>;

/// The whole file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// What wrote it.
    pub tool: Tool,
    /// The scenario, as given to `--scenario`.
    pub scenario: String,
    /// The options in force, wherever they came from.
    pub options: Options,
    /// The sources, in the order given.
    pub sources: Vec<Source>,
    /// The codes of the rules that were run, in the order of the catalogue.
    pub rules_run: Vec<String>,
    /// The rules that could not be evaluated for some users, in the order of the catalogue.
    pub not_evaluated: Vec<NotEvaluated>,
    /// How often what was found.
    pub counts: Counts,
    /// The steps of the article.
    pub organisation_steps: Vec<OrganisationStep>,
    /// What was found of the organisation beside that: its domains, the versions of its schema.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub organisation_found: Vec<String>,
    /// What this audit cannot see.
    pub cannot_see: Vec<String>,
    /// What became of the history; null where none is kept.
    #[serde(default)]
    pub history: Option<Kept>,
    /// How the findings stand with those of the baseline; null without one.
    #[serde(default)]
    pub baseline: Option<Compared>,
    /// What was accepted.
    #[serde(default)]
    pub suppressions: Vec<Suppression>,
    /// The other files of the report.
    pub files: Vec<File>,
    /// When the run started, RFC 3339.
    pub started: String,
    /// When it ended, RFC 3339.
    pub ended: String,
    /// The exit status of the run.
    pub exit_status: u8,
    /// What the exit status means.
    pub exit_meaning: String,
}

impl Summary {
    /// Reads the summary of the report in a folder.
    ///
    /// # Errors
    /// There is none, it is damaged, or a later version has written it.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(super::summary::FILE);
        let octets = fs::read(&path).map_err(Error::io("read", &path))?;
        let refused = |what: String, remedy: &str| Error::output(&path, what, remedy);
        let summary: Self = serde_json::from_slice(&octets).map_err(|error| {
            refused(format!("this is no summary of a report: {error}"), "name the folder of a whole report")
        })?;
        if summary.schema_version != SCHEMA_VERSION {
            let what = format!("version {} of the summary is not known", summary.schema_version);
            return Err(refused(what, "use the version of the program that wrote the report"));
        }
        Ok(summary)
    }
}

/// What wrote the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The options in force that decide what is found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// The SIP domains of the deployment; empty when not given.
    pub sip_domains: Vec<String>,
    /// The domains that the tenant has verified; empty when not given.
    pub verified_domains: Vec<String>,
    /// The domains by which mail is routed to the tenant; empty when not given.
    pub routing_domains: Vec<String>,
    /// `onprem` or `online`: where mailboxes are whose home the input does not show.
    pub mailboxes: String,
    /// Codes or prefixes of the rules that are run; empty means all.
    pub select: Vec<String>,
    /// Codes or prefixes of the rules that are not run.
    pub ignore: Vec<String>,
    /// Severities set by the user: code → `error`, `warning` or `info`.
    pub severity: BTreeMap<String, String>,
    /// The file that says which users are reported; null when all are.
    pub only: Option<String>,
    /// `none`, `partial` or `hash`: how much is shown of users. Fingerprints compare only with those of a report
    /// redacted alike, under the same key.
    pub redact: String,
    /// Headings that mean an attribute: `HEADER=attribute`, as given.
    #[serde(default)]
    pub map: Vec<String>,
    /// The encoding as given; null when it was found out.
    #[serde(default)]
    pub encoding: Option<String>,
    /// The delimiter as given; null when it was found out.
    #[serde(default)]
    pub delimiter: Option<String>,
    /// What the key of the hashes is called: equal for equal keys, and it does not tell the key. Null without one.
    #[serde(default)]
    pub redact_key: Option<String>,
}

/// One source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The source as it was named.
    pub name: String,
    /// The absolute path of a file; null for standard input and servers, and in a redacted report.
    pub path: Option<String>,
    /// How many octets were read.
    pub bytes: u64,
    /// Their BLAKE3 hash, hexadecimal; null where it was not taken, and in a redacted report.
    pub blake3: Option<String>,
    /// When the file was modified last, RFC 3339; null when that is not known.
    pub modified: Option<String>,
    /// What kind of export it is.
    pub flavour: String,
    /// The encoding it was read in.
    pub encoding: String,
    /// Records that could be read.
    pub rows: u64,
    /// Distinct objects among them.
    pub objects: u64,
    /// Records of objects that had been read before.
    pub repeats: u64,
    /// Records that could not be read.
    pub skipped: u64,
    /// Whether values or records are missing.
    pub incomplete: bool,
    /// The damage, by kind.
    pub problems: Vec<Problem>,
    /// How it came, if it was fetched from a server: what is missing, attributes that cannot be read, the server, base
    /// and filter. In a redacted report without names.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// One kind of damage of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Its stable name.
    pub code: String,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
    /// How often it was seen.
    pub count: u64,
    /// The first lines on which it was seen, from 1.
    pub lines: Vec<u64>,
}

/// A rule that could not be evaluated for some users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotEvaluated {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// For how many users.
    pub users: u64,
    /// The LDAP names of the attributes that were missing there.
    pub missing: Vec<String>,
    /// Why, in words.
    pub why: String,
}

/// How often what was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Users with a row.
    pub users: u64,
    /// Users by status.
    pub by_status: ByWord,
    /// Findings by severity.
    pub by_severity: ByWord,
    /// Findings that were suppressed; they count nowhere else here.
    #[serde(default)]
    pub suppressed: u64,
    /// The rules that fired, in the order of the catalogue.
    pub by_rule: Vec<Rule>,
    /// Users by what they get of each feature; features by the names of their columns.
    pub features: BTreeMap<String, ByWord>,
    /// Users by how they stand with steps 2 and 3; steps by the names of their columns.
    pub steps: BTreeMap<String, ByWord>,
}

/// What became of the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The file.
    pub file: String,
    /// Whether this run is in it.
    pub kept: bool,
    /// Why it is not.
    pub problem: Option<String>,
}

/// How the findings stand with those of an earlier report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// The report, as it was named.
    pub report: String,
    /// When it ended, RFC 3339; empty where there was none yet.
    pub ended: String,
    /// Findings that it does not have; suppressed ones are left out.
    pub new: u64,
    /// Findings that it has; suppressed ones are left out.
    pub unchanged: u64,
    /// Findings of it that are not there any more.
    pub fixed: u64,
    /// The same by rule, for the rules that had or have findings, in the order of the catalogue.
    pub by_rule: Vec<Change>,
    /// What makes the comparison less than sure.
    pub doubts: Vec<String>,
}

/// How the findings of one rule stand with those of an earlier report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Findings then, suppressed ones among them.
    pub before: u64,
    /// New findings.
    pub new: u64,
    /// Findings that are still there.
    pub unchanged: u64,
    /// Findings that are not there any more.
    pub fixed: u64,
}

/// Findings that somebody has accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// The rules as they were written.
    pub rule: String,
    /// Whom it concerns, as it was written.
    #[serde(rename = "match")]
    pub about: String,
    /// Why it was accepted.
    pub reason: String,
    /// The last day on which it holds.
    pub until: Option<String>,
    /// Where that was decided.
    pub ticket: Option<String>,
    /// How many findings it covers; of an expired one, how many count again.
    pub findings: u64,
    /// `in-force`, `unused`, `expired`, or `unknown` where its rules were not run or not everybody was reported.
    pub state: String,
}

/// A rule that fired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// How many findings.
    pub findings: u64,
    /// How many users with at least one.
    pub users: u64,
}

/// A step of the article, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganisationStep {
    /// Its number in the article.
    pub step: u8,
    /// What is to be done.
    pub title: String,
    /// Whether it belongs to the scenario.
    pub applies: bool,
    /// How it is checked; where it does not belong to the scenario, why.
    pub how: String,
    /// `passed`, `failed`, `not-evaluated`, `by-hand` or `not-possible`.
    #[serde(default)]
    pub state: String,
    /// How it stands, in words.
    #[serde(default)]
    pub told: String,
    /// What was looked at.
    #[serde(default)]
    pub checks: Vec<OrganisationCheck>,
}

/// One thing that was looked at for a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganisationCheck {
    /// As in [`OrganisationStep`].
    pub state: String,
    /// What it concerns: a SIP domain, the DN of an object; empty for the organisation as a whole.
    pub about: String,
    /// The record or the attribute.
    pub field: String,
    /// The codes of the rules that fired.
    pub codes: Vec<String>,
    /// What was found.
    pub found: String,
    /// What the scenario needs.
    pub expected: String,
    /// Why it is not evaluated, what to do by hand, who has looked.
    pub note: String,
}

/// A file of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Its name in the folder.
    pub name: String,
    /// How many octets it has.
    pub bytes: u64,
    /// Their BLAKE3 hash, hexadecimal.
    pub blake3: String,
}
