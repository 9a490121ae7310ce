//! `org`: what Exchange and Lync keep of the organisation, as a checklist.

use clap::ArgMatches;

use super::args::OrgArgs;
use super::audit::{Talk, load, no_scenario, now, today};
use super::environment::Environment;
use super::exit::Status;
use super::forest;
use super::ldap::Directory;
use super::organisation::{Alone, plan};
use super::signals::{Signals, unless_interrupted};
use super::terminal::escape;
use crate::error::{Error, Result};
use crate::source::ldap::is_ldap;

/// Reads, judges and tells, unless it is interrupted.
pub(super) fn run(
    args: &OrgArgs,
    options: &ArgMatches,
    talk: Talk,
    environment: &Environment,
) -> Result<Status> {
    unless_interrupted(|signals| check(args, options, talk, environment, signals))
}

fn check(
    args: &OrgArgs,
    options: &ArgMatches,
    talk: Talk,
    environment: &Environment,
    signals: &Signals,
) -> Result<Status> {
    let began = now();
    let settings = load(options, args.run.config.as_deref(), talk, environment)?;
    if !is_ldap(&args.url) {
        let problem =
            format!("`{}` is no server: org reads ldap://, ldaps:// and ldapi://", escape(&args.url));
        return Err(Error::usage(problem));
    }
    let scenario = settings.scenario.ok_or_else(|| no_scenario(None))?;
    let plan = plan(&settings, scenario, began);
    let seen = Directory::new(&settings, environment, talk, Some(signals)).organisation(&args.url)?;
    let organisation = forest::judged(&plan, &settings, &[seen], today(began));
    Alone { settings: &settings, scenario, plan: &plan, environment, talk, began }.tell(&organisation)
}
