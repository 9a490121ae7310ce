//! What Exchange and Lync keep of an organisation in Active Directory: objects of the configuration partition.
//!
//! Sources: the schema changes of Exchange 2013 to 2019 and of Lync Server 2013 (Microsoft Learn); `AuthConfig`,
//! `PartnerApplication`, `AuthServer` and `OwaVirtualDirectory` of the Exchange Management Shell for what values mean.

use std::borrow::Cow;

use super::text::visible;

/// A kind of objects that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The version of the Exchange schema; there is one or none.
    ExchangeSchema,
    /// The version of the Lync schema; there is one or none.
    LyncSchema,
    /// The Exchange organisation.
    Organisation,
    /// The Exchange servers.
    Server,
    /// The SMTP domains for which Exchange takes mail.
    AcceptedDomain,
    /// The applications that Exchange trusts.
    PartnerApplication,
    /// The authorization servers that Exchange trusts.
    AuthServer,
    /// The virtual directories of Outlook Web App, one or two on each server.
    OutlookWebApp,
    /// The SIP domains of Lync.
    SipDomain,
    /// The pools of Lync.
    Pool,
    /// The UPN suffixes of the forest beside the names of its domains; one object.
    UpnSuffixes,
}

impl Kind {
    /// All, in the order of the enum.
    pub const ALL: [Self; 11] = [
        Self::ExchangeSchema,
        Self::LyncSchema,
        Self::Organisation,
        Self::Server,
        Self::AcceptedDomain,
        Self::PartnerApplication,
        Self::AuthServer,
        Self::OutlookWebApp,
        Self::SipDomain,
        Self::Pool,
        Self::UpnSuffixes,
    ];

    /// Its object class.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::ExchangeSchema | Self::LyncSchema => "attributeSchema",
            Self::Organisation => "msExchOrganizationContainer",
            Self::Server => "msExchExchangeServer",
            Self::AcceptedDomain => "msExchAcceptedDomain",
            Self::PartnerApplication => "msExchAuthPartnerApplication",
            Self::AuthServer => "msExchAuthAuthServer",
            Self::OutlookWebApp => "msExchOWAVirtualDirectory",
            Self::SipDomain => "msRTCSIP-Domain",
            Self::Pool => "msRTCSIP-Pool",
            Self::UpnSuffixes => "crossRefContainer",
        }
    }

    /// What is asked for of each, by name: no secret, no certificate, no permission.
    #[must_use]
    pub fn attributes(self) -> &'static [&'static str] {
        match self {
            Self::ExchangeSchema | Self::LyncSchema => &["cn", "rangeUpper"],
            Self::Organisation => &["objectClass"],
            Self::Server => &["objectClass", "msExchCurrentServerRoles"],
            Self::AcceptedDomain => &["msExchAcceptedDomainName"],
            Self::PartnerApplication => {
                &["msExchAuthApplicationIdentifier", "msExchAuthMetadataUrl", "msExchAuthFlags"]
            }
            Self::AuthServer => &[
                "msExchAuthAuthServerType",
                "msExchAuthMetadataUrl",
                "msExchAuthIssuingUrl",
                "msExchAuthFlags",
            ],
            Self::OutlookWebApp => &["msExchOWAIMProviderType", "msExchMailboxFolderSet"],
            Self::SipDomain => &["msRTCSIP-DomainName"],
            Self::Pool => &["dNSHostName", "msRTCSIP-PoolDisplayName"],
            Self::UpnSuffixes => &["uPNSuffixes"],
        }
    }

    /// What it is, for people.
    #[must_use]
    pub fn told(self) -> &'static str {
        match self {
            Self::ExchangeSchema => "the version of the Exchange schema",
            Self::LyncSchema => "the version of the Lync schema",
            Self::Organisation => "the Exchange organisation",
            Self::Server => "the Exchange servers",
            Self::AcceptedDomain => "the accepted domains of Exchange",
            Self::PartnerApplication => "the partner applications of Exchange",
            Self::AuthServer => "the authorization servers of Exchange",
            Self::OutlookWebApp => "the virtual directories of Outlook Web App",
            Self::SipDomain => "the SIP domains of Lync",
            Self::Pool => "the pools of Lync",
            Self::UpnSuffixes => "the UPN suffixes of the forest",
        }
    }
}

/// One object. Values are bytes: anybody who may write there can put anything in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its DN, as the server spells it.
    pub dn: Vec<u8>,
    /// Its values, each with the name of the attribute as it was asked for.
    pub values: Vec<(&'static str, Vec<u8>)>,
}

impl Object {
    /// The values of an attribute as text; what is no UTF-8 shows as U+FFFD.
    pub fn texts(&self, name: &str) -> impl Iterator<Item = Cow<'_, str>> {
        let of = move |(own, value): &'_ &(&'static str, Vec<u8>)| {
            own.eq_ignore_ascii_case(name) && !value.is_empty()
        };
        self.values.iter().filter(of).map(|(_, value)| String::from_utf8_lossy(value))
    }

    /// The first value of an attribute as text, empty if there is none.
    #[must_use]
    pub fn text(&self, name: &str) -> Cow<'_, str> {
        self.texts(name).next().unwrap_or_default()
    }

    /// A value that is a number; `None` when there is none, or something else stands there.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<i64> {
        self.text(name).parse().ok()
    }

    /// Its DN for people.
    #[must_use]
    pub fn told(&self) -> String {
        visible(&String::from_utf8_lossy(&self.dn))
    }

    /// The names in its DN, its own first, without their attribute and with what is escaped as it is meant.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        super::dn::names(&String::from_utf8_lossy(&self.dn))
    }
}

/// What was read of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The kind.
    pub kind: Kind,
    /// The objects, in the order of their DNs.
    pub objects: Vec<Object>,
    /// Why these are not all, or why it cannot be told whether there are any; `None` when they are all.
    pub unread: Option<String>,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Configuration {
    /// The server that was asked.
    pub server: String,
    /// Its configuration partition.
    pub base: String,
    /// Each kind once.
    pub parts: Vec<Part>,
}

impl Configuration {
    /// The objects of a kind that were read; there may be more, see [`Configuration::unread`].
    #[must_use]
    pub fn objects(&self, kind: Kind) -> &[Object] {
        self.part(kind).map_or(&[], |part| &part.objects)
    }

    /// Why the objects of a kind are not all that there are; `None` when they are.
    #[must_use]
    pub fn unread(&self, kind: Kind) -> Option<&str> {
        self.part(kind).map_or(Some("it was not asked for"), |part| part.unread.as_deref())
    }

    /// The version in the schema of Exchange or Lync; `None` when there is none, or when it was not read.
    #[must_use]
    pub fn version(&self, kind: Kind) -> Option<i64> {
        self.objects(kind).first().and_then(|object| object.number("rangeUpper"))
    }

    /// As [`Configuration::unread`], and why a version that is there is not known: what stands there is no number.
    #[must_use]
    pub fn unread_version(&self, kind: Kind) -> Option<&str> {
        let garbled = matches!(kind, Kind::ExchangeSchema | Kind::LyncSchema)
            && !self.objects(kind).is_empty()
            && self.version(kind).is_none();
        self.unread(kind).or(garbled.then_some("what stands there is no number"))
    }

    /// Takes over from another server of the same forest what could not be read here and was there.
    pub fn complete(&mut self, other: Self) {
        let mut taken = false;
        for more in other.parts.into_iter().filter(|part| part.unread.is_none()) {
            match self.parts.iter_mut().find(|part| part.kind == more.kind) {
                Some(part) if part.unread.is_none() => continue,
                Some(part) => *part = more,
                None => self.parts.push(more),
            }
            taken = true;
        }
        if taken {
            self.server = format!("{}, {}", self.server, other.server);
        }
    }

    fn part(&self, kind: Kind) -> Option<&Part> {
        self.parts.iter().find(|part| part.kind == kind)
    }
}

/// The name of an Exchange schema by its `rangeUpper` (Microsoft Learn, "Prepare Active Directory and domains").
#[must_use]
pub fn exchange_version(range_upper: i64) -> &'static str {
    match range_upper {
        ..=4397 => "Exchange 2000",
        4398..=6999 => "Exchange 2003",
        7000..=14_621 => "Exchange 2007",
        14_622..=15_136 => "Exchange 2010",
        15_137..=15_316 => "Exchange 2013",
        15_317..=16_999 => "Exchange 2016",
        _ => "Exchange 2019 or later",
    }
}

/// The first `rangeUpper` of Exchange 2013.
pub const EXCHANGE_2013: i64 = 15_137;

/// The name of a Lync schema by its `rangeUpper`.
#[must_use]
pub fn lync_version(range_upper: i64) -> &'static str {
    match range_upper {
        ..=1006 => "Live Communications Server 2005",
        1007..=1099 => "Office Communications Server 2007",
        1100..=1149 => "Lync Server 2010",
        _ => "Lync Server 2013 or later",
    }
}

/// The `rangeUpper` of Lync Server 2013 and of Skype for Business Server.
pub const LYNC_2013: i64 = 1150;

#[cfg(test)]
mod tests {
    use super::*;

    fn object(dn: &str, values: &[(&'static str, &[u8])]) -> Object {
        let values = values.iter().map(|&(name, value)| (name, value.to_vec())).collect();
        Object { dn: dn.into(), values }
    }

    #[test]
    fn nothing_secret_is_asked_for() {
        for kind in Kind::ALL {
            assert!(!kind.attributes().is_empty());
            for name in kind.attributes() {
                let folded = name.to_ascii_lowercase();
                for secret in ["secret", "certificate", "password", "security", "*", "+"] {
                    assert!(!folded.contains(secret), "{name}");
                }
            }
        }
    }

    #[test]
    fn hostile_values_are_told_harmlessly() {
        let one = object("CN=a\u{1b}[2J\\,b,CN=x y", &[("cn", b"\xff\xfe"), ("rangeUpper", b"12a")]);
        assert_eq!(one.told(), "CN=a\\u{1b}[2J\\,b,CN=x y");
        assert_eq!(one.names(), ["a\u{1b}[2J,b", "x y"]);
        assert_eq!((one.text("CN").as_ref(), one.number("rangeUpper")), ("\u{fffd}\u{fffd}", None));
    }

    #[test]
    fn what_was_not_read_is_not_missing() {
        let nothing = Configuration::default();
        assert!(Kind::ALL.iter().all(|&kind| nothing.unread(kind).is_some()));
        let version = object("CN=v", &[("rangeUpper", b"15333")]);
        let part = Part { kind: Kind::ExchangeSchema, objects: vec![version], unread: None };
        let read = Configuration { parts: vec![part], ..nothing };
        assert_eq!(
            (read.version(Kind::ExchangeSchema), read.version(Kind::LyncSchema)),
            (Some(15_333), None)
        );
        assert_eq!(read.unread(Kind::ExchangeSchema), None);
        assert_eq!(read.unread_version(Kind::ExchangeSchema), None);
    }

    #[test]
    fn what_is_no_version_is_not_known() {
        for values in [vec![], vec![("rangeUpper", &b"x"[..])], vec![("rangeUpper", b"")]] {
            let part = Part { kind: Kind::LyncSchema, objects: vec![object("CN=v", &values)], unread: None };
            let read = Configuration { parts: vec![part], ..Configuration::default() };
            assert_eq!(read.version(Kind::LyncSchema), None);
            assert_eq!(read.unread_version(Kind::LyncSchema), Some("what stands there is no number"));
        }
    }

    #[test]
    fn another_server_completes_what_was_not_read() {
        let part = |kind, dn: &str, unread: bool| Part {
            kind,
            objects: if unread { Vec::new() } else { vec![object(dn, &[])] },
            unread: unread.then(|| "no".to_owned()),
        };
        let of = |server: &str, unread: [bool; 2]| Configuration {
            server: server.into(),
            base: "CN=c".into(),
            parts: vec![part(Kind::Pool, server, unread[0]), part(Kind::SipDomain, server, unread[1])],
        };
        let mut one = of("a", [true, false]);
        one.complete(of("b", [false, false]));
        assert_eq!(
            (one.objects(Kind::Pool)[0].told(), one.objects(Kind::SipDomain)[0].told()),
            ("b".into(), "a".into())
        );
        assert_eq!((one.server.as_str(), one.parts.len()), ("a, b", 2));
        one.complete(of("c", [false, false]));
        assert_eq!(one.server, "a, b");
        let mut one = of("a", [true, true]);
        one.complete(of("b", [true, true]));
        assert_eq!((one.server.as_str(), one.unread(Kind::Pool)), ("a", Some("no")));
    }

    #[test]
    fn versions_have_names() {
        for (number, name) in [
            (14_734, "Exchange 2010"),
            (15_137, "Exchange 2013"),
            (15_317, "Exchange 2016"),
            (17_000, "Exchange 2019 or later"),
        ] {
            assert_eq!(exchange_version(number), name);
        }
        assert_eq!(
            (lync_version(1100), lync_version(LYNC_2013)),
            ("Lync Server 2010", "Lync Server 2013 or later")
        );
    }
}
