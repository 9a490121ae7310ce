//! What follows from a user's attributes and several rules need: worked out once per user.

use smallvec::SmallVec;

use super::address::{Known, address_of_pua, after_prefix, domain};
use super::attribute::Attr;
use super::class::Classes;
use super::fold::{same, trim};
use super::home::{Locator, MailboxHome, SipHome, locator};
use super::marks::{Among, Marks, Twins};
use super::octet::{equal, has, starts};
use super::proxy::{Proxy, ProxyType, Seen};
use super::tri::Tri;
use super::user::User;

/// What the classes of an object say.
#[derive(Debug, Clone, Copy, Default)]
struct Kinds {
    contact: bool,
    /// A user, inetOrgPerson or contact.
    person: bool,
    /// A computer, group or managed service account.
    no_user: bool,
}

impl Kinds {
    fn of(user: &User<'_>) -> Self {
        let mut kinds = Self::default();
        if !user.filled().has(Attr::ObjectClass) {
            return kinds;
        }
        for class in user.classes() {
            let is = |name: &str| class.eq_ignore_ascii_case(name);
            kinds.contact |= is("contact");
            kinds.person |= is("user") || is("inetOrgPerson") || is("contact");
            kinds.no_user |= NO_USERS.iter().any(|name| is(name));
        }
        kinds
    }
}

/// A user, and what follows from the attributes.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The user.
    pub user: &'a User<'a>,
    /// The values of `proxyAddresses`, split.
    pub proxies: SmallVec<[Proxy<'a>; 8]>,
    /// Whether there is a sip proxy.
    pub sip_proxy: Tri,
    /// Whether there is an smtp proxy.
    pub smtp_proxy: Tri,
    /// Whether the user is enabled for SIP.
    pub sip_enabled: Tri,
    /// Whether the object bears mail.
    pub mail_bearing: Tri,
    /// Where the mailbox is.
    pub mailbox: MailboxHome,
    /// Where the SIP account is homed.
    pub sip_home: SipHome,
    /// The SIP address without its `sip:`.
    pub sip_address: Option<&'a str>,
    /// Whether `sip_address` is well-formed.
    pub sip_well_formed: bool,
    /// `mail` without outer blanks.
    pub mail: &'a str,
    /// Whether `mail` is well-formed.
    pub mail_well_formed: bool,
    /// Whether the PUA is well-formed, `sip:` included.
    pub pua_well_formed: bool,
    /// The classes of the characters before its `@`.
    pub pua_local_classes: Classes,
    /// `msExchRecipientTypeDetails`.
    pub recipient_type: Option<i64>,
    /// What `msRTCSIP-DeploymentLocator` says.
    pub locator: Locator,
    /// What is out of the ordinary.
    pub marks: Marks,
    kinds: Kinds,
}

impl<'a> Facts<'a> {
    /// Works them out.
    #[must_use]
    pub fn of(user: &'a User<'a>) -> Self {
        Self::with(user, &mut Known::default())
    }

    /// Works them out, given the domains of the users before.
    #[must_use]
    pub fn with(user: &'a User<'a>, known: &mut Known) -> Self {
        let mut facts = Self::blank(user);
        let mut among = Among::default();
        for raw in user.proxies() {
            facts.proxies.push(Proxy::split(raw, known));
            if let Some((proxy, before)) = facts.proxies.split_last() {
                among.add(proxy, before);
            }
        }
        facts.see_proxies(&among);
        facts.mailbox = MailboxHome::of(user);
        facts.mail_bearing = Tri::from(facts.mailbox.exists()).or(user.has(Attr::Mail)).or(facts.smtp_proxy);
        let pua = user.get(Attr::PrimaryUserAddress);
        let uri = after_prefix(pua, "sip");
        let sips = (among.sip.and_then(|place| facts.proxies.get(place)), &facts.proxies[..]);
        let look = uri.map(|address| Seen::of(ProxyType::Sip, address, sips, known));
        facts.pua_well_formed = look.is_some_and(|look| look.well_formed);
        facts.pua_local_classes = look.map(|look| look.local_classes).unwrap_or_default();
        (facts.sip_address, facts.sip_well_formed) = match pua {
            "" => sip_of_proxies(&facts.proxies),
            _ => (Some(address_of_pua(pua)), facts.pua_well_formed),
        };
        facts.mail = trim(user.get(Attr::Mail));
        let smtps = (among.primary.and_then(|place| facts.proxies.get(place)), &facts.proxies[..]);
        let mail_look = Seen::of(ProxyType::Smtp, facts.mail, smtps, known);
        facts.mail_well_formed = mail_look.well_formed;
        facts.locator = locator(user.get(Attr::DeploymentLocator));
        facts.sip_home = SipHome::of(user, facts.locator, facts.sip_enabled.yes());
        facts.recipient_type = user.number(Attr::RecipientTypeDetails);
        facts.kinds = Kinds::of(user);
        let name = user.get(Attr::UserPrincipalName);
        let twins = Twins {
            pua: look.is_some_and(|look| look.twin.is_some()),
            mail: mail_look.twin == Some(true),
            name: facts.sip_address.is_some_and(|address| equal(address, name)),
        };
        let is_name_routable = match look {
            // Mostly they are one text.
            Some(look) if twins.name && look.well_formed => look.routable,
            _ => known.is_routable(domain(name)),
        };
        let routable = user.carries(Attr::ProxyAddresses)
            && user.carries(Attr::PrimaryUserAddress)
            && !among.outside
            && look.is_none_or(|look| look.routable)
            && mail_look.routable
            && is_name_routable;
        facts.marks = Marks::of(&facts, &among, twins, routable);
        facts
    }

    /// Nothing worked out yet. What is worked out is filled in where it stands: it is much to move.
    fn blank(user: &'a User<'a>) -> Self {
        Self {
            user,
            proxies: SmallVec::new(),
            sip_proxy: Tri::Unknown,
            smtp_proxy: Tri::Unknown,
            sip_enabled: Tri::Unknown,
            mail_bearing: Tri::Unknown,
            mailbox: MailboxHome::Unknown,
            sip_home: SipHome::Unknown,
            sip_address: None,
            sip_well_formed: false,
            mail: "",
            mail_well_formed: false,
            pua_well_formed: false,
            pua_local_classes: Classes::default(),
            recipient_type: None,
            locator: Locator::Empty,
            marks: Marks::default(),
            kinds: Kinds::default(),
        }
    }

    /// What the proxy addresses tell together.
    fn see_proxies(&mut self, among: &Among) {
        let (user, hidden) = (self.user, self.user.hidden());
        let holds = |found: bool, hidden: bool| {
            let shown = user.carries(Attr::ProxyAddresses) && !hidden;
            if found || shown { Tri::from(found) } else { Tri::Unknown }
        };
        self.sip_proxy = holds(among.sips > 0, hidden.sip);
        self.smtp_proxy = holds(among.smtps > 0, hidden.smtp);
        self.sip_enabled = user
            .has(Attr::PrimaryUserAddress)
            .or(user.says(Attr::UserEnabled, true))
            .or(user.has(Attr::PrimaryHomeServer))
            .or(self.sip_proxy);
    }

    /// The values of a type.
    pub fn of_type(&self, of: ProxyType) -> impl Iterator<Item = &Proxy<'a>> + Clone {
        self.proxies.iter().filter(move |proxy| proxy.of == of)
    }

    /// The sip proxies.
    pub fn sips(&self) -> impl Iterator<Item = &Proxy<'a>> + Clone {
        self.of_type(ProxyType::Sip)
    }

    /// The smtp proxies.
    pub fn smtps(&self) -> impl Iterator<Item = &Proxy<'a>> + Clone {
        self.of_type(ProxyType::Smtp)
    }

    /// The smtp proxies that are marked as primary.
    pub fn primaries(&self) -> impl Iterator<Item = &Proxy<'a>> + Clone {
        self.smtps().filter(|proxy| proxy.primary)
    }

    /// The one primary smtp proxy; `None` when there is none, or several that differ.
    #[must_use]
    pub fn primary(&self) -> Option<&Proxy<'a>> {
        let first = self.primaries().next()?;
        self.primaries().all(|other| same(other.address, first.address)).then_some(first)
    }

    /// Whether the input shows which smtp proxy is the primary one.
    #[must_use]
    pub fn shows_primary(&self) -> bool {
        self.user.carries(Attr::ProxyAddresses) && !self.user.hidden().primary
    }

    /// Whether the input shows all sip proxies.
    #[must_use]
    pub fn shows_sip(&self) -> bool {
        self.user.carries(Attr::ProxyAddresses) && !self.user.hidden().sip
    }

    /// The PUA as it stands; it is never trimmed.
    #[must_use]
    pub fn pua(&self) -> &'a str {
        self.user.get(Attr::PrimaryUserAddress)
    }

    /// Whether the object is a contact.
    #[must_use]
    pub fn is_contact(&self) -> bool {
        self.kinds.contact
    }

    /// Whether the person signs in with an account of another forest.
    #[must_use]
    pub fn is_linked(&self) -> bool {
        self.recipient_type == Some(2)
            || self.user.has(Attr::OriginatorSid).yes()
            || self.user.has(Attr::MasterAccountSid).yes()
    }

    /// Whether the account is disabled: `userAccountControl` is in the input and has bit 2.
    #[must_use]
    pub fn is_disabled(&self) -> bool {
        self.user.number(Attr::UserAccountControl).is_some_and(|flags| flags & 2 != 0)
    }

    /// Why the object is not judged at all, if so. Source: the default filters of Entra Connect.
    #[must_use]
    pub fn exclusion(&self) -> Option<&'static str> {
        let user = self.user;
        let recipient = self.recipient_type.unwrap_or(0);
        let nickname = user.get(Attr::MailNickname);
        if self.is_no_user() {
            Some("not a user object")
        } else if user.says(Attr::IsCriticalSystemObject, true).yes() {
            Some("critical system object")
        } else if self.lacks_account_name() {
            Some("no sAMAccountName: synchronization filters the object out")
        } else if is_service_account(user.get(Attr::SamAccountName)) {
            Some("service account of synchronization, Exchange or Windows")
        } else if starts(nickname, "SystemMailbox{") || is_cas(nickname) {
            Some("system mailbox")
        } else if recipient & SYSTEM_RECIPIENTS != 0 {
            Some("system recipient of Exchange")
        } else if recipient == MONITORING_MAILBOX {
            Some("monitoring mailbox")
        } else if is_conflict(user.get(Attr::DistinguishedName)) {
            Some("replication conflict object")
        } else if starts(user.get(Attr::AdminDescription), "User_") {
            Some("written back from the cloud")
        } else {
            None
        }
    }

    fn is_no_user(&self) -> bool {
        !self.user.get(Attr::ObjectClass).is_empty() && (self.kinds.no_user || !self.kinds.person)
    }

    /// Contacts have none and are kept.
    fn lacks_account_name(&self) -> bool {
        self.user.has(Attr::SamAccountName) == Tri::No && !self.is_contact()
    }
}

fn is_cas(name: &str) -> bool {
    name.ends_with('}') && starts(name, "CAS_")
}

fn is_service_account(name: &str) -> bool {
    starts(name, "AAD_")
        || starts(name, "MSOL_")
        || is_cas(name)
        || name.eq_ignore_ascii_case("SUPPORT_388945a0")
}

/// Bits of `msExchRecipientTypeDetails` that synchronization filters out.
const SYSTEM_RECIPIENTS: i64 = 0x21C0_7000;

/// `msExchRecipientTypeDetails` of a health mailbox.
const MONITORING_MAILBOX: i64 = 549_755_813_888;

const NO_USERS: &[&str] =
    &["computer", "group", "publicFolder", "msDS-ManagedServiceAccount", "msDS-GroupManagedServiceAccount"];

/// Whether a DN is one that replication gave to the loser of a conflict.
fn is_conflict(dn: &str) -> bool {
    // Few have a colon.
    let is_mark = |at| dn.get(at..at + 7).is_some_and(|mark: &str| mark.eq_ignore_ascii_case("\\0ACNF:"));
    has(b':', dn.as_bytes()) && memchr::memchr_iter(b'\\', dn.as_bytes()).any(is_mark)
}

/// The sip proxy when all sip proxies fold to one address, and whether it is well-formed.
fn sip_of_proxies<'a>(proxies: &[Proxy<'a>]) -> (Option<&'a str>, bool) {
    let mut sips = proxies.iter().filter(|proxy| proxy.of == ProxyType::Sip);
    let Some(first) = sips.next() else { return (None, false) };
    if sips.all(|other| same(other.address, first.address)) {
        (Some(first.address), first.well_formed)
    } else {
        (None, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AttrSet, Hidden};

    #[test]
    fn a_sip_address_is_the_pua_or_the_one_proxy() {
        let user = User::of(&[(Attr::ProxyAddresses, "sip:a@b.co"), (Attr::ProxyAddresses, "SIP:A@b.co")]);
        assert_eq!(Facts::of(&user).sip_address, Some("a@b.co"));
        let user =
            User::of(&[(Attr::ProxyAddresses, "sip:a@b.co"), (Attr::PrimaryUserAddress, "SIP:p@b.co")]);
        assert_eq!(Facts::of(&user).sip_address, Some("p@b.co"));
        let user = User::of(&[(Attr::ProxyAddresses, "sip:a@b.co"), (Attr::ProxyAddresses, "sip:c@b.co")]);
        assert_eq!(Facts::of(&user).sip_address, None);
    }

    #[test]
    fn what_was_never_in_the_input_leaves_open_whether_sip_is_enabled() {
        let mut user = User::new(AttrSet::of(&[Attr::Mail]));
        assert_eq!(Facts::of(&user).sip_enabled, Tri::Unknown);
        user.set(Attr::ProxyAddresses, "sip:a@b.co");
        assert_eq!(Facts::of(&user).sip_enabled, Tri::Yes);
        assert_eq!(Facts::of(&User::of(&[])).sip_enabled, Tri::No);
    }

    #[test]
    fn what_the_export_hides_is_unknown() {
        let mut user = User::of(&[(Attr::ProxyAddresses, "smtp:a@b.co")]);
        user.hide(Hidden { primary: true, sip: true, smtp: false });
        let facts = Facts::of(&user);
        assert_eq!((facts.sip_proxy, facts.smtp_proxy), (Tri::Unknown, Tri::Yes));
        assert!(!facts.shows_primary() && !facts.shows_sip());
    }

    #[test]
    fn people_are_judged_and_system_objects_are_not() {
        let why = |values: &[(Attr, &str)]| {
            let mut all = vec![(Attr::SamAccountName, "x"), (Attr::ObjectClass, "top;person;user")];
            all.extend_from_slice(values);
            let user = User::of(&all);
            Facts::of(&user).exclusion()
        };
        assert_eq!(why(&[(Attr::DisplayName, "Guest House Manager")]), None);
        assert_eq!(why(&[(Attr::ObjectClass, "contact"), (Attr::SamAccountName, "")]), None);
        assert!(why(&[(Attr::SamAccountName, "")]).is_some());
        assert!(why(&[(Attr::ObjectClass, "user;computer")]).is_some());
        assert!(why(&[(Attr::RecipientTypeDetails, "8388608")]).is_some());
        assert!(why(&[(Attr::DistinguishedName, "CN=a\\0acnf:1,DC=x")]).is_some());
        assert!(why(&[(Attr::SamAccountName, "msol_1")]).is_some());
        assert_eq!(why(&[(Attr::RecipientTypeDetails, "4")]), None);
    }
}
