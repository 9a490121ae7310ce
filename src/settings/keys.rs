//! The settings as one table: each is a key of the settings file and an option of the command line.

use std::path::PathBuf;
use std::rc::Rc;

use super::organisation::Record;
use super::suppress::Table;

/// What may stand behind a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One text.
    Text,
    /// `true` or `false`.
    Flag,
    /// A number, not negative.
    Number,
    /// A number of bytes, or a text such as `256M`.
    Size,
    /// Several texts, or one; commas separate too.
    List,
    /// Several texts, or one; a comma belongs to the text.
    Paths,
    /// A table of names and texts; on the command line `NAME=TEXT`.
    Table,
}

/// One setting.
#[derive(Debug)]
pub struct Key {
    /// Its key in the settings file; the option is `--name`.
    pub name: &'static str,
    /// What may stand behind it.
    pub shape: Shape,
    /// What holds when nobody says anything; several texts are separated by commas.
    pub default: &'static str,
    /// What the default means, where the value does not say it.
    pub unset: &'static str,
}

/// All settings, in the order in which they are shown.
pub static KEYS: &[Key] = &[
    Key { name: "scenario", shape: Shape::Text, default: "", unset: "must be given" },
    Key { name: "sources", shape: Shape::Paths, default: "", unset: "must be given" },
    Key { name: "map", shape: Shape::Table, default: "", unset: "" },
    Key { name: "encoding", shape: Shape::Text, default: "auto", unset: "found out per source" },
    Key { name: "delimiter", shape: Shape::Text, default: "auto", unset: "found out per source" },
    Key { name: "user", shape: Shape::Text, default: "", unset: "nobody" },
    Key { name: "password-file", shape: Shape::Text, default: "", unset: "DIRSYNC_AUDIT_PASSWORD, or asked" },
    Key { name: "kerberos", shape: Shape::Flag, default: "false", unset: "" },
    Key { name: "start-tls", shape: Shape::Flag, default: "false", unset: "" },
    Key { name: "ca-file", shape: Shape::Text, default: "", unset: "the system's roots" },
    Key { name: "tls-server-name", shape: Shape::Text, default: "", unset: "the name in the URL" },
    Key { name: "client-cert", shape: Shape::Text, default: "", unset: "none" },
    Key { name: "client-key", shape: Shape::Text, default: "", unset: "in the file of the certificate" },
    Key { name: "insecure", shape: Shape::Flag, default: "false", unset: "" },
    Key { name: "filter", shape: Shape::Text, default: "", unset: "users, contacts, groups with addresses" },
    Key { name: "base", shape: Shape::Paths, default: "", unset: "the domain of the server" },
    Key { name: "exclude-base", shape: Shape::Paths, default: "", unset: "" },
    Key { name: "page-size", shape: Shape::Number, default: "1000", unset: "" },
    Key { name: "connections", shape: Shape::Number, default: "4", unset: "" },
    Key { name: "max-rate", shape: Shape::Number, default: "0", unset: "no limit" },
    Key { name: "timeout", shape: Shape::Number, default: "120", unset: "" },
    Key { name: "deadline", shape: Shape::Number, default: "0", unset: "no limit" },
    Key { name: "select", shape: Shape::List, default: "", unset: "all rules" },
    Key { name: "ignore", shape: Shape::List, default: "", unset: "" },
    Key { name: "severity", shape: Shape::Table, default: "", unset: "" },
    Key { name: "fail-on", shape: Shape::Text, default: "error", unset: "" },
    Key { name: "exit-zero", shape: Shape::Flag, default: "false", unset: "" },
    Key { name: "sip-domain", shape: Shape::List, default: "", unset: "not checked" },
    Key {
        name: "verified-domain",
        shape: Shape::List,
        default: "",
        unset: "only the shape of a domain counts",
    },
    Key { name: "routing-domain", shape: Shape::List, default: "", unset: "not checked" },
    Key { name: "check-org", shape: Shape::Flag, default: "false", unset: "" },
    Key { name: "domains-from-org", shape: Shape::Flag, default: "false", unset: "" },
    Key { name: "mailboxes", shape: Shape::Text, default: "onprem", unset: "" },
    Key { name: "check-dns", shape: Shape::Flag, default: "false", unset: "" },
    Key { name: "dns-internal", shape: Shape::Flag, default: "false", unset: "" },
    Key { name: "dns-server", shape: Shape::List, default: "", unset: "those of the system" },
    Key { name: "allow-target", shape: Shape::List, default: "", unset: "hosts in the SIP domain alone" },
    Key { name: "dns-timeout", shape: Shape::Number, default: "3", unset: "" },
    Key { name: "dns-retries", shape: Shape::Number, default: "1", unset: "" },
    Key { name: "only", shape: Shape::Text, default: "", unset: "all users are reported" },
    Key { name: "baseline", shape: Shape::Text, default: "", unset: "nothing is compared" },
    Key { name: "history", shape: Shape::Text, default: "", unset: "no history is kept" },
    Key { name: "out", shape: Shape::Text, default: "dirsync-audit-report", unset: "" },
    Key { name: "keep", shape: Shape::Number, default: "0", unset: "one report, in the folder itself" },
    Key { name: "format", shape: Shape::List, default: "csv,json,html", unset: "" },
    Key { name: "redact", shape: Shape::Text, default: "none", unset: "" },
    Key { name: "redact-key-file", shape: Shape::Text, default: "", unset: "DIRSYNC_AUDIT_REDACT_KEY" },
    Key { name: "csv-delimiter", shape: Shape::Text, default: ",", unset: "" },
    Key { name: "csv-raw", shape: Shape::Flag, default: "false", unset: "" },
    Key { name: "threads", shape: Shape::Number, default: "0", unset: "one per processor" },
    Key { name: "memory", shape: Shape::Size, default: "", unset: "as much as the run needs" },
    Key { name: "progress", shape: Shape::Text, default: "auto", unset: "" },
    Key { name: "log-format", shape: Shape::Text, default: "text", unset: "" },
];

impl Key {
    /// The key of a name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.name == name)
    }

    /// The texts of the default.
    pub fn defaults(&self) -> impl Iterator<Item = &'static str> {
        let one = self.shape == Shape::Text && !self.default.is_empty();
        let (one, several) = if one { (Some(self.default), "") } else { (None, self.default) };
        one.into_iter().chain(several.split(',').filter(|text| !text.is_empty()))
    }
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// A line of the settings file, from 1.
    File(Rc<PathBuf>, usize),
    /// An option.
    CommandLine,
}

impl Origin {
    /// The line of the file; what stands in none comes last.
    #[must_use]
    pub fn line(&self) -> usize {
        if let Self::File(_, line) = self { *line } else { usize::MAX }
    }

    /// The place for a message about a key.
    #[must_use]
    pub fn place(&self, key: &str) -> String {
        match self {
            Self::CommandLine if key == "sources" => "SOURCE".into(),
            Self::Default | Self::CommandLine => format!("--{key}"),
            Self::File(path, line) => format!("{}:{line}: {key}", path.display()),
        }
    }
}

/// One text of a setting, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The text; of a table `NAME=TEXT`.
    pub text: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// The texts of every setting, not yet checked.
#[derive(Debug, Clone, Default)]
pub struct Values {
    keys: Vec<(&'static str, Vec<Entry>)>,
    /// The tables `[[suppress]]`.
    pub suppressions: Vec<Table>,
    /// The table `[organisation]`.
    pub organisation: Vec<Record>,
}

impl Values {
    /// What holds when nobody says anything.
    #[must_use]
    pub fn defaults() -> Self {
        let mut values = Self::default();
        for key in KEYS {
            let entry = |text: &str| Entry { text: text.to_owned(), origin: Origin::Default };
            values.set(key, key.defaults().map(entry).collect());
        }
        values
    }

    /// The texts of a key; none when it is not set.
    #[must_use]
    pub fn get(&self, name: &str) -> &[Entry] {
        self.keys.iter().find(|(key, _)| *key == name).map_or(&[], |(_, entries)| entries)
    }

    /// Sets a key.
    pub fn set(&mut self, key: &'static Key, entries: Vec<Entry>) {
        match self.keys.iter_mut().find(|(name, _)| *name == key.name) {
            Some((_, old)) => *old = entries,
            None => self.keys.push((key.name, entries)),
        }
    }

    /// Lays other values over these: a key that is set there wins; tables are joined, and their names win one by
    /// one.
    pub fn overlay(&mut self, upper: Self) {
        self.suppressions.extend(upper.suppressions);
        self.organisation.extend(upper.organisation);
        for (name, entries) in upper.keys {
            let Some(key) = Key::find(name) else { continue };
            if key.shape != Shape::Table {
                self.set(key, entries);
                continue;
            }
            let taken =
                |old: &Entry| entries.iter().any(|new| table_name(&new.text) == table_name(&old.text));
            let mut joined: Vec<Entry> = self.get(name).iter().filter(|old| !taken(old)).cloned().collect();
            joined.extend(entries);
            self.set(key, joined);
        }
    }
}

/// The name in `NAME=TEXT`, for comparison.
fn table_name(text: &str) -> String {
    // The value never holds a `=`, the name may (a heading of a spreadsheet).
    text.rsplit_once('=').map_or(text, |(name, _)| name).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(text: &str) -> Entry {
        Entry { text: text.into(), origin: Origin::CommandLine }
    }

    #[test]
    fn a_comma_alone_is_a_default_too() {
        let defaults = |name| Key::find(name).unwrap().defaults().collect::<Vec<_>>();
        assert_eq!(defaults("csv-delimiter"), [","]);
        assert_eq!(defaults("format"), ["csv", "json", "html"]);
        assert!(defaults("select").is_empty());
    }

    #[test]
    fn the_upper_layer_wins_and_tables_are_joined() {
        let mut values = Values::defaults();
        let key = |name| Key::find(name).unwrap();
        values.set(key("severity"), vec![entry("SIP010=info"), entry("SIP012=info")]);
        let mut upper = Values::default();
        upper.set(key("severity"), vec![entry("sip010=error")]);
        upper.set(key("format"), vec![entry("json")]);
        values.overlay(upper);
        let texts = |name| values.get(name).iter().map(|e| e.text.as_str()).collect::<Vec<_>>();
        assert_eq!(texts("severity"), ["SIP012=info", "sip010=error"]);
        assert_eq!(texts("format"), ["json"]);
    }
}
