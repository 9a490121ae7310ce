//! What can go wrong with a server, whether it helps to try again, and what to do about it.

use std::io;

use super::ber::{Ber, Malformed, tag};
use crate::model::text::visible;

/// The part of a result that says where else to look.
const REFERRAL: u8 = 0xa3;

/// How an operation ended, as the server says (RFC 4511, 4.1.9).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Outcome {
    /// The result code; 0 is success.
    pub(super) code: i64,
    /// What the server says about it.
    pub(super) message: String,
    /// How much of the base exists.
    pub(super) matched: String,
}

impl Outcome {
    /// Reads it from the start of a response.
    pub(super) fn read(response: &mut Ber<'_>) -> Result<Self, Malformed> {
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).trim_end_matches('\0').to_owned();
        let code = response.number(tag::ENUMERATED)?;
        let matched = text(response.take(tag::OCTETS)?);
        let mut message = text(response.take(tag::OCTETS)?);
        if let Some(elsewhere) = response.take_if(REFERRAL)? {
            let mut urls = Ber(elsewhere);
            while !urls.is_empty() {
                message = format!("{message} {}", text(urls.take(tag::OCTETS)?));
            }
        }
        Ok(Self { code, message, matched })
    }

    /// The same with the base that was not found in its text.
    pub(super) fn below(mut self, base: &[u8]) -> Self {
        if self.code == code::NO_SUCH_OBJECT {
            self.message = format!("`{}`: {}", String::from_utf8_lossy(base), self.message);
        }
        self
    }

    /// An error, unless the operation succeeded.
    pub(super) fn checked(self) -> Result<(), Fault> {
        if self.code == 0 { Ok(()) } else { Err(Fault::Refused(self)) }
    }
}

/// Why an operation failed.
#[derive(Debug)]
pub(super) enum Fault {
    /// The connection broke.
    Io(io::Error),
    /// The server closed the connection.
    Closed,
    /// The server did not answer in time.
    Silent(u64),
    /// What the server sent is no LDAP, or more than can be right.
    Malformed,
    /// The server gives pages without end.
    Circle,
    /// The server refused the first page of a search.
    Unpaged(Outcome),
    /// The server gave as many objects as a page has, and does not say whether there are more.
    Cut(u32),
    /// The certificate or the handshake, and what to do.
    Tls(String, &'static str),
    /// The server refused.
    Refused(Outcome),
    /// Nothing can be done here, and what to do instead.
    Never(String, String),
    /// The time for the whole run is over.
    Deadline,
    /// Somebody interrupted the run.
    Interrupted,
    /// A file of the program's own could not be written.
    Own(crate::error::Error),
}

impl From<Malformed> for Fault {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        super::tls::fault(&error).unwrap_or(Self::Io(error))
    }
}

impl From<crate::error::Error> for Fault {
    fn from(error: crate::error::Error) -> Self {
        match error {
            crate::error::Error::Interrupted => Self::Interrupted,
            other => Self::Own(other),
        }
    }
}

/// What helps against a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Help {
    /// Trying again, on a new connection.
    Again,
    /// Asking for less at once.
    Less,
    /// Nothing that the program can do on this server.
    Nothing,
}

/// Result codes of RFC 4511, appendix A.
mod code {
    pub(super) const OPERATIONS_ERROR: i64 = 1;
    pub(super) const TIME_LIMIT: i64 = 3;
    pub(super) const SIZE_LIMIT: i64 = 4;
    pub(super) const STRONGER_AUTH: i64 = 8;
    pub(super) const REFERRAL: i64 = 10;
    pub(super) const ADMIN_LIMIT: i64 = 11;
    pub(super) const CRITICAL_EXTENSION: i64 = 12;
    pub(super) const CONFIDENTIALITY: i64 = 13;
    pub(super) const NO_SUCH_OBJECT: i64 = 32;
    pub(super) const INVALID_DN: i64 = 34;
    pub(super) const INAPPROPRIATE_AUTH: i64 = 48;
    pub(super) const INVALID_CREDENTIALS: i64 = 49;
    pub(super) const ACCESS: i64 = 50;
    pub(super) const BUSY: i64 = 51;
    pub(super) const UNAVAILABLE: i64 = 52;
    pub(super) const UNWILLING: i64 = 53;
    pub(super) const OTHER: i64 = 80;
}

impl Fault {
    /// What helps. A search is tried again where a server may answer otherwise the next time: 12 and 53 are how
    /// servers refuse a paging cookie that they have dropped, 1 and 80 how AD reports trouble of its own.
    pub(super) fn help(&self) -> Help {
        match self {
            Self::Io(_) | Self::Closed | Self::Silent(_) | Self::Malformed | Self::Circle | Self::Cut(_) => {
                Help::Again
            }
            Self::Refused(outcome) | Self::Unpaged(outcome) => match outcome.code {
                code::SIZE_LIMIT | code::ADMIN_LIMIT => Help::Less,
                code::OPERATIONS_ERROR if wants_account(outcome) => Help::Nothing,
                code::OPERATIONS_ERROR
                | code::TIME_LIMIT
                | code::CRITICAL_EXTENSION
                | code::BUSY
                | code::UNAVAILABLE
                | code::UNWILLING
                | code::OTHER => Help::Again,
                _ => Help::Nothing,
            },
            _ => Help::Nothing,
        }
    }

    /// Whether the fault is of the run and not of a server, so that no other server helps either.
    pub(super) fn ends_the_run(&self) -> bool {
        let account = [code::INVALID_CREDENTIALS, code::INAPPROPRIATE_AUTH, code::STRONGER_AUTH];
        match self {
            // A wrong password tried again and again locks the account.
            Self::Refused(outcome) => account.contains(&outcome.code),
            Self::Never(..) | Self::Deadline | Self::Interrupted | Self::Own(_) => true,
            _ => false,
        }
    }

    /// Whether a server may have refused the size of a page, as `OpenLDAP` does for one above its limit.
    pub(super) fn is_page_too_large(&self) -> bool {
        matches!(self, Self::Refused(outcome) | Self::Unpaged(outcome) if outcome.code == code::ADMIN_LIMIT)
    }

    /// Whether a server will not answer this search, and may answer another one.
    pub(super) fn is_of_the_search(&self) -> bool {
        let Self::Refused(outcome) = self else { return false };
        let passing = [code::TIME_LIMIT, code::BUSY, code::UNAVAILABLE, code::OPERATIONS_ERROR, code::OTHER];
        !self.ends_the_run() && !passing.contains(&outcome.code)
    }

    /// The same, said of the first page after so many objects: a server may refuse the control although it is not
    /// critical, and `OpenLDAP` where it is told to refuses it as a limit.
    pub(super) fn of_the_first_page(self, objects: u32) -> Self {
        let refuses = |code| code == code::CRITICAL_EXTENSION || (code == code::ADMIN_LIMIT && objects == 0);
        match self {
            Self::Refused(outcome) if refuses(outcome.code) => Self::Unpaged(outcome),
            other => other,
        }
    }

    /// Whether the server may know nothing of pages.
    pub(super) fn is_of_paging(&self) -> bool {
        matches!(self, Self::Unpaged(_) | Self::Cut(_))
    }

    /// Whether there is no such object.
    pub(super) fn is_gone(&self) -> bool {
        matches!(self, Self::Refused(outcome) if outcome.code == code::NO_SUCH_OBJECT)
    }

    /// The error of a run that it ends.
    pub(super) fn into_error(self, server: &str) -> crate::error::Error {
        match self {
            Self::Interrupted => crate::error::Error::Interrupted,
            Self::Own(error) => error,
            fault => crate::error::Error::source(server, fault.what(), fault.remedy()),
        }
    }

    /// What happened.
    pub(super) fn what(&self) -> String {
        match self {
            Self::Io(error) => format!("the connection failed: {error}"),
            Self::Closed => "the server closed the connection".into(),
            Self::Silent(seconds) => format!("the server did not answer for {seconds} s"),
            Self::Malformed => "the server's answer is no LDAP that can be read".into(),
            Self::Circle => "the server gives the same pages again and again".into(),
            Self::Tls(what, _) | Self::Never(what, _) => what.clone(),
            Self::Refused(outcome) | Self::Unpaged(outcome) => refused(outcome),
            Self::Cut(objects) => {
                format!("the server gave {objects} objects and does not say whether there are more")
            }
            Self::Deadline => "the time of --deadline is over".into(),
            Self::Interrupted => "interrupted".into(),
            Self::Own(error) => error.to_string(),
        }
    }

    /// What to do about it.
    pub(super) fn remedy(&self) -> String {
        match self {
            Self::Io(_) | Self::Closed => {
                "check the name and the port, and whether a firewall stands between; `ldaps://` is port 636, `ldap://` 389"
            }
            Self::Silent(_) => "try again, give the server more time with --timeout, or name another server",
            Self::Malformed => "check that the port is one of LDAP and that `ldaps://` is used for a port with TLS",
            Self::Circle => "name another server, or a smaller --base",
            Self::Tls(_, remedy) => remedy,
            Self::Never(_, remedy) => return remedy.clone(),
            Self::Refused(outcome) | Self::Unpaged(outcome) => outcome_remedy(outcome),
            Self::Cut(_) => "name another server, or another --page-size",
            Self::Deadline => "give the run more time, or go on with `fetch --resume`",
            Self::Interrupted | Self::Own(_) => "run it again",
        }
        .to_owned()
    }
}

/// Whether AD or Samba says that nobody has signed in.
fn wants_account(outcome: &Outcome) -> bool {
    ["000004DC", "00002020"].iter().any(|code| outcome.message.contains(code))
}

/// How many letters of what a server says are shown; some say the whole search again.
const MOST_SAID: usize = 300;

fn refused(outcome: &Outcome) -> String {
    let mut said: String = outcome.message.trim().chars().take(MOST_SAID).collect();
    if said.len() < outcome.message.trim().len() {
        said.push('…');
    }
    let said = if said.is_empty() { String::new() } else { format!(": {}", visible(&said)) };
    match sub_code(&outcome.message) {
        Some((code, what, _)) => {
            format!("the server refused the account: {what} (result {}, data {code})", outcome.code)
        }
        None => format!("the server answered with result {} ({}){said}", outcome.code, name(outcome.code)),
    }
}

fn name(code: i64) -> &'static str {
    match code {
        1 => "operations error",
        2 => "protocol error",
        3 => "time limit exceeded",
        4 => "size limit exceeded",
        7 => "authentication method not supported",
        8 => "stronger authentication required",
        10 => "referral",
        11 => "administrative limit exceeded",
        12 => "unavailable critical extension",
        13 => "confidentiality required",
        32 => "no such object",
        34 => "invalid DN",
        48 => "inappropriate authentication",
        49 => "invalid credentials",
        50 => "insufficient access rights",
        51 => "busy",
        52 => "unavailable",
        53 => "unwilling to perform",
        80 => "other",
        _ => "see RFC 4511, appendix A",
    }
}

/// What the account needs, by the sub-code in the text of AD (`data 52e`).
const SUB_CODES: &[(&str, &str, &str)] = &[
    ("525", "there is no such account", "check --user: a DN, user@contoso.com or CONTOSO\\user"),
    (
        "52e",
        "wrong password or unknown account",
        "check --user and the password; every try counts towards a lockout",
    ),
    ("52f", "a restriction of the account", "look at the account's restrictions, or use another account"),
    (
        "530",
        "the account may not sign in at this time",
        "look at the account's logon hours, or use another account",
    ),
    (
        "531",
        "the account may not sign in from here",
        "look at the workstations of the account, or use another account",
    ),
    ("532", "the password has expired", "set a new password for the account"),
    ("533", "the account is disabled", "enable the account, or use another one"),
    ("568", "the account is in too many groups", "use an account in fewer groups"),
    ("701", "the account has expired", "extend the account, or use another one"),
    ("773", "the password must be changed first", "sign in once and set a new password"),
    ("775", "the account is locked", "unlock the account, or wait until the lockout is over"),
    (
        "80090346",
        "the server wants a channel binding token",
        "use `ldaps://` with --kerberos; a simple bind cannot carry the token",
    ),
];

fn sub_code(message: &str) -> Option<&'static (&'static str, &'static str, &'static str)> {
    let data = message.split("data ").nth(1)?;
    let data: String = data.chars().take_while(char::is_ascii_hexdigit).collect();
    SUB_CODES.iter().find(|(code, ..)| data.eq_ignore_ascii_case(code))
}

fn outcome_remedy(outcome: &Outcome) -> &'static str {
    if let Some((_, _, remedy)) = sub_code(&outcome.message) {
        return remedy;
    }
    match outcome.code {
        code::OPERATIONS_ERROR if wants_account(outcome) => {
            "the server wants to know who asks: name an account with --user"
        }
        code::TIME_LIMIT => "lower --page-size, or name a smaller --base",
        code::SIZE_LIMIT | code::ADMIN_LIMIT => {
            "the server gives no more at once and cannot be asked page by page: raise its limit for the account, lower --page-size, or name smaller bases with --base"
        }
        code::STRONGER_AUTH | code::CONFIDENTIALITY => "use `ldaps://`, or --start-tls",
        code::REFERRAL => "the base is on another server: name that server, which is in the text",
        code::NO_SUCH_OBJECT => "check the base: --base, or behind the server in the URL",
        code::INVALID_DN => "check --base, or give --user as a DN: not every server takes user@contoso.com",
        code::INAPPROPRIATE_AUTH | code::INVALID_CREDENTIALS => "check --user and the password",
        code::ACCESS => "give the account the right to read the users, or use another account",
        code::CRITICAL_EXTENSION | code::UNWILLING => {
            "the server does not go on with a search: lower --connections or --page-size"
        }
        _ => "try again later, or name another server",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused_with(code: i64, message: &str) -> Fault {
        Fault::Refused(Outcome { code, message: message.into(), matched: String::new() })
    }

    #[test]
    fn sub_codes_of_ad_are_told_in_words() {
        let text = "80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data 775, v1db1";
        let fault = refused_with(49, text);
        assert!(fault.what().contains("the account is locked"), "{}", fault.what());
        assert!(fault.remedy().contains("unlock"), "{}", fault.remedy());
        assert!(fault.ends_the_run() && fault.help() == Help::Nothing);
        let binding = refused_with(
            49,
            "80090346: LdapErr: DSID-0C0906B0, comment: AcceptSecurityContext error, data 80090346, v4563",
        );
        assert!(binding.what().contains("channel binding"), "{}", binding.what());
    }

    #[test]
    fn what_may_pass_is_tried_again_and_what_cannot_is_not() {
        for code in [1, 3, 12, 51, 52, 53, 80] {
            assert_eq!(refused_with(code, "").help(), Help::Again, "{code}");
        }
        for code in [2, 8, 10, 13, 32, 49, 50] {
            assert_eq!(refused_with(code, "").help(), Help::Nothing, "{code}");
        }
        for nobody in ["000004DC: LdapErr: ...", "00002020: Operation unavailable without authentication"] {
            let fault = refused_with(1, nobody);
            assert!(fault.help() == Help::Nothing && fault.remedy().contains("--user"), "{nobody}");
        }
        assert_eq!(refused_with(4, "").help(), Help::Less);
    }

    #[test]
    fn hostile_text_of_a_server_is_shown_harmlessly() {
        assert!(!refused_with(80, "a\u{1b}[2J\nb").what().contains(['\u{1b}', '\n']));
        assert!(refused_with(80, &"ä\n".repeat(1 << 20)).what().len() < 4_000);
    }
}
