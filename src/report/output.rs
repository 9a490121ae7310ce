//! One file of the report while it is written beside its place.

#[cfg(test)]
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use super::table::Sheet;
use super::writeback::Writeback;
use crate::error::{Error, Result};

/// What the names of unfinished files start and end with.
pub(super) const UNFINISHED: (&str, &str) = (".dirsync-audit-", ".tmp");

/// A file of the finished report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its name in the folder.
    pub name: &'static str,
    /// How many octets it has.
    pub bytes: u64,
    /// Their BLAKE3 hash.
    pub hash: blake3::Hash,
}

/// A file that is being written beside its place.
#[derive(Debug)]
pub(super) struct Output {
    name: &'static str,
    file: NamedTempFile,
    hasher: blake3::Hasher,
    bytes: u64,
    writeback: Writeback,
    /// The items, of a file that holds only so many.
    items: usize,
}

impl Output {
    pub(super) fn new(dir: &Path, name: &'static str) -> Result<Self> {
        let (hasher, writeback) = (blake3::Hasher::new(), Writeback::default());
        Ok(Self { name, file: unfinished(dir)?, hasher, bytes: 0, writeback, items: 0 })
    }

    pub(super) fn append(&mut self, dir: &Path, octets: &[u8]) -> Result<()> {
        self.write_all(octets).map_err(Error::io("write", dir.join(self.name)))
    }

    /// Appends items until there are so many; says whether there are.
    pub(super) fn append_items(&mut self, dir: &Path, sheet: &Sheet, most: usize) -> Result<bool> {
        let kept = sheet.ends.len().min(most - self.items.min(most));
        if let Some(end) = kept.checked_sub(1).and_then(|last| sheet.ends.get(last)) {
            // Nothing stands before the first item that a comma would part it from.
            let start = usize::from(self.items == 0);
            self.append(dir, sheet.octets.get(start..*end).unwrap_or_default())?;
        }
        self.items += kept;
        Ok(self.items >= most)
    }

    pub(super) fn written(&self) -> Written {
        Written { name: self.name, bytes: self.bytes, hash: self.hasher.finalize() }
    }

    pub(super) fn persist(self, dir: &Path) -> Result<()> {
        let place = dir.join(self.name);
        self.file.persist(&place).map(drop).map_err(|failed| {
            let what = format!("cannot be replaced: {}; the folder holds no whole report now", failed.error);
            Error::output(place, what, "close programs that have the file open, and run again")
        })
    }
}

impl Write for Output {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let written = self.file.as_file_mut().write(octets)?;
        self.hasher.update(octets.get(..written).unwrap_or_default());
        self.bytes += written as u64;
        self.writeback.grown(self.file.as_file(), self.bytes);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_file_mut().flush()
    }
}

pub(super) fn unwritable(dir: &Path) -> impl FnOnce(io::Error) -> Error {
    let dir = dir.to_owned();
    move |source| {
        let what = format!("the folder cannot be written: {source}");
        Error::output(dir, what, "choose another folder with --out, or let this account write there")
    }
}

/// A new file in the folder, readable by its owner only, that is removed unless it is given a place.
pub(super) fn unfinished(dir: &Path) -> Result<NamedTempFile> {
    let (prefix, suffix) = UNFINISHED;
    tempfile::Builder::new().prefix(prefix).suffix(suffix).tempfile_in(dir).map_err(unwritable(dir))
}

#[cfg(test)]
impl Output {
    /// From now on the file cannot be written, as if the disk were full.
    pub(super) fn break_file(&mut self) {
        *self.file.as_file_mut() = File::open(self.file.path()).unwrap();
    }
}
