//! Compresses finished files, and removes the oldest.
//!
//! Always true here: a file is removed only when its compressed form is on the disk, or when it is older than what is to be kept.

use std::fs::{self, File};
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::folder;

/// What is done with finished files.
#[derive(Debug, Clone)]
pub(crate) struct Tidy {
    pub(crate) folder: PathBuf,
    pub(crate) is_compressed: bool,
    pub(crate) keep: Option<NonZeroUsize>,
}

impl Tidy {
    /// Tidies up behind `open`, the number of the file that is written to.
    pub(crate) fn run(&self, open: u64) -> io::Result<()> {
        let files = folder::list(&self.folder)?;
        let surplus = self
            .keep
            .map_or(0, |keep| files.len().saturating_sub(keep.get()));
        for (index, file) in files.iter().enumerate() {
            if file.number >= open {
                break;
            }
            if index < surplus {
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
    io::copy(&mut File::open(path)?, &mut encoder)?;
    encoder.finish()?.sync_all()?;
    fs::rename(&part, &whole)?;
    fs::remove_file(path)
}
