//! What an object holds of the attributes that a plan may change.

use std::collections::HashSet;

use crate::finding::Change;
use crate::model::fold::fold;
use crate::model::{Attr, User};

/// Values by attribute, as a directory holds them: no value twice.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Values(Vec<(Attr, Vec<String>)>);

impl Values {
    /// What a user holds of these attributes.
    #[must_use]
    pub fn of(user: &User<'_>, attributes: impl IntoIterator<Item = Attr>) -> Self {
        let mut values = Self::default();
        for attr in attributes {
            if values.0.iter().all(|(known, _)| *known != attr) {
                values.0.push((attr, held(user, attr)));
            }
        }
        values.0.sort_by_key(|(attr, _)| *attr);
        values
    }

    /// The attributes, in the order of their table.
    pub fn attributes(&self) -> impl Iterator<Item = Attr> {
        self.0.iter().map(|(attr, _)| *attr)
    }

    /// The values of an attribute.
    #[must_use]
    pub fn get(&self, attr: Attr) -> &[String] {
        self.0.iter().find(|(known, _)| *known == attr).map_or(&[], |(_, values)| values)
    }

    /// Takes over what the other knows of further attributes.
    pub(super) fn complete(&mut self, other: &Self) {
        for (attr, values) in &other.0 {
            if self.0.iter().all(|(known, _)| known != attr) {
                self.0.push((*attr, values.clone()));
            }
        }
        self.0.sort_by_key(|(attr, _)| *attr);
    }

    /// Takes the values of the other where it knows the attribute.
    pub(super) fn overlay(&mut self, other: &Self) {
        for (attr, values) in &mut self.0 {
            if let Some((_, newer)) = other.0.iter().find(|(known, _)| known == attr) {
                values.clone_from(newer);
            }
        }
        self.complete(other);
    }

    /// Applies a change: what goes out goes out wherever it stands, and nothing comes in twice.
    pub(super) fn apply(&mut self, change: &Change) {
        let Some((_, values)) = self.0.iter_mut().find(|(attr, _)| *attr == change.attribute) else { return };
        if change.attribute == Attr::ProxyAddresses {
            let gone: HashSet<&str> = change.remove.iter().map(String::as_str).collect();
            values.retain(|value| !gone.contains(value.as_str()));
        } else {
            values.clear();
        }
        let mut held: HashSet<String> = values.iter().cloned().collect();
        values.extend(change.add.iter().filter(|value| held.insert((*value).clone())).cloned());
    }

    /// The user with these values.
    #[must_use]
    pub fn on<'a>(&'a self, user: &User<'a>) -> User<'a> {
        let mut changed = user.clone();
        for (attr, values) in &self.0 {
            changed.lose(*attr);
            changed.set_empty(*attr);
            for value in values {
                changed.set(*attr, value);
            }
        }
        changed
    }
}

/// The values of an attribute, each once.
fn held(user: &User<'_>, attr: Attr) -> Vec<String> {
    let mut seen = HashSet::new();
    let values: &[&str] = if attr == Attr::ProxyAddresses { user.proxies() } else { &[user.get(attr)] };
    let kept = values.iter().filter(|value| !value.is_empty() && seen.insert(**value));
    kept.map(|value| (*value).to_owned()).collect()
}

/// The difference between what an attribute holds and what it shall hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    /// Values that go.
    pub removed: Vec<String>,
    /// Values that come.
    pub added: Vec<String>,
}

impl Difference {
    /// Between two lists of values.
    #[must_use]
    pub fn between(before: &[String], after: &[String]) -> Self {
        let (old, new): (HashSet<&String>, HashSet<&String>) =
            (before.iter().collect(), after.iter().collect());
        Self {
            removed: before.iter().filter(|value| !new.contains(value)).cloned().collect(),
            added: after.iter().filter(|value| !old.contains(value)).cloned().collect(),
        }
    }

    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.added.is_empty()
    }
}

/// What two values have in common that a directory takes for the same.
pub(super) fn key(value: &str) -> String {
    fold(value).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(values: &[&str]) -> Vec<String> {
        values.iter().map(|value| (*value).to_owned()).collect()
    }

    #[test]
    fn values_differ_to_the_letter_and_not_by_order() {
        let found = Difference::between(&texts(&["smtp:a", "x"]), &texts(&["x", "SMTP:a"]));
        assert_eq!(found, Difference { removed: texts(&["smtp:a"]), added: texts(&["SMTP:a"]) });
        assert!(Difference::between(&texts(&["a", "b"]), &texts(&["b", "a"])).is_empty());
    }

    #[test]
    fn a_change_is_applied_as_to_a_set() {
        let user = User::of(&[(Attr::ProxyAddresses, "a"), (Attr::ProxyAddresses, "a"), (Attr::Mail, "m")]);
        let mut values = Values::of(&user, [Attr::Mail, Attr::ProxyAddresses]);
        assert_eq!(values.get(Attr::ProxyAddresses), ["a"]);
        let add = ["b", "b"].map(str::to_owned).to_vec();
        values.apply(&Change { attribute: Attr::ProxyAddresses, remove: texts(&["a", "a"]), add });
        values.apply(&Change::replace(Attr::Mail, "m", "n"));
        assert_eq!(values.get(Attr::ProxyAddresses), ["b"]);
        assert_eq!(values.on(&user).get(Attr::Mail), "n");
        values.apply(&Change::remove(Attr::Mail, "n"));
        assert!(values.get(Attr::Mail).is_empty());
    }
}
