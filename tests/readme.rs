//! The README keeps its word: the export lines name every attribute, the settings are sound.

use std::collections::BTreeSet;
use std::io::Write;

use dirsync_audit::model::attribute::ATTRIBUTES;
use dirsync_audit::settings::{Values, load};

const README: &str = include_str!("../README.md");

/// The names between quotation marks of one kind or commas in the line that starts so.
fn names(start: &str, marks: &[char]) -> BTreeSet<String> {
    let line = README.lines().find(|line| line.trim_start().starts_with(start)).expect(start);
    line.split(marks).map(|name| name.trim().to_owned()).collect()
}

#[test]
fn both_export_lines_name_every_attribute() {
    let mut powershell = names("$single = ", &['\'', ',']);
    powershell.extend(names("$joined = ", &['\'']));
    let csvde = names("csvde -u -f", &['"', ',']);
    for about in ATTRIBUTES {
        assert!(powershell.contains(about.ldap), "PowerShell: {}", about.ldap);
        assert!(csvde.contains(about.ldap), "csvde: {}", about.ldap);
        assert!(README.contains(&format!("`{}`", about.ldap)), "what needs {}", about.ldap);
    }
}

/// PowerShell takes some quotation marks for others, and consoles lose them.
#[test]
fn what_is_pasted_is_ascii() {
    let letters = README.chars().filter(|c| !c.is_ascii());
    let odd: BTreeSet<char> = letters.filter(|c| !"ü·…".contains(*c)).collect();
    assert!(odd.is_empty(), "{odd:?}");
    let code = README.split("```").skip(1).step_by(2);
    assert!(code.flat_map(str::lines).all(str::is_ascii));
}

#[test]
fn the_settings_are_sound() {
    let start = README.find("    scenario = ").expect("the settings are there");
    let block = README.get(start..).unwrap_or_default().split("\n\n").next().unwrap_or_default();
    let mut file = tempfile::NamedTempFile::new().expect("a file for the test");
    file.write_all(block.as_bytes()).expect("the file can be written");
    let (settings, _) = load(Values::default(), Some(file.path()), None).expect("the settings are sound");
    assert_eq!(settings.verified_domains, ["contoso.com", "fabrikam.com"]);
}
