//! The settings file: where it is looked for, and its TOML as values with their lines.

use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{Entry, KEYS, Key, Origin, Shape, Values};
use super::organisation::{self, Record};
use super::suppress::{self, Table};
use crate::error::{Error, Result};
use crate::rules::select::nearest;

/// A problem and its line.
pub(super) type Told = (usize, String);

/// The name of the file.
pub const NAME: &str = "dirsync-audit.toml";

/// The file that counts: the one that was named, else the first that exists of those in the working folder and in
/// `dirsync-audit` of the user's configuration folder.
pub(super) fn find(named: Option<&Path>, config_folder: Option<&Path>) -> Option<PathBuf> {
    if let Some(named) = named {
        return Some(named.to_owned());
    }
    let user = config_folder.map(|folder| folder.join("dirsync-audit").join(NAME));
    [Some(PathBuf::from(NAME)), user].into_iter().flatten().find(|path| path.is_file())
}

/// Reads a file. The problems are all that can be seen without knowing what the values mean.
pub(super) fn read(path: &Path) -> Result<(Values, Vec<Told>)> {
    let bytes = fs::read(path).map_err(Error::io("open the settings file", path))?;
    let Ok(text) = std::str::from_utf8(&bytes) else {
        let problem = format!("{}: the file is not UTF-8; save it as UTF-8", path.display());
        return Ok((Values::default(), vec![(1, problem)]));
    };
    Ok(parse(text, path))
}

/// Takes the TOML text of a file apart.
pub(super) fn parse(text: &str, path: &Path) -> (Values, Vec<Told>) {
    // Editors of Windows write one; TOML does not know it.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader =
        Reader { text, path: Rc::new(path.to_owned()), values: Values::default(), problems: Vec::new() };
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let line = reader.line(error.span().map_or(0, |span| span.start));
        reader.problem(
            line,
            &format!(
                "this is no TOML: {}; `dirsync-audit config` shows how settings are written",
                error.message()
            ),
        );
    }
    let mut keys: Vec<_> = table.get_ref().iter().collect();
    keys.sort_by_key(|(key, _)| key.span().start);
    for (key, value) in keys {
        reader.key(key.get_ref(), reader.line(key.span().start), value);
    }
    (reader.values, reader.problems)
}

struct Reader<'t> {
    text: &'t str,
    path: Rc<PathBuf>,
    values: Values,
    problems: Vec<Told>,
}

impl Reader<'_> {
    /// The line of a byte, from 1.
    fn line(&self, byte: usize) -> usize {
        let before = &self.text.as_bytes()[..byte.min(self.text.len())];
        1 + memchr::memchr_iter(b'\n', before).count()
    }

    fn problem(&mut self, line: usize, what: &str) {
        self.problems.push((line, format!("{}:{line}: {what}", self.path.display())));
    }

    fn key(&mut self, name: &str, line: usize, value: &Spanned<DeValue<'_>>) {
        if name == suppress::NAME {
            return self.suppressions(line, value);
        }
        if name == organisation::NAME {
            return self.organisation(line, value);
        }
        let Some(key) = Key::find(name) else {
            let known: Vec<&str> =
                KEYS.iter().map(|key| key.name).chain([suppress::NAME, organisation::NAME]).collect();
            let hint = match nearest(&name.replace('_', "-"), known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the keys are: {}", known.join(", ")),
            };
            return self.problem(line, &format!("unknown key `{name}`; {hint}"));
        };
        let entries = match (key.shape, value.get_ref()) {
            (Shape::Table, DeValue::Table(table)) => self.table(key, table),
            (Shape::List | Shape::Paths, DeValue::Array(items)) => {
                items.iter().flat_map(|item| self.texts(key, item)).collect()
            }
            _ => self.texts(key, value),
        };
        self.values.set(key, entries);
    }

    fn suppressions(&mut self, line: usize, value: &Spanned<DeValue<'_>>) {
        let DeValue::Array(tables) = value.get_ref() else { return self.problem(line, suppress::SHAPE) };
        for table in tables {
            let mut wrong = Vec::new();
            let origin = |at| Origin::File(Rc::clone(&self.path), self.line(at));
            let read = Table::read(table, origin, |at, what| wrong.push((self.line(at), what.to_owned())));
            self.values.suppressions.extend(read);
            for (line, what) in wrong {
                self.problem(line, &what);
            }
        }
    }

    fn organisation(&mut self, line: usize, value: &Spanned<DeValue<'_>>) {
        let DeValue::Table(table) = value.get_ref() else { return self.problem(line, organisation::SHAPE) };
        let mut wrong = Vec::new();
        let origin = |at| Origin::File(Rc::clone(&self.path), self.line(at));
        let records =
            Record::read_all(table, origin, |at, what| wrong.push((self.line(at), what.to_owned())));
        self.values.organisation = records;
        for (line, what) in wrong {
            self.problem(line, &what);
        }
    }

    fn table(&mut self, key: &'static Key, table: &DeTable<'_>) -> Vec<Entry> {
        let mut rows: Vec<_> = table.iter().collect();
        rows.sort_by_key(|(name, _)| name.span().start);
        let mut entries = Vec::new();
        for (name, value) in rows {
            match value.get_ref() {
                DeValue::String(text) => {
                    entries.push(self.entry(format!("{}={text}", name.get_ref()), name.span().start));
                }
                _ => self.wrong(key, name.span().start),
            }
        }
        entries
    }

    /// The texts of one value that is no list.
    fn texts(&mut self, key: &'static Key, value: &Spanned<DeValue<'_>>) -> Vec<Entry> {
        let at = value.span().start;
        let text = match (key.shape, value.get_ref()) {
            (Shape::Text | Shape::Size | Shape::List | Shape::Paths, DeValue::String(text)) => {
                text.to_string()
            }
            (Shape::Flag, DeValue::Boolean(flag)) => flag.to_string(),
            (Shape::Number | Shape::Size, DeValue::Integer(number)) => number.to_string(),
            _ => {
                self.wrong(key, at);
                return Vec::new();
            }
        };
        // An empty text says the same as a key that is left out.
        let parts = split(key.shape, &text).into_iter().filter(|part| !part.is_empty());
        parts.map(|part| self.entry(part, at)).collect()
    }

    fn entry(&self, text: String, at: usize) -> Entry {
        Entry { text, origin: Origin::File(Rc::clone(&self.path), self.line(at)) }
    }

    fn wrong(&mut self, key: &Key, at: usize) {
        let wanted = match key.shape {
            Shape::Text => "a text in quotes",
            Shape::Flag => "true or false",
            Shape::Number => "a number",
            Shape::Size => "a size such as \"256M\", or a number of bytes",
            Shape::List | Shape::Paths => "a list of texts in quotes",
            Shape::Table => "a table of texts: NAME = \"text\"",
        };
        self.problem(self.line(at), &format!("`{}` must be {wanted}", key.name));
    }
}

/// The texts in one value: a list may be written with commas.
pub(super) fn split(shape: Shape, text: &str) -> Vec<String> {
    if shape == Shape::List {
        text.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
    } else {
        vec![text.to_owned()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let mut told = parse(text, Path::new("x.toml")).1;
        told.sort();
        told.into_iter().map(|(_, problem)| problem).collect()
    }

    #[test]
    fn every_problem_is_told_at_once_with_its_line() {
        let text = "select = [\"SIP\"]\nselct = 1\nthreads = \"four\"\nsip_domain = \"contoso.com\"\n\n[severity]\nSIP010 = 3\n";
        assert_eq!(
            problems(text),
            [
                "x.toml:2: unknown key `selct`; did you mean `select`?",
                "x.toml:3: `threads` must be a number",
                "x.toml:4: unknown key `sip_domain`; did you mean `sip-domain`?",
                "x.toml:7: `severity` must be a table of texts: NAME = \"text\"",
            ]
        );
    }

    #[test]
    fn values_keep_their_lines() {
        let (values, problems) = parse(
            "\u{feff}sources = [\"a,b.csv\"]\r\nselect = [\"SIP, UNQ\",\r\n  \"MAIL\"]\r\nthreads = 4\r\n[map]\r\n\"E-Mail\" = \"mail\"",
            Path::new("x.toml"),
        );
        assert!(problems.is_empty(), "{problems:?}");
        let line = |entry: &Entry| match &entry.origin {
            Origin::File(_, line) => *line,
            _ => 0,
        };
        let got = |name| values.get(name).iter().map(|e| (e.text.clone(), line(e))).collect::<Vec<_>>();
        assert_eq!(got("sources"), [("a,b.csv".into(), 1)]);
        assert_eq!(got("select"), [("SIP".into(), 2), ("UNQ".into(), 2), ("MAIL".into(), 3)]);
        assert_eq!(got("threads"), [("4".into(), 4)]);
        assert_eq!(got("map"), [("E-Mail=mail".into(), 6)]);
    }

    #[test]
    fn what_is_no_toml_is_told_with_its_line() {
        let told = problems("out = \"a\"\nout = \"b\"\nformat = [\"csv\"\n");
        assert!(told[0].starts_with("x.toml:2: this is no TOML"), "{told:?}");
        assert!(told.len() >= 2, "{told:?}");
    }
}
