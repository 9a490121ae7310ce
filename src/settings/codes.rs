//! What codes, names and prefixes of rules mean in settings.

use crate::error::{Error, Result};
use crate::finding::Severity;
use crate::rules::{self, RuleSet};

/// The rules that are selected and not ignored; no selection is all.
pub(super) fn selection(select: &[String], ignore: &[String]) -> Result<RuleSet> {
    let mut chosen = RuleSet::NONE;
    for (place, _) in rules::all().enumerate() {
        chosen.insert(place);
    }
    if !select.is_empty() {
        chosen = named(select)?;
    }
    for place in named(ignore)?.iter() {
        chosen.remove(place);
    }
    Ok(chosen)
}

fn named(words: &[String]) -> Result<RuleSet> {
    let mut set = RuleSet::NONE;
    let mut problems = Vec::new();
    for word in words {
        let upper = word.to_ascii_uppercase();
        let mut found = false;
        for (place, rule) in rules::all().enumerate() {
            if !word.is_empty() && (rule.code.starts_with(&upper) || rule.name.eq_ignore_ascii_case(word)) {
                set.insert(place);
                found = true;
            }
        }
        if !found {
            problems.push(unknown(word));
        }
    }
    if problems.is_empty() { Ok(set) } else { Err(Error::Usage(problems)) }
}

/// What `CODE=LEVEL` sets.
pub(super) fn severities(words: &[String]) -> Result<Vec<(usize, Severity)>> {
    let mut set = Vec::new();
    let mut problems = Vec::new();
    for word in words {
        let (code, level) = word.split_once('=').unwrap_or((word, ""));
        let place = rules::all()
            .position(|rule| rule.code.eq_ignore_ascii_case(code) || rule.name.eq_ignore_ascii_case(code));
        match (place, Severity::of(level)) {
            (None, _) => problems.push(unknown(code)),
            (_, None) => problems.push(format!("`{word}`: the level must be error, warning or info")),
            (Some(place), Some(severity)) => set.push((place, severity)),
        }
    }
    if problems.is_empty() { Ok(set) } else { Err(Error::Usage(problems)) }
}

fn unknown(word: &str) -> String {
    let known: Vec<&str> = rules::all().flat_map(|rule| [rule.code, rule.name]).collect();
    match nearest(word, &known) {
        Some(near) => format!("there is no rule `{word}`; did you mean `{near}`?"),
        None => format!("there is no rule `{word}`; `dirsync-audit rules` lists them"),
    }
}

/// The known word that is nearest to what was given, if any is near.
pub(crate) fn nearest<'k>(given: &str, known: &[&'k str]) -> Option<&'k str> {
    let distance = |word: &str| strsim::damerau_levenshtein(&word.to_lowercase(), &given.to_lowercase());
    let best = known.iter().copied().min_by_key(|word| distance(word))?;
    (distance(best) <= 1 + given.chars().count() / 4).then_some(best)
}
