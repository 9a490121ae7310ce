//! `summary.json`: what was read, what was run, what was found, and which files say more.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::baseline::Compared;
use super::organisation::{self, CANNOT_SEE};
use super::redact::{Mode, Redactor};
use super::{Written, wire};
use crate::error::{Error, Result};
use crate::finding::Severity;
use crate::model::Attr;
use crate::model::problem::{Problems, Weight};
use crate::rules::counts::{Counts, RuleCount};
use crate::rules::organisation::Organisation;
use crate::rules::suppress::{Standing, Suppression};
use crate::rules::verdict::{Status, StepState, Support};
use crate::rules::{self, Feature, MailboxPlace, Rule, RuleSet, Scenario};

/// The name of the file.
pub const FILE: &str = "summary.json";

/// What the summary says about a run, besides the files of its report.
#[derive(Debug, Clone)]
pub struct Summary {
    /// The scenario.
    pub scenario: Scenario,
    /// The options in force.
    pub options: InForce,
    /// The sources, in the order given.
    pub sources: Vec<Source>,
    /// The rules that were run.
    pub run: RuleSet,
    /// Counts over all users.
    pub counts: Counts,
    /// What is known of the organisation.
    pub organisation: Organisation,
    /// How the findings stand with those before, where they were compared; the folder says so.
    pub compared: Option<Compared>,
    /// What became of the history, where one is kept.
    pub history: Option<Kept>,
    /// What was accepted.
    pub suppressions: Vec<Accepted>,
    /// When the run started, RFC 3339.
    pub started: String,
    /// When it ended, RFC 3339.
    pub ended: String,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Its exit status.
    pub exit_status: u8,
    /// What the exit status means.
    pub exit_meaning: String,
}

/// What became of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The file.
    pub file: String,
    /// Why this run is not in it.
    pub problem: Option<String>,
    /// The last runs for the scenario, this one among them; the oldest first.
    pub points: Vec<Point>,
}

/// What is drawn of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// When it ended, RFC 3339.
    pub ended: String,
    /// Users with a row.
    pub users: u64,
    /// Users with an error.
    pub not_ready: u64,
    /// Findings of errors.
    pub errors: u64,
}

/// A suppression, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// What was accepted.
    pub suppression: Suppression,
    /// How many findings it covers.
    pub covered: u64,
    /// How it stands.
    pub standing: Standing,
}

/// The options in force that decide what is found.
#[derive(Debug, Clone)]
pub struct InForce {
    /// The SIP domains of the deployment.
    pub sip_domains: Vec<String>,
    /// The domains that the tenant has verified.
    pub verified_domains: Vec<String>,
    /// The domains by which mail is routed to the tenant.
    pub routing_domains: Vec<String>,
    /// Where mailboxes are whose home the input does not show.
    pub mailboxes: MailboxPlace,
    /// Codes or prefixes of the rules that are run; empty means all.
    pub select: Vec<String>,
    /// Codes or prefixes of the rules that are not run.
    pub ignore: Vec<String>,
    /// Severities set by the user: places in the catalogue.
    pub severity: Vec<(usize, Severity)>,
    /// The file that says which users are reported.
    pub only: Option<PathBuf>,
    /// How much is shown of users.
    pub redact: Mode,
    /// Headings that mean an attribute, as given.
    pub map: Vec<String>,
    /// The encoding, when it was given.
    pub encoding: Option<String>,
    /// The delimiter, when it was given.
    pub delimiter: Option<String>,
    /// What the key of the hashes is called.
    pub redact_key: Option<String>,
}

/// What was read of one source.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// The source as it was named.
    pub name: String,
    /// The absolute path of a file.
    pub path: Option<PathBuf>,
    /// How many octets were read.
    pub bytes: u64,
    /// Their BLAKE3 hash, hexadecimal.
    pub blake3: Option<String>,
    /// When the file was modified last, RFC 3339.
    pub modified: Option<String>,
    /// What kind of export it is.
    pub flavour: String,
    /// The encoding it was read in.
    pub encoding: String,
    /// Records that could be read.
    pub records: u64,
    /// Distinct objects among them.
    pub objects: u64,
    /// Records of objects that had been read before.
    pub repeats: u64,
    /// The damage.
    pub problems: Problems,
    /// How it came, and whether a line may name servers, folders or people.
    pub notes: Vec<(String, bool)>,
}

impl Summary {
    /// The file: JSON, indented, with a line end.
    pub(super) fn json(&self, files: &[Written]) -> Result<Vec<u8>> {
        let mut json = serde_json::to_vec_pretty(&self.wire(files))
            .map_err(|failed| Error::io("write", FILE)(failed.into()))?;
        json.push(b'\n');
        Ok(json)
    }

    fn wire(&self, files: &[Written]) -> wire::Summary {
        wire::Summary {
            schema_version: wire::SCHEMA_VERSION,
            tool: wire::Tool {
                name: env!("CARGO_PKG_NAME").to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            scenario: self.scenario.name().to_owned(),
            options: self.options.wire(),
            sources: self.sources.iter().map(Source::wire).collect(),
            rules_run: self.run.iter().map(|place| rules::at(place).code.to_owned()).collect(),
            not_evaluated: self.not_evaluated(),
            counts: counts(&self.counts),
            suppressions: self.suppressions.iter().map(Accepted::wire).collect(),
            history: self.history.as_ref().map(Kept::wire),
            baseline: self.compared.as_ref().map(Compared::wire),
            organisation_steps: organisation::wire(self),
            organisation_found: self.organisation.notes.clone(),
            cannot_see: CANNOT_SEE.iter().map(|&what| what.to_owned()).collect(),
            files: files.iter().map(file).collect(),
            started: self.started.clone(),
            ended: self.ended.clone(),
            exit_status: self.exit_status,
            exit_meaning: self.exit_meaning.clone(),
        }
    }

    /// Whether records or values of a source are missing.
    pub(super) fn incomplete(&self) -> bool {
        self.sources.iter().any(|source| source.problems.incomplete())
    }

    /// The rules that could not be evaluated for some users, in the order of the catalogue.
    pub(super) fn not_evaluated(&self) -> Vec<wire::NotEvaluated> {
        counted(&self.counts)
            .filter(|(_, count)| count.not_evaluated > 0)
            .map(|(rule, count)| wire::NotEvaluated {
                code: rule.code.to_owned(),
                name: rule.name.to_owned(),
                users: count.not_evaluated,
                missing: count.missing.iter().map(|attr| attr.ldap().to_owned()).collect(),
                why: self.why_not(rule, count),
            })
            .collect()
    }

    /// How bad a rule is in this run; `None` where the scenario does not have it.
    pub(super) fn severity(&self, place: usize) -> Option<Severity> {
        let set = self.options.severity.iter().find(|(rule, _)| *rule == place);
        rules::at(place).severity_in(self.scenario).map(|own| set.map_or(own, |(_, severity)| *severity))
    }

    /// The same with what the surroundings say about people left out.
    pub(super) fn redacted(&self, redactor: &Redactor) -> Self {
        let mut shown = self.clone();
        let options = &mut shown.options;
        options.redact = redactor.mode();
        for list in [&mut options.sip_domains, &mut options.verified_domains, &mut options.routing_domains] {
            for domain in list {
                *domain = redactor.domain(domain);
            }
        }
        options.redact_key = redactor.key_id();
        let only = options.only.take();
        options.only = only.map(|path| redactor.source(&path.display().to_string()).into());
        for Accepted { suppression, .. } in &mut shown.suppressions {
            suppression.about = redactor.text(&suppression.about);
            suppression.reason = redactor.text(&suppression.reason);
            suppression.ticket = suppression.ticket.as_deref().map(|ticket| redactor.text(ticket));
        }
        redactor.organisation(&mut shown.organisation);
        if let Some(kept) = &mut shown.history {
            kept.problem = kept.problem.take().map(|problem| problem.replace(&kept.file, "FILE"));
            kept.file = redactor.source(&kept.file);
        }
        if let Some(compared) = &mut shown.compared {
            compared.report = redactor.source(&compared.report);
        }
        for source in &mut shown.sources {
            source.name = redactor.source(&source.name);
            source.path = None;
            source.notes.retain(|(_, names)| !names);
            // The hash of a small file tells whether a guess of its content is right.
            source.blake3 = None;
        }
        shown
    }

    /// Why a rule was not evaluated: a list that was not given, attributes that the input does not carry, or both.
    pub(super) fn why_not(&self, rule: &Rule, count: &RuleCount) -> String {
        let mut why = Vec::new();
        let lists = [
            ("SIP011", &self.options.sip_domains, "no SIP domains are given (--sip-domain)"),
            ("PRX012", &self.options.routing_domains, "no routing domains are given (--routing-domain)"),
        ];
        for (code, list, says) in lists {
            if rule.code == code && list.is_empty() {
                why.push(says.to_owned());
            }
        }
        if !count.missing.is_empty() {
            let names: Vec<&str> = count.missing.iter().map(Attr::ldap).collect();
            why.push(format!("the input does not carry {}", names.join(", ")));
        }
        if why.is_empty() { "what the input carries does not decide it".to_owned() } else { why.join("; ") }
    }
}

impl InForce {
    fn wire(&self) -> wire::Options {
        let mailboxes = match self.mailboxes {
            MailboxPlace::OnPremises => "onprem",
            MailboxPlace::Online => "online",
        };
        let severity = |&(place, severity): &(usize, Severity)| {
            (rules::at(place).code.to_owned(), severity.word().to_owned())
        };
        wire::Options {
            sip_domains: self.sip_domains.clone(),
            verified_domains: self.verified_domains.clone(),
            routing_domains: self.routing_domains.clone(),
            mailboxes: mailboxes.to_owned(),
            select: self.select.clone(),
            ignore: self.ignore.clone(),
            severity: self.severity.iter().map(severity).collect(),
            only: self.only.as_ref().map(|path| path.display().to_string()),
            redact: self.redact.word().to_owned(),
            map: self.map.clone(),
            encoding: self.encoding.clone(),
            delimiter: self.delimiter.clone(),
            redact_key: self.redact_key.clone(),
        }
    }
}

impl Kept {
    fn wire(&self) -> wire::Kept {
        wire::Kept { file: self.file.clone(), kept: self.problem.is_none(), problem: self.problem.clone() }
    }
}

impl Accepted {
    fn wire(&self) -> wire::Suppression {
        let given = &self.suppression;
        wire::Suppression {
            rule: given.rule.clone(),
            about: given.about.clone(),
            reason: given.reason.clone(),
            until: given.until.map(|day| day.to_string()),
            ticket: given.ticket.clone(),
            findings: self.covered,
            state: self.standing.word().to_owned(),
        }
    }
}

impl Source {
    fn wire(&self) -> wire::Source {
        let problems = self.problems.iter().map(|(problem, tally)| wire::Problem {
            code: problem.code().to_owned(),
            what: problem.what().to_owned(),
            remedy: problem.remedy().to_owned(),
            count: tally.count,
            lines: tally.lines.clone(),
        });
        wire::Source {
            name: self.name.clone(),
            path: self.path.as_ref().map(|path| path.display().to_string()),
            bytes: self.bytes,
            blake3: self.blake3.clone(),
            modified: self.modified.clone(),
            flavour: self.flavour.clone(),
            encoding: self.encoding.clone(),
            rows: self.records,
            objects: self.objects,
            repeats: self.repeats,
            skipped: self.problems.count(Weight::Skipped),
            incomplete: self.problems.incomplete(),
            problems: problems.collect(),
            notes: self.notes.iter().map(|(note, _)| note.clone()).collect(),
        }
    }
}

/// The rules with their counts, in the order of the catalogue.
fn counted(counts: &Counts) -> impl Iterator<Item = (&'static Rule, &RuleCount)> {
    rules::all().zip(&counts.rules)
}

fn counts(counts: &Counts) -> wire::Counts {
    let severities = [Severity::Info, Severity::Warning, Severity::Error].map(Severity::word);
    let by_rule = counted(counts).filter(|(_, count)| count.findings > 0).map(|(rule, count)| wire::Rule {
        code: rule.code.to_owned(),
        name: rule.name.to_owned(),
        findings: count.findings,
        users: count.users,
    });
    let supports = Support::ALL.map(Support::word);
    let features = Feature::ALL.iter().zip(&counts.features);
    let states = StepState::ALL.map(StepState::word);
    let steps = ["exchange_sees_sip", "lync_sees_mail"].iter().zip(&counts.steps);
    wire::Counts {
        users: counts.users,
        by_status: by_word(&Status::ALL.map(Status::word), &counts.status),
        by_severity: by_word(&severities, &counts.severity),
        suppressed: counts.suppressed(),
        by_rule: by_rule.collect(),
        features: features
            .map(|(feature, counts)| (feature.column().to_owned(), by_word(&supports, counts)))
            .collect(),
        steps: steps.map(|(&step, counts)| (step.to_owned(), by_word(&states, counts))).collect(),
    }
}

fn by_word(words: &[&str], counts: &[u64]) -> wire::ByWord {
    words.iter().zip(counts).map(|(&word, &count)| (word.to_owned(), count)).collect::<BTreeMap<_, _>>()
}

fn file(written: &Written) -> wire::File {
    wire::File {
        name: written.name.to_owned(),
        bytes: written.bytes,
        blake3: written.hash.to_hex().to_string(),
    }
}
