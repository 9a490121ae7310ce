//! `[[suppress]]`: findings that somebody has accepted, from TOML to what can be used.

use jiff::civil::Date;
use toml::Spanned;
use toml::de::DeValue;

use super::file::Told;
use super::keys::Origin;
use crate::rules::select::{nearest, resolve};
use crate::rules::suppress::{Suppression, Who};

/// The name of the tables.
pub(super) const NAME: &str = "suppress";

/// The keys of one.
const KEYS: [&str; 5] = ["rule", "match", "reason", "until", "ticket"];

/// One table as it was written: the texts in the order of the keys, each with its place.
#[derive(Debug, Clone)]
pub struct Table {
    texts: [Option<(String, Origin)>; 5],
    origin: Origin,
}

impl Table {
    /// The keys that are set, with their texts.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'static str, &str)> {
        KEYS.iter().zip(&self.texts).filter_map(|(&key, text)| Some((key, text.as_ref()?.0.as_str())))
    }

    /// Where it begins.
    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Takes the texts out of TOML; `place` gives the place of a byte, `problem` is told what is wrong there.
    pub(super) fn read(
        table: &Spanned<DeValue<'_>>,
        place: impl Fn(usize) -> Origin,
        mut problem: impl FnMut(usize, &str),
    ) -> Option<Self> {
        let start = table.span().start;
        let DeValue::Table(rows) = table.get_ref() else {
            problem(start, SHAPE);
            return None;
        };
        let mut read = Self { texts: Default::default(), origin: place(start) };
        for (name, value) in rows {
            let at = name.span().start;
            let Some(key) = KEYS.iter().position(|known| known == name.get_ref()) else {
                let hint = match nearest(name.get_ref(), KEYS.into_iter()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("the keys are: {}", KEYS.join(", ")),
                };
                problem(at, &format!("unknown key `{}` in [[suppress]]; {hint}", name.get_ref()));
                continue;
            };
            match value.get_ref() {
                DeValue::String(text) => read.texts[key] = Some((text.to_string(), place(at))),
                DeValue::Datetime(date) if KEYS[key] == "until" => {
                    read.texts[key] = Some((date.to_string(), place(at)));
                }
                _ => problem(at, &format!("`{}` must be a text in quotes", KEYS[key])),
            }
        }
        Some(read)
    }

    /// The suppression; what is wrong with it is told.
    pub(super) fn check(&self, told: &mut Vec<Told>) -> Option<Suppression> {
        let before = told.len();
        let rules = self.needed(0, "the rule: a code, a name or a prefix such as SIP", told, |text| {
            resolve(&[text.to_owned()])
                .map_err(|unknown| unknown.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
        });
        let who = self.needed(1, &format!("whom it concerns: {WHOM}"), told, |text| {
            Who::of(text).ok_or_else(|| format!("`{text}` names nobody; it must be {WHOM}"))
        });
        let reason = self.needed(2, "why it is accepted", told, |text| Ok(text.to_owned()));
        let until = self.optional(3, told, |text| {
            text.parse::<Date>().map_err(|_| format!("`{text}` is no date; write it like 2027-06-30"))
        });
        let ticket = self.optional(4, told, |text| Ok(text.to_owned()));
        if told.len() > before {
            return None;
        }
        let text =
            |key: usize| self.texts[key].as_ref().map_or(String::new(), |(text, _)| text.trim().to_owned());
        Some(Suppression {
            rule: text(0),
            rules: rules?,
            about: text(1),
            who: who?,
            reason: reason?,
            until,
            ticket,
        })
    }

    fn needed<T>(
        &self,
        key: usize,
        what: &str,
        told: &mut Vec<Told>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        if self.texts[key].as_ref().is_none_or(|(text, _)| text.trim().is_empty()) {
            let problem = format!("`{}` is missing; it says {what}", KEYS[key]);
            told.push((self.origin.line(), format!("{}: {problem}", self.origin.place(NAME))));
            return None;
        }
        self.optional(key, told, read)
    }

    fn optional<T>(
        &self,
        key: usize,
        told: &mut Vec<Told>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let (text, origin) = self.texts[key].as_ref()?;
        let place = |problem| (origin.line(), format!("{}: {problem}", origin.place(KEYS[key])));
        read(text.trim()).map_err(|problem| told.push(place(problem))).ok()
    }
}

/// What must stand behind the name.
pub(super) const SHAPE: &str =
    "`suppress` must be a list of tables: [[suppress]], with rule, match and reason below it";

const WHOM: &str = "an objectGUID, a DN (with all below it), an address or a domain";

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::file;
    use super::*;

    fn read(text: &str) -> (Vec<Suppression>, Vec<String>) {
        let (values, mut told) = file::parse(text, Path::new("x.toml"));
        let good = values.suppressions.iter().filter_map(|table| table.check(&mut told)).collect();
        told.sort();
        (good, told.into_iter().map(|(_, problem)| problem).collect())
    }

    #[test]
    fn a_sound_one() {
        let text = "[[suppress]]\nrule = \"upn\"\nmatch = \"OU=Service,DC=contoso,DC=com\"\nreason = \" no sign-in \"\n\
                    until = 2027-06-30\nticket = \"CHG-1\"\n[[suppress]]\nrule = \"SIP001\"\nmatch = \"a@b.co\"\n\
                    reason = \"x\"\nuntil = \"2027-06-30\"";
        let (good, problems) = read(text);
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!((good.len(), good[0].reason.as_str()), (2, "no sign-in"));
        assert_eq!(good[0].until, good[1].until);
        assert_eq!(good[0].ticket.as_deref(), Some("CHG-1"));
        assert_eq!(good[0].rules.iter().count(), 5);
    }

    #[test]
    fn every_problem_has_its_line() {
        let text = "suppres = 1\n[[suppress]]\nrule = \"SIP0011\"\nmatch = \"ann\"\nreson = \"x\"\n\n[[suppress]]\n\
                    rule = \"SIP001\"\nmatch = \"a@b.co\"\nreason = \" \"\nuntil = \"31.12.2026\"\nticket = 7";
        let (good, problems) = read(text);
        assert!(good.is_empty());
        let lines: Vec<&str> = problems.iter().filter_map(|problem| problem.split(':').nth(1)).collect();
        assert_eq!(lines, ["1", "2", "3", "4", "5", "7", "11", "12"], "{problems:#?}");
        assert!(problems[0].contains("did you mean `suppress`?"), "{problems:?}");
        assert!(problems[1].contains("`reason` is missing"), "{problems:?}");
        assert!(problems[4].contains("did you mean `reason`?"), "{problems:?}");
        assert!(problems[6].contains("2027-06-30"), "{problems:?}");
        assert_eq!(read("suppress = 3").1.len(), 1);
        assert_eq!(read("suppress = [3]").1.len(), 1);
    }
}
