//! What the system tells the process.
//!
//! Always true here: what does not ask the service to end does not end it, from its beginning on.

use std::sync::Arc;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;

/// The signals that are waited for.
#[cfg(unix)]
pub(super) struct Signals {
    hangup: Signal,
    /// It comes when a file would be larger than the process may make one; what writes it is told too, and says so.
    _too_large: Signal,
    /// They say nothing to a service, and would end it at once if nobody waited for them.
    _meaningless: [Signal; 3],
}

#[cfg(unix)]
impl Signals {
    /// From now on signals are waited for. It is called within a runtime.
    pub(super) fn new() -> std::io::Result<Self> {
        let too_large = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            _too_large: signal(too_large)?,
            _meaningless: [
                signal(SignalKind::user_defined1())?,
                signal(SignalKind::user_defined2())?,
                signal(SignalKind::alarm())?,
            ],
        })
    }

    /// Waits until the process is asked to end; tells `hung_up` of each time that it is asked to read its files again.
    pub(super) async fn ended(mut self, hung_up: Arc<Notify>) {
        let asked = (
            signal(SignalKind::interrupt()),
            signal(SignalKind::terminate()),
        );
        let (Ok(mut interrupt), Ok(mut terminate)) = asked else {
            // Nobody can ask it then, and it goes on as long as it is not killed.
            return std::future::pending().await;
        };
        loop {
            tokio::select! {
                _ = interrupt.recv() => return,
                _ = terminate.recv() => return,
                _ = self.hangup.recv() => hung_up.notify_one(),
            }
        }
    }
}

/// There are none but the one that a terminal sends.
#[cfg(not(unix))]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub(super) fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    pub(super) async fn ended(self, _: Arc<Notify>) {
        // Without a way to be asked, it runs until it is killed.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
