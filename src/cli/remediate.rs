//! `remediate`: a report's sources again, their suggestions as a plan, and what the plan would do.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::Write;
use std::sync::Mutex;

use super::audit::{Talk, pool};
use super::environment::Environment;
use super::exit::Status;
use super::join::Opening;
use super::only::List;
use super::opened::Opened;
use super::remediate_args::RemediateArgs;
use super::reread;
use super::signals::Signals;
use super::terminal::{self, Paint, Style, escape, grouped, several};
use crate::audit::{self, Memory, Only, Outcome, Progress, Report, Stage};
use crate::error::{Error, Result};
use crate::model::dn::parts;
use crate::model::{Input, User};
use crate::remedy::{self, Applied, Choice, Desk, Found, Part, Plan, Round, Snapshot};
use crate::report::wire;
use crate::rules::select::{Given, selection};
use crate::rules::verdict::{self, Judged};

/// Makes the plan and writes it, unless it is only previewed.
pub(super) fn run(args: &RemediateArgs, talk: Talk, environment: &Environment) -> Result<Status> {
    let signals = Signals::catch()?;
    match (remediate(args, talk, environment, &signals), signals.caught()) {
        (Err(Error::Interrupted), Some(status)) => {
            terminal::note(&status.line());
            Ok(status)
        }
        (result, _) => result,
    }
}

fn remediate(
    args: &RemediateArgs,
    talk: Talk,
    environment: &Environment,
    signals: &Signals,
) -> Result<Status> {
    let choice = choice(args)?;
    let summary = wire::Summary::read(&args.report)?;
    let (settings, scenario) = reread::settings(&args.report, &summary, &args.sources)?;
    let only = settings.only.as_deref().map(List::read).transpose()?;
    let plan = settings.plan(scenario);
    let pool = pool(settings.threads)?;
    let opening = Opening {
        settings: &settings,
        environment,
        talk,
        attributes: plan.reads(),
        signals: Some(signals),
        pool: &pool,
    };
    let sources = opening.all()?;
    pool.install(|| reread::check_sources(&summary, &sources))?;
    let held = signals.held();
    let folder = if args.preview { None } else { Some(remedy::Folder::begin(&args.out)?) };
    let work = Work {
        sources: &sources,
        plan: &plan,
        summary: &summary,
        only: only.as_ref(),
        choice: &choice,
        folder: folder.as_ref(),
        signals,
    };
    let done = pool.install(|| work.rounds())?;
    refuse_news(&done)?;
    signals.check()?;
    let files = folder.map(|folder| folder.finish(&done.plan)).transpose()?;
    drop(held);
    let status = if done.incomplete { Status::Incomplete } else { Status::Done };
    if !talk.quiet {
        let style = Style { colour: environment.colour, width: environment.width };
        let text = text(&done, scenario.name(), style);
        let nothing = || "Nothing was written (--preview).\n".to_owned();
        let place = files.map_or_else(nothing, |files| wrote(args, &files));
        terminal::print(&(text + "\n" + &place))?;
    }
    if !talk.quiet || status != Status::Done {
        terminal::note(&status.line());
    }
    Ok(status)
}

fn choice(args: &RemediateArgs) -> Result<Choice> {
    let rules = selection(Given { items: &args.rule, origin: "--rule" }, Given { items: &[], origin: "" })?;
    Ok(Choice { rules, below: args.ou.iter().map(|dn| parts(dn)).collect(), limit: args.limit })
}

/// What the rounds work with.
struct Work<'w> {
    sources: &'w [Opened],
    plan: &'w verdict::Plan,
    summary: &'w wire::Summary,
    only: Option<&'w List>,
    choice: &'w Choice,
    folder: Option<&'w remedy::Folder>,
    signals: &'w Signals,
}

/// A plan to which nothing more belongs.
struct Done {
    plan: Plan,
    /// What the first audit found, if the plan changes anything.
    first: Option<Snapshot>,
    /// What the last one found.
    last: Found,
    incomplete: bool,
}

/// How often the plan may grow before something is wrong.
const ROUNDS: usize = 8;

impl Work<'_> {
    /// Audits and plans until nothing more is suggested.
    fn rounds(&self) -> Result<Done> {
        let (mut plan, mut first, mut shared) = (Plan::default(), None, HashSet::new());
        for _ in 0..ROUNDS {
            let (mut last, outcome) = self.round(&plan, first.as_ref(), &shared)?;
            if first.is_none() {
                reread::check_counts(self.summary, &outcome)?;
            }
            let objects = std::mem::take(&mut last.objects);
            if objects.is_empty() {
                let incomplete = self.incomplete(&outcome);
                return Ok(Done { plan, first, last, incomplete });
            }
            if first.is_none() {
                shared = last.snapshot.shared_dns();
                first = Some(std::mem::take(&mut last.snapshot));
            }
            plan.take(objects, &shared);
        }
        Err(Error::output(
            &self.summary.scenario,
            "the suggestions for some objects undo each other, so that no plan can be made",
            "choose some of the rules with --rule, and report this as a mistake of the program",
        ))
    }

    /// One audit of the sources with the plan applied.
    fn round(
        &self,
        plan: &Plan,
        first: Option<&Snapshot>,
        shared: &HashSet<u64>,
    ) -> Result<(Found, Outcome)> {
        let applied: Vec<Applied<'_>> =
            self.sources.iter().map(|source| Applied { input: source.input(), plan }).collect();
        let inputs: Vec<&dyn Input> = applied.iter().map(|input| input as &dyn Input).collect();
        let reported = |user: &User<'_>| self.only.is_none_or(|only| only.reports(user));
        let out = self.folder.map(remedy::Folder::for_a_person).transpose()?;
        let desk = Desk {
            context: &self.plan.context,
            choice: self.choice,
            plan,
            first,
            shared,
            reported: &reported,
            out: out.map(|file| Mutex::new(Box::new(file) as Box<dyn Write + Send>)),
        };
        let round = Joined(Round::new(desk)?);
        let memory = Memory { limit: None, folder: std::env::temp_dir() };
        let outcome = audit::run(&inputs, self.plan, None, &memory, &Quiet(self.signals), &round)?;
        Ok((round.0.found(), outcome))
    }

    fn incomplete(&self, outcome: &Outcome) -> bool {
        let of = |(source, found): (&Opened, &audit::SourceOutcome)| {
            source.about().problems.incomplete() || found.problems.incomplete()
        };
        self.sources.iter().zip(&outcome.sources).any(of)
    }
}

/// A round, as the audit sees it.
struct Joined<'r>(Round<'r>);

impl Report for Joined<'_> {
    type Part = Part;

    fn part(&self) -> Part {
        Part::default()
    }

    fn user(&self, part: &mut Part, judged: &Judged<'_, '_>) {
        self.0.user(part, judged);
    }

    fn take(&self, part: Part) -> Result<()> {
        self.0.take(part)
    }
}

/// Shows nothing, and ends when a signal came.
struct Quiet<'s>(&'s Signals);

impl Progress for Quiet<'_> {
    fn advance(&self, _: Stage, _: u64, _: u64) {}

    fn interrupted(&self) -> bool {
        self.0.caught().is_some()
    }
}

/// How many users are named of those that a plan would harm.
const NAMED: usize = 5;

/// Refuses a plan that would bring a finding.
fn refuse_news(done: &Done) -> Result<()> {
    let news = &done.last.news;
    if news.is_empty() {
        return Ok(());
    }
    let mut problem = format!(
        "the plan would bring findings that are not there now, to {}; nothing was written",
        several(news.len() as u64, "user")
    );
    for (name, codes) in news.iter().take(NAMED) {
        let _ = write!(problem, "\n  {}: {}", escape(name), codes.join(" "));
    }
    if news.len() > NAMED {
        let _ = write!(problem, "\n  … and {} more", grouped((news.len() - NAMED) as u64));
    }
    Err(Error::usage(problem + "\n  remedy: leave rules or objects out with --rule and --ou"))
}

/// What the plan does, for people.
fn text(done: &Done, scenario: &str, style: Style) -> String {
    let mut text = style.paint(Paint::Bold, &format!("Plan ({scenario})")) + "\n";
    let mut row = |what: &str, number: usize| {
        let _ = writeln!(text, "  {what:<40} {:>10}", grouped(number as u64));
    };
    let last = &done.last;
    let now = done.first.as_ref().map_or(last.snapshot.compliant(), Snapshot::compliant);
    let many = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    row("objects to change", done.plan.objects().len());
    row("changes of values", done.plan.steps());
    row("findings mended", done.plan.mended());
    row("findings that need a person", many(last.for_a_person));
    row("findings left for another run (--limit)", many(last.left));
    text += &(style.paint(Paint::Bold, "Once it has been applied") + "\n");
    let mut row = |what: &str, number: usize| {
        let _ = writeln!(text, "  {what:<40} {:>10}", grouped(number as u64));
    };
    row("users that become compliant", many(last.become_compliant));
    row("compliant users now", now);
    row("compliant users then", last.snapshot.compliant());
    row("new findings", last.news.len());
    text
}

/// Where the files are, and what to do with them.
fn wrote(args: &RemediateArgs, files: &[&str]) -> String {
    let place = escape(&args.out.display().to_string());
    format!(
        "Wrote {} to {place}.\nNothing has been changed in a directory: read the plan, then apply fix.ldif or run \
         Apply-Plan.ps1 -WhatIf.\n",
        files.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_that_brings_a_finding_is_refused_with_names() {
        let news = (1..=7).map(|number| (format!("CN=u{number}\u{1b}"), vec!["UNQ001", "SIP003"])).collect();
        let mut last = Found::default();
        last.news = news;
        let done = Done { plan: Plan::default(), first: None, last, incomplete: false };
        let told = refuse_news(&done).unwrap_err().to_string();
        for part in ["to 7 users", "CN=u5\\u{1b}: UNQ001 SIP003", "and 2 more", "--rule"] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(!told.contains("CN=u6"), "{told}");
        let done = Done { last: Found::default(), ..done };
        assert!(refuse_news(&done).is_ok());
    }
}
