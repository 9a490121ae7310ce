//! Last reading: every rule over every user.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::finding::{Change, Finding, State};
use crate::model::address::{self, Known};
use crate::model::{Facts, User, fold};
use crate::rules::concern::Concern;
use crate::rules::unique::{self, Neighbours, Others, Space};
use crate::rules::verdict::{Plan, Verdict, excluded, judge};
use crate::rules::{self, Check, Rule, RuleSet, Sink};

use super::keys::{Kind, key_hash, lower};
use super::look;
use super::names::Naming;
use super::ties::Own;

/// What the rules say about one user.
#[derive(Debug)]
pub(super) struct Judgement {
    pub(super) verdict: Verdict,
    /// Whether a rule failed on the user.
    pub(super) failed: bool,
}

/// Which rules have to look at a user. What was worked out for one block serves the next.
pub(super) struct Concerns<'p> {
    /// Of the rules of the plan.
    own: Concern<'p>,
    /// Of all rules, selected or not: suggestions are tested with them.
    every: Concern<'p>,
}

impl<'p> Concerns<'p> {
    /// Those of a plan, and of the one of all rules.
    pub(super) fn of(plan: &'p Plan, every: &'p Plan) -> Self {
        Self { own: Concern::of(plan), every: Concern::of(every) }
    }
}

/// Runs the catalogue on users; reuses its buffers.
pub(super) struct Judge<'p, 'a> {
    plan: &'p Plan,
    naming: &'a Naming<'a>,
    concerns: Concerns<'p>,
    findings: Vec<Finding>,
    domains: Known,
    /// How many findings each suppression covers, if there are any.
    covered: Vec<u64>,
}

/// How many values may be judged to test the suggestions of one user.
const TESTED: usize = 1 << 20;

/// What stands in the reason of a record on which a rule failed.
const RULE_FAILED: &str = "a rule failed on this record";

impl<'p, 'a> Judge<'p, 'a> {
    /// Judges by a plan; the concerns are those of the plan.
    pub(super) fn new(plan: &'p Plan, concerns: Concerns<'p>, naming: &'a Naming<'a>) -> Self {
        let covered = vec![0; plan.suppressions.list().len()];
        Self { plan, naming, concerns, findings: Vec::new(), domains: Known::default(), covered }
    }

    /// The findings about the user judged last, in the order of the catalogue.
    pub(super) fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How many findings of all users each suppression covers; and the concerns, for the next block.
    pub(super) fn finish(self) -> (Vec<u64>, Concerns<'p>) {
        (self.covered, self.concerns)
    }

    /// Judges one user; `None` when it is not the user whose ties they are.
    pub(super) fn judge(
        &mut self,
        facts: &Facts<'_>,
        ties: Own<'_>,
        incomplete: Option<&'static str>,
    ) -> Option<Judgement> {
        self.findings.clear();
        if let Some(reason) = facts.exclusion() {
            return Some(Judgement { verdict: excluded(reason), failed: false });
        }
        let mut failed = false;
        let near = Near::of(facts.user, ties, self.naming)?;
        let known = self.concerns.own.with(facts, near.ties.is_empty());
        if known.run.is_empty() && incomplete.is_none() {
            return Some(Judgement { verdict: known.verdict.clone(), failed });
        }
        let (concerned, passed) = (known.run, known.open);
        let mut open = passed;
        let all = catch_unwind(AssertUnwindSafe(|| {
            for place in concerned.iter() {
                self::run(self.plan, facts, &near, (place, rules::at(place)), &mut self.findings, &mut open);
            }
        }));
        if all.is_err() {
            failed = true;
            open = passed.with(self.one_by_one(concerned, facts, &near));
        }
        for finding in &self.findings {
            open.remove(finding.rule);
        }
        self.settle_severities();
        self.withhold_suggestions(facts, &near, failed);
        self.suppress(facts);
        let incomplete = incomplete.or(failed.then_some(RULE_FAILED));
        let verdict = judge(facts, self.plan, &self.findings, open, incomplete);
        Some(Judgement { verdict, failed })
    }

    /// After a rule failed: all others, each on its own; the failing one is not evaluated.
    fn one_by_one(&mut self, concerned: RuleSet, facts: &Facts<'_>, near: &Near<'_>) -> RuleSet {
        self.findings.clear();
        let mut open = RuleSet::NONE;
        for place in concerned.iter() {
            let kept = self.findings.len();
            let ran = catch_unwind(AssertUnwindSafe(|| {
                self::run(self.plan, facts, near, (place, rules::at(place)), &mut self.findings, &mut open);
            }));
            if ran.is_err() {
                self.findings.truncate(kept);
                open.insert(place);
            }
        }
        open
    }

    /// What the user says about the severity of a rule holds for each of its findings.
    fn settle_severities(&mut self) {
        for finding in &mut self.findings {
            if self.plan.overridden.has(finding.rule) {
                finding.severity = self.plan.severity[finding.rule];
            }
        }
    }

    /// Marks what was accepted.
    fn suppress(&mut self, facts: &Facts<'_>) {
        let suppressions = &self.plan.suppressions;
        if self.covered.is_empty() || self.findings.is_empty() {
            return;
        }
        let concerned = suppressions.of(facts.user);
        for finding in &mut self.findings {
            if let Some(place) = suppressions.covering(&concerned, finding.rule) {
                self.covered[place] += 1;
                if suppressions.holds(place) {
                    finding.state = State::Suppressed;
                }
            }
        }
    }

    /// Withholds suggestions of addresses that another object has, and of changes that mend nothing or break
    /// another rule.
    fn withhold_suggestions(&mut self, facts: &Facts<'_>, near: &Near<'_>, failed: bool) {
        if self.findings.iter().all(|finding| finding.suggestion.is_none()) {
            return;
        }
        let before = self.before(facts, failed);
        let Self { findings, concerns, domains, .. } = self;
        // Each test judges all values anew: what cannot be tested in good time is withheld too.
        let mut tests = TESTED / (1 + facts.user.proxies().len());
        for Finding { rule, suggestion, .. } in findings {
            let keep = suggestion.as_ref().is_some_and(|change| {
                tests = tests.saturating_sub(1);
                let mends = |before: &Vec<u32>| {
                    mends((&mut concerns.every, domains), facts.user, *rule, change, before)
                };
                tests > 0 && !is_taken(change, near) && before.as_ref().is_some_and(mends)
            });
            if !keep {
                *suggestion = None;
            }
        }
    }

    /// How many findings each rule about one user has; those of the plan are known unless one failed.
    fn before(&mut self, facts: &Facts<'_>, failed: bool) -> Option<Vec<u32>> {
        let known = if failed { RuleSet::NONE } else { self.plan.run };
        let mut counts = tally(&mut self.concerns.every, facts, known)?;
        for finding in self.findings.iter().filter(|finding| known.has(finding.rule)) {
            if let Check::User(_) = rules::at(finding.rule).check {
                counts[finding.rule] += 1;
            }
        }
        Some(counts)
    }
}

/// Runs one rule.
fn run(
    plan: &Plan,
    facts: &Facts<'_>,
    near: &Near<'_>,
    (place, rule): (usize, &Rule),
    findings: &mut Vec<Finding>,
    open: &mut RuleSet,
) {
    let mut sink = Sink::new(place, plan.severity[place], findings, open);
    match rule.check {
        Check::User(check) => check(facts, &plan.context, &mut sink),
        Check::Organisation(_) => {}
        Check::Shared(_) | Check::Taken(..) => {
            if !near.ties.is_empty() {
                unique::check(facts, rule, near, &mut sink);
            }
            if !rule.is_shown(facts.user.carried()) {
                sink.not_evaluated();
            }
        }
    }
}

/// The other holders, as seen from one record.
struct Near<'a> {
    /// By key.
    ties: Own<'a>,
    /// All keys of the record, by hash; empty without ties.
    keys: Vec<Held<'a>>,
    naming: &'a Naming<'a>,
}

/// A key of the record.
struct Held<'a> {
    hash: u64,
    ordinal: u32,
    space: Space,
    text: &'a str,
}

impl<'a> Near<'a> {
    /// `None` when the ties are not of this user.
    fn of(user: &'a User<'a>, ties: Own<'a>, naming: &'a Naming<'a>) -> Option<Self> {
        let mut held = Vec::new();
        if !ties.is_empty() {
            unique::keys(user, |unique::Key { space, text, .. }| {
                let ordinal = u32::try_from(held.len()).unwrap_or(u32::MAX);
                held.push(Held { hash: key_hash(Kind::Rules(space), text), ordinal, space, text });
            });
        }
        let is_own = |(ordinal, check): (u32, u32)| {
            held.get(ordinal as usize).is_some_and(|key| lower(key.hash) == check)
        };
        if !ties.keys().all(is_own) {
            return None;
        }
        held.sort_unstable_by_key(|key| (key.hash, key.ordinal));
        Some(Self { ties, keys: held, naming })
    }
}

impl Neighbours for Near<'_> {
    fn any(&self, space: Space) -> bool {
        self.ties.any(look::place(space))
    }

    fn others(&self, text: &str, space: Space) -> Option<Others> {
        if self.ties.is_empty() {
            return None;
        }
        let kind = Kind::Rules(space);
        let hash = key_hash(kind, text);
        let near = self.keys.partition_point(|key| key.hash < hash);
        let near = self.keys[near..].iter().take_while(|key| key.hash == hash);
        let is_it =
            |key: &&Held<'_>| Kind::Rules(key.space).salt() == kind.salt() && fold::same(key.text, text);
        let ordinal = near.filter(is_it).map(|key| key.ordinal).next()?;
        self.naming.others(&self.ties.list(ordinal, look::place(space))?)
    }
}

/// Whether another object has an address that the change puts in, as SIP or as mail address.
fn is_taken(change: &Change, near: &Near<'_>) -> bool {
    change.add.iter().any(|value| {
        let text = address::address_type(value).map_or(value.as_str(), |(_, rest)| rest);
        [Space::Sip, Space::Smtp].into_iter().any(|space| near.others(text, space).is_some())
    })
}

/// How many findings each rule about one user has that is not left out, whatever was selected; `None` when one fails.
fn tally(every: &mut Concern<'_>, facts: &Facts<'_>, left_out: RuleSet) -> Option<Vec<u32>> {
    catch_unwind(AssertUnwindSafe(|| every.counts_about(facts, left_out))).ok()
}

/// Whether the change takes findings of its rule away and brings no other.
fn mends(
    (every, domains): (&mut Concern<'_>, &mut Known),
    user: &User<'_>,
    rule: usize,
    change: &Change,
    before: &[u32],
) -> bool {
    let user = change.applied_to(user);
    tally(every, &Facts::with(&user, domains), RuleSet::NONE).is_some_and(|after| {
        after[rule] < before[rule] && after.iter().zip(before).all(|(after, before)| after <= before)
    })
}
