//! From bytes to text: which encoding a file is in, and its decoding piece by piece.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::LIMIT;
use super::bytes::Bytes;
use super::look::{Scan, ends_otherwise, scan, wide_lines};
use super::place::read_at;
use super::spool::{Packing, Spooled, spool};
use crate::error::{Error, Result};
use crate::model::charset::Charset;
use crate::model::problem::{Problem, Problems};

/// How many bytes are read at once.
pub(super) const CHUNK: usize = 256 * 1024;

/// The bytes of a file as they were when it was opened; read by position, so that passes do not disturb each other.
#[derive(Debug, Clone)]
pub(super) struct Raw {
    file: Arc<File>,
    name: String,
    /// The size in bytes.
    pub len: u64,
    /// The size in bytes of what the user gave, which may be packed.
    pub given: u64,
    /// BLAKE3 of what the user gave, where that is packed.
    pub hash: Option<blake3::Hash>,
    others: Others,
}

/// What others may do to a file while it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Others {
    /// Nothing: it is a temporary file that has no name.
    Shut,
    /// They may write to it; then this is no longer the time of the last writing.
    Watched(SystemTime),
    /// They may write to it, and nothing tells.
    Unwatched,
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
        let len = about.len();
        let others = about.modified().map_or(Others::Unwatched, Others::Watched);
        let raw = Self { file: file.into(), name: name.to_owned(), len, given: len, hash: None, others };
        let mut head = [0; 4];
        let read = raw.read(0, &mut head)?;
        if Packing::of(&head[..read]).is_none() { Ok(raw) } else { Self::spool(name, raw.file) }
    }

    fn spool(name: &str, from: impl io::Read) -> Result<Self> {
        let Spooled { file, len, read, hash } = spool(name, from)?;
        Ok(Self { file: file.into(), name: name.to_owned(), len, given: read, hash, others: Others::Shut })
    }

    /// A file that is open already, under the name that the user gave.
    pub(super) fn named(name: &str, file: File) -> Result<Self> {
        let len = file.metadata().map_err(Error::io("read", name))?.len();
        let others = Others::Unwatched;
        Ok(Self { file: file.into(), name: name.to_owned(), len, given: len, hash: None, others })
    }

    /// A temporary file of this many bytes.
    pub(super) fn spooled(file: File, len: u64) -> Self {
        let name = std::env::temp_dir().display().to_string();
        Self { file: file.into(), name, len, given: len, hash: None, others: Others::Shut }
    }

    /// A temporary file that is read instead of this one.
    pub(super) fn replaced(&self, file: File, len: u64) -> Self {
        Self { file: file.into(), len, others: Others::Shut, ..self.clone() }
    }

    /// What bytes of the text up to a place stand for in what the user gave.
    pub(super) fn given_until(&self, place: u64) -> u64 {
        let share = u128::from(self.given) * u128::from(place.min(self.len)) / u128::from(self.len.max(1));
        u64::try_from(share).unwrap_or(self.given)
    }

    /// Whether the file cannot be written without that being seen.
    pub(super) fn is_safe(&self) -> bool {
        self.others != Others::Unwatched
    }

    /// Whether the file was written since it was opened.
    pub(super) fn changed(&self) -> bool {
        let Others::Watched(modified) = self.others else { return false };
        let about = self.file.metadata();
        !about.is_ok_and(|about| about.len() == self.len && about.modified().ok() == Some(modified))
    }

    /// The name that the user gave.
    pub(super) fn name(&self) -> &str {
        &self.name
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

/// How a file is encoded.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// The encoding.
    pub encoding: Charset,
    /// The length of the byte order mark.
    pub bom: u64,
    /// Whether every byte is known to be ASCII.
    pub ascii: bool,
    /// Where another encoding begins.
    pub then: Option<Second>,
    /// Whether lines that are not UTF-8 are windows-1252.
    pub by_line: bool,
    /// What the user should know about it.
    pub problems: Problems,
}

/// A second part of a file, in another encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Second {
    /// Where the first part ends.
    pub end: u64,
    /// Where the second starts: behind its own byte order mark.
    pub start: u64,
    /// Its encoding.
    pub encoding: Charset,
}

impl Found {
    /// An encoding without anything to tell.
    pub(super) fn of(encoding: Charset, bom: usize) -> Self {
        let problems = Problems::default();
        Self { encoding, bom: bom as u64, ascii: false, then: None, by_line: false, problems }
    }

    /// The encoding of a file that is written anew from this one.
    pub(super) fn anew(&self) -> Self {
        Self { ascii: self.ascii, ..Self::of(Charset::UTF_8, 0) }
    }
}

/// Finds the encoding: a byte order mark decides, then the label that the user gave, then the bytes themselves.
pub(super) fn find(raw: &Raw, bytes: Bytes, label: Option<&str>) -> Result<Found> {
    let mut head = [0; 4096];
    let read = raw.read(0, &mut head)?;
    let head = &head[..read];
    if head.starts_with(&[0xff, 0xfe, 0, 0]) || head.starts_with(&[0, 0, 0xfe, 0xff]) {
        let remedy = "export with -Encoding UTF8";
        return Err(Error::source(&raw.name, "the file is UTF-32, which is not read", remedy));
    }
    let named = label.map(of_label).transpose()?;
    let (encoding, bom) = match Encoding::for_bom(head) {
        Some((encoding, bom)) => (Some(Charset::Web(encoding)), bom),
        None => (named.or_else(|| utf16(head).map(Charset::Web)), 0),
    };
    match encoding {
        Some(Charset::Web(wide)) if Charset::Web(wide).is_utf16() => of_wide(raw, wide, bom),
        Some(other) if other != Charset::UTF_8 => Ok(Found::of(other, bom)),
        known => of_narrow(raw, bytes, Found::of(Charset::UTF_8, bom), known.is_some()),
    }
}

fn of_label(label: &str) -> Result<Charset> {
    Charset::of_label(label).ok_or_else(|| {
        Error::usage(format!(
            "--encoding `{label}` is not known; use a name such as utf-8, utf-16le, windows-1252 or cp850"
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

/// UTF-16, unless something was appended in another encoding.
fn of_wide(raw: &Raw, wide: &'static Encoding, bom: usize) -> Result<Found> {
    let mut found = Found::of(Charset::Web(wide), bom);
    let Some(end) = ends_otherwise(raw, found.bom, found.encoding)? else { return Ok(found) };
    let tail = scan(raw, end, raw.len)?;
    let encoding = if tail.broken.is_none() { Charset::UTF_8 } else { Charset::ANSI };
    found.then = Some(Second { end, start: end, encoding });
    found.problems.add(Problem::TwoEncodings, wide_lines(raw, found.bom, end, wide)? + 1);
    Ok(found)
}

/// UTF-8 if it is that throughout, else windows-1252, else both; then it is read once more to say where. `known` says
/// that it must be UTF-8.
fn of_narrow(raw: &Raw, bytes: Bytes, mut found: Found, known: bool) -> Result<Found> {
    if bytes.utf8 {
        found.ascii = bytes.ascii;
        return Ok(found);
    }
    let mut seen = scan(raw, found.bom, raw.len)?;
    if let Some(second) = becomes_wide(raw, &seen)? {
        found.problems.add(Problem::TwoEncodings, seen.nul_line);
        found.then = Some(second);
        seen = scan(raw, found.bom, second.end)?;
    } else if seen.nuls > 0 {
        found.problems.add(Problem::Nuls, seen.nul_line);
    }
    found.ascii = seen.ascii && found.then.is_none();
    match seen.broken {
        None => {}
        Some(line) if known || seen.utf8 => {
            found.by_line = true;
            found.problems.add(Problem::TwoEncodings, line);
        }
        Some(line) => {
            found.encoding = Charset::ANSI;
            let oem = is_oem(raw, found.bom)?;
            found.problems.add(if oem { Problem::OemLetters } else { Problem::NotUtf8 }, line);
        }
    }
    Ok(found)
}

/// Whether more letters would be signs such as `„` amid words in windows-1252 than are letters there.
fn is_oem(raw: &Raw, from: u64) -> Result<bool> {
    let (mut oem, mut ansi) = (0, 0);
    let mut room = vec![0; 4 * CHUNK];
    let read = raw.read(from, &mut room)?;
    for amid in room[..read].windows(3) {
        if amid[1].is_ascii() || !amid[0].is_ascii_alphabetic() || !amid[2].is_ascii_alphabetic() {
            continue;
        }
        match amid[1] {
            // Letters of windows-1252, and its apostrophe.
            0xc0.. | 0x83 | 0x8a | 0x8c | 0x8e | 0x92 | 0x9a | 0x9c | 0x9e | 0x9f => ansi += 1,
            0x80..=0xa8 => oem += 1,
            _ => {}
        }
    }
    Ok(oem > ansi)
}

/// Where UTF-16 begins, when about every other byte from the first NUL on is NUL, and hardly one beside them.
fn becomes_wide(raw: &Raw, seen: &Scan) -> Result<Option<Second>> {
    let Some(nul) = seen.nul.filter(|_| seen.nul_line > 1) else { return Ok(None) };
    if !(30..=65).contains(&(seen.nuls * 100 / (raw.len - nul).max(1))) {
        return Ok(None);
    }
    // The first character is Latin, so that its other byte stands before the NUL.
    let start = nul.saturating_sub(1);
    let mut head = [0; 4096];
    let read = raw.read(start, &mut head)?;
    let nuls = |odd: usize| head[..read].iter().skip(odd).step_by(2).filter(|&&b| b == 0).count();
    if nuls(1) * 4 < read || nuls(0) * 10 > nuls(1) {
        return Ok(None);
    }
    let mut mark = [0; 2];
    let place = start.saturating_sub(2);
    let marked = raw.read(place, &mut mark)? == 2 && mark == [0xff, 0xfe];
    let end = if marked { place } else { start };
    Ok(Some(Second { end, start, encoding: Charset::Web(UTF_16LE) }))
}

/// Turns bytes into text.
enum Decoding {
    Web(Decoder),
    Oem(&'static crate::model::charset::Oem),
    /// Line by line, with the start of a line whose end is not known yet.
    Lines(Vec<u8>),
}

impl Decoding {
    fn new(encoding: Charset, by_line: bool) -> Self {
        match encoding {
            _ if by_line => Self::Lines(Vec::new()),
            Charset::Web(encoding) => Self::Web(encoding.new_decoder_without_bom_handling()),
            Charset::Oem(oem) => Self::Oem(oem),
        }
    }

    fn decode(&mut self, bytes: &[u8], text: &mut String, last: bool) {
        match self {
            Self::Web(decoder) => decode(decoder, bytes, text, last),
            Self::Oem(oem) => oem.decode(bytes, text),
            Self::Lines(held) => lines(held, bytes, text, last),
        }
    }
}

fn decode(decoder: &mut Decoder, mut bytes: &[u8], text: &mut String, last: bool) {
    loop {
        let wanted = decoder.max_utf8_buffer_length_without_replacement(bytes.len());
        text.reserve(wanted.unwrap_or(bytes.len() * 3));
        let (result, used) = decoder.decode_to_string_without_replacement(bytes, text, last);
        bytes = &bytes[used..];
        match result {
            DecoderResult::InputEmpty => return,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => text.push('\u{fffd}'),
        }
    }
}

/// Appends lines: UTF-8 as it is, others as windows-1252. What may be the start of a line is held, if no record is longer.
fn lines(held: &mut Vec<u8>, bytes: &[u8], text: &mut String, last: bool) {
    held.extend_from_slice(bytes);
    let end = match memchr::memrchr2(b'\n', b'\r', held) {
        _ if last || held.len() > LIMIT => held.len(),
        Some(end) => end + 1,
        None => return,
    };
    let whole: Vec<u8> = held.drain(..end).collect();
    for line in whole.split_inclusive(|&b| matches!(b, b'\n' | b'\r')) {
        match std::str::from_utf8(line) {
            Ok(line) => text.push_str(line),
            Err(_) => text.push_str(&WINDOWS_1252.decode_without_bom_handling(line).0),
        }
    }
}

/// The text of a file, decoded piece by piece.
pub(super) struct Text<'a> {
    raw: &'a Raw,
    decoding: Decoding,
    place: u64,
    /// Where the part that is being read ends.
    end: u64,
    then: Option<Second>,
    room: Vec<u8>,
    ended: bool,
}

impl<'a> Text<'a> {
    /// The text from the start, without the byte order mark.
    pub(super) fn new(raw: &'a Raw, found: &Found) -> Self {
        let decoding = Decoding::new(found.encoding, found.by_line);
        let room = usize::try_from(raw.len).map_or(CHUNK, |len| len.clamp(16, CHUNK));
        let end = found.then.map_or(raw.len, |second| second.end);
        Self { raw, decoding, place: found.bom, end, then: found.then, room: vec![0; room], ended: false }
    }

    /// Appends the next piece to `text`; gives how many bytes of the given file it stands for, `None` at the end.
    pub(super) fn more(&mut self, text: &mut String) -> Result<Option<u64>> {
        if self.ended {
            return Ok(None);
        }
        let before = self.raw.given_until(self.place);
        let left = usize::try_from(self.end.saturating_sub(self.place)).unwrap_or(usize::MAX);
        let wanted = self.room.len().min(left);
        let read = self.raw.read(self.place, &mut self.room[..wanted])?;
        self.place += read as u64;
        let last = read < wanted || self.place >= self.end;
        self.decoding.decode(&self.room[..read], text, last);
        match self.then.take_if(|_| last) {
            Some(second) => {
                self.decoding = Decoding::new(second.encoding, false);
                (self.place, self.end) = (second.start, self.raw.len);
            }
            None => self.ended = last,
        }
        Ok(Some(self.raw.given_until(self.place) - before))
    }
}
