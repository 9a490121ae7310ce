//! `explain`: one rule, with everything that its value holds.

use std::fmt::Write;

use super::args::ExplainArgs;
use super::environment::Environment;
use super::rules::{blocked, paint, reads, step, word};
use super::terminal::{self, Paint, Style, escape, shorten};
use crate::error::{Error, Result};
use crate::rules::select::nearest;
use crate::rules::{self, Example, Rule, Scenario};

/// Prints what a rule means.
pub(super) fn run(args: &ExplainArgs, environment: &Environment) -> Result<()> {
    let rule = rules::find(args.rule.trim()).ok_or_else(|| unknown(&args.rule))?;
    let style = Style { colour: environment.colour, width: environment.width.min(100) };
    terminal::print(&explain(rule, style))
}

fn unknown(given: &str) -> Error {
    let known = rules::all().flat_map(|rule| [rule.code, rule.name]);
    let hint = match nearest(given, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`dirsync-audit rules` lists them".to_owned(),
    };
    Error::usage(format!("unknown rule `{}`: {hint}", escape(given)))
}

fn explain(rule: &Rule, style: Style) -> String {
    let mut text =
        format!("{}  {}\n", style.paint(Paint::Bold, rule.code), style.paint(Paint::Bold, rule.name));
    text.push_str(&style.wrap("", "", &sentence(rule.summary)));
    let mut part = |title: &str, body: &str| {
        let _ = write!(text, "\n{}\n{body}", style.paint(Paint::Bold, title));
    };
    part("Why", &style.wrap("  ", "  ", rule.why));
    part("What to do", &style.wrap("  ", "  ", rule.remedy));
    part("Severity", &severities(rule, style));
    part("Reads", &style.wrap("  ", "  ", &reads(rule, |attr| attr.ldap().to_owned())));
    if let Some(blocked) = blocked(rule) {
        part("Blocks", &style.wrap("  ", "  ", &blocked));
    }
    if let Some(decides) = rule.decides {
        let what = if rule.is_about_organisation() {
            format!("step {} of the article", decides.number())
        } else {
            format!("the column {} of users.csv", step(decides))
        };
        part("Decides", &style.wrap("  ", "  ", &what));
    }
    part("Reference", &style.wrap("  ", "  ", rule.reference));
    let (fires, silent): (Vec<&Example>, _) =
        rule.examples.iter().partition(|example| example.finds.is_some());
    part("Fires on", &examples(&fires, style));
    part("Silent about", &examples(&silent, style));
    text
}

/// The summary as a sentence. A summary that starts with an attribute keeps its small letter.
fn sentence(summary: &str) -> String {
    let first = summary.split(' ').next().unwrap_or_default();
    let is_word = first.chars().all(|c| c.is_ascii_lowercase());
    let mut chars = summary.chars();
    match chars.next().filter(|_| is_word) {
        Some(c) => format!("{}{}.", c.to_ascii_uppercase(), chars.as_str()),
        None => format!("{summary}."),
    }
}

fn severities(rule: &Rule, style: Style) -> String {
    let mut text = String::new();
    for scenario in Scenario::ALL {
        let severity = rule.severity_in(scenario);
        let word = style.paint(paint(severity), word(severity));
        let _ = writeln!(text, "  {:<12} {word}", scenario.name());
    }
    text
}

fn examples(examples: &[&Example], style: Style) -> String {
    let mut text = String::new();
    for example in examples {
        let mut lines = Vec::new();
        for (place, user) in example.users.iter().enumerate() {
            if place > 0 {
                lines.push("beside another object:".to_owned());
            }
            lines.extend(pairs(user.iter().map(|(attr, value)| (attr.ldap(), *value)), style));
            if user.is_empty() {
                lines.push("an object without any of these attributes".to_owned());
            }
        }
        lines.extend(pairs(example.shows.iter().copied(), style));
        if example.users.is_empty() && example.shows.is_empty() {
            lines.push("nothing of it is there".to_owned());
        }
        let inner = Style { width: style.width.saturating_sub(4), ..style };
        for condition in conditions(example) {
            let wrapped = inner.wrap("", " ", &condition);
            lines.extend(wrapped.lines().map(|line| style.paint(Paint::Dim, line)));
        }
        for (place, line) in lines.iter().enumerate() {
            let _ = writeln!(text, "  {} {}", if place == 0 { '-' } else { ' ' }, line.trim_end());
        }
    }
    text
}

/// Names and their values, one below the other.
fn pairs(
    pairs: impl Iterator<Item = (&'static str, &'static str)> + Clone,
    style: Style,
) -> impl Iterator<Item = String> {
    let width = pairs.clone().map(|(name, _)| name.len()).max().unwrap_or(0);
    let room = style.width.saturating_sub(width + 6).max(20);
    pairs.map(move |(name, value)| format!("{name:<width$}  {}", shown(value, room)))
}

/// What is special about an example.
fn conditions(example: &Example) -> impl Iterator<Item = String> {
    let scenario = example.scenario.map(|scenario| format!("(in {})", scenario.name()));
    let domains =
        (!example.domains.is_empty()).then(|| format!("(with the domains {})", example.domains.join(", ")));
    let absent: Vec<&str> = example.absent.iter().map(|attr| attr.ldap()).collect();
    let absent =
        (!absent.is_empty()).then(|| format!("(when the input never carried {})", absent.join(", ")));
    [scenario, domains, absent].into_iter().flatten()
}

/// A value on one line; blanks at its ends would be lost on the eye.
fn shown(value: &str, room: usize) -> String {
    let escaped = escape(value);
    let length = value.chars().count();
    if value.is_empty() {
        "(empty)".to_owned()
    } else if escaped != escaped.trim() {
        format!("`{}`", shorten(&escaped, room.saturating_sub(2)))
    } else if escaped.chars().count() > room {
        format!("{} ({length} characters)", shorten(&escaped, room.saturating_sub(18)))
    } else {
        escaped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_can_be_explained_in_80_columns() {
        for rule in rules::all() {
            let text = explain(rule, Style { colour: false, width: 80 });
            for line in text.lines() {
                assert!(line.chars().count() <= 80, "{}: {line}", rule.code);
                assert_eq!(line.trim_end(), line, "{}", rule.code);
            }
            assert!(text.contains("Fires on\n  - ") && text.contains("Silent about\n  - "), "{text}");
        }
    }

    #[test]
    fn a_typo_is_answered_with_the_nearest() {
        assert!(unknown("SIP0O1").to_string().contains("did you mean `SIP"));
        assert!(unknown("no-sip-prxy").to_string().contains("did you mean `no-sip-proxy`?"));
        assert!(unknown("\u{1b}[2Jxyzzy").to_string().contains("`dirsync-audit rules`"));
    }
}
