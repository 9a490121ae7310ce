//! One look at all bytes of a file, in parallel: its hash, and whether it is plain UTF-8 or ASCII.

use blake3::hazmat::{
    ChainingValue, HasherExt, Mode, left_subtree_len, merge_subtrees_non_root, merge_subtrees_root,
};
use blake3::{Hash, Hasher};
use encoding_rs::Encoding;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::encoding::Raw;
use crate::error::Result;

/// How many bytes are looked at at once: a subtree of BLAKE3, so a power of two.
const PIECE: u64 = 1 << 18;

/// What the bytes of a file are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bytes {
    /// BLAKE3 of all of them; of a packed file, of what the user gave.
    pub hash: Hash,
    /// Whether they are UTF-8 without NUL.
    pub utf8: bool,
    /// Whether they are ASCII without NUL.
    pub ascii: bool,
}

/// What a piece is.
struct Piece {
    value: ChainingValue,
    utf8: bool,
    ascii: bool,
}

/// Looks at all bytes.
pub(super) fn look(raw: &Raw) -> Result<Bytes> {
    if raw.len <= PIECE {
        let mut bytes = vec![0; usize::try_from(raw.len).unwrap_or_default()];
        let read = raw.read(0, &mut bytes)?;
        bytes.truncate(read);
        let (utf8, ascii) = kinds(&bytes, 0, bytes.len());
        let hash = raw.hash.unwrap_or_else(|| blake3::hash(&bytes));
        return Ok(Bytes { hash, utf8, ascii });
    }
    let pieces: Vec<Piece> = (0..raw.len.div_ceil(PIECE))
        .into_par_iter()
        .map_init(Vec::new, |room, place| piece(raw, place * PIECE, room))
        .collect::<Result<_>>()?;
    Ok(Bytes {
        hash: raw.hash.unwrap_or_else(|| root(&pieces, raw.len)),
        utf8: pieces.iter().all(|piece| piece.utf8),
        ascii: pieces.iter().all(|piece| piece.ascii),
    })
}

/// How many bytes beside a piece its first and last character may need.
const ASIDE: usize = 3;

fn piece(raw: &Raw, start: u64, room: &mut Vec<u8>) -> Result<Piece> {
    let aside = ASIDE.min(usize::try_from(start).unwrap_or(ASIDE));
    let own = usize::try_from(PIECE.min(raw.len - start)).unwrap_or_default();
    room.resize(aside + own + ASIDE, 0);
    let read = raw.read(start - aside as u64, room)?;
    let bytes = &room[..read];
    let end = (aside + own).min(read);
    let mut hasher = Hasher::new();
    hasher.set_input_offset(start);
    hasher.update(&bytes[aside.min(end)..end]);
    let (utf8, ascii) = kinds(bytes, aside.min(end), end);
    Ok(Piece { value: hasher.finalize_non_root(), utf8, ascii })
}

/// Whether the characters that start in a range are UTF-8, ASCII; a character over a border belongs to the piece in
/// which it starts.
fn kinds(bytes: &[u8], start: usize, end: usize) -> (bool, bool) {
    let own = &bytes[start..end];
    if memchr::memchr(0, own).is_some() {
        return (false, false);
    }
    let begin = start + missing(&bytes[..start]);
    if own.is_ascii() {
        return (begin == start, true);
    }
    let stop = (end + missing(&bytes[..end])).min(bytes.len());
    // Faster than what the standard library has.
    let is_utf8 = |chars: &[u8]| Encoding::utf8_valid_up_to(chars) == chars.len();
    (bytes.get(begin..stop).is_some_and(is_utf8), false)
}

/// How many bytes the last character of a text still lacks.
pub(super) fn missing(bytes: &[u8]) -> usize {
    for (behind, b) in bytes.iter().rev().take(ASIDE).enumerate() {
        match b {
            0x80..0xc0 => {}
            0xc0..0xe0 => return 1_usize.saturating_sub(behind),
            0xe0..0xf0 => return 2_usize.saturating_sub(behind),
            0xf0.. => return 3_usize.saturating_sub(behind),
            _ => return 0,
        }
    }
    0
}

/// The hash of the tree whose subtrees the pieces are.
fn root(pieces: &[Piece], len: u64) -> Hash {
    let left_len = left_subtree_len(len);
    let (left, right) = halves(pieces, left_len);
    merge_subtrees_root(&value(left, left_len), &value(right, len - left_len), Mode::Hash)
}

fn value(pieces: &[Piece], len: u64) -> ChainingValue {
    if let [piece] = pieces {
        return piece.value;
    }
    let left_len = left_subtree_len(len);
    let (left, right) = halves(pieces, left_len);
    merge_subtrees_non_root(&value(left, left_len), &value(right, len - left_len), Mode::Hash)
}

fn halves(pieces: &[Piece], left_len: u64) -> (&[Piece], &[Piece]) {
    pieces.split_at(usize::try_from(left_len / PIECE).unwrap_or(usize::MAX).min(pieces.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn look_at(bytes: &[u8]) -> Bytes {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        look(&Raw::open(file.path().to_str().unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn the_hash_is_blake3_for_any_length() {
        let piece = usize::try_from(PIECE).unwrap();
        for len in [0, 1, piece, piece + 1, 2 * piece, 3 * piece + 5, 5 * piece - 1] {
            let bytes: Vec<u8> = (0..=250_u8).cycle().step_by(31).take(len).collect();
            assert_eq!(look_at(&bytes).hash, blake3::hash(&bytes), "{len}");
        }
    }

    #[test]
    fn characters_over_a_border_are_whole() {
        let piece = usize::try_from(PIECE).unwrap();
        for before in 0..5 {
            let mut bytes = vec![b'a'; piece - before];
            bytes.extend("€€𝄞".as_bytes());
            assert!(look_at(&bytes).utf8, "{before}");
            let cut = &bytes[..=piece];
            assert_eq!(look_at(cut).utf8, std::str::from_utf8(cut).is_ok(), "{before}");
        }
        let mut broken = vec![b'a'; 2 * piece];
        broken[piece] = 0x80;
        assert!(!look_at(&broken).utf8);
        assert!(look_at(&vec![b'a'; 2 * piece]).ascii);
    }
}
