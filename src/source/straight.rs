//! Files that can be read from any character on: what its bytes mean does not depend on those before them.

use encoding_rs::{Encoding, UTF_8, UTF_16BE};

use super::encoding::{Found, Raw};
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

    /// How many bytes at the end of a piece are to be read with the next one: the first half of a character.
    /// UTF-8 is not looked at before it has been cut.
    pub(super) fn open(self, bytes: &[u8]) -> usize {
        let Self::Wide(encoding) = self else { return 0 };
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

    /// The text of whole characters, as UTF-8, behind other text. UTF-8 is taken over as it stands.
    pub(super) fn append(self, bytes: &[u8], text: &mut Vec<u8>) {
        match self {
            Self::Utf8 => text.extend_from_slice(bytes),
            Self::Wide(encoding) | Self::Narrow(Charset::Web(encoding)) => {
                text.extend_from_slice(encoding.decode_without_bom_handling(bytes).0.as_bytes());
            }
            Self::Narrow(Charset::Oem(oem)) => {
                let mut decoded = String::with_capacity(bytes.len() + bytes.len() / 8);
                oem.decode(bytes, &mut decoded);
                text.extend_from_slice(decoded.as_bytes());
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

    /// The text at a place.
    pub(super) fn text(self, raw: &Raw, start: u64, len: usize) -> Result<String> {
        let mut bytes = vec![0; len];
        let read = raw.read(start, &mut bytes)?;
        bytes.truncate(read);
        if let Self::Utf8 = self {
            return checked(raw, bytes);
        }
        let mut text = Vec::new();
        self.append(&bytes, &mut text);
        checked(raw, text)
    }
}

/// Bytes that were UTF-8 when the file was looked at.
pub(super) fn checked(raw: &Raw, bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|_| {
        let remedy = "run the audit again when nothing writes to the file any more";
        Error::source(raw.name(), "the file changed while it was being read", remedy)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{UTF_16LE, WINDOWS_1252};

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
            let mut read = Vec::new();
            straight.append(&bytes, &mut read);
            assert_eq!(straight.len(&read), bytes.len() as u64, "{straight:?}");
            assert!(String::from_utf8(read).is_ok(), "{straight:?}");
        }
    }

    #[test]
    fn halves_of_characters_wait_for_the_rest() {
        let (little, big) = (Straight::Wide(UTF_16LE), Straight::Wide(UTF_16BE));
        assert_eq!(little.open(&[b'a', 0, b'b']), 1);
        assert_eq!((little.open(&[0x34, 0xd8]), big.open(&[0xd8, 0x34])), (2, 2));
        assert_eq!((little.open(&[0x34, 0xd8, 0]), little.open(&[0xd8, 0x34])), (3, 0));
        assert_eq!((little.open(&[]), Straight::Utf8.open(&[0xc3])), (0, 0));
    }
}
