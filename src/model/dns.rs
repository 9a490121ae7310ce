//! The DNS records by which Lync, Skype for Business and Teams are found, and what name servers say of them.
//!
//! Source: "DNS requirements for Skype for Business Server" and "Office 365 URLs" (Microsoft Learn), RFC 2782 (SRV),
//! RFC 2308 (a name that does not exist, a name without such a record).

use std::net::IpAddr;

/// One of the records of a SIP domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Record {
    /// Where other organisations, and Exchange, find the domain.
    Federation,
    /// Where clients sign in from outside.
    Tls,
    /// The same for clients that ask for no SRV record.
    Sip,
    /// Where clients ask for the way.
    Discover,
    /// The same inside the network.
    DiscoverInternal,
    /// Where older clients sign in inside the network.
    InternalTls,
}

impl Record {
    /// All; those of the network inside come last.
    pub const ALL: [Self; 6] =
        [Self::Federation, Self::Tls, Self::Sip, Self::Discover, Self::DiscoverInternal, Self::InternalTls];

    /// What stands before the domain.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Federation => "_sipfederationtls._tcp",
            Self::Tls => "_sip._tls",
            Self::Sip => "sip",
            Self::Discover => "lyncdiscover",
            Self::DiscoverInternal => "lyncdiscoverinternal",
            Self::InternalTls => "_sipinternaltls._tcp",
        }
    }

    /// The port that a service record must name; `None` for a host, which is an alias or has addresses.
    #[must_use]
    pub fn port(self) -> Option<u16> {
        match self {
            Self::Federation | Self::InternalTls => Some(5061),
            Self::Tls => Some(443),
            Self::Sip | Self::Discover | Self::DiscoverInternal => None,
        }
    }

    /// Whether it is meant for the network inside alone.
    #[must_use]
    pub fn is_internal(self) -> bool {
        matches!(self, Self::DiscoverInternal | Self::InternalTls)
    }
}

/// Why there is no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Absence {
    /// The name does not exist (NXDOMAIN).
    NoName,
    /// The name exists without such a record.
    NoRecord,
    /// The record says that there is no service: its target is `.`.
    NoService,
}

/// How the way to a host ends.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum End {
    /// At addresses, sorted.
    Addresses(Vec<IpAddr>),
    /// At a name that does not exist.
    NoName,
    /// At a name without addresses.
    NoAddress,
    /// At a host of the online service, whose addresses do not matter.
    Online,
    /// Nowhere: the aliases form a circle or a chain without end.
    Endless,
    /// Nobody told; why.
    Unknown(String),
}

/// Where one record leads. Names are in lower case and without a final dot.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Lead {
    /// The host and the port that a service record names.
    pub service: Option<(String, u16)>,
    /// The aliases from there on, or from the name of the record on.
    pub aliases: Vec<String>,
    /// How the way ends.
    pub end: End,
}

impl Lead {
    /// As a report shows it: `SRV sip.contoso.com:5061 (192.0.2.7)`, `CNAME edge.contoso.com (192.0.2.7)`, `192.0.2.7`.
    #[must_use]
    pub fn shown(&self) -> String {
        let end = match &self.end {
            End::Addresses(addresses) => {
                addresses.iter().map(IpAddr::to_string).collect::<Vec<_>>().join(", ")
            }
            End::NoName => "does not exist".to_owned(),
            End::NoAddress => "no address".to_owned(),
            End::Online => String::new(),
            End::Endless => "without end".to_owned(),
            End::Unknown(why) => why.clone(),
        };
        let way = self.way();
        match (way.is_empty(), end.is_empty()) {
            (true, _) => end,
            (_, true) => way,
            _ => format!("{way} ({end})"),
        }
    }

    fn way(&self) -> String {
        let service = self.service.iter().map(|(host, port)| format!("SRV {host}:{port}"));
        let aliases = self.aliases.iter().map(|alias| format!("CNAME {alias}"));
        service.chain(aliases).collect::<Vec<_>>().join(" ")
    }

    /// What the zone holds: the hosts, whose addresses may be others tomorrow; addresses where it names no host.
    #[must_use]
    pub fn value(&self) -> String {
        let way = self.way();
        if way.is_empty() { self.shown() } else { way }
    }

    /// Where it ends, as a message names it: the last host, or the addresses.
    #[must_use]
    pub fn named(&self) -> String {
        match (self.hosts().next_back(), &self.end) {
            (Some(host), _) => format!("`{host}`"),
            (None, End::Addresses(addresses)) => {
                let addresses: Vec<String> = addresses.iter().map(|address| format!("`{address}`")).collect();
                addresses.join(", ")
            }
            (None, _) => "nothing".to_owned(),
        }
    }

    /// The hosts on the way, the one named by the record first.
    pub fn hosts(&self) -> impl DoubleEndedIterator<Item = &str> {
        let service = self.service.iter().map(|(host, _)| host.as_str());
        service.chain(self.aliases.iter().map(String::as_str))
    }
}

/// What a name server says about one record.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Seen {
    /// It is not there.
    Absent(Absence),
    /// Where it leads; at least one.
    Leads(Vec<Lead>),
    /// No answer that could be used; why.
    Unknown(String),
}

/// The answers of all name servers that were asked for one record, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    /// The record.
    pub record: Record,
    /// The server as it was named, and what it says.
    pub seen: Vec<(String, Seen)>,
}

/// A SIP domain, and what was seen of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// The domain: ASCII, in lower case, without a final dot.
    pub name: String,
    /// What was asked for.
    pub records: Vec<Answers>,
}

impl Absence {
    /// In words.
    #[must_use]
    pub fn told(self) -> &'static str {
        match self {
            Self::NoName => "the name does not exist (NXDOMAIN)",
            Self::NoRecord => "the name has no such record",
            Self::NoService => "it says that there is no service (target `.`)",
        }
    }
}

impl Answers {
    /// The different answers in the order of the servers, each with the servers that gave it where there are several.
    #[must_use]
    pub fn different(&self) -> Vec<(&Seen, String)> {
        let mut different: Vec<(&Seen, Vec<&str>)> = Vec::new();
        for (server, seen) in &self.seen {
            match different.iter_mut().find(|(known, _)| *known == seen) {
                Some((_, servers)) => servers.push(server),
                None => different.push((seen, vec![server])),
            }
        }
        let one = different.len() == 1;
        let told = |servers: &[&str]| {
            let servers: Vec<String> = servers.iter().map(|server| format!("`{server}`")).collect();
            if one { String::new() } else { format!(" (at {})", servers.join(", ")) }
        };
        different.into_iter().map(|(seen, servers)| (seen, told(&servers))).collect()
    }
}

impl Seen {
    /// As a report shows it.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Absent(absence) => absence.told().to_owned(),
            Self::Leads(leads) => leads.iter().map(Lead::shown).collect::<Vec<_>>().join("; "),
            Self::Unknown(why) => why.clone(),
        }
    }

    /// What the zone holds; see [`Lead::value`].
    #[must_use]
    pub fn value(&self) -> String {
        match self {
            Self::Leads(leads) => leads.iter().map(Lead::value).collect::<Vec<_>>().join("; "),
            other => other.shown(),
        }
    }

    /// Where it leads, as a message names it.
    #[must_use]
    pub fn named(&self) -> String {
        match self {
            Self::Leads(leads) => leads.iter().map(Lead::named).collect::<Vec<_>>().join(", "),
            _ => "nothing".to_owned(),
        }
    }
}
