//! Name servers as an input: what they say of the records of SIP domains.
//!
//! Every step of the way to a host is a question of its own, so that it is known which alias leads to which, and what
//! exactly is missing. Nothing else of the program asks name servers.

mod name;
mod server;
mod walk;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::task::JoinSet;

use crate::error::{Error, Result};
use crate::model::dns::{Answers, Domain, Record, Seen};
use server::Server;

/// How many records are asked for at a time.
const AT_A_TIME: usize = 16;

/// A record takes no longer than so many questions without an answer, however many it needs.
const QUESTIONS: u32 = 8;

/// How often is looked whether the run is to end before its time.
const PULSE: Duration = Duration::from_millis(100);

/// What is asked, and whom.
#[derive(Debug, Clone)]
pub struct Request {
    /// The domains: ASCII, in lower case, without a final dot.
    pub domains: Vec<String>,
    /// Whether the records of the network inside are asked for too.
    pub internal: bool,
    /// The name servers, each to be asked; without any, those of the system as one.
    pub servers: Vec<SocketAddr>,
    /// How long an answer is waited for.
    pub timeout: Duration,
    /// How often a question without an answer is asked again.
    pub retries: usize,
}

/// Asks for all records, several at a time. What cannot be asked is told in its place, never an error.
///
/// # Errors
/// The run is to end before its time.
pub fn ask(request: &Request, interrupted: &dyn Fn() -> bool) -> Result<Vec<Domain>> {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(Error::io("open a socket for", "DNS"))?;
    let asked = runtime.block_on(all(request, interrupted));
    // A question that is still under way has nobody to answer to.
    runtime.shutdown_background();
    asked
}

async fn all(request: &Request, interrupted: &dyn Fn() -> bool) -> Result<Vec<Domain>> {
    let servers: Vec<Arc<Server>> = Server::all(request).into_iter().map(Arc::new).collect();
    let mut domains: Vec<Domain> =
        request.domains.iter().map(|name| blank(name, request, &servers)).collect();
    let mut left = places(&domains).into_iter();
    let mut asking = JoinSet::new();
    loop {
        while asking.len() < AT_A_TIME
            && let Some(place) = left.next()
        {
            let (domain, record, nth) = place;
            let answers = &domains[domain].records[record];
            let (kind, name, server) = (
                answers.record,
                format!("{}.{}.", answers.record.name(), domains[domain].name),
                servers[nth].clone(),
            );
            asking.spawn(async move { (place, in_time(&server, kind, &name).await) });
        }
        match tokio::time::timeout(PULSE, asking.join_next()).await {
            _ if interrupted() => return Err(Error::Interrupted),
            Ok(None) => return Ok(domains),
            // Nothing yet; or whatever went wrong inside of a task, its record keeps the word that it has from the start.
            Err(_) | Ok(Some(Err(_))) => {}
            Ok(Some(Ok(((domain, record, nth), seen)))) => {
                domains[domain].records[record].seen[nth].1 = seen;
            }
        }
    }
}

/// What a server says about a record, if it says so before long.
async fn in_time(server: &Server, record: Record, name: &str) -> Seen {
    let most = server.most.saturating_mul(QUESTIONS);
    let seen = tokio::time::timeout(most, walk::record(server, record, name)).await;
    seen.unwrap_or_else(|_| Seen::Unknown(server::LATE.to_owned()))
}

/// A domain of which nothing is known yet.
fn blank(name: &str, request: &Request, servers: &[Arc<Server>]) -> Domain {
    let unasked = |server: &Arc<Server>| (server.name.clone(), Seen::Unknown("it was not asked".to_owned()));
    let records = Record::ALL.into_iter().filter(|record| request.internal || !record.is_internal());
    let answers = |record| Answers { record, seen: servers.iter().map(unasked).collect() };
    Domain { name: name.to_owned(), records: records.map(answers).collect() }
}

/// Every question: the places of domain, record and server.
fn places(domains: &[Domain]) -> Vec<(usize, usize, usize)> {
    let mut places = Vec::new();
    for (domain, of) in domains.iter().enumerate() {
        for (record, answers) in of.records.iter().enumerate() {
            places.extend((0..answers.seen.len()).map(|server| (domain, record, server)));
        }
    }
    places
}
