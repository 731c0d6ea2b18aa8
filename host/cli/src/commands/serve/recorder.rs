//! Writes the service's decisions to the log.
//!
//! Always true here: where the log blocks, a decision is answered only if its record is written.

use std::time::SystemTime;

use scopegate_log::{Entry, Log};
use scopegate_server::{RecordError, Recorded, Recorder};

pub(super) struct ToLog(pub(super) Log);

impl Recorder for ToLog {
    fn record(&self, recorded: &Recorded<'_>) -> Result<(), RecordError> {
        let refused = |reason: String| RecordError { reason };
        let entry = Entry {
            id: recorded.id.parse().map_err(refused)?,
            time: SystemTime::now(),
            policy: recorded.decision.policy(),
            request: recorded.request,
            outcome: Ok(recorded.decision),
            duration: recorded.duration,
        };
        // It may wait for the disk: meanwhile other threads answer.
        let appended = tokio::task::block_in_place(|| self.0.append(&entry));
        appended
            .map(|_| ())
            .map_err(|error| refused(error.to_string()))
    }
}
