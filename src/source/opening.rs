//! Opening a source: what it is, and how its records are read.

use super::assumed::{self, Assumed, Known};
use super::bytes::{self, Bytes};
use super::care::Care;
use super::encoding::{self, Found, Raw, Text};
use super::ldif::{self, Ldif};
use super::{About, BLOCK, HEAD, LIMIT, Options, Reading, Source, flavour, ldap, table};
use crate::error::{Error, Result};
use crate::model::problem::Problems;

/// Opens a source: the path of a file, or `-` for standard input, which is copied to a temporary file first; gzip and
/// Zstandard files are unpacked to one.
///
/// Fails when it cannot be read, is neither LDIF nor a table with a heading, or has no column that says who a row is.
pub fn open(spec: &str, options: &Options) -> Result<Source> {
    open_sized(spec, options, (options.block.unwrap_or(BLOCK), LIMIT), assumed::SMALL)
}

/// Opens what was fetched from a server; `spec` is the URL, `block` as in [`Options`].
pub fn open_fetched(spec: &str, fetched: ldap::Fetched, block: Option<usize>) -> Result<Source> {
    let file = fetched.file.ok_or_else(|| Error::source(spec, "nothing was kept", "fetch again"))?;
    let (raw, sizes) = (Raw::named(spec, file)?, (block.unwrap_or(BLOCK), LIMIT));
    let bytes = bytes::look(&raw)?;
    open_looked(spec, raw, bytes, &Options::default(), sizes)
}

/// [`open`], with blocks of about so many bytes and records of at most so many. Files of more than `small` bytes are not
/// looked at as a whole if that can be helped.
pub(crate) fn open_sized(spec: &str, options: &Options, sizes: (usize, usize), small: u64) -> Result<Source> {
    let raw = Raw::open(spec)?;
    if raw.len > small
        && let Some(found) = assumed::by_start(&raw, options)?
    {
        let known = Known::Assumed(Box::new(Assumed::new(options, sizes)));
        // What fails may fail because of what was assumed.
        if let Ok(source) = open_found(Given { spec, raw: raw.clone(), found, known }, options, sizes) {
            return Ok(source);
        }
    }
    let bytes = bytes::look(&raw)?;
    open_looked(spec, raw, bytes, options, sizes)
}

/// Opens a file all of whose bytes were looked at.
pub(super) fn open_looked(
    spec: &str,
    raw: Raw,
    bytes: Bytes,
    options: &Options,
    sizes: (usize, usize),
) -> Result<Source> {
    if raw.len == 0 {
        return Err(empty(spec));
    }
    check_bytes(spec, &raw, true)?;
    let found = encoding::find(&raw, bytes, options.encoding.as_deref())?;
    let known = Known::All(bytes.hash);
    open_found(Given { spec, raw, found, known }, options, sizes)
}

/// Opens a file whose encoding is known.
fn open_found(given: Given<'_>, options: &Options, (target, limit): (usize, usize)) -> Result<Source> {
    let Given { spec, raw, found, .. } = &given;
    check_bytes(spec, raw, found.encoding.is_utf16() || found.then.is_some())?;
    let mut source = Text::new(raw, found);
    let mut head = String::new();
    while head.len() < HEAD && source.more(&mut head)?.is_some() {}
    if let Some(flavour) = ldif::flavour(&head) {
        return open_ldif(given, flavour, &head, options, (target, limit));
    }
    let preamble = flavour::preamble(&head);
    if head[preamble.len..].trim_ascii().is_empty() {
        return Err(empty(spec));
    }
    flavour::refuse_markup(spec, &head[preamble.len..])?;
    table::open(given, &head, &preamble, options, (target, limit))
}

/// Opens LDIF: looks at all of it, or at parts where the rest is assumed.
fn open_ldif(
    given: Given<'_>,
    flavour: &'static str,
    head: &str,
    options: &Options,
    sizes: (usize, usize),
) -> Result<Source> {
    let Given { spec, raw, found, known } = &given;
    let parts = match known {
        Known::All(_) => None,
        Known::Assumed(_) => Ldif::open_parts((raw, found), head, &options.map, sizes)?,
    };
    let ldif = if let Some(parts) = parts {
        parts
    } else {
        known.whole(spec)?;
        Ldif::open(spec, (raw, found), &options.map, sizes)?
    };
    Ok(ldif_source(given, flavour, ldif))
}

/// A source of LDIF once all of it was read as it was opened by parts.
pub(super) fn ldif_as_read(source: &Source, ldif: Ldif, bytes: Bytes) -> Source {
    let found = Found { ascii: bytes.ascii, ..source.found.clone() };
    let (raw, known) = (source.raw.clone(), Known::All(bytes.hash));
    ldif_source(Given { spec: &source.name, raw, found, known }, source.about.flavour, ldif)
}

fn ldif_source(given: Given<'_>, flavour: &'static str, ldif: Ldif) -> Source {
    let Given { spec, raw, found, known } = given;
    let about = About {
        flavour,
        encoding: found.encoding.name(),
        delimiter: None,
        bytes: raw.given,
        columns: ldif.columns(),
        shape: "one entry per object",
        rows: None,
        problems: merged(&found.problems, &ldif.problems()),
        notes: ldif.notes(),
    };
    let reading = Reading::Ldif(Box::new(ldif));
    let (name, start, care) = (spec.to_owned(), found.bom, Care::new(false));
    Source { name, raw, found, start, reading, about, care, known }
}

/// A file whose encoding is known.
pub(super) struct Given<'s> {
    pub spec: &'s str,
    pub raw: Raw,
    pub found: Found,
    pub known: Known,
}

/// Refuses files that are no text.
fn check_bytes(spec: &str, raw: &Raw, wide: bool) -> Result<()> {
    let mut head = [0; 4096];
    let read = raw.read(0, &mut head)?;
    flavour::refuse_binary(spec, &head[..read], wide)
}

fn merged(first: &Problems, then: &Problems) -> Problems {
    let mut all = first.clone();
    all.merge(then);
    all
}

fn empty(spec: &str) -> Error {
    let remedy = "look whether the export failed; even without users it has a line of headings";
    Error::source(spec, "the file is empty", remedy)
}
