//! The options of what looks at the organisation.

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::RunArgs;
use super::shared::{ReportArgs, RuleArgs};
use crate::rules::Scenario;

/// The options of `dns`.
#[derive(Debug, Args)]
pub(in crate::cli) struct DnsArgs {
    /// The SIP domains, such as contoso.com
    #[arg(value_name = "DOMAIN", required = true)]
    pub(in crate::cli) domains: Vec<String>,

    /// What the organisation has; required: lync-onprem, sfb-online, lync-hybrid or teams
    ///
    /// With lync-onprem and lync-hybrid all records lead to the servers on-premises, with sfb-online and teams to the
    /// online service. With teams only _sipfederationtls._tcp is needed.
    #[arg(long, value_name = "NAME", hide_possible_values = true, ignore_case = true)]
    #[arg(value_parser = PossibleValuesParser::new(Scenario::ALL.map(Scenario::name)))]
    scenario: Option<String>,

    /// Ask for the records of the network inside too: lyncdiscoverinternal and _sipinternaltls._tcp
    #[arg(long = "internal", alias = "dns-internal", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", hide_possible_values = true, value_name = "true|false")]
    dns_internal: Option<bool>,

    /// A name server to ask, by its address; repeatable: each is asked, and differences are told [default: the system's]
    #[arg(long = "server", alias = "dns-server", value_name = "IP[:PORT]")]
    dns_server: Vec<String>,

    /// A host, or a domain of hosts, to which records may lead although it is outside of the SIP domain; repeatable
    #[arg(long, value_name = "HOST")]
    allow_target: Vec<String>,

    /// How many seconds an answer is waited for [default: 3]
    #[arg(long = "timeout", alias = "dns-timeout", value_name = "SECONDS")]
    dns_timeout: Option<String>,

    /// How often a question without an answer is asked again [default: 1]
    #[arg(long = "retries", alias = "dns-retries", value_name = "N")]
    dns_retries: Option<String>,

    #[command(flatten)]
    rules: RuleArgs,

    #[command(flatten)]
    pub(in crate::cli) report: AloneArgs,

    #[command(flatten)]
    pub(in crate::cli) run: RunArgs,
}

/// The report of a command that audits no users.
#[derive(Debug, Args)]
pub(in crate::cli) struct AloneArgs {
    /// Write a report into DIR too: organisation.csv, findings.csv, report.html, summary.json
    #[arg(long, short, value_name = "DIR", help_heading = "Output")]
    pub(in crate::cli) out: Option<String>,

    /// Keep what this run counted in FILE, a small database; needs --out
    #[arg(long, value_name = "FILE", help_heading = "Output", requires = "out")]
    history: Option<String>,

    #[command(flatten)]
    report: ReportArgs,
}

/// What `audit` asks name servers for.
#[derive(Debug, Args)]
pub(super) struct CheckDnsArgs {
    /// Check the DNS records of the SIP domains that the audited users have
    ///
    /// Without it no name server is asked. `dirsync-audit dns` does the same for domains of your choice.
    #[arg(long, help_heading = "DNS", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", hide_possible_values = true, value_name = "true|false")]
    check_dns: Option<bool>,

    /// Ask for the records of the network inside too: lyncdiscoverinternal and _sipinternaltls._tcp
    #[arg(long, alias = "internal", help_heading = "DNS", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", hide_possible_values = true, value_name = "true|false")]
    dns_internal: Option<bool>,

    /// A name server to ask, by its address; repeatable: each is asked, and differences are told [default: the system's]
    ///
    /// They are asked for the servers of `ldaps:///DC=contoso,DC=com` too.
    #[arg(long, alias = "server", value_name = "IP[:PORT]", help_heading = "DNS")]
    dns_server: Vec<String>,

    /// A host, or a domain of hosts, to which records may lead although it is outside of the SIP domain; repeatable
    #[arg(long, value_name = "HOST", help_heading = "DNS")]
    allow_target: Vec<String>,

    /// How many seconds an answer is waited for [default: 3]
    #[arg(long, value_name = "SECONDS", help_heading = "DNS")]
    dns_timeout: Option<String>,

    /// How often a question without an answer is asked again [default: 1]
    #[arg(long, value_name = "N", help_heading = "DNS")]
    dns_retries: Option<String>,
}
