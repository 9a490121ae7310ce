//! The options of `remediate`.

use std::path::PathBuf;

use clap::Args;

/// The options of `remediate`.
#[derive(Debug, Args)]
pub(super) struct RemediateArgs {
    /// The folder of the report
    #[arg(value_name = "REPORT")]
    pub(super) report: PathBuf,

    /// Where the sources of the report are now, in the order of the report [default: where they were]
    #[arg(value_name = "SOURCE")]
    pub(super) sources: Vec<String>,

    /// The folder of the plan; it must be new or empty
    #[arg(long, short, value_name = "DIR", default_value = "dirsync-audit-plan")]
    pub(super) out: PathBuf,

    /// Say what the plan would do, and write nothing
    #[arg(long)]
    pub(super) preview: bool,

    /// Only what these rules find: codes, names or prefixes such as PRX; repeatable, or separated by commas
    #[arg(long, value_name = "RULES")]
    pub(super) rule: Vec<String>,

    /// Only objects in this folder of the directory or below, such as "OU=Sales,DC=contoso,DC=com"; repeatable
    #[arg(long, value_name = "DN")]
    pub(super) ou: Vec<String>,

    /// Change at most so many objects
    #[arg(long, value_name = "N")]
    pub(super) limit: Option<usize>,
}
