//! Servers that DNS names: `ldaps:///DC=contoso,DC=com` is whoever serves `contoso.com` (RFC 2782, RFC 3088).
//!
//! DNS can be forged. A certificate proves that a server has its name, and only the end of the name proves that it
//! belongs to the domain: servers of other names are left out, and have to be named in the URL.

use std::fmt::Display;
use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::RData;
use hickory_resolver::proto::rr::rdata::SRV;
use tokio::runtime::{Builder, Runtime};

use super::fault::Fault;
use super::fetch::Request;
use super::names;
use super::url::{Scheme, Server, Url};
use super::watch::Clock;

/// The most servers of a domain that are tried.
const MOST: usize = 16;
/// The longest wait before somebody looks whether the run is to end.
const TICK: Duration = Duration::from_millis(200);

/// A request with the servers that DNS names for its base, where its URL names none.
///
/// # Errors
/// When the URL names neither server nor domain, or when DNS has no answer.
pub(super) fn located(request: &Request, clock: &Clock<'_>) -> crate::error::Result<Request> {
    if !request.url.servers.is_empty() {
        return Ok(request.clone());
    }
    let found = servers(request, clock).map_err(|fault| fault.into_error(&request.url.to_string()))?;
    Ok(Request { url: Url { servers: found, ..request.url.clone() }, ..request.clone() })
}

fn servers(request: &Request, clock: &Clock<'_>) -> Result<Vec<Server>, Fault> {
    let url = &request.url;
    let base = Some(&url.base).filter(|base| !base.is_empty()).or(request.bases.first());
    let domain = base.and_then(|base| domain(base)).ok_or_else(|| {
        let what = "the URL names neither a server nor a domain";
        let remedy =
            "write ldaps://dc1.contoso.com, or ldaps:///DC=contoso,DC=com for whoever serves contoso.com";
        Fault::Never(what.into(), remedy.into())
    })?;
    let asking = Asking::new(&request.dns, clock)?;
    let mut servers = asking.of_domain(&domain, url.scheme)?;
    if !request.dns.is_empty() {
        // The system does not know what these name servers know.
        for server in &mut servers {
            asking.address(server)?;
        }
        servers.retain(|server| !server.addresses.is_empty());
    }
    if servers.is_empty() {
        return Err(unknown("the servers have no address in DNS"));
    }
    Ok(servers)
}

fn unknown(what: impl Into<String>) -> Fault {
    let remedy =
        "check the domain, ask a name server that knows it with --dns-server, or name a server in the URL";
    Fault::Never(what.into(), remedy.into())
}

/// The domain of a base: `OU=Staff,DC=contoso,DC=com` is in `contoso.com` (RFC 2247).
fn domain(base: &str) -> Option<String> {
    let spelled = names::spelled(base);
    let mut labels: Vec<&str> = spelled.rsplit(',').map_while(|part| part.strip_prefix("dc=")).collect();
    labels.reverse();
    let good = |label: &&str| {
        label.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')) && !label.is_empty()
    };
    (!labels.is_empty() && labels.iter().all(good)).then(|| labels.join("."))
}

/// Where servers stand in DNS, and the port that they have there; `None` is the port of the record.
fn places(domain: &str, scheme: Scheme) -> Vec<(String, Option<u16>)> {
    // Domain controllers are in the first; `_ldaps` is what others use, and the port of `_ldap` is one without TLS.
    let port = (scheme == Scheme::Ldaps).then_some(636);
    let mut places = vec![(format!("_ldap._tcp.dc._msdcs.{domain}."), port)];
    if scheme == Scheme::Ldaps {
        places.push((format!("_ldaps._tcp.{domain}."), None));
    }
    places.push((format!("_ldap._tcp.{domain}."), port));
    places
}

fn name_server(address: &SocketAddr) -> NameServerConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = address.port();
        connection
    });
    NameServerConfig::new(address.ip(), true, connections.into())
}

/// A resolver, and somewhere to wait for it.
struct Asking<'c> {
    runtime: Runtime,
    resolver: TokioResolver,
    clock: &'c Clock<'c>,
}

impl<'c> Asking<'c> {
    fn new(dns: &[SocketAddr], clock: &'c Clock<'c>) -> Result<Self, Fault> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let broken = |why: NetError| unknown(format!("DNS cannot be asked: {why}"));
        let mut builder = if dns.is_empty() {
            TokioResolver::builder_tokio().map_err(broken)?
        } else {
            let config = ResolverConfig::from_parts(None, Vec::new(), dns.iter().map(name_server).collect());
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        };
        let options = builder.options_mut();
        options.timeout = options.timeout.min(clock.connect_timeout());
        let resolver = builder.build().map_err(broken)?;
        Ok(Self { runtime, resolver, clock })
    }

    /// Waits for an answer; `None` says that DNS knows nothing of the name.
    fn wait<T>(&self, question: impl Future<Output = Result<T, NetError>>) -> Result<Option<T>, Fault> {
        let answer = self.runtime.block_on(async {
            let mut question = std::pin::pin!(question);
            loop {
                self.clock.check()?;
                if let Ok(answer) = tokio::time::timeout(TICK, &mut question).await {
                    return Ok::<_, Fault>(answer);
                }
            }
        })?;
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(NetError::Dns(DnsError::NoRecordsFound(none))) => match none.response_code {
                ResponseCode::NoError | ResponseCode::NXDomain => Ok(None),
                code => Err(unknown(format!("DNS gives no answer: {code}"))),
            },
            Err(why) => Err(unknown(format!("DNS gives no answer: {why}"))),
        }
    }

    /// The servers of a domain, in the order in which they are tried.
    fn of_domain(&self, domain: &str, scheme: Scheme) -> Result<Vec<Server>, Fault> {
        let mut failed = None;
        for (place, port) in places(domain, scheme) {
            let records = match self.wait(self.resolver.srv_lookup(place.as_str())) {
                Ok(found) => found.map(|found| services(found.answers().iter().map(|record| &record.data))),
                Err(fault) if fault.ends_the_run() && !matches!(fault, Fault::Never(..)) => {
                    return Err(fault);
                }
                Err(fault) => {
                    failed = Some(fault);
                    None
                }
            };
            let dice = RandomState::new();
            let mut thrown = 0_u64;
            let mut found = ordered(records.unwrap_or_default(), &mut |bound| {
                thrown += 1;
                dice.hash_one(thrown) % bound
            });
            found.retain(|service| self.belongs(service, domain));
            found.truncate(MOST);
            if !found.is_empty() {
                self.clock.note(&format!("{domain} is served by {}, says DNS ({place})", listed(&found)));
                return Ok(found.into_iter().map(|service| service.server(scheme, port)).collect());
            }
        }
        Err(failed.unwrap_or_else(|| unknown(format!("DNS names no server of `{domain}`"))))
    }

    fn belongs(&self, service: &Service, domain: &str) -> bool {
        let own = service
            .host
            .strip_suffix(domain)
            .is_some_and(|before| before.is_empty() || before.ends_with('.'));
        if !own {
            let host = &service.host;
            self.clock.note(&format!("DNS names `{host}` as a server of {domain}, which is not in that domain: it is left out; if it is right, name it in the URL"));
        }
        own
    }

    /// Asks for the addresses of a server.
    fn address(&self, server: &mut Server) -> Result<(), Fault> {
        let name = format!("{}.", server.host.trim_end_matches('.'));
        match self.wait(self.resolver.lookup_ip(name))? {
            Some(found) => server.addresses = found.iter().collect(),
            None => self.clock.note(&format!("{server}: DNS does not know the name")),
        }
        Ok(())
    }
}

/// A record of a service (RFC 2782).
#[derive(Debug, Clone, PartialEq, Eq)]
struct Service {
    priority: u16,
    weight: u16,
    port: u16,
    /// In small letters, without a dot at its end.
    host: String,
}

impl Service {
    fn of(record: &SRV) -> Option<Self> {
        let host = record.target.to_ascii().trim_end_matches('.').to_ascii_lowercase();
        let SRV { priority, weight, port, .. } = *record;
        // The root says that nobody offers the service.
        (!host.is_empty()).then_some(Self { priority, weight, port, host })
    }

    fn server(self, scheme: Scheme, port: Option<u16>) -> Server {
        Server { scheme, host: self.host, port: port.unwrap_or(self.port), addresses: Vec::new() }
    }
}

fn services<'r>(records: impl Iterator<Item = &'r RData>) -> Vec<Service> {
    let service = |record: &RData| match record {
        RData::SRV(record) => Service::of(record),
        _ => None,
    };
    records.filter_map(service).collect()
}

fn listed(services: &[Service]) -> impl Display {
    services.iter().map(|service| service.host.as_str()).collect::<Vec<_>>().join(", ")
}

/// The order in which they are tried: by priority, and by chance as their weights are where it is the same.
/// `throw` gives a number below a bound.
fn ordered(mut services: Vec<Service>, throw: &mut dyn FnMut(u64) -> u64) -> Vec<Service> {
    services.sort_by_key(|service| (service.priority, service.weight));
    let mut ordered = Vec::with_capacity(services.len());
    while let Some(first) = services.first() {
        let equal = services.iter().take_while(|other| other.priority == first.priority).count();
        let total: u64 = services[..equal].iter().map(|service| u64::from(service.weight)).sum();
        let mut left = throw(total + 1);
        // One without weight is taken when chance says 0, and those stand first.
        let chosen = services[..equal].iter().position(|service| {
            let weight = u64::from(service.weight);
            let met = left <= weight;
            left = left.saturating_sub(weight);
            met
        });
        ordered.push(services.remove(chosen.unwrap_or(0)));
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domain_of_a_base() {
        for (base, expected) in [
            ("DC=contoso,DC=com", Some("contoso.com")),
            ("OU=Staff, dc=Corp ,DC=contoso,DC=com", Some("corp.contoso.com")),
            ("O=Contoso", None),
            ("DC=contoso,DC=com,C=DE", None),
            ("DC=a b,DC=com", None),
            ("DC=,DC=com", None),
            ("", None),
        ] {
            assert_eq!(domain(base).as_deref(), expected, "{base}");
        }
    }

    fn service(priority: u16, weight: u16, host: &str) -> Service {
        Service { priority, weight, port: 389, host: host.into() }
    }

    #[test]
    fn priorities_come_before_weights_and_weights_before_chance() {
        let services = || {
            vec![
                service(1, 9, "spare"),
                service(0, 30, "big"),
                service(0, 10, "small"),
                service(0, 0, "none"),
            ]
        };
        let hosts = |mut throw: Box<dyn FnMut(u64) -> u64>| {
            let found = ordered(services(), &mut throw);
            found.into_iter().map(|service| service.host).collect::<Vec<_>>()
        };
        assert_eq!(hosts(Box::new(|_| 0)), ["none", "small", "big", "spare"]);
        assert_eq!(hosts(Box::new(|bound| bound - 1)), ["big", "small", "none", "spare"]);
        let mut state = 1_u64;
        let mut first = 0;
        for _ in 0..4000 {
            let mut throw = |bound: u64| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 33) % bound
            };
            first += usize::from(ordered(services(), &mut throw)[0].host == "big");
        }
        assert!((2700..3200).contains(&first), "three of four: {first}");
    }

    #[test]
    fn places_by_scheme() {
        let ldaps: Vec<_> = places("a.b", Scheme::Ldaps).into_iter().map(|(place, _)| place).collect();
        assert_eq!(ldaps, ["_ldap._tcp.dc._msdcs.a.b.", "_ldaps._tcp.a.b.", "_ldap._tcp.a.b."]);
        assert_eq!(places("a.b", Scheme::Ldap).last().unwrap().1, None);
    }
}
