//! Writes lines to files, and begins a new one when it is time.
//!
//! Always true here: the chain goes on only behind what was written whole; what was written in part is cut off before anything else is written.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::chain::{Chain, Kind};
use crate::entry;
use crate::folder;
use crate::recover::Found;

/// A file that can be cut.
pub(crate) trait Sink: Write + Send {
    /// Waits until what was written is on the disk.
    fn sync(&mut self) -> io::Result<()>;

    /// Cuts off what stands behind `length`.
    fn cut(&mut self, length: u64) -> io::Result<()>;
}

impl Sink for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }
}

/// Opens a file, which is made if it is new.
type Open = dyn FnMut(&Path, bool) -> io::Result<Box<dyn Sink>> + Send;

/// What the store needs of the world; tests give another.
pub(crate) struct World {
    /// Opens a file to append to; the file is made if it is new.
    pub(crate) open: Box<Open>,
    pub(crate) clock: Box<dyn Fn() -> SystemTime + Send>,
}

impl World {
    pub(crate) fn real() -> Self {
        Self {
            open: Box::new(|path, is_new| {
                let file = OpenOptions::new()
                    .append(true)
                    .create_new(is_new)
                    .open(path)?;
                Ok(Box::new(file))
            }),
            clock: Box::new(SystemTime::now),
        }
    }
}

/// When a new file begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rotation {
    pub(crate) bytes: u64,
    pub(crate) age: Duration,
}

struct Current {
    sink: Box<dyn Sink>,
    path: PathBuf,
    started: SystemTime,
    /// The bytes that were written whole.
    length: u64,
    /// Whether more may stand behind them.
    is_dirty: bool,
}

pub(crate) struct Store {
    folder: PathBuf,
    world: World,
    rotation: Rotation,
    is_synced: bool,
    chain: Chain,
    number: u64,
    current: Option<Current>,
    out: Vec<u8>,
}

/// A line to be written: what it is, and what stands between its number and the hash of the line before.
pub(crate) type Unsealed = (Kind, Vec<u8>);

impl Store {
    /// Goes on with the log that was `found`.
    pub(crate) fn new(
        folder: PathBuf,
        mut world: World,
        rotation: Rotation,
        is_synced: bool,
        found: Found,
    ) -> io::Result<Self> {
        let current = match found.open {
            None => None,
            Some((file, length)) => Some(Current {
                sink: (world.open)(&file.path, false)?,
                path: file.path,
                started: file.started,
                length,
                is_dirty: false,
            }),
        };
        let mut store = Self {
            folder,
            world,
            rotation,
            is_synced,
            chain: found.chain,
            number: found.number,
            current,
            out: Vec::new(),
        };
        let now = (store.world.clock)();
        let torn: Vec<_> = found
            .torn
            .iter()
            .map(|(kept, bytes)| {
                let kept = serde_json::Value::from(kept.as_str());
                let time = entry::time(now);
                let body = format!(r#""time":"{time}","kept":{kept},"bytes":{bytes}"#);
                (Kind::Torn, body.into_bytes())
            })
            .collect();
        if !torn.is_empty() {
            store.write(&torn)?;
        }
        Ok(store)
    }

    pub(crate) fn chain(&self) -> Chain {
        self.chain
    }

    /// The file that is written to, or else the folder.
    pub(crate) fn path(&self) -> &Path {
        self.current
            .as_ref()
            .map_or(&self.folder, |current| &current.path)
    }

    pub(crate) fn now(&self) -> SystemTime {
        (self.world.clock)()
    }

    /// Writes all `lines`, or none. Gives the file that is finished, if this began a new one.
    pub(crate) fn write(&mut self, lines: &[Unsealed]) -> io::Result<Option<PathBuf>> {
        let finished = self.rotate()?;
        let Some(current) = &mut self.current else {
            return Err(io::ErrorKind::NotFound.into());
        };
        if current.is_dirty {
            current.sink.cut(current.length)?;
            current.is_dirty = false;
        }
        let mut chain = self.chain;
        self.out.clear();
        if current.length == 0 {
            let time = entry::time(current.started);
            let number = self.number;
            let body = format!(r#""time":"{time}","number":{number}"#);
            chain.seal(Kind::File, body.as_bytes(), &mut self.out);
        }
        for (kind, body) in lines {
            chain.seal(*kind, body, &mut self.out);
        }
        current.is_dirty = true;
        let mut written = current
            .sink
            .write_all(&self.out)
            .and_then(|()| current.sink.flush());
        if self.is_synced {
            written = written.and_then(|()| current.sink.sync());
        }
        if let Err(error) = written {
            // If it cannot be cut now, it is before the next line.
            if current.sink.cut(current.length).is_ok() {
                current.is_dirty = false;
            }
            return Err(error);
        }
        current.is_dirty = false;
        current.length += self.out.len() as u64;
        self.chain = chain;
        if self.out.capacity() > 16 << 20 {
            self.out = Vec::new();
        }
        Ok(finished)
    }

    /// Waits until everything is on the disk.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.current
            .as_mut()
            .map_or(Ok(()), |current| current.sink.sync())
    }

    /// Begins a file if there is none, or it is time. Gives the one that is finished.
    fn rotate(&mut self) -> io::Result<Option<PathBuf>> {
        let now = self.now();
        if let Some(current) = &mut self.current {
            let age = now.duration_since(current.started).unwrap_or_default();
            let is_due = current.length >= self.rotation.bytes || age >= self.rotation.age;
            if current.length == 0 || !is_due {
                return Ok(None);
            }
            if current.is_dirty {
                current.sink.cut(current.length)?;
                current.is_dirty = false;
            }
            current.sink.sync()?;
        }
        let path = self.folder.join(folder::name(self.number + 1, now));
        let sink = (self.world.open)(&path, true)?;
        if self.is_synced {
            // The file's name has to be on the disk too; where folders cannot be opened, there is nothing to wait for.
            if let Ok(folder) = File::open(&self.folder) {
                let _ = folder.sync_all();
            }
        }
        self.number += 1;
        let before = self.current.replace(Current {
            sink,
            path,
            started: now,
            length: 0,
            is_dirty: false,
        });
        Ok(before.map(|before| before.path))
    }
}
