//! What an earlier report found, to tell what is new.
//!
//! Findings are compared by fingerprint and counted, not looked up as in a set: two values of one user that fold alike
//! share a fingerprint. Of such twins it is arbitrary which one is called new; how many are is not.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::earlier::Earlier;
use super::redact::Redactor;
use super::{Summary, fingerprint, redact, wire};
use crate::error::{Error, Result};
use crate::finding::{Finding, State};
use crate::model::User;
use crate::model::text::grouped;
use crate::rules;

/// The fingerprints of an earlier report: some twenty octets a finding.
#[derive(Debug, Default)]
pub struct Baseline {
    /// Sorted; as often as they were found.
    prints: Vec<[u8; 16]>,
    /// How many of equal ones were found again, at the place of the first.
    taken: Vec<AtomicU32>,
    /// By the rule's place: findings then, of them found again, new ones that count.
    by_rule: Vec<Tally>,
    /// Findings of rules that this version does not know, by code.
    unknown: BTreeMap<String, u64>,
    /// What the report says about itself; nothing where there was none.
    summary: Option<wire::Summary>,
    name: String,
}

#[derive(Debug, Default)]
struct Tally {
    before: u64,
    again: AtomicU64,
    unchanged: AtomicU64,
    new: AtomicU64,
}

/// How the findings of a run stand with those before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compared {
    /// The report before, as it was named.
    pub report: String,
    /// When it ended, RFC 3339; empty where there was none.
    pub ended: String,
    /// By rule, in the order of the catalogue: those with a finding then or now.
    pub by_rule: Vec<Change>,
    /// What makes the comparison less than sure.
    pub doubts: Vec<String>,
}

/// How the findings of one rule stand with those before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// The rule's place in the catalogue.
    pub rule: usize,
    /// Findings then.
    pub before: u64,
    /// Findings that were not there then, and are not suppressed.
    pub new: u64,
    /// Findings that were there then, and are not suppressed.
    pub unchanged: u64,
    /// Findings that are not there any more.
    pub fixed: u64,
}

impl Compared {
    /// A sum over all rules.
    #[must_use]
    pub fn sum(&self, of: impl Fn(&Change) -> u64) -> u64 {
        self.by_rule.iter().map(of).sum()
    }

    /// Everything in one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let [new, fixed, unchanged] =
            [self.sum(|one| one.new), self.sum(|one| one.fixed), self.sum(|one| one.unchanged)].map(grouped);
        let since = if self.ended.is_empty() {
            "Without a report before".to_owned()
        } else {
            format!("Since the report of {}", self.ended)
        };
        format!("{since}: {new} new, {fixed} fixed, {unchanged} unchanged.")
    }
}

impl Baseline {
    /// Reads the findings of a report that can be compared with one in `scenario`, redacted by `redactor`.
    ///
    /// # Errors
    /// It is no whole report, or it cannot be compared.
    pub fn read(place: &Path, scenario: rules::Scenario, redactor: Option<&Redactor>) -> Result<Self> {
        let earlier = Earlier::open(place)?;
        let mode = redactor.map_or(redact::Mode::None, Redactor::mode).word();
        let key = redactor.and_then(Redactor::key_id);
        comparable(place, &earlier.summary, [scenario.name(), mode], key.as_deref())?;
        Self::of(&earlier, place)
    }

    /// A baseline without a report: everything is new.
    #[must_use]
    pub fn none(place: &Path) -> Self {
        Self {
            by_rule: rules::all().map(|_| Tally::default()).collect(),
            name: place.display().to_string(),
            ..Self::default()
        }
    }

    /// The findings of a report.
    pub(super) fn of(earlier: &Earlier, place: &Path) -> Result<Self> {
        let mut baseline = Self::none(place);
        earlier.findings(|row| {
            let code = row.get("code");
            match rules::all().position(|rule| rule.code == code) {
                Some(rule) => baseline.by_rule[rule].before += 1,
                None => *baseline.unknown.entry(code.to_owned()).or_default() += 1,
            }
            let print = row.fingerprint().ok_or_else(|| {
                let place = place.display().to_string();
                Error::source(
                    place,
                    "a finding has no fingerprint",
                    "audit again, and compare with that report",
                )
            })?;
            baseline.prints.push(print);
            Ok(())
        })?;
        let Self { prints, taken, .. } = Self::of_prints(std::mem::take(&mut baseline.prints));
        Ok(Self { prints, taken, summary: Some(earlier.summary.clone()), ..baseline })
    }

    /// Fingerprints, to be taken one by one.
    pub(super) fn of_prints(mut prints: Vec<[u8; 16]>) -> Self {
        prints.shrink_to_fit();
        prints.sort_unstable();
        let taken = prints.iter().map(|_| AtomicU32::new(0)).collect();
        Self { prints, taken, ..Self::default() }
    }

    /// How many bytes it takes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        (size_of_val(self.prints.as_slice()) + size_of_val(self.taken.as_slice())) as u64
    }

    /// Whether the report has this fingerprint once more than it was asked for.
    pub(super) fn take(&self, print: &[u8; 16]) -> bool {
        let first = self.prints.partition_point(|known| known < print);
        let Some(taken) = self.taken.get(first) else { return false };
        let next = |nth: u32| (self.prints.get(first + nth as usize) == Some(print)).then(|| nth + 1);
        taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).is_ok()
    }

    /// The findings about a user, as they stand with the report.
    pub(super) fn mark(&self, user: &User<'_>, findings: &[Finding]) -> Vec<Finding> {
        let mark = |finding: &Finding| {
            let again = self.take(&fingerprint::of(user, finding));
            let tally = &self.by_rule[finding.rule];
            tally.again.fetch_add(u64::from(again), Ordering::Relaxed);
            let (state, count) =
                if again { (State::Unchanged, &tally.unchanged) } else { (State::New, &tally.new) };
            let counts = finding.counts();
            count.fetch_add(u64::from(counts), Ordering::Relaxed);
            Finding { state: if counts { state } else { finding.state }, ..finding.clone() }
        };
        findings.iter().map(mark).collect()
    }

    /// How many findings are new and count.
    pub(super) fn new_ones(&self) -> u64 {
        self.by_rule.iter().map(|tally| tally.new.load(Ordering::Relaxed)).sum()
    }

    /// How everything stands, when the run is over. What was not looked for is not fixed.
    pub(super) fn compared(&self, now: &Summary) -> Compared {
        let change = |(rule, tally): (usize, &Tally)| {
            let gone = tally.before - tally.again.load(Ordering::Relaxed).min(tally.before);
            Change {
                rule,
                before: tally.before,
                new: tally.new.load(Ordering::Relaxed),
                unchanged: tally.unchanged.load(Ordering::Relaxed),
                fixed: if now.run.has(rule) && !now.organisation.open.has(rule) { gone } else { 0 },
            }
        };
        let changes = self.by_rule.iter().enumerate().map(change);
        Compared {
            report: self.name.clone(),
            ended: self.summary.as_ref().map(|then| then.ended.clone()).unwrap_or_default(),
            by_rule: changes.filter(|change| change.before + change.new + change.unchanged > 0).collect(),
            doubts: self.summary.as_ref().map(|then| self.doubts(then, now)).unwrap_or_default(),
        }
    }

    fn doubts(&self, then: &wire::Summary, now: &Summary) -> Vec<String> {
        let mut doubts = Vec::new();
        if now.incomplete() {
            doubts.push("the input was incomplete this time: what could not be read looks fixed".to_owned());
        }
        if then.sources.iter().any(|source| source.incomplete) {
            doubts.push("the input was incomplete then: what could not be read looks new".to_owned());
        }
        if then.options.only != now.options.only.as_ref().map(|path| path.display().to_string()) {
            doubts.push("not the same users are reported (--only): others look new or fixed".to_owned());
        }
        let (mut left_out, mut open, mut added) = (Vec::new(), Vec::new(), Vec::new());
        for (place, rule) in rules::all().enumerate() {
            let open_then =
                then.not_evaluated.iter().find(|one| one.code == rule.code).map_or(0, |one| one.users);
            if !now.run.has(place) && self.by_rule[place].before > 0 {
                left_out.push(rule.code);
            } else if self.by_rule[place].before > 0
                && (now.counts.rules[place].not_evaluated > open_then || now.organisation.open.has(place))
            {
                open.push(rule.code);
            }
            if now.run.has(place)
                && !then.rules_run.iter().any(|code| code == rule.code)
                && now.counts.rules[place].findings > 0
            {
                added.push(rule.code);
            }
        }
        left_out.extend(self.unknown.keys().map(String::as_str));
        for (codes, says) in [
            (left_out, "not run this time, so not counted as fixed"),
            (open, "not evaluated for more users or things than then: what is missing looks fixed"),
            (added, "not run then: all that they find is new"),
        ] {
            if !codes.is_empty() {
                doubts.push(format!("{}: {says}", codes.join(", ")));
            }
        }
        doubts
    }
}

/// Refuses a report whose findings have other fingerprints or another meaning.
fn comparable(place: &Path, then: &wire::Summary, now: [&str; 2], key: Option<&str>) -> Result<()> {
    let refuse = |what: String, remedy: &str| Err(Error::source(place.display().to_string(), what, remedy));
    let [scenario, redact] = now;
    if then.scenario != scenario {
        let what = format!("this report is for {}, the audit for {scenario}", then.scenario);
        return refuse(what, "compare with a report for the same scenario");
    }
    if then.options.redact != redact {
        let what = format!("this report is redacted `{}`, the audit `{redact}`", then.options.redact);
        return refuse(what, "compare with a report that is redacted alike (--redact)");
    }
    if then.options.redact_key.as_deref() != key {
        return refuse(
            "this report is redacted under another key".to_owned(),
            "use the key of that report, or compare with another",
        );
    }
    Ok(())
}

/// Refuses two reports that cannot be compared with each other.
pub(super) fn both(place: &Path, then: &wire::Summary, now: &wire::Summary) -> Result<()> {
    comparable(place, then, [&now.scenario, &now.options.redact], now.options.redact_key.as_deref())
}

impl Compared {
    /// As it stands in `summary.json`.
    pub(super) fn wire(&self) -> wire::Compared {
        let rule = |change: &Change| wire::Change {
            code: rules::at(change.rule).code.to_owned(),
            name: rules::at(change.rule).name.to_owned(),
            before: change.before,
            new: change.new,
            unchanged: change.unchanged,
            fixed: change.fixed,
        };
        wire::Compared {
            report: self.report.clone(),
            ended: self.ended.clone(),
            new: self.sum(|one| one.new),
            unchanged: self.sum(|one| one.unchanged),
            fixed: self.sum(|one| one.fixed),
            by_rule: self.by_rule.iter().map(rule).collect(),
            doubts: self.doubts.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_counted_and_not_looked_up() {
        let baseline = Baseline::of_prints(vec![[2; 16], [1; 16], [2; 16]]);
        let taken = [[2; 16], [0; 16], [2; 16], [2; 16], [1; 16], [1; 16], [3; 16]]
            .map(|print| baseline.take(&print));
        assert_eq!(taken, [true, false, true, false, true, false, false]);
    }

    #[test]
    fn many_threads_take_as_many_as_there_are() {
        let baseline = Baseline::of_prints(vec![[7; 16]; 1000]);
        let found = || (0..800).filter(|_| baseline.take(&[7; 16])).count();
        let all: usize = std::thread::scope(|scope| {
            let threads = [(); 4].map(|()| scope.spawn(found));
            threads.map(|thread| thread.join().unwrap()).iter().sum()
        });
        assert_eq!(all, 1000);
    }
}
