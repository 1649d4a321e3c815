//! Certificates → what TLS is agreed upon with, and its failures in words for the person who has to act.
//! The one provider is ring's, named here and nowhere assumed.

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::{AlertDescription, CertificateError, Error, RootCertStore, ServerConfig};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

/// Files in PEM form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// Our certificate, with those between it and its authority behind it.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The authorities that sign senders' certificates; without, senders show none.
    pub client_authority: Option<PathBuf>,
    /// Senders must show a certificate; else they may.
    pub client_required: bool,
}

/// Why certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {what} in {}: {why}", path.display())]
    Read {
        /// What it should hold.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Certificate and key do not belong together, or are of no use.
    #[error("cannot use the certificate in {} with the key in {}: {why}", certificate.display(), key.display())]
    Pair {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The authorities are of no use.
    #[error("cannot check senders by the authorities in {}: {why}", path.display())]
    Authority {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

/// What connections are agreed upon with; can be loaded anew while they run.
#[derive(Debug)]
pub struct Tls {
    files: TlsFiles,
    current: RwLock<Arc<ServerConfig>>,
}

impl Tls {
    /// Loads certificates.
    ///
    /// # Errors
    /// Tells which file, what is wrong with it and what to do.
    pub fn load(files: TlsFiles) -> Result<Arc<Tls>, TlsError> {
        let current = RwLock::new(config(&files)?);
        Ok(Arc::new(Tls { files, current }))
    }

    /// Loads the files again: new connections get the new certificate, open ones stay as they are.
    ///
    /// # Errors
    /// As for [`load`](Tls::load); the old certificate stays in use then.
    pub fn reload(&self) -> Result<(), TlsError> {
        let config = config(&self.files)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    pub(crate) fn current(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }
}

fn config(files: &TlsFiles) -> Result<Arc<ServerConfig>, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let chain = certificates("the certificate", &files.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| TlsError::Read {
        what: "the private key",
        path: files.key.clone(),
        why: pem_error(&error, "a private key (-----BEGIN PRIVATE KEY-----)"),
    })?;
    let pair = |why: String| TlsError::Pair {
        certificate: files.certificate.clone(),
        key: files.key.clone(),
        why,
    };
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| pair(error.to_string()))?;
    let builder = match &files.client_authority {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let mut roots = RootCertStore::empty();
            let refused = |why: String| TlsError::Authority { path: path.clone(), why };
            for certificate in certificates("the authorities", path)? {
                roots.add(certificate).map_err(|error| refused(error.to_string()))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            let verifier = match files.client_required {
                true => verifier,
                false => verifier.allow_unauthenticated(),
            };
            let build = verifier.build();
            builder.with_client_cert_verifier(build.map_err(|error| {
                refused(match error {
                    VerifierBuilderError::NoRootAnchors => "it holds none".to_owned(),
                    other => other.to_string(),
                })
            })?)
        }
    };
    let mut config = builder.with_single_cert(chain, key).map_err(|error| {
        pair(match error {
            Error::InconsistentKeys(_) => {
                "the key is not the certificate's: name the two files that were made together"
                    .to_owned()
            }
            other => other.to_string(),
        })
    })?;
    // Senders of syslog do not read. What we send unasked would lie unread at their end, and a socket that is closed
    // over unread bytes resets the connection: the last messages would be lost.
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

fn certificates(what: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let wrong = |why: String| TlsError::Read { what, path: path.to_owned(), why };
    let wanted = "a certificate (-----BEGIN CERTIFICATE-----)";
    let found: Vec<_> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error| wrong(pem_error(&error, wanted)))?;
    match found.is_empty() {
        true => Err(wrong(format!("it does not hold {wanted}"))),
        false => Ok(found),
    }
}

fn pem_error(error: &pem::Error, wanted: &str) -> String {
    match error {
        pem::Error::Io(error) => crate::error::explain(error),
        pem::Error::NoItemsFound => format!("it does not hold {wanted}"),
        other => format!("it is damaged ({other})"),
    }
}

/// A failure while connected, and what to do about it.
pub(crate) fn explain(error: &Error) -> String {
    let remedy = match error {
        Error::NoCertificatesPresented => "give the sender a certificate, or do not require one",
        Error::InvalidCertificate(
            CertificateError::UnknownIssuer | CertificateError::BadSignature,
        ) => {
            "the sender's certificate is signed by none of the authorities: add its authority, or give it another \
             certificate"
        }
        Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        ) => "the sender's certificate is out of date: renew it, or set the clock",
        Error::InvalidCertificate(_) => "the sender's certificate is of no use: give it another",
        Error::AlertReceived(AlertDescription::UnknownCA | AlertDescription::BadCertificate) => {
            "the sender does not trust our certificate: give it our authority's"
        }
        Error::AlertReceived(AlertDescription::CertificateExpired) => {
            "the sender holds our certificate to be out of date: renew it, or set its clock"
        }
        Error::InvalidMessage(_) => {
            "the sender does not speak TLS: send to the listener without TLS, or turn TLS on at the sender"
        }
        Error::PeerIncompatible(_) => "sender and we have no version or cipher in common",
        _ => return error.to_string(),
    };
    format!("{error} ({remedy})")
}
