//! TLS: verification against the system's roots, and its failures in words.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use super::fault::Fault;
use crate::error::{Error, Result};

/// How servers are verified, and what they are shown.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Start TLS on a connection without.
    pub start_tls: bool,
    /// A file of certificates that are trusted instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// The name that the certificate must have, where it is not the host's.
    pub server_name: Option<String>,
    /// Verify nothing.
    pub insecure: bool,
    /// The certificate that is shown to the server, and its key, as PEM.
    pub client: Option<(PathBuf, PathBuf)>,
}

/// The configuration of all connections.
pub(super) fn config(options: &Options) -> Result<Arc<ClientConfig>> {
    let provider = Arc::new(ring::default_provider());
    let algorithms = provider.signature_verification_algorithms;
    let builder = ClientConfig::builder_with_provider(Arc::<CryptoProvider>::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|why| Error::usage(format!("TLS cannot be used: {why}")))?;
    let builder = if options.insecure {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(Unverified(algorithms)))
    } else {
        builder.with_root_certificates(roots(options.ca_file.as_deref())?)
    };
    let config = match &options.client {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let chain = certificates(certificate)?;
            let private = PrivateKeyDer::from_pem_file(key).map_err(|why| no_pem(key, &why))?;
            builder.with_client_auth_cert(chain, private).map_err(|why| no_pem(certificate, &why))?
        }
    };
    Ok(Arc::new(config))
}

fn no_pem(path: &Path, why: &dyn std::fmt::Display) -> Error {
    let what = format!("this is no certificate or key in PEM form: {why}");
    Error::source(path.display().to_string(), what, "convert it with `openssl x509` or `openssl pkey`")
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_file_iter(path).map_err(|why| no_pem(path, &why))?;
    let all: Vec<_> = read.collect::<std::result::Result<_, _>>().map_err(|why| no_pem(path, &why))?;
    if all.is_empty() { Err(no_pem(path, &"it holds no certificate")) } else { Ok(all) }
}

/// The trusted certificates: those of the file, else those of the system that can be read.
fn roots(file: Option<&Path>) -> Result<RootCertStore> {
    let mut store = RootCertStore::empty();
    if let Some(path) = file {
        for certificate in certificates(path)? {
            store.add(certificate).map_err(|why| no_pem(path, &why))?;
        }
        return Ok(store);
    }
    // One certificate that cannot be read takes nothing from the others.
    store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    Ok(store)
}

/// The name that the certificate must have.
pub(super) fn name(host: &str, options: &Options) -> std::result::Result<ServerName<'static>, Fault> {
    let name = options.server_name.as_deref().unwrap_or(host);
    ServerName::try_from(name.to_owned()).map_err(|_| {
        Fault::Tls(
            format!("`{name}` is no name that a certificate can have"),
            "name it with --tls-server-name",
        )
    })
}

/// Takes every certificate; whoever asked for it was told.
#[derive(Debug)]
struct Unverified(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

/// The fault in a failure of TLS; `None` when it is one of the connection.
pub(super) fn fault(error: &io::Error) -> Option<Fault> {
    let error: &rustls::Error = error.get_ref()?.downcast_ref()?;
    let remedy = match error {
        rustls::Error::InvalidCertificate(why) => remedy(why),
        rustls::Error::InvalidMessage(_) => {
            "the port does not speak TLS: `ldaps://` is port 636; for port 389 use `ldap://` with --start-tls"
        }
        rustls::Error::AlertReceived(_) => {
            "the server broke off the handshake: look into its log; it may want a client certificate"
        }
        _ => "the server must speak TLS 1.2 or newer with a certificate of RSA or ECDSA",
    };
    let what = match error {
        rustls::Error::InvalidCertificate(why) => {
            format!("the server's certificate is not accepted: {}", words(why))
        }
        other => format!("TLS failed: {other}"),
    };
    Some(Fault::Tls(what, remedy))
}

fn words(why: &CertificateError) -> String {
    match why {
        CertificateError::UnknownIssuer => "it was signed by nobody who is trusted here".into(),
        other => other.to_string(),
    }
}

fn remedy(why: &CertificateError) -> &'static str {
    match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "renew the certificate of the server; check the clock of this machine"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "check the clock of this machine"
        }
        CertificateError::UnknownIssuer => {
            "name the certificate of your authority with --ca-file (certutil -ca.cert FILE on the authority), or add it to the system's trusted roots"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "use a name that stands in the certificate (subjectAltName; the CN alone does not count), or give that name with --tls-server-name"
        }
        _ => "give the server a certificate for server authentication, signed by a trusted authority",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificate_failures_say_what_to_do() {
        let told = |why: CertificateError| {
            let error = io::Error::new(io::ErrorKind::InvalidData, rustls::Error::InvalidCertificate(why));
            let fault = fault(&error).unwrap();
            format!("{} {}", fault.what(), fault.remedy())
        };
        assert!(told(CertificateError::UnknownIssuer).contains("--ca-file"));
        assert!(told(CertificateError::NotValidForName).contains("--tls-server-name"));
        assert!(told(CertificateError::Expired).contains("renew"));
        assert!(fault(&io::ErrorKind::ConnectionReset.into()).is_none());
    }
}
