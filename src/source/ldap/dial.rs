//! New connections: to the first of the servers that answers, with the account signed in.

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;

use super::bind::Account;
use super::connection::Connection;
use super::fault::{Fault, Help};
use super::tls;
use super::url::Server;
use super::watch::Clock;

/// How often something is tried.
pub(super) const TRIES: u32 = 6;

/// How connections are made.
pub(super) struct Dialer<'w> {
    /// The servers, in the order in which they are tried; at least one.
    pub(super) servers: Vec<Server>,
    /// How they are verified.
    pub(super) tls: tls::Options,
    config: Arc<ClientConfig>,
    account: Account,
    clock: &'w Clock<'w>,
}

impl<'w> Dialer<'w> {
    pub(super) fn new(
        servers: Vec<Server>,
        tls: tls::Options,
        account: Account,
        clock: &'w Clock<'w>,
    ) -> crate::error::Result<Self> {
        let config = tls::config(&tls)?;
        Ok(Self { servers, tls, config, account, clock })
    }

    /// The same for the server at a place alone.
    pub(super) fn only(&self, place: usize) -> Self {
        Self {
            servers: self.servers.get(place).cloned().into_iter().collect(),
            tls: self.tls.clone(),
            config: Arc::clone(&self.config),
            account: self.account.clone(),
            clock: self.clock,
        }
    }

    /// Connects to the server at a place, or to one behind it; gives its place.
    pub(super) fn dial(&self, first: usize) -> Result<(Connection<'w>, usize), Fault> {
        let mut last = Fault::Closed;
        for step in 0..self.servers.len() {
            let place = (first + step) % self.servers.len();
            match self.one(place) {
                Ok(connection) => return Ok((connection, place)),
                Err(fault) if fault.ends_the_run() => return Err(fault),
                Err(fault) => {
                    if self.servers.len() > 1 {
                        self.clock.note(&format!("{}: {}", self.servers[place], fault.what()));
                    }
                    last = fault;
                }
            }
        }
        Err(last)
    }

    fn one(&self, place: usize) -> Result<Connection<'w>, Fault> {
        let server = &self.servers[place];
        let mut connection = Connection::open(server, &self.config, &self.tls, self.clock)?;
        // By whatever name the certificate knows the server, Kerberos knows it, too.
        connection.bind(&self.account, self.tls.server_name.as_deref().unwrap_or(&server.host))?;
        Ok(connection)
    }

    /// Connects, and does something that may fail for a while.
    pub(super) fn with<T>(
        &self,
        mut what: impl FnMut(&mut Connection<'w>) -> Result<T, Fault>,
    ) -> Result<(Connection<'w>, usize, T), Fault> {
        let mut first = 0;
        for tried in 1.. {
            let fault = match self.dial(first) {
                Ok((mut connection, place)) => match what(&mut connection) {
                    Ok(done) => return Ok((connection, place, done)),
                    Err(fault) => {
                        first = place + 1;
                        fault
                    }
                },
                Err(fault) => fault,
            };
            if tried == TRIES || fault.help() != Help::Again || matches!(fault, Fault::Io(_)) {
                return Err(fault);
            }
            self.clock.note(&format!("{}; trying again", fault.what()));
            self.clock.sleep(pause(tried))?;
        }
        Err(Fault::Closed)
    }
}

/// How long to wait before the next try: half a second, then twice as long each time.
pub(super) fn pause(tried: u32) -> Duration {
    Duration::from_millis(250 << tried.min(6))
}
