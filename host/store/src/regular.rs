//! Opens files that others may have put in place.
//!
//! Always true here: to open or read what is no regular file, such as a pipe, is refused at once: whoever reads it may wait for ever.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::path::Path;

/// Opens a regular file to read it.
///
/// # Errors
///
/// It cannot be opened, or is no regular file.
pub fn open_regular(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    never_wait(&mut options);
    let file = options.open(path)?;
    // What is open is looked at, not what has the name now.
    if !file.metadata()?.is_file() {
        let reason = "it is no regular file";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
    }
    Ok(file)
}

/// Reads a regular file.
///
/// # Errors
///
/// As for [`open_regular`], or it cannot be read.
pub fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_regular(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
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
