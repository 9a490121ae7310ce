//! Kerberos (SASL GSSAPI, RFC 4752) inside TLS, where AD refuses a second protection of its own.
//!
//! ldap3 brings the same exchange, on connections of its own alone; outside of TLS it loses entries. This one sends
//! the channel binding of RFC 5929 that domain controllers can demand.

use cross_krb5::{ClientCtx, InitiateFlags, K5Ctx, Step};
use ring::digest;

use super::ber::{Ber, tag};
use super::bind::Token;
use super::connection::Connection;
use super::fault::Fault;
use super::outcome::Outcome;

/// The answer `saslBindInProgress`.
const GOES_ON: i64 = 14;
/// No protection, as an offer and as a choice.
const NO_LAYER: u8 = 1;

fn failed(why: &dyn std::fmt::Display) -> Fault {
    let remedy = "get a ticket with `kinit`, or name a keytab by KRB5_CLIENT_KTNAME; give the server by the name that its service principal has, not by its address";
    Fault::Never(format!("Kerberos failed: {why}"), remedy.into())
}

impl Connection<'_> {
    /// Signs in with the ticket of whoever runs the program.
    pub(super) fn kerberos(&mut self, host: &str) -> Result<(), Fault> {
        if !self.is_private() {
            return Err(Fault::Never("Kerberos needs TLS".into(), "use `ldaps://`, or --start-tls".into()));
        }
        let binding = self.certificate().and_then(channel_binding);
        let (pending, token) =
            ClientCtx::new(InitiateFlags::empty(), None, &format!("ldap/{host}"), binding.as_deref())
                .map_err(|why| failed(&format!("{why:#}")))?;
        let answer = goes_on(self.sasl("GSSAPI", Some(&token))?)?;
        let step = pending.step(&answer).map_err(|why| failed(&format!("{why:#}")))?;
        let Step::Finished((mut context, None)) = step else {
            return Err(failed(&"the server does not know itself by this name"));
        };
        let offer = goes_on(self.sasl("GSSAPI", None)?)?;
        let offer = context.unwrap(&offer).map_err(|why| failed(&format!("{why:#}")))?;
        if offer.first().is_none_or(|layers| layers & NO_LAYER == 0) {
            return Err(failed(&"the server wants a protection beside TLS"));
        }
        let choice = context.wrap(false, &[NO_LAYER, 0, 0, 0]).map_err(|why| failed(&format!("{why:#}")))?;
        self.sasl("GSSAPI", Some(&choice))?.0.checked()
    }
}

fn goes_on((outcome, token): (Outcome, Token)) -> Result<Token, Fault> {
    if outcome.code == GOES_ON { Ok(token) } else { Err(Fault::Refused(outcome)) }
}

/// What ties the sign-in to the channel: the hash of the server's certificate (RFC 5929, 4.1).
fn channel_binding(certificate: &[u8]) -> Option<Vec<u8>> {
    let algorithm = signature(certificate)?;
    let hash = digest::digest(algorithm, certificate);
    Some([b"tls-server-end-point:", hash.as_ref()].concat())
}

/// The hash that the signature of a certificate uses; SHA-256 where that is weaker.
fn signature(certificate: &[u8]) -> Option<&'static digest::Algorithm> {
    const OID: u8 = 6;
    let mut parts = Ber(Ber(certificate).take(tag::SEQUENCE).ok()?);
    parts.take(tag::SEQUENCE).ok()?;
    let oid = Ber(parts.take(tag::SEQUENCE).ok()?).take(OID).ok()?;
    // RSA (1.2.840.113549.1.1) with MD5, SHA-1, SHA-256, …, and ECDSA (1.2.840.10045.4.3) with SHA-256, …
    match oid {
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 4 | 5 | 11] | [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2] => {
            Some(&digest::SHA256)
        }
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12] | [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3] => {
            Some(&digest::SHA384)
        }
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 13] | [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4] => {
            Some(&digest::SHA512)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::ber::{nest, put};
    use super::*;

    #[test]
    fn the_hash_of_the_certificate_is_the_binding() {
        let certificate = |oid: &[u8]| {
            let mut bytes = Vec::new();
            nest(&mut bytes, tag::SEQUENCE, |into| {
                put(into, tag::SEQUENCE, b"");
                nest(into, tag::SEQUENCE, |into| put(into, 6, oid));
            });
            bytes
        };
        let rsa = certificate(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12]);
        let binding = channel_binding(&rsa).unwrap();
        assert_eq!(binding.len(), "tls-server-end-point:".len() + 48);
        assert_eq!(channel_binding(&certificate(&[1])), None);
        assert_eq!(channel_binding(b"no certificate"), None);
    }
}
