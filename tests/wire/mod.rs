//! A scripted LDAP server: it answers searches as a domain controller does until its script wants otherwise.

#![allow(dead_code, reason = "each test program uses its part")]
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test that cannot run has failed")]

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rasn::types::Integer;
use rasn_ldap::{
    AuthenticationChoice, LdapMessage, ProtocolOp, ResultCode, SearchRequest, SearchRequestScope,
};

pub(crate) mod directory;
mod frame;
pub(crate) mod names;
pub(crate) mod organisation;
use directory::{Directory, Entry};
pub(crate) use frame::Frames;
use frame::{Out, Page};

/// Where in an answer the server is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum At {
    /// Before the first entry.
    Start,
    /// Before the entry of this number on this page.
    Entry(usize),
    /// Before the result.
    End,
}

/// What is about to happen.
pub(crate) struct Moment<'a> {
    pub(crate) at: At,
    /// The number of the connection, from 0.
    pub(crate) connection: usize,
    /// How many entries come before this page.
    pub(crate) offset: usize,
    /// How many entries of the people this server has sent in all.
    pub(crate) sent: usize,
    /// The name of the entry, where there is one.
    pub(crate) dn: &'a str,
    pub(crate) request: &'a SearchRequest,
}

impl Moment<'_> {
    /// Whether this search reads people: below a base, with their addresses.
    pub(crate) fn reads(&self) -> bool {
        self.request.scope != SearchRequestScope::BaseObject && self.shows()
    }

    /// Whether this search reads addresses.
    pub(crate) fn shows(&self) -> bool {
        self.request.attributes.iter().any(|name| name.0.eq_ignore_ascii_case("proxyAddresses"))
    }
}

/// What the script wants.
#[derive(Clone)]
pub(crate) enum Act {
    /// What a server does.
    Go,
    /// This result instead of what is left of the page.
    Fail(u32, &'static str),
    /// A result that says the whole answer has been given, without a cookie, before its time.
    Cease,
    /// The connection ends.
    Drop,
    /// The connection stays, and nothing comes any more.
    Freeze,
    /// From here on the connection gives a byte every tenth of a second.
    Trickle,
    /// Words in between without end, in answer to this search or to one that was never sent.
    Chatter { answers: bool },
    /// A reference, then what a server does.
    Refer(&'static str),
    /// These bytes, then what a server does.
    Bytes(Vec<u8>),
    /// The entry is left out.
    Skip,
    /// The entry comes twice.
    Twice,
    /// A page of none, with a cookie; at the start only.
    Nothing,
    /// The next page is the first one again; at the end only.
    Round,
    /// The name of the entry's first attribute is no UTF-8.
    BadName,
}

/// A script; asked before everything that is sent in answer to a search below a base.
pub(crate) type Script = Box<dyn FnMut(&Moment) -> Act + Send>;

/// How the server treats the paged results control.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paging {
    Yes,
    /// As if it were not there; the answer has no such control.
    Ignored,
    /// With a refusal, although it is not critical.
    Refused,
    /// A page comes, and nothing says that there are more.
    Cut,
}

/// A server before it starts.
pub(crate) struct Plan {
    pub(crate) directory: Directory,
    pub(crate) script: Script,
    pub(crate) frames: Frames,
    pub(crate) paging: Paging,
    /// The largest page, and the most entries without paging.
    pub(crate) limit: usize,
    /// The most values of an attribute at once; the rest by `;range=`.
    pub(crate) values: usize,
    /// With what text it refuses whoever signs in.
    pub(crate) refusal: Option<String>,
    /// How many entries it says with each page that there are; 0 is that it does not know.
    pub(crate) figure: u32,
    /// With what result it refuses to say what it is.
    pub(crate) nameless: Option<u32>,
}

impl Plan {
    /// A well-behaved server.
    pub(crate) fn of(directory: Directory) -> Self {
        let (frames, paging) = (Frames::Whole, Paging::Yes);
        Self {
            directory,
            script: Box::new(|_| Act::Go),
            frames,
            paging,
            limit: 1000,
            values: 1500,
            refusal: None,
            figure: 0,
            nameless: None,
        }
    }

    /// The same with a script.
    pub(crate) fn script(mut self, script: impl FnMut(&Moment) -> Act + Send + 'static) -> Self {
        self.script = Box::new(script);
        self
    }

    /// Starts it.
    pub(crate) fn start(self) -> Wire {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let frames = self.frames;
        let server = Arc::new(Server {
            script: Mutex::new(self.script),
            directory: self.directory,
            paging: self.paging,
            limit: self.limit,
            values: self.values,
            refusal: self.refusal,
            figure: self.figure,
            nameless: self.nameless,
            ended: AtomicBool::new(false),
            sent: AtomicUsize::new(0),
            sockets: Mutex::default(),
            seen: Mutex::default(),
        });
        let listening = Arc::clone(&server);
        thread::spawn(move || {
            for (number, socket) in listener.incoming().flatten().enumerate() {
                if listening.ended.load(Ordering::SeqCst) {
                    break;
                }
                let serving = Arc::clone(&listening);
                serving.sockets.lock().unwrap().push(socket.try_clone().unwrap());
                thread::spawn(move || serving.serve(socket, frames, number));
            }
        });
        Wire { port, server }
    }
}

/// What clients have asked.
#[derive(Default, Clone)]
pub(crate) struct Seen {
    pub(crate) connections: usize,
    /// Names of simple binds, and whether a password came with them.
    pub(crate) binds: Vec<(String, bool)>,
    pub(crate) searches: usize,
    /// The base of each search, and the attributes that it asks for.
    pub(crate) asked: Vec<(String, Vec<String>)>,
}

/// A running server; it ends when this is dropped.
pub(crate) struct Wire {
    pub(crate) port: u16,
    server: Arc<Server>,
}

impl Wire {
    pub(crate) fn url(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.port)
    }

    pub(crate) fn seen(&self) -> Seen {
        self.server.seen.lock().unwrap().clone()
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.server.ended.store(true, Ordering::SeqCst);
        for socket in self.server.sockets.lock().unwrap().drain(..) {
            let _gone_already = socket.shutdown(Shutdown::Both);
        }
        let _wakes_the_listener = TcpStream::connect(("127.0.0.1", self.port));
    }
}

struct Server {
    directory: Directory,
    script: Mutex<Script>,
    paging: Paging,
    limit: usize,
    values: usize,
    refusal: Option<String>,
    figure: u32,
    nameless: Option<u32>,
    ended: AtomicBool,
    sent: AtomicUsize,
    sockets: Mutex<Vec<TcpStream>>,
    seen: Mutex<Seen>,
}

/// The end of a connection that the script or the client wanted.
fn gone() -> io::Error {
    io::ErrorKind::ConnectionAborted.into()
}

/// A search that is answered: who asked, and how far the answer is.
struct Answer<'a> {
    server: &'a Server,
    out: &'a mut Out,
    connection: usize,
    id: u32,
    request: &'a SearchRequest,
    offset: usize,
}

impl Server {
    fn serve(&self, mut socket: TcpStream, frames: Frames, connection: usize) {
        let _only_faster = socket.set_nodelay(true);
        self.seen.lock().unwrap().connections += 1;
        let mut out = Out::new(socket.try_clone().unwrap(), frames);
        while let Some(message) = frame::read(&mut socket) {
            if self.reply(&message, &mut out, connection).and_then(|()| out.flush()).is_err() {
                break;
            }
        }
        let _gone_already = socket.shutdown(Shutdown::Both);
    }

    fn reply(&self, message: &LdapMessage, out: &mut Out, connection: usize) -> io::Result<()> {
        let id = message.message_id;
        match &message.protocol_op {
            ProtocolOp::BindRequest(bind) => {
                let password =
                    matches!(&bind.authentication, AuthenticationChoice::Simple(text) if !text.is_empty());
                self.seen.lock().unwrap().binds.push((bind.name.0.clone(), password));
                match &self.refusal {
                    Some(text) => out.send(&frame::bound(id, ResultCode::InvalidCredentials, text)),
                    None => out.send(&frame::bound(id, ResultCode::Success, "")),
                }
            }
            ProtocolOp::SearchRequest(request) => {
                let names = request.attributes.iter().map(|name| name.0.clone()).collect();
                let mut seen = self.seen.lock().unwrap();
                seen.searches += 1;
                seen.asked.push((request.base_object.0.clone(), names));
                drop(seen);
                let page = page_of(message).filter(|_| self.paging != Paging::Ignored);
                if page.is_some() && self.paging == Paging::Refused {
                    return out.send(&frame::done(id, 12, "no pages here", None));
                }
                let offset = page.as_ref().map_or(0, |(_, offset)| *offset);
                let mut answer = Answer { server: self, out, connection, id, request, offset };
                answer.give(page.map(|(size, _)| size.clamp(1, self.limit)))
            }
            ProtocolOp::AbandonRequest(_) => Ok(()),
            ProtocolOp::UnbindRequest(_) => Err(gone()),
            _ => out.send(&frame::done(id, 2, "not understood here", None)),
        }
    }

    /// Waits until the test is over.
    fn freeze(&self) -> io::Error {
        while !self.ended.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(20));
        }
        gone()
    }
}

/// The page that is asked for: its size and the entries before it. The cookie is their number.
fn page_of(message: &LdapMessage) -> Option<(usize, usize)> {
    let controls = message.controls.as_ref()?;
    let control = controls.iter().find(|control| control.control_type[..] == *frame::PAGED)?;
    let page: Page = rasn::ber::decode(control.control_value.as_ref()?).unwrap();
    let offset = std::str::from_utf8(&page.cookie).unwrap().parse().unwrap_or(0);
    Some((number(&page.size), offset))
}

fn number(integer: &Integer) -> usize {
    integer.to_string().parse().unwrap()
}

impl Answer<'_> {
    fn give(&mut self, page: Option<usize>) -> io::Result<()> {
        if self.request.base_object.0.is_empty() {
            if let Some(code) = self.server.nameless {
                return self.done(code, "not here", None);
            }
            let root = self.server.directory.root.clone();
            self.entry(&root)?;
            return self.done(0, "", None);
        }
        let Some(matches) = self.server.directory.matches(self.request) else {
            return self.done(32, "0000208D: NameErr: no such object", None);
        };
        let last = matches.len().min(self.offset + page.unwrap_or(self.server.limit));
        let cookie = if last < matches.len() { last.to_string() } else { String::new() };
        let cut = page.is_none() && last < matches.len();
        let cookie = page.filter(|_| self.server.paging == Paging::Yes).map(|_| cookie.as_bytes().to_vec());
        match self.ask(At::Start, "") {
            Act::Go => {}
            Act::Nothing => {
                return self.done(0, "", Some(self.offset.to_string().as_bytes()).filter(|_| page.is_some()));
            }
            act => {
                if self.disturb(act)? {
                    return Ok(());
                }
            }
        }
        for (number, &at) in matches.get(self.offset..last).unwrap_or_default().iter().enumerate() {
            let entry = &self.server.directory.entries[at];
            let act = self.ask(At::Entry(number), &entry.dn);
            if self.one(entry, act)? {
                return Ok(());
            }
        }
        match self.ask(At::End, "") {
            Act::Round => return self.done(0, "", Some(&b"0"[..])),
            act => {
                if self.disturb(act)? {
                    return Ok(());
                }
            }
        }
        if cut { self.done(4, "size limit exceeded", None) } else { self.done(0, "", cookie.as_deref()) }
    }

    fn ask(&self, at: At, dn: &str) -> Act {
        let sent = self.server.sent.load(Ordering::SeqCst);
        let (connection, offset, request) = (self.connection, self.offset, self.request);
        let moment = Moment { at, connection, offset, sent, dn, request };
        (self.server.script.lock().unwrap())(&moment)
    }

    /// One entry as the script wants it; whether that ends the answer.
    fn one(&mut self, entry: &Entry, act: Act) -> io::Result<bool> {
        match act {
            Act::Skip => return Ok(false),
            Act::Twice => self.entry(entry)?,
            Act::BadName => {
                let mut attributes = self.shown(entry);
                if let Some((name, _)) = attributes.first_mut() {
                    *name = b"m\xff\xfeil".to_vec();
                }
                self.out.send(&frame::entry(self.id, entry.dn.as_bytes(), &attributes))?;
                return Ok(false);
            }
            act => {
                if self.disturb(act)? {
                    return Ok(true);
                }
            }
        }
        self.entry(entry)?;
        Ok(false)
    }

    /// What the script wants beside or in place of the answer; whether that ends it.
    fn disturb(&mut self, act: Act) -> io::Result<bool> {
        match act {
            Act::Fail(code, text) => self.done(code, text, None).map(|()| true),
            Act::Cease => self.done(0, "", Some(&b""[..])).map(|()| true),
            Act::Drop => self.out.flush().and(Err(gone())),
            Act::Freeze => self.out.flush().and(Err(self.server.freeze())),
            Act::Chatter { answers } => loop {
                if self.server.ended.load(Ordering::SeqCst) {
                    return Err(gone());
                }
                self.out.send(&frame::between(if answers { self.id } else { self.id + 1000 }))?;
                thread::sleep(Duration::from_millis(20));
            },
            Act::Trickle => {
                self.out.trickle();
                Ok(false)
            }
            Act::Refer(url) => self.out.send(&frame::reference(self.id, url)).map(|()| false),
            Act::Bytes(bytes) => self.out.send(&bytes).map(|()| false),
            _ => Ok(false),
        }
    }

    fn done(&mut self, code: u32, text: &str, cookie: Option<&[u8]>) -> io::Result<()> {
        let page = cookie.map(|cookie| (cookie, self.server.figure));
        self.out.send(&frame::done(self.id, code, text, page))
    }

    fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        self.server.sent.fetch_add(1, Ordering::SeqCst);
        self.out.send(&frame::entry(self.id, entry.dn.as_bytes(), &self.shown(entry)))
    }

    /// The attributes that are asked for, cut where they have more values than the server shows at once.
    fn shown(&self, entry: &Entry) -> Vec<(Vec<u8>, Vec<Vec<u8>>)> {
        let asked = &self.request.attributes;
        let every = asked.is_empty() || asked.iter().any(|name| name.0 == "*");
        let mut shown = Vec::new();
        for (name, values) in &entry.attributes {
            let plain = asked.iter().any(|have| have.0.eq_ignore_ascii_case(name));
            let start = asked.iter().find_map(|have| ranged(&have.0, name));
            if !(every || plain || start.is_some()) {
                continue;
            }
            let start = start.unwrap_or(0);
            if start == 0 && values.len() <= self.server.values {
                shown.push((name.clone().into_bytes(), values.clone()));
                continue;
            }
            let end = values.len().min(start + self.server.values);
            let last = if end == values.len() { "*".to_owned() } else { (end - 1).to_string() };
            shown.push((name.clone().into_bytes(), Vec::new()));
            let part = values.get(start..end).unwrap_or_default().to_vec();
            shown.push((format!("{name};range={start}-{last}").into_bytes(), part));
        }
        shown
    }
}

/// Where a range of this attribute begins, if that is what is asked for.
fn ranged(asked: &str, name: &str) -> Option<usize> {
    let (of, range) = asked.split_once(";range=")?;
    let (start, _) = range.split_once('-')?;
    if of.eq_ignore_ascii_case(name) { start.parse().ok() } else { None }
}
