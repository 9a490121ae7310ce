//! One name server, or those of the system as one, and what its answers mean.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RecordType};
use hickory_resolver::{Resolver, TokioResolver};

use super::Request;
use crate::model::dns::Absence;
use crate::rules::organisation::dns::{REFERRAL, REFUSED};

/// After so many questions without any answer a server is asked no more.
const PATIENCE: u32 = 3;

/// A name server.
pub(super) struct Server {
    /// As it is told: its address, with the port where that is an unusual one.
    pub(super) name: String,
    resolver: std::result::Result<TokioResolver, String>,
    /// How long one question may take, with all that are asked again.
    pub(super) most: Duration,
    /// Whether it was named: it may serve its own domains alone, and those of the system look up every name.
    named: bool,
    /// Questions without an answer, until there is one.
    silent: AtomicU32,
}

/// What a server does not answer with records.
pub(super) enum Nothing {
    /// It says that there are none.
    Absent(Absence),
    /// It does not say; why.
    Unknown(String),
}

/// Without an answer before the time is over.
pub(super) const LATE: &str = "no answer in time";

/// What the servers of the system are called.
const SYSTEM: &str = "the system's name servers";

impl Server {
    /// Those that a request names.
    pub(super) fn all(request: &Request) -> Vec<Self> {
        if request.servers.is_empty() {
            return vec![Self::new(SYSTEM.to_owned(), request, system(request))];
        }
        let one = |address: &SocketAddr| {
            let name = if address.port() == 53 { address.ip().to_string() } else { address.to_string() };
            Self::new(name, request, at(*address, request))
        };
        request.servers.iter().map(one).collect()
    }

    fn new(name: String, request: &Request, resolver: std::result::Result<TokioResolver, NetError>) -> Self {
        let asked = u32::try_from(request.retries + 1).unwrap_or(u32::MAX);
        Self {
            name,
            resolver: resolver
                .map_err(|error| format!("the name servers of the system are not known: {error}")),
            most: request.timeout.saturating_mul(asked),
            named: !request.servers.is_empty(),
            silent: AtomicU32::new(0),
        }
    }

    /// Asks for the records of a name; one kind alone, aliases are not followed.
    pub(super) async fn ask(&self, name: &Name, kind: RecordType) -> Result<Lookup, Nothing> {
        let resolver = self.resolver.as_ref().map_err(|why| Nothing::Unknown(why.clone()))?;
        if self.silent.load(Ordering::Relaxed) >= PATIENCE {
            return Err(Nothing::Unknown("it did not answer before, and was not asked again".to_owned()));
        }
        let answer = tokio::time::timeout(self.most, resolver.lookup(name.clone(), kind)).await;
        let answer = answer.unwrap_or(Err(NetError::Timeout));
        let silent = matches!(answer, Err(NetError::Timeout | NetError::Io(_) | NetError::NoConnections));
        if silent {
            self.silent.fetch_add(1, Ordering::Relaxed);
        } else {
            // From now on it is known to be there.
            self.silent.store(0, Ordering::Relaxed);
        }
        answer.map_err(|error| nothing(&error, self.named))
    }
}

/// What an answer without records means (RFC 2308), of a server that was named or of those of the system.
fn nothing(error: &NetError, named: bool) -> Nothing {
    let unknown = |why: &str| Nothing::Unknown(why.to_owned());
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
            ResponseCode::NXDomain => Nothing::Absent(Absence::NoName),
            ResponseCode::NoError if none.ns.is_some() && none.soa.is_none() => unknown(if named {
                REFERRAL
            } else {
                "it refers to other name servers instead of asking them"
            }),
            ResponseCode::NoError => Nothing::Absent(Absence::NoRecord),
            code => Nothing::Unknown(word(code, named)),
        },
        NetError::Dns(DnsError::ResponseCode(code)) => Nothing::Unknown(word(*code, named)),
        NetError::Timeout => unknown(LATE),
        NetError::Io(error) => Nothing::Unknown(format!("it cannot be reached: {error}")),
        NetError::NoConnections => unknown("it cannot be reached"),
        other => Nothing::Unknown(format!("no answer that could be used: {other}")),
    }
}

/// A response code as people look it up.
fn word(code: ResponseCode, named: bool) -> String {
    let why = match code {
        ResponseCode::ServFail => "it answered SERVFAIL: it could not find out",
        ResponseCode::Refused if named => REFUSED,
        ResponseCode::Refused => "it answered REFUSED: it does not answer this machine",
        ResponseCode::NotImp => "it answered NOTIMP: it does not know the question",
        ResponseCode::FormErr => "it answered FORMERR: it did not understand the question",
        other => return format!("it answered {other}"),
    };
    why.to_owned()
}

fn at(address: SocketAddr, request: &Request) -> Result<TokioResolver, NetError> {
    let mut server = NameServerConfig::udp_and_tcp(address.ip());
    server
        .connections
        .iter_mut()
        .for_each(|connection: &mut ConnectionConfig| connection.port = address.port());
    let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
    let mut builder = Resolver::builder_with_config(config, TokioRuntimeProvider::default());
    set(builder.options_mut(), request);
    builder.build()
}

fn system(request: &Request) -> Result<TokioResolver, NetError> {
    let mut builder = Resolver::builder_tokio()?;
    set(builder.options_mut(), request);
    builder.build()
}

fn set(options: &mut ResolverOpts, request: &Request) {
    options.timeout = request.timeout;
    options.attempts = request.retries;
    options.use_hosts_file = ResolveHosts::Never;
    options.ndots = 0;
}
