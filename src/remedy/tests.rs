//! What holds for every object: the way there and the way back, and that planning comes to an end.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::merge::merge;
use super::values::key;
use super::why::worse;
use super::{Values, ldif};
use crate::model::{Attr, Facts, User};
use crate::rules::{self, Context, RuleSet, Scenario};

/// One object of a directory that compares values as Active Directory does, and changes them whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry(BTreeMap<String, Vec<String>>);

impl Entry {
    fn of(values: &Values) -> Self {
        Self(values.attributes().map(|attr| (attr.ldap().to_owned(), sorted(values.get(attr)))).collect())
    }

    /// Applies the modify that stands in a file.
    fn modify(&mut self, text: &str) {
        let mut lines = text.lines().map(|line| {
            let (name, rest) = line.split_once(':').unwrap_or((line, ""));
            let value = match rest.strip_prefix(": ") {
                Some(coded) => String::from_utf8(STANDARD.decode(coded).unwrap()).unwrap(),
                None => rest.strip_prefix(' ').unwrap_or(rest).to_owned(),
            };
            (name.to_owned(), value)
        });
        assert_eq!(lines.next().unwrap().0, "dn");
        assert_eq!(lines.next().unwrap(), ("changetype".to_owned(), "modify".to_owned()));
        let mut what = String::new();
        for (name, value) in lines.filter(|(name, _)| !name.is_empty() && name != "-") {
            if name == "delete" || name == "add" {
                what = name;
                continue;
            }
            let held = self.0.get_mut(&name).unwrap();
            let place = held.iter().position(|own| key(own) == key(&value));
            match (what.as_str(), place) {
                ("delete", Some(place)) => drop(held.remove(place)),
                ("add", None) => held.push(value),
                other => panic!("the server refuses {other:?} of `{value}`: {held:?}"),
            }
        }
        self.0.values_mut().for_each(|values| values.sort());
    }
}

fn sorted(values: &[String]) -> Vec<String> {
    let mut values = values.to_vec();
    values.sort();
    values
}

/// Values of `proxyAddresses` as one object can hold them: no two that a directory takes for the same.
fn holdable(texts: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    texts.into_iter().filter(|text| !text.is_empty() && seen.insert(key(text))).collect()
}

fn values(proxies: &[String], mail: &str) -> Values {
    let mut user = User::of(&[(Attr::Mail, mail)]);
    user.set_empty(Attr::ProxyAddresses);
    for value in proxies {
        user.set(Attr::ProxyAddresses, value);
    }
    Values::of(&user, [Attr::Mail, Attr::ProxyAddresses])
}

const TEXTS: &str = "(SMTP|smtp|sip|x500|):?[ :<]?[abAé\u{2019}\n\r\t\u{0}]{0,3}(@b\\.co|)[ ]?";

proptest! {
    #[test]
    fn undo_after_fix_gives_every_value_back(
        before in proptest::collection::vec(TEXTS, 0..8),
        after in proptest::collection::vec(TEXTS, 0..8),
        kept in proptest::collection::vec(any::<bool>(), 8),
        mails in [TEXTS, TEXTS],
        dn in "CN=[aé, <:\n]{0,4}",
    ) {
        let before = holdable(before);
        let stays = before.iter().zip(kept).filter(|(_, kept)| *kept).map(|(value, _)| value.clone());
        let after = holdable(stays.chain(after).collect());
        let (from, to) = (values(&before, &mails[0]), values(&after, &mails[1]));
        let (mut fix, mut undo) = (String::new(), String::new());
        ldif::modify(&mut fix, &dn, &from, &to);
        ldif::modify(&mut undo, &dn, &to, &from);
        prop_assert!(fix.is_ascii() && undo.is_ascii());
        let mut entry = Entry::of(&from);
        if !fix.is_empty() {
            entry.modify(&fix);
        }
        prop_assert_eq!(&entry, &Entry::of(&to));
        if !undo.is_empty() {
            entry.modify(&undo);
        }
        prop_assert_eq!(entry, Entry::of(&from));
    }

    /// Whatever an object holds, its suggestions come to an end, bring nothing, and can be applied and taken back.
    #[test]
    fn planning_ends_and_brings_nothing(
        proxies in proptest::collection::vec("[ ]?(SMTP|smtp|sip|SIP|x500)(:)[ab](@b\\.co|@c\\.de|)[ ]?", 0..6),
        mail in "[ ]?([ab]@(b\\.co|c\\.de))?[ ]?",
        pua in "(sip:[ab]@(b\\.co|c\\.de))?",
        locator in "(SRV:|)",
        enabled in "(TRUE|FALSE|)",
        mdb in "(CN=x|)",
        scenario in 0..4_usize,
    ) {
        let proxies = holdable(proxies);
        let mut user = User::of(&[
            (Attr::Mail, &mail), (Attr::PrimaryUserAddress, &pua), (Attr::DeploymentLocator, &locator),
            (Attr::UserEnabled, &enabled), (Attr::HomeMdb, &mdb), (Attr::UserPrincipalName, "a@b.co"),
        ]);
        for value in &proxies {
            user.set(Attr::ProxyAddresses, value);
        }
        let context = Context::of(Scenario::ALL[scenario]);
        let all = [Attr::Mail, Attr::ProxyAddresses, Attr::PrimaryUserAddress, Attr::DeploymentLocator];
        let start = Values::of(&user, all);
        let mut now = start.clone();
        let mut rounds = 0;
        loop {
            let held = now.on(&user);
            let findings = rules::findings_about(&context, &Facts::of(&held));
            let merged = merge(&context, &held, &findings, RuleSet::ALL);
            if !merged.changes() {
                break;
            }
            rounds += 1;
            prop_assert!(rounds < 8, "no end: {:?}", merged);
            let mut next = now.clone();
            next.overlay(&merged.after);
            now = next;
        }
        prop_assert_eq!(worse(&context, &user, &now.on(&user)), None);
        let (mut fix, mut undo) = (String::new(), String::new());
        ldif::modify(&mut fix, "CN=a", &start, &now);
        ldif::modify(&mut undo, "CN=a", &now, &start);
        if !fix.is_empty() {
            let mut entry = Entry::of(&start);
            entry.modify(&fix);
            prop_assert_eq!(&entry, &Entry::of(&now));
            entry.modify(&undo);
            prop_assert_eq!(entry, Entry::of(&start));
        }
    }
}

mod script {
    use super::super::plan::COLUMNS;
    use super::super::{SCRIPT_TEXT, confidence};
    use crate::model::Attr;
    use crate::rules;

    /// The first part of the tree that the grammar does not know.
    fn error(node: tree_sitter::Node<'_>) -> Option<String> {
        if node.is_error() || node.is_missing() {
            return Some(format!(
                "line {}: {:?}",
                node.start_position().row + 1,
                node.utf8_text(SCRIPT_TEXT.as_bytes())
            ));
        }
        node.children(&mut node.walk()).find_map(error)
    }

    fn tree(text: &str) -> tree_sitter::Tree {
        let mut parser = tree_sitter::Parser::new();
        parser.set_language(&tree_sitter_powershell::LANGUAGE.into()).unwrap();
        parser.parse(text, None).unwrap()
    }

    #[test]
    fn parses() {
        let tree = tree(SCRIPT_TEXT);
        assert_eq!(error(tree.root_node()), None);
        assert!(!tree.root_node().has_error());
        assert!(self::tree("function x { if (").root_node().has_error());
    }

    /// Windows PowerShell reads a script without byte order mark as ANSI, and takes curly quotes for quotes.
    #[test]
    fn is_ascii() {
        assert!(SCRIPT_TEXT.is_ascii());
        assert!(!SCRIPT_TEXT.contains('\r'), "one kind of line end");
    }

    #[test]
    fn knows_the_columns_and_the_attributes_of_a_plan_and_no_others() {
        let columns = format!("$columns = @('{}')", COLUMNS.join("', '"));
        assert!(SCRIPT_TEXT.contains(&columns), "{columns}");
        let mut changed: Vec<Attr> = Vec::new();
        for rule in rules::all().filter(|rule| confidence::of(rule).is_some()) {
            for example in rule.examples {
                let user = crate::model::User::of(example.users[0]);
                for scenario in rules::Scenario::ALL {
                    let context = rules::Context::of(scenario);
                    let found = rules::findings_about(&context, &crate::model::Facts::of(&user));
                    changed.extend(
                        found.iter().filter_map(|finding| Some(finding.suggestion.as_ref()?.attribute)),
                    );
                }
            }
        }
        changed.sort_unstable();
        changed.dedup();
        let table = SCRIPT_TEXT.split_once("$multiValued = @{").unwrap().1.split_once("\n}").unwrap().0;
        let mut known: Vec<(Attr, &str)> = table
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, many)| (Attr::of_ldap(name.trim().trim_matches('\'')).unwrap(), many.trim()))
            .collect();
        known.sort_unstable();
        let expected: Vec<(Attr, &str)> = changed
            .into_iter()
            .map(|attr| (attr, if attr == Attr::ProxyAddresses { "$true" } else { "$false" }))
            .collect();
        assert_eq!(known, expected);
    }

    /// Everything that a value goes through is a variable: nothing of the directory is ever run.
    #[test]
    fn runs_no_text() {
        for word in ["Invoke-Expression", "iex ", "[scriptblock]", "ExpandString", "Invoke-Command", "& $"] {
            assert!(!SCRIPT_TEXT.contains(word), "{word}");
        }
        for (at, line) in SCRIPT_TEXT.lines().enumerate() {
            let touches = ["Import-Csv", "Export-Csv"].iter().any(|word| line.contains(word));
            assert!(
                !touches || line.contains("-Encoding UTF8"),
                "line {}: the encoding is not named",
                at + 1
            );
        }
    }
}
