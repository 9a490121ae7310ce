//! What can go wrong, with the place where it did.

use std::io;
use std::path::{Path, PathBuf};

/// The result of everything that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a run could not be done. Damage to single records is no error: it is counted
/// (see [`crate::model::problem`]) and costs only the record.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder could not be opened, read or written.
    #[error("cannot {doing} `{}`: {source}{}", .path.display(), remedy(source))]
    Io {
        /// What was tried: `open`, `read`, `write`, …
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A source as a whole is not what it should be.
    #[error("{place}: {what}\n  remedy: {remedy}")]
    Source {
        /// The file, with a line number where there is one.
        place: String,
        /// What is wrong with it.
        what: String,
        /// What the user can do about it.
        remedy: String,
    },
    /// The report cannot be written as asked.
    #[error("{place}: {what}\n  remedy: {remedy}")]
    Output {
        /// The folder or file.
        place: String,
        /// What stands against it.
        what: String,
        /// What the user can do about it.
        remedy: String,
    },
    /// The command line or the settings file asks for something impossible; each entry is one problem.
    #[error("{}", .0.join("\n"))]
    Usage(Vec<String>),
    /// Somebody interrupted the run; nothing was replaced.
    #[error("interrupted")]
    Interrupted,
    /// The reader of standard output went away; no error for the user.
    #[error("the output was closed")]
    ClosedPipe,
}

/// What to do about an error of the operating system, where its text does not say it.
fn remedy(source: &io::Error) -> &'static str {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    match source.kind() {
        StorageFull | QuotaExceeded | FileTooLarge => {
            "\n  remedy: make room on this disk, or choose another one"
        }
        ReadOnlyFilesystem => "\n  remedy: choose a disk that can be written",
        _ => "",
    }
}

impl Error {
    /// An [`Error::Io`] for `path`; give it to `map_err`.
    pub fn io(doing: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |source| Self::Io { doing, path, source }
    }

    /// An [`Error::Source`].
    pub fn source(place: impl Into<String>, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Source { place: place.into(), what: what.into(), remedy: remedy.into() }
    }

    /// An [`Error::Output`] about `path`.
    pub fn output(path: impl AsRef<Path>, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        let place = format!("`{}`", path.as_ref().display());
        Self::Output { place, what: what.into(), remedy: remedy.into() }
    }

    /// An [`Error::Usage`] of one problem.
    pub fn usage(problem: impl Into<String>) -> Self {
        Self::Usage(vec![problem.into()])
    }
}
