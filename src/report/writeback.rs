//! Writes a long file to the disk while it grows, and gives the memory that the system keeps of it to what comes.
//!
//! Left alone, the system keeps a report of several GB in memory, pushes other files out of it, and stops whoever
//! writes when too much of it waits for the disk; on a virtual machine the host has to give that memory first.

use std::fs::File;
use std::sync::mpsc::SyncSender;

/// A file that is shorter is left to the system, which does it later and by itself.
const FROM: u64 = 512 << 20;

/// So many bytes are written between two requests.
const STEP: u64 = 16 << 20;

/// Asks the system now and then to write a growing file, and never waits for it.
#[derive(Debug, Default)]
pub(super) struct Writeback {
    asked: u64,
    /// Takes the requests, from the first on.
    helper: Option<SyncSender<()>>,
}

impl Writeback {
    /// The file has so many bytes now.
    pub(super) fn grown(&mut self, file: &File, bytes: u64) {
        if !self.due(bytes) {
            return;
        }
        if self.helper.is_none() {
            self.helper = helper(file);
        }
        // A helper that is still at it takes care of these bytes the next time.
        if let Some(helper) = &self.helper {
            let _ = helper.try_send(());
        }
    }

    fn due(&mut self, bytes: u64) -> bool {
        let due = bytes >= FROM.max(self.asked + STEP);
        if due {
            self.asked = bytes;
        }
        due
    }
}

/// A thread that has the file written: the disk may be slower than the audit. None where it cannot be had.
#[cfg(target_os = "linux")]
fn helper(file: &File) -> Option<SyncSender<()>> {
    let file = file.try_clone().ok()?;
    let (sender, requests) = std::sync::mpsc::sync_channel(1);
    let work = move || requests.iter().for_each(|()| let_go(&file));
    std::thread::Builder::new().name("writeback".to_owned()).spawn(work).ok()?;
    Some(sender)
}

/// Windows and macOS have no such request: the file is left to them.
#[cfg(not(target_os = "linux"))]
fn helper(_file: &File) -> Option<SyncSender<()>> {
    None
}

/// Starts to write what is not on the disk yet, and lets go of the pages that are (`posix_fadvise`, `generic_fadvise` of
/// the kernel). Advice: what is not followed costs memory, and nothing else.
#[cfg(target_os = "linux")]
fn let_go(file: &File) {
    let _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_file_is_left_alone() {
        let mut writeback = Writeback::default();
        assert!((0..FROM).step_by(1 << 20).all(|bytes| !writeback.due(bytes)));
        assert!(writeback.due(FROM));
    }

    #[test]
    fn a_long_file_is_asked_for_once_a_step() {
        let mut writeback = Writeback::default();
        let asked: Vec<u64> =
            (0..FROM + 3 * STEP).step_by(1 << 20).filter(|bytes| writeback.due(*bytes)).collect();
        assert_eq!(asked, [FROM, FROM + STEP, FROM + 2 * STEP]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_keeps_its_bytes_while_it_is_written_back() {
        use std::io::{Read, Seek, Write};

        let mut file = tempfile::tempfile().unwrap();
        let (mut writeback, mut octets) = (Writeback { asked: FROM, ..Writeback::default() }, Vec::new());
        for step in 1..=8 {
            let piece: Vec<u8> = (0..70_001_u32).flat_map(|n| (n * step).to_le_bytes()).collect();
            file.write_all(&piece).unwrap();
            octets.extend(piece);
            writeback.grown(&file, FROM + u64::from(step) * STEP);
        }
        assert!(writeback.helper.is_some());
        let mut read = Vec::new();
        file.rewind().unwrap();
        file.read_to_end(&mut read).unwrap();
        assert!(read == octets, "{} bytes of {}", read.len(), octets.len());
    }
}
