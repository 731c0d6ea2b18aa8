//! Writes lines to files, and begins a new one when it is time, or when the last one is gone.
//!
//! Always true here: the chain goes on only behind what was written whole, to a file that its path leads to.

use std::io;
use std::mem;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use crate::chain::{Chain, Kind};
use crate::current::{Current, World};
use crate::entry;
use crate::folder;
use crate::home::Home;
use crate::recover::Found;
use crate::tidy::{Keeping, Tidying};

/// How often the folder is looked at; the file that is written to is looked at before each batch.
const HOLD: Duration = Duration::from_millis(250);

/// When a new file begins, and how many are kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rotation {
    pub(crate) bytes: u64,
    pub(crate) age: Duration,
    pub(crate) keeping: Keeping,
}

pub(crate) struct Store {
    home: Home,
    /// When the folder was found as it should be; none if it was not at the last look.
    held_at: Option<Instant>,
    world: World,
    rotation: Rotation,
    is_synced: bool,
    chain: Chain,
    number: u64,
    current: Option<Current>,
    /// What the log says of itself in front of the next lines.
    pending: Vec<Unsealed>,
    /// What finished files are to be done with, once what is pending is written.
    tidying: Option<Tidying>,
    /// What the operator should know of and has not been told.
    notices: Vec<String>,
    out: Vec<u8>,
}

/// A line to be written: what it is, and what stands between its number and the hash of the line before.
pub(crate) type Unsealed = (Kind, Vec<u8>);

impl Store {
    /// Goes on with the log that was `found`.
    pub(crate) fn new(
        home: Home,
        mut world: World,
        rotation: Rotation,
        is_synced: bool,
        found: Found,
    ) -> io::Result<Self> {
        let current = match found.open {
            None => None,
            Some((file, length)) => Some(Current::new(
                (world.open)(&file.path, false)?,
                file.path,
                file.started,
                length,
            )),
        };
        let mut store = Self {
            home,
            held_at: None,
            world,
            rotation,
            is_synced,
            chain: found.chain,
            number: found.number,
            current,
            pending: Vec::new(),
            tidying: None,
            notices: Vec::new(),
            out: Vec::new(),
        };
        for (kept, bytes) in &found.torn {
            let kept = serde_json::Value::from(kept.as_str());
            store.say(Kind::Torn, &format!(r#""kept":{kept},"bytes":{bytes}"#));
        }
        if let Some((file, reason)) = &found.lost {
            store.lose(file, reason);
        }
        if store.current.is_some() {
            store.retire();
        }
        store.write(&[])?;
        store.home.note(store.chain)?;
        Ok(store)
    }

    pub(crate) fn chain(&self) -> Chain {
        self.chain
    }

    /// The file that is written to, or else the folder.
    pub(crate) fn path(&self) -> &Path {
        self.current
            .as_ref()
            .map_or(self.home.path(), |current| &current.path)
    }

    pub(crate) fn now(&self) -> SystemTime {
        (self.world.clock)()
    }

    /// What is to be done with finished files now.
    pub(crate) fn take_tidying(&mut self) -> Option<Tidying> {
        // Nothing is removed before the log says so.
        self.tidying.take_if(|_| self.pending.is_empty())
    }

    /// What the operator should know of, since this was asked last.
    pub(crate) fn take_notices(&mut self) -> Vec<String> {
        mem::take(&mut self.notices)
    }

    /// Looks whether what was written is where it was written. If it is not, the next line begins a file that says so.
    pub(crate) fn settle(&mut self) -> io::Result<()> {
        if let Some(current) = &mut self.current {
            current.clean()?;
            let is_held = self.held_at.is_some_and(|at| at.elapsed() < HOLD);
            if is_held && matches!(current.loss(current.length), Ok(None)) {
                return Ok(());
            }
        }
        self.held_at = None;
        self.home.hold()?;
        self.held_at = Some(Instant::now());
        let Some(current) = &self.current else {
            return Ok(());
        };
        let loss = match current.loss(current.length)? {
            None => current.denial(),
            loss => loss,
        };
        if let Some(reason) = loss {
            let name = current.name();
            self.current = None;
            self.lose(&name, &reason);
        }
        Ok(())
    }

    /// Whether the log has something to say of itself.
    pub(crate) fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Writes what the log has to say of itself and all `lines`, or nothing.
    pub(crate) fn write(&mut self, lines: &[Unsealed]) -> io::Result<()> {
        // Once more if the file goes while it is written to.
        for _ in 0..2 {
            self.settle()?;
            if lines.is_empty() && self.pending.is_empty() {
                return Ok(());
            }
            self.rotate()?;
            if self.put(lines)? {
                return Ok(());
            }
        }
        Err(io::Error::other("what is written is gone at once"))
    }

    /// Writes the lines to the file that is open; whether they are where its path leads.
    fn put(&mut self, lines: &[Unsealed]) -> io::Result<bool> {
        let Some(current) = &mut self.current else {
            return Err(io::ErrorKind::NotFound.into());
        };
        let mut chain = self.chain;
        self.out.clear();
        if current.length == 0 {
            let time = entry::time(current.started);
            let number = self.number;
            let body = format!(r#""time":"{time}","number":{number}"#);
            chain.seal(Kind::File, body.as_bytes(), &mut self.out);
        }
        for (kind, body) in self.pending.iter().chain(lines) {
            chain.seal(*kind, body, &mut self.out);
        }
        current.write(&self.out, self.is_synced)?;
        let bytes = self.out.len() as u64;
        if current.loss(current.length + bytes)?.is_some() {
            // Nobody was told that these lines are written: they go, and are written elsewhere.
            let _ = current.clean();
            return Ok(false);
        }
        current.keep(bytes);
        self.chain = chain;
        self.pending.clear();
        // A note that cannot be written names a line before the last, and that is true still.
        let _ = self.home.note(chain);
        if self.out.capacity() > 16 << 20 {
            self.out = Vec::new();
        }
        Ok(true)
    }

    /// Waits until everything is on the disk.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.current
            .as_mut()
            .map_or(Ok(()), |current| current.sink.sync())
    }

    /// Begins a file if there is none, or it is time.
    fn rotate(&mut self) -> io::Result<()> {
        let now = self.now();
        if let Some(current) = &mut self.current {
            let age = now.duration_since(current.started).unwrap_or_default();
            let is_due = current.length >= self.rotation.bytes || age >= self.rotation.age;
            if current.length == 0 || !is_due {
                return Ok(());
            }
            current.sink.sync()?;
        }
        // Somebody may have given a file a higher number.
        let files = folder::list(self.home.path())?;
        let last = files.last().map_or(0, |file| file.number).max(self.number);
        let number = last
            .checked_add(1)
            .ok_or_else(|| io::Error::other("no file can have a higher number than the last"))?;
        let path = self.home.path().join(folder::name(number, now));
        let sink = (self.world.open)(&path, true)?;
        if self.is_synced {
            self.home.sync();
        }
        self.number = number;
        self.current = Some(Current::new(sink, path, now, 0));
        self.retire();
        Ok(())
    }

    /// Has the log say which finished files are removed, if more are there than are kept.
    fn retire(&mut self) {
        let keeping = self.rotation.keeping;
        let (tidying, removed) = keeping.tidying(self.home.path(), self.number, self.chain);
        match removed {
            Ok(None) => {}
            Ok(Some(end)) => {
                let (through, last) = (end.next - 1, end.last);
                self.pending.retain(|(kind, _)| *kind != Kind::Removed);
                self.say(
                    Kind::Removed,
                    &format!(r#""through":{through},"last":"{last}""#),
                );
            }
            Err(error) => self
                .notices
                .push(format!("finished files are not removed: {error}")),
        }
        self.tidying = Some(tidying);
    }

    /// Has the log say that lines are not where they were written.
    fn lose(&mut self, file: &str, reason: &str) {
        let what = match file {
            "" => "the log's last file".to_owned(),
            file => format!("the file `{file}`"),
        };
        self.notices.push(format!(
            "{what} was altered by somebody else: {reason}; a new file goes on behind record {}: put the old one back",
            self.chain.next - 1
        ));
        let (file, reason) = (
            serde_json::Value::from(file),
            serde_json::Value::from(reason),
        );
        self.say(Kind::Lost, &format!(r#""file":{file},"reason":{reason}"#));
    }

    fn say(&mut self, kind: Kind, body: &str) {
        let time = entry::time(self.now());
        let line = format!(r#""time":"{time}",{body}"#);
        self.pending.push((kind, line.into_bytes()));
    }
}
