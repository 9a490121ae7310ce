//! Settings as TOML: what is in force, and where each comes from.

use std::fmt::Write;

use super::keys::{Entry, KEYS, Key, Origin, Shape, Values};
use super::organisation::Record;

/// The values as a settings file; a setting that nobody has set is a comment.
#[must_use]
pub fn toml(values: &Values) -> String {
    let mut text = String::new();
    let (tables, keys): (Vec<&Key>, _) = KEYS.iter().partition(|key| key.shape == Shape::Table);
    for key in keys {
        line(&mut text, key, values.get(key.name));
    }
    for key in tables {
        table(&mut text, key, values.get(key.name));
    }
    if !values.organisation.is_empty() {
        text.push_str("\n[organisation]\n");
    }
    for one in &values.organisation {
        record(&mut text, one);
    }
    for one in &values.suppressions {
        text.push_str(&suppression(one.entries(), Some(one.origin())));
    }
    text
}

fn line(text: &mut String, key: &Key, entries: &[Entry]) {
    let value = value(key.shape, entries);
    // Of a list the first line, of an option given twice the one that counts.
    let telling = if key.shape == Shape::List { entries.first() } else { entries.last() };
    let origin = match telling.map(|entry| &entry.origin) {
        None | Some(Origin::Default) if key.unset.is_empty() => "default".to_owned(),
        None | Some(Origin::Default) => format!("default: {}", key.unset),
        Some(origin) => origin_words(origin),
    };
    // Without a value there is nothing that a file could say.
    let mark = if entries.is_empty() { "# " } else { "" };
    let _ = writeln!(text, "{:<50} # {origin}", format!("{mark}{} = {value}", key.name));
}

fn table(text: &mut String, key: &Key, entries: &[Entry]) {
    if entries.is_empty() {
        let _ = writeln!(text, "\n# [{}]", key.name);
        return;
    }
    let _ = writeln!(text, "\n[{}]", key.name);
    for entry in entries {
        let (name, value) = entry.text.rsplit_once('=').unwrap_or((&entry.text, ""));
        let row = format!("{} = {}", bare(name), quoted(value));
        let _ = writeln!(text, "{row:<50} # {}", origin_words(&entry.origin));
    }
}

fn record(text: &mut String, record: &Record) {
    let entries: Vec<String> =
        record.entries().map(|(key, value)| format!("{key} = {}", quoted(value))).collect();
    let row = format!("{} = {{ {} }}", record.key, entries.join(", "));
    let _ = writeln!(text, "{row:<50} # {}", origin_words(&record.origin));
}

/// One table `[[suppress]]`, with a blank line before it.
pub fn suppression<'t>(
    entries: impl Iterator<Item = (&'static str, &'t str)>,
    origin: Option<&Origin>,
) -> String {
    let mut text = String::from("\n");
    match origin {
        Some(origin) => {
            let _ = writeln!(text, "{:<50} # {}", "[[suppress]]", origin_words(origin));
        }
        None => text.push_str("[[suppress]]\n"),
    }
    for (key, value) in entries {
        let _ = writeln!(text, "{key} = {}", quoted(value));
    }
    text
}

fn value(shape: Shape, entries: &[Entry]) -> String {
    match (shape, entries.last()) {
        (Shape::List | Shape::Paths, _) => {
            let texts: Vec<String> = entries.iter().map(|entry| quoted(&entry.text)).collect();
            format!("[{}]", texts.join(", "))
        }
        (Shape::Flag | Shape::Number, Some(entry)) => entry.text.clone(),
        (_, last) => quoted(last.map_or("", |entry| &entry.text)),
    }
}

fn origin_words(origin: &Origin) -> String {
    match origin {
        Origin::Default => "default".into(),
        // A path may hold a line break; a comment may not.
        Origin::File(path, line) => format!("{}:{line}", path.display()).escape_debug().to_string(),
        Origin::CommandLine => "command line".into(),
    }
}

fn bare(name: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !name.is_empty() && name.chars().all(fits) { name.to_owned() } else { quoted(name) }
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::settings::file;

    #[test]
    fn what_is_shown_can_be_read_back() {
        let text = "out = 'C:\\x \"y\"'\nsip-domain = ['a.com', 'b.com']\nthreads = 3\n[map]\n'E-Mail (work)' = 'mail'\n[organisation]\nlync_trusts_owa = { checked = 2026-11-20, by = 'A \"B\"' }\n[[suppress]]\nrule = 'SIP'\nmatch = 'a.com'\nreason = 'x \"y\"'";
        let (values, _) = file::parse(text, Path::new("x.toml"));
        let mut all = Values::defaults();
        all.overlay(values);
        let shown = toml(&all);
        let (again, problems) = file::parse(&shown, Path::new("x.toml"));
        assert!(problems.is_empty(), "{problems:?}\n{shown}");
        for key in KEYS {
            let texts =
                |values: &Values| values.get(key.name).iter().map(|e| e.text.clone()).collect::<Vec<_>>();
            assert_eq!(texts(&again), texts(&all), "{}", key.name);
        }
        assert!(shown.contains("# x.toml:3"), "{shown}");
        let tables = |values: &Values| format!("{:?}", values.suppressions[0].entries().collect::<Vec<_>>());
        assert_eq!(tables(&again), tables(&all));
        let records = |values: &Values| format!("{:?}", values.organisation[0].entries().collect::<Vec<_>>());
        assert_eq!(records(&again), records(&all));
    }
}
