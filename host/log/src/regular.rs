//! Opens files that others may have put in place.
//!
//! Always true here: what is no regular file, such as a pipe, is refused at once: whoever reads it may wait for ever.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

/// Opens a regular file with these options.
pub(crate) fn open(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    never_wait(options);
    let file = options.open(path)?;
    check(&file.metadata()?)?;
    Ok(file)
}

/// The length of a regular file in bytes.
pub(crate) fn length(path: &Path) -> io::Result<u64> {
    let metadata = path.metadata()?;
    check(&metadata)?;
    Ok(metadata.len())
}

fn check(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    let reason = "it is no regular file";
    Err(io::Error::new(io::ErrorKind::InvalidInput, reason))
}

/// Opens a regular file to read it.
pub(crate) fn read(path: &Path) -> io::Result<File> {
    open(OpenOptions::new().read(true), path)
}

/// To open a pipe would wait until somebody writes to it.
#[cfg(unix)]
fn never_wait(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;

    use rustix::fs::OFlags;

    options.custom_flags(OFlags::NONBLOCK.bits().cast_signed());
}

/// Elsewhere no pipe has a name among the files.
#[cfg(not(unix))]
fn never_wait(_: &mut OpenOptions) {}
