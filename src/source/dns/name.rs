//! Names in answers, which anybody may have written.

use std::fmt::Write;

use hickory_resolver::proto::rr::Name;

/// A name in lower case and without a final dot; octets that are no part of a host name as `\DDD` (RFC 4343, 2.1).
pub(super) fn text(name: &Name) -> String {
    let mut text = String::new();
    for (nth, label) in name.iter().enumerate() {
        if nth > 0 {
            text.push('.');
        }
        for &octet in label {
            if octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_') {
                text.push(char::from(octet.to_ascii_lowercase()));
            } else {
                let _ = write!(text, "\\{octet:03}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_octets_become_visible() {
        let name = Name::from_labels(vec![&b"SIP\x1b[31m`.\xff"[..], b"Contoso", b"com"]).unwrap();
        assert_eq!(text(&name), "sip\\027\\09131m\\096\\046\\255.contoso.com");
        assert_eq!(text(&Name::root()), "");
    }
}
