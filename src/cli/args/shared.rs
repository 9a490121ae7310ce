//! The options that several commands have.

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::settings::{FAIL_ON, Format, Redact};

/// Which rules are run, and what their findings make of the exit status.
#[derive(Debug, Args)]
pub(super) struct RuleArgs {
    /// Run only these rules: codes, names or prefixes such as SIP; repeatable, or separated by commas
    #[arg(long, value_name = "RULES", help_heading = "Rules")]
    select: Vec<String>,

    /// Leave these rules out; repeatable, or separated by commas
    #[arg(long, value_name = "RULES", help_heading = "Rules")]
    ignore: Vec<String>,

    /// Set the severity of a rule, such as SIP010=info; repeatable
    #[arg(long, value_name = "CODE=LEVEL", help_heading = "Rules")]
    severity: Vec<String>,

    /// The least severity that makes the exit status 1; new: any finding that --baseline lacks [default: error]
    #[arg(long, value_name = "LEVEL", help_heading = "Rules", ignore_case = true)]
    #[arg(value_parser = PossibleValuesParser::new(FAIL_ON))]
    fail_on: Option<String>,

    /// A report to compare with: its folder, or its findings.csv
    ///
    /// Findings are marked new or unchanged, and the fixed ones are counted. Where the report is to be found in --out
    /// and none is there yet, all findings are new.
    #[arg(long, value_name = "REPORT", help_heading = "Rules")]
    baseline: Option<String>,

    /// Exit with 0 where findings would make it 1
    #[arg(long, help_heading = "Rules", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", hide_possible_values = true, value_name = "true|false")]
    exit_zero: Option<bool>,
}

/// How a report is written.
#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// The formats of the report; repeatable, or separated by commas [default: csv,json,html]
    ///
    /// csv: users.csv, findings.csv, organisation.csv. json: summary.json, always written. jsonl: findings.jsonl, one
    /// finding a line. html: report.html, a page to read. xlsx: report.xlsx with an action plan. sarif:
    /// findings.sarif for code scanning. junit: junit.xml, one case per rule. prom: metrics.prom for Prometheus,
    /// without names. txt: summary.txt, ready to be mailed, without names.
    #[arg(long, value_name = "FORMAT", help_heading = "Output", value_delimiter = ',', ignore_case = true)]
    #[arg(value_parser = PossibleValuesParser::new(Format::ALL.map(|(word, _)| word)))]
    format: Vec<String>,

    /// How much the report shows of users: none leaves nothing out, partial, or hash [default: none]
    ///
    /// Over every format at once, messages and suggestions included. Fingerprints follow: compare reports that are
    /// redacted alike.
    ///
    /// partial: what is needed to find the user. The objectGUID stays whole; of a DN, its folder and the first letter
    /// of the name; of an address or a sign-in name, the first letter and the domain; of any other text, the first
    /// letter.
    ///
    /// hash: keyed hashes. Equal texts stay equal, in this run and in the next one with the same key; whoever lacks
    /// the key learns nothing. The key comes from --redact-key-file or `DIRSYNC_AUDIT_REDACT_KEY`.
    #[arg(long, value_name = "HOW", help_heading = "Output", ignore_case = true)]
    #[arg(value_parser = PossibleValuesParser::new(Redact::ALL.map(|(word, _)| word)))]
    redact: Option<String>,

    /// The file with the key for --redact hash, of 16 characters or more
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    redact_key_file: Option<String>,

    /// The delimiter of the report's CSV files: one character, or tab [default: ,]
    #[arg(long, value_name = "CHAR", help_heading = "Output", allow_hyphen_values = true)]
    csv_delimiter: Option<String>,

    /// Write CSV cells as they are
    ///
    /// Without it, a cell that a spreadsheet would take for a formula gets a leading apostrophe.
    #[arg(long, help_heading = "Output", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", hide_possible_values = true, value_name = "true|false")]
    csv_raw: Option<bool>,
}
