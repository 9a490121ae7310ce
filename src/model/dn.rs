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
