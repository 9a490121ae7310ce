//! What may be said about a user or the organisation: a finding, its severity, and the change that would mend it.

use serde::{Deserialize, Serialize};

use crate::model::{Attr, User};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Works, but unsupported or fragile.
    Warning,
    /// Synchronization, sign-in or a feature breaks.
    Error,
}

impl Severity {
    /// The word in reports and options.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The severity of a word, in any case.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        [Self::Info, Self::Warning, Self::Error].into_iter().find(|s| s.word().eq_ignore_ascii_case(word))
    }
}

/// A change of one attribute of one object: values to take out and to put in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Change {
    /// The attribute.
    pub attribute: Attr,
    /// Values to take out, as they stand in the input.
    pub remove: Vec<String>,
    /// Values to put in.
    pub add: Vec<String>,
}

impl Change {
    /// Puts a value in.
    #[must_use]
    pub fn add(attribute: Attr, value: impl Into<String>) -> Self {
        Self { attribute, remove: Vec::new(), add: vec![value.into()] }
    }

    /// Takes a value out.
    #[must_use]
    pub fn remove(attribute: Attr, value: impl Into<String>) -> Self {
        Self { attribute, remove: vec![value.into()], add: Vec::new() }
    }

    /// Puts one value in the place of another; an empty old value is none.
    #[must_use]
    pub fn replace(attribute: Attr, old: &str, new: impl Into<String>) -> Self {
        let remove = if old.is_empty() { Vec::new() } else { vec![old.to_owned()] };
        Self { attribute, remove, add: vec![new.into()] }
    }

    /// The user after the change.
    #[must_use]
    pub fn applied_to<'a>(&'a self, user: &User<'a>) -> User<'a> {
        let mut changed = user.clone();
        changed.lose(self.attribute);
        changed.set_empty(self.attribute);
        if self.attribute == Attr::ProxyAddresses {
            let mut gone: Vec<&str> = self.remove.iter().map(String::as_str).collect();
            for &value in user.proxies() {
                match gone.iter().position(|&old| old == value) {
                    Some(place) => drop(gone.swap_remove(place)),
                    None => changed.set(self.attribute, value),
                }
            }
        }
        for value in &self.add {
            changed.set(self.attribute, value);
        }
        changed
    }

    /// The change as one cell of a report: the new value alone where it takes the place of the finding's own
    /// value or of nothing, else `-old +new`.
    #[must_use]
    pub fn cell(&self, finding_value: &str) -> String {
        match (self.remove.as_slice(), self.add.as_slice()) {
            ([], [new]) => new.clone(),
            ([old], [new]) if old == finding_value => new.clone(),
            (old, new) => {
                let old = old.iter().map(|value| format!("-{value}"));
                let new = new.iter().map(|value| format!("+{value}"));
                old.chain(new).collect::<Vec<_>>().join(" ")
            }
        }
    }
}

/// What is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// An attribute of the user.
    Attr(Attr),
    /// A DNS record, or an attribute of an object of the configuration.
    Named(&'static str),
}

impl Field {
    /// Its name in reports: of an attribute the LDAP name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Attr(attr) => attr.ldap(),
            Self::Named(name) => name,
        }
    }
}

impl From<Attr> for Field {
    fn from(attr: Attr) -> Self {
        Self::Attr(attr)
    }
}

impl From<&'static str> for Field {
    fn from(name: &'static str) -> Self {
        Self::Named(name)
    }
}

impl PartialEq<Attr> for Field {
    fn eq(&self, attr: &Attr) -> bool {
        *self == Self::Attr(*attr)
    }
}

/// How a finding stands with what was known before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum State {
    /// Nothing was known.
    #[default]
    Open,
    /// The baseline does not have it.
    New,
    /// The baseline has it.
    Unchanged,
    /// Somebody has accepted it: it counts no more.
    Suppressed,
}

impl State {
    /// The word of the report.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "",
            Self::New => "new",
            Self::Unchanged => "unchanged",
            Self::Suppressed => "suppressed",
        }
    }
}

/// One thing that a rule says about one user, or about one thing of the organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The place of the rule in the catalogue.
    pub rule: usize,
    /// How bad it is here.
    pub severity: Severity,
    /// The attribute that is at fault.
    pub attribute: Field,
    /// The offending value as it stands in the input; empty when there is none.
    pub value: String,
    /// What is wrong, in lower case and without a full stop, values in backquotes.
    pub message: String,
    /// What would mend it, where that follows from the object itself.
    pub suggestion: Option<Change>,
    /// How it stands with what was known before.
    pub state: State,
}

impl Finding {
    /// Whether it counts: nobody has accepted it.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.state != State::Suppressed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_shows_the_new_value_or_every_change() {
        let attr = Attr::ProxyAddresses;
        assert_eq!(Change::add(attr, "sip:a@b.co").cell(""), "sip:a@b.co");
        assert_eq!(Change::replace(attr, " x", "x").cell(" x"), "x");
        assert_eq!(Change::replace(attr, "smtp:x", "SMTP:x").cell(""), "-smtp:x +SMTP:x");
        assert_eq!(Change::remove(attr, "SRV:").cell("SRV:"), "-SRV:");
    }

    #[test]
    fn a_change_touches_its_own_values_only() {
        let attr = Attr::ProxyAddresses;
        let user = User::of(&[(attr, "smtp:a"), (attr, "smtp:b"), (attr, "smtp:a"), (Attr::Mail, "x")]);
        let change = Change::replace(attr, "smtp:a", "SMTP:a");
        assert_eq!(change.applied_to(&user).proxies(), ["smtp:b", "smtp:a", "SMTP:a"]);
        assert_eq!(Change::remove(Attr::Mail, "x").applied_to(&user).get(Attr::Mail), "");
    }

    #[test]
    fn words_are_read_back() {
        assert_eq!(Severity::of("Warning"), Some(Severity::Warning));
        assert_eq!(Severity::of("fatal"), None);
        assert!(Severity::Error > Severity::Warning);
    }
}
