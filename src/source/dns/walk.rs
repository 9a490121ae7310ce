//! The way from a record to where it leads: aliases one by one, then the service, then the host.

use std::net::IpAddr;

use hickory_resolver::lookup::Lookup;
use hickory_resolver::proto::rr::{Name, RData, RecordType};

use super::name::text;
use super::server::{Nothing, Server};
use crate::model::dns::{Absence, End, Lead, Record, Seen};
use crate::rules::organisation::dns::is_online;

/// No alias leads over more hosts than these.
const LONGEST: usize = 12;

/// Of a service so many hosts are looked up.
const HOSTS: usize = 16;

/// What a server says about a record.
pub(super) async fn record(server: &Server, record: Record, name: &str) -> Seen {
    let Ok(name) = Name::from_ascii(name) else {
        return Seen::Unknown("it is no name that DNS has".to_owned());
    };
    let way = aliases(server, name.clone()).await;
    let seen = match (record.port(), way.stop) {
        (Some(_), Stop::Here(at)) => service(server, at, way.aliases).await,
        (_, stop) => host(server, stop, way.aliases).await,
    };
    in_order(seen)
}

/// What was followed, and where that ended.
struct Way {
    aliases: Vec<String>,
    stop: Stop,
}

enum Stop {
    /// At a name that is no alias.
    Here(Name),
    /// At a host of the online service.
    Online,
    /// At a name that does not exist.
    NoName,
    Endless,
    Unknown(String),
}

/// Follows the aliases from a name on.
async fn aliases(server: &Server, mut name: Name) -> Way {
    let mut aliases = vec![text(&name)];
    let stop = loop {
        if aliases.last().is_some_and(|host| is_online(host)) {
            break Stop::Online;
        }
        let next = match server.ask(&name, RecordType::CNAME).await {
            Ok(answer) => target(&name, &answer),
            Err(Nothing::Absent(Absence::NoName)) => break Stop::NoName,
            Err(Nothing::Absent(_)) => None,
            Err(Nothing::Unknown(why)) => break Stop::Unknown(why),
        };
        let Some(next) = next else { break Stop::Here(name) };
        let host = text(&next);
        let again = aliases.contains(&host);
        aliases.push(host);
        if again || aliases.len() > LONGEST {
            break Stop::Endless;
        }
        name = next;
    };
    // The first is the name itself.
    aliases.remove(0);
    Way { aliases, stop }
}

/// What a server says of this name and of no other, whatever else it sends along.
fn own<'a>(name: &'a Name, answer: &'a Lookup) -> impl Iterator<Item = &'a RData> {
    answer.answers().iter().filter(move |record| record.name == *name).map(|record| &record.data)
}

fn target(name: &Name, answer: &Lookup) -> Option<Name> {
    own(name, answer).find_map(|data| match data {
        RData::CNAME(target) => Some(target.0.clone()),
        _ => None,
    })
}

/// What is found at the end of the aliases of a host.
async fn host(server: &Server, stop: Stop, aliases: Vec<String>) -> Seen {
    let end = match stop {
        Stop::NoName if aliases.is_empty() => return Seen::Absent(Absence::NoName),
        Stop::Unknown(why) if aliases.is_empty() => return Seen::Unknown(why),
        Stop::Here(name) => match addresses(server, &name).await {
            End::NoAddress if aliases.is_empty() => return Seen::Absent(Absence::NoRecord),
            End::NoName if aliases.is_empty() => return Seen::Absent(Absence::NoName),
            End::Unknown(why) if aliases.is_empty() => return Seen::Unknown(why),
            end => end,
        },
        stop => end(stop),
    };
    Seen::Leads(vec![Lead { service: None, aliases, end }])
}

fn end(stop: Stop) -> End {
    match stop {
        Stop::Online => End::Online,
        Stop::NoName => End::NoName,
        Stop::Endless => End::Endless,
        Stop::Unknown(why) => End::Unknown(why),
        Stop::Here(_) => End::NoAddress,
    }
}

/// The addresses of a host, of both families.
async fn addresses(server: &Server, name: &Name) -> End {
    let mut all: Vec<IpAddr> = Vec::new();
    let mut unknown = None;
    for kind in [RecordType::A, RecordType::AAAA] {
        match server.ask(name, kind).await {
            Ok(answer) => all.extend(own(name, &answer).filter_map(RData::ip_addr)),
            Err(Nothing::Absent(Absence::NoName)) => return End::NoName,
            Err(Nothing::Absent(_)) => {}
            Err(Nothing::Unknown(why)) => unknown = Some(why),
        }
    }
    all.sort_unstable();
    all.dedup();
    match unknown {
        _ if !all.is_empty() => End::Addresses(all),
        Some(why) => End::Unknown(why),
        None => End::NoAddress,
    }
}

/// The hosts that a service record names, each with where it leads.
async fn service(server: &Server, name: Name, aliases: Vec<String>) -> Seen {
    let answer = match server.ask(&name, RecordType::SRV).await {
        Ok(answer) => answer,
        Err(Nothing::Unknown(why)) => return Seen::Unknown(why),
        Err(Nothing::Absent(Absence::NoName)) if !aliases.is_empty() => {
            return Seen::Leads(vec![Lead { service: None, aliases, end: End::NoName }]);
        }
        // An alias for all names (`*`) stands for hosts: it says nothing of services.
        Err(Nothing::Absent(absence)) => return Seen::Absent(absence),
    };
    let services = own(&name, &answer).filter_map(|data| match data {
        RData::SRV(service) if !service.target.is_root() => Some((service.target.clone(), service.port)),
        _ => None,
    });
    let mut leads = Vec::new();
    for (nth, (host, port)) in services.enumerate() {
        let service = Some((text(&host), port));
        let (aliases, end) = if nth < HOSTS {
            reach(server, host).await
        } else {
            (Vec::new(), End::Unknown("it names too many hosts to look them all up".to_owned()))
        };
        leads.push(Lead { service, aliases, end });
    }
    if leads.is_empty() { Seen::Absent(Absence::NoService) } else { Seen::Leads(leads) }
}

/// Where the host of a service leads.
async fn reach(server: &Server, host: Name) -> (Vec<String>, End) {
    let way = aliases(server, host).await;
    let end = match way.stop {
        Stop::Here(name) => addresses(server, &name).await,
        stop => end(stop),
    };
    (way.aliases, end)
}

/// Several hosts in an order that does not depend on the server's.
fn in_order(mut seen: Seen) -> Seen {
    if let Seen::Leads(leads) = &mut seen {
        leads.sort_by(|one, other| (&one.service, &one.aliases).cmp(&(&other.service, &other.aliases)));
        leads.dedup();
    }
    seen
}
