//! Writes the service's decisions to the log.
//!
//! Always true here: where the log blocks, a decision is answered only if its record is written.

use std::time::SystemTime;

use scopegate_log::{Entry, Log};
use scopegate_server::{RecordCounters, RecordError, Recorded, Recorder};

pub(super) struct ToLog(pub(super) Log);

impl Recorder for ToLog {
    fn record(&self, recorded: &[Recorded<'_>]) -> Vec<Result<(), RecordError>> {
        let refused = |reason: String| RecordError { reason };
        let time = SystemTime::now();
        let entries: Result<Vec<_>, _> = recorded.iter().map(|it| entry(it, time)).collect();
        let entries = match entries {
            Ok(entries) => entries,
            Err(reason) => return vec![Err(refused(reason)); recorded.len()],
        };
        // It may wait for the disk: meanwhile other threads answer.
        let appended = tokio::task::block_in_place(|| self.0.append_all(&entries));
        let said = |appended: Result<_, scopegate_log::AppendError>| match appended {
            Ok(_) => Ok(()),
            Err(error) => Err(refused(error.to_string())),
        };
        appended.into_iter().map(said).collect()
    }

    fn counters(&self) -> RecordCounters {
        let counters = self.0.counters();
        RecordCounters {
            written: counters.written,
            dropped: counters.dropped,
            failures: counters.failures,
        }
    }
}

fn entry<'a>(recorded: &Recorded<'a>, time: SystemTime) -> Result<Entry<'a>, String> {
    Ok(Entry {
        id: recorded.id.parse()?,
        time,
        policy: recorded.policy,
        request: recorded.request,
        outcome: recorded.outcome,
        duration: recorded.duration,
    })
}
