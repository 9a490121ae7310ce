//! Addresses: split into type and address without loss, and their grammar.
//!
//! Sources: RFC 3261 §25 and the product limits for SIP; RFC 5321 for mail; "Prepare for directory
//! synchronization to Microsoft 365" for the characters that synchronization refuses.

use super::class::Classes;
use super::fold::{fold, same, trim};
use super::octet::{equal, find};

/// What stands before the first `:`, when it is one or more of `A-Za-z0-9_=-`.
#[must_use]
pub fn address_type(value: &str) -> Option<(&str, &str)> {
    let colon = memchr::memchr(b':', value.as_bytes())?;
    let (kind, rest) = (&value[..colon], &value[colon + 1..]);
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'=' | b'-');
    (!kind.is_empty() && kind.bytes().all(fits)).then_some((kind, rest))
}

/// The text behind `prefix:` in any case, if it stands there.
#[must_use]
#[inline]
pub fn after_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let bytes = text.as_bytes();
    let fits = bytes.get(prefix.len()) == Some(&b':')
        && bytes[..prefix.len()].eq_ignore_ascii_case(prefix.as_bytes());
    fits.then(|| &text[prefix.len() + 1..])
}

/// The SIP address that stands in a `msRTCSIP-PrimaryUserAddress`, with `sip:` or without.
#[must_use]
pub fn address_of_pua(pua: &str) -> &str {
    after_prefix(pua, "sip").unwrap_or(pua)
}

/// Local part and domain, when there is exactly one `@`.
#[must_use]
pub fn parts(address: &str) -> Option<(&str, &str)> {
    let at = find(b'@', address.as_bytes())?;
    let (local, domain) = (&address[..at], &address[at + 1..]);
    find(b'@', domain.as_bytes()).is_none().then_some((local, domain))
}

/// The domain of an address; empty without an `@`.
#[must_use]
pub fn domain(address: &str) -> &str {
    memchr::memrchr(b'@', address.as_bytes()).map_or("", |at| &address[at + 1..])
}

/// What one look at an address shows: few enough octets to be handed on at once.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Whether it is a well-formed SIP address without `sip:`: user, one `@`, domain; no port, no parameters.
    pub sip: bool,
    /// Whether it is a well-formed mail address: RFC 5321 dot-atom of 1-64, `@`, domain; at most 254; ASCII.
    pub mail: bool,
    /// Whether its domain is routable by its shape.
    pub routable: bool,
    /// The classes of all characters but the first `@`.
    pub classes: Classes,
    /// The classes of the characters before it.
    pub local_classes: Classes,
}

impl Look {
    /// Looks at an address. Domains that were found well-formed lately are not looked at again.
    #[expect(clippy::inline_always, reason = "most of its results are taken apart where they are made")]
    #[must_use]
    #[inline(always)]
    pub fn at(address: &str, known: &mut Known) -> Self {
        let (local_classes, at) = Classes::before_at(address);
        let (local, domain) = at.map_or((address, ""), |at| (&address[..at], &address[at + 1..]));
        let About { classes, is_domain, routable } = known.look(domain);
        Self {
            sip: is_domain && is_sip_user(local, local_classes),
            mail: is_domain && address.len() <= 254 && is_mail_user(local, local_classes),
            routable,
            classes: local_classes.with(classes),
            local_classes,
        }
    }
}

/// Whether a text of such characters may stand before the `@` of a SIP address.
#[inline]
fn is_sip_user(local: &str, of: Classes) -> bool {
    !local.is_empty() && !of.has(Classes::NOT_SIP) && (!of.has(Classes::PERCENT) || escapes_are_whole(local))
}

/// Whether a text of such characters may stand before the `@` of a mail address.
#[inline]
fn is_mail_user(local: &str, of: Classes) -> bool {
    // Half of them have a full stop: asked of all, it costs less than to guess.
    (1..=64).contains(&local.len()) && !of.has(Classes::NOT_ATEXT) && dots_part_atoms(local, of)
}

/// What is known about a text that stands where a domain should.
#[derive(Debug, Clone, Copy, Default)]
struct About {
    classes: Classes,
    is_domain: bool,
    routable: bool,
}

/// The domains that were found well-formed lately: the addresses of a directory lie in a few.
#[derive(Debug, Default)]
pub struct Known {
    /// Each at the place that its text gives it.
    domains: [(String, About); PLACES],
}

/// How many domains are known at a time.
const PLACES: usize = 32;

/// The place of a domain: what tells the domains of a directory apart stands at their start.
fn place(domain: &str) -> usize {
    let start = domain.as_bytes().first_chunk().map_or(0, |&start| u64::from_le_bytes(start));
    let mixed = (start ^ domain.len() as u64).wrapping_mul(0x9fb2_1c65_1e98_df25);
    (mixed >> 32) as usize % PLACES
}

impl Known {
    /// Looks at a text that stands where a domain should.
    #[inline]
    fn look(&mut self, domain: &str) -> About {
        if domain.is_empty() {
            return About::default();
        }
        let (known, of) = &self.domains[place(domain)];
        if equal(known, domain) { *of } else { self.look_anew(domain) }
    }

    #[cold]
    fn look_anew(&mut self, domain: &str) -> About {
        let classes = Classes::of(domain);
        let is_domain = !classes.has(Classes::NOT_LDH) && has_domain_labels(domain);
        let about = About { classes, is_domain, routable: is_routable(domain) };
        if is_domain {
            let (known, of) = &mut self.domains[place(domain)];
            known.clear();
            known.push_str(domain);
            *of = about;
        }
        about
    }

    /// Whether a domain is routable by its shape, as [`is_routable`] says.
    pub(super) fn is_routable(&mut self, domain: &str) -> bool {
        self.look(domain).routable
    }
}

/// Whether the text without its `sip:` is a well-formed SIP address.
#[must_use]
pub fn is_sip(address: &str) -> bool {
    Look::at(address, &mut Known::default()).sip
}

/// Whether the text, with its `sip:`, is a well-formed SIP address.
#[must_use]
pub fn is_sip_uri(text: &str) -> bool {
    after_prefix(text, "sip").is_some_and(is_sip)
}

/// Whether the text is a well-formed mail address.
#[must_use]
pub fn is_mail(address: &str) -> bool {
    Look::at(address, &mut Known::default()).mail
}

/// Whether every `%` is followed by two hexadecimal digits.
fn escapes_are_whole(user: &str) -> bool {
    user.split('%').skip(1).all(|rest| rest.len() >= 2 && rest.bytes().take(2).all(|b| b.is_ascii_hexdigit()))
}

/// Whether no full stop stands at an end or beside another.
fn dots_part_atoms(local: &str, classes: Classes) -> bool {
    let (first, last) = (local.as_bytes().first(), local.as_bytes().last());
    [classes.has(Classes::DOTS), first == Some(&b'.'), last == Some(&b'.')] == [false; 3]
}

/// Whether the text is a domain of at least two LDH labels of 1-63, the last one starting with a letter; at most 255.
#[must_use]
pub fn is_domain(domain: &str) -> bool {
    !Classes::of(domain).has(Classes::NOT_LDH) && has_domain_labels(domain)
}

/// The same for a text of which the characters are known to fit.
fn has_domain_labels(domain: &str) -> bool {
    let bytes = domain.as_bytes();
    let is_label = |label: &[u8]| {
        (1..=63).contains(&label.len()) && label.first() != Some(&b'-') && label.last() != Some(&b'-')
    };
    let mut start = 0;
    for (place, &b) in bytes.iter().enumerate() {
        if b == b'.' {
            if !is_label(&bytes[start..place]) {
                return false;
            }
            start = place + 1;
        }
    }
    let last = &bytes[start..];
    bytes.len() <= 255 && start > 0 && is_label(last) && last[0].is_ascii_alphabetic()
}

/// Last labels that no public domain has, of a length.
fn of_length(length: usize) -> &'static [&'static str] {
    match length {
        3 => &["lan"],
        4 => &["home", "corp", "test", "arpa"],
        5 => &["local", "onion"],
        7 => &["private", "invalid", "example"],
        8 => &["internal", "intranet"],
        9 => &["localhost"],
        11 => &["localdomain"],
        _ => &[],
    }
}

/// Whether mail or federation from outside can reach the domain at all, by its shape.
#[must_use]
pub fn is_routable(domain: &str) -> bool {
    let dot = domain.bytes().rposition(|b| b == b'.');
    match dot.map(|dot| domain.split_at(dot + 1)) {
        Some((_, last)) if last.is_ascii() => {
            !of_length(last.len()).iter().any(|label| label.eq_ignore_ascii_case(last))
        }
        Some((_, last)) => !(1..12).flat_map(of_length).any(|label| same(label, last)),
        None => false,
    }
}

/// Whether a domain stands in a list of folded domains; what starts with a dot stands for all below it.
#[must_use]
pub fn is_listed(domain: &str, list: &[String]) -> bool {
    list.iter().any(|listed| *listed == fold(domain) || (listed.starts_with('.') && is_under(domain, listed)))
}

/// Whether the domain lies under `parent`, which starts with a dot.
#[must_use]
pub fn is_under(domain: &str, parent: &str) -> bool {
    let domain = trim(domain).as_bytes();
    let parent = parent.as_bytes();
    domain.len() > parent.len() && domain[domain.len() - parent.len()..].eq_ignore_ascii_case(parent)
}

/// The first character that synchronization refuses in an address: blank, `< > ( ) ; , [ ] "` or non-ASCII.
#[must_use]
pub fn sync_invalid(address: &str) -> Option<char> {
    Classes::SYNC_INVALID.first_in(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_what_stands_before_the_first_colon() {
        assert_eq!(address_type("SMTP:a@b:c"), Some(("SMTP", "a@b:c")));
        assert_eq!(address_type("=EX:/o=x"), Some(("=EX", "/o=x")));
        assert_eq!(address_type("smtp:"), Some(("smtp", "")));
        for without in ["a@b", ":a", "sm tp:a", "smtp :a", ""] {
            assert_eq!(address_type(without), None, "{without}");
        }
    }

    #[test]
    fn sip_addresses() {
        for good in ["a@b.co", "o'brien@contoso.com", "a;b=c@contoso.com", "a%20b@x.y1", "+49@x-y.com"] {
            assert!(is_sip(good), "{good}");
        }
        for bad in [
            "",
            "@b.co",
            "a@b",
            "a@@b.co",
            "a@b.co:5061",
            "a@b.co;x=y",
            "a b@b.co",
            "a%2@b.co",
            "é@b.co",
            "a@b.co.",
        ] {
            assert!(!is_sip(bad), "{bad}");
        }
        assert!(is_sip_uri("SIP:a@b.co") && !is_sip_uri("a@b.co") && !is_sip_uri("sips:a@b.co"));
        assert!(!is_sip_uri("sip:sip:a@b.co"));
    }

    #[test]
    fn mail_addresses() {
        let long = format!("{}@contoso.com", "a".repeat(64));
        for good in ["a@b.co", "o'brien@contoso.com", "a+b@xn--p1ai.xn--p1ai", &long] {
            assert!(is_mail(good), "{good}");
        }
        let longer = format!("a{long}");
        for bad in [
            "",
            "a",
            ".a@b.co",
            "a.@b.co",
            "a..b@b.co",
            "a@b",
            "a@-b.co",
            "SMTP:a@b.co",
            "a@b.1x",
            &longer,
            "a@b..co",
        ] {
            assert!(!is_mail(bad), "{bad}");
        }
    }

    #[test]
    fn domains() {
        let label = "a".repeat(63);
        assert!(is_domain(&format!("{label}.com")) && !is_domain(&format!("a{label}.com")));
        assert!(is_domain("3com.com") && !is_domain("contoso.3com") && !is_domain("con_toso.com"));
        assert!(is_routable("contoso.app") && !is_routable("contoso.LOCAL") && !is_routable("contoso"));
        assert!(is_under("x.mail.onmicrosoft.com", ".mail.onmicrosoft.com"));
        assert!(!is_under("mail.onmicrosoft.com", ".mail.onmicrosoft.com"));
    }
}
