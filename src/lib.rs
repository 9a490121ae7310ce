//! Audits the Active Directory attributes on which directory synchronization, Exchange and
//! Lync / Skype for Business / Teams depend.
//!
//! The layers, each of which may use only those to its right:
//!
//! ```text
//! main → cli → { audit, settings, source, report, remedy, history } → rules → finding → model → error
//! ```
//!
//! The modules in braces do not know one another; [`cli`] joins them. `tests/layers.rs` enforces it.

pub mod error;

pub mod model;

pub mod finding;

pub mod rules;

pub mod audit;
pub mod history;
pub mod remedy;
pub mod report;
pub mod settings;
pub mod source;

pub mod cli;
