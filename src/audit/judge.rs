//! Last reading: every rule over every user.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::finding::{Change, Finding, State};
use crate::model::{Facts, Marks, address};
use crate::rules::unique::{self, Neighbours, Others, Space};
use crate::rules::verdict::{Plan, Verdict, excluded, judge};
use crate::rules::{self, Check, RuleSet, Sink};

use super::groups::Groups;

/// What the rules say about one user.
#[derive(Debug)]
pub(super) struct Judgement {
    pub(super) verdict: Verdict,
    /// Whether a rule failed on the user.
    pub(super) failed: bool,
}

/// Runs the catalogue on users; reuses its buffers.
#[derive(Debug)]
pub(super) struct Judge<'a> {
    plan: &'a Plan,
    groups: &'a Groups,
    /// The rules that are run on users with a mark, by the place of the mark.
    by_mark: [RuleSet; Marks::COUNT],
    findings: Vec<Finding>,
    /// How many findings each suppression covers, if there are any.
    covered: Vec<u64>,
}

/// What stands in the reason of a record on which a rule failed.
const RULE_FAILED: &str = "a rule failed on this record";

impl<'a> Judge<'a> {
    pub(super) fn new(plan: &'a Plan, groups: &'a Groups) -> Self {
        let mut by_mark = [RuleSet::NONE; Marks::COUNT];
        for (place, rule) in rules::all().enumerate().filter(|(place, _)| plan.run.has(*place)) {
            rule.when.places().for_each(|mark| by_mark[mark].insert(place));
        }
        let covered = vec![0; plan.suppressions.list().len()];
        Self { plan, groups, by_mark, findings: Vec::new(), covered }
    }

    /// The findings about the user judged last, in the order of the catalogue.
    pub(super) fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How many findings of all users each suppression covers.
    pub(super) fn covered(self) -> Vec<u64> {
        self.covered
    }

    /// Judges one user.
    pub(super) fn judge(
        &mut self,
        facts: &Facts<'_>,
        row: u32,
        incomplete: Option<&'static str>,
    ) -> Judgement {
        self.findings.clear();
        if let Some(reason) = facts.exclusion() {
            return Judgement { verdict: excluded(reason), failed: false };
        }
        let mut open = RuleSet::NONE;
        let mut failed = false;
        let near = Near { groups: self.groups, row: self.groups.shares(row).then_some(row) };
        let concerned = facts.marks.places().fold(RuleSet::NONE, |all, mark| all.with(self.by_mark[mark]));
        let all = catch_unwind(AssertUnwindSafe(|| {
            for place in concerned.iter() {
                self::run(self.plan, facts, &near, place, &mut self.findings, &mut open);
            }
        }));
        if all.is_err() {
            failed = true;
            open = self.one_by_one(concerned, facts, &near);
        }
        for finding in &self.findings {
            open.remove(finding.rule);
        }
        self.settle_severities();
        self.withhold_suggestions(facts, &near);
        self.suppress(facts);
        let incomplete = incomplete.or(failed.then_some(RULE_FAILED));
        let verdict = judge(facts, self.plan, &self.findings, open, incomplete);
        Judgement { verdict, failed }
    }

    /// After a rule failed: all others, each on its own; the failing one is not evaluated.
    fn one_by_one(&mut self, concerned: RuleSet, facts: &Facts<'_>, near: &Near<'_>) -> RuleSet {
        self.findings.clear();
        let mut open = RuleSet::NONE;
        for place in concerned.iter() {
            let kept = self.findings.len();
            let ran = catch_unwind(AssertUnwindSafe(|| {
                self::run(self.plan, facts, near, place, &mut self.findings, &mut open);
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
    fn withhold_suggestions(&mut self, facts: &Facts<'_>, near: &Near<'_>) {
        if self.findings.iter().all(|finding| finding.suggestion.is_none()) {
            return;
        }
        let before = tally(self.plan, facts);
        for finding in &mut self.findings {
            let keep = finding.suggestion.as_ref().is_some_and(|change| {
                !is_taken(change, near) && mends(self.plan, facts, finding.rule, change, &before)
            });
            if !keep {
                finding.suggestion = None;
            }
        }
    }
}

/// Runs one rule.
fn run(
    plan: &Plan,
    facts: &Facts<'_>,
    near: &Near<'_>,
    place: usize,
    findings: &mut Vec<Finding>,
    open: &mut RuleSet,
) {
    let rule = rules::at(place);
    let mut sink = Sink::new(place, plan.severity[place], findings, open);
    match rule.check {
        Check::User(check) => check(facts, &plan.context, &mut sink),
        Check::Shared(_) | Check::Taken(..) => {
            if near.row.is_some() {
                unique::check(facts, rule, near, &mut sink);
            }
            if !rule.reads.iter().all(|&attr| facts.user.carries(attr)) {
                sink.not_evaluated();
            }
        }
    }
}

/// The other holders, as seen from one record; `row` is empty when it shares nothing.
struct Near<'a> {
    groups: &'a Groups,
    row: Option<u32>,
}

impl Neighbours for Near<'_> {
    fn others(&self, text: &str, space: Space) -> Option<Others> {
        self.groups.others(self.row?, text, space)
    }
}

/// Whether another object has an address that the change puts in, as SIP or as mail address.
fn is_taken(change: &Change, near: &Near<'_>) -> bool {
    change.add.iter().any(|value| {
        let text = address::address_type(value).map_or(value.as_str(), |(_, rest)| rest);
        [Space::Sip, Space::Smtp].into_iter().any(|space| near.others(text, space).is_some())
    })
}

/// How many findings each rule about one user has, whatever was selected.
fn tally(plan: &Plan, facts: &Facts<'_>) -> Vec<u32> {
    let (mut findings, mut open) = (Vec::new(), RuleSet::NONE);
    for (place, rule) in rules::all().enumerate() {
        if let (Check::User(check), Some(severity)) = (rule.check, rule.severity_in(plan.context.scenario)) {
            check(facts, &plan.context, &mut Sink::new(place, severity, &mut findings, &mut open));
        }
    }
    let mut counts = vec![0; plan.severity.len()];
    for finding in findings {
        counts[finding.rule] += 1;
    }
    counts
}

/// Whether the change takes findings of its rule away and brings no other.
fn mends(plan: &Plan, facts: &Facts<'_>, rule: usize, change: &Change, before: &[u32]) -> bool {
    let applied = catch_unwind(AssertUnwindSafe(|| {
        let user = change.applied_to(facts.user);
        tally(plan, &Facts::of(&user))
    }));
    applied.is_ok_and(|after| {
        after[rule] < before[rule] && after.iter().zip(before).all(|(after, before)| after <= before)
    })
}
