//! One value of `proxyAddresses`.

use super::address::{Known, Look, address_type};
use super::class::Classes;
use super::fold::trim;

/// The type of a proxy address, as far as rules tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyType {
    /// `smtp:` in any case.
    Smtp,
    /// `sip:` in any case.
    Sip,
    /// Any other type.
    Other,
    /// No type at all.
    Missing,
}

/// One value of `proxyAddresses`, split without loss.
#[derive(Debug, Clone, Copy)]
pub struct Proxy<'a> {
    /// The value as it stands in the input.
    pub raw: &'a str,
    /// The value without outer blanks.
    pub text: &'a str,
    /// Its type as written; empty without one.
    pub written_type: &'a str,
    /// What type that is.
    pub of: ProxyType,
    /// What stands behind the type; the whole text without one.
    pub address: &'a str,
    /// What stands behind the first `@` of a sip or smtp address; empty for other types.
    pub domain: &'a str,
    /// Whether `domain` is routable by its shape; true for other types.
    pub routable: bool,
    /// Whether a sip or smtp address is well-formed; true for other types.
    pub well_formed: bool,
    /// Whether the type is written `SMTP`.
    pub primary: bool,
    /// The classes of the characters of a sip or smtp address.
    pub classes: Classes,
    /// The same of what stands before its `@`.
    pub local_classes: Classes,
}

impl<'a> Proxy<'a> {
    /// Splits a value.
    #[must_use]
    pub fn of(raw: &'a str) -> Self {
        Self::split(raw, &mut Known::default())
    }

    /// Splits a value, given the domains of the values before.
    pub(super) fn split(raw: &'a str, known: &mut Known) -> Self {
        let text = trim(raw);
        let (of, written_type, address) = ProxyType::split(text);
        let mut proxy = Self {
            raw,
            text,
            written_type,
            of,
            address,
            domain: "",
            routable: true,
            well_formed: true,
            primary: written_type == "SMTP",
            classes: Classes::default(),
            local_classes: Classes::default(),
        };
        if matches!(of, ProxyType::Smtp | ProxyType::Sip) {
            let look = Look::at(address, known);
            proxy.well_formed = if of == ProxyType::Smtp { look.is_mail() } else { look.is_sip() };
            (proxy.classes, proxy.local_classes) = (look.classes(), look.local_classes);
            (proxy.domain, proxy.routable) = (look.domain, look.routable);
        }
        proxy
    }
}

impl ProxyType {
    /// The type of a value, as such and as written, and what stands behind it.
    fn split(value: &str) -> (Self, &str, &str) {
        let usual = match value.as_bytes() {
            [b's' | b'S', b'm' | b'M', b't' | b'T', b'p' | b'P', b':', ..] => Some((Self::Smtp, 4)),
            [b's' | b'S', b'i' | b'I', b'p' | b'P', b':', ..] => Some((Self::Sip, 3)),
            _ => None,
        };
        if let Some((of, colon)) = usual {
            (of, &value[..colon], &value[colon + 1..])
        } else if let Some((written, address)) = address_type(value) {
            (Self::Other, written, address)
        } else {
            (Self::Missing, "", value)
        }
    }
}
