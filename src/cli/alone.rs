//! The end of a command that looks at the organisation and at no user: the checklist, and a report where one is asked for.

use std::time::Instant;

use jiff::Timestamp;

use super::audit::{Talk, finish, now, time_text};
use super::checklist;
use super::environment::Environment;
use super::exit::{Found, Status, audit_line};
use super::join::{Folder, Run};
use super::terminal::{self, Paint, Style, escape};
use crate::audit::{self, Memory, Progress, Stage};
use crate::error::{Error, Result};
use crate::report::Written;
use crate::rules::counts::Counts;
use crate::rules::organisation::Organisation;
use crate::rules::verdict::Plan;
use crate::settings::{Origin, Settings};

/// What such a command has found.
pub(super) struct Alone<'a> {
    /// The settings in force.
    pub(super) settings: &'a Settings,
    /// The rules that were run.
    pub(super) plan: &'a Plan,
    /// What is known.
    pub(super) organisation: &'a Organisation,
    /// When it began.
    pub(super) began: Timestamp,
    /// How long it took so far.
    pub(super) since: Instant,
}

impl Alone<'_> {
    /// Shows the checklist, writes the report where `--out` names a folder, and gives the exit status.
    pub(super) fn end(&self, talk: Talk, environment: &Environment) -> Result<Status> {
        let typed =
            self.settings.values.get("out").last().is_some_and(|entry| entry.origin == Origin::CommandLine);
        let (status, meaning, files) = if typed { self.report(environment)? } else { self.told()? };
        if !talk.quiet {
            let style = Style { colour: environment.colour, width: environment.width };
            match terminal::print(&self.text(&files, style)) {
                Err(Error::ClosedPipe) => {}
                other => other?,
            }
        }
        if !talk.quiet || status != Status::Done {
            terminal::note(&meaning);
        }
        Ok(status)
    }

    /// Without a report.
    fn told(&self) -> Result<(Status, String, Vec<Written>)> {
        if self.settings.baseline.is_some() || self.settings.history.is_some() {
            let problem = "--baseline and --history belong to a report\n  remedy: name its folder with --out";
            return Err(Error::usage(problem));
        }
        let mut counts = Counts::default();
        self.organisation.add_to(&mut counts, &mut []);
        let found = Found { counts: &counts, new: 0 };
        let status = Status::of(&found, self.organisation.incomplete(), self.settings);
        Ok((status, audit_line(status, &found, self.settings), Vec::new()))
    }

    /// The report of an audit without sources.
    fn report(&self, environment: &Environment) -> Result<(Status, String, Vec<Written>)> {
        let scenario = self.plan.context.scenario;
        let folder = Folder::open(self.settings, scenario, environment)?;
        let mut outcome = audit::run(&[], self.plan, None, &Memory::unlimited(), &Quiet, &folder)?;
        self.organisation.add_to(&mut outcome.counts, &mut outcome.covered);
        folder.organisation(self.organisation)?;
        let found = Found { counts: &outcome.counts, new: folder.new_ones() };
        let status = Status::of(&found, self.organisation.incomplete(), self.settings);
        let meaning = audit_line(status, &found, self.settings);
        let mut run = Run {
            scenario,
            settings: self.settings,
            plan: self.plan,
            sources: &[],
            outcome: &outcome,
            organisation: self.organisation,
            started: time_text(self.began),
            ended: time_text(now()),
            status,
            meaning: &meaning,
            seconds: self.since.elapsed().as_secs_f64(),
            kept: None,
        };
        let files = finish(folder, &mut run)?;
        Ok((status, meaning, files))
    }

    fn text(&self, files: &[Written], style: Style) -> String {
        let scenario = self.plan.context.scenario;
        let mut text = checklist::text(scenario, None, self.organisation, true, style);
        if !self.organisation.notes.is_empty() {
            text.push_str(&format!("\n{}\n", style.paint(Paint::Bold, "Found")));
        }
        for note in &self.organisation.notes {
            text.push_str(&style.wrap("  ", "    ", &escape(note)));
        }
        if !files.is_empty() {
            let names: Vec<&str> = files.iter().map(|file| file.name).collect();
            let folder = escape(&self.settings.out.display().to_string());
            text.push_str(&style.wrap("\n", "  ", &format!("Written to {folder}: {}", names.join(", "))));
        }
        text
    }
}

/// Nothing to show: there is no user.
struct Quiet;

impl Progress for Quiet {
    fn advance(&self, _: Stage, _: u64, _: u64) {}
}
