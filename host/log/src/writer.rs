//! The thread that writes.
//!
//! Always true here: a caller who waits hears of its own line only after that line was written, or could not be.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, channel};
use std::thread;
use std::time::Duration;

use crate::chain::Kind;
use crate::entry;
use crate::error::AppendError;
use crate::shared::{Position, Shared};
use crate::store::{Store, Unsealed};
use crate::tidy::Tidying;

/// The most lines that are written at once.
const LINES: usize = 1024;

/// The bytes of lines above which no further one is written at once.
const BYTES: usize = 4 << 20;

/// How often what was written is looked at while nothing is written.
const LOOK: Duration = Duration::from_millis(500);

/// A decision on its way to the disk.
pub(crate) struct Message {
    pub(crate) kind: Kind,
    pub(crate) body: Vec<u8>,
    /// Who waits for it.
    pub(crate) done: Option<SyncSender<Result<(), AppendError>>>,
}

/// Writes what comes until nobody is left to send. Between, it looks whether what was written is still there.
pub(crate) fn run(mut store: Store, inbox: &Receiver<Message>, shared: &Arc<Shared>) {
    let (finished, to_tidy) = channel::<Tidying>();
    let tidied = Arc::clone(shared);
    let tidier = thread::Builder::new()
        .name("scopegate-log-tidy".to_owned())
        .spawn(move || {
            for tidying in to_tidy {
                if let Err(error) = tidying.run() {
                    tidied.notice(format!("finished files cannot be tidied up: {error}"));
                }
            }
        });
    let mut write = |batch| {
        write(&mut store, batch, shared);
        if let Some(tidying) = store.take_tidying() {
            // Without its thread files stay as they are.
            let _ = finished.send(tidying);
        }
    };
    write(Batch::Look);
    loop {
        let first = match inbox.recv_timeout(LOOK) {
            Ok(first) => first,
            Err(RecvTimeoutError::Timeout) => {
                write(Batch::Look);
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => break,
        };
        let mut bytes = first.body.len();
        let mut batch = vec![first];
        while batch.len() < LINES
            && bytes < BYTES
            && let Ok(next) = inbox.try_recv()
        {
            bytes += next.body.len();
            batch.push(next);
        }
        write(Batch::Lines(batch));
        shared.queued_bytes.fetch_sub(bytes, Relaxed);
    }
    write(Batch::Lines(Vec::new()));
    if let Err(error) = store.sync() {
        shared.fail(&error.to_string());
    }
    drop(finished);
    if let Ok(tidier) = tidier {
        // It says by itself what it could not do.
        let _ = tidier.join();
    }
}

/// What is written at once.
enum Batch {
    Lines(Vec<Message>),
    /// Nothing, unless the log has something to say of itself.
    Look,
}

/// Writes the batch, behind what the log says of itself.
fn write(store: &mut Store, batch: Batch, shared: &Shared) {
    let paused = shared.paused();
    let batch = match batch {
        Batch::Lines(batch) => batch,
        Batch::Look => {
            let settled = store.settle();
            for notice in store.take_notices() {
                shared.notice(notice);
            }
            if let Err(error) = settled {
                shared.pause(store.now(), &error.to_string(), 0);
                return;
            }
            if paused.is_none() && !store.has_pending() {
                return;
            }
            Vec::new()
        }
    };
    let now = store.now();
    let gap = shared.gap.swap(0, Relaxed);
    let mut lines: Vec<Unsealed> = Vec::with_capacity(batch.len() + 2);
    lines.extend(paused.as_ref().map(|paused| paused.line(now)));
    if gap > 0 {
        let time = entry::time(now);
        let body = format!(r#""time":"{time}","dropped":{gap}"#);
        lines.push((Kind::Gap, body.into_bytes()));
    }
    let mut waiting = Vec::with_capacity(batch.len());
    for Message { kind, body, done } in batch {
        lines.push((kind, body));
        waiting.push(done);
    }
    if lines.is_empty() && !store.has_pending() {
        return;
    }
    let written = store.write(&lines);
    for notice in store.take_notices() {
        shared.notice(notice);
    }
    match written {
        Ok(()) => {
            shared.written.fetch_add(waiting.len() as u64, Relaxed);
            shared.place(position(store));
            shared.resume();
            for done in waiting.into_iter().flatten() {
                // Whoever does not wait any more does not want to know.
                let _ = done.send(Ok(()));
            }
        }
        Err(error) => {
            let refused = waiting.iter().flatten().count() as u64;
            shared.pause(now, &error.to_string(), refused);
            if !waiting.is_empty() {
                shared.fail(&error.to_string());
            }
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
