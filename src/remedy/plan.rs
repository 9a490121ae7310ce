//! The plan: which values of which objects go and come.

use std::collections::HashMap;

use super::confidence::{self, Confidence};
use super::ldif;
use super::table::Table;
use super::values::{Difference, Values, key};
use crate::finding::Change;
use crate::model::fold::fold;
use crate::model::proxy::Proxy;
use crate::model::{Attr, User};
use crate::rules::{self, RuleSet};

/// The name of the file.
pub const FILE: &str = "plan.csv";

/// Its columns; `Apply-Plan.ps1` reads them by name.
pub const COLUMNS: [&str; 8] =
    ["objectGUID", "DN", "attribute", "operation", "old", "new", "rule", "confidence"];

/// An object that is to be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its objectGUID, with dashes and in lower case.
    pub guid: String,
    /// Where it stands.
    pub dn: String,
    /// What it holds of the attributes that change.
    pub before: Values,
    /// What it shall hold.
    pub after: Values,
    /// The suggestions of which the change is made, with the places of their rules.
    pub parts: Vec<(usize, Change)>,
}

/// One row of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The attribute.
    pub attr: Attr,
    /// The value that goes; empty for none.
    pub old: String,
    /// The value that comes; empty for none.
    pub new: String,
    /// The rules that ask for it, by their places in the catalogue.
    pub rules: Vec<usize>,
}

impl Step {
    /// `add`, `remove` or `replace`.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        match (self.old.is_empty(), self.new.is_empty()) {
            (true, _) => "add",
            (_, true) => "remove",
            _ => "replace",
        }
    }

    /// How sure it is.
    #[must_use]
    pub fn confidence(&self) -> Confidence {
        confidence::of_all(self.rules.iter().copied())
    }
}

impl Object {
    /// The rows of the object.
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        let of = |attr| Difference::between(self.before.get(attr), self.after.get(attr));
        self.after.attributes().flat_map(|attr| self.steps_of(attr, of(attr))).collect()
    }

    fn steps_of(&self, attr: Attr, difference: Difference) -> Vec<Step> {
        let Difference { removed, added } = difference;
        let one_for_one = removed.len() == 1 && added.len() == 1;
        let place = |new: &String| if one_for_one { String::new() } else { address(new) };
        let mut coming: HashMap<String, &String> = added.iter().map(|new| (place(new), new)).collect();
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        for old in &removed {
            pairs.push((old, coming.remove(&place(old)).map_or("", String::as_str)));
        }
        let left = added.iter().filter(|new| coming.get(&place(new)).is_some_and(|of| of == new));
        pairs.extend(left.map(|new| ("", new.as_str())));
        let (named, all) = self.rules_by_value(attr);
        let step = |(old, new): (&str, &str)| {
            let own = |value| named.get(value).copied().unwrap_or_default();
            let rules = own(old).with(own(new));
            let rules = if rules.is_empty() { all } else { rules };
            Step { attr, old: old.to_owned(), new: new.to_owned(), rules: rules.iter().collect() }
        };
        pairs.into_iter().map(step).collect()
    }

    /// The rules whose suggestions name a value, by value, and all that change the attribute.
    fn rules_by_value(&self, attr: Attr) -> (HashMap<&str, RuleSet>, RuleSet) {
        let (mut named, mut all) = (HashMap::<&str, RuleSet>::new(), RuleSet::NONE);
        for (rule, change) in self.parts.iter().filter(|(_, change)| change.attribute == attr) {
            all.insert(*rule);
            for value in change.remove.iter().chain(&change.add) {
                named.entry(value).or_default().insert(*rule);
            }
        }
        (named, all)
    }
}

/// What two proxy addresses have in common that differ in the case of their type or in blanks around them.
fn address(value: &str) -> String {
    let proxy = Proxy::of(value);
    format!("{}:{}", proxy.written_type().to_ascii_lowercase(), fold(proxy.address))
}

/// All objects that are to be changed, in the order of the input.
#[derive(Debug, Default)]
pub struct Plan {
    objects: Vec<Object>,
    by_guid: HashMap<String, usize>,
    by_dn: HashMap<String, usize>,
}

impl Plan {
    /// The objects.
    #[must_use]
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// The object that a user is.
    #[must_use]
    pub fn of(&self, user: &User<'_>) -> Option<&Object> {
        let place = match user.get(Attr::ObjectGuid) {
            "" => self.by_dn.get(fold(user.get(Attr::DistinguishedName)).as_ref()),
            guid => self.by_guid.get(fold(guid).as_ref()),
        };
        place.and_then(|&place| self.objects.get(place))
    }

    /// Whether an object of this objectGUID is in it.
    #[must_use]
    pub fn has(&self, guid: &str) -> bool {
        self.by_guid.contains_key(guid)
    }

    /// Takes an object in, or what is to be changed of one beyond what the plan has.
    pub(super) fn insert(&mut self, object: Object) {
        if let Some(known) = self.by_guid.get(&object.guid).and_then(|&place| self.objects.get_mut(place)) {
            known.before.complete(&object.before);
            known.after.overlay(&object.after);
            known.parts.extend(object.parts);
            return;
        }
        self.by_guid.insert(object.guid.clone(), self.objects.len());
        self.by_dn.insert(key(&object.dn), self.objects.len());
        self.objects.push(object);
    }

    /// Takes objects out again.
    pub(super) fn retain(&mut self, keep: impl Fn(&Object) -> bool) {
        let objects = std::mem::take(self).objects;
        objects.into_iter().filter(keep).for_each(|object| self.insert(object));
    }

    /// How many values change.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.objects.iter().map(|object| object.steps().len()).sum()
    }

    /// `plan.csv`.
    pub(super) fn table(&self) -> Table {
        let mut table = Table::new(&COLUMNS);
        for object in &self.objects {
            for step in object.steps() {
                let codes: Vec<&str> = step.rules.iter().map(|&rule| rules::at(rule).code).collect();
                table.row(&[
                    &object.guid,
                    &object.dn,
                    step.attr.ldap(),
                    step.operation(),
                    &step.old,
                    &step.new,
                    &codes.join(" "),
                    step.confidence().word(),
                ]);
            }
        }
        table
    }

    /// `fix.ldif`.
    pub(super) fn fix(&self) -> String {
        let mut out = String::new();
        ldif::head(&mut out, "Applies the plan.", self.objects.len());
        for object in &self.objects {
            ldif::modify(&mut out, &object.dn, &object.before, &object.after);
        }
        out
    }

    /// `undo.ldif`: the last change is taken back first.
    pub(super) fn undo(&self) -> String {
        let mut out = String::new();
        ldif::head(&mut out, "Takes the plan back once fix.ldif has been applied.", self.objects.len());
        for object in self.objects.iter().rev() {
            ldif::modify(&mut out, &object.dn, &object.after, &object.before);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(before: &[(Attr, &str)], after: &[(Attr, &str)], parts: Vec<(&str, Change)>) -> Object {
        let attributes = || before.iter().chain(after).map(|(attr, _)| *attr);
        let place = |code: &str| rules::all().position(|rule| rule.code == code).unwrap();
        Object {
            guid: "5f3c0002-7a1b-4c2d-9e3f-00155d000002".to_owned(),
            dn: "CN=a".to_owned(),
            before: Values::of(&User::of(before), attributes()),
            after: Values::of(&User::of(after), attributes()),
            parts: parts.into_iter().map(|(code, change)| (place(code), change)).collect(),
        }
    }

    fn rows(object: &Object) -> Vec<(&'static str, String, String, Vec<&'static str>)> {
        let codes = |step: &Step| step.rules.iter().map(|&rule| rules::at(rule).code).collect();
        object
            .steps()
            .into_iter()
            .map(|step| (step.operation(), step.old.clone(), step.new.clone(), codes(&step)))
            .collect()
    }

    #[test]
    fn values_of_one_address_are_one_row() {
        use Attr::ProxyAddresses as P;
        let object = object(
            &[(P, "smtp:a@b.co"), (P, " smtp:x@b.co"), (P, "sip:old@b.co"), (P, "smtp:gone@b.co")],
            &[(P, "SMTP:a@b.co"), (P, "smtp:x@b.co"), (P, "sip:new@b.co")],
            vec![
                ("PRX002", Change::replace(P, "smtp:a@b.co", "SMTP:a@b.co")),
                ("PRX009", Change::replace(P, " smtp:x@b.co", "smtp:x@b.co")),
                ("PRX007", Change::remove(P, "smtp:gone@b.co")),
                ("SIP004", Change::replace(P, "sip:old@b.co", "sip:new@b.co")),
            ],
        );
        let text = str::to_owned;
        assert_eq!(
            rows(&object),
            [
                ("replace", text("smtp:a@b.co"), text("SMTP:a@b.co"), vec!["PRX002"]),
                ("replace", text(" smtp:x@b.co"), text("smtp:x@b.co"), vec!["PRX009"]),
                ("remove", text("sip:old@b.co"), text(""), vec!["SIP004"]),
                ("remove", text("smtp:gone@b.co"), text(""), vec!["PRX007"]),
                ("add", text(""), text("sip:new@b.co"), vec!["SIP004"]),
            ]
        );
        assert_eq!(object.steps()[1].confidence(), Confidence::High);
    }

    #[test]
    fn one_value_for_one_is_replaced() {
        let object = object(
            &[(Attr::Mail, "old@b.co")],
            &[(Attr::Mail, "new@b.co")],
            vec![("MAIL003", Change::replace(Attr::Mail, "old@b.co", "new@b.co"))],
        );
        assert_eq!(
            rows(&object),
            [("replace", "old@b.co".to_owned(), "new@b.co".to_owned(), vec!["MAIL003"])]
        );
    }
}
