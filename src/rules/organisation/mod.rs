//! Rules about the organisation: what they are run on, and what comes of it.
//!
//! They stand in the same catalogue as the rules about users and make the same findings. What is looked at has a name
//! (a SIP domain, the DN of an object) in the place of a user; each thing looked at is a check of a step as well, so
//! that what is right is told too.

pub mod by_hand;
pub mod dns;
pub mod forest;
pub mod org;
mod partner;
pub mod steps;

#[cfg(test)]
mod examples;

use super::counts::Counts;
use super::verdict::{Judged, Plan, Status, Verdict, excluded};
use super::{Check, Context, RuleSet, Sink, at};
use crate::finding::{Finding, Severity, State};
use crate::model::configuration::{Configuration, Kind, Object};
use crate::model::dns::Domain;
use crate::model::organisation::{self, State as Outcome};
use crate::model::{Attr, Facts, User};

/// What a rule about the organisation looks at.
#[derive(Debug, Clone, Copy)]
pub enum Look {
    /// The DNS records of one SIP domain.
    Dns(fn(&Domain, &Context, &mut Sink<'_>)),
    /// What Exchange and Lync keep in the configuration partition, as a whole.
    Forest(fn(&Configuration, &Context, &mut Sink<'_>)),
    /// One object of a kind in it.
    One(Kind, fn((&Configuration, &Object), &Context, &mut Sink<'_>)),
}

impl Look {
    /// What it looks at, as a noun.
    #[must_use]
    pub fn concerns(self) -> &'static str {
        match self {
            Self::Dns(_) => "domain",
            Self::Forest(_) => "forest",
            Self::One(..) => "object",
        }
    }

    /// The same in words.
    #[must_use]
    pub fn reads(self) -> &'static str {
        match self {
            Self::Dns(_) => "the DNS records of a SIP domain",
            Self::Forest(_) => "the configuration partition",
            Self::One(kind, _) => kind.told(),
        }
    }
}

/// One thing of the organisation, and what the rules say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// What it is called: a SIP domain, the DN of an object.
    pub name: String,
    /// Where it was seen: `DNS`, the URL of a server.
    pub source: String,
    /// The findings, in the order of the catalogue.
    pub findings: Vec<Finding>,
    /// Rules that could not be evaluated.
    pub open: RuleSet,
}

impl Subject {
    /// As reports write findings: in the place of the user stands an object with the name for its DN.
    pub fn as_judged(&self, write: impl FnOnce(&Judged<'_, '_>)) {
        let user = User::of(&[(Attr::DistinguishedName, &self.name)]);
        let facts = Facts::of(&user);
        let mut by_severity = [0; 3];
        for finding in self.findings.iter().filter(|finding| finding.counts()) {
            by_severity[finding.severity as usize] += 1;
        }
        let status = match by_severity {
            [_, 0, 0] => Status::Compliant,
            [_, _, 0] => Status::Warning,
            _ => Status::NonCompliant,
        };
        let verdict = Verdict { status, by_severity, ..excluded("") };
        write(&Judged::of(&self.source, &facts, &verdict, &self.findings));
    }
}

/// What is known of the organisation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Organisation {
    /// What was looked at, by step, then in the order in which it was.
    pub checks: Vec<organisation::Check>,
    /// The same by what it concerns, with the findings.
    pub subjects: Vec<Subject>,
    /// The rules that were run.
    pub run: RuleSet,
    /// Those of them that could not be evaluated for some subject.
    pub open: RuleSet,
    /// How many findings each suppression of the plan covers.
    pub covered: Vec<u64>,
    /// What was found that no rule judges: domains, versions; each may name servers.
    pub notes: Vec<String>,
}

impl Organisation {
    /// Runs the rules of the plan on one subject, and takes over the checks that tell about it. `look` runs a rule, and
    /// says whether that rule looks at such a subject. A check fails with an error or a warning about its field.
    pub fn judge(
        &mut self,
        plan: &Plan,
        (name, source): (&str, &str),
        checks: Vec<organisation::Check>,
        look: impl Fn(Look, &mut Sink<'_>) -> bool,
    ) {
        let (mut findings, mut open) = (Vec::new(), RuleSet::NONE);
        for place in plan.organisation.iter() {
            let Check::Organisation(kind) = at(place).check else { continue };
            if look(kind, &mut Sink::new(place, plan.severity[place], &mut findings, &mut open)) {
                self.run.insert(place);
            }
        }
        for finding in &mut findings {
            if plan.overridden.has(finding.rule) {
                finding.severity = plan.severity[finding.rule];
            }
        }
        self.suppress(plan, name, &mut findings);
        self.open = self.open.with(open);
        self.checks.extend(checks.into_iter().map(|check| settled(check, &findings)));
        self.checks.sort_by_key(|check| check.step);
        self.subjects.push(Subject { name: name.to_owned(), source: source.to_owned(), findings, open });
    }

    /// Marks what was accepted.
    fn suppress(&mut self, plan: &Plan, name: &str, findings: &mut [Finding]) {
        self.covered.resize(plan.suppressions.list().len(), 0);
        let concerned = plan.suppressions.about(name);
        for finding in findings {
            if let Some(place) = plan.suppressions.covering(&concerned, finding.rule) {
                self.covered[place] += 1;
                if plan.suppressions.holds(place) {
                    finding.state = State::Suppressed;
                }
            }
        }
    }

    /// Adds a check that no rule decides.
    pub fn note(&mut self, check: organisation::Check) {
        self.checks.push(check);
        self.checks.sort_by_key(|check| check.step);
    }

    /// Adds what was seen elsewhere; both were judged by the same plan.
    pub fn merge(&mut self, other: Self) {
        self.checks.extend(other.checks);
        self.checks.sort_by_key(|check| check.step);
        self.subjects.extend(other.subjects);
        self.run = self.run.with(other.run);
        self.open = self.open.with(other.open);
        let most = self.covered.len().max(other.covered.len());
        self.covered.resize(most, 0);
        self.covered.iter_mut().zip(other.covered).for_each(|(all, more)| *all += more);
        self.notes.extend(other.notes);
    }

    /// Whether something could not be asked.
    #[must_use]
    pub fn incomplete(&self) -> bool {
        !self.open.is_empty() || self.checks.iter().any(|check| check.state == Outcome::NotEvaluated)
    }

    /// Counts the findings among those about users, and what suppressions cover of them.
    pub fn add_to(&self, counts: &mut Counts, covered: &mut [u64]) {
        for subject in &self.subjects {
            counts.add_subject(&subject.findings);
        }
        covered.iter_mut().zip(&self.covered).for_each(|(all, more)| *all += more);
    }
}

/// A check with what the findings say about its field.
fn settled(mut check: organisation::Check, findings: &[Finding]) -> organisation::Check {
    let own = findings.iter().filter(|finding| finding.attribute.name() == check.field);
    for finding in own {
        let code = at(finding.rule).code;
        if !check.codes.contains(&code) {
            check.codes.push(code);
        }
        if finding.severity > Severity::Info {
            check.state = Outcome::Failed;
        }
        if !finding.counts() && !check.note.contains("accepted") {
            let between = if check.note.is_empty() { "" } else { "; " };
            check.note.extend([between, code, " is accepted by a suppression"]);
        }
    }
    check
}
