//! The options of commands that ask servers.

use clap::Args;

/// Who asks a server, and how it is known.
#[derive(Debug, Args)]
pub(super) struct AccountArgs {
    /// The account that asks: a DN, user@contoso.com or CONTOSO\user; a plain user may read what is needed
    ///
    /// Its password comes from --password-file, else from `DIRSYNC_AUDIT_PASSWORD`, else it is asked for. No option takes
    /// it: other users of the machine see options. It is sent over TLS or a Unix socket alone.
    #[arg(long, alias = "bind-dn", value_name = "ACCOUNT", help_heading = "LDAP")]
    user: Option<String>,

    /// The file with the password of the account, in its first line
    #[arg(long, value_name = "FILE", help_heading = "LDAP")]
    password_file: Option<String>,

    /// Sign in with the Kerberos ticket or keytab of the environment; needs TLS
    #[arg(long, help_heading = "LDAP", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", hide_possible_values = true, value_name = "true|false")]
    kerberos: Option<bool>,

    /// Start TLS on an `ldap://` connection
    #[arg(long, help_heading = "LDAP", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", hide_possible_values = true, value_name = "true|false")]
    start_tls: Option<bool>,

    /// Trust the certificates in FILE (PEM) instead of the system's roots
    #[arg(long, value_name = "FILE", help_heading = "LDAP")]
    ca_file: Option<String>,

    /// The name that the server's certificate must have, where it is not the one in the URL
    #[arg(long, value_name = "NAME", help_heading = "LDAP")]
    tls_server_name: Option<String>,

    /// Sign in with a certificate (PEM): SASL EXTERNAL
    #[arg(long, value_name = "FILE", help_heading = "LDAP")]
    client_cert: Option<String>,

    /// The key of the certificate (PEM) [default: in the file of the certificate]
    #[arg(long, value_name = "FILE", help_heading = "LDAP")]
    client_key: Option<String>,

    /// Do not verify the server: whoever is on the way can read the password and change what is read
    #[arg(long, help_heading = "LDAP", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", hide_possible_values = true, value_name = "true|false")]
    insecure: Option<bool>,
}

/// How servers are asked for a directory.
#[derive(Debug, Args)]
pub(super) struct LdapArgs {
    #[command(flatten)]
    account: AccountArgs,

    /// Which objects to read [default: users, contacts, and groups that hold addresses]
    #[arg(long, value_name = "FILTER", help_heading = "LDAP")]
    filter: Option<String>,

    /// Where to start [default: the base in the URL, else the domain of the server]; repeatable
    #[arg(long, value_name = "DN", help_heading = "LDAP")]
    base: Vec<String>,

    /// What below the base to leave out; repeatable
    #[arg(long, value_name = "DN", help_heading = "LDAP")]
    exclude_base: Vec<String>,

    /// The most connections that read at a time, each with one search [default: 4]
    ///
    /// One more counts what there is, at the same time, or afterwards with --max-rate.
    #[arg(long, value_name = "N", help_heading = "LDAP")]
    connections: Option<String>,

    /// The most objects a second; 0 is no limit [default: 0]
    #[arg(long, value_name = "N", help_heading = "LDAP")]
    max_rate: Option<String>,

    #[command(flatten)]
    pace: PaceArgs,
}

/// How long an answer may be, and how long it may take.
#[derive(Debug, Args)]
pub(super) struct PaceArgs {
    /// The most objects of a page [default: 1000]
    #[arg(long, value_name = "N", help_heading = "LDAP")]
    page_size: Option<String>,

    /// How many seconds a server may be silent before its slice is read again [default: 120]
    #[arg(long, value_name = "SECONDS", help_heading = "LDAP")]
    timeout: Option<String>,

    /// How many seconds the reading may take in all; 0 is no limit [default: 0]
    #[arg(long, value_name = "SECONDS", help_heading = "LDAP")]
    deadline: Option<String>,
}

/// Who knows the servers of a domain, where name servers are asked for nothing else.
#[derive(Debug, Args)]
pub(super) struct LocateArgs {
    /// A name server to ask for whoever serves `ldaps:///DC=contoso,DC=com`, by its address; repeatable [default: the
    /// system's]
    #[arg(long, value_name = "IP[:PORT]", help_heading = "LDAP")]
    dns_server: Vec<String>,
}
