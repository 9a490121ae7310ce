//! What Exchange and Lync keep of an organisation, for the scripted server: the same as the test domain controller has.

use std::collections::BTreeSet;

use rasn_ldap::Filter;

use super::Moment;
use super::directory::{BASE, Directory, Entry};

/// The configuration partition.
pub(crate) const CONFIGURATION: &str = "CN=Configuration,DC=contoso,DC=com";
/// The two places in which Lync keeps its part.
pub(crate) const LYNC: [&str; 2] =
    ["CN=Services,CN=Configuration,DC=contoso,DC=com", "CN=Microsoft,CN=System,DC=contoso,DC=com"];

/// The text of the file for the test domain controller, with Lync in the place of this number.
fn ldif(place: usize) -> String {
    let text = include_str!("../servers/samba-organisation.ldif");
    text.replace("@CONFIGURATION@", CONFIGURATION).replace("@LYNC@", LYNC[place])
}

/// An entry of LDIF without folded lines.
fn entry(paragraph: &str) -> Option<Entry> {
    let lines: Vec<(&str, &str)> = paragraph
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name, value.trim_start_matches(':').trim_start()))
        .collect();
    let (_, dn) = lines.first().filter(|(name, _)| *name == "dn")?;
    let mut entry = Entry::new(*dn, &[]);
    for (name, value) in &lines[1..] {
        entry.set(name, vec![value.as_bytes().to_vec()]);
    }
    Some(entry)
}

fn container(dn: &str) -> Entry {
    Entry::new(dn, &[("objectClass", &["container"])])
}

/// A domain with so many users and a sound organisation.
pub(crate) fn sound(users: u32, place: usize) -> Directory {
    let mut directory = Directory::of(users);
    let folders = [
        CONFIGURATION.to_owned(),
        format!("CN=Services,{CONFIGURATION}"),
        format!("CN=NetServices,CN=Services,{CONFIGURATION}"),
        format!("CN=Partitions,{CONFIGURATION}"),
        format!("CN=System,{BASE}"),
        format!("CN=Microsoft,CN=System,{BASE}"),
        format!("CN=Dfs-Configuration,CN=System,{BASE}"),
        format!("CN=Old,CN=Microsoft,CN=System,{BASE}"),
        format!("CN=Schema,{CONFIGURATION}"),
    ];
    directory.entries.extend(folders.iter().map(|dn| container(dn)));
    let partitions = directory.entries.iter_mut().find(|entry| entry.dn.starts_with("CN=Partitions,"));
    partitions.unwrap().set("uPNSuffixes", vec![b"contoso.com".to_vec()]);
    for (cn, upper) in
        [("Object-Class", "0"), ("ms-Exch-Schema-Version-Pt", "15333"), ("ms-RTC-SIP-SchemaVersion", "1150")]
    {
        let values: [(&str, &[&str]); 3] =
            [("objectClass", &["attributeSchema"]), ("cn", &[cn]), ("rangeUpper", &[upper])];
        directory.entries.push(Entry::new(format!("CN={cn},CN=Schema,{CONFIGURATION}"), &values));
    }
    directory.entries.extend(ldif(place).split("\n\n").filter_map(entry));
    let names: BTreeSet<&str> = directory.entries.iter().map(|entry| entry.dn.as_str()).collect();
    assert_eq!(names.len(), directory.entries.len());
    directory
}

/// Changes the entry whose name begins so.
pub(crate) fn change(directory: &mut Directory, name: &str, attribute: &str, value: &[u8]) {
    let entry = directory.entries.iter_mut().find(|entry| entry.dn.starts_with(&format!("CN={name}")));
    entry.unwrap_or_else(|| panic!("{name}")).set(attribute, vec![value.to_vec()]);
}

/// Takes away everything whose name has this in it.
pub(crate) fn remove(directory: &mut Directory, part: &str) {
    let before = directory.entries.len();
    directory.entries.retain(|entry| !entry.dn.contains(part));
    assert_ne!(directory.entries.len(), before, "{part}");
}

/// Whether a search is for objects of this class.
pub(crate) fn asks(moment: &Moment, class: &str) -> bool {
    fn has(filter: &Filter, class: &str) -> bool {
        match filter {
            Filter::And(parts) | Filter::Or(parts) => parts.to_vec().iter().any(|part| has(part, class)),
            Filter::EqualityMatch(test) => test.assertion_value[..].eq_ignore_ascii_case(class.as_bytes()),
            _ => false,
        }
    }
    has(&moment.request.filter, class)
}
