//! A line of the log, read.
//!
//! Always true here: a record that was read had the hash that it says, and every name in it is known.

use std::borrow::Cow;

use scopegate::cut_message;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::chain::{FORMAT, Kind, begins, is_sealed};
use crate::error::Wrong;
use crate::hash::Hash;

/// A line of the log.
#[derive(Debug, Clone)]
pub struct Record<'a> {
    /// Its number, counted from 1 over all files.
    pub sequence: u64,
    /// When it was made, as RFC 3339 has it: in UTC, with milliseconds.
    pub time: Cow<'a, str>,
    /// What it says.
    pub body: Body<'a>,
    /// The hash of the line before.
    pub previous: Hash,
    /// Its own.
    pub hash: Hash,
}

/// What a line says.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Body<'a> {
    /// A file begins.
    File {
        /// Its number, from 1.
        number: u64,
    },
    /// A request was decided, or could not be.
    Decided(Box<Decided<'a>>),
    /// Decisions are missing, because they could not be written in time.
    Gap {
        /// How many.
        dropped: u64,
    },
    /// The file before ended in the middle of a line, as after a crash.
    Torn {
        /// The name of the file that keeps what was there.
        kept: Cow<'a, str>,
        /// How many bytes it has.
        bytes: u64,
    },
    /// Lines were no longer where they had been written: the chain goes on behind them all the same.
    Lost {
        /// The name of the file that they were in.
        file: Cow<'a, str>,
        /// What was found in its place.
        reason: Cow<'a, str>,
    },
    /// Finished files were removed because only so many are kept.
    Removed {
        /// The number of the last line that went with them.
        through: u64,
        /// The hash of that line.
        last: Hash,
    },
    /// Nothing could be written for a while, and the decisions that were made meanwhile were refused or dropped.
    Paused {
        /// Since when.
        since: Cow<'a, str>,
        /// Why.
        reason: Cow<'a, str>,
        /// How many decisions were refused.
        refused: u64,
    },
}

/// A recorded decision.
#[derive(Debug, Clone)]
pub struct Decided<'a> {
    /// The decision's id.
    pub id: Cow<'a, str>,
    /// The name of the caller, if the log was told.
    pub by: Option<Cow<'a, str>>,
    /// The caller's own id of the request, if there was one.
    pub request_id: Option<Cow<'a, str>>,
    /// Which policy decided.
    pub policy: PolicyName<'a>,
    /// The request, in JSON.
    pub request: &'a RawValue,
    /// The masks that hid something of the request; empty if it is whole.
    pub masked: Vec<String>,
    /// What came of it.
    pub outcome: Outcome<'a>,
    /// How long it took, in nanoseconds.
    pub duration_ns: u64,
}

/// What came of a request.
#[derive(Debug, Clone)]
pub enum Outcome<'a> {
    /// A decision, in JSON.
    Decision(&'a RawValue),
    /// There was none.
    Error {
        /// The fact that could not be judged; `$` for the whole request.
        path: Cow<'a, str>,
        /// Why.
        message: Cow<'a, str>,
    },
}

/// Which policy decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyName<'a> {
    /// Its name.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// Its semantic version.
    #[serde(borrow)]
    pub version: Cow<'a, str>,
    /// `sha256:<hex>` of its component.
    #[serde(borrow)]
    pub digest: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ErrorText<'a> {
    #[serde(borrow)]
    path: Cow<'a, str>,
    #[serde(borrow)]
    message: Cow<'a, str>,
}

/// Every name that a line may have.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Names<'a> {
    format: u32,
    kind: Kind,
    sequence: u64,
    #[serde(borrow)]
    time: Cow<'a, str>,
    number: Option<u64>,
    dropped: Option<u64>,
    #[serde(borrow)]
    kept: Option<Cow<'a, str>>,
    bytes: Option<u64>,
    #[serde(borrow)]
    file: Option<Cow<'a, str>>,
    #[serde(borrow)]
    reason: Option<Cow<'a, str>>,
    #[serde(borrow)]
    since: Option<Cow<'a, str>>,
    through: Option<u64>,
    last: Option<Hash>,
    refused: Option<u64>,
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    by: Option<Cow<'a, str>>,
    #[serde(borrow)]
    request_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    policy: Option<PolicyName<'a>>,
    #[serde(borrow)]
    request: Option<&'a RawValue>,
    #[serde(default)]
    masked: Vec<String>,
    #[serde(borrow)]
    decision: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<ErrorText<'a>>,
    duration_ns: Option<u64>,
    previous: Hash,
    hash: Hash,
}

impl<'a> Record<'a> {
    /// Reads a line, without its end.
    ///
    /// # Errors
    ///
    /// The line does not have the hash that it says ([`Wrong::Changed`]), or says what no record does ([`Wrong::NotRecord`]).
    pub fn read(line: &'a [u8]) -> Result<Self, Wrong> {
        if !is_sealed(line) {
            return Err(if begins(line) {
                Wrong::Changed
            } else {
                let message = "it does not begin as one".to_owned();
                Wrong::NotRecord { message }
            });
        }
        let names: Names<'a> = serde_json::from_slice(line).map_err(|error| Wrong::NotRecord {
            message: cut_message(&error.to_string()),
        })?;
        if names.format != FORMAT {
            return Err(Wrong::NotRecord {
                message: format!(
                    "its format is {}, this program reads {FORMAT}",
                    names.format
                ),
            });
        }
        let (sequence, time) = (names.sequence, names.time.clone());
        let (previous, hash) = (names.previous, names.hash);
        let kind = names.kind;
        let body = names.body().ok_or_else(|| Wrong::NotRecord {
            message: format!("a name is missing in this `{kind}`"),
        })?;
        Ok(Self {
            sequence,
            time,
            body,
            previous,
            hash,
        })
    }
}

impl<'a> Names<'a> {
    fn body(self) -> Option<Body<'a>> {
        Some(match self.kind {
            Kind::File => Body::File {
                number: self.number?,
            },
            Kind::Gap => Body::Gap {
                dropped: self.dropped?,
            },
            Kind::Torn => Body::Torn {
                kept: self.kept?,
                bytes: self.bytes?,
            },
            Kind::Lost => Body::Lost {
                file: self.file?,
                reason: self.reason?,
            },
            Kind::Removed => Body::Removed {
                through: self.through?,
                last: self.last?,
            },
            Kind::Paused => Body::Paused {
                since: self.since?,
                reason: self.reason?,
                refused: self.refused?,
            },
            Kind::Decision | Kind::Failure => Body::Decided(Box::new(Decided {
                id: self.id?,
                by: self.by,
                request_id: self.request_id,
                policy: self.policy?,
                request: self.request?,
                masked: self.masked,
                outcome: match (self.kind, self.decision, self.error) {
                    (Kind::Decision, Some(decision), None) => Outcome::Decision(decision),
                    (Kind::Failure, None, Some(ErrorText { path, message })) => {
                        Outcome::Error { path, message }
                    }
                    _ => return None,
                },
                duration_ns: self.duration_ns?,
            })),
        })
    }
}
