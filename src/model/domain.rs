//! Names of domains as people write them.

use super::address::is_domain;

/// The most octets of a domain before which the longest record name still fits (RFC 1035, 2.3.4).
const MOST: usize = 253 - "_sipfederationtls._tcp.".len();

/// A domain in ASCII, in lower case and without a final dot; an internationalised one as DNS has it (RFC 5891).
///
/// # Errors
/// It is no domain; why, in words.
pub fn domain_name(text: &str) -> Result<String, String> {
    let text = text.trim();
    let bare = text.strip_suffix('.').unwrap_or(text);
    let no = |why: &str| Err(format!("`{text}` is no domain: {why}"));
    if bare.is_empty() {
        return no("it is empty");
    }
    if let Some((_, domain)) = bare.rsplit_once('@') {
        return no(&format!("it is an address; did you mean `{domain}`?"));
    }
    if bare.contains([':', '/']) {
        return no("write the name alone, such as `contoso.com`");
    }
    let Ok(ascii) = idna::domain_to_ascii_strict(bare) else {
        return no("it has characters or labels that no domain has");
    };
    if ascii.len() > MOST {
        return no("it is too long");
    }
    if !ascii.contains('.') {
        return no("it has a single label");
    }
    if !is_domain(&ascii) {
        return no("write labels of letters, digits and `-`, such as `contoso.com`");
    }
    Ok(ascii)
}

/// The domain as people read it, where that is another text.
#[must_use]
pub fn in_unicode(ascii: &str) -> Option<String> {
    let (text, sound) = idna::domain_to_unicode(ascii);
    (sound.is_ok() && text != ascii).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_domain() {
        for (text, name) in [
            ("Contoso.COM.", "contoso.com"),
            (" a.b-c.de ", "a.b-c.de"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
        ] {
            assert_eq!(domain_name(text).as_deref(), Ok(name), "{text}");
        }
        assert_eq!(in_unicode("xn--bcher-kva.example").as_deref(), Some("bücher.example"));
        assert_eq!(in_unicode("contoso.com"), None);
    }

    #[test]
    fn what_is_none() {
        let long = format!("{}.com", "a.".repeat(120));
        for text in [
            "",
            ".",
            "contoso",
            "-a.com",
            "a..com",
            "a_b.com",
            "ann@contoso.com",
            "sip:contoso.com",
            "https://contoso.com",
            "10.0.0.1",
            "a b.com",
            "a\u{1b}[31m.com",
            "xn--zzzzz99.com",
            &format!("{}.com", "a".repeat(64)),
            &long,
        ] {
            assert!(domain_name(text).is_err(), "{text}");
        }
        assert!(domain_name("ann@contoso.com").unwrap_err().contains("did you mean `contoso.com`?"));
    }
}
