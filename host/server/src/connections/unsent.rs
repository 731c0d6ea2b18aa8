//! The memory of answers that nobody has read yet.
//!
//! Always true here: what is counted is counted until the last byte is sent or the connection is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Bytes;

use super::connection::Connection;

/// Bytes of a piece of an answer above which it is counted: those below are fewer than what a connection itself takes.
pub(crate) const SMALL: usize = 64 << 10;

/// The bytes of large answers that are not sent. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Unsent {
    bytes: Arc<AtomicUsize>,
    most: usize,
}

impl Unsent {
    pub(super) fn new(most: usize) -> Self {
        Self {
            bytes: Arc::default(),
            most,
        }
    }

    /// How many there are.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Whether there may be `bytes` more once `freed` are gone.
    pub(super) fn has_room(&self, bytes: usize, freed: usize) -> bool {
        let others = self.bytes().saturating_sub(freed);
        bytes <= SMALL || others.saturating_add(bytes) <= self.most
    }

    /// The same `bytes`, counted until they are gone if they are many.
    pub(crate) fn counted(&self, bytes: Bytes, connection: Option<&Arc<Connection>>) -> Bytes {
        if bytes.len() <= SMALL {
            return bytes;
        }
        self.bytes.fetch_add(bytes.len(), Ordering::Relaxed);
        if let Some(connection) = connection {
            connection.add_unsent(bytes.len());
        }
        Bytes::from_owner(Counted {
            bytes,
            all: Arc::clone(&self.bytes),
            connection: connection.cloned(),
        })
    }
}

struct Counted {
    bytes: Bytes,
    all: Arc<AtomicUsize>,
    connection: Option<Arc<Connection>>,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.all.fetch_sub(self.bytes.len(), Ordering::Relaxed);
        if let Some(connection) = &self.connection {
            connection.subtract_unsent(self.bytes.len());
        }
    }
}
