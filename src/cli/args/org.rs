//! The options of `org`.

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::RunArgs;
use super::organisation::AloneArgs;
use super::shared::RuleArgs;
use crate::cli::ldap_args::{AccountArgs, LocateArgs, PaceArgs};
use crate::rules::Scenario;

/// The options of `org`.
#[derive(Debug, Args)]
pub(in crate::cli) struct OrgArgs {
    /// A domain controller, such as `ldaps://dc1.contoso.com`; several joined by commas
    #[arg(value_name = "LDAP-URL")]
    pub(in crate::cli) url: String,

    /// What the organisation has; required: lync-onprem, sfb-online, lync-hybrid or teams
    ///
    /// Steps 4 and 5 are possible with lync-onprem and lync-hybrid; step 6 belongs to lync-hybrid.
    #[arg(long, value_name = "NAME", hide_possible_values = true, ignore_case = true)]
    #[arg(value_parser = PossibleValuesParser::new(Scenario::ALL.map(Scenario::name)))]
    scenario: Option<String>,

    #[command(flatten)]
    account: AccountArgs,

    #[command(flatten)]
    locate: LocateArgs,

    #[command(flatten)]
    pace: PaceArgs,

    #[command(flatten)]
    rules: RuleArgs,

    #[command(flatten)]
    report: AloneArgs,

    #[command(flatten)]
    pub(in crate::cli) run: RunArgs,
}
