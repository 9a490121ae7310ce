//! The text of a block, in memory that is used again: what is given back has to be made page by page anew.

use std::cell::Cell;
use std::fmt;
use std::ops::Deref;

use encoding_rs::UTF_8;
use yoke::Yoke;

thread_local! {
    /// That of the last block that a thread let go of: it works on one after the other.
    static KEPT: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Where the bytes of a block are read to, one piece behind the other.
#[derive(Debug)]
pub struct Room {
    /// What stands behind those that were read is of an earlier block.
    bytes: Vec<u8>,
    /// How many were read.
    len: usize,
    /// Up to so many bytes of memory are kept for the next one.
    kept_up_to: usize,
}

impl Room {
    /// That of an earlier block of this thread, if it has `most` bytes. One that has to have more is not kept.
    #[must_use]
    pub fn of_thread(most: usize) -> Self {
        // A thread that ends has none any more.
        let mut bytes = KEPT.try_with(Cell::take).unwrap_or_default();
        if bytes.capacity() < most {
            bytes = Vec::with_capacity(most);
        }
        Self { bytes, len: 0, kept_up_to: most }
    }

    /// What was read.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// Sees to it that so many more have room.
    pub fn reserve(&mut self, more: usize) {
        // It is known how many there will be: no more than that.
        self.bytes.reserve_exact((self.len + more).saturating_sub(self.bytes.len()));
    }

    /// Appends up to `most` bytes, those that `read` says it put there; gives how many they are.
    ///
    /// # Errors
    /// That of `read`.
    pub fn fill<E>(
        &mut self,
        most: usize,
        read: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<usize, E> {
        self.reserve(most);
        let end = self.len + most;
        self.bytes.resize(self.bytes.len().max(end), 0);
        let read = read(&mut self.bytes[self.len..end])?.min(most);
        self.len += read;
        Ok(read)
    }

    /// Appends these.
    pub fn push(&mut self, bytes: &[u8]) {
        let (over, behind) = bytes.split_at(bytes.len().min(self.bytes.len() - self.len));
        self.bytes[self.len..self.len + over.len()].copy_from_slice(over);
        self.bytes.extend_from_slice(behind);
        self.len += bytes.len();
    }

    /// The first of the bytes as text; `None` when they are not UTF-8.
    #[must_use]
    pub fn into_text(self, len: usize) -> Option<BlockText> {
        let text = Yoke::try_attach_to_cart(Box::new(self), |room| {
            // Faster than what the standard library has; UTF-8 is borrowed.
            match UTF_8.decode_without_bom_handling_and_without_replacement(&room.bytes()[..len]) {
                Some(std::borrow::Cow::Borrowed(text)) => Ok(text),
                _ => Err(()),
            }
        });
        text.ok().map(|text| BlockText(Held::Read(text)))
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if self.bytes.capacity() <= self.kept_up_to {
            let bytes = std::mem::take(&mut self.bytes);
            // A thread that ends keeps none.
            let _ = KEPT.try_with(|kept| kept.set(bytes));
        }
    }
}

/// The text of a block. What it was read to is used again by the thread that lets go of it.
pub struct BlockText(Held);

enum Held {
    Own(String),
    Read(Yoke<&'static str, Box<Room>>),
}

impl BlockText {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Held::Own(text) => text,
            Held::Read(text) => text.get(),
        }
    }
}

impl Deref for BlockText {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl From<String> for BlockText {
    fn from(text: String) -> Self {
        Self(Held::Own(text))
    }
}

impl Default for BlockText {
    fn default() -> Self {
        String::new().into()
    }
}

impl Clone for BlockText {
    fn clone(&self) -> Self {
        self.as_str().to_owned().into()
    }
}

impl PartialEq for BlockText {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl fmt::Debug for BlockText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes, read in pieces of three.
    fn read(room: &mut Room, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let read = room.fill::<()>(3, |own| {
                let len = own.len().min(bytes.len());
                own[..len].copy_from_slice(&bytes[..len]);
                Ok(len)
            });
            bytes = &bytes[read.unwrap()..];
        }
    }

    #[test]
    fn what_was_there_before_is_never_seen() {
        for text in ["Ännchen von Tharau", "ist's", "", "die mir gefällt"] {
            let mut room = Room::of_thread(64);
            read(&mut room, text.as_bytes());
            room.push(b"!");
            assert_eq!(room.bytes(), format!("{text}!").as_bytes());
            assert_eq!(room.into_text(text.len()).unwrap().as_str(), text);
        }
    }

    #[test]
    fn what_is_written_over_is_not_made_anew() {
        for (before, first, then) in [(64, 3, 9), (8, 8, 2), (8, 9, 9), (8, 6, 9), (0, 0, 1)] {
            let mut room = Room { bytes: vec![7; before], len: 0, kept_up_to: 0 };
            room.push(&b"a".repeat(first));
            read(&mut room, &b"b".repeat(then));
            room.push(b"c");
            let want = ["a".repeat(first), "b".repeat(then), "c".to_owned()].concat();
            assert_eq!(room.bytes(), want.as_bytes());
            let left = room.bytes.get(want.len().next_multiple_of(3) + 3..).unwrap_or_default();
            assert!(left.iter().all(|&b| b == 7) && room.bytes.len() >= before, "{left:?}");
        }
    }

    #[test]
    fn a_room_is_used_again_unless_it_is_big() {
        let place_of = |len: usize| {
            let mut room = Room::of_thread(1000);
            read(&mut room, &b"a".repeat(len));
            let text = room.into_text(len).unwrap();
            (text.as_ptr(), text)
        };
        let (first, text) = place_of(900);
        // Two at once are two.
        let (second, other) = place_of(1000);
        assert_ne!(first, second);
        drop((other, text));
        let (third, text) = place_of(10);
        assert_eq!(first, third);
        drop(text);
        drop(place_of(2000));
        assert_eq!(KEPT.take().capacity(), 0);
    }

    #[test]
    fn what_is_not_utf_8_is_no_text() {
        for (bytes, len) in
            [(&b"a\xe4b"[..], 3), ("aä".as_bytes(), 2), (b"\xed\xa0\x80", 3), (b"\xc0\x80", 2)]
        {
            let mut room = Room::of_thread(8);
            read(&mut room, bytes);
            assert!(room.into_text(len).is_none());
        }
    }
}
