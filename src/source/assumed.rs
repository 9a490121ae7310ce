//! Big files, taken for UTF-8 by their start, and LDIF for carrying what parts of it carry: the first reading sees all of
//! it, so that it need not be read for that alone. A file that is not what it was taken for is looked at as a whole and
//! opened anew.

use std::sync::OnceLock;

use blake3::{Hash, Hasher};

use super::bytes::{self, Bytes, missing};
use super::encoding::{Found, Raw};
use super::opening::{ldif_as_read, open_looked};
use super::regular::{Cut, Regular};
use super::straight::changed;
use super::{HEAD, Options, Reading, Source};
use crate::error::{Error, Result};
use crate::model::Block;
use crate::model::charset::Charset;

/// Up to how many bytes a file is looked at as a whole when it is opened.
pub(super) const SMALL: u64 = 4 << 20;

/// What is known of its bytes.
#[derive(Debug)]
pub(super) enum Known {
    /// All; this is BLAKE3 of what was given.
    All(Hash),
    /// Only what its start says.
    Assumed(Box<Assumed>),
}

impl Known {
    /// Fails where only the start is known: then a file can be read as it stands, and in no other way.
    pub(super) fn whole(&self, name: &str) -> Result<()> {
        match self {
            Self::All(_) => Ok(()),
            Self::Assumed(_) => {
                let remedy = "report this as a mistake of the program";
                Err(Error::source(name, "only its start was looked at", remedy))
            }
        }
    }
}

/// What was assumed of a file when it was opened, and what came of it.
#[derive(Debug)]
pub(super) struct Assumed {
    /// How it is opened.
    options: Options,
    sizes: (usize, usize),
    /// What its bytes are.
    seen: OnceLock<Bytes>,
    /// The file, opened anew.
    instead: OnceLock<Box<Source>>,
}

impl Assumed {
    /// Nothing is known yet of a file that is opened like that.
    pub(super) fn new(options: &Options, sizes: (usize, usize)) -> Self {
        Self { options: options.clone(), sizes, seen: OnceLock::new(), instead: OnceLock::new() }
    }

    /// What its bytes are, by a look at all of them if they have not been read yet.
    pub(super) fn bytes(&self, raw: &Raw) -> Result<Bytes> {
        match self.seen.get() {
            Some(&seen) => Ok(seen),
            None => bytes::look(raw).map(|bytes| *self.seen.get_or_init(|| bytes)),
        }
    }

    /// The same, as far as it is known.
    pub(super) fn seen(&self) -> Option<&Bytes> {
        self.seen.get()
    }

    /// Whether every byte is known to be ASCII.
    pub(super) fn ascii(&self) -> bool {
        self.seen().is_some_and(|bytes| bytes.ascii)
    }

    /// Whether it is known to be what it was taken for.
    fn is_utf8(&self) -> bool {
        self.seen().is_some_and(|bytes| bytes.utf8)
    }

    /// The file as it was opened anew, where it had to be.
    pub(super) fn instead(&self) -> Option<&Source> {
        self.instead.get().map(Box::as_ref)
    }

    /// A witness of the reading that starts there, unless the file is known to be what it was taken for.
    pub(super) fn witness(&self, raw: &Raw, start: u64) -> Result<Option<Witness>> {
        if self.is_utf8() {
            return Ok(None);
        }
        let mut before = vec![0; usize::try_from(start).unwrap_or_default()];
        let read = raw.read(0, &mut before)?;
        let mut witness = Witness::new(raw.hash);
        witness.see(&before[..read]);
        // Of a long heading, not all was looked at.
        witness.other |= std::str::from_utf8(&before[..read]).is_err();
        Ok(Some(witness))
    }

    /// Hears what the witness of a reading has seen that is at its end; less than everything says nothing.
    pub(super) fn hear(&self, witness: Witness, raw: &Raw) {
        if witness.len == raw.len {
            let Witness { hash, hasher, other, ascii, .. } = witness;
            let hash = hash.unwrap_or_else(|| hasher.finalize());
            let bytes = Bytes { hash, utf8: !other, ascii: ascii && !other };
            self.seen.get_or_init(|| bytes);
        }
    }

    /// Whether the reading of a source that is done can be trusted, as far as its bytes and what LDIF carries go. A file
    /// that is not what it was taken for is opened anew.
    pub(super) fn settled(&self, source: &Source) -> Result<bool> {
        let ldif = match &source.reading {
            Reading::Table(_) => None,
            Reading::Ldif(ldif) => Some(ldif),
        };
        if self.instead.get().is_some() || (ldif.is_none() && self.is_utf8()) {
            return Ok(true);
        }
        let raw = &source.raw;
        if let Some(ldif) = ldif
            && let Some(&bytes) = self.seen().filter(|bytes| bytes.utf8)
            && let Some(read) = ldif.as_read(&source.name, raw)?
        {
            let same = read.carried() == ldif.carried();
            self.instead.get_or_init(|| Box::new(ldif_as_read(source, read, bytes)));
            return Ok(same);
        }
        if raw.changed() {
            return Err(changed(raw));
        }
        let bytes = self.bytes(raw)?;
        if ldif.is_some() || !bytes.utf8 {
            let anew = open_looked(&source.name, raw.clone(), bytes, &self.options, self.sizes)?;
            self.instead.get_or_init(|| Box::new(anew));
        }
        Ok(false)
    }
}

/// The blocks of a file that can be cut by counting, before the eyes of a witness while its bytes are only assumed.
/// `irregular` hears when it cannot be cut like that.
pub(super) fn regular<'a>(
    cut: Cut<'a>,
    assumed: Option<&'a Assumed>,
    irregular: impl Fn() + Send + 'a,
) -> Result<impl Iterator<Item = Result<Block>> + Send + 'a> {
    let (raw, mut regular) = (cut.raw, Regular::new(cut));
    if let Some(assumed) = assumed {
        regular.witness = assumed.witness(raw, cut.start)?;
    }
    Ok(std::iter::from_fn(move || {
        let block = regular.next();
        if regular.suspect {
            irregular();
        }
        match (block, assumed) {
            // What is not UTF-8 is no fault yet.
            (Some(Err(_)), Some(_)) if regular.witness.take().is_some() => None,
            (None, Some(assumed)) => {
                regular.witness.take().into_iter().for_each(|witness| assumed.hear(witness, raw));
                None
            }
            (block, _) => block,
        }
    }))
}

/// Sees the bytes of a reading.
pub(super) struct Witness {
    /// What is known to be the hash; else it is taken.
    hash: Option<Hash>,
    hasher: Hasher,
    len: u64,
    /// Whether something is not UTF-8, or NUL.
    other: bool,
    ascii: bool,
}

impl Witness {
    /// One that has seen nothing yet.
    fn new(hash: Option<Hash>) -> Self {
        Self { hash, hasher: Hasher::new(), len: 0, other: false, ascii: true }
    }

    /// Sees the next bytes. Whether they are UTF-8 is for others to check.
    pub(super) fn see(&mut self, bytes: &[u8]) {
        if self.hash.is_none() {
            self.hasher.update(bytes);
        }
        self.len += bytes.len() as u64;
        self.other = self.other || memchr::memchr(0, bytes).is_some();
        self.ascii = self.ascii && bytes.is_ascii();
    }
}

/// What a file can be taken for by its start; `None` when that does not say that it is UTF-8, and when it can be
/// written again without that being seen, or is none that the user named.
pub(super) fn by_start(raw: &Raw, options: &Options) -> Result<Option<Found>> {
    let other = |label: &str| Charset::of_label(label) != Some(Charset::UTF_8);
    if !raw.is_safe() || options.encoding.as_deref().is_some_and(other) {
        return Ok(None);
    }
    let mut head = vec![0; HEAD];
    let read = raw.read(0, &mut head)?;
    let head = &head[..read];
    // What its last character lacks may follow.
    let is_utf8 = match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && missing(head) > 0,
    };
    if !is_utf8 || memchr::memchr(0, head).is_some() {
        return Ok(None);
    }
    let bom = if head.starts_with(&[0xef, 0xbb, 0xbf]) { 3 } else { 0 };
    Ok(Some(Found::of(Charset::UTF_8, bom)))
}
