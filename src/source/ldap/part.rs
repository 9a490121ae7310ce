//! The records of a slice on their way to a file: packed where that is asked for, piece by piece.
//!
//! Every piece is a member of its own, so that parts put one behind the other are one archive.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// How much is packed at once.
const PIECE: usize = 1 << 20;

/// How a fetched file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Packing {
    /// Not at all.
    Plain,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
}

impl Packing {
    /// By the end of a name: `.ldif` is plain, `.zst` Zstandard, everything else gzip.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        match path.extension().and_then(|end| end.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("ldif" | "ldf") => Self::Plain,
            Some("zst") => Self::Zstd,
            _ => Self::Gzip,
        }
    }

    /// Writes a piece of text.
    pub(super) fn write(self, text: &[u8], mut into: impl Write) -> io::Result<()> {
        match self {
            Self::Plain => into.write_all(text),
            Self::Gzip => {
                let mut packer = GzEncoder::new(into, Compression::fast());
                packer.write_all(text)?;
                packer.finish()?;
                Ok(())
            }
            Self::Zstd => {
                let level = ruzstd::encoding::CompressionLevel::Fastest;
                into.write_all(&ruzstd::encoding::compress_to_vec(text, level))
            }
        }
    }
}

/// A file in which a part is kept until all are there.
#[derive(Debug)]
pub(super) struct Part {
    file: File,
    /// Where it is; `None` when it has no name.
    path: Option<PathBuf>,
    packing: Packing,
    /// Text that is not packed yet.
    pub(super) text: Vec<u8>,
}

impl Part {
    /// A new one: at a path, or in a folder without a name.
    pub(super) fn new(path: Option<PathBuf>, folder: &Path, packing: Packing) -> Result<Self> {
        let file = match &path {
            Some(path) => private(path)?,
            None => tempfile::tempfile_in(folder).map_err(Error::io("write", folder))?,
        };
        Ok(Self { file, path, packing, text: Vec::new() })
    }

    /// Writes what has come together, if that is enough to be packed.
    pub(super) fn settle(&mut self) -> Result<()> {
        if self.text.len() < PIECE { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> Result<()> {
        if !self.text.is_empty() {
            let written = self.packing.write(&self.text, &mut self.file);
            written
                .map_err(Error::io("write", self.path.as_deref().unwrap_or(Path::new("a temporary file"))))?;
            self.text.clear();
        }
        Ok(())
    }

    /// Ends it. One with a name is renamed to `path`. Gives the file and its size in bytes.
    pub(super) fn finish(mut self, path: Option<&Path>) -> Result<(File, u64)> {
        self.flush()?;
        if let (Some(own), Some(path)) = (&self.path, path) {
            std::fs::rename(own, path).map_err(Error::io("write", path))?;
        }
        let bytes = self.file.stream_position().and_then(|end| self.file.rewind().map(|()| end));
        let bytes = bytes
            .map_err(Error::io("read", self.path.as_deref().unwrap_or(Path::new("a temporary file"))))?;
        Ok((self.file, bytes))
    }
}

/// A new file that only its owner may read.
pub(super) fn private(path: &Path) -> Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(Error::io("write", path))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn the_name_says_how_it_is_packed() {
        for (name, packing) in [
            ("a.ldif", Packing::Plain),
            ("a.ldif.gz", Packing::Gzip),
            ("a.LDIF.ZST", Packing::Zstd),
            ("a", Packing::Gzip),
        ] {
            assert_eq!(Packing::of(Path::new(name)), packing, "{name}");
        }
    }

    #[test]
    fn pieces_behind_each_other_are_one_archive() {
        let folder = tempfile::tempdir().unwrap();
        for packing in [Packing::Plain, Packing::Gzip, Packing::Zstd] {
            let mut part = Part::new(None, folder.path(), packing).unwrap();
            part.text.extend_from_slice(&b"a: b\n".repeat(PIECE / 4));
            part.settle().unwrap();
            part.text.extend_from_slice(b"end");
            let (file, _) = part.finish(None).unwrap();
            let mut spooled = crate::source::spool::spool("x", file).unwrap();
            let mut all = String::new();
            spooled.file.read_to_string(&mut all).unwrap();
            assert_eq!(all, "a: b\n".repeat(PIECE / 4) + "end");
        }
    }
}
