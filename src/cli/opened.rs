//! Opened sources, as the command line sees them.

use super::terminal::escape;
use crate::error::Result;
use crate::model::Input;
use crate::source::{About, Source};

/// An input of which more is known than what an audit asks for.
pub(super) trait Export: Input {
    /// What kind of export it is; see [`Source::about`].
    fn about(&self) -> &About;

    /// BLAKE3 of its bytes; see [`Source::hash`].
    fn hash(&self) -> Result<blake3::Hash>;
}

impl Export for Source {
    fn about(&self) -> &About {
        self.about()
    }

    fn hash(&self) -> Result<blake3::Hash> {
        self.hash()
    }
}

/// An opened source.
pub(super) struct Opened(pub(super) Box<dyn Export>);

impl Opened {
    /// The source, as an audit reads it.
    pub(super) fn input(&self) -> &dyn Input {
        self.0.as_ref()
    }

    /// What is known about it so far.
    pub(super) fn about(&self) -> &About {
        self.0.about()
    }

    /// Its name as it was given, safe to print.
    pub(super) fn name(&self) -> String {
        escape(self.input().name())
    }

    /// The delimiter as a person writes it; `None` for LDIF, which has none.
    pub(super) fn delimiter(&self) -> Option<String> {
        self.about().delimiter.map(|delimiter| match delimiter {
            b'\t' => "TAB".to_owned(),
            other => format!("`{}`", char::from(other)),
        })
    }
}
