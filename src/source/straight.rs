//! Files that can be read from any character on: what its bytes mean does not depend on those before them.

use encoding_rs::{Encoding, UTF_8, UTF_16BE};

use super::bytes::missing;
use super::encoding::{CHUNK, Found, Raw};
use crate::error::{Error, Result};
use crate::model::charset::Charset;

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
    pub(super) fn open(self, bytes: &[u8]) -> usize {
        match self {
            Self::Utf8 if missing(bytes) == 0 => 0,
            Self::Utf8 => bytes.iter().rev().take_while(|&&b| b & 0xc0 == 0x80).count() + 1,
            Self::Wide(encoding) => open_units(encoding, bytes),
            Self::Narrow(_) => 0,
        }
    }

    /// Appends whole characters to a text.
    ///
    /// # Errors
    /// They are not the UTF-8 that they were when the file was looked at.
    fn append(self, raw: &Raw, bytes: &[u8], text: &mut String) -> Result<()> {
        match self {
            // Faster than what the standard library has.
            Self::Utf8 => match UTF_8.decode_without_bom_handling_and_without_replacement(bytes) {
                Some(known) => text.push_str(&known),
                None => return Err(changed(raw)),
            },
            Self::Wide(encoding) | Self::Narrow(Charset::Web(encoding)) => {
                text.push_str(&encoding.decode_without_bom_handling(bytes).0);
            }
            Self::Narrow(Charset::Oem(oem)) => oem.decode(bytes, text),
        }
        Ok(())
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

    /// Appends the whole characters among so many bytes from a place on to a text; gives how many bytes they are. They
    /// lack [`LONGEST`] bytes or more only at the end of the file. The room is used again for the next.
    pub(super) fn read(
        self,
        raw: &Raw,
        (start, len): (u64, usize),
        text: &mut String,
        room: &mut Vec<u8>,
    ) -> Result<usize> {
        // In pieces that stay in the cache while they are looked at.
        room.resize(room.len().max(len.min(CHUNK)), 0);
        let mut done = 0;
        while done < len {
            let wanted = (len - done).min(room.len());
            let piece = raw.read(start + done as u64, &mut room[..wanted])?;
            let open = if piece < wanted { 0 } else { self.open(&room[..piece]) };
            self.append(raw, &room[..piece - open], text)?;
            done += piece - open;
            if piece < wanted || piece == open {
                break;
            }
        }
        Ok(done)
    }
}

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

/// The text of parts of a file that was UTF-8 when it was looked at.
pub(super) fn checked(raw: &Raw, bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|_| changed(raw))
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
            let mut read = String::new();
            assert_eq!(
                straight.read(&raw, (0, bytes.len() + 9), &mut read, &mut Vec::new()).unwrap(),
                bytes.len()
            );
            assert_eq!(straight.len(read.as_bytes()), bytes.len() as u64, "{straight:?}");
            for len in 0..bytes.len() {
                let mut part = String::new();
                let done = straight.read(&raw, (0, len), &mut part, &mut Vec::new()).unwrap();
                assert!(read.starts_with(&part) && done + LONGEST > len, "{straight:?} {len}");
                assert_eq!(straight.len(part.as_bytes()), done as u64, "{straight:?} {len}");
            }
        }
    }

    #[test]
    fn halves_of_characters_wait_for_the_rest() {
        let (little, big) = (Straight::Wide(UTF_16LE), Straight::Wide(UTF_16BE));
        assert_eq!(little.open(&[b'a', 0, b'b']), 1);
        assert_eq!((little.open(&[0x34, 0xd8]), big.open(&[0xd8, 0x34])), (2, 2));
        assert_eq!((little.open(&[0x34, 0xd8, 0]), little.open(&[0xd8, 0x34])), (3, 0));
        assert_eq!((little.open(&[]), Straight::Utf8.open(&[])), (0, 0));
        let opens = |bytes: &str, len: usize| Straight::Utf8.open(&bytes.as_bytes()[..len]);
        assert_eq!((opens("aé", 2), opens("aé", 3), opens("€", 2), opens("a𝄞", 4)), (1, 0, 2, 3));
    }
}
