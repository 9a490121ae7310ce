//! What could not be evaluated, and what it would take.

use super::opened::Opened;
use super::terminal::{Style, several};
use crate::model::{Attr, AttrSet};
use crate::rules::counts::{Counts, RuleCount};
use crate::rules::verdict::Plan;
use crate::rules::{self, Rule};

/// The attributes that every source carries: what is missing of them was lost with the values of a record.
pub(super) fn carried(sources: &[Opened]) -> AttrSet {
    sources.iter().fold(AttrSet::ALL, |all, source| all.minus(all.minus(source.input().carried())))
}

/// How many lines are shown where there may be many.
const MOST: usize = 8;

/// All rules that could not be evaluated, by what they need.
pub(super) fn all(counts: &Counts, plan: &Plan, carried: AttrSet, style: Style) -> String {
    groups(counts, plan, carried).iter().map(|group| line(group, style)).collect()
}

/// Those that could not be evaluated for most users, and how many more there are.
pub(super) fn first(counts: &Counts, plan: &Plan, carried: AttrSet, style: Style) -> String {
    let mut groups = groups(counts, plan, carried);
    groups.sort_by_key(|(.., users)| std::cmp::Reverse(*users));
    // A line that tells of one more would save none.
    let shown = if groups.len() == MOST + 1 { MOST + 1 } else { MOST };
    let more: usize = groups.iter().skip(shown).map(|(_, codes, _)| codes.len()).sum();
    let mut text: String = groups.iter().take(shown).map(|group| line(group, style)).collect();
    if more > 0 {
        let rules = several(more as u64, "more rule");
        text.push_str(&style.wrap("  ", "  ", &format!("{rules} in the report, for no more users each.")));
    }
    text
}

/// Why, the rules, and for how many users at most.
type Group = (String, Vec<&'static str>, u64);

fn line((why, codes, users): &Group, style: Style) -> String {
    style.wrap("  ", "    ", &format!("{} for {}: {why}", codes.join(" "), several(*users, "user")))
}

fn groups(counts: &Counts, plan: &Plan, carried: AttrSet) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (rule, count, why) in lacking(counts, plan, carried) {
        match groups.iter_mut().find(|(known, ..)| *known == why) {
            Some((_, codes, users)) => {
                codes.push(rule.code);
                *users = count.not_evaluated.max(*users);
            }
            None => groups.push((why, vec![rule.code], count.not_evaluated)),
        }
    }
    groups
}

/// The rules that could not be evaluated for some users, and what they lack.
fn lacking<'c>(
    counts: &'c Counts,
    plan: &Plan,
    carried: AttrSet,
) -> impl Iterator<Item = (&'static Rule, &'c RuleCount, String)> {
    let rules = counts.rules.iter().enumerate().filter(|(_, count)| count.not_evaluated > 0);
    rules.map(move |(place, count)| {
        let rule = rules::at(place);
        (rule, count, why(rule, count.missing.minus(carried), plan))
    })
}

/// What a rule lacks: an option, columns, or only values that were lost.
fn why(rule: &Rule, missing: AttrSet, plan: &Plan) -> String {
    let context = &plan.context;
    let options = [
        ("SIP011", "--sip-domain", context.sip_domains.is_empty()),
        ("PRX012", "--routing-domain", context.routing_domains.is_empty()),
    ];
    let option = options.iter().find(|(code, _, empty)| *empty && *code == rule.code);
    let option = option.map(|(_, option, _)| *option);
    let lacks: Vec<&str> = option.into_iter().chain(missing.iter().map(Attr::ldap)).collect();
    if lacks.is_empty() {
        "values of their records were lost, or proxy addresses stand without their types".to_owned()
    } else {
        format!("needs {}", lacks.join(", "))
    }
}
