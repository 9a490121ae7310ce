//! The options of the commands that show the catalogue.

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};

use crate::rules::Scenario;

/// The options of `rules`.
#[derive(Debug, Args)]
pub(in crate::cli) struct RulesArgs {
    /// Only the rules of a scenario, with their severity there
    #[arg(long, value_name = "NAME", ignore_case = true)]
    #[arg(value_parser = PossibleValuesParser::new(Scenario::ALL.map(Scenario::name)))]
    pub(in crate::cli) scenario: Option<String>,

    /// A table for people, everything about each rule for programs, or RULES.md
    #[arg(long, value_enum, default_value = "table")]
    pub(in crate::cli) format: RulesFormat,
}

/// How rules are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum RulesFormat {
    /// One line per rule
    Table,
    /// One array with everything about each rule
    Json,
    /// The whole catalogue as a page
    Markdown,
}

/// The options of `explain`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ExplainArgs {
    /// The code or the name of a rule, such as SIP001 or no-sip-proxy
    #[arg(value_name = "CODE")]
    pub(in crate::cli) rule: String,
}
