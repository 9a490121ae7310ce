//! Servers as sources: the account, the password, and whoever watches while they are read.

use std::io::{IsTerminal, stdin};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::audit::{Talk, now, time_text};
use super::environment::Environment;
use super::reading::Watching;
use super::signals::Signals;
use super::terminal::{self, escape};
use crate::audit::Memory;
use crate::error::{Error, Result};
use crate::model::AttrSet;
use crate::model::configuration::Configuration;
use crate::settings::{Ldap, Settings};
use crate::source::ldap::{
    Account, Fetched, Packing, Password, Request, Scheme, Target, Tls, Url, fetch, organisation,
};
use crate::source::{self, Source};

/// Servers of a run; the password is asked for once.
pub(super) struct Directory<'d> {
    settings: &'d Settings,
    environment: &'d Environment,
    talk: Talk,
    signals: Option<&'d Signals>,
    password: Option<Password>,
}

impl<'d> Directory<'d> {
    /// The servers of a run.
    pub(super) fn new(
        settings: &'d Settings,
        environment: &'d Environment,
        talk: Talk,
        signals: Option<&'d Signals>,
    ) -> Self {
        Self { settings, environment, talk, signals, password: None }
    }

    /// Reads a directory as a source.
    pub(super) fn open(&mut self, spec: &str, attributes: AttrSet) -> Result<Source> {
        let target = Target {
            packing: Packing::Plain,
            parts: None,
            resume: false,
            since: None,
            out: None,
            folder: spool_folder(&self.settings.out),
            time: time_text(now()),
        };
        let fetched = self.fetch(spec, attributes, &target)?;
        source::open_fetched(spec, fetched, self.settings.memory.and_then(Memory::block))
    }

    /// Fetches a directory.
    pub(super) fn fetch(&mut self, spec: &str, attributes: AttrSet, target: &Target) -> Result<Fetched> {
        let request = self.request(spec, attributes)?;
        let watching = Watching::new(self.settings, self.talk, self.environment, self.signals);
        fetch(&request, target, &watching)
    }

    /// Reads what Exchange and Lync keep of the organisation.
    pub(super) fn organisation(&mut self, spec: &str) -> Result<Configuration> {
        let request = self.request(spec, AttrSet::NONE)?;
        let watching = Watching::new(self.settings, self.talk, self.environment, self.signals);
        organisation(&request, &watching)
    }

    fn request(&mut self, spec: &str, attributes: AttrSet) -> Result<Request> {
        let url = Url::parse(spec)?;
        let ldap = &self.settings.ldap;
        let private = ldap.start_tls || url.scheme != Scheme::Ldap;
        check(ldap, &url, private)?;
        if ldap.insecure {
            terminal::note(
                "warning: --insecure: the server is not verified; whoever is on the way can read the password and change what is read",
            );
        }
        let account = self.account(&url)?;
        Ok(Request {
            account,
            dns: self.settings.dns.servers.clone(),
            tls: Tls {
                start_tls: ldap.start_tls,
                ca_file: ldap.ca_file.clone(),
                server_name: ldap.tls_server_name.clone(),
                insecure: ldap.insecure,
                client: ldap.client.clone(),
            },
            url,
            filter: ldap.filter.clone(),
            bases: ldap.bases.clone(),
            excluded: ldap.excluded.clone(),
            attributes,
            page: ldap.page_size,
            connections: ldap.connections,
            rate: ldap.max_rate,
            timeout: Duration::from_secs(ldap.timeout),
            deadline: (ldap.deadline > 0).then(|| Duration::from_secs(ldap.deadline)),
        })
    }

    fn account(&mut self, url: &Url) -> Result<Account> {
        let ldap = &self.settings.ldap;
        let socket = url.scheme == Scheme::Ldapi;
        Ok(match &ldap.user {
            _ if ldap.kerberos => Account::Kerberos,
            Some(name) => Account::Simple { name: name.clone(), password: self.password()? },
            None if socket || ldap.client.is_some() => Account::External,
            None => Account::Anonymous,
        })
    }

    fn password(&mut self) -> Result<Password> {
        if let Some(known) = &self.password {
            return Ok(known.clone());
        }
        let ldap = &self.settings.ldap;
        let (text, place) = match (&ldap.password_file, &self.environment.password) {
            (Some(path), _) => (first_line(path)?, format!("the password in `{}`", path.display())),
            (None, Some(password)) => (password.clone(), "DIRSYNC_AUDIT_PASSWORD".to_owned()),
            (None, None) => (asked(ldap.user.as_deref().unwrap_or_default())?, "the password".to_owned()),
        };
        let password = Password::new(text).ok_or_else(|| {
            let why = "servers take a bind without one for nobody in particular and let it in";
            Error::usage(format!("{place} is empty: {why}\n  remedy: give the password of --user"))
        })?;
        Ok(self.password.insert(password).clone())
    }
}

/// What cannot go together.
fn check(ldap: &Ldap, url: &Url, private: bool) -> Result<()> {
    let mut problems = Vec::new();
    if ldap.user.is_some() && !private {
        problems
            .push("--user: the password would be sent in the clear\n  remedy: use ldaps://, or --start-tls");
    }
    if ldap.kerberos && !private {
        problems.push("--kerberos needs TLS\n  remedy: use ldaps://, or --start-tls");
    }
    if ldap.kerberos && ldap.user.is_some() {
        problems.push("--user and --kerberos exclude each other: the ticket says who asks");
    }
    if ldap.start_tls && url.scheme == Scheme::Ldaps {
        problems.push("--start-tls is for ldap://; ldaps:// is TLS from the start");
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Error::Usage(problems.into_iter().map(str::to_owned).collect()))
    }
}

fn first_line(path: &Path) -> Result<String> {
    let text = std::fs::read_to_string(path).map_err(Error::io("read", path))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

fn asked(user: &str) -> Result<String> {
    if !stdin().is_terminal() {
        let remedy = "name a file with --password-file, or set DIRSYNC_AUDIT_PASSWORD";
        return Err(Error::usage(format!(
            "the password of --user cannot be asked for here\n  remedy: {remedy}"
        )));
    }
    rpassword::prompt_password(format!("Password of {}: ", escape(user)))
        .map_err(Error::io("read", Path::new("the password")))
}

/// Where what is read from servers is kept: beside the report, else with other temporary files.
fn spool_folder(out: &Path) -> PathBuf {
    let beside = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if beside.is_dir() { beside.to_owned() } else { std::env::temp_dir() }
}
