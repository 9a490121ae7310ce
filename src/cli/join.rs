//! Where the command line meets sources and reports: what it asks of them, in one place.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use rayon::ThreadPool;

use super::audit::{Talk, time_text};
use super::environment::Environment;
use super::exit::Status;
use super::ldap;
use super::opened::Opened;
use super::organisation::{self, Domains};
use super::redaction::redactor;
use super::signals::Signals;
use super::terminal::escape;
use crate::audit::{Memory, Outcome, Report, SourceOutcome};
use crate::error::{Error, Result};
use crate::model::AttrSet;
use crate::model::attribute::heading;
use crate::report::baseline::Compared;
use crate::report::runs::resolve;
use crate::report::summary::{Accepted, InForce, Kept};
use crate::report::{self, Baseline, Part, Redactor, Summary, Written, redact};
use crate::rules::Scenario;
use crate::rules::organisation::Organisation;
use crate::rules::select::nearest;
use crate::rules::suppress::Suppression;
use crate::rules::verdict::{self, Judged, Plan};
use crate::settings::{Format, Settings};
use crate::source;

/// What to say when there is nothing to read.
pub(super) const NO_SOURCE: &str = "no SOURCE is given: name at least one export, such as users.csv";

/// How sources are opened.
pub(super) struct Opening<'o> {
    /// The settings in force.
    pub(super) settings: &'o Settings,
    /// What the surroundings say.
    pub(super) environment: &'o Environment,
    /// How much is said.
    pub(super) talk: Talk,
    /// The attributes that servers are asked for.
    pub(super) attributes: AttrSet,
    /// What may interrupt it.
    pub(super) signals: Option<&'o Signals>,
    /// The threads that work.
    pub(super) pool: &'o ThreadPool,
}

impl Opening<'_> {
    /// Opens every source.
    pub(super) fn all(&self) -> Result<Vec<Opened>> {
        let mut directory = ldap::Directory::new(self.settings, self.environment, self.talk, self.signals);
        self.all_of(&mut directory)
    }

    /// The same, with servers that were asked before.
    pub(super) fn all_of(&self, directory: &mut ldap::Directory<'_>) -> Result<Vec<Opened>> {
        if self.settings.sources.is_empty() {
            return Err(Error::usage(NO_SOURCE));
        }
        let open = |spec: &String| self.one(spec, directory);
        let sources: Vec<Opened> = self.settings.sources.iter().map(open).collect::<Result<_>>()?;
        check_map(self.settings, &sources)?;
        Ok(sources)
    }

    fn one(&self, spec: &str, directory: &mut ldap::Directory<'_>) -> Result<Opened> {
        let opened = if source::ldap::is_ldap(spec) {
            directory.open(spec, self.attributes)?
        } else {
            let options = source_options(self.settings);
            self.pool.install(|| source::open(spec, &options))?
        };
        Ok(Opened(Box::new(opened)))
    }
}

fn source_options(settings: &Settings) -> source::Options {
    source::Options {
        map: settings.map.clone(),
        encoding: settings.encoding.map(|encoding| encoding.name().to_owned()),
        delimiter: settings.delimiter,
        block: settings.memory.and_then(Memory::block),
    }
}

/// Refuses a `--map` that no source has a heading for: it is a slip, and the column meant would be left out silently.
fn check_map(settings: &Settings, sources: &[Opened]) -> Result<()> {
    let headings = || sources.iter().flat_map(|source| &source.about().columns).map(|column| &column.heading);
    let mut problems = Vec::new();
    for (name, attr) in &settings.map {
        if headings().any(|known| heading(known) == heading(name)) {
            continue;
        }
        let near = nearest(name, headings().map(String::as_str))
            .map(|near| format!("; did you mean `{}`?", escape(near)));
        let near = near.unwrap_or_else(|| "; `dirsync-audit inspect` shows the headings".to_owned());
        problems.push(format!("--map {}={attr}: no source has this heading{near}", escape(name)));
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::Usage(problems)) }
}

/// What the last file of a report says about the run.
pub(super) struct Run<'r> {
    /// The scenario.
    pub(super) scenario: Scenario,
    /// The settings in force.
    pub(super) settings: &'r Settings,
    /// The rules that were run.
    pub(super) plan: &'r Plan,
    /// The sources, in the order given.
    pub(super) sources: &'r [Opened],
    /// What was found.
    pub(super) outcome: &'r Outcome,
    /// What was seen of the organisation.
    pub(super) organisation: &'r Organisation,
    /// When the run started, RFC 3339.
    pub(super) started: String,
    /// When it ended, RFC 3339.
    pub(super) ended: String,
    /// How it ends.
    pub(super) status: Status,
    /// The line that explains it.
    pub(super) meaning: &'r str,
    /// How long it took so far.
    pub(super) seconds: f64,
    /// What became of the history.
    pub(super) kept: Option<Kept>,
}

/// The folder of the report, as the audit sees it.
pub(super) struct Folder {
    report: report::Folder,
    redactor: Option<Redactor>,
    /// How many bytes of memory the baseline takes.
    taken: u64,
    /// The SIP domains of the users, where they are wanted.
    domains: Option<Mutex<Domains>>,
}

/// What a block of users becomes.
#[derive(Default)]
pub(super) struct Block {
    part: Part,
    domains: Domains,
}

impl Folder {
    /// Opens the folder; fails before anything is judged if no report can be written there, or if it would be
    /// written over a source.
    pub(super) fn open(settings: &Settings, scenario: Scenario, environment: &Environment) -> Result<Self> {
        let mut options = report_options(settings, redactor(settings, environment)?);
        options.baseline = baseline(settings, scenario, options.redactor.as_ref())?;
        let folder = report::Folder::open(&settings.out, &options)?;
        for spec in &settings.sources {
            folder.spare_source(Path::new(spec))?;
        }
        let taken = options.baseline.as_ref().map_or(0, |baseline| baseline.bytes());
        let domains = settings.dns.check.then(Mutex::default);
        Ok(Self { report: folder, redactor: options.redactor, taken, domains })
    }

    /// How many bytes of memory the baseline takes.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    /// The sources as they may be kept: name, records, objects.
    pub(super) fn sources(&self, run: &Run<'_>) -> Vec<(String, u64, u64)> {
        let name = |name: &str| {
            self.redactor.as_ref().map_or_else(|| name.to_owned(), |redactor| redactor.source(name))
        };
        let sources = run.sources.iter().zip(&run.outcome.sources);
        sources.map(|(of, found)| (name(of.input().name()), found.records, found.objects)).collect()
    }

    /// Writes what was found of the organisation, behind the users.
    pub(super) fn organisation(&self, organisation: &Organisation) -> Result<()> {
        self.report.organisation(organisation)
    }

    /// The SIP domains of the users so far.
    pub(super) fn domains(&self) -> Domains {
        let counted =
            |domains: &Mutex<Domains>| domains.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.domains.as_ref().map(counted).unwrap_or_default()
    }

    /// How many findings the baseline does not have.
    pub(super) fn new_ones(&self) -> u64 {
        self.report.new_ones().unwrap_or_default()
    }

    /// How the findings stand with the baseline.
    pub(super) fn compared(&self, run: &Run<'_>) -> Option<Compared> {
        self.report.compared(&summary(run))
    }

    /// Puts the report in its place; gives its files.
    pub(super) fn finish(self, run: &Run<'_>) -> Result<Vec<Written>> {
        self.report.finish(&summary(run))
    }
}

/// What the last file of a report says.
fn summary(run: &Run<'_>) -> Summary {
    Summary {
        scenario: run.scenario,
        options: in_force(run),
        sources: run
            .sources
            .iter()
            .zip(&run.outcome.sources)
            .map(|(of, found)| source_read(of, found))
            .collect(),
        run: run.plan.run.with(run.organisation.run),
        counts: run.outcome.counts.clone(),
        organisation: run.organisation.clone(),
        suppressions: accepted(run),
        started: run.started.clone(),
        ended: run.ended.clone(),
        seconds: run.seconds,
        exit_status: run.status as u8,
        exit_meaning: run.meaning.to_owned(),
        compared: None,
        history: run.kept.clone(),
    }
}

impl Report for Folder {
    type Part = Block;

    fn part(&self) -> Block {
        Block { part: self.report.part(), domains: Domains::new() }
    }

    fn shows(&self) -> AttrSet {
        report::Folder::shows()
    }

    fn user(&self, block: &mut Block, judged: &Judged<'_, '_>) {
        if self.domains.is_some() && judged.verdict.status != verdict::Status::Excluded {
            organisation::count(&mut block.domains, judged.shown.sip_address);
        }
        self.report.user(&mut block.part, judged);
    }

    fn take(&self, block: Block) -> Result<()> {
        if let Some(domains) = &self.domains {
            organisation::merge(domains, block.domains);
        }
        self.report.take(block.part)
    }
}

fn report_options(settings: &Settings, redactor: Option<Redactor>) -> report::Options {
    let format = |format: &Format| match format {
        Format::Csv => report::Format::Csv,
        Format::Json => report::Format::Json,
        Format::Html => report::Format::Html,
        Format::Jsonl => report::Format::Jsonl,
        Format::Xlsx => report::Format::Xlsx,
        Format::Sarif => report::Format::Sarif,
        Format::Junit => report::Format::Junit,
        Format::Prom => report::Format::Prom,
        Format::Txt => report::Format::Txt,
    };
    report::Options {
        csv_delimiter: settings.csv_delimiter,
        csv_raw: settings.csv_raw,
        formats: settings.formats.iter().map(format).collect(),
        redactor,
        baseline: None,
    }
}

/// The report to compare with.
fn baseline(
    settings: &Settings,
    scenario: Scenario,
    redactor: Option<&Redactor>,
) -> Result<Option<Arc<Baseline>>> {
    let Some(place) = settings.baseline.as_deref().map(resolve) else { return Ok(None) };
    // With folders of runs, the folder above holds what a job finds of itself.
    let own = if settings.keep > 0 { settings.out.parent() } else { Some(settings.out.as_path()) };
    // The first night of a job: it compares with its own report of the night before.
    let first = own.is_some_and(|own| place.starts_with(own))
        && !place.join(report::summary::FILE).exists()
        && !place.is_file();
    let baseline = if first { Baseline::none(&place) } else { Baseline::read(&place, scenario, redactor)? };
    Ok(Some(Arc::new(baseline)))
}

/// What came of the suppressions, in the order in which they are looked through.
pub(super) fn accepted(run: &Run<'_>) -> Vec<Accepted> {
    let all = &run.plan.suppressions;
    let whole = run.settings.only.is_none() && run.status != Status::Incomplete;
    let covered = all.list().iter().zip(&run.outcome.covered).enumerate();
    let accepted = |(place, (one, &covered)): (usize, (&Suppression, &u64))| Accepted {
        suppression: one.clone(),
        covered,
        standing: all.standing(place, covered, run.plan.run.with(run.organisation.run), whole),
    };
    covered.map(accepted).collect()
}

fn in_force(run: &Run<'_>) -> InForce {
    let context = &run.plan.context;
    let texts = |key| run.settings.values.get(key).iter().map(|entry| entry.text.clone()).collect();
    let given = |key| run.settings.values.get(key).last().map(|entry| entry.text.clone());
    let unless_found_out = |text: &String| !text.eq_ignore_ascii_case("auto");
    InForce {
        sip_domains: context.sip_domains.clone(),
        verified_domains: context.verified_domains.clone(),
        routing_domains: context.routing_domains.clone(),
        mailboxes: context.mailboxes,
        select: texts("select"),
        ignore: texts("ignore"),
        severity: run.settings.severity.clone(),
        only: run.settings.only.clone(),
        redact: redact::Mode::None,
        map: texts("map"),
        encoding: given("encoding").filter(unless_found_out),
        delimiter: given("delimiter").filter(unless_found_out),
        redact_key: None,
    }
}

/// A path as people write it: Windows puts `\\?\` before one whose links were followed.
pub(super) fn usual(path: PathBuf) -> PathBuf {
    let text = path.to_str().unwrap_or_default();
    match (text.strip_prefix(r"\\?\UNC\"), text.strip_prefix(r"\\?\")) {
        (Some(share), _) => format!(r"\\{share}").into(),
        (None, Some(local)) => local.into(),
        (None, None) => path,
    }
}

fn source_read(opened: &Opened, found: &SourceOutcome) -> report::summary::Source {
    let path = Path::new(opened.input().name()).canonicalize().ok();
    let modified = path.as_deref().and_then(|path| path.metadata().ok()?.modified().ok());
    report::summary::Source {
        name: opened.input().name().to_owned(),
        path: path.map(usual),
        bytes: opened.about().bytes,
        // An audit that has come so far has seen every byte.
        blake3: opened.0.hash().ok().map(|hash| hash.to_hex().to_string()),
        modified: modified.and_then(|time| Timestamp::try_from(time).ok()).map(time_text),
        flavour: opened.about().flavour.to_owned(),
        encoding: opened.about().encoding.to_owned(),
        records: found.records,
        objects: found.objects,
        repeats: found.repeats,
        problems: found.problems.clone(),
        notes: opened.about().notes.iter().map(|note| (note.text.clone(), note.names)).collect(),
    }
}
