//! Where the mailbox and the SIP account of a user live, as far as Active Directory tells.
//!
//! Sources: the table of msExchRecipientTypeDetails values; "Migrating Lync Online users to Lync on-premises".

use super::address::{domain, is_under};
use super::attribute::{Attr, AttrSet};
use super::fold::same;
use super::tri::Tri;
use super::user::User;

/// Where the mailbox is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailboxHome {
    /// Marks of a local and of an online mailbox at once.
    Both,
    /// On a local Exchange server.
    OnPremises,
    /// In Exchange Online.
    Online,
    /// The input shows that there is none.
    None,
    /// The input carried none of the attributes that tell.
    Unknown,
}

/// Where the SIP account is homed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SipHome {
    /// Enabled for SIP, but the input does not carry what tells.
    Unknown,
    /// In Skype for Business Online or Teams.
    Online,
    /// On a local pool.
    OnPremises,
    /// Enabled for SIP, but no home is set.
    Unset,
    /// Not enabled for SIP.
    None,
}

/// What a deployment locator says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Locator {
    /// No value.
    Empty,
    /// `SRV:`.
    OnPremises,
    /// The federation host of a public or sovereign cloud.
    Online,
    /// Something else.
    Unknown,
}

/// The locators of accounts that are homed online, by cloud.
const ONLINE_LOCATORS: &[&str] = &[
    "sipfed.online.lync.com",
    "sipfed.online.gov.skypeforbusiness.us",
    "sipfed.online.dod.skypeforbusiness.us",
    "sipfed.online.partner.lync.cn",
];

/// `msExchRecipientTypeDetails` of local mailboxes: user, linked, shared, legacy, room, equipment.
const ON_PREMISES_TYPES: &[i64] = &[1, 2, 4, 8, 16, 32];

/// `msExchRecipientTypeDetails` of remote mailboxes: user, room, equipment, shared, team.
const ONLINE_TYPES: &[i64] = &[2_147_483_648, 8_589_934_592, 17_179_869_184, 34_359_738_368, 274_877_906_944];

/// What the value of `msRTCSIP-DeploymentLocator` says.
#[must_use]
pub fn locator(value: &str) -> Locator {
    // Most stand as they are usually written.
    if value.is_empty() {
        Locator::Empty
    } else if value == "SRV:" {
        Locator::OnPremises
    } else if value == ONLINE_LOCATORS[0] {
        Locator::Online
    } else if same(value, "SRV:") {
        Locator::OnPremises
    } else if ONLINE_LOCATORS.iter().any(|online| same(value, online)) {
        Locator::Online
    } else {
        Locator::Unknown
    }
}

/// Whether an attribute shows a local mailbox: `homeMDB` or `msExchHomeServerName`.
#[must_use]
pub fn on_premises_mark(user: &User<'_>) -> Tri {
    user.has(Attr::HomeMdb).or(user.has(Attr::HomeServerName))
}

/// Whether an attribute shows a mailbox in the cloud.
#[must_use]
pub fn online_mark(user: &User<'_>) -> Tri {
    let by_type = if user.carries(Attr::RecipientTypeDetails) {
        Tri::from(user.number(Attr::RecipientTypeDetails).is_some_and(|n| ONLINE_TYPES.contains(&n)))
    } else {
        Tri::Unknown
    };
    by_type.or(remote_mark(user))
}

/// `msExchRemoteRecipientType` with bit 1 (provisioned) or 4 (migrated), and mail sent to the tenant.
fn remote_mark(user: &User<'_>) -> Tri {
    let known = |attr, yes: bool| if user.carries(attr) { Tri::from(yes) } else { Tri::Unknown };
    let remote = user.number(Attr::RemoteRecipientType).is_some_and(|n| n & 5 != 0);
    let target = domain(user.get(Attr::TargetAddress));
    known(Attr::RemoteRecipientType, remote)
        .and(known(Attr::TargetAddress, is_under(target, ".mail.onmicrosoft.com")))
}

/// The attributes that show whether there is a mailbox.
const SHOWING: AttrSet =
    AttrSet::NONE.with(Attr::HomeMdb).with(Attr::HomeServerName).with(Attr::RecipientTypeDetails);

/// Those that can tell of one.
const TELLING: AttrSet = SHOWING.with(Attr::RemoteRecipientType).with(Attr::TargetAddress);

impl MailboxHome {
    /// The home of the user's mailbox.
    #[must_use]
    pub fn of(user: &User<'_>) -> Self {
        if !user.filled().meets(TELLING) {
            return if user.carried().meets(SHOWING) { Self::None } else { Self::Unknown };
        }
        let (local, online) = (on_premises_mark(user).yes(), online_mark(user).yes());
        let by_type =
            || user.number(Attr::RecipientTypeDetails).is_some_and(|n| ON_PREMISES_TYPES.contains(&n));
        if local && online {
            Self::Both
        } else if local || by_type() {
            Self::OnPremises
        } else if online {
            Self::Online
        } else if user.carried().meets(SHOWING) {
            Self::None
        } else {
            Self::Unknown
        }
    }

    /// What is so or not, unless the home is unknown.
    #[must_use]
    pub fn known(self, so: bool) -> Tri {
        if self == Self::Unknown { Tri::Unknown } else { Tri::from(so) }
    }

    /// Whether there is a mailbox somewhere.
    #[must_use]
    pub fn exists(self) -> bool {
        matches!(self, Self::Both | Self::OnPremises | Self::Online)
    }

    /// Whether a local Exchange server holds a mailbox.
    #[must_use]
    pub fn is_local(self) -> bool {
        matches!(self, Self::Both | Self::OnPremises)
    }

    /// The word of the report.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::OnPremises => "on-prem",
            Self::Online => "online",
            Self::None => "none",
            Self::Unknown => "unknown",
        }
    }
}

impl SipHome {
    /// The home of the SIP account, given the user's locator and whether the user is enabled for SIP.
    #[must_use]
    pub fn of(user: &User<'_>, locator: Locator, sip_enabled: bool) -> Self {
        let server = !user.get(Attr::PrimaryHomeServer).is_empty();
        match locator {
            Locator::Empty if sip_enabled && !server && !user.carries(Attr::DeploymentLocator) => {
                Self::Unknown
            }
            Locator::Online => Self::Online,
            Locator::OnPremises => Self::OnPremises,
            Locator::Empty if server => Self::OnPremises,
            _ if sip_enabled => Self::Unset,
            _ => Self::None,
        }
    }

    /// The word of the report.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Online => "online",
            Self::OnPremises => "on-prem",
            Self::Unset => "unset",
            Self::None => "none",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailbox_homes() {
        let home = |values: &[(Attr, &str)]| MailboxHome::of(&User::of(values));
        assert_eq!(home(&[]), MailboxHome::None);
        assert_eq!(home(&[(Attr::HomeMdb, "CN=DB1")]), MailboxHome::OnPremises);
        assert_eq!(home(&[(Attr::RecipientTypeDetails, "4")]), MailboxHome::OnPremises);
        assert_eq!(home(&[(Attr::RecipientTypeDetails, "2147483648")]), MailboxHome::Online);
        let both = [(Attr::RecipientTypeDetails, "2147483648"), (Attr::HomeServerName, "/o=x")];
        assert_eq!(home(&both), MailboxHome::Both);
        let remote =
            [(Attr::RemoteRecipientType, "4"), (Attr::TargetAddress, "SMTP:a@x.mail.onmicrosoft.com")];
        assert_eq!(home(&remote), MailboxHome::Online);
        assert_eq!(home(&remote[..1]), MailboxHome::None);
        assert_eq!(MailboxHome::of(&User::new(AttrSet::NONE)), MailboxHome::Unknown);
    }

    #[test]
    fn sip_homes() {
        let of =
            |user: &User<'_>, enabled| SipHome::of(user, locator(user.get(Attr::DeploymentLocator)), enabled);
        let home = |values: &[(Attr, &str)]| of(&User::of(values), true);
        assert_eq!(home(&[(Attr::DeploymentLocator, "srv:")]), SipHome::OnPremises);
        assert_eq!(home(&[(Attr::DeploymentLocator, "sipfed.online.lync.com")]), SipHome::Online);
        assert_eq!(home(&[(Attr::PrimaryHomeServer, "CN=pool")]), SipHome::OnPremises);
        assert_eq!(
            home(&[(Attr::DeploymentLocator, "pool.x"), (Attr::PrimaryHomeServer, "CN=p")]),
            SipHome::Unset
        );
        assert_eq!(home(&[]), SipHome::Unset);
        assert_eq!(of(&User::new(AttrSet::NONE), true), SipHome::Unknown);
        assert_eq!(of(&User::of(&[]), false), SipHome::None);
    }
}
