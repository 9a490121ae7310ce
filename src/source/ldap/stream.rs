//! The way to a server: TCP, TLS over it, or a Unix socket. Every wait ends after a tick, so that nothing hangs.

use std::io::{self, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::fault::Fault;
use super::tls;
use super::url::{Scheme, Server};
use super::watch::Clock;

/// The longest wait before somebody looks whether the run is to end.
const TICK: Duration = Duration::from_millis(200);

/// How much is read of a TLS stream at once; rustls asks for 4 KiB at a time.
const WIDE: usize = 64 << 10;

/// A TCP stream that is read in large pieces.
#[derive(Debug)]
pub(super) struct Wide(BufReader<TcpStream>);

impl Read for Wide {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.0.read(room)
    }
}

impl Write for Wide {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.get_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.get_mut().flush()
    }
}

/// A stream of bytes to a server and back.
#[derive(Debug)]
pub(super) enum Stream {
    Tcp(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, Wide>>),
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixStream),
    /// While TLS is started.
    Nothing,
}

impl Stream {
    /// Opens it: every address of the name is tried.
    pub(super) fn open(server: &Server, clock: &Clock<'_>) -> Result<Self, Fault> {
        if server.scheme == Scheme::Ldapi {
            return socket(&server.host);
        }
        let mut last = Fault::Io(io::ErrorKind::AddrNotAvailable.into());
        for address in addresses(server)? {
            clock.check()?;
            match TcpStream::connect_timeout(&address, clock.connect_timeout()) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    stream.set_read_timeout(Some(TICK))?;
                    stream.set_write_timeout(Some(TICK))?;
                    return Ok(Self::Tcp(stream));
                }
                Err(why) => last = Fault::Io(io::Error::new(why.kind(), format!("{address}: {why}"))),
            }
        }
        Err(last)
    }

    /// Starts TLS on it.
    pub(super) fn secure(
        &mut self,
        config: &Arc<ClientConfig>,
        host: &str,
        options: &tls::Options,
        clock: &Clock<'_>,
    ) -> Result<(), Fault> {
        let name = tls::name(host, options)?;
        let Self::Tcp(mut tcp) = std::mem::replace(self, Self::Nothing) else { return Err(Fault::Closed) };
        let mut session = ClientConnection::new(Arc::clone(config), name)
            .map_err(|why| Fault::Tls(format!("TLS cannot be started: {why}"), "check --client-cert"))?;
        let begun = Instant::now();
        while session.is_handshaking() {
            clock.patient(begun)?;
            match session.complete_io(&mut tcp) {
                Ok(_) => {}
                Err(why) if is_tick(&why) => {}
                Err(why) if why.kind() == io::ErrorKind::UnexpectedEof => return Err(Fault::Closed),
                Err(why) => return Err(why.into()),
            }
        }
        let wide = Wide(BufReader::with_capacity(WIDE, tcp));
        *self = Self::Tls(Box::new(StreamOwned::new(session, wide)));
        Ok(())
    }

    /// Whether nobody on the way can read what is sent.
    pub(super) fn is_private(&self) -> bool {
        match self {
            Self::Tcp(_) | Self::Nothing => false,
            Self::Tls(_) => true,
            #[cfg(unix)]
            Self::Unix(_) => true,
        }
    }

    /// Whether what comes next is not here yet.
    pub(super) fn is_dry(&self) -> bool {
        match self {
            Self::Tls(stream) => stream.sock.0.buffer().is_empty(),
            _ => true,
        }
    }

    /// Reads what is there; `None` when nothing came within a tick.
    pub(super) fn read(&mut self, room: &mut [u8]) -> Result<Option<usize>, Fault> {
        let read = match self {
            Self::Tcp(stream) => stream.read(room),
            Self::Tls(stream) => stream.read(room),
            #[cfg(unix)]
            Self::Unix(stream) => stream.read(room),
            Self::Nothing => Ok(0),
        };
        match read {
            Ok(0) => Err(Fault::Closed),
            Ok(read) => Ok(Some(read)),
            Err(why) if is_tick(&why) => Ok(None),
            Err(why) if why.kind() == io::ErrorKind::UnexpectedEof => Err(Fault::Closed),
            Err(why) => Err(why.into()),
        }
    }

    /// Writes all of it.
    pub(super) fn write(&mut self, mut bytes: &[u8], clock: &Clock<'_>) -> Result<(), Fault> {
        let begun = Instant::now();
        while !bytes.is_empty() {
            clock.patient(begun)?;
            match self.writer()?.write(bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(why) if is_tick(&why) => {}
                Err(why) => return Err(why.into()),
            }
        }
        loop {
            clock.patient(begun)?;
            match self.writer()?.flush() {
                Ok(()) => return Ok(()),
                Err(why) if is_tick(&why) => {}
                Err(why) => return Err(why.into()),
            }
        }
    }

    fn writer(&mut self) -> Result<&mut dyn Write, Fault> {
        match self {
            Self::Tcp(stream) => Ok(stream),
            Self::Tls(stream) => Ok(stream.as_mut()),
            #[cfg(unix)]
            Self::Unix(stream) => Ok(stream),
            Self::Nothing => Err(Fault::Closed),
        }
    }
}

fn addresses(server: &Server) -> Result<Vec<SocketAddr>, Fault> {
    if !server.addresses.is_empty() {
        return Ok(server.addresses.iter().map(|&address| (address, server.port).into()).collect());
    }
    let known = (server.host.as_str(), server.port).to_socket_addrs().map_err(|why| {
        Fault::Io(io::Error::new(why.kind(), format!("the name `{}` is not known ({why})", server.host)))
    })?;
    Ok(known.collect())
}

/// Whether a wait ended with nothing; what it is called depends on the system.
fn is_tick(why: &io::Error) -> bool {
    matches!(why.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}

#[cfg(unix)]
fn socket(path: &str) -> Result<Stream, Fault> {
    let stream = std::os::unix::net::UnixStream::connect(path)
        .map_err(|why| Fault::Io(io::Error::new(why.kind(), format!("{path}: {why}"))))?;
    stream.set_read_timeout(Some(TICK))?;
    stream.set_write_timeout(Some(TICK))?;
    Ok(Stream::Unix(stream))
}

#[cfg(not(unix))]
fn socket(_: &str) -> Result<Stream, Fault> {
    let remedy = "use `ldaps://`".to_owned();
    Err(Fault::Never("`ldapi://` needs Unix sockets, which this system has not".to_owned(), remedy))
}
