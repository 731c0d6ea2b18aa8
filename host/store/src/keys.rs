//! Signatures of components, in the format of minisign: its own tools make and check them too.
//!
//! Always true here: a signature counts only if a key that the store trusts now made it of exactly these bytes. A key is known by its id,
//! whatever it is called and however often it is there.

use std::io::Cursor;
use std::path::PathBuf;

use minisign::{PublicKey, PublicKeyBox, SecretKeyBox, SignatureBox};
use scopegate::Excerpt;

use crate::error::StoreError;
use crate::files;
use crate::store::Store;
use crate::version::check_name;

/// The folder of keys that count, and that of those removed.
pub(crate) const KEYS: &str = "keys";
pub(crate) const REMOVED: &str = "keys/removed";

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

/// A key whose signatures count now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trusted {
    /// The key.
    pub key: Key,
    /// Whether it had been removed before.
    pub was_removed: bool,
    /// What else it is called.
    pub other_labels: Vec<String>,
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
        for (folder, is_removed) in [(KEYS, false), (REMOVED, true)] {
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

    /// Has signatures of the key count, under that label; if it was removed before, it counts again.
    ///
    /// # Errors
    ///
    /// The text is no public key, or another one has the label or the id.
    pub fn trust(&self, label: &str, text: &str) -> Result<Trusted, StoreError> {
        check_name(label)?;
        let public_key = public(text)?;
        let _lock = self.lock()?;
        let key = Key {
            label: label.to_owned(),
            id: id(public_key.keynum()),
            text: text.to_owned(),
            is_removed: false,
        };
        let refused = |reason| Err(StoreError::Key { reason });
        let known = self.keys()?;
        for other in &known {
            if other.label == label && other.id != key.id {
                return refused(format!(
                    "another key is called `{label}`, {}: give this one another label",
                    other.id
                ));
            }
            if (other.id == key.id) != (public(&other.text)? == public_key) {
                return refused(format!(
                    "it has the id {}, and `{}` is the same key with another id, or another key with that id, {}: make a new pair of keys",
                    key.id, other.label, other.id
                ));
            }
        }
        let path = self.key_file(&key);
        files::replace(&path, text.as_bytes())
            .map_err(|source| StoreError::File { path, source })?;
        let (removed, others): (Vec<_>, Vec<_>) = known
            .into_iter()
            .filter(|other| other.id == key.id)
            .partition(|other| other.is_removed);
        for removed in &removed {
            let path = self.key_file(removed);
            files::remove(&path).map_err(|source| StoreError::File { path, source })?;
        }
        let others = others.into_iter().filter(|other| other.label != label);
        Ok(Trusted {
            other_labels: others.map(|other| other.label).collect(),
            was_removed: !removed.is_empty(),
            key,
        })
    }

    /// Has signatures of a key no longer count, whatever else it is called; it is named by a label or its id. Gives it as it was trusted,
    /// once for each of its labels.
    ///
    /// # Errors
    ///
    /// No key that counts has that label or id.
    pub fn distrust(&self, label_or_id: &str) -> Result<Vec<Key>, StoreError> {
        let _lock = self.lock()?;
        let keys = self.trusted_as(label_or_id)?;
        for key in &keys {
            let removed = Key {
                is_removed: true,
                ..key.clone()
            };
            let (path, to) = (self.key_file(key), self.key_file(&removed));
            files::rename(&path, &to).map_err(|source| StoreError::File { path, source })?;
        }
        Ok(keys)
    }

    /// The key that counts and has that label or id, once for each of its labels.
    pub(crate) fn trusted_as(&self, label_or_id: &str) -> Result<Vec<Key>, StoreError> {
        let mut keys = self.keys()?;
        keys.retain(|key| !key.is_removed);
        let labelled = keys.iter().find(|key| key.label == label_or_id);
        let named = labelled.or_else(|| {
            keys.iter()
                .find(|key| key.id.eq_ignore_ascii_case(label_or_id))
        });
        let Some(named) = named.cloned() else {
            return Err(StoreError::Key {
                reason: format!(
                    "no trusted key is called `{}` or has that id: see `scopegate policy key list`",
                    Excerpt(label_or_id)
                ),
            });
        };
        // A file may give the same key another id.
        let public_key = public(&named.text)?;
        keys.retain(|key| {
            key.id == named.id || public(&key.text).is_ok_and(|key| key == public_key)
        });
        Ok(keys)
    }

    fn key_file(&self, key: &Key) -> PathBuf {
        let folder = if key.is_removed { REMOVED } else { KEYS };
        self.folder()
            .join(folder)
            .join(format!("{}{PUBLIC}", key.label))
    }

    /// Checks a component's signature.
    pub(crate) fn check_signature(
        &self,
        component: &[u8],
        signature: Option<&[u8]>,
    ) -> Result<(), StoreError> {
        check_signature(&self.keys()?, component, signature)
    }
}

/// Checks a component's signature, where these are the keys.
pub(crate) fn check_signature(
    keys: &[Key],
    component: &[u8],
    signature: Option<&[u8]>,
) -> Result<(), StoreError> {
    let wrong = |reason: String| StoreError::WrongSignature { reason };
    let signature = signature.ok_or(StoreError::Unsigned)?;
    let signature = str::from_utf8(signature).map_err(|error| wrong(error.to_string()))?;
    let signature = SignatureBox::from_string(signature)
        .map_err(|error| wrong(format!("it is no signature of minisign: {error}")))?;
    let made_by = id(signature.keynum());
    let mut of_that_id = keys.iter().filter(|key| key.id == made_by);
    let counts = of_that_id.clone().find(|key| !key.is_removed);
    let key = match (counts, of_that_id.next()) {
        (Some(key), _) => key,
        (None, Some(removed)) => {
            let label = removed.label.clone();
            return Err(StoreError::RemovedKey { label });
        }
        (None, None) => return Err(StoreError::UnknownKey { id: made_by }),
    };
    if !signature.is_prehashed() {
        return Err(StoreError::LegacySignature);
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
