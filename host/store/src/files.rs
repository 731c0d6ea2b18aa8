//! Files and folders that appear whole or not at all, and stay.
//!
//! Always true here: when a function returns, what it wrote is on disk under its name; when it is interrupted, nothing has that name.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use tempfile::{Builder, NamedTempFile};

use crate::error::StoreError;
use crate::regular::open_regular;

/// What temporary files and folders begin with: no policy, version or key does.
pub(crate) const TEMPORARY: &str = ".new-";

/// The most bytes of a file that is not a component.
const TEXT_BYTES: u64 = 64 << 20;

/// Writes a file that is not there yet; an [`io::ErrorKind::AlreadyExists`] says that it is.
pub(crate) fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let written = written(path, bytes)?;
    written
        .persist_noclobber(path)
        .map_err(|error| error.error)?;
    sync_around(path)
}

/// Writes a file in the place of what was there.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    written(path, bytes)?
        .persist(path)
        .map_err(|error| error.error)?;
    sync_around(path)
}

/// Makes a folder with these files, unless one with something in it is there; an error of another kind than
/// [`io::ErrorKind::DirectoryNotEmpty`] says that it could not.
pub(crate) fn create_folder(path: &Path, files: &[(&str, &[u8])]) -> io::Result<()> {
    let folder = Builder::new().prefix(TEMPORARY).tempdir_in(around(path))?;
    for (name, bytes) in files {
        let mut file = File::create_new(folder.path().join(name))?;
        file.write_all(bytes)?;
        file.sync_all()?;
    }
    File::open(folder.path())?.sync_all()?;
    fs::rename(folder.path(), path)?;
    // It has another name now, and is not to be removed.
    let _ = folder.keep();
    sync_around(path)
}

/// Removes a folder: first its name, then what is in it.
pub(crate) fn remove_folder(path: &Path) -> io::Result<()> {
    let place = Builder::new().prefix(TEMPORARY).tempdir_in(around(path))?;
    fs::rename(path, place.path().join("removed"))?;
    sync_around(path)?;
    place.close()
}

/// Removes what writes that were cut off left in a folder. Only who holds the store's lock knows that nobody is writing.
pub(crate) fn sweep(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Removes a file.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path)?;
    sync_around(path)
}

/// Renames a file.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    sync_around(from)?;
    sync_around(to)
}

/// Reads a file that is there.
pub(crate) fn read(path: &Path, most: u64) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::new();
    open_regular(path)
        .and_then(|file| file.take(most.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(|source| StoreError::File {
            path: path.to_owned(),
            source,
        })?;
    if bytes.len() as u64 > most {
        return Err(StoreError::TooLarge {
            path: path.to_owned(),
            most,
        });
    }
    Ok(bytes)
}

/// Reads a file that is not a component, if it is there.
pub(crate) fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    match read(path, TEXT_BYTES) {
        Err(StoreError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            Ok(None)
        }
        read => read.map(Some),
    }
}

/// The names in a folder, sorted, without temporary ones; none if it is not there.
pub(crate) fn names(folder: &Path) -> Result<Vec<String>, StoreError> {
    let cannot = |source| StoreError::File {
        path: folder.to_owned(),
        source,
    };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(cannot(source)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(cannot)?.file_name();
        let name = name.to_string_lossy();
        if !name.starts_with(TEMPORARY) {
            names.push(name.into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Makes a folder and those around it, to stay.
pub(crate) fn create_folders(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(around) = path
        .parent()
        .filter(|around| !around.as_os_str().is_empty())
    {
        create_folders(around)?;
    }
    match fs::create_dir(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    sync_around(path)
}

fn written(path: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let mut file = Builder::new().prefix(TEMPORARY).tempfile_in(around(path))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn around(path: &Path) -> &Path {
    match path.parent() {
        Some(around) if !around.as_os_str().is_empty() => around,
        _ => Path::new("."),
    }
}

fn sync_around(path: &Path) -> io::Result<()> {
    File::open(around(path))?.sync_all()
}
