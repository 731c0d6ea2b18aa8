//! Lets time pass for running policies.
//!
//! Always true here: the thread ends soon after the last engine that uses it is gone.

use std::io;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// The least ticks in the time that a call may run. More are more exact, and wake the process more often.
const TICKS: u32 = 50;

/// The longest between two: so exactly is the time of a call measured, and so often is its thread asked whether it may go on.
const LONGEST: Duration = Duration::from_millis(20);

/// A thread that ticks; each tick is an epoch of the engines.
pub(crate) struct Ticker {
    /// When this is dropped the thread ends.
    _running: Sender<()>,
}

impl Ticker {
    /// Ticks for `engines`, where a call may run for `time`.
    pub(crate) fn start(engines: [wasmtime::Engine; 3], time: Duration) -> io::Result<Self> {
        let (running, ended) = channel();
        let tick = (time / TICKS).clamp(Duration::from_millis(1), LONGEST);
        thread::Builder::new()
            .name("scopegate-ticker".to_owned())
            .spawn(move || {
                while ended.recv_timeout(tick) == Err(RecvTimeoutError::Timeout) {
                    engines.iter().for_each(wasmtime::Engine::increment_epoch);
                }
            })?;
        Ok(Self { _running: running })
    }
}
