//! Traces of requests, for a collector of OpenTelemetry.
//!
//! Always true here: a trace says who decided what and how it ended, never facts or tokens; and no request waits for the collector.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{SpanKind, TracerProvider as _};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_otlp::{Protocol, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use scopegate_server::ServiceBuilder;
use tracing::{Metadata, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

/// How long a batch of spans may take to be sent, and the last one at the end.
const SENDING: Duration = Duration::from_secs(5);

/// Sends the spans of requests to a collector.
pub(super) struct Traces(SdkTracerProvider);

impl Traces {
    /// Sends to the collector at `endpoint`, by OTLP over HTTP.
    pub(super) fn new(endpoint: &str) -> anyhow::Result<Self> {
        if !endpoint.starts_with("http://") {
            bail!(
                "`{endpoint}` cannot be the collector's endpoint: give an http URL such as `http://127.0.0.1:4318`, of a collector beside the service"
            );
        }
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
            .with_timeout(SENDING)
            .build()
            .with_context(|| format!("no traces can be sent to `{endpoint}`"))?;
        let resource = Resource::builder().with_service_name("scopegate").build();
        let provider = SdkTracerProvider::builder()
            .with_resource(resource)
            .with_batch_exporter(OfRequests {
                exporter,
                is_failing: AtomicBool::new(false),
            });
        Ok(Self(provider.build()))
    }

    /// What makes spans of requests those of OpenTelemetry.
    pub(super) fn layer<S>(&self) -> impl Layer<S>
    where
        S: Subscriber + for<'s> LookupSpan<'s>,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("scopegate"))
            .with_level(false)
            .with_location(false)
            .with_target(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(is_request))
    }

    /// Has requests go on with the trace that their `traceparent` names.
    pub(super) fn join(service: ServiceBuilder) -> ServiceBuilder {
        let propagator = TraceContextPropagator::new();
        service.joining(move |span, headers| {
            let caller = propagator.extract(&HeaderExtractor(headers));
            if let Err(error) = span.set_parent(caller) {
                tracing::debug!(%error, "a request begins a trace of its own");
            }
        })
    }

    /// Sends what was not sent yet.
    pub(super) fn end(&self) {
        if let Err(error) = self.0.shutdown_with_timeout(SENDING) {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}

/// The span that the service makes of each request; no event of it, and no other span.
fn is_request(metadata: &Metadata<'_>) -> bool {
    metadata.is_span()
        && metadata.name() == "request"
        && metadata.target().starts_with("scopegate_server")
}

/// Sends spans as those of a server; that they cannot be sent is a warning, once until they can be again.
#[derive(Debug)]
struct OfRequests {
    exporter: opentelemetry_otlp::SpanExporter,
    is_failing: AtomicBool,
}

impl SpanExporter for OfRequests {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        for span in &mut batch {
            span.span_kind = SpanKind::Server;
        }
        match self.exporter.export(batch).await {
            Ok(()) => {
                if self.is_failing.swap(false, Ordering::Relaxed) {
                    tracing::info!("the collector takes traces again");
                }
            }
            Err(error) => {
                if !self.is_failing.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "the collector takes no traces: they are lost until it does");
                }
            }
        }
        Ok(())
    }

    fn shutdown_with_timeout(&self, time: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(time)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
