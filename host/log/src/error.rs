//! What can be wrong.
//!
//! Always true here: an error says what is wrong, where, and what to do.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use scopegate::Excerpt;

use crate::hash::Hash;

/// Why a path cannot be masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskError(String);

impl MaskError {
    pub(crate) fn unknown(path: &str) -> Self {
        Self(format!(
            "`{}` is no fact of a request: a path is such as `actor.id`, `scan.targets[].url` or `attributes.*`",
            Excerpt(path)
        ))
    }

    pub(crate) fn action() -> Self {
        Self("`action` cannot be masked: replay tells actions apart by it".to_owned())
    }
}

impl fmt::Display for MaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for MaskError {}

/// Why a log cannot be opened to write.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// The folder, or a file in it, cannot be used.
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process writes to it.
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// A setting makes no sense.
    Config {
        /// Which, and why.
        reason: &'static str,
    },
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, .. } => {
                write!(f, "the log `{}` cannot be opened to write", path.display())
            }
            Self::InUse { path } => write!(
                f,
                "the log `{}` is in use by another process: give each its own folder",
                path.display()
            ),
            Self::Config { reason } => f.write_str(reason),
        }
    }
}

impl Error for OpenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// Why a decision is not in the log. With [`WhenStuck::Block`](crate::WhenStuck::Block) it must not be acted on.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum AppendError {
    /// It cannot be written.
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: Arc<io::Error>,
    },
    /// Its line would be too long.
    TooLarge {
        /// Its bytes.
        bytes: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// It has no JSON form.
    Unwritable {
        /// Why.
        reason: String,
    },
    /// The log's thread has ended.
    Closed,
}

impl fmt::Display for AppendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, .. } => write!(
                f,
                "the decision cannot be written to the log `{}`",
                path.display()
            ),
            Self::TooLarge { bytes, limit } => write!(
                f,
                "the decision's line has {bytes} bytes, at most {limit} are allowed"
            ),
            Self::Unwritable { reason } => write!(f, "the decision has no JSON form: {reason}"),
            Self::Closed => f.write_str("the log is closed"),
        }
    }
}

impl Error for AppendError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(&**source),
            _ => None,
        }
    }
}

/// Why a log cannot be read to its end.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReadError {
    /// A file or folder cannot be read.
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no log.
    NoLog {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The chain is broken.
    Broken(Breach),
    /// The log's beginning is missing, and the log does not say that it removed it.
    Beginning {
        /// The number of the first line that is there.
        first: u64,
        /// The number of the line from which on nothing may be missing, if that was asked for.
        from: Option<u64>,
    },
    /// The log ends before the line from which on nothing may be missing.
    Before {
        /// The line's number.
        from: u64,
        /// The number of the last line.
        last: u64,
    },
    /// The log's beginning follows another line than it was asked to.
    Follows {
        /// The hash of the line that it should follow.
        expected: Hash,
        /// The hash of the line that it follows.
        found: Hash,
    },
    /// The log's end is missing, as the note beside it shows.
    Cut {
        /// The note.
        note: PathBuf,
        /// The number of the last line, as the note has it.
        sequence: u64,
        /// The number of the last line that is there; 0 if there is none.
        last: u64,
    },
    /// A line was written anew: it is not the one that the note beside the log names.
    Anew {
        /// The note.
        note: PathBuf,
        /// The line's number.
        sequence: u64,
    },
    /// The log is a chain, but does not end as expected.
    End {
        /// The hash that its last line should have.
        expected: Hash,
        /// The one that it has.
        found: Hash,
        /// How many lines follow the one with the expected hash, if there is one.
        after: Option<u64>,
    },
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, .. } => write!(f, "the log `{}` cannot be read", path.display()),
            Self::NoLog { path } => write!(
                f,
                "`{}` holds no log: expected files such as `decisions-00000001-20261125T120000Z.jsonl`",
                path.display()
            ),
            Self::Broken(breach) => breach.fmt(f),
            Self::Beginning { first, from: None } => write!(
                f,
                "the beginning is missing: the first record is {first}, and the log did not remove those before it; put the files before \
                 it back, or say `--from {first}` if it is meant to begin there"
            ),
            Self::Beginning {
                first,
                from: Some(from),
            } => write!(
                f,
                "the beginning is missing: the first record is {first}, and record {from} was to be there"
            ),
            Self::Before { from, last } => write!(
                f,
                "the log ends with record {last}, and record {from} was to be there"
            ),
            Self::Follows { expected, found } => write!(
                f,
                "the log begins behind `{found}`, and was to begin behind `{expected}`"
            ),
            Self::Cut {
                note,
                sequence,
                last,
            } => write!(
                f,
                "the end is missing: record {sequence} was written, as `{}` says, and {}; put what is missing back",
                note.display(),
                match last {
                    0 => "none is there".to_owned(),
                    last => format!("the last one is {last}"),
                }
            ),
            Self::Anew { note, sequence } => write!(
                f,
                "record {sequence} was written anew: it is not the one that `{}` names",
                note.display()
            ),
            Self::End {
                expected,
                after: Some(after),
                ..
            } => write!(
                f,
                "the log does not end with `{expected}`: {after} more lines follow it"
            ),
            Self::End {
                expected, found, ..
            } => write!(
                f,
                "the log does not hold `{expected}`: its end was cut off or its lines were written anew; it ends with `{found}`"
            ),
        }
    }
}

impl Error for ReadError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// Where the chain is broken first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub wrong: Wrong,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file.display(), self.line, self.wrong)
    }
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wrong {
    /// It does not have the hash that it says.
    Changed,
    /// It has its hash, but is no record.
    NotRecord {
        /// Why.
        message: String,
    },
    /// Lines before it are missing.
    Missing {
        /// How many.
        lines: u64,
    },
    /// It was inserted, or stands in another place than where it was written.
    OutOfPlace {
        /// Its number.
        sequence: u64,
        /// The number that it should have.
        expected: u64,
    },
    /// It has the right number, but follows another line than the one before it.
    Replaced,
    /// The file does not begin as a file does.
    NoBeginning,
    /// A file begins within a file.
    Beginning,
    /// Files before this one are missing.
    MissingFiles {
        /// This one's number.
        number: u64,
        /// The number that it should have.
        expected: u64,
    },
    /// The line has no end.
    Torn,
    /// The line goes on for too many bytes.
    TooLong,
    /// The file is empty.
    Empty,
    /// The file is compressed, and what it holds cannot be made out.
    Compression,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed => f.write_str("this line was changed: it does not have the hash that it says"),
            Self::NotRecord { message } => write!(f, "this line is no record: {message}"),
            Self::Missing { lines } => write!(
                f,
                "{lines} line{} missing before this one",
                if *lines == 1 { " is" } else { "s are" }
            ),
            Self::OutOfPlace { sequence, expected } => write!(
                f,
                "this line was inserted or moved: it is record {sequence}, expected {expected}"
            ),
            Self::Replaced => f.write_str(
                "this line does not follow the one before it: one of them was changed together with its hash",
            ),
            Self::NoBeginning => f.write_str("the first line of the file is missing"),
            Self::Beginning => f.write_str("another file begins here: files were put together"),
            Self::MissingFiles { number, expected } => write!(
                f,
                "a file is missing: this one is number {number}, expected {expected}"
            ),
            Self::Torn => f.write_str(
                "this line has no end: the log is being written to, or was cut; to open it to write sets the rest aside",
            ),
            Self::TooLong => f.write_str("this line is too long to be a record"),
            Self::Empty => f.write_str("the file is empty"),
            Self::Compression => f.write_str("the compressed file was changed or cut from here on"),
        }
    }
}
