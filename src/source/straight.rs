//! Files that can be read from any character on: what its bytes mean does not depend on those before them.

use encoding_rs::{Encoding, UTF_8, UTF_16BE};

use super::encoding::{Found, Raw};
use crate::error::{Error, Result};
use crate::model::charset::Charset;
use crate::model::{BlockText, Room};

/// How the characters of such a file stand in its bytes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Straight {
    /// UTF-8 without a flaw.
    Utf8,
    /// UTF-16: two bytes for each unit. What is no character becomes U+FFFD, which is a unit too.
    Wide(&'static Encoding),
    /// One byte for each character.
    Narrow(Charset),
}

impl Straight {
    /// How a file is read; `None` when it has several encodings, or one that is none of these.
    pub(super) fn of(found: &Found) -> Option<Self> {
        if found.then.is_some() || found.by_line {
            return None;
        }
        match found.encoding {
            Charset::Web(encoding) if encoding == UTF_8 => Some(Self::Utf8),
            Charset::Web(wide) if found.encoding.is_utf16() => Some(Self::Wide(wide)),
            Charset::Web(narrow) if narrow.is_single_byte() => Some(Self::Narrow(found.encoding)),
            Charset::Web(_) => None,
            Charset::Oem(_) => Some(Self::Narrow(found.encoding)),
        }
    }

    /// How many bytes at the end of a piece are to be read with the next one: the first part of a character.
    fn open(self, bytes: &[u8]) -> usize {
        match self {
            Self::Wide(encoding) => open_units(encoding, bytes),
            // UTF-8 is read as it stands.
            Self::Utf8 | Self::Narrow(_) => 0,
        }
    }

    /// Appends whole characters as UTF-8.
    fn append(self, bytes: &[u8], room: &mut Room) {
        match self {
            Self::Utf8 => room.push(bytes),
            Self::Wide(encoding) | Self::Narrow(Charset::Web(encoding)) => {
                room.push(encoding.decode_without_bom_handling(bytes).0.as_bytes());
            }
            Self::Narrow(Charset::Oem(oem)) => {
                let mut text = String::new();
                oem.decode(bytes, &mut text);
                room.push(text.as_bytes());
            }
        }
    }

    /// How many bytes of the file a text of whole characters stands for.
    pub(super) fn len(self, text: &[u8]) -> u64 {
        // A character of four bytes has two units; the bytes that go on with a character are not counted.
        let characters = || text.iter().filter(|&&b| b & 0xc0 != 0x80).count() as u64;
        match self {
            Self::Utf8 => text.len() as u64,
            Self::Wide(_) => 2 * (characters() + text.iter().filter(|&&b| b >= 0xf0).count() as u64),
            Self::Narrow(_) => characters(),
        }
    }

    /// Appends the text of so many bytes from a place on; gives how many bytes were read, and whether the file ended
    /// before. UTF-8 is read as it stands, so that [`checked`] finds what is none; of others, up to [`LONGEST`] bytes less
    /// are read: the start of a character.
    pub(super) fn read(
        self,
        raw: &Raw,
        (start, len): (u64, usize),
        room: &mut Room,
    ) -> Result<(usize, bool)> {
        if matches!(self, Self::Utf8) {
            let read = room.fill(len, |own| raw.read(start, own))?;
            return Ok((read, read < len));
        }
        let (mut bytes, mut done) = (vec![0; len.min(PIECE)], 0);
        while done < len {
            let wanted = (len - done).min(bytes.len());
            let piece = raw.read(start + done as u64, &mut bytes[..wanted])?;
            let ended = piece < wanted;
            let open = if ended { 0 } else { self.open(&bytes[..piece]) };
            self.append(&bytes[..piece - open], room);
            done += piece - open;
            if ended || piece == open {
                return Ok((done, ended));
            }
        }
        Ok((done, false))
    }
}

/// How many bytes are decoded at once.
const PIECE: usize = 64 << 10;

/// How many bytes the longest character has.
pub(super) const LONGEST: usize = 4;

/// The bytes of half a unit of UTF-16, or of one that waits for another.
fn open_units(encoding: &'static Encoding, bytes: &[u8]) -> usize {
    let odd = bytes.len() % 2;
    let high = match bytes[..bytes.len() - odd] {
        [.., first, second] => {
            if encoding == UTF_16BE {
                first
            } else {
                second
            }
        }
        _ => 0,
    };
    odd + if (0xd8..0xdc).contains(&high) { 2 } else { 0 }
}

/// The first bytes of a room as the text that they were when the file was looked at.
pub(super) fn checked(raw: &Raw, room: Room, len: usize) -> Result<BlockText> {
    room.into_text(len).ok_or_else(|| changed(raw))
}

/// The file is not what it was when it was looked at.
pub(super) fn changed(raw: &Raw) -> Error {
    let remedy = "run the audit again when nothing writes to the file any more";
    Error::source(raw.name(), "the file changed while it was being read", remedy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{UTF_16LE, WINDOWS_1252};
    use std::io::Write;

    #[test]
    fn a_text_stands_for_the_bytes_it_was_read_from() {
        let text = "aé€𝄞\u{fffd}\r\nx";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let oem = Straight::Narrow(Charset::of_label("cp850").unwrap());
        for (straight, bytes) in [
            (Straight::Utf8, text.as_bytes().to_vec()),
            (Straight::Wide(UTF_16LE), little),
            (Straight::Wide(UTF_16BE), big),
            (Straight::Narrow(Charset::Web(WINDOWS_1252)), vec![b'a', 0xe9, 0x80, 0x81, b'x']),
            (oem, vec![b'a', 0x81, 0xff]),
        ] {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(&bytes).unwrap();
            let raw = Raw::open(file.path().to_str().unwrap()).unwrap();
            let mut read = Room::of_thread(1);
            let whole = straight.read(&raw, (0, bytes.len() + 9), &mut read).unwrap();
            assert_eq!(whole, (bytes.len(), true));
            assert_eq!(straight.len(read.bytes()), bytes.len() as u64, "{straight:?}");
            for len in 0..bytes.len() {
                let mut part = Room::of_thread(1);
                let (done, ended) = straight.read(&raw, (0, len), &mut part).unwrap();
                assert!(!ended && done + LONGEST > len, "{straight:?} {len}");
                assert!(read.bytes().starts_with(part.bytes()), "{straight:?} {len}");
                assert_eq!(straight.len(part.bytes()), done as u64, "{straight:?} {len}");
            }
            let text = checked(&raw, read, 1).unwrap();
            assert_eq!(text.as_str(), "a");
        }
    }

    #[test]
    fn halves_of_characters_wait_for_the_rest() {
        let (little, big) = (Straight::Wide(UTF_16LE), Straight::Wide(UTF_16BE));
        assert_eq!(little.open(&[b'a', 0, b'b']), 1);
        assert_eq!((little.open(&[0x34, 0xd8]), big.open(&[0xd8, 0x34])), (2, 2));
        assert_eq!((little.open(&[0x34, 0xd8, 0]), little.open(&[0xd8, 0x34])), (3, 0));
        assert_eq!(little.open(&[]), 0);
    }
}
