//! What a finding is called across runs.

use crate::finding::Finding;
use crate::model::fold::fold_into;
use crate::model::{Attr, User};
use crate::rules;

/// Changes only if fingerprints must; every baseline would be void.
const VERSION: &[u8] = b"dirsync-audit finding 1";

/// The fingerprint of a finding about a user: the same in every run, order and version of the program as long as
/// rule, object, attribute and value are.
#[must_use]
pub fn of(user: &User<'_>, finding: &Finding) -> [u8; 16] {
    // Few findings have more.
    let mut room = Vec::with_capacity(512);
    part(&mut room, |room| room.extend_from_slice(VERSION));
    part(&mut room, |room| room.extend_from_slice(rules::at(finding.rule).code.as_bytes()));
    part(&mut room, |room| fold_into(room, identity(user)));
    part(&mut room, |room| room.extend_from_slice(finding.attribute.name().as_bytes()));
    part(&mut room, |room| fold_into(room, &finding.value));
    let hash = blake3::hash(&room);
    let mut octets = [0; 16];
    octets.copy_from_slice(&hash.as_bytes()[..16]);
    octets
}

/// Appends a part behind its length, which keeps `ab` + `c` apart from `a` + `bc`.
fn part(room: &mut Vec<u8>, append: impl FnOnce(&mut Vec<u8>)) {
    let start = room.len();
    room.extend_from_slice(&[0; 8]);
    append(room);
    let len = (room.len() - start - 8) as u64;
    room[start..start + 8].copy_from_slice(&len.to_le_bytes());
}

/// Who the object is: what survives most changes comes first.
fn identity<'a>(user: &User<'a>) -> &'a str {
    use Attr::{DistinguishedName, Mail, ObjectGuid, SamAccountName, UserPrincipalName};
    [ObjectGuid, DistinguishedName, UserPrincipalName, SamAccountName, Mail]
        .into_iter()
        .map(|attr| user.get(attr))
        .find(|text| !text.is_empty())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;

    fn finding(attribute: Attr, value: &str) -> Finding {
        Finding {
            rule: 0,
            severity: Severity::Error,
            attribute: attribute.into(),
            value: value.to_owned(),
            message: String::new(),
            suggestion: None,
            state: crate::finding::State::Open,
        }
    }

    /// The fingerprint stands in baselines that users keep: it must never change.
    #[test]
    fn the_fingerprint_of_ever() {
        let user = User::of(&[(Attr::ObjectGuid, "33221100-5544-7766-8899-aabbccddeeff")]);
        let octets = of(&user, &finding(Attr::ProxyAddresses, "sip:ann@contoso"));
        assert_eq!(u128::from_be_bytes(octets), 0x9bb7_f99f_ebca_f14a_2a76_d81f_1cc7_39ac);
    }

    #[test]
    fn a_part_is_folded_behind_its_length() {
        for text in ["", " ", "Ann@Contoso.com\t", " José", "X".repeat(600).as_str()] {
            let mut room = b"before".to_vec();
            part(&mut room, |room| fold_into(room, text));
            let whole = crate::model::fold::fold(text);
            let (len, rest) = room[6..].split_first_chunk().unwrap();
            assert_eq!((u64::from_le_bytes(*len), rest), (whole.len() as u64, whole.as_bytes()), "{text}");
        }
    }

    #[test]
    fn what_counts_and_what_does_not() {
        let dn = "CN=Ann,DC=contoso,DC=com";
        let user = User::of(&[(Attr::DistinguishedName, dn)]);
        let one = of(&user, &finding(Attr::Mail, "ann@contoso"));
        let renamed =
            User::of(&[(Attr::DistinguishedName, "cn=ann,dc=Contoso,dc=com"), (Attr::Mail, "b@c.de")]);
        let worded = Finding { message: "other words".to_owned(), ..finding(Attr::Mail, "Ann@contoso ") };
        assert_eq!(one, of(&renamed, &worded));
        assert_ne!(one, of(&user, &finding(Attr::UserPrincipalName, "ann@contoso")));
        assert_ne!(one, of(&user, &finding(Attr::Mail, "bo@contoso")));
        assert_ne!(one, of(&user, &Finding { rule: 1, ..finding(Attr::Mail, "ann@contoso") }));
        let other = User::of(&[
            (Attr::DistinguishedName, dn),
            (Attr::ObjectGuid, "33221100-5544-7766-8899-aabbccddeeff"),
        ]);
        assert_ne!(one, of(&other, &finding(Attr::Mail, "ann@contoso")));
    }
}
