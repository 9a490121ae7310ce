//! Big files: what parts of one show is taken for what all of it does, until a reading has seen all.

use std::collections::BTreeMap;

use memchr::{memchr_iter, memrchr_iter};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::line::{is_dn, last_border};
use super::name::Names;
use super::seen::Seen;
use crate::error::Result;
use crate::model::{AttrSet, BlockPlace};
use crate::source::encoding::Raw;

/// How many bytes are looked at in one place.
const PIECE: usize = 1 << 16;
/// Of how many bytes one such piece is looked at: in files of a hundred megabytes and more, what one object in a thousand
/// has is hardly ever missed, and looking takes no time to speak of. What is missed costs another reading.
const SHARE: u64 = 1 << 21;
/// How many places there are at least, and at most.
const PLACES: (u64, u64) = (16, 256);

/// What the start of a file and parts of the rest show; `None` where they are not UTF-8.
pub(super) fn look(raw: &Raw, head: &str, names: &Names, limit: usize) -> Result<Option<Seen>> {
    let places = (raw.len / SHARE).clamp(PLACES.0, PLACES.1);
    let piece = |place: u64| -> Result<Option<Seen>> {
        let mut bytes = vec![0; PIECE];
        let read = raw.read((raw.len - raw.len / places * place).saturating_sub(PIECE as u64), &mut bytes)?;
        let Ok(text) = std::str::from_utf8(whole(&bytes[..read])) else { return Ok(None) };
        let mut seen = Seen::default();
        seen.look(text, 1, names, limit);
        Ok(Some(seen))
    };
    let pieces: Vec<_> = (0..places).into_par_iter().map(piece).collect::<Result<_>>()?;
    let mut all = Seen::default();
    all.look(&head[..last_border(head.as_bytes()).unwrap_or_default()], 1, names, limit);
    for seen in pieces.iter().rev() {
        let Some(seen) = seen else { return Ok(None) };
        all.merge(seen);
    }
    Ok(Some(all))
}

/// The records in a piece of a file that are whole whatever stands beside it: from the first line `dn:` on up to the
/// last.
fn whole(bytes: &[u8]) -> &[u8] {
    let starts = |at: &usize| is_dn(&bytes[at + 1..]);
    let first = memchr_iter(b'\n', bytes).find(starts);
    let last = memrchr_iter(b'\n', bytes).find(starts);
    first.zip(last).map_or(&[], |(first, last)| &bytes[first + 1..=last])
}

/// What the blocks of a reading show, put together in their order whatever the order in which they come.
#[derive(Debug)]
pub(super) struct Gathered {
    /// Up to where all blocks have come, in bytes of the file.
    end: u64,
    seen: Seen,
    /// The attributes that any block carries that has come.
    carried: AttrSet,
    /// By where they start: where blocks end that came before their turn, and what they show. They are as many as other
    /// threads get done while one is at a block.
    ahead: BTreeMap<u64, (u64, Seen)>,
}

impl Gathered {
    /// Nothing yet of a file whose text starts there.
    pub(super) fn new(start: u64) -> Self {
        Self { end: start, seen: Seen::default(), carried: AttrSet::NONE, ahead: BTreeMap::new() }
    }

    /// Whether a block at this place has not come yet.
    pub(super) fn lacks(&self, place: BlockPlace) -> bool {
        place.start >= self.end
    }

    /// The attributes that the file is known to carry so far.
    pub(super) fn carried(&self) -> AttrSet {
        self.carried
    }

    /// Takes what a block shows.
    pub(super) fn take(&mut self, place: BlockPlace, seen: Seen) {
        if !self.lacks(place) {
            return;
        }
        self.carried = self.carried.union(seen.carried);
        self.ahead.insert(place.start, (place.start + u64::from(place.len), seen));
        while let Some((end, seen)) = self.ahead.remove(&self.end) {
            self.seen.merge(&seen);
            self.end = end;
        }
    }

    /// What all of a file of so many bytes shows, once all of its blocks have come.
    pub(super) fn all(&self, len: u64) -> Option<&Seen> {
        (self.end == len).then_some(&self.seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_whole_between_lines_that_start_one() {
        for (piece, records) in [
            ("n: a\n\ndn: b\nmail: c\n\ndn: d\nma", "dn: b\nmail: c\n\n"),
            ("\r\nDN: a\r\nmail: b\r\n\u{feff}dn:: Yg==\r\n", "DN: a\r\nmail: b\r\n"),
            ("dn: a\n\ndn: b\n dn: c\n", ""),
            ("\r\rdn: a\rmail: b\rdn: c", ""),
            ("", ""),
        ] {
            assert_eq!(whole(piece.as_bytes()), records.as_bytes(), "{piece:?}");
        }
    }

    #[test]
    fn blocks_come_in_any_order() {
        let texts = ["dn: a\nmail: b\n", "dn: c\nsn: d\ncn: d\n", "dn: e\nl: f\n", "dn: g\nmail: h"];
        let names = Names::new(&[]);
        let (mut whole, mut start, mut line, mut blocks) = (Seen::default(), 3, 1, Vec::new());
        whole.look(&texts.concat(), 1, &names, 1000);
        for text in texts {
            let len = u32::try_from(text.len()).unwrap();
            let mut seen = Seen::default();
            seen.look(text, line, &names, 1000);
            blocks.push((BlockPlace { start, len, bytes: len, line }, seen));
            (start, line) = (start + u64::from(len), line + text.matches('\n').count() as u64);
        }
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]] {
            let mut gathered = Gathered::new(3);
            for (at, block) in order.into_iter().enumerate() {
                assert_eq!(gathered.all(start), None);
                let (place, seen) = blocks[block].clone();
                assert!(gathered.lacks(place));
                gathered.take(place, seen);
                // What comes twice counts once.
                let (place, seen) = blocks[order[at / 2]].clone();
                gathered.take(place, seen);
            }
            assert_eq!(gathered.all(start), Some(&whole));
            assert_eq!(gathered.all(start + 1), None);
        }
    }
}
