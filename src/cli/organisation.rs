//! What is looked at of the organisation: with an audit, or alone.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::audit::{Talk, finish, now, time_text, today};
use super::checklist::{self, Detail};
use super::environment::Environment;
use super::exit::{Found, Status, audit_line};
use super::join::{Folder, Run};
use super::signals::Signals;
use super::terminal::{self, Paint, Style, escape, grouped, several};
use crate::audit::Outcome;
use crate::error::{Error, Result};
use crate::model::address;
use crate::model::address::{is_domain, is_under};
use crate::model::domain::domain_name;
use crate::model::organisation::{Check, State};
use crate::rules::Scenario;
use crate::rules::organisation::{Organisation, dns};
use crate::rules::verdict::Plan;
use crate::settings::{Origin, Redact, Settings};
use crate::source::dns as name_servers;

/// So many domains are asked for; more are no organisation's.
const MOST: usize = 500;

/// So many domains are counted.
const COUNTED: usize = 10_000;

/// The SIP domains that users have, each with how many.
pub(super) type Domains = BTreeMap<String, u64>;

/// Stands among the domains for what is none.
const NONE: &str = "";

/// Counts the domain of a user's SIP address.
pub(super) fn count(domains: &mut Domains, sip_address: Option<&str>) {
    let Some(domain) = sip_address.map(address::domain) else { return };
    if let Some(users) = domains.get_mut(domain) {
        *users += 1;
        return;
    }
    let domain = if is_domain(domain) {
        domain.to_owned()
    } else {
        domain_name(domain).unwrap_or_else(|_| NONE.to_owned())
    };
    add(domains, domain, 1);
}

fn add(domains: &mut Domains, domain: String, users: u64) {
    if domains.len() < COUNTED || domain == NONE || domains.contains_key(&domain) {
        *domains.entry(domain).or_default() += users;
    }
}

/// Takes over what was counted of a block of users.
pub(super) fn merge(all: &Mutex<Domains>, more: Domains) {
    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
    for (domain, users) in more {
        add(&mut all, domain.to_ascii_lowercase(), users);
    }
}

/// What an audit looks at besides users: nothing, unless it is told to.
pub(super) fn of_audit(
    settings: &Settings,
    domains: &Domains,
    plan: &Plan,
    signals: &Signals,
) -> Result<Organisation> {
    let mut organisation = Organisation::default();
    if !settings.dns.check {
        return Ok(organisation);
    }
    if domains.is_empty() {
        let note = "no audited user has a SIP address, so no domain was asked for".to_owned();
        organisation.note(unasked("", State::ByHand, note));
    }
    let mut used: Vec<(&str, u64)> = domains
        .iter()
        .map(|(domain, users)| (domain.as_str(), *users))
        .filter(|(domain, _)| *domain != NONE)
        .collect();
    used.sort_by_key(|(domain, users)| (std::cmp::Reverse(*users), *domain));
    // Online nobody can change these; on-premises their users must find the servers as all others do.
    let online = matches!(plan.context.scenario, Scenario::SfbOnline | Scenario::Teams);
    let (own, asked): (Vec<&str>, Vec<&str>) = used
        .iter()
        .map(|(domain, _)| *domain)
        .partition(|domain| online && is_under(domain, ".onmicrosoft.com"));
    // Alone, they leave the step to whoever looks.
    let state = if asked.is_empty() { State::ByHand } else { State::NotPossible };
    for domain in own {
        organisation.note(unasked(domain, state, "not asked: Microsoft’s own domain".to_owned()));
    }
    let wanted: Vec<String> = asked.iter().take(MOST).map(|&domain| domain.to_owned()).collect();
    organisation.merge(look_up(settings, wanted, plan, &|| signals.caught().is_some())?);
    if asked.len() > MOST {
        let left = several((asked.len() - MOST) as u64, "more domain");
        let note = format!("{left} not asked for: the users have more than {}", grouped(MOST as u64));
        organisation.note(unasked("", State::NotEvaluated, note));
    }
    if let Some(&users) = domains.get(NONE) {
        // Rules about users say what is wrong with these addresses.
        let users = several(users, "user");
        let note =
            format!("not asked for the SIP addresses of {users}: they have no domain that DNS could have");
        organisation.note(unasked("", state, note));
    }
    Ok(organisation)
}

/// A check of the DNS records for which no name server was asked.
fn unasked(about: &str, state: State, note: String) -> Check {
    Check {
        step: 1,
        state,
        about: about.to_owned(),
        field: "",
        codes: Vec::new(),
        found: String::new(),
        expected: String::new(),
        note,
    }
}

/// Asks name servers for the records of domains, and judges what they say.
pub(super) fn look_up(
    settings: &Settings,
    domains: Vec<String>,
    plan: &Plan,
    interrupted: &dyn Fn() -> bool,
) -> Result<Organisation> {
    let request = name_servers::Request {
        domains,
        internal: settings.dns.internal,
        servers: settings.dns.servers.clone(),
        timeout: Duration::from_secs(settings.dns.timeout),
        retries: settings.dns.retries,
    };
    let mut organisation = Organisation::default();
    // An alias may lead from one domain of the organisation to another.
    let mut plan = plan.clone();
    plan.context.sip_domains.extend(request.domains.iter().cloned());
    for domain in name_servers::ask(&request, interrupted)? {
        dns::judge(&plan, &domain, &mut organisation);
    }
    Ok(organisation)
}

/// A command that looks at the organisation and audits no users.
pub(super) struct Alone<'a> {
    pub(super) settings: &'a Settings,
    pub(super) scenario: Scenario,
    pub(super) plan: &'a Plan,
    pub(super) environment: &'a Environment,
    pub(super) talk: Talk,
    /// When the command started.
    pub(super) began: jiff::Timestamp,
}

impl Alone<'_> {
    /// Tells what was seen; with `--out` the report is written.
    pub(super) fn tell(&self, organisation: &Organisation) -> Result<Status> {
        let mut outcome =
            Outcome { covered: vec![0; self.plan.suppressions.list().len()], ..Outcome::default() };
        organisation.add_to(&mut outcome.counts, &mut outcome.covered);
        let settings = self.settings;
        // A settings file is about audits: its folder must not be written over.
        let given = |key| settings.values.get(key).iter().any(|entry| entry.origin == Origin::CommandLine);
        let asked = given("out");
        if given("baseline") && !asked {
            let what = "--baseline compares reports: say with --out where this one is written";
            return Err(Error::usage(what));
        }
        let folder = asked.then(|| Folder::open(settings, self.scenario, self.environment)).transpose()?;
        if let Some(folder) = &folder {
            folder.organisation(organisation)?;
        }
        let all = outcome.counts.severity.iter().sum();
        let found = Found { counts: &outcome.counts, new: folder.as_ref().map_or(all, Folder::new_ones) };
        let status = Status::of(&found, organisation.incomplete(), settings);
        let meaning = audit_line(status, &found, settings);
        let ended = now();
        let mut run = Run {
            scenario: self.scenario,
            settings,
            plan: self.plan,
            sources: &[],
            outcome: &outcome,
            organisation,
            started: time_text(self.began),
            ended: time_text(ended),
            status,
            meaning: &meaning,
            seconds: ended.duration_since(self.began).as_secs_f64(),
            kept: None,
        };
        // The log of a redacted run names nobody, and no server.
        let shown = settings.redact == Redact::None;
        let detail = if shown { Detail::Every } else { Detail::None };
        let mut text = checklist::text(self.scenario, None, organisation, detail, self.style());
        if shown {
            text.push_str(&beside(organisation, self.style()));
        }
        text.push_str(&super::accepted::text(&run, self.style()));
        if let Some(folder) = folder {
            text.push_str(&super::accepted::changes(folder.compared(&run).as_ref(), self.style()));
            finish(folder, &mut run)?;
            let told = format!("The report is in {}", escape(&settings.out.display().to_string()));
            text.extend(["\n", &told, "\n"]);
        }
        if !self.talk.quiet {
            match terminal::print(text.trim_start_matches('\n')) {
                Err(Error::ClosedPipe) => {}
                other => other?,
            }
        }
        if !self.talk.quiet || status != Status::Done {
            terminal::note(&meaning);
        }
        Ok(status)
    }

    fn style(&self) -> Style {
        Style { colour: self.environment.colour, width: self.environment.width }
    }
}

/// What was found beside the steps.
fn beside(organisation: &Organisation, style: Style) -> String {
    if organisation.notes.is_empty() {
        return String::new();
    }
    let lines: String =
        organisation.notes.iter().map(|note| style.wrap("  ", "    ", &escape(note))).collect();
    format!("\n{}\n{lines}", style.paint(Paint::Bold, "Found"))
}

/// The plan of a command that audits no users.
pub(super) fn plan(settings: &Settings, scenario: Scenario, began: jiff::Timestamp) -> Plan {
    let mut plan = settings.plan(scenario);
    plan.suppressions =
        crate::rules::suppress::Suppressions::new(settings.suppressions.clone(), today(began));
    // No rule about users is run.
    plan.run = crate::rules::RuleSet::NONE;
    plan
}
