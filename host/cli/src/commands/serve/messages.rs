//! What the service says while it runs, on standard error.
//!
//! Always true here: it is said before anything else happens, so that nothing goes unsaid.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::layer;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, registry};

use super::configuration::Messages;
use super::traces::Traces;

/// From now on messages are written, and spans are sent to the collector, if there is one.
pub(super) fn begin(messages: Messages, traces: Option<&Traces>) {
    let written = match messages {
        Messages::Text => layer()
            .with_ansi(io::stderr().is_terminal())
            .with_writer(io::stderr)
            .boxed(),
        Messages::Json => layer().json().with_writer(io::stderr).boxed(),
    };
    // What sends the traces says a lot of itself.
    let heard = Targets::new()
        .with_default(LevelFilter::INFO)
        .with_target("opentelemetry", LevelFilter::WARN);
    registry()
        .with(written.with_filter(heard))
        .with(traces.map(Traces::layer))
        .init();
}
