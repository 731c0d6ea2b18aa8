//! Writes the service's decisions to the log.
//!
//! Always true here: where the log blocks, a decision is answered only if its record is written.

use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use scopegate_log::{AppendError, Entry, Log};
use scopegate_server::{RecordCounters, RecordError, Recorded, Recorder};

use crate::commands::check::chain;

pub(super) struct ToLog {
    log: Log,
    /// Whether it was said that nothing can be written.
    is_trouble_said: Mutex<bool>,
}

impl ToLog {
    pub(super) fn new(log: Log) -> Self {
        Self {
            log,
            is_trouble_said: Mutex::new(false),
        }
    }

    /// Says what happened to the log, once: that it cannot be written, that it can be again, and what became of its files.
    pub(super) fn look(&self) {
        for notice in self.log.notices() {
            tracing::error!(reason = notice, "the decision log is not as it was written");
        }
        let trouble = self.log.trouble();
        let said = self.is_trouble_said.lock();
        let mut is_said = said.unwrap_or_else(PoisonError::into_inner);
        match &trouble {
            Some(reason) if !*is_said => {
                tracing::error!(reason, "the decision log cannot be written");
            }
            None if *is_said => tracing::info!("the decision log is written again"),
            _ => {}
        }
        *is_said = trouble.is_some();
    }
}

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
        let appended = tokio::task::block_in_place(|| self.log.append_all(&entries));
        let said = |appended: Result<_, AppendError>| match appended {
            Ok(_) => Ok(()),
            Err(error) => Err(refused(chain(&error))),
        };
        appended.into_iter().map(said).collect()
    }

    fn trouble(&self) -> Option<String> {
        self.log.trouble().filter(|_| self.log.blocks())
    }

    fn counters(&self) -> RecordCounters {
        let counters = self.log.counters();
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
        by: Some(recorded.by),
        request_id: recorded.request_id,
        policy: recorded.policy,
        request: recorded.request,
        outcome: recorded.outcome,
        duration: recorded.duration,
    })
}
