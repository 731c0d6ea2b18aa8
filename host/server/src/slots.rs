//! What only so many requests may have at once.
//!
//! Always true here: whoever has one has it until it is dropped.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::connections::{Connection, Connections, Holds};

/// The longest that is waited until a connection that was ended has given back what it held.
const HAND_OVER: Duration = Duration::from_secs(1);

/// So many slots of one kind.
pub(crate) struct Slots {
    free: Arc<Semaphore>,
    most: usize,
    kind: Holds,
}

impl Slots {
    pub(crate) fn new(most: usize, kind: Holds) -> Self {
        let most = most.min(Semaphore::MAX_PERMITS);
        Self {
            free: Arc::new(Semaphore::new(most)),
            most,
            kind,
        }
    }

    /// How many there are in all.
    pub(crate) fn most(&self) -> usize {
        self.most
    }

    /// How many are taken.
    pub(crate) fn taken(&self) -> usize {
        self.most - self.free.available_permits().min(self.most)
    }

    /// A slot for `connection`: a free one, or that of a connection whose peer was waited for too long.
    pub(crate) async fn take(
        &self,
        connections: &Connections,
        connection: Option<&Arc<Connection>>,
    ) -> Option<Slot> {
        let permit = match Arc::clone(&self.free).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) if connections.end_one(self.kind) => {
                let acquired = Arc::clone(&self.free).acquire_owned();
                tokio::time::timeout(HAND_OVER, acquired).await.ok()?.ok()?
            }
            Err(_) => return None,
        };
        if let Some(connection) = connection {
            connection.takes(self.kind);
        }
        Some(Slot {
            _permit: permit,
            connection: connection.cloned(),
            kind: self.kind,
        })
    }
}

/// A slot that is taken.
pub(crate) struct Slot {
    _permit: OwnedSemaphorePermit,
    connection: Option<Arc<Connection>>,
    kind: Holds,
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(connection) = &self.connection {
            connection.gives(self.kind);
        }
    }
}
