//! The attributes as one table: LDAP name, headings in exports, kind.
//!
//! Sources: [MS-ADA1..3], the Exchange and Lync Server 2013 schema references.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

/// What an attribute holds; decides how a source reads a value of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Unicode text, kept as it is.
    Text,
    /// A distinguished name.
    Dn,
    /// Sixteen octets, shown as `xxxxxxxx-xxxx-…`.
    Guid,
    /// A security identifier, shown as `S-1-5-…`.
    Sid,
    /// `TRUE` or `FALSE`.
    Flag,
    /// A signed decimal integer.
    Number,
}

/// One row of the table of attributes.
#[derive(Debug)]
pub struct About {
    /// The attribute.
    pub attr: Attr,
    /// Its name as Active Directory spells it.
    pub ldap: &'static str,
    /// Other headings under which exports carry the same values, folded by [`heading`].
    pub headings: &'static [&'static str],
    /// What it holds.
    pub kind: Kind,
}

macro_rules! attributes {
    ($($(#[doc = $doc:literal])* $name:ident = $ldap:literal $kind:ident [$($heading:literal),*];)*) => {
        /// An attribute that a rule or a report reads.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Attr { $($(#[doc = $doc])* $name),* }

        /// All attributes, in the order of [`Attr`].
        pub static ATTRIBUTES: &[About] = &[
            $(About { attr: Attr::$name, ldap: $ldap, headings: &[$($heading),*], kind: Kind::$kind }),*
        ];

        impl Attr {
            /// How many attributes there are.
            pub const COUNT: usize = [$(Attr::$name),*].len();
        }
    };
}

attributes! {
    /// Where the object stands in the directory.
    DistinguishedName = "distinguishedName" Dn ["dn", "onpremisesdistinguishedname"];
    /// The object's identity, stable across renames.
    ObjectGuid = "objectGUID" Guid ["onpremisesobjectguid"];
    /// The account's security identifier.
    ObjectSid = "objectSid" Sid ["sid", "onpremisessecurityidentifier"];
    /// The classes of the object; several values are joined by `;`.
    ObjectClass = "objectClass" Text [];
    /// The logon name of Windows before 2000.
    SamAccountName = "sAMAccountName" Text ["onpremisessamaccountname", "userlogonname(prewindows2000)", "logonname"];
    /// The sign-in name.
    UserPrincipalName = "userPrincipalName" Text ["upn", "signinname", "userlogonname"];
    /// The name that people see.
    DisplayName = "displayName" Text ["nombreparamostrar", "anzeigename", "nomcomplet", "nomd'affichage"];
    /// The first name.
    GivenName = "givenName" Text ["firstname", "nombre", "vorname", "prénom"];
    /// The surname.
    Sn = "sn" Text ["surname", "lastname", "apellido", "apellidos", "nachname", "nom"];
    /// The mail address by which Lync finds the mailbox.
    Mail = "mail" Text ["emailaddress", "email", "emailaddress1"];
    /// The Exchange alias.
    MailNickname = "mailNickname" Text ["alias"];
    /// All addresses of the object, each with its type.
    ProxyAddresses = "proxyAddresses" Text ["rawproxyaddress", "proxyaddress", "emailaddresses", "emails", "aliases", "aliasses", "mailaddresses"];
    /// Where Exchange sends mail for the object.
    TargetAddress = "targetAddress" Text ["externalemailaddress"];
    /// Account flags; bit 2 means disabled.
    UserAccountControl = "userAccountControl" Number [];
    /// TRUE for objects that Windows itself needs.
    IsCriticalSystemObject = "isCriticalSystemObject" Flag [];
    /// Set to `User_…` on objects written back from the cloud.
    AdminDescription = "adminDescription" Text [];
    /// The SIP address of the user (PUA).
    PrimaryUserAddress = "msRTCSIP-PrimaryUserAddress" Text
        ["sipaddress", "sip", "imprimaryuseraddress", "onpremsipaddress"];
    /// Whether the SIP account is enabled.
    UserEnabled = "msRTCSIP-UserEnabled" Flag [];
    /// Where the SIP account is homed.
    DeploymentLocator = "msRTCSIP-DeploymentLocator" Text ["hostingprovider", "onpremhostingprovider"];
    /// The pool of a SIP account that is homed on-premises.
    PrimaryHomeServer = "msRTCSIP-PrimaryHomeServer" Dn ["registrarpool"];
    /// The telephone line.
    Line = "msRTCSIP-Line" Text ["lineuri", "onpremlineuri"];
    /// The line server of remote call control.
    LineServer = "msRTCSIP-LineServer" Text ["lineserveruri"];
    /// Set on application endpoints.
    OwnerUrn = "msRTCSIP-OwnerUrn" Text ["ownerurn"];
    /// The account of another forest that signs in with this object.
    OriginatorSid = "msRTCSIP-OriginatorSid" Sid [];
    /// The mailbox database.
    HomeMdb = "homeMDB" Dn [];
    /// The mailbox server.
    HomeServerName = "msExchHomeServerName" Text [];
    /// The kind of recipient.
    RecipientTypeDetails = "msExchRecipientTypeDetails" Number [];
    /// How a mailbox in the cloud came to be.
    RemoteRecipientType = "msExchRemoteRecipientType" Number [];
    /// The account of another forest that owns the mailbox.
    MasterAccountSid = "msExchMasterAccountSid" Sid ["linkedmasteraccountsid"];
}

/// The attributes that say who an object is; every record has one of them.
pub const IDENTITY: &[Attr] =
    &[Attr::DistinguishedName, Attr::ObjectGuid, Attr::UserPrincipalName, Attr::SamAccountName, Attr::Mail];

impl Attr {
    /// The row of the table that describes this attribute.
    #[must_use]
    pub fn about(self) -> &'static About {
        &ATTRIBUTES[self as usize]
    }

    /// The name as Active Directory spells it.
    #[must_use]
    pub fn ldap(self) -> &'static str {
        self.about().ldap
    }

    /// The attribute that a heading of an export names, by LDAP name or by another known name.
    #[must_use]
    pub fn of_heading(text: &str) -> Option<Self> {
        static KNOWN: LazyLock<BTreeMap<String, Attr>> = LazyLock::new(|| {
            let names = |about: &'static About| about.headings.iter().copied().map(str::to_owned);
            let named = |about: &'static About| std::iter::once(heading(about.ldap)).chain(names(about));
            ATTRIBUTES.iter().flat_map(|about| named(about).map(|name| (name, about.attr))).collect()
        });
        KNOWN.get(&heading(text)).copied()
    }

    /// The attribute of an LDAP name, in any case.
    #[must_use]
    pub fn of_ldap(name: &str) -> Option<Self> {
        ATTRIBUTES.iter().find(|about| about.ldap.eq_ignore_ascii_case(name)).map(|about| about.attr)
    }
}

impl fmt::Display for Attr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.ldap())
    }
}

/// A heading folded for comparison: BOM, quotes, blanks and `_ - .` off, lower case whatever the locale
/// (a Turkish export writes `DİSTİNGUİSHEDNAME`).
#[must_use]
pub fn heading(text: &str) -> String {
    text.chars()
        .filter(|c| !matches!(c, '\u{feff}' | '"' | '_' | '-' | '.') && !c.is_whitespace())
        .flat_map(|c| if matches!(c, 'İ' | 'ı') { 'i' } else { c }.to_lowercase())
        .collect()
}

// A set has one bit per attribute.
const _: () = assert!(Attr::COUNT < 32);

/// A set of attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AttrSet(u32);

impl AttrSet {
    /// No attribute.
    pub const NONE: Self = Self(0);
    /// Every attribute.
    pub const ALL: Self = Self((1 << Attr::COUNT) - 1);

    /// The set of these attributes.
    #[must_use]
    pub fn of(attrs: &[Attr]) -> Self {
        attrs.iter().fold(Self::NONE, |set, &attr| set.with(attr))
    }

    /// The set with one more.
    #[must_use]
    pub const fn with(self, attr: Attr) -> Self {
        Self(self.0 | 1 << attr as u32)
    }

    /// The set with one less.
    #[must_use]
    pub const fn without(self, attr: Attr) -> Self {
        Self(self.0 & !(1 << attr as u32))
    }

    /// Whether the attribute is in the set.
    #[must_use]
    pub const fn has(self, attr: Attr) -> bool {
        self.0 & 1 << attr as u32 != 0
    }

    /// What either holds.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What this holds and the other does not.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// A bit for each attribute, by its place in the table.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Whether any attribute is in both.
    #[must_use]
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether nothing is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The place of each attribute in the table, below [`Attr::COUNT`].
    pub fn places(self) -> impl Iterator<Item = usize> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let next = left.trailing_zeros() as usize;
            left &= left.wrapping_sub(1);
            (next < Attr::COUNT).then_some(next)
        })
    }

    /// The attributes, in the order of the table.
    pub fn iter(self) -> impl Iterator<Item = Attr> {
        self.places().map(|place| ATTRIBUTES[place].attr)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_folded_and_unique() {
        let mut seen = std::collections::BTreeSet::new();
        for about in ATTRIBUTES {
            assert!(seen.insert(heading(about.ldap)), "{} twice", about.ldap);
            for &name in about.headings {
                assert_eq!(heading(name), name, "`{name}` is not folded");
                assert!(seen.insert(name.to_owned()), "`{name}` twice");
            }
        }
    }

    #[test]
    fn a_heading_is_known_in_every_spelling() {
        assert_eq!(Attr::of_heading("DİSTİNGUİSHEDNAME"), Some(Attr::DistinguishedName));
        assert_eq!(Attr::of_heading("Proxy addresses"), Some(Attr::ProxyAddresses));
        assert_eq!(Attr::of_heading("msRTCSIP-PrimaryUserAddress"), Some(Attr::PrimaryUserAddress));
        assert_eq!(Attr::of_heading("ExchangeGuid"), None);
    }

    #[test]
    fn the_set_holds_every_attribute() {
        assert_eq!(AttrSet::ALL.iter().count(), Attr::COUNT);
    }
}
