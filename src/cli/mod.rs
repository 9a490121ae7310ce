//! The command line: joins settings, sources, the audit and the report. One file per command.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory, FromArgMatches};

mod accepted;
mod adopt;
mod args;
mod audit;
mod checklist;
mod completions;
mod config;
mod diff;
mod dns;
mod environment;
mod exit;
mod explain;
mod fetch;
mod forest;
mod history;
mod inspect;
mod join;
mod keep;
mod ldap;
mod ldap_args;
mod man;
mod only;
mod open;
mod opened;
mod org;
mod organisation;
mod panics;
mod progress;
mod reading;
mod redaction;
mod remediate;
mod remediate_args;
mod reread;
mod rules;
#[cfg(test)]
mod same_bytes;
mod signals;
mod summary;
mod survey;
mod terminal;
#[cfg(test)]
mod tests;

use args::{Cli, Command};
use environment::Environment;
use exit::Status;
pub use rules::markdown as catalogue_page;

use crate::error::{Error, Result};
use crate::settings::LogFormat;

/// Runs the program with its arguments, the first of which is its name.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let environment = Environment::read();
    let (cli, matches) = match parse(arguments) {
        Ok(parsed) => parsed,
        Err(error) => return refused(&error),
    };
    panics::guarded(cli.verbose, || ended(dispatch(&cli, &matches, &environment))).into()
}

/// The exit status of a command; what kept it from running is told.
fn ended(result: Result<Status>) -> Status {
    match result {
        Ok(status) => status,
        // Whoever read the output has had enough of it.
        Err(Error::ClosedPipe) => Status::Done,
        Err(error) => {
            complain(&error);
            Status::CouldNotRun
        }
    }
}

fn parse(
    arguments: impl IntoIterator<Item = OsString>,
) -> std::result::Result<(Cli, ArgMatches), clap::Error> {
    let matches = Cli::command().try_get_matches_from(arguments)?;
    Ok((Cli::from_arg_matches(&matches)?, matches))
}

/// What clap did not take: help and version, which are no mistakes, or a wrong usage.
fn refused(error: &clap::Error) -> ExitCode {
    // A closed pipe is no concern here.
    let _ = error.print();
    if !error.use_stderr() {
        return Status::Done.into();
    }
    terminal::note(&Status::CouldNotRun.line());
    Status::CouldNotRun.into()
}

/// Tells what went wrong, and what the exit status means.
fn complain(error: &Error) {
    let problems = match error {
        Error::Usage(problems) => problems.clone(),
        other => vec![other.to_string()],
    };
    for problem in problems {
        let lines: Vec<String> = problem.lines().map(terminal::escape).collect();
        terminal::note(&format!("error: {}", lines.join("\n")));
    }
    if let Some(remedy) = remedy(error) {
        terminal::note(&format!("  remedy: {remedy}"));
    }
    terminal::note(&Status::CouldNotRun.line());
}

/// What can be done about a failure of the operating system; other errors bring their remedy along.
fn remedy(error: &Error) -> Option<&'static str> {
    use std::io::ErrorKind;
    let Error::Io { source, .. } = error else { return None };
    match source.kind() {
        ErrorKind::NotFound => Some("check the path; it is relative to the folder you are in"),
        ErrorKind::PermissionDenied => {
            Some("run as a user who may read and write there, or choose another place")
        }
        ErrorKind::IsADirectory => Some("name a file, not a folder"),
        ErrorKind::NotADirectory => Some("name a folder, not a file"),
        ErrorKind::StorageFull => Some("make room on the disk, or choose another place with --out"),
        _ => None,
    }
}

fn dispatch(cli: &Cli, matches: &ArgMatches, environment: &Environment) -> Result<Status> {
    let empty = ArgMatches::default();
    let options = matches.subcommand().map_or(&empty, |(_, options)| options);
    if args::given(options)
        .get("log-format")
        .last()
        .is_some_and(|entry| entry.text.eq_ignore_ascii_case("json"))
    {
        // Problems of the settings are told in it too.
        terminal::log_as(LogFormat::Json);
    }
    let talk = audit::Talk { quiet: cli.quiet, verbose: cli.verbose };
    match &cli.command {
        Command::Audit(args) => return audit::run(args, options, talk, environment),
        Command::Fetch(args) => return fetch::run(args, options, talk, environment),
        Command::Remediate(args) => return remediate::run(args, talk, environment),
        Command::Org(args) => return org::run(args, options, talk, environment),
        Command::Dns(args) => return dns::run(args, options, talk, environment),
        Command::Inspect(args) => return inspect::run(args, options, talk, environment),
        Command::Rules(args) => rules::run(args, environment)?,
        Command::Explain(args) => explain::run(args, environment)?,
        Command::Config(args) => config::run(args, options, environment)?,
        Command::Diff(args) => diff::run(args, environment)?,
        Command::History(args) => history::run(args, environment)?,
        Command::Adopt(args) => adopt::run(args)?,
        Command::Completions(args) => completions::run(args)?,
        Command::Man(args) => man::run(args)?,
    }
    Ok(Status::Done)
}
