//! Compresses finished files, and removes the oldest.
//!
//! Always true here: a file is removed only when its compressed form is on the disk, or when the log itself says that it is removed.

use std::fs::{self, File};
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::chain::Chain;
use crate::folder::{self, LogFile};
use crate::record::Record;
use crate::regular;
use crate::source::Source;

/// What becomes of finished files.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keeping {
    pub(crate) is_compressed: bool,
    /// How many are kept, the one that is written to included.
    pub(crate) keep: Option<NonZeroUsize>,
}

/// What is to be done with the finished files of a log.
#[derive(Debug)]
pub(crate) struct Tidying {
    folder: PathBuf,
    /// The number of the file that is written to.
    open: u64,
    is_compressed: bool,
    /// The files before the one with this number are removed.
    first_kept: u64,
}

impl Keeping {
    /// What is to be done with the files before the `open` one, and where the chain stood at the end of those that are removed, if any are.
    /// `chain` is where it stands now.
    pub(crate) fn tidying(
        self,
        folder: &Path,
        open: u64,
        chain: Chain,
    ) -> (Tidying, io::Result<Option<Chain>>) {
        let mut tidying = Tidying {
            folder: folder.to_owned(),
            open,
            is_compressed: self.is_compressed,
            first_kept: 0,
        };
        let removed = folder::list(folder).and_then(|files| {
            let surplus = self
                .keep
                .map_or(0, |keep| files.len().saturating_sub(keep.get()));
            let finished = files.iter().filter(|file| file.number < open).count();
            let Some(first) = files.get(surplus.min(finished)) else {
                return Ok(None);
            };
            if surplus.min(finished) == 0 {
                return Ok(None);
            }
            let end = before(first, open, chain)?;
            tidying.first_kept = first.number;
            Ok(Some(end))
        });
        (tidying, removed)
    }
}

/// Where the chain stood before the file began.
fn before(file: &LogFile, open: u64, chain: Chain) -> io::Result<Chain> {
    let mut source = Source::open(std::slice::from_ref(&file.path)).map_err(io::Error::other)?;
    match source.advance() {
        Ok(true) => {}
        // Nothing is written to it yet.
        _ if file.number == open => return Ok(chain),
        Ok(false) => return Err(io::ErrorKind::UnexpectedEof.into()),
        Err(error) => return Err(io::Error::other(error)),
    }
    let record = Record::read(source.line().bytes)
        .map_err(|wrong| io::Error::other(format!("{}: {wrong}", file.path.display())))?;
    Ok(Chain {
        next: record.sequence,
        last: record.previous,
    })
}

impl Tidying {
    /// Removes what is not kept, and compresses the rest.
    pub(crate) fn run(&self) -> io::Result<()> {
        for file in folder::list(&self.folder)? {
            if file.number >= self.open {
                break;
            }
            if file.number < self.first_kept {
                fs::remove_file(&file.path)?;
                let _ = fs::remove_file(compressed(&file.path));
            } else if self.is_compressed && !file.is_compressed {
                compress(&file.path)?;
            }
        }
        Ok(())
    }
}

fn compressed(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".gz");
    name.into()
}

fn compress(path: &Path) -> io::Result<()> {
    let whole = compressed(path);
    let mut part = whole.as_os_str().to_owned();
    part.push(".part");
    let mut encoder = GzEncoder::new(File::create(&part)?, Compression::default());
    io::copy(&mut regular::read(path)?, &mut encoder)?;
    encoder.finish()?.sync_all()?;
    fs::rename(&part, &whole)?;
    fs::remove_file(path)
}
