//! `needs-a-person.csv`: the findings that the plan leaves, and why each needs a person.

use super::confidence;
use super::merge::Merged;
use super::table::Table;
use super::values::Values;
use crate::finding::Finding;
use crate::model::identity::normal_guid;
use crate::model::{Attr, Facts, User};
use crate::rules::verdict::Judged;
use crate::rules::{self, Context};

/// The name of the file.
pub const FILE: &str = "needs-a-person.csv";

/// Its columns.
pub const COLUMNS: [&str; 12] = [
    "objectGUID",
    "DN",
    "userPrincipalName",
    "rule",
    "name",
    "severity",
    "attribute",
    "value",
    "message",
    "suggestion",
    "why",
    "remedy",
];

/// Why nothing of an object can be planned, whatever is suggested for it.
pub(super) fn not_planned(judged: &Judged<'_, '_>, shared_dn: bool) -> Option<&'static str> {
    let user = judged.user;
    let no_guid = normal_guid(user.get(Attr::ObjectGuid)).is_none();
    if no_guid || user.get(Attr::DistinguishedName).is_empty() {
        Some(
            "the sources do not show both objectGUID and DN of the object, so that it cannot be told for certain",
        )
    } else if !judged.verdict.reason.is_empty() {
        Some("the record is damaged: what the object really holds is not known; export it again")
    } else if shared_dn {
        Some("two objects of the sources have this DN; one of them is out of date")
    } else {
        None
    }
}

/// Why a change of `proxyAddresses` cannot be planned.
pub(super) fn not_shown(user: &User<'_>) -> Option<&'static str> {
    let shown = user.hidden() == crate::model::Hidden::default();
    (!shown).then_some("the export does not show proxyAddresses as the directory holds them")
}

/// Why the plan does not mend a finding.
pub(super) fn why(
    context: &Context,
    facts: &Facts<'_>,
    finding: &Finding,
    merged: &Merged,
    not_planned: Option<&'static str>,
) -> String {
    if confidence::of(rules::at(finding.rule)).is_none() {
        return NO_ANSWER.to_owned();
    }
    if finding.suggestion.is_none() {
        return withheld(context, facts, finding);
    }
    let refused = merged.refused.iter().find(|(rule, _)| *rule == finding.rule);
    match (not_planned, refused) {
        (Some(why), _) => why.to_owned(),
        (None, Some((_, why))) => why.clone(),
        (None, None) => "it appears only once the plan has been applied: audit again then".to_owned(),
    }
}

/// What is said of most findings.
const NO_ANSWER: &str = "what is right does not follow from the object itself";

/// Why the audit has withheld what the rule would suggest.
fn withheld(context: &Context, facts: &Facts<'_>, finding: &Finding) -> String {
    let same = |other: &Finding| other.attribute == finding.attribute && other.value == finding.value;
    let own = rules::findings_of(finding.rule, context, facts).into_iter().find(same);
    let Some(change) = own.and_then(|own| own.suggestion) else { return NO_ANSWER.to_owned() };
    let mut values = Values::of(facts.user, [change.attribute]);
    values.apply(&change);
    match worse(context, facts.user, &values.on(facts.user)) {
        Some(code) => format!("the change `{}` would bring {code}", change.cell(&finding.value)),
        None => format!("another object has the address of the change `{}`", change.cell(&finding.value)),
    }
}

/// The first rule about users that finds more in the second than in the first.
pub(super) fn worse(context: &Context, before: &User<'_>, after: &User<'_>) -> Option<&'static str> {
    let mut counts = vec![0_i64; rules::all().count()];
    for finding in rules::findings_about(context, &Facts::of(before)) {
        counts[finding.rule] -= 1;
    }
    for finding in rules::findings_about(context, &Facts::of(after)) {
        counts[finding.rule] += 1;
    }
    counts.iter().position(|&more| more > 0).map(|rule| rules::at(rule).code)
}

/// Writes the row of a finding.
pub(super) fn row(table: &mut Table, judged: &Judged<'_, '_>, finding: &Finding, why: &str) {
    let (user, rule) = (judged.user, rules::at(finding.rule));
    let suggestion =
        finding.suggestion.as_ref().map(|change| change.cell(&finding.value)).unwrap_or_default();
    table.row(&[
        user.get(Attr::ObjectGuid),
        user.get(Attr::DistinguishedName),
        user.get(Attr::UserPrincipalName),
        rule.code,
        rule.name,
        finding.severity.word(),
        finding.attribute.name(),
        &finding.value,
        &finding.message,
        &suggestion,
        why,
        rule.remedy,
    ]);
}
