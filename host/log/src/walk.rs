//! Walks along the chain.
//!
//! Always true here: a record that is given out follows the one before it, whatever file that is in.

use std::path::PathBuf;

use crate::chain::Chain;
use crate::error::{ReadError, Wrong};
use crate::hash::Hash;
use crate::record::{Body, Record};
use crate::source::{Line, Source};

/// The records of a log, each verified.
pub struct Walk {
    source: Source,
    /// What the next line follows; `None` before the first.
    chain: Option<Chain>,
    /// The number of the file.
    file: Option<u64>,
    first: Option<(u64, Hash)>,
}

impl Walk {
    /// Walks along the log at `paths`: each a folder, or one of its files.
    ///
    /// # Errors
    ///
    /// A path cannot be read, or holds no log.
    pub fn open(paths: &[PathBuf]) -> Result<Self, ReadError> {
        Ok(Self {
            source: Source::open(paths)?,
            chain: None,
            file: None,
            first: None,
        })
    }

    /// The next record, and where it stands; `None` after the last.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or the chain is broken here.
    pub fn step(&mut self) -> Result<Option<(Line<'_>, Record<'_>)>, ReadError> {
        if !self.source.advance()? {
            return Ok(None);
        }
        let line = self.source.line();
        let record = Record::read(line.bytes).map_err(|wrong| self.source.breach(wrong))?;
        self.file = Some(
            place(&record, line.number == 1, self.chain, self.file)
                .map_err(|wrong| self.source.breach(wrong))?,
        );
        self.chain = Some(Chain {
            next: record.sequence.saturating_add(1),
            last: record.hash,
        });
        self.first.get_or_insert((record.sequence, record.previous));
        Ok(Some((line, record)))
    }

    /// The number of the first record, and the hash of the line before it.
    pub fn first(&self) -> Option<(u64, Hash)> {
        self.first
    }

    /// The bytes of all files, as they stand on the disk.
    pub fn total_bytes(&self) -> u64 {
        self.source.total_bytes()
    }

    /// How many of them were read.
    pub fn bytes_read(&self) -> u64 {
        self.source.bytes_read()
    }
}

/// The number of the file, if the record may stand where it does.
fn place(
    record: &Record<'_>,
    is_first: bool,
    chain: Option<Chain>,
    file: Option<u64>,
) -> Result<u64, Wrong> {
    if let Some(chain) = chain {
        if record.sequence > chain.next {
            if let Body::File { number } = record.body
                && let Some(file) = file
                && number > file.saturating_add(1)
            {
                return Err(Wrong::MissingFiles {
                    number,
                    expected: file.saturating_add(1),
                });
            }
            return Err(Wrong::Missing {
                lines: record.sequence - chain.next,
            });
        }
        if record.sequence < chain.next {
            return Err(Wrong::OutOfPlace {
                sequence: record.sequence,
                expected: chain.next,
            });
        }
        if record.previous != chain.last {
            return Err(Wrong::Replaced);
        }
    }
    match (&record.body, is_first) {
        (Body::File { number }, true) => {
            // The lines follow one another, so a number that is left out is that of no file.
            let least = file.map_or(*number, |file| file.saturating_add(1));
            if *number >= least {
                Ok(*number)
            } else {
                Err(Wrong::MissingFiles {
                    number: *number,
                    expected: least,
                })
            }
        }
        (Body::File { .. }, false) => Err(Wrong::Beginning),
        (_, true) => Err(Wrong::NoBeginning),
        (_, false) => Ok(file.unwrap_or_default()),
    }
}
