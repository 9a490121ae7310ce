//! The report: a folder of files, whole or not there at all.
//!
//! [`Folder`] owns the files, `table` and the modules named after files their rows, [`summary`] what is written last.

pub mod adopt;
pub mod baseline;
pub mod diff;
pub mod earlier;
pub mod escape;
pub mod findings;
pub mod fingerprint;
pub mod folder;
pub mod jsonl;
pub mod junit;
pub mod mail;
pub mod organisation;
pub mod prom;
pub mod redact;
pub mod runs;
pub mod sarif;
pub mod summary;
pub mod users;
pub mod wire;
pub mod xlsx;

use std::sync::Arc;

mod html;
mod output;
mod place;
mod table;
mod writeback;

#[cfg(test)]
mod golden;
#[cfg(test)]
mod tests;

pub use baseline::Baseline;
pub use earlier::Earlier;
pub use folder::{Folder, Part};
pub use output::Written;
pub use place::hold;
pub use redact::Redactor;
pub use summary::Summary;
pub use table::Column;

/// What a report can be written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Tables for spreadsheet programs and scripts.
    Csv,
    /// The summary, which is always written.
    Json,
    /// One finding a line.
    Jsonl,
    /// One page to read.
    Html,
    /// One workbook.
    Xlsx,
    /// Static Analysis Results Interchange Format.
    Sarif,
    /// Test results, as build servers show them.
    Junit,
    /// Metrics for Prometheus.
    Prom,
    /// Plain text to be mailed.
    Txt,
}

impl Format {
    /// All, in the order in which they are named.
    pub const ALL: [Self; 9] = [
        Self::Csv,
        Self::Json,
        Self::Jsonl,
        Self::Html,
        Self::Xlsx,
        Self::Sarif,
        Self::Junit,
        Self::Prom,
        Self::Txt,
    ];

    /// The word of `--format`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Html => "html",
            Self::Xlsx => "xlsx",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Prom => "prom",
            Self::Txt => "txt",
        }
    }

    /// The format of a word, in any case.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.word().eq_ignore_ascii_case(word))
    }

    /// The files that it is made of, besides the summary.
    #[must_use]
    pub fn files(self) -> &'static [&'static str] {
        match self {
            Self::Csv => &[users::FILE, findings::FILE, organisation::FILE],
            Self::Json => &[],
            Self::Jsonl => &[jsonl::FILE],
            Self::Html => &[html::FILE],
            Self::Xlsx => &[xlsx::FILE],
            Self::Sarif => &[sarif::FILE],
            Self::Junit => &[junit::FILE],
            Self::Prom => &[prom::FILE],
            Self::Txt => &[mail::FILE],
        }
    }
}

/// How the report is written.
#[derive(Debug, Clone)]
pub struct Options {
    /// What stands between two cells of a CSV file: an ASCII character, no quotation mark and no line end.
    pub csv_delimiter: u8,
    /// Whether cells that look like formulas are left as they are.
    pub csv_raw: bool,
    /// What is written.
    pub formats: Vec<Format>,
    /// What replaces the text of the directory; everything is shown without one.
    pub redactor: Option<Redactor>,
    /// What findings are compared with, if they are.
    pub baseline: Option<Arc<Baseline>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            csv_delimiter: b',',
            csv_raw: false,
            formats: vec![Format::Csv, Format::Json, Format::Html],
            redactor: None,
            baseline: None,
        }
    }
}
