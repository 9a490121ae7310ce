//! The suggestions for one object as one change.
//!
//! Suggestions are made one by one, and each holds for the object as it is. Here they are applied one after the
//! other, each rule asked again on the way, first in the order of the catalogue and then in the opposite order: where
//! that makes a difference they contradict each other, and a person has to decide.

use std::collections::{BTreeSet, HashMap, HashSet};

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
    let why = match desk.merged(&agreed, &offered) {
        Ok(merged) => return Merged { refused, ..merged },
        Err(why) => why,
    };
    // Often it is one rule that the others do not need.
    for &rule in &agreed {
        let others: BTreeSet<usize> = agreed.iter().filter(|&&other| other != rule).copied().collect();
        if let (false, Ok(merged)) = (others.is_empty(), desk.merged(&others, &offered)) {
            refused.push((rule, why));
            return Merged { refused, ..merged };
        }
    }
    refused.extend(agreed.iter().map(|&rule| (rule, why.clone())));
    Merged { after: before.clone(), before, parts: Vec::new(), refused }
}

/// What is needed to apply suggestions to one user.
struct Desk<'d, 'a> {
    context: &'d Context,
    user: &'d User<'a>,
    before: &'d Values,
    offered: HashSet<&'d Change>,
    /// Addresses that a suggestion puts in, folded and without type.
    addresses: BTreeSet<String>,
    /// Changes that the rules would suggest, but that the audit withheld.
    withheld: HashSet<Change>,
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
        let without = findings.iter().filter(|finding| finding.suggestion.is_none());
        let without: HashSet<(usize, &str)> =
            without.map(|finding| (finding.rule, finding.value.as_str())).collect();
        let withheld = |finding: &Finding| without.contains(&(finding.rule, finding.value.as_str()));
        let local = rules::findings_about(context, &facts).into_iter().filter(withheld);
        Self {
            context,
            user,
            before,
            offered: offered.iter().map(|(_, _, change)| *change).collect(),
            addresses: offered
                .iter()
                .flat_map(|(_, _, change)| &change.add)
                .map(|value| address(value))
                .collect(),
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
        // All at once: an object that somebody filled with values has as many changes.
        let mut together: Option<Change> = None;
        for change in
            found.into_iter().filter_map(|finding| finding.suggestion).filter(|change| self.may(change))
        {
            match &mut together {
                Some(all) if all.attribute == change.attribute => {
                    all.remove.extend(change.remove);
                    all.add.extend(change.add);
                }
                _ => together = Some(change),
            }
        }
        next.apply(&together?);
        (next != *values).then_some(next)
    }

    /// Whether a change is one that the audit offers, or brings no address that the audit does not offer.
    fn may(&self, change: &Change) -> bool {
        let known = || change.add.iter().all(|value| self.addresses.contains(&address(value)));
        let here = self.before.attributes().any(|attr| attr == change.attribute);
        here && (self.offered.contains(&change) || !self.withheld.contains(change) && known())
    }

    /// The suggestions of these rules as one change, or what stands against it.
    fn merged(
        &self,
        rules: &BTreeSet<usize>,
        offered: &[(usize, &Finding, &Change)],
    ) -> Result<Merged, String> {
        let taken = offered.iter().filter(|(rule, _, _)| rules.contains(rule));
        let merged = Merged {
            before: self.before.clone(),
            after: self.applied(&rules.iter().copied().collect::<Vec<_>>()),
            parts: taken.map(|(rule, _, change)| (*rule, (*change).clone())).collect(),
            refused: Vec::new(),
        };
        let against = if rules.is_empty() { None } else { self.against(&merged, rules, offered) };
        against.map_or(Ok(merged), Err)
    }

    /// What stands against a merged change.
    fn against(
        &self,
        merged: &Merged,
        rules: &BTreeSet<usize>,
        offered: &[(usize, &Finding, &Change)],
    ) -> Option<String> {
        if !merged.changes() {
            return Some("the sources show a value twice that a directory can hold once only".to_owned());
        }
        if let Some((one, other)) = self.not_told_apart(merged) {
            return Some(format!(
                "a directory takes `{one}` and `{other}` for the same value and holds one of them only: look which one"
            ));
        }
        let user = merged.after.on(self.user);
        if let Some(code) = worse(self.context, self.user, &user) {
            return Some(format!("the change would bring {code}"));
        }
        let after = rules::findings_about(self.context, &Facts::of(&user));
        let left: HashSet<_> =
            after.iter().map(|finding| (finding.rule, finding.attribute, &finding.value)).collect();
        let mended = offered.iter().filter(|(rule, _, _)| rules.contains(rule));
        let mut mended = mended.map(|(rule, finding, _)| (*rule, finding.attribute, &finding.value));
        let still = mended.find(|finding| left.contains(finding));
        still.map(|(rule, _, _)| format!("the change would not mend {}", rules::at(rule).code))
    }

    /// A value that comes or goes, and one that stays or comes too and is the same to a directory: of the wrong one
    /// nothing could be given back.
    fn not_told_apart<'m>(&self, merged: &'m Merged) -> Option<(&'m str, &'m str)> {
        self.before.attributes().find_map(|attr| {
            let (before, after) = (merged.before.get(attr), merged.after.get(attr));
            let (old, new): (HashSet<&String>, HashSet<&String>) =
                (before.iter().collect(), after.iter().collect());
            let staying = after.iter().filter(|value| old.contains(value));
            let mut same: HashMap<String, &String> = staying.map(|value| (key(value), value)).collect();
            let going = before.iter().filter(|value| !new.contains(value));
            let mistaken = going.into_iter().find_map(|value| Some((value, *same.get(&key(value))?)));
            let mut coming = after.iter().filter(|value| !old.contains(value));
            let found =
                mistaken.or_else(|| coming.find_map(|value| Some((value, same.insert(key(value), value)?))));
            found.map(|(one, other)| (one.as_str(), other.as_str()))
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
    fn values_that_a_directory_cannot_tell_apart_are_for_a_person() {
        let twins = [
            (Attr::Mail, "a@b.co "),
            (Attr::ProxyAddresses, "SMTP:a@b.co"),
            (Attr::ProxyAddresses, "smtp:A@b.co"),
        ];
        let found = merged(Scenario::LyncOnPrem, &twins);
        assert_eq!(codes(found.parts.iter().map(|(rule, _)| *rule)), ["MAIL005"]);
        assert_eq!(codes(found.refused.iter().map(|(rule, _)| *rule)), ["PRX007"]);
        assert!(found.refused[0].1.contains("`smtp:A@b.co` and `SMTP:a@b.co`"), "{:?}", found.refused);
    }

    #[test]
    fn a_repeat_to_the_letter_is_no_change() {
        let twice = [(Attr::ProxyAddresses, "x500:/o=c"), (Attr::ProxyAddresses, "x500:/o=c")];
        let found = merged(Scenario::LyncOnPrem, &twice);
        assert!(!found.changes());
        assert!(found.refused[0].1.contains("twice"), "{:?}", found.refused);
    }
}
