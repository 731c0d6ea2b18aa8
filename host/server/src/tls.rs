//! TLS: the certificate that callers see, and how it is replaced.
//!
//! Always true here: a certificate is used only with the key that belongs to it; what cannot be used leaves the one before.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;

/// A certificate with its key. Cheap to clone; clones share what [`replace`](Self::replace) changes.
#[derive(Clone)]
pub struct Tls {
    current: Arc<Current>,
    config: Arc<ServerConfig>,
}

/// Why a certificate cannot be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum TlsError {
    /// There is no certificate in the text, or one that is none.
    Certificate {
        /// What is wrong with it.
        reason: String,
    },
    /// There is no private key in the text, or one that is none. What it holds is not told.
    Key {
        /// What is wrong with it.
        reason: String,
    },
    /// Certificate and key do not fit each other, or no connection can be made with them.
    Pair {
        /// Why.
        source: rustls::Error,
    },
}

#[derive(Debug)]
struct Current(ArcSwap<CertifiedKey>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

impl Tls {
    /// TLS 1.2 and 1.3 with a chain of certificates, the service's own first, and its private key, both in PEM.
    ///
    /// HTTP/1.1 is the only protocol offered.
    ///
    /// # Errors
    ///
    /// The texts hold no certificate or no key, or these do not belong together.
    pub fn new(certificates: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let pair = pair(&provider, certificates, key)?;
        let current = Arc::new(Current(ArcSwap::from_pointee(pair)));
        let config =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let mut config = config
            .map_err(|source| TlsError::Pair { source })?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&current) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            current,
            config: Arc::new(config),
        })
    }

    /// Connections that begin from now on see these; those that are open stay as they are.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new); then nothing changes.
    pub fn replace(&self, certificates: &[u8], key: &[u8]) -> Result<(), TlsError> {
        let pair = pair(self.config.crypto_provider(), certificates, key)?;
        self.current.0.store(Arc::new(pair));
        Ok(())
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }
}

fn pair(
    provider: &CryptoProvider,
    certificates: &[u8],
    key: &[u8],
) -> Result<CertifiedKey, TlsError> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(certificates)
        .collect::<Result<_, _>>()
        .map_err(|error| TlsError::Certificate {
            reason: error.to_string(),
        })?;
    if chain.is_empty() {
        return Err(TlsError::Certificate {
            reason: "there is none".to_owned(),
        });
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| TlsError::Key {
        reason: match error {
            rustls::pki_types::pem::Error::NoItemsFound => "there is none".to_owned(),
            _ => "it is no PEM".to_owned(),
        },
    })?;
    CertifiedKey::from_der(chain, key, provider).map_err(|source| TlsError::Pair { source })
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate { reason } => write!(
                f,
                "no certificate can be read: {reason}: give a file with `-----BEGIN CERTIFICATE-----`, the service's own first"
            ),
            Self::Key { reason } => write!(
                f,
                "no private key can be read: {reason}: give a file with `-----BEGIN PRIVATE KEY-----`, not encrypted"
            ),
            Self::Pair { source } => write!(
                f,
                "certificate and key cannot be used together: {source}: give the key that the certificate was made for"
            ),
        }
    }
}

impl std::error::Error for TlsError {}
