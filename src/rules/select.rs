//! What `--select`, `--ignore` and `--severity` mean: rules by code, name, family or beginning of a code.
//!
//! The same texts may come from the command line or a settings file; every problem names where it came from.

use super::{Rule, RuleSet, all};
use crate::error::{Error, Result};
use crate::finding::Severity;
use crate::model::octet::starts;

/// Texts that name rules, and where they came from.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// The texts; each may be a list joined by commas.
    pub items: &'a [String],
    /// What to call the place in a problem: `--select`, `dirsync-audit.toml: select`.
    pub origin: &'a str,
}

/// A text that names no rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// The text as given.
    pub given: String,
    /// The code, name or family that was probably meant.
    pub nearest: Option<&'static str>,
}

impl Unknown {
    fn of(given: &str) -> Self {
        let families = super::FAMILIES.iter().filter_map(|family| family.first()).map(Rule::family);
        let known = all().flat_map(|rule| [rule.code, rule.name]).chain(families);
        Self { given: given.to_owned(), nearest: nearest(given, known) }
    }
}

impl std::fmt::Display for Unknown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.nearest {
            Some(near) => write!(f, "unknown rule `{}`: did you mean `{near}`?", self.given),
            None => write!(f, "unknown rule `{}`: `dirsync-audit rules` lists them all", self.given),
        }
    }
}

/// The rules that any of the texts names: each a code, a name, a family or another beginning of a code, in any
/// case, or several of them joined by commas. Fails with all the texts that name none.
pub fn resolve(items: &[String]) -> std::result::Result<RuleSet, Vec<Unknown>> {
    let (mut rules, mut unknown) = (RuleSet::NONE, Vec::new());
    for item in split(items) {
        match named(item) {
            Some(places) => places.iter().for_each(|place| rules.insert(place)),
            None => unknown.push(Unknown::of(item)),
        }
    }
    if unknown.is_empty() { Ok(rules) } else { Err(unknown) }
}

/// The rules to run: those selected, or all when none is, without those to ignore.
pub fn selection(select: Given<'_>, ignore: Given<'_>) -> Result<RuleSet> {
    let mut problems = Vec::new();
    let mut resolved = |given: Given<'_>| {
        resolve(given.items).unwrap_or_else(|unknown| {
            problems.extend(unknown.iter().map(|one| format!("{}: {one}", given.origin)));
            RuleSet::NONE
        })
    };
    let (selected, ignored) = (resolved(select), resolved(ignore));
    if !problems.is_empty() {
        return Err(Error::Usage(problems));
    }
    let everything = split(select.items).next().is_none();
    let mut run = RuleSet::NONE;
    (0..all().count())
        .filter(|&place| (everything || selected.has(place)) && !ignored.has(place))
        .for_each(|place| run.insert(place));
    Ok(run)
}

/// The severities that `CODE=LEVEL` pairs set, one per rule, in the order of the catalogue. `CODE` names rules as
/// in [`resolve`]. Where two pairs set the same rule, the longer beginning of its code wins (`SIP001` over `SIP`,
/// a whole code or name over both), else the later pair.
pub fn severities(pairs: Given<'_>) -> Result<Vec<(usize, Severity)>> {
    let (mut set, mut problems) = (vec![None; all().count()], Vec::new());
    for item in split(pairs.items) {
        match pair(item) {
            Err(problem) => problems.push(format!("{}: {problem}", pairs.origin)),
            Ok((code, rules, level)) => {
                for place in rules.iter() {
                    let how_close = code.len().min(super::at(place).code.len());
                    let held: &mut Option<(usize, Severity)> = &mut set[place];
                    if held.is_none_or(|(closer, _)| closer <= how_close) {
                        *held = Some((how_close, level));
                    }
                }
            }
        }
    }
    if !problems.is_empty() {
        return Err(Error::Usage(problems));
    }
    let set = set.into_iter().enumerate();
    Ok(set.filter_map(|(place, held)| held.map(|(_, level)| (place, level))).collect())
}

/// One `CODE=LEVEL`: the code as given, the rules that it names, the level; or what is wrong with it.
fn pair(item: &str) -> std::result::Result<(&str, RuleSet, Severity), String> {
    let Some((code, level)) = item.split_once('=') else {
        return Err(format!("`{item}` has no level: write CODE=LEVEL, such as `UNQ004=info`"));
    };
    let (code, level) = (code.trim(), level.trim());
    if code.is_empty() {
        return Err(format!("`{item}` names no rule: write CODE=LEVEL, such as `UNQ004=info`"));
    }
    let rules = named(code).ok_or_else(|| Unknown::of(code).to_string())?;
    match Severity::of(level) {
        Some(severity) => Ok((code, rules, severity)),
        None => Err(format!("unknown level `{level}` in `{item}`: use error, warning or info")),
    }
}

/// The texts between the commas, without blanks around them and without empty ones.
fn split(items: &[String]) -> impl Iterator<Item = &str> {
    items.iter().flat_map(|item| item.split(',')).map(str::trim).filter(|item| !item.is_empty())
}

/// The rules of one name or beginning of a code, in any case; `None` when there are none.
fn named(item: &str) -> Option<RuleSet> {
    let mut rules = RuleSet::NONE;
    all()
        .enumerate()
        .filter(|(_, rule)| {
            !item.is_empty() && (starts(rule.code, item) || rule.name.eq_ignore_ascii_case(item))
        })
        .for_each(|(place, _)| rules.insert(place));
    (!rules.is_empty()).then_some(rules)
}

/// What was probably meant: of the known texts the one that differs least from the given one, if that is little
/// (a third of it at most), else the only one that holds it. The first of equals. For rules, scenarios and the
/// values of options.
#[must_use]
pub fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.trim().to_lowercase();
    let most = (given.chars().count() / 3).max(1);
    let (mut best, mut holding, mut holders) = (None, None, 0);
    for text in known {
        let folded = text.to_lowercase();
        let distance = strsim::osa_distance(&given, &folded);
        if distance <= most && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, text));
        }
        if given.len() >= 3 && folded.contains(&given) {
            holding = holding.or(Some(text));
            holders += 1;
        }
    }
    best.map(|(_, text)| text).or(holding.filter(|_| holders == 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(items: &[&str]) -> Vec<String> {
        items.iter().map(|&item| item.to_owned()).collect()
    }

    fn codes(rules: RuleSet) -> Vec<&'static str> {
        rules.iter().map(|place| crate::rules::at(place).code).collect()
    }

    fn problems<T: std::fmt::Debug>(result: Result<T>) -> Vec<String> {
        match result {
            Err(Error::Usage(problems)) => problems,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn rules_are_named_by_code_name_family_and_beginning() {
        let named = |given: &[&str]| codes(resolve(&items(given)).unwrap());
        assert_eq!(named(&["sip001"]), ["SIP001"]);
        assert_eq!(named(&["No-Sip-Proxy"]), ["SIP001"]);
        assert_eq!(named(&["ACC"]), ["ACC001", "ACC002"]);
        assert_eq!(named(&["upn00, line,,SIP01"]).len(), 5 + 1 + 5);
        assert_eq!(named(&["SIP001", "SIP", "SIP002"]).len(), 14);
        assert!(named(&[]).is_empty());
    }

    #[test]
    fn what_names_no_rule_is_told_all_at_once() {
        let unknown =
            resolve(&items(&["SPI001,ACC001", "malformed-unp", "spi", "é", "SIP0001"])).unwrap_err();
        let nearest: Vec<_> = unknown.iter().map(|one| one.nearest).collect();
        assert_eq!(nearest, [Some("SIP001"), Some("malformed-upn"), Some("SIP"), None, Some("SIP001")]);
        assert_eq!(unknown[0].to_string(), "unknown rule `SPI001`: did you mean `SIP001`?");
        assert_eq!(unknown[3].to_string(), "unknown rule `é`: `dirsync-audit rules` lists them all");
    }

    #[test]
    fn nothing_selected_is_everything_and_ignoring_wins() {
        let run = |select: &[&str], ignore: &[&str]| {
            let (select, ignore) = (items(select), items(ignore));
            let given = |items, origin| Given { items, origin };
            selection(given(&select, "--select"), given(&ignore, "--ignore"))
        };
        assert_eq!(run(&[], &[]).unwrap().iter().count(), all().count());
        assert_eq!(run(&[""], &["ID"]).unwrap().iter().count(), all().count() - 10);
        assert_eq!(codes(run(&["ACC", "LINE"], &["acc002"]).unwrap()), ["ACC001", "LINE001"]);
        assert!(run(&["ACC"], &["A"]).unwrap().is_empty());
        assert_eq!(
            problems(run(&["AC1"], &["ACC,ID99"])),
            [
                "--select: unknown rule `AC1`: did you mean `ACC`?",
                "--ignore: unknown rule `ID99`: `dirsync-audit rules` lists them all"
            ]
        );
    }

    #[test]
    fn the_closest_pair_sets_the_severity() {
        let set = |pairs: &[&str]| severities(Given { items: &items(pairs), origin: "--severity" });
        let told = |pairs: &[&str]| -> Vec<_> {
            let set = set(pairs).unwrap().into_iter();
            set.map(|(place, level)| (crate::rules::at(place).code, level)).collect()
        };
        let expected = [("ACC001", Severity::Error), ("ACC002", Severity::Info)];
        assert_eq!(told(&["ACC001 = Error", "acc=INFO"]), expected);
        assert_eq!(told(&["ACC=warning,ACC=info", "disabled-account-sip-enabled=error"]), expected);
        assert_eq!(told(&["ACC002=error", "sip-contact=info"]), expected[1..]);
        assert_eq!(told(&[]), []);
        assert_eq!(
            problems(set(&["ACC", "ACX=info", "ACC=warn", "=info"])),
            [
                "--severity: `ACC` has no level: write CODE=LEVEL, such as `UNQ004=info`",
                "--severity: unknown rule `ACX`: did you mean `ACC`?",
                "--severity: unknown level `warn` in `ACC=warn`: use error, warning or info",
                "--severity: `=info` names no rule: write CODE=LEVEL, such as `UNQ004=info`",
            ]
        );
    }

    #[test]
    fn the_nearest_is_near() {
        let near = |given| nearest(given, ["lync-onprem", "sfb-online", "lync-hybrid", "teams"].into_iter());
        assert_eq!(near("lync_onprem"), Some("lync-onprem"));
        assert_eq!(near("Team"), Some("teams"));
        assert_eq!(near("hybrid"), Some("lync-hybrid"));
        assert_eq!(near("lync"), None);
        assert_eq!(near("exchange"), None);
        assert_eq!(near(""), None);
    }
}
