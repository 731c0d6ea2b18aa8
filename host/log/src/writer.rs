//! The thread that writes.
//!
//! Always true here: a caller who waits hears of its own line only after that line was written, or could not be.

use std::path::PathBuf;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, SyncSender, channel};
use std::sync::{Arc, PoisonError};
use std::thread;

use crate::chain::Kind;
use crate::entry;
use crate::error::AppendError;
use crate::folder;
use crate::log::{Position, Shared};
use crate::store::{Store, Unsealed};
use crate::tidy::Tidy;

/// The most lines that are written at once.
const LINES: usize = 1024;

/// The bytes of lines above which no further one is written at once.
const BYTES: usize = 4 << 20;

/// A decision on its way to the disk.
pub(crate) struct Message {
    pub(crate) kind: Kind,
    pub(crate) body: Vec<u8>,
    /// Who waits for it.
    pub(crate) done: Option<SyncSender<Result<(), AppendError>>>,
}

/// Writes what comes until nobody is left to send.
pub(crate) fn run(mut store: Store, inbox: &Receiver<Message>, shared: &Arc<Shared>, tidy: Tidy) {
    let (finished, to_tidy) = channel::<u64>();
    let tidied = Arc::clone(shared);
    let tidier = thread::Builder::new()
        .name("scopegate-log-tidy".to_owned())
        .spawn(move || {
            for open in to_tidy {
                if let Err(error) = tidy.run(open) {
                    tidied.fail(&format!("finished files cannot be tidied up: {error}"));
                }
            }
        });
    let tell = |file: Option<PathBuf>| {
        if let Some(file) = file.as_deref().and_then(folder::parse) {
            // Without its thread files stay as they are.
            let _ = finished.send(file.number + 1);
        }
    };
    while let Ok(first) = inbox.recv() {
        let mut bytes = first.body.len();
        let mut batch = vec![first];
        while batch.len() < LINES
            && bytes < BYTES
            && let Ok(next) = inbox.try_recv()
        {
            bytes += next.body.len();
            batch.push(next);
        }
        tell(write(&mut store, batch, shared));
        shared.queued_bytes.fetch_sub(bytes, Relaxed);
    }
    tell(write(&mut store, Vec::new(), shared));
    if let Err(error) = store.sync() {
        shared.fail(&error.to_string());
    }
    drop(finished);
    if let Ok(tidier) = tidier {
        // It says by itself what it could not do.
        let _ = tidier.join();
    }
}

/// Writes the batch, behind how many were dropped before it. Gives the file that is finished.
fn write(store: &mut Store, batch: Vec<Message>, shared: &Shared) -> Option<PathBuf> {
    let gap = shared.gap.swap(0, Relaxed);
    let mut lines: Vec<Unsealed> = Vec::with_capacity(batch.len() + 1);
    if gap > 0 {
        let time = entry::time(store.now());
        let body = format!(r#""time":"{time}","dropped":{gap}"#);
        lines.push((Kind::Gap, body.into_bytes()));
    }
    let mut waiting = Vec::with_capacity(batch.len());
    for Message { kind, body, done } in batch {
        lines.push((kind, body));
        waiting.push(done);
    }
    if lines.is_empty() {
        return None;
    }
    match store.write(&lines) {
        Ok(finished) => {
            shared.written.fetch_add(waiting.len() as u64, Relaxed);
            shared.place(position(store));
            for done in waiting.into_iter().flatten() {
                // Whoever does not wait any more does not want to know.
                let _ = done.send(Ok(()));
            }
            finished
        }
        Err(error) => {
            shared.fail(&error.to_string());
            shared.gap.fetch_add(gap, Relaxed);
            let error = AppendError::Io {
                path: store.path().to_owned(),
                source: Arc::new(error),
            };
            for done in waiting {
                match done {
                    Some(done) => drop(done.send(Err(error.clone()))),
                    None => shared.drop_one(),
                }
            }
            None
        }
    }
}

/// Where the log stands.
pub(crate) fn position(store: &Store) -> Position {
    let chain = store.chain();
    Position {
        sequence: chain.next - 1,
        hash: chain.last,
    }
}

impl Shared {
    /// Notes where the chain stands.
    fn place(&self, position: Position) {
        *self.position.lock().unwrap_or_else(PoisonError::into_inner) = position;
    }

    /// Notes what went wrong.
    fn fail(&self, message: &str) {
        self.failures.fetch_add(1, Relaxed);
        *self
            .last_failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(message.to_owned());
    }
}
