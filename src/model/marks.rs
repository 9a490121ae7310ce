//! What is out of the ordinary about a user: found in one pass, so that a rule which has nothing to say about ordinary
//! users need not look at each of them.
//!
//! What the input does not show counts as out of the ordinary: a mark is missing only where it is known not to be there.

use super::address::after_prefix;
use super::attribute::Attr;
use super::class::Classes;
use super::facts::Facts;
use super::fold::{is_blank, same};
use super::home::Locator;
use super::octet::{equal_small, find};
use super::plain::is_short_and_plain;
use super::proxy::{Proxy, ProxyType};
use super::tri::Tri;
use super::user::Hidden;

/// A set of marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marks(u64);

/// The marks, each with its bit.
macro_rules! marks {
    ($($(#[doc = $doc:literal])* $name:ident = $bit:literal;)*) => {
        impl Marks {
            $($(#[doc = $doc])* pub const $name: Self = Self(1 << $bit);)*
        }
    };
}

marks! {
    /// Every user has this one.
    ANY = 0;
    /// A sip proxy is malformed.
    MALFORMED_SIP = 1;
    /// There is more than one sip proxy.
    SIPS = 2;
    /// There is no sip proxy.
    NO_SIP = 3;
    /// A value of proxyAddresses has no type.
    UNTYPED = 4;
    /// A value has another type than smtp, sip and X500.
    OTHER_TYPE = 5;
    /// There are smtp proxies, and none of them is primary.
    NO_PRIMARY = 6;
    /// There is more than one primary smtp proxy.
    PRIMARIES = 7;
    /// An smtp proxy is malformed.
    MALFORMED_SMTP = 8;
    /// A sip or smtp proxy has a character that synchronization refuses.
    SYNC_INVALID = 9;
    /// A sip or smtp proxy has a character before the `@` that is replaced in the cloud.
    REPLACED = 10;
    /// A value of proxyAddresses has outer blanks.
    PADDED = 11;
    /// There are more than 300 values.
    MANY = 12;
    /// Two values may be the same when folded.
    ALIKE = 13;
    /// The PUA, or a proxy address, has more than 250 octets; no limit of a product lies below.
    LONG = 14;
    /// The PUA, or a sip proxy, has a character before the `@` that products stumble over.
    RISKY = 15;
    /// There is no PUA.
    NO_PUA = 16;
    /// The PUA is malformed.
    MALFORMED_PUA = 17;
    /// No sip proxy is the PUA.
    PUA_NOT_SIP = 18;
    /// There is no mail.
    NO_MAIL = 19;
    /// mail is malformed.
    MALFORMED_MAIL = 20;
    /// mail has outer blanks.
    PADDED_MAIL = 21;
    /// No primary smtp proxy is mail.
    MAIL_NOT_PRIMARY = 22;
    /// The SIP address is not mail.
    SIP_NOT_MAIL = 23;
    /// The SIP address is not userPrincipalName.
    SIP_NOT_UPN = 24;
    /// There is no userPrincipalName.
    NO_UPN = 25;
    /// userPrincipalName is malformed, has a refused character, or more than 48 octets.
    ODD_UPN = 26;
    /// msRTCSIP-UserEnabled is FALSE.
    NOT_ENABLED = 27;
    /// There is no deployment locator, or it is not known.
    ODD_LOCATOR = 28;
    /// The account is disabled.
    DISABLED = 29;
    /// The object is a contact.
    CONTACT = 30;
    /// An address lies in a domain that is not routable by its shape, or is missing.
    NOT_ROUTABLE = 31;
    /// sAMAccountName has more than 20 octets, or a character that it must not have.
    ODD_ACCOUNT = 32;
    /// displayName has more than 256 octets, or starts with a blank.
    ODD_NAME = 33;
}

/// Which texts are the same to the letter: where they are, nothing has to be folded.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Twins {
    /// The PUA and a sip proxy.
    pub(super) pua: bool,
    /// mail and a primary smtp proxy.
    pub(super) mail: bool,
    /// The SIP address and userPrincipalName.
    pub(super) name: bool,
}

/// What the values of proxyAddresses show together.
#[derive(Debug, Default)]
pub(super) struct Among {
    pub(super) sips: usize,
    pub(super) smtps: usize,
    primaries: usize,
    others: usize,
    /// The place of the last sip proxy.
    pub(super) sip: Option<usize>,
    /// The place of the last primary smtp proxy.
    pub(super) primary: Option<usize>,
    /// Whether some well-formed address lies in a domain that is not routable by its shape.
    pub(super) outside: bool,
    /// What one of them is enough for.
    marks: Marks,
    classes: Classes,
    local_classes: Classes,
    local_classes_of_sips: Classes,
    /// The lengths of smtp and of sip addresses, a bit each: addresses of ASCII that are the same are as long.
    lengths: [u64; 2],
}

impl Among {
    /// Takes one more, given those before.
    #[inline]
    pub(super) fn add(&mut self, proxy: &Proxy<'_>, before: &[Proxy<'_>]) {
        match proxy.of {
            ProxyType::Smtp => {
                self.smtps += 1;
                if proxy.primary {
                    self.primaries += 1;
                    self.primary = Some(before.len());
                }
            }
            ProxyType::Sip => {
                self.sips += 1;
                self.sip = Some(before.len());
            }
            ProxyType::Other | ProxyType::Missing => {}
        }
        if !proxy.is_usual() {
            self.add_unusual(proxy);
        }
        if matches!(proxy.of, ProxyType::Smtp | ProxyType::Sip) {
            let length = 1 << (proxy.address.len() & 63);
            let seen = &mut self.lengths[usize::from(proxy.of == ProxyType::Sip)];
            self.marks.add(Marks::ALIKE, *seen & length != 0 && may_repeat(proxy, before));
            *seen |= length;
        }
    }

    /// Takes what is out of the ordinary about one.
    #[inline(never)]
    fn add_unusual(&mut self, proxy: &Proxy<'_>) {
        let Proxy { of, classes, local_classes, .. } = *proxy;
        self.classes = self.classes.with(classes);
        self.local_classes = self.local_classes.with(local_classes);
        self.outside |= proxy.well_formed && !proxy.routable;
        self.marks.add(Marks::LONG, proxy.raw.len() > 250);
        self.marks.add(Marks::PADDED, proxy.is_padded());
        match of {
            ProxyType::Smtp => self.marks.add(Marks::MALFORMED_SMTP, !proxy.well_formed),
            ProxyType::Sip => {
                self.marks.add(Marks::MALFORMED_SIP, !proxy.well_formed);
                self.local_classes_of_sips = self.local_classes_of_sips.with(local_classes);
            }
            ProxyType::Other => {
                self.others += 1;
                self.marks.add(Marks::OTHER_TYPE, after_prefix(proxy.text(), "x500").is_none());
            }
            ProxyType::Missing => self.marks.add(Marks::UNTYPED, true),
        }
    }

    fn marks(&self) -> Marks {
        let mut marks = self.marks;
        let sync_invalid = self.classes.has(Classes::SYNC_INVALID);
        // Blanks and letters beyond ASCII are folded away.
        marks.add(Marks::ALIKE, sync_invalid || self.others > 1);
        marks.add(Marks::SYNC_INVALID, sync_invalid);
        marks.add(Marks::REPLACED, self.local_classes.has(Classes::REPLACED));
        marks.add(Marks::RISKY, self.local_classes_of_sips.has(Classes::RISKY));
        marks.add(Marks::SIPS, self.sips > 1);
        marks.add(Marks::NO_PRIMARY, self.smtps > 0 && self.primaries == 0);
        marks.add(Marks::PRIMARIES, self.primaries > 1);
        marks
    }
}

/// Whether an address of ASCII may be one of those before: too many are not compared.
fn may_repeat(proxy: &Proxy<'_>, before: &[Proxy<'_>]) -> bool {
    let same = |other: &Proxy<'_>| other.of == proxy.of && equal_small(other.address, proxy.address);
    before.len() > FEW || before.iter().any(same)
}

/// So many addresses are compared with one.
const FEW: usize = 16;

impl Marks {
    /// Whether any of these is in.
    #[must_use]
    pub const fn has(self, any: Self) -> bool {
        self.0 & any.0 != 0
    }

    /// A bit for each mark.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// How many marks there are.
    pub const COUNT: usize = 34;

    /// The place of each mark that is in, below [`Marks::COUNT`].
    pub fn places(self) -> impl Iterator<Item = usize> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let next = left.trailing_zeros() as usize;
            left &= left.wrapping_sub(1);
            (next < Self::COUNT).then_some(next)
        })
    }

    fn add(&mut self, mark: Self, when: bool) {
        self.0 |= if when { mark.0 } else { 0 };
    }

    /// The marks of a user; `routable` says that every address is there and lies in a domain routable by its shape.
    pub(super) fn of(facts: &Facts<'_>, among: &Among, twins: Twins, routable: bool) -> Self {
        let mut marks = among.marks();
        marks.add(Self::ANY, true);
        marks.of_proxies(facts);
        marks.of_pua(facts, twins.pua);
        marks.of_mail(facts, twins.mail);
        marks.of_upn(facts, twins.name);
        let user = facts.user;
        marks.add(Self::NOT_ENABLED, user.says(Attr::UserEnabled, false) != Tri::No);
        marks.add(Self::ODD_LOCATOR, matches!(facts.locator, Locator::Empty | Locator::Unknown));
        marks.add(Self::NOT_ROUTABLE, !routable || user.hidden() != Hidden::default());
        marks.add(Self::DISABLED, !user.carries(Attr::UserAccountControl) || facts.is_disabled());
        let (account, name) = (user.get(Attr::SamAccountName), user.get(Attr::DisplayName));
        let odd = || account.len() > 20 || Classes::of(account).has(Classes::NOT_SAM);
        let odd = !is_short_and_plain(account.as_bytes()) && odd();
        marks.add(Self::ODD_ACCOUNT, odd || !user.carries(Attr::SamAccountName));
        let odd = name.len() > 256 || name.bytes().next().is_some_and(is_blank);
        marks.add(Self::ODD_NAME, odd || !user.carries(Attr::DisplayName));
        marks.add(Self::CONTACT, !user.carries(Attr::ObjectClass) || facts.is_contact());
        marks
    }

    fn of_proxies(&mut self, facts: &Facts<'_>) {
        if !facts.user.carries(Attr::ProxyAddresses) || facts.user.hidden() != Hidden::default() {
            self.0 |= Self::OF_PROXIES;
        }
        self.add(Self::NO_SIP, !facts.sip_proxy.yes());
        self.add(Self::MANY, facts.proxies.len() > 300);
    }

    /// What is open when the input does not show all of proxyAddresses.
    const OF_PROXIES: u64 = Self::MALFORMED_SIP.0
        | Self::SIPS.0
        | Self::UNTYPED.0
        | Self::OTHER_TYPE.0
        | Self::NO_PRIMARY.0
        | Self::PRIMARIES.0
        | Self::MALFORMED_SMTP.0
        | Self::SYNC_INVALID.0
        | Self::REPLACED.0
        | Self::PADDED.0
        | Self::MANY.0
        | Self::ALIKE.0
        | Self::LONG.0
        | Self::RISKY.0;

    fn of_pua(&mut self, facts: &Facts<'_>, twin: bool) {
        let (pua, shown) = (facts.pua(), facts.user.carries(Attr::PrimaryUserAddress));
        self.add(Self::LONG, !shown || pua.len() > 250);
        self.add(Self::RISKY, !shown || facts.pua_local_classes.has(Classes::RISKY));
        self.add(Self::NO_PUA, pua.is_empty());
        self.add(Self::MALFORMED_PUA, !facts.pua_well_formed);
        let address = facts.sip_address.filter(|_| !pua.is_empty());
        let is_sip = || address.is_some_and(|address| facts.sips().any(|proxy| same(proxy.address, address)));
        self.add(Self::PUA_NOT_SIP, !(twin || is_sip()));
    }

    fn of_mail(&mut self, facts: &Facts<'_>, twin: bool) {
        let (mail, raw) = (facts.mail, facts.user.get(Attr::Mail));
        self.add(Self::NO_MAIL, raw.is_empty());
        self.add(Self::MALFORMED_MAIL, !facts.mail_well_formed);
        self.add(Self::PADDED_MAIL, raw.len() != mail.len() || !facts.user.carries(Attr::Mail));
        let is_primary = twin || facts.primaries().any(|primary| same(primary.address, mail));
        self.add(Self::MAIL_NOT_PRIMARY, raw.is_empty() || !facts.shows_primary() || !is_primary);
        let is_sip = facts.sip_address.is_some_and(|address| same(address, mail));
        self.add(Self::SIP_NOT_MAIL, raw.is_empty() || !is_sip);
    }

    fn of_upn(&mut self, facts: &Facts<'_>, twin: bool) {
        let name = facts.user.get(Attr::UserPrincipalName);
        let is_sip = twin || facts.sip_address.is_some_and(|address| same(address, name));
        self.add(Self::SIP_NOT_UPN, name.is_empty() || !is_sip);
        self.add(Self::NO_UPN, name.is_empty());
        // A SIP address of ordinary characters is an ordinary sign-in name, but for a full stop before its `@`; a mail
        // address has none there.
        let is_mail = facts.mail_well_formed && !self.has(Self::SIP_NOT_MAIL);
        let ordinary = facts.sip_well_formed
            && twin
            && name.len() <= 48
            && !self.has(Self::RISKY)
            && (is_mail || !ends_in_dot(name));
        self.add(Self::ODD_UPN, !ordinary && is_odd(name));
    }
}

/// Whether a full stop stands before the `@`.
fn ends_in_dot(name: &str) -> bool {
    let at = find(b'@', name.as_bytes());
    at.and_then(|at| name.as_bytes().get(at.wrapping_sub(1))) == Some(&b'.')
}

/// Whether a sign-in name is not `user@suffix` of ordinary characters and an ordinary length.
fn is_odd(name: &str) -> bool {
    let bytes = name.as_bytes();
    let Some(at) = find(b'@', bytes) else { return true };
    let dot = bytes.get(at.wrapping_sub(1)).is_none_or(|&b| b == b'.');
    let more = find(b'@', &bytes[at + 1..]).is_some() || at + 1 == bytes.len();
    dot || more || bytes.len() > 48 || Classes::of(name).has(Classes::NOT_UPN)
}
