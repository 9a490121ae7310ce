//! What holds for every text.

use std::fmt::Write;

use proptest::prelude::*;

use super::*;
use Attr::{DisplayName, GivenName, Line, Mail, Sn, UserPrincipalName};

/// Users as the writer of the tests takes them.
fn users() -> impl Strategy<Value = Vec<Vec<(Attr, String)>>> {
    let text = "[ -~é中\\t]{0,5}[a-z:<#]{1,30}[ -~ü]{0,90}";
    let number = (-1i64 << 40..1 << 40).prop_map(|number| number.to_string());
    let guid = any::<u128>().prop_map(|bits| {
        let hex = format!("{bits:032x}");
        [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
    });
    let user = (
        "CN=[a-zé, ]{1,60},DC=b",
        proptest::option::of(guid),
        proptest::option::of(number),
        proptest::collection::vec(proptest::option::of(text), 6),
        proptest::collection::vec(text, 0..5),
    )
        .prop_map(|(dn, guid, number, texts, proxies)| {
            let mut user = vec![(Attr::DistinguishedName, dn)];
            user.extend(guid.map(|guid| (Attr::ObjectGuid, guid)));
            let attrs = [UserPrincipalName, DisplayName, GivenName, Sn, Mail];
            user.extend(attrs.into_iter().zip(&texts).filter_map(|(attr, text)| Some((attr, text.clone()?))));
            user.extend(number.map(|number| (Attr::UserAccountControl, number)));
            user.extend(texts[5].clone().map(|text| (Line, text)));
            user.extend(proxies.into_iter().map(|proxy| (Attr::ProxyAddresses, proxy)));
            user
        });
    proptest::collection::vec(user, 0..8)
}

/// How the writer writes; cycled through.
#[derive(Debug, Clone)]
struct Style {
    choices: Vec<u8>,
    end: &'static str,
    separator: &'static str,
    head: &'static str,
}

fn styles() -> impl Strategy<Value = Style> {
    let ends = prop_oneof![Just("\n"), Just("\r\n"), Just("\r")];
    let separators = prop_oneof![Just(""), Just(" ")];
    let heads = prop_oneof![Just(""), Just("version: 1"), Just("# extended LDIF\n#\n# LDAPv3\n\n# a,\n  b")];
    (proptest::collection::vec(any::<u8>(), 1..40), ends, separators, heads)
        .prop_map(|(choices, end, separator, head)| Style { choices, end, separator, head })
}

fn write_value(line: &mut String, value: &str, choice: u8) {
    let unsafe_start = value.starts_with([' ', ':', '<']);
    if choice.is_multiple_of(3) || unsafe_start || value.ends_with(' ') || !value.is_ascii() {
        let blank = if choice.is_multiple_of(2) { " " } else { "" };
        let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, value);
        write!(line, "::{blank}{base64}").unwrap();
    } else {
        write!(line, ":{}{value}", ["", " ", "  "][usize::from(choice % 3)]).unwrap();
    }
}

fn write_ldif(users: &[Vec<(Attr, String)>], style: &Style) -> String {
    let mut choices = style.choices.iter().copied().cycle();
    let mut choice = move || choices.next().unwrap_or_default();
    let mut text = style.head.replace('\n', style.end);
    if !text.is_empty() {
        text.push_str(style.end);
    }
    for user in users {
        for (attr, value) in user {
            let name = if *attr == Attr::DistinguishedName { "dn" } else { attr.ldap() };
            let mut line =
                if choice().is_multiple_of(2) { name.to_ascii_lowercase() } else { name.to_owned() };
            write_value(&mut line, value, choice());
            // Folded anywhere behind the name of the record, with at least one character a line.
            let first = if name == "dn" { 3 } else { 1 };
            let width = usize::from(choice()) + first;
            for (place, letter) in line.chars().enumerate() {
                if place >= first && place.is_multiple_of(width) {
                    text.push_str(style.end);
                    text.push(if choice().is_multiple_of(4) { '\t' } else { ' ' });
                }
                text.push(letter);
            }
            text.push_str(style.end);
        }
        text.push_str(style.separator);
        text.push_str(style.end);
    }
    text
}

proptest! {
    #[test]
    fn what_is_written_is_read(users in users(), style in styles()) {
        let text = write_ldif(&users, &style);
        let (got, problems) = read(&text);
        prop_assert_eq!(problems, vec![]);
        prop_assert_eq!(got.len(), users.len());
        for (got, mut user) in got.into_iter().zip(users) {
            user.sort_by_key(|(attr, _)| (*attr == Attr::ProxyAddresses, *attr));
            prop_assert_eq!(got.values, user, "{}", text);
        }
    }

    #[test]
    fn blocks_and_pieces_make_no_difference(
        lines in proptest::collection::vec(
            prop_oneof![
                4 => Just("dn: a"), 4 => Just(""), 2 => Just(" "), 2 => Just(" b"), 2 => Just("mail: c"),
                1 => Just("dn:: Yg=="), 1 => Just("proxyAddresses;range=0-1: d"), 1 => Just("changetype: modify"),
                1 => Just("result: 4 x"), 1 => Just("\u{feff}dn: e"), 1 => Just("Size limit exceeded (4)"), 1 => Just("stray"), 1 => Just("# é"), 1 => Just("sn:: ü"),
                1 => Just("description: a long line of which nobody wants to know anything"), 1 => Just("dn:"),
            ], 0..40),
        ends in proptest::collection::vec(
            prop_oneof![Just("\n"), Just("\r\n"), Just("\r"), Just("\r\r\n")], 1..4),
        piece in 1usize..30, target in 1usize..60, limit in 20usize..200,
    ) {
        let mut text = String::new();
        for (line, end) in lines.iter().zip(ends.iter().cycle()) {
            text.push_str(line);
            text.push_str(end);
        }
        let whole = read_in(&text, 1 << 20, 1 << 20, limit);
        prop_assert_eq!(read_in(&text, piece, target, limit), whole, "{:?}", text);
    }

    #[test]
    fn any_text_is_read(text in "(dn|mail|proxyAddresses|;range=|:|::|:<| |\\n|\\r|#|[0-9*-]|[a-zé]){0,60}") {
        read_in(&text, 7, 9, 50);
        let _ = flavour(&text);
    }
}
