//! `dns`: the federation and discovery records of SIP domains.

use clap::ArgMatches;

use super::args::DnsArgs;
use super::audit::{Talk, load, no_scenario, now};
use super::environment::Environment;
use super::exit::Status;
use super::organisation::{Alone, look_up, plan};
use super::signals::{Signals, unless_interrupted};
use crate::error::{Error, Result};
use crate::model::domain::domain_name;

/// Asks, judges and tells, unless it is interrupted.
pub(super) fn run(
    args: &DnsArgs,
    options: &ArgMatches,
    talk: Talk,
    environment: &Environment,
) -> Result<Status> {
    unless_interrupted(|signals| check(args, options, talk, environment, signals))
}

fn check(
    args: &DnsArgs,
    options: &ArgMatches,
    talk: Talk,
    environment: &Environment,
    signals: &Signals,
) -> Result<Status> {
    let began = now();
    let domains = domains(&args.domains)?;
    let settings = load(options, args.run.config.as_deref(), talk, environment)?;
    let scenario = settings.scenario.ok_or_else(|| no_scenario(None))?;
    let plan = plan(&settings, scenario, began);
    let organisation = look_up(&settings, domains, &plan, &|| signals.caught().is_some())?;
    Alone { settings: &settings, scenario, plan: &plan, environment, talk, began }.tell(&organisation)
}

/// The domains, each once; what is none is told all at once.
fn domains(given: &[String]) -> Result<Vec<String>> {
    let (mut domains, mut problems) = (Vec::new(), Vec::new());
    for text in given.iter().flat_map(|text| text.split(',')).filter(|text| !text.trim().is_empty()) {
        match domain_name(text) {
            Ok(domain) if domains.contains(&domain) => {}
            Ok(domain) => domains.push(domain),
            Err(problem) => problems.push(problem),
        }
    }
    if domains.is_empty() && problems.is_empty() {
        problems.push("no DOMAIN is given: name at least one, such as contoso.com".to_owned());
    }
    if problems.is_empty() { Ok(domains) } else { Err(Error::Usage(problems)) }
}
