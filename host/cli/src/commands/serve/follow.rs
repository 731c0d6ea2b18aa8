//! What the service follows while it runs: the store, its files, its log and the clock.
//!
//! Always true here: what is looked at in vain is said once, and ends nothing.

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

impl Files {
    /// Follows them for ever; each time that it is `hung_up` the configuration is read again too.
    pub(super) async fn follow(self, hung_up: Arc<Notify>) {
        let files = Arc::new(self);
        loop {
            let is_asked = tokio::select! {
                () = tokio::time::sleep(LOOK) => false,
                () = hung_up.notified() => true,
            };
            let looked = Arc::clone(&files);
            let looked = tokio::task::spawn_blocking(move || looked.look(is_asked));
            // One that broke off said so; the next is another.
            let _ = looked.await;
        }
    }

    fn look(&self, is_asked: bool) {
        self.service.look_at_clock();
        if let Some(certificate) = &self.certificate {
            certificate.look();
        }
        if let Some(tokens) = &self.tokens {
            tokens.look(&self.service);
        }
        if let Some(log) = &self.log {
            log.look();
        }
        if is_asked {
            self.read_again();
        }
    }

    /// Reads the configuration again, and says what of it would hold only after a new start.
    fn read_again(&self) {
        let read = Configuration::of(&self.given);
        match read.and_then(|read| read.differing(&self.configuration)) {
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
}

/// Follows the store for ever. It is apart, so that a store that does not answer keeps no token from being taken away.
pub(super) async fn follow_store(watch: Arc<Watch>) {
    loop {
        tokio::time::sleep(LOOK).await;
        let watch = Arc::clone(&watch);
        let looked = tokio::task::spawn_blocking(move || {
            watch.say(watch.look());
            watch.recheck();
        });
        // One that broke off said so; the next is another.
        let _ = looked.await;
    }
}
