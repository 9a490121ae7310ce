//! `fetch`: a directory saved to a file.

use std::path::{Path, PathBuf};

use clap::ArgMatches;

use super::args::FetchArgs;
use super::audit::{Talk, load, now, time_text};
use super::environment::Environment;
use super::exit::Status;
use super::ldap::Directory;
use super::signals::Signals;
use super::terminal::{self, escape, several};
use crate::error::{Error, Result};
use crate::model::AttrSet;
use crate::source::ldap::{Fetched, Packing, Parts, Target, is_ldap};

/// Fetches, unless it is interrupted.
pub(super) fn run(
    args: &FetchArgs,
    options: &ArgMatches,
    talk: Talk,
    environment: &Environment,
) -> Result<Status> {
    let settings = load(options, args.run.config.as_deref(), talk, environment)?;
    if !is_ldap(&args.url) {
        let problem =
            format!("`{}` is no server: fetch reads ldap://, ldaps:// and ldapi://", escape(&args.url));
        return Err(Error::usage(problem));
    }
    let signals = Signals::catch()?;
    let parts = parts(&args.file);
    let taken = Parts::take(&parts, args.resume)?;
    let target = Target {
        packing: Packing::of(&args.file),
        parts: Some(parts),
        resume: args.resume,
        since: args.since.clone(),
        out: Some(args.file.clone()),
        folder: folder(&args.file),
        time: time_text(now()),
    };
    let held = signals.held();
    let fetched =
        Directory::new(&settings, environment, talk, Some(&signals)).fetch(&args.url, AttrSet::ALL, &target);
    let fetched = match (fetched, signals.caught()) {
        (Err(Error::Interrupted), Some(status)) => {
            terminal::note(&format!("{}; `fetch --resume` goes on with what has arrived", status.line()));
            return Ok(status);
        }
        (result, _) => result?,
    };
    drop(taken);
    drop(held);
    Ok(tell(&fetched, args, talk))
}

/// The folder of a file.
fn folder(file: &Path) -> PathBuf {
    file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

/// Where a fetch to a file keeps what it has so far.
fn parts(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".parts");
    name.into()
}

fn tell(fetched: &Fetched, args: &FetchArgs, talk: Talk) -> Status {
    let complete = fetched.missing.is_empty();
    let status = if complete { Status::Done } else { Status::Incomplete };
    if !talk.quiet {
        let word = if complete { "complete" } else { "incomplete" };
        let file = escape(&args.file.display().to_string());
        let records = several(fetched.records, "record");
        terminal::note(&format!("{records} from {} in {file}: {word}", escape(&fetched.server)));
        fetched.notes.iter().for_each(|note| terminal::note(&format!("note: {}", escape(note))));
    }
    for why in &fetched.missing {
        terminal::note(&format!("incomplete: {}", escape(why)));
    }
    if fetched.can_resume {
        terminal::note("remedy: `fetch --resume` with the same options reads what is missing");
    }
    if !talk.quiet || !complete {
        terminal::note(&status.line());
    }
    status
}
