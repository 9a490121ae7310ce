//! The options of the commands that work on finished reports.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::rules::Scenario;

/// The options of `diff`.
#[derive(Debug, Args)]
pub(in crate::cli) struct DiffArgs {
    /// The earlier report: its folder, or its findings.csv
    #[arg(value_name = "OLD")]
    pub(in crate::cli) old: PathBuf,

    /// The later report
    #[arg(value_name = "NEW")]
    pub(in crate::cli) new: PathBuf,

    /// Write diff.csv, one row per finding, and diff.json, counts by rule and user, into DIR
    #[arg(long, short, value_name = "DIR")]
    pub(in crate::cli) out: Option<PathBuf>,
}

/// The options of `history`.
#[derive(Debug, Args)]
pub(in crate::cli) struct HistoryArgs {
    /// The file of --history
    #[arg(value_name = "FILE")]
    pub(in crate::cli) file: PathBuf,

    /// Only the runs for a scenario
    #[arg(long, value_name = "NAME", ignore_case = true)]
    #[arg(value_parser = PossibleValuesParser::new(Scenario::ALL.map(Scenario::name)))]
    pub(in crate::cli) scenario: Option<String>,

    /// Show the last N runs
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub(in crate::cli) limit: u32,

    /// Keep only the last N runs and take out the others
    #[arg(long, value_name = "N")]
    pub(in crate::cli) prune: Option<u32>,
}

/// The options of `adopt`.
#[derive(Debug, Args)]
pub(in crate::cli) struct AdoptArgs {
    /// The report: its folder, or its findings.csv
    #[arg(value_name = "REPORT")]
    pub(in crate::cli) report: PathBuf,

    /// Why the findings are accepted
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) reason: String,

    /// The last day on which they are, such as 2027-06-30
    #[arg(long, value_name = "DATE")]
    pub(in crate::cli) until: Option<String>,

    /// Where that was decided
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) ticket: Option<String>,

    /// Only the findings of these rules: codes, names or prefixes; repeatable, or separated by commas
    #[arg(long, value_name = "RULES")]
    pub(in crate::cli) select: Vec<String>,

    /// Append them to a settings file instead of printing them
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) append_to: Option<PathBuf>,
}
