//! Who asks: simple binds over private channels, and SASL EXTERNAL (RFC 4511, 4.2; RFC 4513).

use std::fmt;

use super::ber::{Ber, nest, put, put_number, tag};
use super::connection::Connection;
use super::fault::Fault;
use super::outcome::Outcome;

const BIND: u8 = 0x60;
const BOUND: u8 = 0x61;
const SIMPLE: u8 = 0x80;
const SASL: u8 = 0xa3;

/// What a server says to a mechanism of SASL.
pub(super) type Token = Vec<u8>;

/// A password; nothing shows it.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// A password. An empty one is none: servers take it for a bind without any, and let everybody in (RFC 4513, 5.1.2).
    #[must_use]
    pub fn new(text: String) -> Option<Self> {
        (!text.is_empty()).then_some(Self(text))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

/// Who asks.
#[derive(Debug, Clone)]
pub enum Account {
    /// Nobody.
    Anonymous,
    /// An account with its password.
    Simple {
        /// A DN; AD also takes `user@contoso.com` and `CONTOSO\user`.
        name: String,
        /// Its password.
        password: Password,
    },
    /// Whom the channel shows: the user of a Unix socket, or the certificate of the client.
    External,
    /// Whoever has the Kerberos ticket.
    Kerberos,
}

impl Connection<'_> {
    /// Says who asks.
    pub(super) fn bind(&mut self, account: &Account, host: &str) -> Result<(), Fault> {
        match account {
            Account::Anonymous => Ok(()),
            Account::Simple { .. } if !self.is_private() => Err(Fault::Never(
                "the password would be sent in the clear".into(),
                "use `ldaps://`, or --start-tls".into(),
            )),
            Account::Simple { name, password } => {
                let answer = self.ask(name, |into| put(into, SIMPLE, password.0.as_bytes()))?;
                answer.0.checked()
            }
            Account::External => self.sasl("EXTERNAL", Some(b""))?.0.checked(),
            Account::Kerberos => self.kerberos(host),
        }
    }

    /// One step of a SASL bind; gives the outcome and what the server says to the mechanism.
    pub(super) fn sasl(&mut self, mechanism: &str, token: Option<&[u8]>) -> Result<(Outcome, Token), Fault> {
        self.ask("", |into| {
            nest(into, SASL, |into| {
                put(into, tag::OCTETS, mechanism.as_bytes());
                if let Some(token) = token {
                    put(into, tag::OCTETS, token);
                }
            });
        })
    }

    fn ask(&mut self, name: &str, how: impl FnOnce(&mut Vec<u8>)) -> Result<(Outcome, Token), Fault> {
        let id = self.send(&[], |into| {
            nest(into, BIND, |into| {
                put_number(into, tag::INTEGER, 3);
                put(into, tag::OCTETS, name.as_bytes());
                how(into);
            });
        })?;
        let message = self.receive(id)?;
        if message.tag != BOUND {
            return Err(Fault::Malformed);
        }
        let mut response = Ber(message.body);
        let outcome = Outcome::read(&mut response)?;
        let mut token = Vec::new();
        while !response.is_empty() {
            if let (0x87, content) = response.next()? {
                token = content.to_vec();
            }
        }
        Ok((outcome, token))
    }

    #[cfg(not(feature = "kerberos"))]
    #[allow(clippy::unused_self, reason = "with the feature it is used")]
    fn kerberos(&mut self, _: &str) -> Result<(), Fault> {
        let remedy = "build with `cargo install dirsync-audit --features kerberos`, or use --user";
        Err(Fault::Never("this program was built without Kerberos".into(), remedy.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_empty_and_never_shown() {
        assert!(Password::new(String::new()).is_none());
        let password = Password::new("secret".into()).unwrap();
        assert!(!format!("{password:?}").contains("secret"));
    }
}
