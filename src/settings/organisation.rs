//! `[organisation]`: what somebody has looked at by hand, from TOML to what can be used.

use std::collections::BTreeSet;

use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::file::Told;
use super::keys::Origin;
use crate::rules::organisation::by_hand::{BY_HAND, Recorded};
use crate::rules::select::nearest;

/// The name of the table.
pub(super) const NAME: &str = "organisation";

/// The keys of one record.
const KEYS: [&str; 2] = ["checked", "by"];

/// What the table must be.
pub(super) const SHAPE: &str = "`organisation` must be a table: [organisation], with lines such as \
                                lync_trusts_office365 = { checked = 2026-11-20, by = \"Ann\" } below it";

/// One record as it was written: the texts in the order of the keys, each with its place.
#[derive(Debug, Clone)]
pub struct Record {
    /// What was looked at.
    pub(super) key: &'static str,
    texts: [Option<(String, Origin)>; 2],
    /// Where it begins.
    pub(super) origin: Origin,
}

impl Record {
    /// Takes the records out of TOML, in the order of the file; `place` gives the place of a byte, `problem` is told what
    /// is wrong there.
    pub(super) fn read_all(
        table: &DeTable<'_>,
        place: impl Fn(usize) -> Origin,
        mut problem: impl FnMut(usize, &str),
    ) -> Vec<Self> {
        let mut rows: Vec<_> = table.iter().collect();
        rows.sort_by_key(|(name, _)| name.span().start);
        let mut records = Vec::new();
        for (name, value) in rows {
            let at = name.span().start;
            match BY_HAND.iter().find(|known| known.key == name.get_ref().as_ref()) {
                Some(known) => records.extend(Self::read(known.key, at, value, &place, &mut problem)),
                None => problem(at, &unknown(name.get_ref(), NAME, BY_HAND.iter().map(|known| known.key))),
            }
        }
        records
    }

    fn read(
        key: &'static str,
        at: usize,
        value: &Spanned<DeValue<'_>>,
        place: &impl Fn(usize) -> Origin,
        problem: &mut impl FnMut(usize, &str),
    ) -> Option<Self> {
        let DeValue::Table(rows) = value.get_ref() else {
            problem(at, &format!("`{key}` must be {{ checked = 2026-11-20, by = \"Ann\" }}"));
            return None;
        };
        let mut read = Self { key, texts: Default::default(), origin: place(at) };
        for (name, value) in rows {
            let at = name.span().start;
            let Some(known) = KEYS.iter().position(|known| known == name.get_ref()) else {
                problem(at, &unknown(name.get_ref(), key, KEYS.into_iter()));
                continue;
            };
            match value.get_ref() {
                DeValue::String(text) => read.texts[known] = Some((text.to_string(), place(at))),
                DeValue::Datetime(date) if KEYS[known] == "checked" => {
                    read.texts[known] = Some((date.to_string(), place(at)));
                }
                _ => {
                    problem(
                        at,
                        &format!("`{}` must be a {}", KEYS[known], ["date", "text in quotes"][known]),
                    );
                }
            }
        }
        Some(read)
    }

    /// As it is written in a settings file.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'static str, &str)> {
        KEYS.iter().zip(&self.texts).filter_map(|(&key, text)| Some((key, text.as_ref()?.0.as_str())))
    }

    /// The record; what is wrong with it is told.
    pub(super) fn check(&self, told: &mut Vec<Told>) -> Option<Recorded> {
        let before = told.len();
        let checked = self.needed(0, "the day, such as 2026-11-20", told).and_then(|(text, origin)| {
            let date = text.parse::<Date>().ok();
            if date.is_none() {
                let problem = format!("`{text}` is no date; write it like 2026-11-20");
                told.push((origin.line(), format!("{}: {problem}", origin.place("checked"))));
            }
            date
        });
        let by = self.needed(1, "who has looked", told).map(|(text, _)| text.to_owned());
        let (checked, by) = checked.zip(by).filter(|_| told.len() == before)?;
        Some(Recorded { key: self.key, checked, by })
    }

    fn needed(&self, key: usize, what: &str, told: &mut Vec<Told>) -> Option<(&str, &Origin)> {
        let text = self.texts[key].as_ref().map(|(text, origin)| (text.trim(), origin));
        let text = text.filter(|(text, _)| !text.is_empty());
        if text.is_none() {
            let problem = format!("`{}` of `{}` is missing; it says {what}", KEYS[key], self.key);
            told.push((self.origin.line(), format!("{}: {problem}", self.origin.place(NAME))));
        }
        text
    }
}

fn unknown(name: &str, of: &str, known: impl Iterator<Item = &'static str> + Clone) -> String {
    let all: BTreeSet<&str> = known.clone().collect();
    let hint = match nearest(&name.replace('-', "_"), known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the keys are: {}", all.into_iter().collect::<Vec<_>>().join(", ")),
    };
    format!("unknown key `{name}` in {of}; {hint}")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::file;
    use super::*;

    fn read(text: &str) -> (Vec<Recorded>, Vec<String>) {
        let (values, mut told) = file::parse(text, Path::new("x.toml"));
        let good = values.organisation.iter().filter_map(|record| record.check(&mut told)).collect();
        told.sort();
        (good, told.into_iter().map(|(_, problem)| problem).collect())
    }

    #[test]
    fn sound_ones() {
        let text = "[organisation]\nlync_trusts_office365 = { checked = 2026-11-20, by = \" Ann \" }\n\
                    owa_im_settings = { checked = \"2026-01-02\", by = \"Bob\" }";
        let (good, problems) = read(text);
        assert!(problems.is_empty(), "{problems:?}");
        let shown: Vec<String> =
            good.iter().map(|one| format!("{} {} {}", one.key, one.checked, one.by)).collect();
        assert_eq!(shown, ["lync_trusts_office365 2026-11-20 Ann", "owa_im_settings 2026-01-02 Bob"]);
    }

    #[test]
    fn every_problem_has_its_line() {
        let text = "[organisation]\nlync_trusts_ofice365 = { checked = 2026-11-20, by = \"Ann\" }\n\
                    lync_trusts_owa = true\nowa_im_settings = { check = 2026-11-20, by = \"Ann\" }\n\
                    lync_trusts_exchange = { checked = \"20.11.2026\" }\nlync_trusts_office365 = { checked = 3, by = 4 }";
        let (good, problems) = read(text);
        assert!(good.is_empty(), "{good:?}");
        let has = |line: usize, part: &str| {
            assert!(
                problems.iter().any(|one| one.starts_with(&format!("x.toml:{line}:")) && one.contains(part)),
                "{problems:#?}"
            );
        };
        has(2, "did you mean `lync_trusts_office365`?");
        has(3, "must be { checked");
        has(4, "unknown key `check` in owa_im_settings; did you mean `checked`?");
        has(4, "`checked` of `owa_im_settings` is missing");
        has(5, "is no date");
        has(5, "`by` of `lync_trusts_exchange` is missing");
        has(6, "`checked` must be a date");
        assert_eq!(read("organisation = 3").1.len(), 1);
        assert!(read("organisaton = 3").1[0].contains("did you mean `organisation`?"));
    }
}
