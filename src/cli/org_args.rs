//! The options of `org`.

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::args::RunArgs;
use super::ldap_args::{AccountArgs, PaceArgs};
use crate::rules::Scenario;
use crate::settings::{FAIL_ON, Format};

/// The options of `org`.
#[derive(Debug, Args)]
pub(super) struct OrgArgs {
    /// A domain controller, such as `ldaps://dc1.contoso.com`; several joined by commas
    #[arg(value_name = "LDAP-URL")]
    pub(super) url: String,

    /// What the directory serves; required: lync-onprem, sfb-online, lync-hybrid or teams
    ///
    /// As of `audit`. Steps 4 and 5 are possible with lync-onprem and lync-hybrid, step 6 belongs to lync-hybrid.
    #[arg(long, value_name = "NAME", help_heading = "Organisation")]
    #[arg(hide_possible_values = true, ignore_case = true)]
    #[arg(value_parser = PossibleValuesParser::new(Scenario::ALL.map(Scenario::name)))]
    scenario: Option<String>,

    #[command(flatten)]
    account: AccountArgs,

    #[command(flatten)]
    pace: PaceArgs,

    /// Run only these rules: codes, names or prefixes such as ORG; repeatable, or separated by commas
    #[arg(long, value_name = "RULES", help_heading = "Rules")]
    select: Vec<String>,

    /// Leave these rules out; repeatable, or separated by commas
    #[arg(long, value_name = "RULES", help_heading = "Rules")]
    ignore: Vec<String>,

    /// Set the severity of a rule, such as ORG009=info; repeatable
    #[arg(long, value_name = "CODE=LEVEL", help_heading = "Rules")]
    severity: Vec<String>,

    /// The least severity that makes the exit status 1; new: any finding that --baseline lacks [default: error]
    #[arg(long, value_name = "LEVEL", help_heading = "Rules", ignore_case = true)]
    #[arg(value_parser = PossibleValuesParser::new(FAIL_ON))]
    fail_on: Option<String>,

    /// Exit with 0 where findings would make it 1
    #[arg(long, help_heading = "Rules", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", hide_possible_values = true, value_name = "true|false")]
    exit_zero: Option<bool>,

    /// Write a report into this folder, too
    #[arg(long, short, value_name = "DIR", help_heading = "Output")]
    out: Option<String>,

    /// The formats of the report, as of `audit`; repeatable, or separated by commas [default: csv,json,html]
    #[arg(long, value_name = "FORMAT", help_heading = "Output", value_delimiter = ',', ignore_case = true)]
    #[arg(value_parser = PossibleValuesParser::new(Format::ALL.map(|(word, _)| word)))]
    format: Vec<String>,

    /// A report to compare with: its folder, or its findings.csv
    #[arg(long, value_name = "REPORT", help_heading = "Output")]
    baseline: Option<String>,

    /// Keep what this run counted in FILE, a small database; `history FILE` shows the trend
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    history: Option<String>,

    #[command(flatten)]
    pub(super) run: RunArgs,
}
