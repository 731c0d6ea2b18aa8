//! The file that is written to.
//!
//! Always true here: what stands behind the whole lines of a file is cut off before anything else is written to it.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::home;
use crate::regular;

/// A file that can be cut.
pub(crate) trait Sink: Write + Send {
    /// Waits until what was written is on the disk.
    fn sync(&mut self) -> io::Result<()>;

    /// Cuts off what stands behind `length`.
    fn cut(&mut self, length: u64) -> io::Result<()>;

    /// What the system says of the open file, whatever its path leads to.
    fn metadata(&self) -> io::Result<Metadata>;
}

impl Sink for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }

    fn metadata(&self) -> io::Result<Metadata> {
        Self::metadata(self)
    }
}

/// Opens a file, which is made if it is new.
type Open = dyn FnMut(&Path, bool) -> io::Result<Box<dyn Sink>> + Send;

/// What a log needs of the world; tests give another.
pub(crate) struct World {
    /// Opens a file to append to; the file is made if it is new.
    pub(crate) open: Box<Open>,
    pub(crate) clock: Box<dyn Fn() -> SystemTime + Send>,
}

impl World {
    pub(crate) fn real() -> Self {
        Self {
            open: Box::new(|path, is_new| {
                let mut options = OpenOptions::new();
                let file = regular::open(options.append(true).create_new(is_new), path)?;
                Ok(Box::new(file))
            }),
            clock: Box::new(SystemTime::now),
        }
    }
}

/// The file that is written to.
pub(crate) struct Current {
    pub(crate) sink: Box<dyn Sink>,
    pub(crate) path: PathBuf,
    pub(crate) started: SystemTime,
    /// The bytes that were written whole.
    pub(crate) length: u64,
    /// Whether more may stand behind them.
    is_dirty: bool,
}

impl Current {
    /// A file with `length` bytes of whole lines.
    pub(crate) fn new(
        sink: Box<dyn Sink>,
        path: PathBuf,
        started: SystemTime,
        length: u64,
    ) -> Self {
        Self {
            sink,
            path,
            started,
            length,
            is_dirty: false,
        }
    }

    /// Its name.
    pub(crate) fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// Writes lines behind the whole ones; they count once [`keep`](Self::keep) is called.
    pub(crate) fn write(&mut self, lines: &[u8], is_synced: bool) -> io::Result<()> {
        self.clean()?;
        self.is_dirty = true;
        let written = self
            .sink
            .write_all(lines)
            .and_then(|()| self.sink.flush())
            .and_then(|()| if is_synced { self.sink.sync() } else { Ok(()) });
        if written.is_err() {
            // If it cannot be cut now, it is before the next line.
            let _ = self.clean();
        }
        written
    }

    /// Counts the `bytes` that were written last as whole lines.
    pub(crate) fn keep(&mut self, bytes: u64) {
        self.length += bytes;
        self.is_dirty = false;
    }

    /// Cuts off what stands behind the whole lines. A file that somebody made shorter is not made longer.
    pub(crate) fn clean(&mut self) -> io::Result<()> {
        if self.is_dirty {
            if self.sink.metadata()?.len() > self.length {
                self.sink.cut(self.length)?;
            }
            self.is_dirty = false;
        }
        Ok(())
    }

    /// What is wrong with the file at the path if it is not this one with `length` bytes.
    pub(crate) fn loss(&self, length: u64) -> io::Result<Option<String>> {
        let said = |text: &str| Ok(Some(text.to_owned()));
        let there = match fs::symlink_metadata(&self.path) {
            Ok(there) => there,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return said("it is not there any more");
            }
            Err(error) => return Err(error),
        };
        if !there.is_file() {
            return said("what stands in its place is no file");
        }
        if !home::is_same(&self.sink.metadata()?, &there) {
            return said("another file stands in its place");
        }
        if there.len() != length {
            let (found, written) = (there.len(), length);
            return said(&format!(
                "it has {found} bytes, and {written} were written to it"
            ));
        }
        Ok(None)
    }

    /// What is wrong if the file at the path may no longer be read and written.
    pub(crate) fn denial(&self) -> Option<String> {
        let error = home::writable(&self.path).err()?;
        Some(format!("it may not be read and written any more: {error}"))
    }
}
