//! Messages in and out: BER over `rasn`, cut and joined as a script wants.

#![allow(clippy::no_effect_underscore_binding, reason = "the derive macros of rasn make them")]

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::Duration;

use rasn::prelude::*;
use rasn_ldap::{LdapMessage, ResultCode};

/// How what is sent is cut into writes.
#[derive(Clone, Copy)]
pub(crate) enum Frames {
    /// One message a write.
    Whole,
    /// Everything up to the end of an answer in one write.
    Merged,
    /// So many bytes a write, each sent on its own.
    Cut(usize),
    /// One byte every tenth of a second.
    Trickle,
}

/// An entry of an answer; names and values are bytes, so that they may be no UTF-8.
#[derive(AsnType, Encode)]
#[rasn(tag(application, 4))]
struct SearchResultEntry {
    dn: OctetString,
    attributes: SequenceOf<Attribute>,
}

#[derive(AsnType, Encode, Debug, Clone, PartialEq, Eq, Hash)]
struct Attribute {
    name: OctetString,
    values: Values,
}

/// A SET OF in the order given.
#[derive(AsnType, Encode, Debug, Clone, PartialEq, Eq, Hash)]
#[rasn(delegate, tag(universal, 17))]
struct Values(SequenceOf<OctetString>);

#[derive(AsnType, Encode)]
#[rasn(delegate, tag(application, 19))]
struct Reference(SequenceOf<OctetString>);

#[derive(AsnType, Encode)]
#[rasn(tag(application, 5))]
struct Done {
    code: Code,
    matched: OctetString,
    text: OctetString,
}

/// A result code, known or not.
#[derive(AsnType, Encode)]
#[rasn(delegate, tag(universal, 10))]
struct Code(Integer);

/// The value of the paged results control, RFC 2696.
#[derive(AsnType, Encode, Decode)]
pub(crate) struct Page {
    pub(crate) size: Integer,
    pub(crate) cookie: OctetString,
}

#[derive(AsnType, Encode)]
struct Control {
    oid: OctetString,
    value: OctetString,
}

/// The object identifier of the paged results control.
pub(crate) const PAGED: &[u8] = b"1.2.840.113556.1.4.319";

/// A tag and a length before this content.
fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x84][..], &length, content].concat()
}

fn message(id: u32, operation: &[u8], controls: &[u8]) -> Vec<u8> {
    let id = rasn::ber::encode(&Integer::from(id)).unwrap();
    wrap(0x30, &[&id[..], operation, controls].concat())
}

/// An entry as a message.
pub(crate) fn entry(id: u32, dn: &[u8], attributes: &[(Vec<u8>, Vec<Vec<u8>>)]) -> Vec<u8> {
    let octets = |bytes: &[u8]| OctetString::from(bytes.to_vec());
    let attributes = attributes.iter().map(|(name, values)| Attribute {
        name: octets(name),
        values: Values(values.iter().map(|value| octets(value)).collect()),
    });
    let operation = SearchResultEntry { dn: octets(dn), attributes: attributes.collect() };
    message(id, &rasn::ber::encode(&operation).unwrap(), &[])
}

/// A reference to elsewhere as a message.
pub(crate) fn reference(id: u32, url: &str) -> Vec<u8> {
    let operation = Reference(vec![OctetString::from(url.as_bytes().to_vec())]);
    message(id, &rasn::ber::encode(&operation).unwrap(), &[])
}

/// An intermediate response, RFC 4511 4.13, that says nothing.
pub(crate) fn between(id: u32) -> Vec<u8> {
    message(id, &[0x79, 0], &[])
}

/// The end of an answer as a message, with the cookie of the next page and how many entries there are said to be, if
/// there is paging.
pub(crate) fn done(id: u32, code: u32, text: &str, page: Option<(&[u8], u32)>) -> Vec<u8> {
    let operation = Done {
        code: Code(Integer::from(code)),
        matched: OctetString::from(Vec::new()),
        text: OctetString::from(text.as_bytes().to_vec()),
    };
    let controls = page.map_or_else(Vec::new, |(cookie, figure)| {
        let page = Page { size: Integer::from(figure), cookie: OctetString::from(cookie.to_vec()) };
        let value = OctetString::from(rasn::ber::encode(&page).unwrap());
        let control = Control { oid: OctetString::from(PAGED.to_vec()), value };
        wrap(0xa0, &rasn::ber::encode(&control).unwrap())
    });
    message(id, &rasn::ber::encode(&operation).unwrap(), &controls)
}

/// The answer to a bind as a message.
pub(crate) fn bound(id: u32, code: ResultCode, text: &str) -> Vec<u8> {
    let answer = rasn_ldap::BindResponse::new(code, "".into(), text.into(), None, None);
    rasn::ber::encode(&LdapMessage::new(id, rasn_ldap::ProtocolOp::BindResponse(answer))).unwrap()
}

/// The next message of a client; `None` when it has gone.
pub(crate) fn read(socket: &mut TcpStream) -> Option<LdapMessage> {
    let mut head = [0; 2];
    socket.read_exact(&mut head).ok()?;
    let mut frame = head.to_vec();
    let mut length = usize::from(head[1]);
    if length >= 0x80 {
        let mut long = vec![0; length - 0x80];
        socket.read_exact(&mut long).ok()?;
        length = long.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        frame.extend(&long);
    }
    let start = frame.len();
    frame.resize(start + length, 0);
    socket.read_exact(&mut frame[start..]).ok()?;
    Some(rasn::ber::decode(&frame).expect("a client sends messages of LDAP"))
}

/// What goes out on a connection.
pub(crate) struct Out {
    socket: TcpStream,
    frames: Frames,
    waiting: Vec<u8>,
}

impl Out {
    pub(crate) fn new(socket: TcpStream, frames: Frames) -> Self {
        Self { socket, frames, waiting: Vec::new() }
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self.frames {
            Frames::Whole => self.socket.write_all(bytes),
            Frames::Merged => {
                self.waiting.extend(bytes);
                Ok(())
            }
            Frames::Trickle => bytes.iter().try_for_each(|byte| {
                sleep(Duration::from_millis(100));
                self.socket.write_all(&[*byte])
            }),
            Frames::Cut(size) => bytes.chunks(size).try_for_each(|part| {
                // A pause now and then, or the pieces join again on their way.
                if part.first().is_some_and(|byte| byte % 64 == 0) {
                    sleep(Duration::from_micros(200));
                }
                self.socket.write_all(part)
            }),
        }
    }

    /// From here on a byte now and then: never silence, never an end.
    pub(crate) fn trickle(&mut self) {
        self.frames = Frames::Trickle;
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        let bytes = std::mem::take(&mut self.waiting);
        self.socket.write_all(&bytes)
    }
}
