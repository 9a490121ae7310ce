//! What is out of the ordinary about the SIP and proxy addresses of a user: found in one pass over them, so that rules
//! which only ever fire then need not look.

use super::class::Classes;
use super::facts::{Proxy, ProxyType};

/// A set of marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks(u16);

impl Marks {
    /// Every user has this one.
    pub const ANY: Self = Self(1);
    /// A malformed sip proxy.
    pub const MALFORMED_SIP: Self = Self(1 << 1);
    /// More than one sip proxy.
    pub const SIPS: Self = Self(1 << 2);
    /// A PUA, or a sip proxy, with a character before the `@` that products stumble over.
    pub const RISKY: Self = Self(1 << 3);
    /// A PUA, or a proxy address, of more than 250 octets.
    pub const LONG: Self = Self(1 << 4);
    /// A value without type.
    pub const UNTYPED: Self = Self(1 << 5);
    /// A value of another type than smtp and sip.
    pub const OTHER_TYPE: Self = Self(1 << 6);
    /// smtp proxies, and none of them is primary.
    pub const NO_PRIMARY: Self = Self(1 << 7);
    /// More than one primary smtp proxy.
    pub const PRIMARIES: Self = Self(1 << 8);
    /// A malformed smtp proxy.
    pub const MALFORMED_SMTP: Self = Self(1 << 9);
    /// A sip or smtp proxy with a character that synchronization refuses.
    pub const SYNC_INVALID: Self = Self(1 << 10);
    /// A sip or smtp proxy with a character before the `@` that is replaced in the cloud.
    pub const REPLACED: Self = Self(1 << 11);
    /// A value with outer blanks.
    pub const PADDED: Self = Self(1 << 12);
    /// More than 300 values.
    pub const MANY: Self = Self(1 << 13);

    /// Whether any of these is in.
    #[must_use]
    pub const fn has(self, any: Self) -> bool {
        self.0 & any.0 != 0
    }

    fn add(&mut self, mark: Self, when: bool) {
        self.0 |= if when { mark.0 } else { 0 };
    }

    /// The marks of these addresses.
    pub(super) fn of(proxies: &[Proxy<'_>], pua: &str, pua_local_classes: Classes) -> Self {
        let mut marks = Self::ANY;
        let (mut sips, mut smtps, mut primaries) = (0_usize, 0_usize, 0_usize);
        for proxy in proxies {
            marks.add(Self::LONG, proxy.raw.len() > LONG);
            marks.add(Self::PADDED, proxy.raw.len() != proxy.text.len());
            match proxy.of {
                ProxyType::Smtp => {
                    smtps += 1;
                    primaries += usize::from(proxy.primary);
                    marks.add(Self::MALFORMED_SMTP, !proxy.well_formed);
                }
                ProxyType::Sip => {
                    sips += 1;
                    marks.add(Self::MALFORMED_SIP, !proxy.well_formed);
                    marks.add(Self::RISKY, proxy.local_classes.has(Classes::RISKY));
                }
                ProxyType::Other => marks.add(Self::OTHER_TYPE, true),
                ProxyType::Missing => marks.add(Self::UNTYPED, true),
            }
            marks.add(Self::SYNC_INVALID, proxy.classes.has(Classes::SYNC_INVALID));
            marks.add(Self::REPLACED, proxy.local_classes.has(Classes::REPLACED));
        }
        marks.add(Self::LONG, pua.len() > LONG);
        marks.add(Self::RISKY, pua_local_classes.has(Classes::RISKY));
        marks.add(Self::SIPS, sips > 1);
        marks.add(Self::NO_PRIMARY, smtps > 0 && primaries == 0);
        marks.add(Self::PRIMARIES, primaries > 1);
        marks.add(Self::MANY, proxies.len() > 300);
        marks
    }
}

/// No limit of a product lies below this.
const LONG: usize = 250;
