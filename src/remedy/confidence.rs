//! How sure a suggestion is.

use crate::rules::{self, Rule};

/// How sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// Two attributes of the object disagree or one is empty, and the catalogue says which one counts.
    Medium,
    /// Only the form changes: the address stays what it is.
    High,
}

impl Confidence {
    /// The word of the plan.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// The rules that make suggestions.
const TABLE: &[(&str, Confidence)] = &[
    ("SIP001", Confidence::Medium),
    ("SIP004", Confidence::Medium),
    ("SIP006", Confidence::Medium),
    ("MAIL001", Confidence::Medium),
    ("MAIL003", Confidence::Medium),
    ("MAIL005", Confidence::High),
    ("PRX002", Confidence::Medium),
    ("PRX003", Confidence::Medium),
    ("PRX007", Confidence::High),
    ("PRX009", Confidence::High),
    ("HOME002", Confidence::Medium),
];

/// How sure the suggestions of a rule are; `None` when it makes none.
#[must_use]
pub fn of(rule: &Rule) -> Option<Confidence> {
    TABLE.iter().find(|(code, _)| *code == rule.code).map(|(_, confidence)| *confidence)
}

/// The least sure of some rules, by their places in the catalogue.
#[must_use]
pub fn of_all(rules: impl Iterator<Item = usize>) -> Confidence {
    rules.filter_map(|rule| of(rules::at(rule))).min().unwrap_or(Confidence::Medium)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Facts, User};
    use crate::rules::{Context, RuleSet, Scenario};

    #[test]
    fn the_table_has_the_rules_that_make_suggestions_and_no_other() {
        let mut suggest = RuleSet::NONE;
        for user in rules::all().flat_map(|rule| rule.examples).flat_map(|example| example.users) {
            let user = User::of(user);
            for scenario in Scenario::ALL {
                let found = rules::findings_about(&Context::of(scenario), &Facts::of(&user));
                let offers = found.iter().filter(|finding| finding.suggestion.is_some());
                offers.for_each(|finding| suggest.insert(finding.rule));
            }
        }
        for (place, rule) in rules::all().enumerate() {
            assert_eq!(suggest.has(place), of(rule).is_some(), "{}", rule.code);
        }
    }
}
