//! `inspect`: what is in a source, and which scenario fits.

use std::fmt::Write;

use clap::ArgMatches;

use super::args::InspectArgs;
use super::audit::{Talk, load, pool};
use super::environment::Environment;
use super::exit::Status;
use super::join::Opening;
use super::open::{self, carried};
use super::opened::Opened;
use super::summary::{damage, notes};
use super::survey::{HOMES, Survey};
use super::terminal::{self, Paint, Style, escape, grouped, several};
use crate::audit::{self, Memory, Progress, Report, SourceOutcome, Stage};
use crate::error::Result;
use crate::model::text::size;
use crate::model::{AttrSet, Input};
use crate::rules::Scenario;
use crate::rules::counts::Counts;
use crate::rules::verdict::{Judged, Plan};
use crate::source::Column;

/// Prints what is in the sources.
pub(super) fn run(
    args: &InspectArgs,
    options: &ArgMatches,
    talk: Talk,
    environment: &Environment,
) -> Result<Status> {
    let settings = load(options, args.run.config.as_deref(), talk, environment)?;
    let pool = pool(settings.threads)?;
    let attributes = AttrSet::ALL;
    let opening = Opening { settings: &settings, environment, talk, attributes, signals: None, pool: &pool };
    let sources = opening.all()?;
    let style = Style { colour: environment.colour, width: environment.width.min(100) };
    let mut all = Survey::default();
    for source in &sources {
        all.merge(&pool.install(|| Survey::of(source.input()))?);
    }
    let (fits, why) = all.fits();
    let plan = settings.plan(fits.unwrap_or(Scenario::Teams));
    let inputs: Vec<&dyn Input> = sources.iter().map(Opened::input).collect();
    let mut outcome =
        pool.install(|| audit::run(&inputs, &plan, None, &Memory::unlimited(), &Silence, &Silence))?;
    let mut text = String::new();
    for (source, found) in sources.iter().zip(&mut outcome.sources) {
        found.problems.merge(&source.about().problems);
        text.push_str(&about(source, found, style));
    }
    text.push_str(&holds(&all, style));
    text.push_str(&scenario(fits, &why, style));
    text.push_str(&cannot(&outcome.counts, &plan, carried(&sources), style));
    terminal::print(&text)?;
    if outcome.sources.iter().any(|found| found.problems.incomplete()) {
        terminal::note(&Status::Incomplete.line());
        return Ok(Status::Incomplete);
    }
    Ok(Status::Done)
}

/// Takes the audit's users and keeps none: only the counts are wanted.
struct Silence;

impl Progress for Silence {
    fn advance(&self, _: Stage, _: u64, _: u64) {}
}

impl Report for Silence {
    type Part = ();

    fn part(&self) {}

    fn user(&self, (): &mut (), _: &Judged<'_, '_>) {}

    fn take(&self, (): ()) -> Result<()> {
        Ok(())
    }
}

/// What a source is: format, columns, damage.
fn about(source: &Opened, found: &SourceOutcome, style: Style) -> String {
    let mut text = style.paint(Paint::Bold, &source.name()) + "\n";
    let of = source.about();
    let _ = writeln!(text, "  format     {}", of.flavour);
    let _ = writeln!(text, "  encoding   {}", of.encoding);
    if let Some(delimiter) = source.delimiter() {
        let _ = writeln!(text, "  delimiter  {delimiter}");
    }
    let _ = writeln!(text, "  shape      {}", of.shape);
    let rows = of.rows.map(|rows| format!("{}, ", several(rows, "row"))).unwrap_or_default();
    let (records, objects) = (several(found.records, "record"), several(found.objects, "object"));
    let _ = writeln!(text, "  size       {}: {rows}{records}, {objects}", size(of.bytes));
    text.push_str(&columns(&of.columns, style));
    text + &notes(source, true, style) + &damage(&found.problems, "  ", style) + "\n"
}

/// What the columns mean; in LDIF, which attributes the records have.
fn columns(columns: &[Column], style: Style) -> String {
    let (used, unused): (Vec<_>, Vec<_>) = columns.iter().partition(|column| column.meaning.is_some());
    let heading = |column: &Column| escape(&column.heading);
    let width = used.iter().map(|column| heading(column).chars().count()).max().unwrap_or(0).min(40);
    let mut text = String::from("  columns\n");
    for column in used {
        let attr = column.meaning.map_or("", |attr| attr.ldap());
        let note = match (column.note, column.records) {
            ("", None) => String::new(),
            ("", Some(records)) => format!("  (in {})", several(records, "record")),
            (note, _) => format!("  ({note})"),
        };
        let _ = writeln!(text, "    {:<width$}  {attr}{note}", heading(column));
    }
    if !unused.is_empty() {
        let (unknown, known): (Vec<_>, Vec<_>) = unused.iter().partition(|column| column.note.is_empty());
        for column in known {
            let line = format!("`{}`: {}", heading(column), column.note.trim_start_matches("not used: "));
            text.push_str(&style.wrap("  not used   ", "             ", &line));
        }
        if !unknown.is_empty() {
            let names: Vec<String> = unknown.iter().map(|column| format!("`{}`", heading(column))).collect();
            let line = format!("no rule reads what these names say: {}", names.join(", "));
            text.push_str(&style.wrap("  not used   ", "             ", &line));
        }
        text.push_str(&style.wrap(
            "             ",
            "             ",
            "(--map HEADER=attribute makes use of one)",
        ));
    }
    text
}

/// What the sources hold together.
fn holds(survey: &Survey, style: Style) -> String {
    let mut text = style.paint(Paint::Bold, "What they hold") + "\n";
    let [local, online, other] = survey.locators;
    let mut row = |what: &str, number: u64| {
        let _ = writeln!(text, "  {what:<40} {:>10}", grouped(number));
    };
    row("records", survey.records);
    row("msRTCSIP-PrimaryUserAddress", survey.puas);
    row("sip proxies (users with one)", survey.sip_proxies);
    row("locator SRV: (on-premises)", local);
    row("locator online", online);
    row("locator unknown", other);
    row("msRTCSIP-PrimaryHomeServer", survey.servers);
    for (home, number) in HOMES.iter().zip(survey.homes) {
        row(&format!("mailbox {}", home.word()), number);
    }
    text
}

fn scenario(fits: Option<Scenario>, why: &str, style: Style) -> String {
    let name = fits.map_or("none", Scenario::name);
    let head = format!(
        "\n{} {}\n",
        style.paint(Paint::Bold, "The scenario that fits:"),
        style.paint(Paint::Cyan, name)
    );
    head + &style.wrap("  ", "  ", why)
}

/// The rules that this input leaves open.
fn cannot(counts: &Counts, plan: &Plan, carried: AttrSet, style: Style) -> String {
    let open = open::all(counts, plan, carried, style);
    if open.is_empty() {
        return open;
    }
    let head = format!("With {}, these rules cannot be evaluated", plan.context.scenario.name());
    format!("\n{}\n{open}", style.paint(Paint::Bold, &head))
}
