//! What cannot be read twice goes into an unlinked temporary file: standard input, pipes, and compressed files.
//!
//! gzip and Zstandard are known by their first bytes, whatever the file is called. Every member of the archive is
//! read, as `zcat` does.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, Write};

use blake3::{Hash, Hasher};
use flate2::bufread::GzDecoder;
use ruzstd::decoding::StreamingDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};

use crate::error::{Error, Result};

/// How many bytes are moved at once.
const PIECE: usize = 256 * 1024;

/// What a file is packed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    /// gzip, RFC 1952.
    Gzip,
    /// Zstandard, RFC 8878.
    Zstd,
}

impl Packing {
    /// Finds it by the first bytes; `None` when the file is not packed, or in no way that is read.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            // The second is a skippable frame; pzstd begins with one.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

/// What was spooled.
#[derive(Debug)]
pub(super) struct Spooled {
    /// The text.
    pub file: File,
    /// Its size in bytes.
    pub len: u64,
    /// How many bytes were read for it.
    pub read: u64,
    /// BLAKE3 of what was read, where that is not the text itself.
    pub hash: Option<Hash>,
}

/// The stream to be spooled, with its first bytes looked at.
type Stream<R> = BufReader<io::Chain<io::Cursor<Vec<u8>>, Counted<R>>>;

/// Copies a stream, unpacked when it is packed.
pub(super) fn spool(name: &str, from: impl Read) -> Result<Spooled> {
    let mut from = Counted { from, read: 0, hasher: None };
    let mut head = Vec::new();
    (&mut from).take(4).read_to_end(&mut head).map_err(Error::io("read", name))?;
    let packing = Packing::of(&head);
    from.hasher = packing.map(|_| {
        let mut hasher = Hasher::new();
        hasher.update(&head);
        hasher
    });
    let mut source: Stream<_> = BufReader::with_capacity(PIECE, io::Cursor::new(head).chain(from));
    let mut out = Out { file: temporary()?, len: 0 };
    let copied = match packing {
        None => out.copy(&mut source),
        Some(Packing::Gzip) => gzip(&mut source, &mut out),
        Some(Packing::Zstd) => zstd(&mut source, &mut out),
    };
    let read = source.get_ref().get_ref().1.read - source.buffer().len() as u64;
    match (copied, packing) {
        (Ok(()), _) => {}
        (Err(Fault::Write(why)), _) => return Err(Error::io("write", std::env::temp_dir())(why)),
        (Err(Fault::Read(why)), None) => return Err(Error::io("read", name)(why)),
        (Err(Fault::Read(why)), Some(packing)) => {
            let ended = source.fill_buf().is_ok_and(<[u8]>::is_empty);
            return Err(damaged(name, packing, (read, out.len), &why, ended));
        }
    }
    out.file.rewind().map_err(Error::io("write", std::env::temp_dir()))?;
    let hash = source.get_ref().get_ref().1.hasher.as_ref().map(Hasher::finalize);
    Ok(Spooled { file: out.file, len: out.len, read, hash })
}

/// An unlinked temporary file.
pub(super) fn temporary() -> Result<File> {
    tempfile::tempfile().map_err(Error::io("write", std::env::temp_dir()))
}

fn damaged(name: &str, packing: Packing, done: (u64, u64), why: &io::Error, ended: bool) -> Error {
    let packing = packing.name();
    let what = if ended { "ends too early".to_owned() } else { format!("is damaged ({why})") };
    Error::source(
        name,
        format!("the {packing} file {what}: of its first {} bytes, {} could be unpacked", done.0, done.1),
        format!("copy or export it again; `{packing} -t` tests a file"),
    )
}

/// Why copying stopped.
enum Fault {
    Read(io::Error),
    Write(io::Error),
}

/// The temporary file while it is written.
struct Out {
    file: File,
    len: u64,
}

impl Out {
    fn copy(&mut self, from: &mut impl Read) -> std::result::Result<(), Fault> {
        let mut room = vec![0; PIECE];
        loop {
            match from.read(&mut room) {
                Ok(0) => return Ok(()),
                Ok(read) => {
                    self.file.write_all(&room[..read]).map_err(Fault::Write)?;
                    self.len += read as u64;
                }
                Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
                Err(why) => return Err(Fault::Read(why)),
            }
        }
    }
}

/// All members of a gzip file; NULs behind the last one are padding.
fn gzip(source: &mut impl BufRead, out: &mut Out) -> std::result::Result<(), Fault> {
    loop {
        out.copy(&mut GzDecoder::new(&mut *source))?;
        loop {
            let rest = source.fill_buf().map_err(Fault::Read)?;
            let nuls = rest.iter().take_while(|&&b| b == 0).count();
            match rest.get(nuls) {
                _ if rest.is_empty() => return Ok(()),
                None => source.consume(nuls),
                Some(_) => {
                    source.consume(nuls);
                    break;
                }
            }
        }
    }
}

/// All frames of a Zstandard file.
fn zstd(source: &mut impl BufRead, out: &mut Out) -> std::result::Result<(), Fault> {
    let broken = |why: FrameDecoderError| Fault::Read(io::Error::other(why));
    let mut decoder = ruzstd::decoding::FrameDecoder::new();
    while !source.fill_buf().map_err(Fault::Read)?.is_empty() {
        match StreamingDecoder::new_with_decoder(&mut *source, &mut decoder) {
            Ok(mut frame) => out.copy(&mut frame)?,
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length, ..
            })) => {
                let skipped = io::copy(&mut source.take(length.into()), &mut io::sink());
                if skipped.map_err(Fault::Read)? < u64::from(length) {
                    return Err(Fault::Read(io::ErrorKind::UnexpectedEof.into()));
                }
                continue;
            }
            Err(why) => return Err(broken(why)),
        }
        let (written, found) = (decoder.get_checksum_from_data(), decoder.get_calculated_checksum());
        if written.is_some() && written != found {
            return Err(Fault::Read(io::Error::other("the checksum does not fit")));
        }
    }
    Ok(())
}

/// Counts what is read, and takes its hash.
struct Counted<R> {
    from: R,
    read: u64,
    hasher: Option<Hasher>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(room)?;
        self.read += read as u64;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&room[..read]);
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gz(bytes: &[u8]) -> Vec<u8> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    }

    fn zst(bytes: &[u8]) -> Vec<u8> {
        ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
    }

    fn unpacked(bytes: &[u8]) -> Result<Vec<u8>> {
        let mut spooled = spool("x", bytes)?;
        let mut all = Vec::new();
        spooled.file.read_to_end(&mut all).unwrap();
        assert_eq!((spooled.len, spooled.read), (all.len() as u64, bytes.len() as u64));
        Ok(all)
    }

    #[test]
    fn every_member_is_read() {
        let text = b"mail,upn\n".repeat(100_000);
        assert_eq!(unpacked(&text).unwrap(), text);
        assert_eq!(unpacked(b"a").unwrap(), b"a");
        assert_eq!(unpacked(b"").unwrap(), b"");
        for pack in [gz, zst] {
            let mut packed = pack(&text);
            packed.extend(pack(b"second"));
            let both = [&text[..], b"second"].concat();
            assert!(unpacked(&packed).unwrap() == both);
        }
        let padded = [gz(b"text"), vec![0; 600_000]].concat();
        assert_eq!(unpacked(&padded).unwrap(), b"text");
        let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4][..], &zst(b"text")].concat();
        assert_eq!(unpacked(&skipped).unwrap(), b"text");
    }

    #[test]
    fn damage_names_how_far_it_went() {
        let text: Vec<u8> =
            (0..100_000u32).flat_map(|n| (n * 7919 % 10_007).to_string().into_bytes()).collect();
        for (pack, name) in [(gz as fn(&[u8]) -> Vec<u8>, "gzip"), (zst, "zstd")] {
            let packed = pack(&text);
            for cut in [5, 12, packed.len() / 2, packed.len() - 1] {
                let why = unpacked(&packed[..cut]).unwrap_err().to_string();
                let want = format!("the {name} file ends too early: of its first {cut} bytes");
                assert!(why.contains(&want), "{why}");
            }
            let mut bad = packed.clone();
            let end = bad.len() - 2;
            bad[end] ^= 0x55;
            assert!(unpacked(&bad).is_err(), "{name}");
            let tail = [&packed[..], &b"rubbish".repeat(9)[..]].concat();
            assert!(unpacked(&tail).unwrap_err().to_string().contains("is damaged"), "{name}");
        }
    }
}
