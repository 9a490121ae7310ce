//! What grows with the users: kept in memory while there is room, then in a temporary file.

use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use crate::error::{Error, Result};

/// A temporary file without a name, made when it is first needed. It goes away with the run, however that ends.
#[derive(Debug)]
pub(super) struct Spill {
    folder: PathBuf,
    file: OnceLock<File>,
    end: AtomicU64,
}

impl Spill {
    /// A file in a folder, not made yet.
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), file: OnceLock::new(), end: AtomicU64::new(0) }
    }

    /// Gives the place of so many bytes that nobody else writes to.
    pub(super) fn reserve(&self, len: usize) -> u64 {
        self.end.fetch_add(len as u64, Ordering::Relaxed)
    }

    /// Writes bytes to a place that was reserved for them.
    pub(super) fn write(&self, place: u64, bytes: &[u8]) -> Result<()> {
        write_at(self.file()?, bytes, place).map_err(|source| self.unwritable(&source))
    }

    /// Reads bytes that were written.
    pub(super) fn read(&self, place: u64, room: &mut [u8]) -> Result<()> {
        read_at(self.file()?, room, place).map_err(Error::io("read a temporary file in", &self.folder))
    }

    fn file(&self) -> Result<&File> {
        if let Some(file) = self.file.get() {
            return Ok(file);
        }
        let file = tempfile::tempfile_in(&self.folder).map_err(|source| self.unwritable(&source))?;
        Ok(self.file.get_or_init(|| file))
    }

    fn unwritable(&self, source: &io::Error) -> Error {
        Error::output(
            &self.folder,
            format!("the temporary file of the run cannot be written there: {source}"),
            "make room on this disk, choose a folder on another with --out, or allow more memory with --memory",
        )
    }
}

#[cfg(unix)]
fn write_at(file: &File, bytes: &[u8], place: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, place)
}

#[cfg(unix)]
fn read_at(file: &File, room: &mut [u8], place: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, room, place)
}

#[cfg(windows)]
fn write_at(file: &File, mut bytes: &[u8], mut place: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = std::os::windows::fs::FileExt::seek_write(file, bytes, place)?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        bytes = &bytes[written..];
        place += written as u64;
    }
    Ok(())
}

#[cfg(windows)]
fn read_at(file: &File, mut room: &mut [u8], mut place: u64) -> io::Result<()> {
    while !room.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, room, place)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        room = &mut room[read..];
        place += read as u64;
    }
    Ok(())
}

/// Room for pieces of one kind: so much of it in memory, the rest in the file.
#[derive(Debug)]
pub(super) struct Shelf<'s> {
    spill: &'s Spill,
    left: AtomicI64,
}

/// A piece on a shelf.
#[derive(Debug)]
pub(super) enum Kept {
    /// In memory.
    Memory(Box<[u8]>),
    /// At a place in the file, with so many bytes.
    File(u64, usize),
}

impl Kept {
    /// How many bytes it has.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Memory(bytes) => bytes.len(),
            Self::File(_, len) => *len,
        }
    }
}

impl<'s> Shelf<'s> {
    /// A shelf with so many bytes of memory.
    pub(super) fn new(spill: &'s Spill, room: usize) -> Self {
        Self { spill, left: AtomicI64::new(i64::try_from(room).unwrap_or(i64::MAX)) }
    }

    /// Keeps a copy of a piece: no larger than it, where what it was made in has room to grow.
    pub(super) fn keep(&self, bytes: &[u8]) -> Result<Kept> {
        if self.has_room(bytes.len()) {
            return Ok(Kept::Memory(bytes.into()));
        }
        let place = self.spill.reserve(bytes.len());
        self.spill.write(place, bytes)?;
        Ok(Kept::File(place, bytes.len()))
    }

    /// Keeps a copy of a piece in memory, or nothing of it where there is no room.
    pub(super) fn keep_here(&self, bytes: &[u8]) -> Box<[u8]> {
        if self.has_room(bytes.len()) { bytes.into() } else { Box::default() }
    }

    fn has_room(&self, len: usize) -> bool {
        let len = i64::try_from(len).unwrap_or(i64::MAX);
        // Signed, so that what many threads take at once cannot wrap.
        let has = self.left.fetch_sub(len, Ordering::Relaxed) >= len;
        if !has {
            self.left.fetch_add(len, Ordering::Relaxed);
        }
        has
    }

    /// A part of a piece.
    pub(super) fn read<'k>(&self, kept: &'k Kept, start: usize, len: usize) -> Result<Cow<'k, [u8]>> {
        match kept {
            Kept::Memory(bytes) => Ok(Cow::Borrowed(bytes.get(start..start + len).unwrap_or_default())),
            Kept::File(place, _) => {
                let mut room = vec![0; len];
                self.spill.read(place + start as u64, &mut room)?;
                Ok(Cow::Owned(room))
            }
        }
    }
}
