//! Texts with what is needed to find their object, and nothing more.

use crate::model::address;
use crate::model::fold::trim;
use crate::model::identity::is_guid;

/// What stands for what is left out.
pub(super) const GONE: &str = "…";

/// A text with what is needed to find its object.
pub(super) fn partly(text: &str) -> String {
    if is_guid(text) {
        return text.to_owned();
    }
    if let Some((local, domain)) = text.rsplit_once('@') {
        let domain = if address::is_domain(trim(domain)) { trim(domain) } else { GONE };
        return format!("{}@{domain}", initial(local));
    }
    dn(text).unwrap_or_else(|| initial(text))
}

/// The first letter, where that is not nearly everything.
fn initial(text: &str) -> String {
    let text = trim(text);
    let first = text.chars().next().filter(|first| first.is_alphanumeric() && text.chars().nth(2).is_some());
    first.map_or_else(|| GONE.to_owned(), |first| format!("{first}{GONE}"))
}

/// A distinguished name with its last part, the name of the object itself, shortened; `None` when it is none.
fn dn(text: &str) -> Option<String> {
    let parts = dn_parts(text);
    let (first, rest) = parts.split_first()?;
    let (kind, name) = first.split_once('=').filter(|(kind, _)| is_dn_type(kind))?;
    // A name with a comma that nobody escaped runs on: only what surely stands above the object is kept.
    let above =
        rest.iter().rev().take_while(|part| part.split_once('=').is_some_and(|(kind, _)| is_dn_type(kind)));
    let above: Vec<&str> = above.copied().collect();
    let mut shown = format!("{kind}={}", initial(name));
    for part in above.into_iter().rev() {
        shown.extend([",", part]);
    }
    Some(shown)
}

fn is_dn_type(kind: &str) -> bool {
    !kind.is_empty()
        && kind.len() <= 32
        && kind.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
}

/// The parts of a distinguished name: between commas that are neither escaped nor quoted.
fn dn_parts(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (place, octet) in text.bytes().enumerate() {
        match octet {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b',' if !quoted => {
                parts.extend(text.get(start..place));
                start = place + 1;
            }
            _ => {}
        }
    }
    parts.extend(text.get(start..));
    parts
}

#[cfg(test)]
mod tests {
    use super::super::Redactor;

    fn shown(text: &str) -> String {
        Redactor::partial(Vec::new()).text(text)
    }

    #[test]
    fn what_is_left_of_a_text() {
        for (text, left) in [
            ("", ""),
            ("  ", "…"),
            ("Ann Roth", "A…"),
            ("Al", "…"),
            ("=cmd", "…"),
            ("ann@contoso.com", "a…@contoso.com"),
            ("SMTP:ann@contoso.com", "SMTP:a…@contoso.com"),
            ("sip:ann@con toso", "sip:a…@…"),
            ("ann@roth@contoso.com", "a…@contoso.com"),
            ("ann.roth:x@contoso.com", "a…@contoso.com"),
            ("sip:ann@a.co; sip:bob@b.co", "sip:a…@a.co; sip:b…@b.co"),
            ("tel:+4930123", "tel:…"),
            ("ann.roth", "a…"),
            ("33221100-5544-7766-8899-aabbccddeeff", "33221100-5544-7766-8899-aabbccddeeff"),
            ("CN=Roth\\, Ann,OU=Sales,DC=contoso,DC=com", "CN=R…,OU=Sales,DC=contoso,DC=com"),
            ("CN=\"Roth, Ann\",OU=Sales", "CN=…,OU=Sales"),
            ("CN=Roth, Ann,OU=Sales", "CN=R…,OU=Sales"),
            ("x500:/o=Contoso/ou=x/cn=ann", "x500:…"),
        ] {
            assert_eq!(shown(text), left, "{text}");
        }
    }
}
