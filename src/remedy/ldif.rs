//! `fix.ldif` and `undo.ldif`: one modify per object (RFC 2849).
//!
//! What goes is deleted before anything is added, in one modify, since directories compare addresses without regard
//! to case: `smtp:` becomes `SMTP:` only so. Values are deleted by value: where somebody has changed one meanwhile,
//! the server refuses the whole modify.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::values::{Difference, Values};

/// The name of the file with the changes.
pub const FIX: &str = "fix.ldif";
/// The name of the file that takes them back.
pub const UNDO: &str = "undo.ldif";

/// How a file starts: what it is, in ASCII.
pub(super) fn head(out: &mut String, what: &str, objects: usize) {
    *out += "version: 1\n\n";
    let _ = writeln!(out, "# {what} Objects: {objects}.");
    *out += "# ldapmodify -H ldaps://dc.example.com -D administrator@example.com -W -f FILE\n";
    *out += "# ldifde -i -f FILE\n\n";
}

/// Appends the modify that makes `to` of what an object holds; nothing when that is nothing.
pub fn modify(out: &mut String, dn: &str, from: &Values, to: &Values) {
    let changes: Vec<_> = to
        .attributes()
        .map(|attr| (attr.ldap(), Difference::between(from.get(attr), to.get(attr))))
        .filter(|(_, difference)| !difference.is_empty())
        .collect();
    if changes.is_empty() {
        return;
    }
    line(out, "dn", dn);
    *out += "changetype: modify\n";
    for (name, difference) in changes {
        part(out, "delete", name, &difference.removed);
        part(out, "add", name, &difference.added);
    }
    *out += "\n";
}

fn part(out: &mut String, what: &str, name: &str, values: &[String]) {
    if values.is_empty() {
        return;
    }
    let _ = writeln!(out, "{what}: {name}");
    for value in values {
        line(out, name, value);
    }
    *out += "-\n";
}

/// One line; base64 where the text is no SAFE-STRING, ends in a blank, or has a control character.
fn line(out: &mut String, name: &str, value: &str) {
    *out += name;
    if is_safe(value) {
        *out += ": ";
        *out += value;
    } else {
        *out += ":: ";
        STANDARD.encode_string(value, out);
    }
    *out += "\n";
}

fn is_safe(value: &str) -> bool {
    let plain = |b: u8| (b' '..=b'~').contains(&b);
    value.bytes().all(plain) && !value.starts_with([' ', ':', '<']) && !value.ends_with(' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Attr, User};

    fn written(value: &str) -> String {
        let mut out = String::new();
        line(&mut out, "mail", value);
        out
    }

    #[test]
    fn base64_where_the_grammar_needs_it() {
        for plain in ["a@b.co", "a b", "a:b", "a<b", "-", "~", ""] {
            assert_eq!(written(plain), format!("mail: {plain}\n"));
        }
        for (value, coded) in [
            (" a", "IGE="),
            ("a ", "YSA="),
            (" ", "IA=="),
            (":a", "OmE="),
            ("<a", "PGE="),
            ("a\nb", "YQpi"),
            ("a\rb", "YQ1i"),
            ("a\0b", "YQBi"),
            ("a\tb", "YQli"),
            ("a\u{7f}", "YX8="),
            ("é", "w6k="),
            ("\u{2019}", "4oCZ"),
        ] {
            assert_eq!(written(value), format!("mail:: {coded}\n"), "{value:?}");
        }
    }

    #[test]
    fn what_goes_is_deleted_before_anything_is_added() {
        let before = User::of(&[
            (Attr::ProxyAddresses, "smtp:a@b.co"),
            (Attr::ProxyAddresses, "sip:x@b.co"),
            (Attr::ProxyAddresses, "smtp:c@b.co"),
            (Attr::Mail, "a@b.co "),
        ]);
        let after = User::of(&[
            (Attr::ProxyAddresses, "SMTP:a@b.co"),
            (Attr::ProxyAddresses, "sip:x@b.co"),
            (Attr::Mail, "a@b.co"),
        ]);
        let both = [Attr::ProxyAddresses, Attr::Mail];
        let mut out = String::new();
        modify(&mut out, "CN=Jürg,DC=b,DC=co", &Values::of(&before, both), &Values::of(&after, both));
        let expected = "dn:: Q049SsO8cmcsREM9YixEQz1jbw==\nchangetype: modify\n\
            delete: mail\nmail:: YUBiLmNvIA==\n-\nadd: mail\nmail: a@b.co\n-\n\
            delete: proxyAddresses\nproxyAddresses: smtp:a@b.co\nproxyAddresses: smtp:c@b.co\n-\n\
            add: proxyAddresses\nproxyAddresses: SMTP:a@b.co\n-\n\n";
        assert_eq!(out, expected);
        out.clear();
        modify(&mut out, "CN=a", &Values::of(&after, both), &Values::of(&after, both));
        assert_eq!(out, "");
    }
}
