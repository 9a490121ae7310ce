//! `audit`: settings, sources, the audit and its report, joined.

use std::num::NonZero;
use std::time::Instant;

use clap::ArgMatches;

use super::args::{AuditArgs, given};
use super::environment::Environment;
use super::exit::{Found, Status, audit_line};
use super::forest;
use super::join::{Folder, NO_SOURCE, Opening, Run};
use super::keep::{Added, keep};
use super::ldap::Directory;
use super::only::List;
use super::opened::Opened;
use super::organisation::of_audit;
use super::progress::{Shown, Watched};
use super::signals::{Signals, unless_interrupted};
use super::summary::{self, Summary};
use super::terminal::{self, Style, escape};
use crate::audit::{self, Memory, Only, Outcome};
use crate::error::{Error, Result};
use crate::model::Input;
use crate::report::runs::Runs;
use crate::report::{self, Written};
use crate::rules::Scenario;
use crate::rules::suppress::Suppressions;
use crate::rules::verdict::Plan;
use crate::settings::{self, Settings};

/// How much is said on the way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Talk {
    /// Only errors.
    pub(super) quiet: bool,
    /// Everything.
    pub(super) verbose: bool,
}

impl Talk {
    /// Says what is being done, if that is wanted.
    pub(super) fn detail(self, line: &str) {
        if self.verbose {
            terminal::note(line);
        }
    }
}

/// Audits the sources and writes the report, unless it is interrupted.
pub(super) fn run(
    args: &AuditArgs,
    options: &ArgMatches,
    talk: Talk,
    environment: &Environment,
) -> Result<Status> {
    unless_interrupted(|signals| audit(args, options, talk, environment, signals))
}

fn audit(
    args: &AuditArgs,
    options: &ArgMatches,
    talk: Talk,
    environment: &Environment,
    signals: &Signals,
) -> Result<Status> {
    let started = Instant::now();
    let mut settings = load(options, args.run.config.as_deref(), talk, environment)?;
    let scenario = scenario(&settings)?;
    let began = now();
    let asking = settings.clone();
    let mut directory = Directory::new(&asking, environment, talk, Some(signals));
    let seen = forest::read(&asking, &mut directory)?;
    forest::hand_on(&mut settings, &seen);
    let plan = planned(&settings, scenario, began);
    let only = settings.only.as_deref().map(List::read).transpose()?;
    let pool = pool(threads(&settings))?;
    let attributes = plan.reads();
    let opening =
        Opening { settings: &settings, environment, talk, attributes, signals: Some(signals), pool: &pool };
    // Reading a server takes its time: a second run need not wait for that to hear that there is a first.
    let reading = report::hold(&settings.out)?;
    let sources = opening.all_of(&mut directory)?;
    let told = tell_sources(&sources, &[], talk);
    let held = signals.held();
    drop(reading);
    let runs = runs(&mut settings, began)?;
    let folder = Folder::open(&settings, scenario, environment)?;
    let watched = Watched { shown: Shown::new(&sources, &settings, talk, environment), signals };
    let mut outcome = audited((&settings, &pool), &sources, (&plan, only.as_ref()), &watched, &folder)?;
    drop(watched);
    // What was only assumed of a source may have turned out to be otherwise.
    tell_sources(&sources, &told, talk);
    signals.check()?;
    let mut organisation = of_audit(&settings, &folder.domains(), &plan, signals)?;
    organisation.merge(forest::judged(&plan, &settings, &seen, today(began)));
    organisation.add_to(&mut outcome.counts, &mut outcome.covered);
    folder.organisation(&organisation)?;
    let found = Found { counts: &outcome.counts, new: folder.new_ones() };
    let status = Status::of(&found, incomplete(&outcome) || organisation.incomplete(), &settings);
    let meaning = audit_line(status, &found, &settings);
    let mut run = Run {
        scenario,
        settings: &settings,
        plan: &plan,
        sources: &sources,
        outcome: &outcome,
        organisation: &organisation,
        started: time_text(began),
        ended: time_text(now()),
        status,
        meaning: &meaning,
        seconds: started.elapsed().as_secs_f64(),
        kept: None,
    };
    let compared = folder.compared(&run);
    let files = finish(folder, &mut run)?;
    runs.map_or(Ok(()), |runs| runs.finish(settings.keep))?;
    drop(held);
    let missed = only.as_ref().map(List::missed).unwrap_or_default();
    let summary = Summary {
        run: &run,
        files: &files,
        missed: &missed,
        compared: compared.as_ref(),
        seconds: started.elapsed().as_secs_f64(),
    };
    tell(&summary, talk, environment)?;
    Ok(status)
}

/// Says what was found, and what the status means.
fn tell(summary: &Summary<'_>, talk: Talk, environment: &Environment) -> Result<()> {
    if !talk.quiet {
        print(summary, environment)?;
    }
    if !talk.quiet || summary.run.status != Status::Done {
        terminal::note(summary.run.meaning);
    }
    Ok(())
}

/// The scenario, or what is missing.
fn scenario(settings: &Settings) -> Result<Scenario> {
    let no_source = || settings.sources.is_empty().then(|| NO_SOURCE.to_owned());
    settings.scenario.ok_or_else(|| no_scenario(no_source()))
}

/// What is looked for, and what of it was accepted.
fn planned(settings: &Settings, scenario: Scenario, began: jiff::Timestamp) -> Plan {
    let mut plan = settings.plan(scenario);
    plan.suppressions = Suppressions::new(settings.suppressions.clone(), today(began));
    plan
}

/// Audits what was opened, within the memory that the report leaves.
fn audited(
    (settings, pool): (&Settings, &rayon::ThreadPool),
    sources: &[Opened],
    (plan, only): (&Plan, Option<&List>),
    watched: &Watched<'_>,
    folder: &Folder,
) -> Result<Outcome> {
    let only = only.map(|list| list as &dyn Only);
    let (taken, all) = (folder.taken(), pool.current_num_threads());
    let threads = settings.memory.map_or(all, |limit| Memory::threads(limit.saturating_sub(taken), all));
    let fewer = (threads < all).then(|| self::pool(threads)).transpose()?;
    let pool = fewer.as_ref().unwrap_or(pool);
    let limit = settings.memory.map(|limit| beside(limit, taken, threads));
    let memory = Memory { limit: limit.transpose()?, folder: settings.out.clone() };
    pool.install(|| judged(sources, |inputs| audit::run(inputs, plan, only, &memory, watched, folder)))
}

/// What the audit finds in the sources, and the damage that was seen when they were opened.
fn judged(sources: &[Opened], audit: impl FnOnce(&[&dyn Input]) -> Result<Outcome>) -> Result<Outcome> {
    let inputs: Vec<&dyn Input> = sources.iter().map(Opened::input).collect();
    let mut outcome = audit(&inputs)?;
    for (source, found) in sources.iter().zip(&mut outcome.sources) {
        found.problems.merge(&source.about().problems);
    }
    Ok(outcome)
}

/// Adds the run to the history and puts the report in its place; without a report there is no entry.
pub(super) fn finish(folder: Folder, run: &mut Run<'_>) -> Result<Vec<Written>> {
    let (added, kept) = keep(run, &folder.sources(run));
    run.kept = kept;
    folder.finish(run).inspect_err(|_| added.into_iter().for_each(Added::undo))
}

/// With `--keep`, the report goes into a folder of its own.
fn runs(settings: &mut Settings, began: jiff::Timestamp) -> Result<Option<Runs>> {
    if settings.keep == 0 {
        return Ok(None);
    }
    let runs = Runs::begin(&settings.out, &time_text(began))?;
    settings.out = runs.folder();
    Ok(Some(runs))
}

/// The report stands: a reader who has gone away takes nothing from the exit status.
fn print(summary: &Summary<'_>, environment: &Environment) -> Result<()> {
    let style = Style { colour: environment.colour, width: environment.width };
    match terminal::print(&summary::text(summary, style)) {
        Err(Error::ClosedPipe) => Ok(()),
        other => other,
    }
}

/// The settings of a command, and a word about where they were read.
pub(super) fn load(
    options: &ArgMatches,
    named: Option<&std::path::Path>,
    talk: Talk,
    environment: &Environment,
) -> Result<Settings> {
    let folder = environment.config_folder.as_deref();
    let (settings, file) = settings::load(given(options), named, folder)?;
    terminal::log_as(settings.log_format);
    if let Some(file) = file {
        talk.detail(&format!("settings: {}", escape(&file.display().to_string())));
    }
    Ok(settings)
}

/// Says what the sources are, unless that was told before.
fn tell_sources(sources: &[Opened], told: &[String], talk: Talk) -> Vec<String> {
    let line = |source: &Opened| {
        let (flavour, encoding) = (source.about().flavour, source.about().encoding);
        let delimiter =
            source.delimiter().map_or(String::new(), |delimiter| format!(", delimiter {delimiter}"));
        format!("source: {}: {flavour}, {encoding}{delimiter}", source.name())
    };
    let lines: Vec<String> = sources.iter().map(line).collect();
    lines.iter().filter(|line| !told.contains(line)).for_each(|line| talk.detail(line));
    lines
}

/// Whether a source is not wholly in the report.
fn incomplete(outcome: &Outcome) -> bool {
    outcome.sources.iter().any(|source| source.problems.incomplete())
}

/// The threads of a run; 0 is one per processor.
pub(super) fn pool(threads: usize) -> Result<rayon::ThreadPool> {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(|error| {
        Error::usage(format!("--threads: {threads} threads cannot be started: {error}; use fewer"))
    })
}

/// How many threads can work within the memory; 0 is one per processor.
fn threads(settings: &Settings) -> usize {
    let Some(limit) = settings.memory else { return settings.threads };
    let wanted = match settings.threads {
        0 => std::thread::available_parallelism().map_or(1, NonZero::get),
        wanted => wanted,
    };
    Memory::threads(limit, wanted)
}

/// What a baseline leaves of the memory.
fn beside(limit: u64, taken: u64, threads: usize) -> Result<u64> {
    Memory::beside(limit, taken, threads).map_err(|least| {
        let [taken, least] = [taken, least].map(|bytes| bytes.div_ceil(1 << 20));
        let what =
            format!("--memory: the findings of the baseline alone take {taken}M, so {least}M are needed");
        Error::usage(what + "\n  remedy: give it as much, use fewer --threads, or leave out --baseline")
    })
}

/// A time, RFC 3339, to the second.
pub(super) fn time_text(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The time. Only the command line reads the clock.
#[allow(clippy::disallowed_methods)]
pub(super) fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// The day of a time, in UTC.
pub(super) fn today(time: jiff::Timestamp) -> jiff::civil::Date {
    time.to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// The scenario is missing, and perhaps something else.
pub(super) fn no_scenario(other: Option<String>) -> Error {
    let mut problem = String::from("--scenario is missing: what does the directory serve?\n");
    let (style, indent) = (Style { colour: false, width: 80 }, " ".repeat(15));
    for scenario in Scenario::ALL {
        let name = format!("  {:<12} ", scenario.name());
        problem.push_str(&style.wrap(&name, &indent, scenario.serves()));
    }
    problem.push_str("  `dirsync-audit inspect SOURCE` names the one that fits");
    Error::Usage(other.into_iter().chain([problem]).collect())
}
