//! What is logged of a decision, and the part of its line that the chain does not give.
//!
//! Always true here: what a mask covers is gone before the line leaves the caller's thread.

use std::fmt;
use std::io::Write as _;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};
use scopegate::{Decision, EvaluateError, PolicyId, Request};
use uuid::Uuid;

use crate::chain::Kind;
use crate::error::AppendError;
use crate::mask::{MARKER, Masks};
use crate::source::LINE_BYTES;

/// The id of a decision: a `UUIDv7`, so ids rise with time; of one in a list, with `/` and its place from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    uuid: Uuid,
    place: Option<u32>,
}

impl Id {
    /// A new id, of this moment.
    #[expect(
        clippy::new_without_default,
        reason = "each is another, so none is the default"
    )]
    pub fn new() -> Self {
        Self {
            uuid: Uuid::now_v7(),
            place: None,
        }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.uuid, f)?;
        match self.place {
            Some(place) => write!(f, "/{place}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Id {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (uuid, place) = match text.split_once('/') {
            Some((uuid, place)) => (uuid, Some(place.parse::<u32>())),
            None => (text, None),
        };
        Ok(Self {
            uuid: uuid
                .parse()
                .map_err(|error: uuid::Error| error.to_string())?,
            place: place.transpose().map_err(|error| error.to_string())?,
        })
    }
}

/// A decision as it is logged.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// The decision's id.
    pub id: Id,
    /// When it was made.
    pub time: SystemTime,
    /// Who asked: the name of the caller's token, if it is known.
    pub by: Option<&'a str>,
    /// The caller's own id of the request, if there is one.
    pub request_id: Option<&'a str>,
    /// The policy that was asked.
    pub policy: &'a PolicyId,
    /// What was asked.
    pub request: &'a Request,
    /// What came of it.
    pub outcome: Result<&'a Decision<'a>, &'a EvaluateError>,
    /// How long it took.
    pub duration: Duration,
}

/// A time as lines have it.
pub(crate) fn time(time: SystemTime) -> String {
    utc(time).to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A time in UTC; one beyond all calendars is the nearest that has a date.
pub(crate) fn utc(time: SystemTime) -> DateTime<Utc> {
    let since = |seconds: Duration| i64::try_from(seconds.as_secs()).unwrap_or(i64::MAX);
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => DateTime::from_timestamp(since(after), after.subsec_nanos())
            .unwrap_or(DateTime::<Utc>::MAX_UTC),
        Err(before) => DateTime::from_timestamp(-since(before.duration()), 0)
            .unwrap_or(DateTime::<Utc>::MIN_UTC),
    }
}

impl Entry<'_> {
    /// What its line is.
    pub(crate) fn kind(&self) -> Kind {
        match self.outcome {
            Ok(_) => Kind::Decision,
            Err(_) => Kind::Failure,
        }
    }

    /// What stands between the line's number and the hash of the line before.
    pub(crate) fn body(&self, masks: &Masks) -> Result<Vec<u8>, AppendError> {
        let unwritable = |error: serde_json::Error| AppendError::Unwritable {
            reason: error.to_string(),
        };
        let mut out = Vec::with_capacity(4 << 10);
        // Writing to a `Vec` cannot fail.
        let _ = write!(out, r#""id":"{}","time":"{}""#, self.id, time(self.time));
        for (name, value) in [("by", self.by), ("request_id", self.request_id)] {
            if let Some(value) = value {
                let _ = write!(out, r#","{name}":{}"#, serde_json::Value::from(value));
            }
        }
        out.extend_from_slice(b",\"policy\":");
        serde_json::to_writer(&mut out, self.policy).map_err(unwritable)?;
        out.extend_from_slice(b",\"request\":");
        if masks.is_empty() {
            serde_json::to_writer(&mut out, self.request).map_err(unwritable)?;
        } else {
            let mut request = serde_json::to_value(self.request).map_err(unwritable)?;
            let masked = masks.apply(&mut request);
            serde_json::to_writer(&mut out, &request).map_err(unwritable)?;
            if !masked.is_empty() {
                out.extend_from_slice(b",\"masked\":");
                serde_json::to_writer(&mut out, &masked).map_err(unwritable)?;
            }
        }
        match self.outcome {
            Ok(decision) => {
                out.extend_from_slice(b",\"decision\":");
                decision.write_json(&mut out);
            }
            Err(error) => {
                let (path, message) = error_text(error, masks);
                let error = serde_json::json!({ "path": path, "message": message });
                let _ = write!(out, r#","error":{error}"#);
            }
        }
        let nanoseconds = u64::try_from(self.duration.as_nanos()).unwrap_or(u64::MAX);
        let _ = write!(out, r#","duration_ns":{nanoseconds}"#);
        if out.len() > LINE_BYTES - 1024 {
            return Err(AppendError::TooLarge {
                bytes: out.len(),
                limit: LINE_BYTES - 1024,
            });
        }
        Ok(out)
    }
}

/// What is wrong, and where. What a policy says of a masked fact may repeat it.
pub(crate) fn error_text<'e>(error: &'e EvaluateError, masks: &Masks) -> (&'e str, String) {
    match error {
        EvaluateError::Unjudged { path, .. } if masks.covers(path) => (path, MARKER.to_owned()),
        EvaluateError::Unjudged { path, message, .. } => (path, message.clone()),
        _ => {
            let mut text = error.to_string();
            let mut source = std::error::Error::source(error);
            while let Some(cause) = source {
                text = format!("{text}: {cause}");
                source = cause.source();
            }
            ("$", text)
        }
    }
}
