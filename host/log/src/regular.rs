//! Opens files that others may have put in place.
//!
//! Always true here: what is no regular file, such as a pipe, is refused at once: whoever reads it may wait for ever.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Opens a regular file with these options.
pub(crate) fn open(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    never_wait(options);
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(refusal());
    }
    Ok(file)
}

/// Why what is no regular file is not read.
pub(crate) fn refusal() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file")
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
