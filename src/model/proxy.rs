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
    /// What type it is.
    pub of: ProxyType,
    /// What stands behind the type, without outer blanks; the whole text without a type.
    pub address: &'a str,
    /// Whether the domain is routable by its shape; true for other types than sip and smtp.
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
        let (of, written_type, address) = ProxyType::split(trim(raw));
        let mut proxy = Self {
            raw,
            of,
            address,
            routable: true,
            well_formed: true,
            primary: of == ProxyType::Smtp && written_type == "SMTP",
            classes: Classes::default(),
            local_classes: Classes::default(),
        };
        if matches!(of, ProxyType::Smtp | ProxyType::Sip) {
            let look = Look::at(address, known);
            proxy.well_formed = if of == ProxyType::Smtp { look.is_mail() } else { look.is_sip() };
            (proxy.classes, proxy.local_classes) = (look.classes(), look.local_classes);
            proxy.routable = look.routable;
        }
        proxy
    }

    /// The value without outer blanks.
    #[must_use]
    pub fn text(&self) -> &'a str {
        trim(self.raw)
    }

    /// Whether it has outer blanks.
    #[must_use]
    pub fn is_padded(&self) -> bool {
        self.text().len() != self.raw.len()
    }

    /// Its type as written; empty without one.
    #[must_use]
    pub fn written_type(&self) -> &'a str {
        ProxyType::split(self.text()).1
    }

    /// What stands behind the first `@` of the address; empty without one.
    #[must_use]
    pub fn domain(&self) -> &'a str {
        self.address.split_once('@').map_or("", |(_, domain)| domain)
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
