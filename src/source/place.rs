//! Reading a file from a place on, whoever else reads it.

use std::fs::File;
use std::io;

/// Reads from a place on, as `Read::read` does.
#[cfg(unix)]
pub(super) fn read_at(file: &File, room: &mut [u8], place: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, room, place)
}

/// Reads from a place on, as `Read::read` does.
#[cfg(windows)]
pub(super) fn read_at(file: &File, room: &mut [u8], place: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, room, place)
}
