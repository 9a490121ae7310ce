//! One value of `proxyAddresses`, and addresses of other attributes beside them.

use super::address::{Known, Look, address_type};
use super::class::Classes;
use super::fold::trim;
use super::octet::equal;

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
    /// How many octets the value has without outer blanks.
    len: usize,
}

impl<'a> Proxy<'a> {
    /// Splits a value.
    #[must_use]
    pub fn of(raw: &'a str) -> Self {
        Self::split(raw, &mut Known::default())
    }

    /// Splits a value, given the domains of the values before.
    #[expect(
        clippy::inline_always,
        reason = "parts put together in memory and moved on at once are waited for"
    )]
    #[inline(always)]
    pub(super) fn split(raw: &'a str, known: &mut Known) -> Self {
        let text = trim(raw);
        let (of, colon) = ProxyType::of(text);
        let address = colon.map_or(text, |colon| &text[colon + 1..]);
        let (routable, well_formed, primary, classes) = (true, true, false, Classes::default());
        let (local_classes, len) = (classes, text.len());
        let mut proxy =
            Self { raw, of, address, routable, well_formed, primary, classes, local_classes, len };
        if matches!(of, ProxyType::Smtp | ProxyType::Sip) {
            let look = Look::at(address, known);
            proxy.primary = of == ProxyType::Smtp && text.starts_with("SMTP");
            proxy.well_formed = if of == ProxyType::Smtp { look.mail } else { look.sip };
            (proxy.classes, proxy.local_classes) = (look.classes, look.local_classes);
            proxy.routable = look.routable;
        }
        proxy
    }

    /// Whether it is a sip or smtp address with nothing out of the ordinary.
    #[inline]
    pub(super) fn is_usual(&self) -> bool {
        self.well_formed
            && self.routable
            && matches!(self.of, ProxyType::Smtp | ProxyType::Sip)
            && self.classes.are_plain()
            && self.raw.len() <= 250
            && !self.is_padded()
    }

    /// The value without outer blanks.
    #[must_use]
    pub fn text(&self) -> &'a str {
        trim(self.raw)
    }

    /// Whether it has outer blanks.
    #[must_use]
    pub fn is_padded(&self) -> bool {
        self.len != self.raw.len()
    }

    /// Its type as written; empty without one.
    #[must_use]
    pub fn written_type(&self) -> &'a str {
        let text = self.text();
        ProxyType::of(text).1.map_or("", |colon| &text[..colon])
    }

    /// What stands behind the first `@` of the address; empty without one.
    #[must_use]
    pub fn domain(&self) -> &'a str {
        self.address.split_once('@').map_or("", |(_, domain)| domain)
    }
}

/// What was seen of an address that stands outside proxyAddresses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    /// Whether it is well-formed.
    pub(super) well_formed: bool,
    /// Whether its domain is routable by its shape.
    pub(super) routable: bool,
    /// The classes of the characters before its `@`.
    pub(super) local_classes: Classes,
    /// Whether it stands among the proxy addresses to the letter, and there as a primary smtp address.
    pub(super) twin: Option<bool>,
}

impl Seen {
    /// Looks at a sip or smtp address, unless it stands among the proxy addresses: most do, where they are `likely` to.
    #[inline]
    pub(super) fn of(
        of: ProxyType,
        address: &str,
        (likely, proxies): (Option<&Proxy<'_>>, &[Proxy<'_>]),
        known: &mut Known,
    ) -> Self {
        match likely.filter(|likely| equal(likely.address, address)) {
            Some(&Proxy { well_formed, routable, local_classes, primary, .. }) => {
                Self { well_formed, routable, local_classes, twin: Some(primary) }
            }
            None => Self::of_any(of, address, proxies, known),
        }
    }

    /// The same, wherever it stands.
    fn of_any(of: ProxyType, address: &str, proxies: &[Proxy<'_>], known: &mut Known) -> Self {
        let twins = || proxies.iter().filter(|proxy| proxy.of == of && equal(proxy.address, address));
        if let Some(twin) = twins().next() {
            let Proxy { well_formed, routable, local_classes, .. } = *twin;
            let twin = Some(twins().any(|twin| twin.primary));
            return Self { well_formed, routable, local_classes, twin };
        }
        let look = Look::at(address, known);
        let well_formed = if of == ProxyType::Sip { look.sip } else { look.mail };
        Self { well_formed, routable: look.routable, local_classes: look.local_classes, twin: None }
    }
}

impl ProxyType {
    /// The type of a value, and where it ends.
    #[inline]
    fn of(value: &str) -> (Self, Option<usize>) {
        // A bit tells a letter from the small one.
        const SMTP: u32 = u32::from_le_bytes(*b"smtp");
        const SIP: u32 = u32::from_le_bytes(*b"sip:");
        let Some((&head, behind)) = value.as_bytes().split_first_chunk() else {
            return Self::of_others(value);
        };
        let head = u32::from_le_bytes(head);
        if head | 0x2020_2020 == SMTP && behind.first() == Some(&b':') {
            (Self::Smtp, Some(4))
        } else if head | 0x0020_2020 == SIP {
            (Self::Sip, Some(3))
        } else {
            Self::of_others(value)
        }
    }

    /// The same for all other types.
    #[inline(never)]
    fn of_others(value: &str) -> (Self, Option<usize>) {
        match address_type(value) {
            Some((written, _)) => (Self::Other, Some(written.len())),
            None => (Self::Missing, None),
        }
    }
}
