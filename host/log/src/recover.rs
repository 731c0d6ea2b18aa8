//! Finds where a log's chain ends, so that it can go on.
//!
//! Always true here: what does not belong to the chain's end is set aside in a file, never lost.

use std::fs::{self, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use crate::chain::Chain;
use crate::folder::{self, LogFile};
use crate::home::Head;
use crate::record::Record;
use crate::regular;
use crate::source::{LINE_BYTES, Source};

/// What is known of a log that was there before.
pub(crate) struct Found {
    pub(crate) chain: Chain,
    /// The highest number of a file.
    pub(crate) number: u64,
    /// The file to go on with, and its bytes.
    pub(crate) open: Option<(LogFile, u64)>,
    /// What was set aside: the name of the file that keeps it, and its bytes.
    pub(crate) torn: Vec<(String, u64)>,
    /// The name of a file whose lines are missing, and how that shows.
    pub(crate) lost: Option<(String, String)>,
}

/// Looks at the end of the log in `folder`, and repairs it.
pub(crate) fn recover(folder: &Path) -> Result<Found, (PathBuf, io::Error)> {
    let mut found = end(folder)?;
    // A note that says nothing was cut off itself: the next one is whole.
    let Ok(Some(head)) = Head::read(folder) else {
        return Ok(found);
    };
    let last = found.chain.next - 1;
    let reason = if head.sequence > last {
        format!(
            "it ends with record {last}, and record {} was written",
            head.sequence
        )
    } else if head.sequence == last && head.hash != found.chain.last {
        format!("its record {last} is not the one that was written")
    } else {
        return Ok(found);
    };
    let file = found.open.take().map(|(file, _)| file.path);
    let name = file.as_deref().and_then(Path::file_name);
    let name = name.unwrap_or_default().to_string_lossy().into_owned();
    found.lost = Some((name, reason));
    found.chain = head.chain();
    Ok(found)
}

/// Where the chain of the files in `folder` ends.
fn end(folder: &Path) -> Result<Found, (PathBuf, io::Error)> {
    let at = |path: &Path| {
        let path = path.to_owned();
        move |error| (path, error)
    };
    let mut files = folder::list(folder).map_err(at(folder))?;
    let mut found = Found {
        chain: Chain::START,
        number: 0,
        open: None,
        torn: Vec::new(),
        lost: None,
    };
    while let Some(file) = files.pop() {
        let path = &file.path;
        if file.is_compressed {
            found.number = found.number.max(file.number);
            if let Some(chain) = end_of_compressed(path).map_err(at(path))? {
                found.chain = chain;
                return Ok(found);
            }
            // Only a file before it can tell; verifying finds what is wrong with this one.
            continue;
        }
        let (chain, good, bytes) = end_of(path).map_err(at(path))?;
        if bytes > good {
            found
                .torn
                .push(set_aside(path, good, bytes).map_err(at(path))?);
        }
        if let Some(chain) = chain {
            found.number = found.number.max(file.number);
            found.chain = chain;
            found.open = Some((file, good));
            return Ok(found);
        }
        fs::remove_file(path).map_err(at(path))?;
    }
    Ok(found)
}

/// The chain behind the last whole line of the file, where that line ends, and the file's bytes.
fn end_of(path: &Path) -> io::Result<(Option<Chain>, u64, u64)> {
    let mut reader = BufReader::with_capacity(256 << 10, regular::read(path)?);
    let (mut chain, mut good, mut bytes) = (None, 0, 0);
    let mut line = Vec::new();
    loop {
        line.clear();
        let count = reader
            .by_ref()
            .take(LINE_BYTES as u64 + 1)
            .read_until(b'\n', &mut line)?;
        if count == 0 {
            return Ok((chain, good, bytes));
        }
        bytes += count as u64;
        if let Some(line) = line.strip_suffix(b"\n")
            && let Ok(record) = Record::read(line)
        {
            chain = Some(behind(&record));
            good = bytes;
        }
    }
}

/// The chain behind the last line of a compressed file that can be read.
fn end_of_compressed(path: &Path) -> io::Result<Option<Chain>> {
    let mut source = Source::open(&[path.to_owned()]).map_err(io::Error::other)?;
    let mut chain = None;
    while let Ok(true) = source.advance() {
        if let Ok(record) = Record::read(source.line().bytes) {
            chain = Some(behind(&record));
        }
    }
    Ok(chain)
}

fn behind(record: &Record<'_>) -> Chain {
    Chain {
        next: record.sequence.saturating_add(1),
        last: record.hash,
    }
}

/// Moves what stands behind `good` to a file of its own.
fn set_aside(path: &Path, good: u64, bytes: u64) -> io::Result<(String, u64)> {
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let mut from = regular::open(OpenOptions::new().read(true).write(true), path)?;
    from.seek(SeekFrom::Start(good))?;
    for number in 1_u64.. {
        let kept = format!("{name}.torn-{number}");
        let to = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(path.with_file_name(&kept));
        let mut to = match to {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            to => to?,
        };
        io::copy(&mut from, &mut to)?;
        to.sync_all()?;
        from.set_len(good)?;
        from.sync_all()?;
        return Ok((kept, bytes - good));
    }
    Err(io::ErrorKind::AlreadyExists.into())
}
