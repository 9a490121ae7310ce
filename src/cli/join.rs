//! Where the command line meets sources and reports: what it asks of them, in one place.

use std::path::Path;

use super::terminal::escape;
use crate::audit::{Outcome, Report};
use crate::error::{Error, Result};
use crate::model::{Attr, Input};
use crate::rules::Scenario;
use crate::rules::verdict::{Judged, Plan};
use crate::settings::Settings;

use super::exit::Status;

/// An opened source, and what was found out about it.
pub(super) struct Opened {
    /// The source.
    pub(super) input: Box<dyn Input>,
    /// What kind of export it is.
    pub(super) flavour: String,
    /// The encoding it is read in.
    pub(super) encoding: String,
    /// The delimiter as a person writes it.
    pub(super) delimiter: String,
    /// Its size in octets; 0 when nobody knows.
    pub(super) bytes: u64,
    /// Its columns: the heading, and the attribute that it means.
    pub(super) columns: Vec<(String, Option<Attr>)>,
}

impl Opened {
    /// Its name as it was given, safe to print.
    pub(super) fn name(&self) -> String {
        escape(self.input.name())
    }
}

/// Opens every source; all that cannot be opened are told at once.
pub(super) fn open_all(settings: &Settings) -> Result<Vec<Opened>> {
    if settings.sources.is_empty() {
        return Err(Error::usage(
            "no SOURCE is given: name at least one CSV export, such as `dirsync-audit inspect users.csv`",
        ));
    }
    settings.sources.iter().map(|spec| open(spec, settings)).collect()
}

/// Opens one source.
fn open(spec: &str, _settings: &Settings) -> Result<Opened> {
    let about = std::fs::metadata(spec).map_err(Error::io("open", spec))?;
    if about.is_dir() {
        return Err(Error::source(spec, "this is a folder", "name the file of the export"));
    }
    Err(Error::source(spec, "this version reads no such file", "use a version that does"))
}

/// A report that is being written.
pub(super) struct Folder;

/// A file of a report that was written.
pub(super) struct Written {
    /// Its name in the folder.
    pub(super) name: String,
    /// Its size in octets.
    pub(super) bytes: u64,
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
    /// When the run started, RFC 3339.
    pub(super) started: String,
    /// How it ends.
    pub(super) status: Status,
    /// The line that explains it.
    pub(super) meaning: &'r str,
}

impl Folder {
    /// Opens the folder; fails before anything is read if no report can be written there.
    pub(super) fn open(settings: &Settings, _sources: &[Opened]) -> Result<Self> {
        let _: &Path = &settings.out;
        Ok(Self)
    }

    /// Puts the report in its place.
    pub(super) fn finish(self, _run: &Run<'_>) -> Result<Vec<Written>> {
        Ok(Vec::new())
    }
}

impl Report for Folder {
    type Part = ();

    fn part(&self) -> Self::Part {}

    fn user(&self, (): &mut Self::Part, _: &Judged<'_, '_>) {}

    fn take(&self, (): Self::Part) -> Result<()> {
        Ok(())
    }
}
