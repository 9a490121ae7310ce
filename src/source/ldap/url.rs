//! LDAP URLs (RFC 4516) as sources: `ldaps://dc1.contoso.com,dc2.contoso.com:3269/DC=contoso,DC=com`, or
//! `ldaps:///DC=contoso,DC=com` for whoever serves the domain.

use std::fmt;
use std::net::IpAddr;

use crate::error::{Error, Result};

/// How the server is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// TCP, and TLS by StartTLS if it is asked for.
    Ldap,
    /// TLS from the start.
    Ldaps,
    /// A Unix socket.
    Ldapi,
}

impl Scheme {
    const ALL: [(&'static str, Self); 3] =
        [("ldap://", Self::Ldap), ("ldaps://", Self::Ldaps), ("ldapi://", Self::Ldapi)];

    fn word(self) -> &'static str {
        match self {
            Self::Ldap => "ldap",
            Self::Ldaps => "ldaps",
            Self::Ldapi => "ldapi",
        }
    }
}

/// One server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// How it is reached.
    pub scheme: Scheme,
    /// Its name or address, without brackets; of [`Scheme::Ldapi`] the path of the socket.
    pub host: String,
    /// Its port; 0 for a socket.
    pub port: u16,
    /// Where it is; empty when the system is to find that out.
    pub addresses: Vec<IpAddr>,
}

impl Server {
    /// Whether it is asked as a global catalogue, by its port.
    #[must_use]
    pub fn is_global_catalogue(&self) -> bool {
        matches!(self.port, 3268 | 3269)
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.scheme.word();
        match self.scheme {
            Scheme::Ldapi => write!(f, "{word}://{}", self.host.replace('/', "%2F")),
            _ if self.host.contains(':') => write!(f, "{word}://[{}]:{}", self.host, self.port),
            _ => write!(f, "{word}://{}:{}", self.host, self.port),
        }
    }
}

/// The servers of one directory, and where in it to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    /// How the servers are reached.
    pub scheme: Scheme,
    /// The servers, in the order in which they are tried; none when DNS is to name those of the base.
    pub servers: Vec<Server>,
    /// The base; empty when the URL names none.
    pub base: String,
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.servers.first() {
            Some(server) => server.fmt(f),
            None => write!(f, "{}:///{}", self.scheme.word(), self.base),
        }
    }
}

/// Whether a source is a server and no file.
#[must_use]
pub fn is_ldap(spec: &str) -> bool {
    split(spec).is_some()
}

fn split(spec: &str) -> Option<(Scheme, &str)> {
    Scheme::ALL.iter().find_map(|(word, scheme)| {
        let head = spec.get(..word.len())?;
        head.eq_ignore_ascii_case(word).then(|| (*scheme, &spec[word.len()..]))
    })
}

impl Url {
    /// Takes a URL apart.
    ///
    /// # Errors
    /// When it is none, or asks for what an option is for.
    pub fn parse(spec: &str) -> Result<Self> {
        let refuse = |what: &str, remedy: &str| Err(Error::source(spec, what, remedy));
        let example = "write it like ldaps://dc1.contoso.com or ldaps://dc1.contoso.com/DC=contoso,DC=com";
        let Some((scheme, rest)) = split(spec) else { return refuse("this is no LDAP URL", example) };
        let (hosts, path) = rest.split_once('/').unwrap_or((rest, ""));
        if path.contains('?') {
            let remedy = "give a filter with --filter; the attributes are those that the rules read";
            return refuse("attributes, scope and filter of an LDAP URL are not read", remedy);
        }
        if hosts.contains('@') {
            let remedy = "name the account with --user and its password with --password-file";
            return refuse("an account in the URL is not read", remedy);
        }
        let Some(base) = decode(path) else {
            return refuse("the base is not percent-encoded UTF-8", example);
        };
        let servers: Option<Vec<Server>> =
            if hosts.is_empty() && scheme != Scheme::Ldapi && rest.starts_with('/') {
                Some(Vec::new())
            } else {
                hosts.split(',').map(|host| server(scheme, host)).collect()
            };
        match servers {
            Some(servers) => Ok(Self { scheme, servers, base }),
            None => refuse("the server in the URL cannot be read", example),
        }
    }
}

fn server(scheme: Scheme, text: &str) -> Option<Server> {
    if scheme == Scheme::Ldapi {
        let host = decode(text).filter(|path| path.starts_with('/'))?;
        return Some(Server { scheme, host, port: 0, addresses: Vec::new() });
    }
    let (host, port) = match text.strip_prefix('[') {
        Some(bracketed) => bracketed.split_once(']')?,
        None => text.find(':').map_or((text, ""), |colon| text.split_at(colon)),
    };
    let port = match port.strip_prefix(':') {
        None if port.is_empty() => {
            if scheme == Scheme::Ldaps {
                636
            } else {
                389
            }
        }
        None => return None,
        Some(port) => port.parse().ok().filter(|&port| port > 0)?,
    };
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '%');
    let fits = !host.is_empty() && host.chars().all(good);
    fits.then(|| Server { scheme, host: host.to_owned(), port, addresses: Vec::new() })
}

/// Undoes percent-encoding.
fn decode(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let (mut decoded, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(&b) = bytes.get(at) {
        if b == b'%' {
            decoded.push(u8::from_str_radix(text.get(at + 1..at + 3)?, 16).ok()?);
            at += 3;
        } else {
            decoded.push(b);
            at += 1;
        }
    }
    String::from_utf8(decoded).ok().filter(|text| !text.contains(['\0', '\n', '\r']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        for (spec, shown, base) in [
            ("ldaps://dc1.contoso.com", "ldaps://dc1.contoso.com:636", ""),
            ("LDAP://dc1/DC=contoso,DC=com", "ldap://dc1:389", "DC=contoso,DC=com"),
            ("ldaps://[2001:db8::1]:3269/OU=a%20b", "ldaps://[2001:db8::1]:3269", "OU=a b"),
            ("ldapi://%2Frun%2Fslapd%2Fldapi", "ldapi://%2Frun%2Fslapd%2Fldapi", ""),
        ] {
            let url = Url::parse(spec).unwrap();
            assert_eq!((url.servers[0].to_string().as_str(), url.base.as_str()), (shown, base), "{spec}");
        }
        let two = Url::parse("ldaps://dc1,dc2:3269").unwrap();
        assert!(!two.servers[0].is_global_catalogue() && two.servers[1].is_global_catalogue());
        let none = Url::parse("ldaps:///DC=contoso,DC=com").unwrap();
        assert_eq!(
            (none.scheme, none.servers.len(), none.base.as_str()),
            (Scheme::Ldaps, 0, "DC=contoso,DC=com")
        );
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for bad in [
            "ldap://",
            "ldap://,/",
            "ldapi:///DC=a",
            "ldap://a:b",
            "ldap://a:0",
            "ldap://[::1",
            "ldap://a/?mail",
            "ldap://u@h",
            "ldap://a/%zz",
        ] {
            assert!(is_ldap(bad) && Url::parse(bad).is_err(), "{bad}");
        }
        assert!(!is_ldap("users.csv") && !is_ldap("ldap:users.csv"));
    }
}
