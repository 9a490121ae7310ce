//! The hash by which a source is known again.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use crate::error::{Error, Result};

/// How many bytes are read at once.
const ROOM: usize = 1 << 20;

/// The BLAKE3 hash of a file's bytes, in hexadecimal digits; `None` for what cannot be read a second time (`-`, pipes).
///
/// Fails when the file is gone or cannot be read.
pub fn hash(spec: &str) -> Result<Option<String>> {
    let path = Path::new(spec);
    if spec == "-" || !path.metadata().map_err(Error::io("read", path))?.is_file() {
        return Ok(None);
    }
    let mut file = File::open(path).map_err(Error::io("open", path))?;
    let mut hasher = blake3::Hasher::new();
    let mut room = vec![0; ROOM];
    loop {
        match file.read(&mut room) {
            Ok(0) => return Ok(Some(hasher.finalize().to_hex().to_string())),
            Ok(read) => hasher.update(&room[..read]),
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(Error::io("read", path)(error)),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::hash;

    #[test]
    fn of_a_file_and_of_nothing_that_can_be_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.csv");
        std::fs::write(&path, b"mail\r\n").unwrap();
        let expected = blake3::hash(b"mail\r\n").to_hex().to_string();
        assert_eq!(hash(path.to_str().unwrap()).unwrap(), Some(expected));
        assert_eq!(hash("-").unwrap(), None);
        assert!(hash(folder.path().join("gone.csv").to_str().unwrap()).is_err());
    }
}
