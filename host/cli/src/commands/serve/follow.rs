//! What the service follows while it runs: the store, its files, its log and the clock.
//!
//! Always true here: what is looked at in vain is said once, and ends nothing; what does not answer holds up nothing else.

use std::sync::Arc;
use std::time::Duration;

use scopegate_server::Service;
use tokio::sync::Notify;

use super::certificate::Certificate;
use super::configuration::Configuration;
use super::recorder::ToLog;
use super::token_file::TokenFile;
use super::watch::Watch;
use crate::arguments::Serve;

/// How often everything is looked at.
pub(super) const LOOK: Duration = Duration::from_millis(200);

/// What is followed beside the store.
pub(super) struct Files {
    pub(super) service: Service,
    pub(super) certificate: Option<Certificate>,
    pub(super) tokens: Option<TokenFile>,
    pub(super) log: Option<Arc<ToLog>>,
    /// What was given with the command, and what holds.
    pub(super) given: Serve,
    pub(super) configuration: Configuration,
}

/// How long one look may take before it is said that it does.
const LATE: Duration = Duration::from_secs(5);

impl Files {
    /// Follows them from now on, each by itself, so that none waits for another; each time that it is `hung_up` the configuration is read
    /// again too.
    pub(super) fn follow(self, hung_up: Arc<Notify>) {
        let Self {
            service,
            certificate,
            tokens,
            log,
            given,
            configuration,
        } = self;
        let of_clock = service.clone();
        follow("the clock", move || of_clock.look_at_clock(), || {});
        if let Some(certificate) = certificate {
            follow("the certificate", move || certificate.look(), || {});
        }
        if let Some(tokens) = tokens {
            let tokens = Arc::new(tokens);
            let looked = (Arc::clone(&tokens), service.clone());
            follow(
                "the file of tokens",
                move || looked.0.look(&looked.1),
                move || tokens.withhold(&service),
            );
        }
        if let Some(log) = log {
            follow("the decision log", move || log.look(), || {});
        }
        tokio::spawn(async move {
            let kept = Arc::new((given, configuration));
            loop {
                hung_up.notified().await;
                let kept = Arc::clone(&kept);
                let read = move || read_again(&kept.0, &kept.1);
                // One that broke off said so; the next is another.
                let _ = tokio::task::spawn_blocking(read).await;
            }
        });
    }
}

/// Reads the configuration again, and says what of it would hold only after a new start.
fn read_again(given: &Serve, holds: &Configuration) {
    let read = Configuration::of(given);
    match read.and_then(|read| read.differing(holds)) {
        Ok(keys) if keys.is_empty() => {
            tracing::info!("the configuration and its files were read again");
        }
        Ok(keys) => tracing::warn!(
            keys = keys.join(", "),
            "the configuration's files were read again, and the configuration has changed: restart the service for these keys"
        ),
        Err(error) => tracing::error!(
            error = format!("{error:#}"),
            "the configuration cannot be read again: what was read before holds"
        ),
    }
}

/// Follows the store from now on. Whether what is loaded is as it was published is looked at apart: it reads much more.
pub(super) fn follow_store(watch: &Arc<Watch>) {
    let looked = Arc::clone(watch);
    let checked = Arc::clone(watch);
    follow("the store", move || looked.say(looked.look()), || {});
    follow("a version in the store", move || checked.recheck(), || {});
}

/// Looks at one thing for ever, on a thread that may wait for the disk. A look that takes too long is said, and `late` is called; the next one
/// begins when it has ended.
fn follow(
    what: &'static str,
    look: impl Fn() + Send + Sync + 'static,
    late: impl Fn() + Send + 'static,
) {
    let look = Arc::new(look);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(LOOK).await;
            let look = Arc::clone(&look);
            let mut looked = tokio::task::spawn_blocking(move || look());
            if tokio::time::timeout(LATE, &mut looked).await.is_err() {
                tracing::error!(what, "it does not answer: to look at it takes too long");
                late();
                // One that broke off said so; the next is another.
                let _ = looked.await;
                tracing::info!(what, "it answers again");
            }
        }
    });
}
