//! The suggestions for one object as one change.
//!
//! Suggestions are made one by one, and each holds for the object as it is. Here they are applied one after the
//! other, each rule asked again on the way, first in the order of the catalogue and then in the opposite order: where
//! that makes a difference they contradict each other, and a person has to decide.

use std::collections::BTreeSet;

use super::values::{Difference, Values, key};
use super::why::worse;
use crate::finding::{Change, Finding};
use crate::model::address::address_type;
use crate::model::{Attr, Facts, User};
use crate::rules::{self, Context, RuleSet};

/// What becomes of the suggestions for an object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Merged {
    /// What the object holds of the attributes concerned.
    pub(super) before: Values,
    /// What it shall hold.
    pub(super) after: Values,
    /// The changes that are part of it, with their rules.
    pub(super) parts: Vec<(usize, Change)>,
    /// Rules whose suggestions are no part of it, and why.
    pub(super) refused: Vec<(usize, String)>,
}

impl Merged {
    /// Whether anything is to be changed.
    pub(super) fn changes(&self) -> bool {
        self.before.attributes().any(|attr| !difference(self, attr).is_empty())
    }
}

fn difference(merged: &Merged, attr: Attr) -> Difference {
    Difference::between(merged.before.get(attr), merged.after.get(attr))
}

/// How often the rules are asked again; each round takes findings away, so that it ends long before.
const ROUNDS: usize = 32;

/// Merges the suggestions of the findings about a user.
pub(super) fn merge(context: &Context, user: &User<'_>, findings: &[Finding], chosen: RuleSet) -> Merged {
    let offered: Vec<(usize, &Finding, &Change)> = findings
        .iter()
        .filter(|finding| chosen.has(finding.rule))
        .filter_map(|finding| Some((finding.rule, finding, finding.suggestion.as_ref()?)))
        .collect();
    if offered.is_empty() {
        return Merged::default();
    }
    let before = Values::of(user, offered.iter().map(|(_, _, change)| change.attribute));
    let desk = Desk::new(context, user, &before, findings, &offered);
    let rules: BTreeSet<usize> = offered.iter().map(|(rule, _, _)| *rule).collect();
    let (agreed, mut refused) = desk.agreed(&rules);
    let after = desk.applied(&agreed.iter().copied().collect::<Vec<_>>());
    let parts: Vec<(usize, Change)> = offered
        .iter()
        .filter(|(rule, _, _)| agreed.contains(rule))
        .map(|(rule, _, change)| (*rule, (*change).clone()))
        .collect();
    let merged = Merged { before: before.clone(), after, parts, refused: Vec::new() };
    let against = if agreed.is_empty() { None } else { desk.against(&merged, &offered) };
    if let Some(why) = against {
        refused.extend(agreed.iter().map(|&rule| (rule, why.clone())));
        return Merged { after: merged.before.clone(), parts: Vec::new(), refused, ..merged };
    }
    Merged { refused, ..merged }
}

/// What is needed to apply suggestions to one user.
struct Desk<'d, 'a> {
    context: &'d Context,
    user: &'d User<'a>,
    before: &'d Values,
    offered: Vec<&'d Change>,
    /// Addresses that a suggestion puts in, folded and without type.
    addresses: BTreeSet<String>,
    /// Changes that the rules would suggest, but that the audit withheld.
    withheld: Vec<Change>,
}

impl<'d, 'a> Desk<'d, 'a> {
    fn new(
        context: &'d Context,
        user: &'d User<'a>,
        before: &'d Values,
        findings: &'d [Finding],
        offered: &[(usize, &'d Finding, &'d Change)],
    ) -> Self {
        let facts = Facts::of(user);
        let withheld = |finding: &Finding| {
            findings.iter().any(|of| of.rule == finding.rule && of.value == finding.value && of.suggestion.is_none())
        };
        let local = rules::findings_about(context, &facts).into_iter().filter(withheld);
        Self {
            context,
            user,
            before,
            offered: offered.iter().map(|(_, _, change)| *change).collect(),
            addresses: offered.iter().flat_map(|(_, _, change)| &change.add).map(|value| address(value)).collect(),
            withheld: local.filter_map(|finding| finding.suggestion).collect(),
        }
    }

    /// The rules whose suggestions give the same in every order, and why the others do not.
    fn agreed(&self, rules: &BTreeSet<usize>) -> (BTreeSet<usize>, Vec<(usize, String)>) {
        let (mut agreed, mut refused) = (rules.clone(), Vec::new());
        for &one in rules {
            let against = |&&other: &&usize| other != one && !self.same_either_way(&[one, other]);
            let others: Vec<&str> = rules.iter().filter(against).map(|&rule| rules::at(rule).code).collect();
            if !others.is_empty() {
                agreed.remove(&one);
                refused.push((one, format!("its suggestion contradicts that of {}", others.join(", "))));
            }
        }
        let all: Vec<usize> = agreed.iter().copied().collect();
        if !self.same_either_way(&all) {
            let why = "the suggestions for the object give one result in one order and another in another";
            refused.extend(all.iter().map(|&rule| (rule, why.to_owned())));
            agreed.clear();
        }
        (agreed, refused)
    }

    fn same_either_way(&self, rules: &[usize]) -> bool {
        let back: Vec<usize> = rules.iter().rev().copied().collect();
        let (one, other) = (self.applied(rules), self.applied(&back));
        let sorted = |values: &Values, attr| {
            let mut texts = values.get(attr).to_vec();
            texts.sort_unstable();
            texts
        };
        self.before.attributes().all(|attr| sorted(&one, attr) == sorted(&other, attr))
    }

    /// What the object holds after the suggestions of these rules; a rule is asked again once another one before it
    /// has nothing more to say.
    fn applied(&self, order: &[usize]) -> Values {
        let mut values = self.before.clone();
        for _ in 0..ROUNDS {
            let moved = order.iter().any(|&rule| {
                let next = self.step(&values, rule);
                let moved = next.is_some();
                if let Some(next) = next {
                    values = next;
                }
                moved
            });
            if !moved {
                break;
            }
        }
        values
    }

    /// What the object holds after what one rule suggests for it now, if that is something else.
    fn step(&self, values: &Values, rule: usize) -> Option<Values> {
        let user = values.on(self.user);
        let found = rules::findings_of(rule, self.context, &Facts::of(&user));
        let mut next = values.clone();
        for change in found.iter().filter_map(|finding| finding.suggestion.as_ref()) {
            if self.may(change) {
                next.apply(change);
            }
        }
        (next != *values).then_some(next)
    }

    /// Whether a change is one that the audit offers, or brings no address that the audit does not offer.
    fn may(&self, change: &Change) -> bool {
        let known = || change.add.iter().all(|value| self.addresses.contains(&address(value)));
        let here = self.before.attributes().any(|attr| attr == change.attribute);
        here && (self.offered.contains(&change) || !self.withheld.contains(change) && known())
    }

    /// What stands against a merged change.
    fn against(&self, merged: &Merged, offered: &[(usize, &Finding, &Change)]) -> Option<String> {
        if !merged.changes() {
            return Some("the sources show a value twice that a directory can hold once only".to_owned());
        }
        if let Some(value) = self.not_held(merged) {
            return Some(format!("a directory cannot hold `{value}` beside a value that it takes for the same"));
        }
        let user = merged.after.on(self.user);
        if let Some(code) = worse(self.context, self.user, &user) {
            return Some(format!("the change would bring {code}"));
        }
        let after = rules::findings_about(self.context, &Facts::of(&user));
        let same = |a: &Finding, b: &Finding| (a.rule, a.attribute, &a.value) == (b.rule, b.attribute, &b.value);
        let mut mended = offered.iter().filter(|(rule, _, _)| merged.parts.iter().any(|(part, _)| part == rule));
        let left = mended.find(|(_, finding, _)| after.iter().any(|other| same(other, finding)));
        left.map(|(rule, _, _)| format!("the change would not mend {}", rules::at(*rule).code))
    }

    /// A value that comes in beside one that a directory takes for the same.
    fn not_held<'m>(&self, merged: &'m Merged) -> Option<&'m str> {
        self.before.attributes().find_map(|attr| {
            let values = merged.after.get(attr);
            let added = difference(merged, attr).added;
            let twin = |value: &&String| values.iter().filter(|other| key(other) == key(value)).count() > 1;
            values.iter().filter(|value| added.contains(value)).find(twin).map(String::as_str)
        })
    }
}

/// An address without its type, folded.
fn address(value: &str) -> String {
    key(address_type(value.trim_start()).map_or(value, |(_, rest)| rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Scenario;

    fn merged(scenario: Scenario, values: &[(Attr, &str)]) -> Merged {
        let (user, context) = (User::of(values), Context::of(scenario));
        let findings = rules::findings_about(&context, &Facts::of(&user));
        merge(&context, &user, &findings, RuleSet::ALL)
    }

    fn codes(rules: impl Iterator<Item = usize>) -> Vec<&'static str> {
        rules.map(|rule| rules::at(rule).code).collect()
    }

    #[test]
    fn two_rules_about_one_value_become_one_change() {
        let padded = [(Attr::Mail, "a@b.co"), (Attr::ProxyAddresses, " smtp:a@b.co")];
        let found = merged(Scenario::LyncOnPrem, &padded);
        assert_eq!(found.after.get(Attr::ProxyAddresses), ["SMTP:a@b.co"]);
        assert_eq!(codes(found.parts.iter().map(|(rule, _)| *rule)), ["PRX002", "PRX009"]);
        let mail = [(Attr::Mail, "old@b.co "), (Attr::ProxyAddresses, "SMTP:new@b.co")];
        let found = merged(Scenario::LyncOnPrem, &mail);
        assert_eq!(found.after.get(Attr::Mail), ["new@b.co"]);
        assert!(found.refused.is_empty());
    }

    #[test]
    fn what_contradicts_itself_is_for_a_person() {
        let leftover = [
            (Attr::Mail, "a@b.co"),
            (Attr::ProxyAddresses, "SMTP:a@b.co"),
            (Attr::ProxyAddresses, "sip:a@b.co"),
            (Attr::DeploymentLocator, "SRV:"),
        ];
        let found = merged(Scenario::LyncHybrid, &leftover);
        assert!(!found.changes() && found.parts.is_empty());
        assert_eq!(codes(found.refused.iter().map(|(rule, _)| *rule)), ["SIP006", "HOME002"]);
        assert_eq!(found.refused[0].1, "its suggestion contradicts that of HOME002");
    }

    #[test]
    fn a_contradiction_does_not_keep_other_suggestions_back() {
        let leftover = [
            (Attr::Mail, "a@b.co "),
            (Attr::ProxyAddresses, "SMTP:a@b.co"),
            (Attr::ProxyAddresses, "sip:a@b.co"),
            (Attr::DeploymentLocator, "SRV:"),
        ];
        let found = merged(Scenario::LyncHybrid, &leftover);
        assert_eq!(codes(found.parts.iter().map(|(rule, _)| *rule)), ["MAIL005"]);
        assert_eq!(found.after.get(Attr::Mail), ["a@b.co"]);
        assert_eq!(found.after.get(Attr::DeploymentLocator), ["SRV:"]);
    }

    #[test]
    fn a_repeat_to_the_letter_is_no_change() {
        let twice = [(Attr::ProxyAddresses, "x500:/o=c"), (Attr::ProxyAddresses, "x500:/o=c")];
        let found = merged(Scenario::LyncOnPrem, &twice);
        assert!(!found.changes());
        assert!(found.refused[0].1.contains("twice"), "{:?}", found.refused);
    }
}
