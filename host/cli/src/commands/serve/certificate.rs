//! The certificate's files, read again when they change.
//!
//! Always true here: what cannot be used leaves the certificate before; no key is said in a message.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use scopegate_compiler::digest;
use scopegate_server::Tls;
use scopegate_store::read_regular;

/// A certificate, and where it was read.
pub(super) struct Certificate {
    pub(super) tls: Tls,
    certificates: PathBuf,
    key: PathBuf,
    /// The digest of what was read last, whether it could be used or not.
    seen: Mutex<String>,
}

impl Certificate {
    pub(super) fn read(certificates: &Path, key: &Path) -> anyhow::Result<Self> {
        let files = [read(certificates)?, read(key)?];
        let tls = Tls::new(&files[0], &files[1]).with_context(|| unusable(certificates, key))?;
        Ok(Self {
            tls,
            certificates: certificates.to_owned(),
            key: key.to_owned(),
            seen: Mutex::new(digest_of(&files)),
        })
    }

    /// Looks at the files, and takes what is in them if that has changed.
    pub(super) fn look(&self) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let files = read(&self.certificates).and_then(|first| Ok([first, read(&self.key)?]));
        let now = match &files {
            Ok(files) => digest_of(files),
            Err(error) => format!("{error:#}"),
        };
        if *seen == now {
            return;
        }
        *seen = now;
        let replaced = files.and_then(|[certificates, key]| {
            let replaced = self.tls.replace(&certificates, &key);
            replaced.with_context(|| unusable(&self.certificates, &self.key))
        });
        match replaced {
            Ok(()) => tracing::info!("the certificate was read again"),
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "the certificate before holds");
            }
        }
    }
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    read_regular(file).with_context(|| format!("the file `{}` cannot be read", file.display()))
}

fn digest_of(files: &[Vec<u8>; 2]) -> String {
    files.iter().map(|file| digest(file)).collect()
}

fn unusable(certificates: &Path, key: &Path) -> String {
    let (certificates, key) = (certificates.display(), key.display());
    format!("TLS is not possible with `{certificates}` and `{key}`")
}
