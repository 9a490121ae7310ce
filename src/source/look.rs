//! A look at all bytes of a file that is not plain UTF-8, to find out how it is encoded.

use encoding_rs::Encoding;
use memchr::{memchr, memchr_iter, memrchr};

use super::encoding::{CHUNK, Raw};
use crate::error::Result;
use crate::model::charset::Charset;
use crate::model::lines::Count;

/// What a look at all bytes shows.
#[derive(Debug)]
pub(super) struct Scan {
    /// The lines.
    lines: Count,
    /// Whether every byte is ASCII.
    pub ascii: bool,
    /// The line of the first bytes that are not UTF-8.
    pub broken: Option<u64>,
    /// Whether other bytes are UTF-8 of several bytes.
    pub utf8: bool,
    /// The place of the first NUL.
    pub nul: Option<u64>,
    /// Its line.
    pub nul_line: u64,
    /// How many NULs there are.
    pub nuls: u64,
}

/// Reads a part of a file once.
pub(super) fn scan(raw: &Raw, from: u64, to: u64) -> Result<Scan> {
    let lines = Count::default();
    let mut seen = Scan { lines, ascii: true, broken: None, utf8: false, nul: None, nul_line: 0, nuls: 0 };
    let (mut place, mut kept) = (from, 0usize);
    let mut room = vec![0; CHUNK];
    loop {
        let left = usize::try_from(to.saturating_sub(place)).unwrap_or(usize::MAX);
        let end = room.len().min(kept.saturating_add(left));
        let read = raw.read(place, &mut room[kept..end])?;
        place += read as u64;
        let last = read < room.len() - kept;
        let piece = &room[..kept + read];
        let open = seen.piece(piece, place - piece.len() as u64, last);
        room.copy_within(kept + read - open..kept + read, 0);
        kept = open;
        if last {
            return Ok(seen);
        }
    }
}

impl Scan {
    /// Looks at a piece; gives how many bytes at its end belong to an unfinished character.
    fn piece(&mut self, bytes: &[u8], place: u64, last: bool) -> usize {
        let ascii = bytes.is_ascii();
        self.ascii &= ascii;
        let open = if ascii { 0 } else { self.letters(bytes, last) };
        self.nuls(&bytes[..bytes.len() - open], place);
        self.lines.take(&bytes[..bytes.len() - open]);
        open
    }

    fn letters(&mut self, bytes: &[u8], last: bool) -> usize {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let (good, bad) = match std::str::from_utf8(rest) {
                Ok(_) => (rest.len(), 0),
                Err(error) if error.error_len().is_none() && !last => {
                    self.utf8 |= !rest[..error.valid_up_to()].is_ascii();
                    return rest.len() - error.valid_up_to();
                }
                Err(error) => {
                    (error.valid_up_to(), error.error_len().unwrap_or(rest.len() - error.valid_up_to()))
                }
            };
            self.utf8 |= !rest[..good].is_ascii();
            if bad > 0 {
                let line = || self.lines.with(&bytes[..at + good]) + 1;
                self.broken = Some(self.broken.unwrap_or_else(line));
            }
            if self.utf8 && self.broken.is_some() {
                // Nothing more can be learnt; only a character at the very end may be unfinished.
                return 0;
            }
            at += good + bad;
        }
        0
    }

    fn nuls(&mut self, bytes: &[u8], place: u64) {
        let Some(first) = memchr(0, bytes) else { return };
        if self.nul.is_none() {
            self.nul = Some(place + first as u64);
            self.nul_line = self.lines.with(&bytes[..first]) + 1;
        }
        self.nuls += memchr_iter(0, &bytes[first..]).count() as u64;
    }
}

/// How many lines end in a part of a file that is UTF-16.
pub(super) fn wide_lines(raw: &Raw, from: u64, to: u64, encoding: &'static Encoding) -> Result<u64> {
    let (mut decoder, mut lines) = (encoding.new_decoder_without_bom_handling(), Count::default());
    let (mut place, mut room, mut text) = (from, vec![0; CHUNK], String::with_capacity(4 * CHUNK));
    while place < to {
        let wanted = usize::try_from(to - place).unwrap_or(CHUNK).min(CHUNK);
        let read = raw.read(place, &mut room[..wanted])?;
        place += read as u64;
        text.clear();
        let _ = decoder.decode_to_string(&room[..read], &mut text, read < wanted);
        lines.take(text.as_bytes());
        if read < wanted {
            break;
        }
    }
    Ok(lines.all())
}

/// Where a UTF-16 file goes on in another encoding: its last NUL stands far before its end, and what follows is
/// mostly ASCII.
pub(super) fn ends_otherwise(raw: &Raw, from: u64, encoding: Charset) -> Result<Option<u64>> {
    let mut room = vec![0; CHUNK];
    let mut to = raw.len;
    while to > from {
        let start = to.saturating_sub(CHUNK as u64).max(from);
        let wanted = usize::try_from(to - start).unwrap_or(CHUNK).min(CHUNK);
        let read = raw.read(start, &mut room[..wanted])?;
        let Some(nul) = memrchr(0, &room[..read]) else {
            to = start;
            continue;
        };
        // In little endian the NUL is the second byte of its character.
        let little = matches!(encoding, Charset::Web(encoding) if encoding == encoding_rs::UTF_16LE);
        let end = start + nul as u64 + if little { 1 } else { 2 };
        let mut tail = [0; 4096];
        let read = raw.read(end, &mut tail)?;
        let tail = &tail[..read];
        let plain = |b: &&u8| matches!(b, b' '..=b'~' | b'\t' | b'\r' | b'\n');
        let is_text = tail.len() >= 8 && tail.iter().filter(plain).count() * 5 > tail.len() * 4;
        return Ok((is_text && (end - from).is_multiple_of(2)).then_some(end));
    }
    Ok(None)
}
