//! `org`: what Exchange and Lync keep of the organisation, as a checklist.

use std::time::Instant;

use clap::ArgMatches;

use super::alone::Alone;
use super::args::OrgArgs;
use super::audit::{Talk, load, missing_scenario, now, today};
use super::environment::Environment;
use super::exit::Status;
use super::forest;
use super::ldap::Directory;
use super::signals::Signals;
use super::terminal::escape;
use crate::error::{Error, Result};
use crate::rules::suppress::Suppressions;
use crate::source::ldap::is_ldap;

/// Reads and judges, unless it is interrupted.
pub(super) fn run(
    args: &OrgArgs,
    options: &ArgMatches,
    talk: Talk,
    environment: &Environment,
) -> Result<Status> {
    let settings = load(options, args.run.config.as_deref(), talk, environment)?;
    if !is_ldap(&args.url) {
        let problem =
            format!("`{}` is no server: org reads ldap://, ldaps:// and ldapi://", escape(&args.url));
        return Err(Error::usage(problem));
    }
    let scenario = settings.scenario.ok_or_else(|| Error::usage(missing_scenario()))?;
    let signals = Signals::catch()?;
    let (began, since) = (now(), Instant::now());
    let mut plan = settings.plan(scenario);
    plan.suppressions = Suppressions::new(settings.suppressions.clone(), today(began));
    let seen = Directory::new(&settings, environment, talk, Some(&signals)).organisation(&args.url);
    let seen = match (seen, signals.caught()) {
        (Err(Error::Interrupted), Some(status)) => {
            super::terminal::note(&status.line());
            return Ok(status);
        }
        (result, _) => result?,
    };
    let organisation = forest::judged(&plan, &settings, &[seen], today(began));
    Alone { settings: &settings, plan: &plan, organisation: &organisation, began, since }
        .end(talk, environment)
}
