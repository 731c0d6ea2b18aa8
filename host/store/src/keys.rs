//! Signatures of components, in the format of minisign: its own tools make and check them too.
//!
//! Always true here: a signature counts only if a key that the store trusts now made it of exactly these bytes.

use std::io::Cursor;

use minisign::{PublicKey, PublicKeyBox, SecretKeyBox, SignatureBox};

use crate::error::StoreError;
use crate::files;
use crate::store::Store;
use crate::version::check_name;

/// What a public key's file ends in.
const PUBLIC: &str = ".pub";

/// A public key that the store trusts, or trusted once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// What the operator calls it.
    pub label: String,
    /// Its id: 16 hexadecimal digits, as minisign prints it.
    pub id: String,
    /// Its text, as minisign writes it.
    pub text: String,
    /// Whether it was removed: its signatures no longer count.
    pub is_removed: bool,
}

/// A new pair of keys, as minisign writes them; the secret one is not encrypted.
#[derive(Clone)]
pub struct KeyPair {
    /// To be given to stores.
    pub public: String,
    /// To be kept from everybody else.
    pub secret: String,
}

impl KeyPair {
    /// Makes a pair of keys.
    ///
    /// # Errors
    ///
    /// The system gives no random numbers.
    pub fn generate() -> Result<Self, StoreError> {
        let pair =
            minisign::KeyPair::generate_unencrypted_keypair().map_err(|error| unusable(&error))?;
        let public = pair.pk.to_box().map_err(|error| unusable(&error))?;
        let secret = pair.sk.to_box(None).map_err(|error| unusable(&error))?;
        Ok(Self {
            public: public.into_string(),
            secret: secret.into_string(),
        })
    }
}

/// Signs a component with a secret key, which must not be encrypted: the text of the signature's file.
///
/// # Errors
///
/// The text is no secret key, or an encrypted one.
pub fn sign(component: &[u8], secret: &str) -> Result<String, StoreError> {
    let key = SecretKeyBox::from_string(secret)
        .and_then(SecretKeyBox::into_unencrypted_secret_key)
        .map_err(|error| unusable(&error))?;
    let signature = minisign::sign(None, &key, Cursor::new(component), None, None);
    Ok(signature.map_err(|error| unusable(&error))?.into_string())
}

impl Store {
    /// Every key, by label: those that count, then those removed.
    ///
    /// # Errors
    ///
    /// A key's file cannot be read, or holds no key.
    pub fn keys(&self) -> Result<Vec<Key>, StoreError> {
        let mut keys = Vec::new();
        for (folder, is_removed) in [("keys", false), ("keys/removed", true)] {
            let folder = self.folder().join(folder);
            for name in files::names(&folder)? {
                let Some(label) = name.strip_suffix(PUBLIC) else {
                    continue;
                };
                let path = folder.join(&name);
                let damaged = |reason: String| StoreError::Damaged {
                    path: path.clone(),
                    reason,
                };
                let Some(bytes) = files::read_if_there(&path)? else {
                    continue;
                };
                let text = String::from_utf8(bytes).map_err(|error| damaged(error.to_string()))?;
                let key = public(&text).map_err(|error| damaged(error.to_string()))?;
                keys.push(Key {
                    label: label.to_owned(),
                    id: id(key.keynum()),
                    text,
                    is_removed,
                });
            }
        }
        Ok(keys)
    }

    /// Has signatures of the key count, under that label.
    ///
    /// # Errors
    ///
    /// The text is no public key, or the label is taken by another one.
    pub fn trust(&self, label: &str, text: &str) -> Result<Key, StoreError> {
        check_name(label)?;
        let key = public(text)?;
        let _lock = self.lock()?;
        let key = Key {
            label: label.to_owned(),
            id: id(key.keynum()),
            text: text.to_owned(),
            is_removed: false,
        };
        for known in self.keys()? {
            if known.label == label && known.id != key.id {
                return Err(StoreError::Key {
                    reason: format!(
                        "another key is called `{label}`, {}: give this one another label",
                        known.id
                    ),
                });
            }
        }
        let path = self.folder().join("keys").join(format!("{label}{PUBLIC}"));
        files::replace(&path, text.as_bytes())
            .map_err(|source| StoreError::File { path, source })?;
        Ok(key)
    }

    /// Has signatures of a key no longer count.
    ///
    /// # Errors
    ///
    /// No key that counts has that label.
    pub fn distrust(&self, label: &str) -> Result<(), StoreError> {
        check_name(label)?;
        let _lock = self.lock()?;
        let name = format!("{label}{PUBLIC}");
        let path = self.folder().join("keys").join(&name);
        if !path.exists() {
            return Err(StoreError::Key {
                reason: format!(
                    "no trusted key is called `{label}`: see `scopegate policy key list`"
                ),
            });
        }
        let to = self.folder().join("keys/removed").join(&name);
        files::rename(&path, &to).map_err(|source| StoreError::File { path, source })
    }

    /// Checks a component's signature.
    pub(crate) fn check_signature(
        &self,
        component: &[u8],
        signature: Option<&[u8]>,
    ) -> Result<(), StoreError> {
        let wrong = |reason: String| StoreError::WrongSignature { reason };
        let signature = signature.ok_or(StoreError::Unsigned)?;
        let signature = str::from_utf8(signature).map_err(|error| wrong(error.to_string()))?;
        let signature = SignatureBox::from_string(signature)
            .map_err(|error| wrong(format!("it is no signature of minisign: {error}")))?;
        let made_by = id(signature.keynum());
        let keys = self.keys()?;
        let mut of_that_id = keys.into_iter().filter(|key| key.id == made_by);
        let Some(key) = of_that_id.next() else {
            return Err(StoreError::UnknownKey { id: made_by });
        };
        if key.is_removed {
            return Err(StoreError::RemovedKey { label: key.label });
        }
        minisign::verify(
            &public(&key.text)?,
            &signature,
            Cursor::new(component),
            true,
            false,
            false,
        )
        .map_err(|_| {
            wrong(format!(
                "the key `{}` signed other bytes, or the signature was changed",
                key.label
            ))
        })
    }
}

fn public(text: &str) -> Result<PublicKey, StoreError> {
    PublicKeyBox::from_string(text)
        .and_then(PublicKeyBox::into_public_key)
        .map_err(|error| StoreError::Key {
            reason: format!("this is no public key of minisign: {error}"),
        })
}

/// The id of a key, as minisign prints it.
fn id(number: &[u8]) -> String {
    use std::fmt::Write as _;
    number.iter().rev().fold(String::new(), |mut id, byte| {
        write!(id, "{byte:02X}").expect("writing to a string does not fail");
        id
    })
}

fn unusable(error: &minisign::PError) -> StoreError {
    StoreError::Key {
        reason: format!("this is no secret key of minisign without a password: {error}"),
    }
}
