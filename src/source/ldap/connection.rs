//! A connection to a server: requests out, messages in (RFC 4511, 4.1.1).
//!
//! Messages are decoded where they lie in the buffer. ldap3 makes a tree of every message and then copies it: reading
//! a directory with it costs more processor time than ldapsearch does, and a message may be of any size and depth.

use std::sync::Arc;
use std::time::Instant;

use rustls::ClientConfig;

use super::ber::{self, Ber, nest, put, put_number, tag};
use super::fault::Fault;
use super::gather::Gather;
use super::outcome::Outcome;
use super::stream::Stream;
use super::tls;
use super::url::{Scheme, Server};
use super::watch::Clock;

/// How many octets a message may have. AD limits a page by its own means, and no object is as large.
const LIMIT: usize = 64 << 20;
/// How much is read at once.
const ROOM: usize = 256 << 10;
/// The request for StartTLS (RFC 4511, 4.14.1).
const START_TLS: &[u8] = b"1.3.6.1.4.1.1466.20037";
const EXTENDED_REQUEST: u8 = 0x77;
const EXTENDED_RESPONSE: u8 = 0x78;
const UNBIND: &[u8] = &[0x30, 5, 2, 1, 1, 0x42, 0];

/// A message from the server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Message<'c> {
    /// The tag of the operation.
    pub(super) tag: u8,
    /// The operation.
    pub(super) body: &'c [u8],
    /// Its controls, empty when there are none.
    pub(super) controls: &'c [u8],
}

/// An open connection.
pub(super) struct Connection<'w> {
    stream: Stream,
    clock: &'w Clock<'w>,
    /// What was read; from `start` on it was not given yet.
    input: Vec<u8>,
    start: usize,
    end: usize,
    /// Where the message that was given last ends.
    next: usize,
    last_id: i64,
    output: Vec<u8>,
    gather: Gather,
}

impl<'w> Connection<'w> {
    /// Connects, and starts TLS where it is asked for.
    pub(super) fn open(
        server: &Server,
        config: &Arc<ClientConfig>,
        options: &tls::Options,
        clock: &'w Clock<'w>,
    ) -> Result<Self, Fault> {
        let stream = Stream::open(server, clock)?;
        let input = vec![0; ROOM];
        let mut connection = Self {
            stream,
            clock,
            input,
            start: 0,
            end: 0,
            next: 0,
            last_id: 0,
            output: Vec::new(),
            gather: Gather::new(),
        };
        match server.scheme {
            Scheme::Ldaps => connection.stream.secure(config, &server.host, options, clock)?,
            Scheme::Ldap if options.start_tls => connection.start_tls(server, config, options)?,
            _ => {}
        }
        Ok(connection)
    }

    fn start_tls(
        &mut self,
        server: &Server,
        config: &Arc<ClientConfig>,
        options: &tls::Options,
    ) -> Result<(), Fault> {
        let id = self.send(&[], |into| nest(into, EXTENDED_REQUEST, |into| put(into, 0x80, START_TLS)))?;
        let message = self.receive(id)?;
        if message.tag != EXTENDED_RESPONSE {
            return Err(Fault::Malformed);
        }
        Outcome::read(&mut Ber(message.body))?.checked()?;
        if self.next != self.end {
            // Somebody put something in before the channel was safe.
            return Err(Fault::Malformed);
        }
        (self.start, self.next, self.end) = (0, 0, 0);
        self.stream.secure(config, &server.host, options, self.clock)
    }

    /// Whether nobody on the way can read what is sent.
    pub(super) fn is_private(&self) -> bool {
        self.stream.is_private()
    }

    /// The certificate of the server.
    #[cfg(feature = "kerberos")]
    pub(super) fn certificate(&self) -> Option<&[u8]> {
        match &self.stream {
            Stream::Tls(stream) => stream.conn.peer_certificates()?.first().map(AsRef::as_ref),
            _ => None,
        }
    }

    /// The time that operations have.
    pub(super) fn clock(&self) -> &'w Clock<'w> {
        self.clock
    }

    /// Sends a request with its controls, each an element; gives the number of the message.
    pub(super) fn send(
        &mut self,
        controls: &[u8],
        operation: impl FnOnce(&mut Vec<u8>),
    ) -> Result<i64, Fault> {
        self.last_id = self.last_id % i64::from(i32::MAX) + 1;
        let id = self.last_id;
        let mut output = std::mem::take(&mut self.output);
        output.clear();
        nest(&mut output, tag::SEQUENCE, |into| {
            put_number(into, tag::INTEGER, id);
            operation(into);
            if !controls.is_empty() {
                put(into, tag::CONTROLS, controls);
            }
        });
        let sent = self.stream.write(&output, self.clock);
        // It may hold a password.
        output.fill(0);
        self.output = output;
        sent.map(|()| id)
    }

    /// Says how many messages the answer to the next request may have, where they are many.
    pub(super) fn expect(&mut self, messages: u32) {
        self.gather.begin(messages);
    }

    /// The next message that answers a request; others are of requests that were given up.
    pub(super) fn receive(&mut self, id: i64) -> Result<Message<'_>, Fault> {
        let mut stray = None;
        loop {
            self.start = self.next;
            self.next = self.fill()?;
            self.gather.message();
            let mut parts = Ber(Ber(&self.input[self.start..self.next]).take(tag::SEQUENCE)?);
            let found = parts.number(tag::INTEGER)?;
            if found == id {
                break;
            }
            self.clock.patient(*stray.get_or_insert_with(Instant::now))?;
            let (of, body) = parts.next()?;
            if found == 0 && of == EXTENDED_RESPONSE {
                // The server says that it will close the connection.
                let outcome = Outcome::read(&mut Ber(body))?;
                return Err(if outcome.code == 0 { Fault::Closed } else { Fault::Refused(outcome) });
            }
        }
        let mut parts = Ber(Ber(&self.input[self.start..self.next]).take(tag::SEQUENCE)?);
        parts.number(tag::INTEGER)?;
        let (of, body) = parts.next()?;
        let controls = parts.take_if(tag::CONTROLS)?;
        Ok(Message { tag: of, body, controls: controls.unwrap_or_default() })
    }

    /// Reads until a whole message is there; gives where it ends.
    fn fill(&mut self) -> Result<usize, Fault> {
        let begun = Instant::now();
        loop {
            let head = ber::head(&self.input[self.start..self.end])?;
            let wanted = head.map_or(2, |head| head.end);
            if wanted > LIMIT || head.is_some_and(|head| head.tag != tag::SEQUENCE) {
                return Err(Fault::Malformed);
            }
            if head.is_some() && self.end - self.start >= wanted {
                return Ok(self.start + wanted);
            }
            if self.start + wanted.max(ROOM / 2) > self.input.len() {
                self.input.copy_within(self.start..self.end, 0);
                (self.start, self.end) = (0, self.end - self.start);
                self.next = 0;
                // What is announced is not yet there: room grows with what comes.
                if self.end + ROOM / 2 > self.input.len() {
                    self.input.resize((self.input.len() * 2).min(LIMIT + ROOM), 0);
                }
            }
            // A server that sends a little now and then is not silent, but no message may take for ever.
            self.clock.patient(begun)?;
            if let Some(wait) = self.stream.is_dry().then(|| self.gather.wait()).flatten() {
                std::thread::sleep(wait);
            }
            let read = self.stream.read(&mut self.input[self.end..])?.unwrap_or(0);
            self.gather.octets(read);
            self.end += read;
        }
    }
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        // A server that is told goes on at once; one that is gone already does not mind.
        let _ = self.stream.write(UNBIND, self.clock);
    }
}
