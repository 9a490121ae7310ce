//! One audit of the sources with the plan applied: what is still suggested goes into the plan, and what is new since
//! the first audit is told.

use std::cell::LazyCell;
use std::collections::HashSet;
use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::merge::{Merged, merge};
use super::plan::{Object, Plan};
use super::snapshot::{Print, Snapshot, is_new, prints};
use super::table::Table;
use super::{Choice, why};
use crate::error::{Error, Result};
use crate::model::identity::normal_guid;
use crate::model::{Attr, Facts, User, dn, fold};
use crate::rules::verdict::{Judged, Status};
use crate::rules::{self, Context, RuleSet};

/// What a round works with.
pub struct Desk<'r> {
    /// What varies by site.
    pub context: &'r Context,
    /// What is chosen.
    pub choice: &'r Choice,
    /// The plan so far.
    pub plan: &'r Plan,
    /// What the first audit found; none in the first one.
    pub first: Option<&'r Snapshot>,
    /// Hashes of DNs that two objects have.
    pub shared: &'r HashSet<u64>,
    /// Whether a user is among those that the report is about.
    pub reported: &'r (dyn Fn(&User<'_>) -> bool + Sync),
    /// Where `needs-a-person.csv` goes.
    pub out: Option<Mutex<Box<dyn Write + Send + 'r>>>,
}

/// A round that is going on; parts are filled in parallel and taken in the order of the input.
pub struct Round<'r> {
    desk: Desk<'r>,
    found: Mutex<Found>,
}

/// What a round has found.
#[derive(Debug, Default)]
pub struct Found {
    /// What every user has.
    pub snapshot: Snapshot,
    /// What goes into the plan, in the order of the input.
    pub objects: Vec<Object>,
    /// How many of them are not in it yet.
    added: usize,
    /// Findings that are left to a person.
    pub for_a_person: u64,
    /// Findings whose suggestions are left for another run, since the plan is full.
    pub left: u64,
    /// Findings that were not there before the plan: who, and the codes of the rules.
    pub news: Vec<(String, Vec<&'static str>)>,
    /// Users that are compliant now and were not before.
    pub become_compliant: u64,
}

/// What one block of users becomes.
#[derive(Debug, Default)]
pub struct Part {
    users: Vec<Seen>,
    rows: Table,
    for_a_person: u64,
}

/// What is kept of a user.
#[derive(Debug)]
struct Seen {
    name: String,
    dn: u64,
    status: Status,
    prints: Vec<Print>,
    object: Option<(Object, u64)>,
}

impl<'r> Round<'r> {
    /// A round.
    ///
    /// # Errors
    /// `needs-a-person.csv` cannot be written.
    pub fn new(desk: Desk<'r>) -> Result<Self> {
        let round = Self { desk, found: Mutex::default() };
        round.write(&Table::new(&why::COLUMNS))?;
        Ok(round)
    }

    /// Looks at one user.
    pub fn user(&self, part: &mut Part, judged: &Judged<'_, '_>) {
        let user = judged.user;
        let object = if self.is_concerned(user) { self.concerned(part, judged) } else { None };
        part.users.push(Seen {
            name: user.name().to_owned(),
            dn: fold::hash(user.get(Attr::DistinguishedName)),
            status: judged.verdict.status,
            prints: prints(judged.findings),
            object,
        });
    }

    /// Takes a part.
    ///
    /// # Errors
    /// `needs-a-person.csv` cannot be written.
    pub fn take(&self, part: Part) -> Result<()> {
        let mut found = locked(&self.found);
        found.for_a_person += part.for_a_person;
        for seen in part.users {
            self.take_user(&mut found, seen);
        }
        self.write(&part.rows)
    }

    /// What it has found.
    #[must_use]
    pub fn found(self) -> Found {
        self.found.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_concerned(&self, user: &User<'_>) -> bool {
        let below = |folder: &Vec<String>| dn::is_below(user.get(Attr::DistinguishedName), folder);
        let chosen = self.desk.choice.below.is_empty() || self.desk.choice.below.iter().any(below);
        chosen && (self.desk.plan.of(user).is_some() || (self.desk.reported)(user))
    }

    /// What is to be changed of a user, with the number of findings that this mends; the other findings are written
    /// down.
    fn concerned(&self, part: &mut Part, judged: &Judged<'_, '_>) -> Option<(Object, u64)> {
        let chosen = self.desk.choice.rules;
        let (merged, not_planned) = self.merged(judged);
        let (mut mended, facts) = (0, LazyCell::new(|| Facts::of(judged.user)));
        let mut planned = RuleSet::NONE;
        merged.parts.iter().for_each(|(rule, _)| planned.insert(*rule));
        for finding in judged.findings.iter().filter(|finding| chosen.has(finding.rule)) {
            if planned.has(finding.rule) && finding.suggestion.is_some() {
                mended += 1;
                continue;
            }
            let why = why::why(self.desk.context, &facts, finding, &merged, not_planned);
            why::row(&mut part.rows, judged, finding, &why);
            part.for_a_person += 1;
        }
        let user = judged.user;
        let guid = normal_guid(user.get(Attr::ObjectGuid)).filter(|_| merged.changes())?;
        let dn = user.get(Attr::DistinguishedName).to_owned();
        let Merged { before, after, parts, .. } = merged;
        Some((Object { guid, dn, before, after, parts }, mended))
    }

    /// What becomes of the suggestions for a user, or why nothing of it can be planned.
    fn merged(&self, judged: &Judged<'_, '_>) -> (Merged, Option<&'static str>) {
        let user = judged.user;
        let mut chosen = self.desk.choice.rules;
        let shared = self.desk.shared.contains(&fold::hash(user.get(Attr::DistinguishedName)));
        if let Some(why) = why::not_planned(judged, shared) {
            return (Merged::default(), Some(why));
        }
        let hidden = why::not_shown(user);
        let mut refused = Vec::new();
        if let Some(why) = hidden {
            for finding in judged.findings {
                let proxies = |change: &crate::finding::Change| change.attribute == Attr::ProxyAddresses;
                if finding.suggestion.as_ref().is_some_and(proxies) {
                    chosen.remove(finding.rule);
                    refused.push((finding.rule, why.to_owned()));
                }
            }
        }
        let mut merged = merge(self.desk.context, user, judged.findings, chosen);
        merged.refused.extend(refused);
        (merged, None)
    }

    fn take_user(&self, found: &mut Found, seen: Seen) {
        if let Some(first) = self.desk.first {
            let (status, before) = first.user(found.snapshot.len());
            let now = seen.status == Status::Compliant;
            found.become_compliant += u64::from(now && status != Status::Compliant);
            let news: RuleSet = is_new(before, &seen.prints);
            if !news.is_empty() {
                found.news.push((seen.name, news.iter().map(|rule| rules::at(rule).code).collect()));
            }
        }
        found.snapshot.push(seen.status, seen.dn, &seen.prints);
        if let Some((object, mended)) = seen.object {
            let known = self.desk.plan.has(&object.guid);
            let planned = self.desk.plan.objects().len() + found.added;
            if known || self.desk.choice.limit.is_none_or(|limit| planned < limit) {
                found.added += usize::from(!known);
                found.objects.push(object);
            } else {
                found.left += mended;
            }
        }
    }

    fn write(&self, table: &Table) -> Result<()> {
        let Some(out) = &self.desk.out else { return Ok(()) };
        locked(out).write_all(table.octets()).map_err(Error::io("write", why::FILE))
    }
}

fn locked<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
