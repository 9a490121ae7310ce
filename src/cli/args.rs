//! The options. Their texts become settings in [`given`]; what they mean is checked there once for both, options
//! and settings file.

mod catalogue;
mod org;
mod organisation;
mod reports;
mod shared;

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{ArgMatches, Args, Parser, Subcommand};

pub(super) use catalogue::{ExplainArgs, RulesArgs, RulesFormat};
pub(super) use org::OrgArgs;
use organisation::CheckDnsArgs;
pub(super) use organisation::DnsArgs;
pub(super) use reports::{AdoptArgs, DiffArgs, HistoryArgs};
use shared::{ReportArgs, RuleArgs};

use super::exit;
use super::ldap_args::{LdapArgs, LocateArgs};
use super::remediate_args::RemediateArgs;
use crate::rules::Scenario;
use crate::settings::{self, KEYS, LogFormat, Mailboxes, Show, Values};

/// Audits the Active Directory attributes on which directory synchronization, Exchange and Lync / Skype for
/// Business / Teams depend: for each user, whether the two sides find each other in your deployment, and why not.
#[derive(Debug, Parser)]
#[command(name = "dirsync-audit", version, after_long_help = exit::HELP, max_term_width = 100)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(super) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Command,

    /// Print only errors: no summary, no progress, no notices
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Run")]
    pub(super) quiet: bool,

    /// Say what is done: the settings file that was read, every source
    #[arg(short, long, global = true, help_heading = "Run")]
    pub(super) verbose: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Audit sources against a scenario and write the report
    ///
    /// Reads every SOURCE as a part of one directory, judges each user by the rules of the scenario and writes
    /// report.html (one page to read), users.csv (one row per user), findings.csv (one row per finding) and
    /// summary.json into --out.
    #[command(after_long_help = exit::HELP)]
    Audit(Box<AuditArgs>),
    /// Save a directory to a file that `audit` reads
    ///
    /// Reads the users, contacts and groups with addresses of a directory with the attributes that the rules need, in
    /// slices and on several connections, and compares what has arrived with a count. The file says what it is and
    /// whether it is whole; an audit of it and one of the directory give the same.
    #[command(after_long_help = exit::HELP)]
    Fetch(Box<FetchArgs>),
    /// Read what Exchange and Lync keep of the organisation, and check steps 4 to 6 of the article with it
    ///
    /// Reads the configuration partition of a domain controller, nothing secret in it and nothing else: whether the
    /// forest was prepared, the partner applications and authorization servers of Exchange, the Outlook Web App of each
    /// server, accepted domains, SIP domains, pools. What no directory holds is listed with the cmdlet that shows it.
    #[command(after_long_help = exit::HELP)]
    Org(Box<OrgArgs>),
    /// Show what is in a source: format, columns and what they mean, counts, the scenario that fits
    Inspect(Box<InspectArgs>),
    /// List the rules
    Rules(RulesArgs),
    /// Explain one rule: what it means, why it matters, what to do
    Explain(ExplainArgs),
    /// Make a plan of the changes that mend a report's findings, with the way back
    ///
    /// Reads the sources of the report again and writes into --out what follows from the objects themselves: plan.csv,
    /// fix.ldif and undo.ldif (ldapmodify, ldifde), Apply-Plan.ps1 (PowerShell) and needs-a-person.csv with everything
    /// else. Nothing is written to a directory. A plan that would bring a new finding is refused.
    #[command(after_help = "Example: dirsync-audit remediate dirsync-audit-report --preview")]
    Remediate(RemediateArgs),
    /// Check the DNS records of SIP domains against a scenario
    ///
    /// Asks for the federation and discovery records of each DOMAIN, follows aliases, and compares with what the
    /// scenario needs: step 1 of the article. Prints the six steps; with --out it writes a report too.
    #[command(after_long_help = exit::HELP)]
    Dns(Box<DnsArgs>),
    /// Compare two reports: what is new, fixed, unchanged
    Diff(DiffArgs),
    /// Show the runs that --history has kept, and their trend
    History(HistoryArgs),
    /// Print the findings of a report as suppressions for the settings file
    ///
    /// One for each user and rule, by objectGUID where there is one. Findings that are suppressed already are left out.
    Adopt(AdoptArgs),
    /// Print the settings in force, and where each comes from
    ///
    /// Takes all options of `audit`. What it prints is a settings file.
    Config(Box<AuditArgs>),
    /// Print the completions for a shell
    #[command(
        after_help = "Example: dirsync-audit completions bash > ~/.local/share/bash-completion/completions/dirsync-audit"
    )]
    Completions(CompletionsArgs),
    /// Print the manual page
    #[command(after_help = "Example: dirsync-audit man | man -l -")]
    Man(ManArgs),
}

/// What is read, and how.
#[derive(Debug, Args)]
pub(super) struct InputArgs {
    /// CSV or LDIF exports of the directory, or servers such as `ldaps://dc1.contoso.com`; several are one directory
    ///
    /// Any export that has the attributes as columns: Get-ADUser | Export-Csv, csvde, Get-Mailbox, Get-CsUser, the
    /// Microsoft 365 admin centre, ldifde, ldapsearch. Uniqueness reaches across all sources.
    #[arg(value_name = "SOURCE")]
    sources: Vec<String>,

    /// A heading that means an attribute, such as "Work e-mail=mail"; repeatable
    #[arg(long, value_name = "HEADER=ATTRIBUTE", help_heading = "Input")]
    map: Vec<String>,

    /// The encoding of the sources, such as utf-8, utf-16le, windows-1252 [default: found out]
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    encoding: Option<String>,

    /// The delimiter of the sources: one character, or tab [default: found out]
    #[arg(long, value_name = "CHAR", help_heading = "Input", allow_hyphen_values = true)]
    delimiter: Option<String>,
}

/// The options of `fetch`.
#[derive(Debug, Args)]
pub(super) struct FetchArgs {
    /// The server, such as `ldaps://dc1.contoso.com`; several joined by commas, with a base behind a slash
    #[arg(value_name = "LDAP-URL")]
    pub(super) url: String,

    /// The file; FILE.ldif is plain LDIF, FILE.zst Zstandard, any other name gzip
    #[arg(long = "out", short = 'o', value_name = "FILE", help_heading = "Output")]
    pub(super) file: PathBuf,

    /// Go on with a fetch to the same file that was interrupted
    #[arg(long, help_heading = "Output")]
    pub(super) resume: bool,

    /// Read only what changed since FILE was fetched from the same server with the same options
    ///
    /// Where that is not possible, everything is read, which is said. The result is the same either way.
    #[arg(long, value_name = "FILE", help_heading = "Output", conflicts_with = "resume")]
    pub(super) since: Option<PathBuf>,

    #[command(flatten)]
    ldap: LdapArgs,

    #[command(flatten)]
    locate: LocateArgs,

    /// Show the progress on standard error; auto: only on a terminal [default: auto]
    #[arg(long, value_name = "WHEN", help_heading = "Run", ignore_case = true)]
    #[arg(value_parser = PossibleValuesParser::new(Show::ALL.map(|(word, _)| word)))]
    progress: Option<String>,

    #[command(flatten)]
    pub(super) run: RunArgs,
}

/// How the program runs.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Read the settings from FILE
    ///
    /// Without it: dirsync-audit.toml in the working folder, else dirsync-audit/dirsync-audit.toml in your
    /// configuration folder. Options win over the file.
    #[arg(long, value_name = "FILE", help_heading = "Run")]
    pub(super) config: Option<PathBuf>,
}

/// The options of `audit`.
#[derive(Debug, Args)]
pub(super) struct AuditArgs {
    #[command(flatten)]
    input: InputArgs,

    #[command(flatten)]
    ldap: LdapArgs,

    /// What the directory serves; required: lync-onprem, sfb-online, lync-hybrid or teams
    ///
    /// lync-onprem: Exchange and Lync / Skype for Business Server on-premises, no cloud.
    /// sfb-online: Exchange on-premises, Skype for Business Online only, directory synchronization.
    /// lync-hybrid: Exchange on-premises, Lync hybrid deployment, directory synchronization, single sign-on.
    /// teams: Teams with directory synchronization, Lync / Skype for Business servers gone or being removed.
    /// `dirsync-audit inspect SOURCE` names the one that fits.
    #[arg(long, value_name = "NAME", help_heading = "Organisation", verbatim_doc_comment)]
    #[arg(hide_possible_values = true, ignore_case = true)]
    #[arg(value_parser = PossibleValuesParser::new(Scenario::ALL.map(Scenario::name)))]
    scenario: Option<String>,

    /// The SIP domains of the deployment, for SIP011; repeatable, or separated by commas
    #[arg(long, value_name = "DOMAIN", help_heading = "Organisation")]
    sip_domain: Vec<String>,

    /// The domains that the tenant has verified; repeatable, or separated by commas
    ///
    /// Without them, a domain counts as routable by its shape alone. Domains under .onmicrosoft.com always count as
    /// verified.
    #[arg(long, value_name = "DOMAIN", help_heading = "Organisation")]
    verified_domain: Vec<String>,

    /// The domains by which mail is routed to the tenant, for PRX012; repeatable, or separated by commas
    #[arg(long, value_name = "DOMAIN", help_heading = "Organisation")]
    routing_domain: Vec<String>,

    /// Read also what Exchange and Lync keep of the organisation, of the servers among the sources
    ///
    /// As `org` does: the steps of the organisation stand in the report then. Without it, only users are read.
    #[arg(long, help_heading = "Organisation", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", hide_possible_values = true, value_name = "true|false")]
    check_org: Option<bool>,

    /// Take the SIP domains of Lync for --sip-domain, and with the accepted domains of Exchange for --verified-domain
    ///
    /// Read as with --check-org, and added to the domains that are given.
    #[arg(long, help_heading = "Organisation", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", hide_possible_values = true, value_name = "true|false")]
    domains_from_org: Option<bool>,

    /// Where mailboxes are when the sources do not tell [default: onprem]
    #[arg(long, value_name = "PLACE", help_heading = "Organisation", ignore_case = true)]
    #[arg(value_parser = PossibleValuesParser::new(Mailboxes::ALL.map(|(word, _)| word)))]
    mailboxes: Option<String>,

    #[command(flatten)]
    rules: RuleArgs,

    #[command(flatten)]
    dns: CheckDnsArgs,

    /// Report only the users in FILE, such as a migration wave; uniqueness is still checked over all
    ///
    /// One user per line: DN, UPN, sAMAccountName, mail or objectGUID; or a CSV file with such a column.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    only: Option<String>,

    /// Keep the reports of the last N runs side by side [default: 0]
    ///
    /// --out then holds a folder for each run, named after its time, and `latest`, the last whole one. 0: one report,
    /// in --out itself.
    #[arg(long, value_name = "N", help_heading = "Output")]
    keep: Option<String>,

    /// Keep what this run counted in FILE, a small database; `history FILE` shows the trend
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    history: Option<String>,

    /// The folder of the report [default: dirsync-audit-report]
    #[arg(long, short, value_name = "DIR", help_heading = "Output")]
    out: Option<String>,

    #[command(flatten)]
    report: ReportArgs,

    /// How many threads to use; 0 is one per processor [default: 0]
    #[arg(long, value_name = "N", help_heading = "Run")]
    threads: Option<String>,

    /// How much memory to take, such as 256M or 2G; at least 32M [default: as much as is needed]
    ///
    /// What finds no room goes to a temporary file in the folder of the report. With less than 36M for each thread
    /// beyond the first, fewer threads work.
    #[arg(long, value_name = "SIZE", help_heading = "Run")]
    memory: Option<String>,

    /// Show the progress on standard error; auto: only on a terminal [default: auto]
    #[arg(long, value_name = "WHEN", help_heading = "Run", ignore_case = true)]
    #[arg(value_parser = PossibleValuesParser::new(Show::ALL.map(|(word, _)| word)))]
    progress: Option<String>,

    /// How the log on standard error is written: text, or one JSON object a line [default: text]
    #[arg(long, value_name = "FORMAT", help_heading = "Run", ignore_case = true)]
    #[arg(value_parser = PossibleValuesParser::new(LogFormat::ALL.map(|(word, _)| word)))]
    log_format: Option<String>,

    #[command(flatten)]
    pub(super) run: RunArgs,
}

/// The options of `inspect`.
#[derive(Debug, Args)]
pub(super) struct InspectArgs {
    #[command(flatten)]
    input: InputArgs,

    #[command(flatten)]
    ldap: LdapArgs,

    #[command(flatten)]
    locate: LocateArgs,

    #[command(flatten)]
    pub(super) run: RunArgs,
}

/// The options of `completions`.
#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    pub(super) shell: clap_complete::Shell,
}

/// The options of `man`.
#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// The command whose page to print [default: the page of the program]
    #[arg(value_name = "COMMAND")]
    pub(super) command: Option<String>,
}

/// The settings that the options of a command set; an option without a setting is not among them.
pub(super) fn given(matches: &ArgMatches) -> Values {
    let mut values = Values::default();
    for key in KEYS {
        let Ok(Some(texts)) = matches.try_get_raw(&key.name.replace('-', "_")) else { continue };
        let texts = texts.map(|text| text.to_string_lossy().into_owned());
        values.set(key, settings::option(key, texts));
    }
    values
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn clap_finds_no_fault() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_setting_is_an_option_and_every_option_a_setting() {
        let cli = Cli::command();
        let audit = cli.find_subcommand("audit").unwrap();
        let name = |arg: &clap::Arg| arg.get_id().as_str().replace('_', "-");
        let options: std::collections::BTreeSet<String> = audit.get_arguments().map(name).collect();
        for key in KEYS {
            assert!(options.contains(key.name), "--{} is missing", key.name);
        }
        for option in options {
            let of_its_own = ["config", "quiet", "verbose", "help"].contains(&option.as_str());
            assert!(of_its_own || settings::Key::find(&option).is_some(), "`{option}` is no setting");
        }
    }

    #[test]
    fn only_what_was_typed_is_given() {
        let line =
            ["dirsync-audit", "audit", "a,b.csv", "--select", "SIP,UNQ", "--select=MAIL", "--exit-zero"];
        let matches = Cli::command().try_get_matches_from(line).unwrap();
        let values = given(matches.subcommand().unwrap().1);
        let texts = |name| values.get(name).iter().map(|entry| entry.text.as_str()).collect::<Vec<_>>();
        assert_eq!(texts("sources"), ["a,b.csv"]);
        assert_eq!(texts("select"), ["SIP", "UNQ", "MAIL"]);
        assert_eq!(texts("exit-zero"), ["true"]);
        assert!(texts("fail-on").is_empty());
    }
}
