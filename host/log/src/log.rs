//! A log to write to.
//!
//! Always true here: each decision that is handed in is written, refused with an error, or counted as dropped.

use std::fmt;
use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::current::World;
use crate::entry::Entry;
use crate::error::{AppendError, OpenError};
use crate::home::Home;
use crate::mask::Masks;
use crate::recover::recover;
use crate::shared::{Counters, Position, Shared};
use crate::store::{Rotation, Store};
use crate::tidy::Keeping;
use crate::writer::{self, Message};

/// What happens when the disk is full or slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WhenStuck {
    /// No decision without a record: who appends waits until it is written, and gets an error if it cannot be.
    #[default]
    Block,
    /// Nobody waits: what does not fit in the queue, or cannot be written, is counted, and the log says how many are missing.
    Drop,
}

/// How a log is written.
#[derive(Debug, Clone)]
pub struct Config {
    /// The folder, which holds one log and is made if it is not there.
    pub folder: PathBuf,
    /// The facts that are not logged. Default: none.
    pub masks: Masks,
    /// What happens when the disk is full or slow. Default: [`WhenStuck::Block`].
    pub when_stuck: WhenStuck,
    /// Whether a decision counts as written only when it is on the disk, not just handed to the system. Default: yes.
    pub sync: bool,
    /// How many decisions wait to be written at most. Default: 4,096.
    pub queue: NonZeroUsize,
    /// How many bytes they may have with [`WhenStuck::Drop`]. Default: 256 MiB.
    pub queue_bytes: usize,
    /// The bytes after which a new file begins. Default: 64 MiB.
    pub max_bytes: u64,
    /// The age at which a new file begins, with the next decision. Default: a day.
    pub max_age: Duration,
    /// Whether finished files are compressed with gzip. Default: no.
    pub compress: bool,
    /// How many files are kept, the one that is written to included. Default: all.
    pub keep: Option<NonZeroUsize>,
}

impl Config {
    /// The defaults, for a log in `folder`.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            masks: Masks::default(),
            when_stuck: WhenStuck::default(),
            sync: true,
            queue: NonZeroUsize::MIN.saturating_add(4095),
            queue_bytes: 256 << 20,
            max_bytes: 64 << 20,
            max_age: Duration::from_hours(24),
            compress: false,
            keep: None,
        }
    }
}

/// What became of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It is written.
    Written,
    /// It will be written, or be counted as dropped.
    Queued,
    /// It was dropped.
    Dropped,
}

/// A log to write to, from as many threads as you like. When it goes, what is queued is written first.
pub struct Log {
    masks: Masks,
    when_stuck: WhenStuck,
    queue_bytes: usize,
    outbox: Option<SyncSender<Message>>,
    writer: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
}

impl Log {
    /// Opens the log in the folder, and goes on behind its last whole line. What stands behind that is set aside in a file beside it, and a
    /// record says so.
    ///
    /// # Errors
    ///
    /// The folder cannot be used, another process writes to it, or a setting makes no sense.
    pub fn open(config: Config) -> Result<Self, OpenError> {
        Self::open_in(config, World::real())
    }

    pub(crate) fn open_in(config: Config, world: World) -> Result<Self, OpenError> {
        if config.max_bytes == 0 || config.max_age.is_zero() {
            return Err(OpenError::Config {
                reason: "a file of the log may have no bytes or no age: give each at least 1",
            });
        }
        let Config { folder, .. } = config;
        let cannot = |path: PathBuf| move |source| OpenError::Io { path, source };
        fs::create_dir_all(&folder).map_err(cannot(folder.clone()))?;
        let home = Home::take(&folder)?;
        let found = recover(&folder).map_err(|(path, source)| OpenError::Io { path, source })?;
        let rotation = Rotation {
            bytes: config.max_bytes,
            age: config.max_age,
            keeping: Keeping {
                is_compressed: config.compress,
                keep: config.keep,
            },
        };
        let store = Store::new(home, world, rotation, config.sync, found)
            .map_err(cannot(folder.clone()))?;
        let shared = Arc::new(Shared::new(writer::position(&store)));
        let (outbox, inbox) = sync_channel(config.queue.get());
        let writer = thread::Builder::new()
            .name("scopegate-log".to_owned())
            .spawn({
                let shared = Arc::clone(&shared);
                move || writer::run(store, &inbox, &shared)
            })
            .map_err(cannot(folder))?;
        Ok(Self {
            masks: config.masks,
            when_stuck: config.when_stuck,
            queue_bytes: config.queue_bytes,
            outbox: Some(outbox),
            writer: Some(writer),
            shared,
        })
    }

    /// Appends a decision.
    ///
    /// # Errors
    ///
    /// It is not in the log. With [`WhenStuck::Drop`] this happens only to what can have no line, not for want of room; it is
    /// counted as dropped.
    pub fn append(&self, entry: &Entry<'_>) -> Result<Appended, AppendError> {
        self.hand_over(entry)?.appended()
    }

    /// Appends decisions, and waits for the disk once for all of them. Says of each, in order, what [`append`](Self::append) would.
    pub fn append_all(&self, entries: &[Entry<'_>]) -> Vec<Result<Appended, AppendError>> {
        let handed: Vec<_> = entries.iter().map(|entry| self.hand_over(entry)).collect();
        let appended = handed.into_iter().map(|handed| handed?.appended());
        appended.collect()
    }

    /// Hands a decision to the thread that writes.
    fn hand_over(&self, entry: &Entry<'_>) -> Result<Handed, AppendError> {
        let body = entry.body(&self.masks).inspect_err(|_| {
            if self.when_stuck == WhenStuck::Drop {
                self.shared.drop_one();
            }
        })?;
        let outbox = self.outbox.as_ref().ok_or(AppendError::Closed)?;
        let (kind, bytes) = (entry.kind(), body.len());
        let queued = self.shared.queued_bytes.fetch_add(bytes, Relaxed);
        match self.when_stuck {
            WhenStuck::Block => {
                let (done, is_done) = sync_channel(1);
                let done = Some(done);
                outbox
                    .send(Message { kind, body, done })
                    .map_err(|_| AppendError::Closed)?;
                Ok(Handed::Waiting(is_done))
            }
            WhenStuck::Drop => {
                let message = Message {
                    kind,
                    body,
                    done: None,
                };
                let is_room = queued == 0 || queued.saturating_add(bytes) <= self.queue_bytes;
                let sent = if is_room {
                    outbox.try_send(message)
                } else {
                    Err(TrySendError::Full(message))
                };
                if sent.is_ok() {
                    return Ok(Handed::Done(Appended::Queued));
                }
                self.shared.queued_bytes.fetch_sub(bytes, Relaxed);
                self.shared.drop_one();
                Ok(Handed::Done(Appended::Dropped))
            }
        }
    }

    /// What it has done since it was opened.
    pub fn counters(&self) -> Counters {
        self.shared.counters()
    }

    /// Where it stands.
    pub fn position(&self) -> Position {
        self.shared.position()
    }

    /// What could not be written or tidied up last, if anything.
    pub fn last_failure(&self) -> Option<String> {
        self.shared.last_failure()
    }

    /// Why nothing can be written now, if that is so. It is found out anew twice a second, be there decisions or not.
    pub fn trouble(&self) -> Option<String> {
        if self.writer.as_ref().is_none_or(JoinHandle::is_finished) {
            return Some(
                "the thread that writes the log has ended: restart the service".to_owned(),
            );
        }
        self.shared.paused().map(|paused| paused.reason)
    }

    /// Whether no decision may be acted on while there is [`trouble`](Self::trouble).
    pub fn blocks(&self) -> bool {
        self.when_stuck == WhenStuck::Block
    }

    /// What the operator should know of, since this was asked last: such as lines that are no longer where they were written.
    pub fn notices(&self) -> Vec<String> {
        self.shared.take_notices()
    }

    /// Writes what is queued, and says what was done and where the log ends.
    pub fn close(mut self) -> (Counters, Position) {
        self.end();
        (self.counters(), self.position())
    }

    fn end(&mut self) {
        self.outbox = None;
        if let Some(writer) = self.writer.take() {
            // It has nobody left to tell.
            let _ = writer.join();
        }
    }
}

/// A decision that was handed over.
enum Handed {
    Done(Appended),
    /// Tells when it is written, or could not be.
    Waiting(Receiver<Result<(), AppendError>>),
}

impl Handed {
    fn appended(self) -> Result<Appended, AppendError> {
        match self {
            Self::Done(appended) => Ok(appended),
            Self::Waiting(is_done) => {
                is_done.recv().map_err(|_| AppendError::Closed)??;
                Ok(Appended::Written)
            }
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log")
            .field("when_stuck", &self.when_stuck)
            .field("position", &self.position())
            .finish_non_exhaustive()
    }
}
