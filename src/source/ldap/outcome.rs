//! How an operation ended, as the server says, and what that means in words.

use super::ber::{Ber, Malformed, tag};
use super::fault::Fault;
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

    /// Whether AD or Samba says that nobody has signed in.
    pub(super) fn wants_account(&self) -> bool {
        ["000004DC", "00002020"].iter().any(|code| self.message.contains(code))
    }

    /// The same in words.
    pub(super) fn what(&self) -> String {
        let mut said: String = self.message.trim().chars().take(MOST_SAID).collect();
        if said.len() < self.message.trim().len() {
            said.push('…');
        }
        let said = if said.is_empty() { String::new() } else { format!(": {}", visible(&said)) };
        match sub_code(&self.message) {
            Some((code, what, _)) => {
                format!("the server refused the account: {what} (result {}, data {code})", self.code)
            }
            None => format!("the server answered with result {} ({}){said}", self.code, name(self.code)),
        }
    }

    /// What to do about it.
    pub(super) fn remedy(&self) -> &'static str {
        if let Some((_, _, remedy)) = sub_code(&self.message) {
            return remedy;
        }
        match self.code {
            code::OPERATIONS_ERROR if self.wants_account() => {
                "the server wants to know who asks: name an account with --user"
            }
            code::TIME_LIMIT => "lower --page-size, or name a smaller --base",
            code::SIZE_LIMIT | code::ADMIN_LIMIT => {
                "the server gives no more at once and cannot be asked page by page: raise its limit for the account, lower --page-size, or name smaller bases with --base"
            }
            code::STRONGER_AUTH | code::CONFIDENTIALITY => "use `ldaps://`, or --start-tls",
            code::REFERRAL => "the base is on another server: name that server, which is in the text",
            code::NO_SUCH_OBJECT => "check the base: --base, or behind the server in the URL",
            code::INVALID_DN => {
                "check --base, or give --user as a DN: not every server takes user@contoso.com"
            }
            code::INAPPROPRIATE_AUTH | code::INVALID_CREDENTIALS => "check --user and the password",
            code::ACCESS => "give the account the right to read the users, or use another account",
            code::CRITICAL_EXTENSION | code::UNWILLING => {
                "the server does not go on with a search: lower --connections or --page-size"
            }
            _ => "try again later, or name another server",
        }
    }
}

/// Result codes of RFC 4511, appendix A.
pub(super) mod code {
    pub(in super::super) const OPERATIONS_ERROR: i64 = 1;
    pub(in super::super) const TIME_LIMIT: i64 = 3;
    pub(in super::super) const SIZE_LIMIT: i64 = 4;
    pub(in super::super) const STRONGER_AUTH: i64 = 8;
    pub(in super::super) const REFERRAL: i64 = 10;
    pub(in super::super) const ADMIN_LIMIT: i64 = 11;
    pub(in super::super) const CRITICAL_EXTENSION: i64 = 12;
    pub(in super::super) const CONFIDENTIALITY: i64 = 13;
    pub(in super::super) const NO_SUCH_OBJECT: i64 = 32;
    pub(in super::super) const INVALID_DN: i64 = 34;
    pub(in super::super) const INAPPROPRIATE_AUTH: i64 = 48;
    pub(in super::super) const INVALID_CREDENTIALS: i64 = 49;
    pub(in super::super) const ACCESS: i64 = 50;
    pub(in super::super) const BUSY: i64 = 51;
    pub(in super::super) const UNAVAILABLE: i64 = 52;
    pub(in super::super) const UNWILLING: i64 = 53;
    pub(in super::super) const OTHER: i64 = 80;
}

/// How many letters of what a server says are shown; some say the whole search again.
const MOST_SAID: usize = 300;

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
