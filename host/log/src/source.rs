//! The lines of a log's files, as they stand there.
//!
//! Always true here: one line is in memory at a time, and no file's content is trusted.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use flate2::bufread::MultiGzDecoder;

use crate::error::{Breach, ReadError, Wrong};
use crate::folder;
use crate::regular;

/// The most bytes of a line.
pub(crate) const LINE_BYTES: usize = 512 << 20;

/// A line, as it stands in a file.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// The file.
    pub file: &'a Path,
    /// Its number there, from 1.
    pub number: u64,
    /// Its bytes, without the end.
    pub bytes: &'a [u8],
}

/// The lines of a log's files.
pub struct Source {
    files: Vec<PathBuf>,
    /// How many of `files` are opened.
    opened: usize,
    reader: Option<(Box<dyn BufRead + Send>, bool)>,
    line: Vec<u8>,
    number: u64,
    /// Whether there was any line.
    is_any: bool,
    bytes: Arc<AtomicU64>,
    total: u64,
}

/// Counts what is read of a file.
struct Counted(File, Arc<AtomicU64>);

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read(buffer)?;
        self.1.fetch_add(count as u64, Relaxed);
        Ok(count)
    }
}

impl Source {
    /// Reads the log at `paths`: each a folder, or one of its files.
    ///
    /// # Errors
    ///
    /// A path cannot be read, or holds no log.
    pub fn open(paths: &[PathBuf]) -> Result<Self, ReadError> {
        let mut files = Vec::new();
        let mut total = 0;
        for path in paths {
            let cannot = |source| ReadError::Io {
                path: path.clone(),
                source,
            };
            if path.is_dir() {
                let listed = folder::list(path).map_err(cannot)?;
                if listed.is_empty() {
                    return Err(ReadError::NoLog { path: path.clone() });
                }
                for file in listed {
                    total += regular::length(&file.path).map_err(|source| ReadError::Io {
                        path: file.path.clone(),
                        source,
                    })?;
                    files.push(file.path);
                }
            } else {
                // It may be a pipe: whoever names one waits for what comes through it.
                total += path.metadata().map_err(cannot)?.len();
                files.push(path.clone());
            }
        }
        Ok(Self {
            files,
            opened: 0,
            reader: None,
            line: Vec::new(),
            number: 0,
            is_any: false,
            bytes: Arc::default(),
            total,
        })
    }

    /// The bytes of all files, as they stand on the disk.
    pub fn total_bytes(&self) -> u64 {
        self.total
    }

    /// How many of them were read.
    pub fn bytes_read(&self) -> u64 {
        self.bytes.load(Relaxed)
    }

    /// Goes to the next line; `false` after the last.
    ///
    /// # Errors
    ///
    /// A file cannot be read, its end is torn, or there is no line at all.
    pub fn advance(&mut self) -> Result<bool, ReadError> {
        loop {
            if self.reader.is_none() {
                if self.opened == self.files.len() {
                    return if self.is_any {
                        Ok(false)
                    } else {
                        self.is_any = true;
                        Err(self.breach(Wrong::Empty))
                    };
                }
                self.opened += 1;
                self.number = 0;
                self.reader = Some(self.reader().map_err(|source| self.cannot(source))?);
            }
            let Some((reader, is_compressed)) = &mut self.reader else {
                continue;
            };
            self.line.clear();
            let read = reader
                .take(LINE_BYTES as u64 + 1)
                .read_until(b'\n', &mut self.line);
            let is_compressed = *is_compressed;
            self.number += 1;
            match read {
                Ok(0) => {
                    self.number -= 1;
                    self.reader = None;
                    if self.number == 0 && self.opened < self.files.len() {
                        self.number = 1;
                        return Err(self.breach(Wrong::Empty));
                    }
                }
                Ok(_) if self.line.last() == Some(&b'\n') => {
                    self.line.pop();
                    self.is_any = true;
                    return Ok(true);
                }
                Ok(count) if count > LINE_BYTES => return Err(self.breach(Wrong::TooLong)),
                Ok(_) => return Err(self.breach(Wrong::Torn)),
                Err(error) if is_compressed && is_content(&error) => {
                    self.reader = None;
                    return Err(self.breach(Wrong::Compression));
                }
                Err(error) => return Err(self.cannot(error)),
            }
        }
    }

    /// The line that [`advance`](Self::advance) went to.
    pub fn line(&self) -> Line<'_> {
        Line {
            file: self.file(),
            number: self.number,
            bytes: &self.line,
        }
    }

    /// What is wrong with this line.
    pub(crate) fn breach(&self, wrong: Wrong) -> ReadError {
        ReadError::Broken(Breach {
            file: self.file().to_owned(),
            line: self.number,
            wrong,
        })
    }

    fn file(&self) -> &Path {
        match self.files.get(self.opened.saturating_sub(1)) {
            Some(file) => file,
            None => Path::new(""),
        }
    }

    fn cannot(&self, source: io::Error) -> ReadError {
        ReadError::Io {
            path: self.file().to_owned(),
            source,
        }
    }

    /// A reader of this file, and whether it is compressed: that shows in its bytes.
    fn reader(&self) -> io::Result<(Box<dyn BufRead + Send>, bool)> {
        let file = Counted(File::open(self.file())?, Arc::clone(&self.bytes));
        let mut reader = BufReader::with_capacity(256 << 10, file);
        if reader.fill_buf()?.starts_with(b"\x1f\x8b") {
            let decoder = MultiGzDecoder::new(reader);
            return Ok((Box::new(BufReader::with_capacity(256 << 10, decoder)), true));
        }
        Ok((Box::new(reader), false))
    }
}

/// Whether an error says that compressed bytes are wrong.
fn is_content(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
    )
}
