//! Distinguished names: where one ends and the next begins (RFC 4514).

use super::fold::fold;

/// The parts of a DN, each folded, without the blanks around them.
#[must_use]
pub fn parts(dn: &str) -> Vec<String> {
    spelled(dn).into_iter().map(|part| fold(part).into_owned()).collect()
}

/// The parts of a DN as they are spelled.
#[must_use]
pub fn spelled(dn: &str) -> Vec<&str> {
    let (mut parts, mut start, mut escaped) = (Vec::new(), 0, false);
    for (place, c) in dn.char_indices() {
        if c == ',' && !escaped {
            parts.push(&dn[start..place]);
            start = place + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    parts.push(&dn[start..]);
    parts
}

/// The values in a DN, without their attributes and with what is escaped as it is meant.
#[must_use]
pub fn names(dn: &str) -> Vec<String> {
    let value = |part: &str| part.split_once('=').map(|(_, value)| unescaped(value)).unwrap_or_default();
    spelled(dn).into_iter().map(value).collect()
}

/// The value of a name without the escapes of a DN (RFC 4514, 2.4) that stand before one character.
fn unescaped(value: &str) -> String {
    let (mut text, mut chars) = (String::new(), value.trim().chars().peekable());
    while let Some(c) = chars.next() {
        let escapes = c == '\\' && chars.peek().is_some_and(|next| !next.is_ascii_hexdigit());
        text.extend(if escapes { chars.next() } else { Some(c) });
    }
    text
}

/// Whether an object is the folder of these parts, or stands somewhere below it.
#[must_use]
pub fn is_below(dn: &str, folder: &[String]) -> bool {
    parts(dn).ends_with(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below_is_a_matter_of_parts() {
        let staff = parts("ou=staff, DC=contoso,dc=com");
        for dn in [
            "CN=Ann,OU=Staff,DC=contoso,DC=com",
            "OU=Staff,DC=contoso,DC=com",
            "CN=a\\,b,OU=STAFF,DC=contoso,DC=com",
        ] {
            assert!(is_below(dn, &staff), "{dn}");
        }
        for dn in [
            "CN=Ann,OU=NoStaff,DC=contoso,DC=com",
            "CN=Ann\\,OU=Staff,DC=contoso,DC=com",
            "CN=Ann,DC=contoso,DC=com",
            "",
        ] {
            assert!(!is_below(dn, &staff), "{dn}");
        }
        assert!(is_below("CN=a\\\\,OU=Staff,DC=contoso,DC=com", &staff));
    }
}
