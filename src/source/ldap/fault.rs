//! What can go wrong with a server, whether it helps to try again, and what to do about it.

use std::io;

use super::ber::Malformed;
use super::outcome::{Outcome, code};

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
                code::OPERATIONS_ERROR if outcome.wants_account() => Help::Nothing,
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
            Self::Refused(outcome) | Self::Unpaged(outcome) => outcome.what(),
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
            Self::Refused(outcome) | Self::Unpaged(outcome) => outcome.remedy(),
            Self::Cut(_) => "name another server, or another --page-size",
            Self::Deadline => "give the run more time, or go on with `fetch --resume`",
            Self::Interrupted | Self::Own(_) => "run it again",
        }
        .to_owned()
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
