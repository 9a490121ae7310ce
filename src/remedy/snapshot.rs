//! What an audit says about every user, in a few octets each: enough to tell what another audit says anew.

use std::collections::{HashMap, HashSet};

use crate::finding::{Finding, Severity};
use crate::model::fold;
use crate::rules::verdict::Status;
use crate::rules::{self, Check, RuleSet};

/// A finding, as far as it must be known again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Print {
    rule: usize,
    /// Of the folded value.
    value: u64,
    severity: Severity,
}

/// All users, in the order of the input.
#[derive(Debug, Default)]
pub struct Snapshot {
    statuses: Vec<Status>,
    prints: Vec<Print>,
    ends: Vec<usize>,
    dns: Vec<u64>,
}

impl Snapshot {
    /// How many users there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.statuses.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.statuses.is_empty()
    }

    /// How many users are compliant.
    #[must_use]
    pub fn compliant(&self) -> usize {
        self.statuses.iter().filter(|status| **status == Status::Compliant).count()
    }

    pub(super) fn push(&mut self, status: Status, dn: u64, prints: &[Print]) {
        self.statuses.push(status);
        self.dns.push(dn);
        self.prints.extend_from_slice(prints);
        self.ends.push(self.prints.len());
    }

    /// The status and the findings of a user; one that is not there has none.
    pub(super) fn user(&self, place: usize) -> (Status, &[Print]) {
        let start = place.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let prints = self.ends.get(place).and_then(|&end| self.prints.get(start..end)).unwrap_or_default();
        (self.statuses.get(place).copied().unwrap_or(Status::Excluded), prints)
    }

    /// The hashes of DNs that two objects have.
    #[must_use]
    pub fn shared_dns(&self) -> HashSet<u64> {
        let none = fold::hash("");
        let mut seen = HashSet::with_capacity(self.dns.len());
        self.dns.iter().filter(|&&dn| dn != none && !seen.insert(dn)).copied().collect()
    }
}

/// The prints of a user's findings, sorted.
pub(super) fn prints(findings: &[Finding]) -> Vec<Print> {
    let print = |finding: &Finding| Print {
        rule: finding.rule,
        value: fold::hash(&finding.value) ^ fold::hash(finding.attribute.name()),
        severity: finding.severity,
    };
    let mut prints: Vec<Print> = findings.iter().map(print).collect();
    prints.sort_unstable();
    prints
}

/// The rules that find something about a user that they did not find before: more than before or something worse;
/// of what is shared with others, another text.
pub(super) fn is_new(before: &[Print], after: &[Print]) -> RuleSet {
    let known: HashMap<(usize, u64), Severity> =
        before.iter().map(|print| ((print.rule, print.value), print.severity)).collect();
    let mut news = RuleSet::NONE;
    for print in after {
        let same = known.get(&(print.rule, print.value)).is_some_and(|&before| before >= print.severity);
        let old = same || (about_user(print.rule) && covered(before, after, print.rule));
        if !old {
            news.insert(print.rule);
        }
    }
    news
}

fn about_user(rule: usize) -> bool {
    matches!(rules::at(rule).check, Check::User(_))
}

/// Whether a rule says no more and nothing worse than before.
fn covered(before: &[Print], after: &[Print], rule: usize) -> bool {
    let of = |prints: &[Print]| {
        let severities: Vec<Severity> =
            prints.iter().filter(|print| print.rule == rule).map(|print| print.severity).collect();
        (severities.len(), severities.into_iter().max())
    };
    let ((old, bad), (new, worse)) = (of(before), of(after));
    new <= old && worse <= bad
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(code: &str, value: u64, severity: Severity) -> Print {
        Print { rule: rules::all().position(|rule| rule.code == code).unwrap(), value, severity }
    }

    fn news(before: &[Print], after: &[Print]) -> Vec<&'static str> {
        is_new(before, after).iter().map(|rule| rules::at(rule).code).collect()
    }

    #[test]
    fn more_or_worse_is_new_and_another_value_is_not() {
        use Severity::{Error, Warning};
        let one = [print("SIP012", 1, Warning)];
        assert!(news(&one, &[]).is_empty());
        assert!(news(&one, &one).is_empty());
        assert!(news(&one, &[print("SIP012", 2, Warning)]).is_empty());
        assert_eq!(news(&one, &[print("SIP012", 1, Warning), print("SIP012", 2, Warning)]), ["SIP012"]);
        assert_eq!(news(&one, &[print("SIP012", 1, Error)]), ["SIP012"]);
        assert_eq!(news(&one, &[print("MAIL003", 1, Warning)]), ["MAIL003"]);
    }

    #[test]
    fn another_shared_text_is_new() {
        let one = [print("UNQ001", 1, Severity::Error)];
        assert!(news(&one, &one).is_empty());
        assert_eq!(news(&one, &[print("UNQ001", 2, Severity::Error)]), ["UNQ001"]);
    }

    #[test]
    fn users_are_found_again() {
        let mut all = Snapshot::default();
        all.push(Status::Warning, 7, &[print("SIP012", 1, Severity::Warning)]);
        all.push(Status::Compliant, 8, &[]);
        all.push(Status::NonCompliant, 7, &[print("SIP001", 1, Severity::Error)]);
        assert_eq!((all.len(), all.compliant()), (3, 1));
        assert_eq!(all.user(2).1, [print("SIP001", 1, Severity::Error)]);
        assert!(all.user(1).1.is_empty() && all.user(9).1.is_empty());
        assert_eq!(all.shared_dns(), HashSet::from([7]));
    }
}
