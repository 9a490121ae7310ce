//! From bytes to text: which encoding a file is in, and its decoding piece by piece.

use std::fs::File;
use std::io;
use std::path::Path;

use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use memchr::memchr_iter;

use super::spool::{Packing, spool};
use crate::error::{Error, Result};
use crate::model::problem::{Problem, Problems};

/// How many bytes are read at once.
const CHUNK: usize = 256 * 1024;

/// The bytes of a file as they were when it was opened; read by position, so that passes do not disturb each other.
#[derive(Debug)]
pub(super) struct Raw {
    file: File,
    name: String,
    /// The size in bytes.
    pub len: u64,
    /// The size in bytes of what the user gave, which may be packed.
    pub given: u64,
}

impl Raw {
    /// Opens a file; what cannot be read twice (`-`, a pipe) or is packed goes to an unlinked temporary file first.
    pub(super) fn open(name: &str) -> Result<Self> {
        if name == "-" {
            return Self::spool(name, io::stdin().lock());
        }
        let path = Path::new(name);
        let file = File::open(path).map_err(Error::io("open", path))?;
        let about = file.metadata().map_err(Error::io("open", path))?;
        if about.is_dir() {
            return Err(Error::source(name, "this is a folder", "name the files in it, one by one"));
        }
        if !about.is_file() {
            return Self::spool(name, file);
        }
        let raw = Self { file, name: name.to_owned(), len: about.len(), given: about.len() };
        let mut head = [0; 4];
        let read = raw.read(0, &mut head)?;
        if Packing::of(&head[..read]).is_none() { Ok(raw) } else { Self::spool(name, raw.file) }
    }

    fn spool(name: &str, from: impl io::Read) -> Result<Self> {
        let spooled = spool(name, from)?;
        Ok(Self { file: spooled.file, name: name.to_owned(), len: spooled.len, given: spooled.read })
    }

    /// What bytes of the text up to a place stand for in what the user gave.
    fn given_until(&self, place: u64) -> u64 {
        let share = u128::from(self.given) * u128::from(place.min(self.len)) / u128::from(self.len.max(1));
        u64::try_from(share).unwrap_or(self.given)
    }

    /// Fills `room` from a place on, less only at the end; gives how many bytes.
    pub(super) fn read(&self, mut place: u64, room: &mut [u8]) -> Result<usize> {
        let left = usize::try_from(self.len.saturating_sub(place)).unwrap_or(usize::MAX);
        let wanted = room.len().min(left);
        let mut done = 0;
        while let Some(rest) = room.get_mut(done..wanted).filter(|rest| !rest.is_empty()) {
            match read_at(&self.file, rest, place) {
                Ok(0) => break,
                Ok(read) => {
                    done += read;
                    place += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::io("read", &self.name)(error)),
            }
        }
        Ok(done)
    }
}

#[cfg(unix)]
fn read_at(file: &File, room: &mut [u8], place: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, room, place)
}

#[cfg(windows)]
fn read_at(file: &File, room: &mut [u8], place: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, room, place)
}

/// How a file is encoded.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// The encoding.
    pub encoding: &'static Encoding,
    /// The length of the byte order mark.
    pub bom: u64,
    /// Whether every byte is known to be ASCII.
    pub ascii: bool,
    /// What the user should know about it.
    pub problems: Problems,
}

/// Finds the encoding: a byte order mark decides, then the label that the user gave, then the bytes themselves.
pub(super) fn find(raw: &Raw, label: Option<&str>) -> Result<Found> {
    let mut head = [0; 4096];
    let read = raw.read(0, &mut head)?;
    let head = &head[..read];
    let found = |encoding, bom: usize| Found {
        encoding,
        bom: bom as u64,
        ascii: false,
        problems: Problems::default(),
    };
    if head.starts_with(&[0xff, 0xfe, 0, 0]) || head.starts_with(&[0, 0, 0xfe, 0xff]) {
        let remedy = "export with -Encoding UTF8";
        return Err(Error::source(&raw.name, "the file is UTF-32, which is not read", remedy));
    }
    let named = label.map(of_label).transpose()?;
    if let Some((encoding, bom)) = Encoding::for_bom(head) {
        return if encoding == UTF_8 { scan(raw, found(UTF_8, bom)) } else { Ok(found(encoding, bom)) };
    }
    match named.or_else(|| utf16(head)) {
        Some(encoding) if encoding == UTF_8 => {
            let mut utf8 = scan(raw, found(UTF_8, 0))?;
            utf8.encoding = UTF_8;
            Ok(utf8)
        }
        Some(encoding) => Ok(found(encoding, 0)),
        None => scan(raw, found(UTF_8, 0)),
    }
}

fn of_label(label: &str) -> Result<&'static Encoding> {
    let known = match label.to_ascii_lowercase().as_str() {
        "ansi" | "default" => Some(WINDOWS_1252),
        "bigendianunicode" => Some(UTF_16BE),
        name => Encoding::for_label(name.as_bytes()),
    };
    known.ok_or_else(|| {
        Error::usage(format!(
            "--encoding `{label}` is not known; use a name such as utf-8, utf-16le, windows-1252 or iso-8859-2"
        ))
    })
}

/// UTF-16 without a byte order mark: every other byte of mostly Latin text is NUL.
fn utf16(head: &[u8]) -> Option<&'static Encoding> {
    let nuls = |odd: usize| head.iter().skip(odd).step_by(2).filter(|&&b| b == 0).count();
    let (even, odd, enough) = (nuls(0), nuls(1), head.len() / 2 * 4 / 5);
    match head.len() {
        ..4 => None,
        _ if odd >= enough && even * 10 < odd => Some(UTF_16LE),
        _ if even >= enough && odd * 10 < even => Some(UTF_16BE),
        _ => None,
    }
}

/// What a look at all bytes shows.
#[derive(Default)]
struct Scan {
    lines: u64,
    ascii: bool,
    /// The line of the first bytes that are not UTF-8.
    broken: Option<u64>,
    /// The line of the first NUL, and how many there are in how many bytes from there on.
    nul: Option<(u64, u64, u64)>,
}

impl Scan {
    /// Looks at a piece; gives how many bytes at its end belong to an unfinished character.
    fn piece(&mut self, bytes: &[u8], last: bool) -> usize {
        let ascii = bytes.is_ascii();
        self.ascii &= ascii;
        self.nuls(bytes);
        let newlines = |bytes: &[u8]| memchr_iter(b'\n', bytes).count() as u64;
        let open = match std::str::from_utf8(bytes) {
            _ if ascii || self.broken.is_some() => 0,
            Ok(_) => 0,
            Err(error) if error.error_len().is_none() && !last => bytes.len() - error.valid_up_to(),
            Err(error) => {
                self.broken = Some(self.lines + newlines(&bytes[..error.valid_up_to()]) + 1);
                0
            }
        };
        self.lines += newlines(&bytes[..bytes.len() - open]);
        open
    }

    fn nuls(&mut self, bytes: &[u8]) {
        let from = match self.nul {
            Some(_) => 0,
            None => match memchr::memchr(0, bytes) {
                Some(first) => {
                    self.nul =
                        Some((self.lines + memchr_iter(b'\n', &bytes[..first]).count() as u64 + 1, 0, 0));
                    first
                }
                None => return,
            },
        };
        if let Some((_, nuls, of)) = &mut self.nul {
            *nuls += memchr_iter(0, &bytes[from..]).count() as u64;
            *of += (bytes.len() - from) as u64;
        }
    }
}

/// Reads the file once: UTF-8 if it is that throughout, else windows-1252.
fn scan(raw: &Raw, mut found: Found) -> Result<Found> {
    let mut scan = Scan { ascii: true, ..Scan::default() };
    let (mut place, mut kept) = (found.bom, 0);
    let mut room = vec![0; CHUNK];
    loop {
        let read = raw.read(place, &mut room[kept..])?;
        place += read as u64;
        let last = read < room.len() - kept;
        let open = scan.piece(&room[..kept + read], last);
        room.copy_within(kept + read - open..kept + read, 0);
        kept = open;
        if last {
            break;
        }
    }
    if let Some((line, nuls, of)) = scan.nul
        && line > 1
        && nuls * 10 > of * 3
    {
        return Err(Error::source(
            format!("{}:{line}", raw.name),
            "the file is in two encodings: UTF-16 starts here",
            "export again into a new file; `>>` and Out-File -Append do not keep to the encoding of the file",
        ));
    }
    found.ascii = scan.ascii;
    if let Some(line) = scan.broken {
        if found.bom == 0 {
            found.encoding = WINDOWS_1252;
            found.problems.add(Problem::NotUtf8, line);
        } else {
            found.problems.add(Problem::LostLetters, line);
        }
    }
    Ok(found)
}

/// The text of a file, decoded piece by piece.
pub(super) struct Text<'a> {
    raw: &'a Raw,
    decoder: encoding_rs::Decoder,
    place: u64,
    room: Vec<u8>,
    ended: bool,
}

impl<'a> Text<'a> {
    /// The text from the start, without the byte order mark.
    pub(super) fn new(raw: &'a Raw, found: &Found) -> Self {
        let decoder = found.encoding.new_decoder_without_bom_handling();
        let room = usize::try_from(raw.len).map_or(CHUNK, |len| len.clamp(16, CHUNK));
        Self { raw, decoder, place: found.bom, room: vec![0; room], ended: false }
    }

    /// Appends the next piece to `text`; gives how many bytes of the given file it stands for, `None` at the end.
    pub(super) fn more(&mut self, text: &mut String) -> Result<Option<u64>> {
        if self.ended {
            return Ok(None);
        }
        let read = self.raw.read(self.place, &mut self.room)?;
        let before = self.raw.given_until(self.place);
        self.place += read as u64;
        let given = self.raw.given_until(self.place) - before;
        self.ended = read < self.room.len() || self.place >= self.raw.len;
        let mut bytes = &self.room[..read];
        loop {
            let wanted = self.decoder.max_utf8_buffer_length_without_replacement(bytes.len());
            text.reserve(wanted.unwrap_or(bytes.len() * 3));
            let (result, used) = self.decoder.decode_to_string_without_replacement(bytes, text, self.ended);
            bytes = &bytes[used..];
            match result {
                DecoderResult::InputEmpty => return Ok(Some(given)),
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => text.push('\u{fffd}'),
            }
        }
    }
}
