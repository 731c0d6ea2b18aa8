//! The folder that a log is written to, and the note of where the log ends.
//!
//! Always true here: after [`Home::hold`] the path leads to a folder that may be written to, and this process holds the lock in it.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::chain::{Chain, FORMAT};
use crate::error::OpenError;
use crate::hash::Hash;
use crate::regular;

const LOCK: &str = "lock";
const HEAD: &str = "head";

/// The bytes of the note: always the same, so that a longer note never leaves its end behind a shorter one.
const HEAD_BYTES: usize = 192;

/// A folder whose lock is held.
pub(crate) struct Home {
    path: PathBuf,
    /// Kept open, so that no other folder gets its identity; none where folders cannot be opened.
    directory: Option<File>,
    /// Keeps other processes out.
    lock: File,
    head: File,
}

impl Home {
    /// Takes the folder, which is there.
    pub(crate) fn take(path: &Path) -> Result<Self, OpenError> {
        let lock_path = path.join(LOCK);
        let cannot = |path: &Path| {
            let path = path.to_owned();
            move |source| OpenError::Io { path, source }
        };
        let lock = open(&lock_path).map_err(cannot(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::InUse {
                    path: path.to_owned(),
                });
            }
            Err(TryLockError::Error(source)) => return Err(cannot(&lock_path)(source)),
        }
        let head_path = path.join(HEAD);
        Ok(Self {
            directory: File::open(path).ok(),
            head: open(&head_path).map_err(cannot(&head_path))?,
            path: path.to_owned(),
            lock,
        })
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes sure that the folder may be written to, and that no other process does. A folder that was put in its place is taken.
    pub(crate) fn hold(&mut self) -> io::Result<()> {
        let there = fs::metadata(&self.path).map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("the folder `{}`: {error}", self.path.display()),
            )
        })?;
        let is_same_folder = match &self.directory {
            Some(directory) => is_same(&directory.metadata()?, &there),
            None => true,
        };
        if !is_same_folder || !is_at(&self.lock, &self.path.join(LOCK))? {
            *self = Self::take(&self.path).map_err(|error| match error {
                OpenError::Io { path, source } => io::Error::new(
                    source.kind(),
                    format!("`{}` cannot be opened: {source}", path.display()),
                ),
                other => io::Error::other(other.to_string()),
            })?;
        }
        let head = self.path.join(HEAD);
        if !is_at(&self.head, &head)? {
            self.head = open(&head).map_err(|error| {
                let path = head.display();
                io::Error::new(error.kind(), format!("`{path}` cannot be opened: {error}"))
            })?;
        }
        writable(&self.path).map_err(|error| {
            let path = self.path.display();
            io::Error::new(
                error.kind(),
                format!("the folder `{path}` may not be written to: {error}"),
            )
        })
    }

    /// Waits until the names in the folder are on the disk. Where folders cannot be opened there is nothing to wait for.
    pub(crate) fn sync(&self) {
        if let Some(directory) = &self.directory {
            // Some file systems refuse it; the files themselves are waited for all the same.
            let _ = directory.sync_all();
        }
    }

    /// Notes where the log ends. It is not waited for: after a crash the note may name a line before the last, never one behind it.
    pub(crate) fn note(&mut self, chain: Chain) -> io::Result<()> {
        let (sequence, hash) = (chain.next - 1, chain.last);
        let note = format!(r#"{{"format":{FORMAT},"sequence":{sequence},"hash":"{hash}"}}"#);
        let width = HEAD_BYTES - 1;
        self.head.seek(SeekFrom::Start(0))?;
        self.head.write_all(format!("{note:<width$}\n").as_bytes())
    }
}

/// Where a log ended when it was written to last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    /// The number of the last line; 0 if there was none.
    pub(crate) sequence: u64,
    /// Its hash.
    pub(crate) hash: Hash,
}

#[derive(Deserialize)]
struct HeadText {
    format: u32,
    sequence: u64,
    hash: Hash,
}

impl Head {
    /// Reads the note in `folder`, if there is one.
    pub(crate) fn read(folder: &Path) -> io::Result<Option<Self>> {
        let mut text = Vec::new();
        match regular::read(&Self::path(folder)) {
            Ok(file) => file.take(2 * HEAD_BYTES as u64).read_to_end(&mut text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        if text.is_empty() {
            return Ok(None);
        }
        match serde_json::from_slice::<HeadText>(&text) {
            Ok(head) if head.format == FORMAT => Ok(Some(Self {
                sequence: head.sequence,
                hash: head.hash,
            })),
            _ => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "it does not say where the log ends, as the log's own note does",
            )),
        }
    }

    /// Where the note of the log in `folder` stands.
    pub(crate) fn path(folder: &Path) -> PathBuf {
        folder.join(HEAD)
    }

    /// What the next line follows.
    pub(crate) fn chain(self) -> Chain {
        Chain {
            next: self.sequence.saturating_add(1),
            last: self.hash,
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    regular::open(&mut options, path)
}

/// Whether `path` leads to the open `file`.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(there) => Ok(is_same(&file.metadata()?, &there)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether both are of one file or folder. Where the system does not tell, they count as such.
#[cfg(unix)]
pub(crate) fn is_same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
pub(crate) fn is_same(one: &Metadata, other: &Metadata) -> bool {
    one.file_type() == other.file_type()
}

/// Whether files may be made in the folder, or the file at `path` may be read and written.
#[cfg(unix)]
pub(crate) fn writable(path: &Path) -> io::Result<()> {
    use rustix::fs::{Access, access};

    let is_folder = fs::metadata(path)?.is_dir();
    let also = if is_folder {
        Access::EXEC_OK
    } else {
        Access::READ_OK
    };
    Ok(access(path, Access::WRITE_OK | also)?)
}

#[cfg(not(unix))]
pub(crate) fn writable(path: &Path) -> io::Result<()> {
    if fs::metadata(path)?.permissions().readonly() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    Ok(())
}
