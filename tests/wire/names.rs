//! A scripted name server: it knows what it is told, and of everything else that it does not exist.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use hickory_resolver::proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, SRV};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};

/// A running name server; it ends when this is dropped.
pub(crate) struct Names {
    pub(crate) address: SocketAddr,
    ended: Arc<AtomicBool>,
}

/// What a name server knows.
#[derive(Default)]
pub(crate) struct Zone {
    known: BTreeMap<Name, Vec<RData>>,
    refuses: bool,
}

fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap().to_lowercase()
}

impl Zone {
    /// A server that refuses whatever it is asked.
    pub(crate) fn refusing() -> Self {
        Self { refuses: true, ..Self::default() }
    }

    /// A server of a service: where it stands, its priority, its port and its name.
    pub(crate) fn service(mut self, place: &str, priority: u16, port: u16, host: &str) -> Self {
        let record = SRV::new(priority, 100, port, name(host));
        self.known.entry(name(place)).or_default().push(RData::SRV(record));
        self
    }

    /// The address of a name.
    pub(crate) fn host(mut self, host: &str) -> Self {
        self.known.entry(name(host)).or_default().push(RData::A(A(Ipv4Addr::LOCALHOST)));
        self
    }

    /// Starts a server that knows it.
    pub(crate) fn serve(self) -> Names {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let address = socket.local_addr().unwrap();
        let ended = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&ended);
        thread::spawn(move || {
            let mut room = [0; 4096];
            while !told.load(Ordering::SeqCst) {
                let Ok((length, from)) = socket.recv_from(&mut room) else { continue };
                let answer = self.answer(&Message::from_vec(&room[..length]).unwrap());
                socket.send_to(&answer.to_vec().unwrap(), from).unwrap();
            }
        });
        Names { address, ended }
    }

    fn answer(&self, question: &Message) -> Message {
        let mut answer = Message::new(question.metadata.id, MessageType::Response, OpCode::Query);
        let query = question.queries[0].clone();
        let known = self.known.get(&query.name().to_lowercase());
        answer.metadata.response_code = match known {
            _ if self.refuses => ResponseCode::Refused,
            Some(_) => ResponseCode::NoError,
            None => ResponseCode::NXDomain,
        };
        let is_asked =
            |data: &&RData| data.record_type() == query.query_type() || query.query_type() == RecordType::ANY;
        for data in known.into_iter().flatten().filter(is_asked) {
            answer.add_answer(Record::from_rdata(query.name().clone(), 60, data.clone()));
        }
        answer.add_query(query);
        answer
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
    }
}

/// Where nobody answers.
pub(crate) fn silent() -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind((IpAddr::from([127, 0, 0, 1]), 0)).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}
