//! The service: its parts, and its routes.
//!
//! Always true here: every route, and whatever is no route, goes through the same [guard](crate::guard).

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use axum::Router;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::routing::{get, post};
use scopegate::Excerpt;

use crate::administration::Administration;
use crate::clock::SteadyClock;
use crate::connections::{Connections, Holds};
use crate::deciders::Deciders;
use crate::guard::Guard;
use crate::metrics::Metrics;
use crate::preview::PreviewFile;
use crate::problem::{Kind, Problem};
use crate::recorder::Recorder;
use crate::settings::Settings;
use crate::shelf::{Shelf, Snapshot};
use crate::slots::Slots;
use crate::tokens::Tokens;
use crate::{authzen, choice, decisions, explanations, health, openapi, policies, preview};

type Joining = Arc<dyn Fn(&tracing::Span, &HeaderMap) + Send + Sync>;
type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Answers decisions with what is on a [`Shelf`]. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Service {
    inner: Arc<Inner>,
}

struct Inner {
    shelf: Arc<Shelf>,
    settings: Settings,
    administration: Option<Arc<dyn Administration>>,
    recorder: Option<Arc<dyn Recorder>>,
    tokens: ArcSwapOption<Tokens>,
    clock: Clock,
    joining: Option<Joining>,
    preview: &'static [PreviewFile],
    metrics: Metrics,
    connections: Arc<Connections>,
    slots: Slots,
    streams: Slots,
    deciders: Deciders,
}

/// Makes a [`Service`].
#[must_use]
pub struct ServiceBuilder {
    shelf: Arc<Shelf>,
    settings: Settings,
    administration: Option<Arc<dyn Administration>>,
    recorder: Option<Arc<dyn Recorder>>,
    tokens: Option<Tokens>,
    clock: Clock,
    joining: Option<Joining>,
    preview: &'static [PreviewFile],
}

impl ServiceBuilder {
    /// How it behaves; the defaults without.
    pub fn settings(self, settings: Settings) -> Self {
        Self { settings, ..self }
    }

    /// How policies are administered; without, they are not.
    pub fn administration(self, administration: Arc<dyn Administration>) -> Self {
        Self {
            administration: Some(administration),
            ..self
        }
    }

    /// Where decisions are recorded; without, they are not.
    pub fn recorder(self, recorder: Arc<dyn Recorder>) -> Self {
        let recorder = Some(recorder);
        Self { recorder, ..self }
    }

    /// Who may ask. Without, callers on this machine may ask for decisions, and nobody may administer.
    pub fn tokens(self, tokens: Tokens) -> Self {
        Self {
            tokens: Some(tokens),
            ..self
        }
    }

    /// What time it is, in seconds since 1970-01-01T00:00:00Z; without, the system's clock, as long as it does not go
    /// back.
    pub fn clock(self, clock: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self {
            clock: Arc::new(clock),
            ..self
        }
    }

    /// How the span of a request joins the trace that its headers tell of; without, each is the first of its own.
    ///
    /// It is called before the span is entered. The span has no facts and no tokens: the route, the status, and who decided what.
    pub fn joining(
        self,
        join: impl Fn(&tracing::Span, &HeaderMap) + Send + Sync + 'static,
    ) -> Self {
        Self {
            joining: Some(Arc::new(join)),
            ..self
        }
    }

    /// The files of the preview page; without, there is none.
    pub fn preview(self, preview: &'static [PreviewFile]) -> Self {
        Self { preview, ..self }
    }

    /// The service.
    #[must_use]
    pub fn build(self) -> Service {
        choice::warn_of_missing(&self.settings, &self.shelf.snapshot());
        let settings = &self.settings;
        let slots = Slots::new(settings.concurrent_requests, Holds::Slot);
        let streams = Slots::new(settings.streams, Holds::Stream);
        let deciders = Deciders::new(settings.heavy);
        let connections = Arc::new(Connections::new(settings));
        // What comes before this time is back.
        (self.clock)();
        Service {
            inner: Arc::new(Inner {
                metrics: Metrics::new(&self.shelf, &connections),
                shelf: self.shelf,
                settings: self.settings,
                administration: self.administration,
                recorder: self.recorder,
                tokens: ArcSwapOption::from_pointee(self.tokens),
                clock: self.clock,
                joining: self.joining,
                preview: self.preview,
                connections,
                slots,
                streams,
                deciders,
            }),
        }
    }
}

impl Service {
    /// A service with the policies of `shelf`.
    pub fn builder(shelf: Arc<Shelf>) -> ServiceBuilder {
        ServiceBuilder {
            shelf,
            settings: Settings::default(),
            administration: None,
            recorder: None,
            tokens: None,
            clock: {
                let clock = SteadyClock::new();
                Arc::new(move || clock.now())
            },
            joining: None,
            preview: &[],
        }
    }

    /// From now on `tokens` are accepted, and no others. They can be changed, not taken away.
    pub fn replace_tokens(&self, tokens: Tokens) {
        self.inner.tokens.store(Some(Arc::new(tokens)));
    }

    /// Looks at the clock: whether it was set back is said then, be there requests or not.
    pub fn look_at_clock(&self) {
        self.now();
    }

    /// All its routes. Each request should carry its [`Peer`](crate::Peer); without, it counts as coming from elsewhere.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/v1/decisions", post(decisions::decide))
            .route("/v1/explanations", post(explanations::explain))
            .route("/v1/policies", get(policies::list))
            .route("/v1/policies/{name}", get(policies::show))
            .route(
                "/v1/policies/{name}/{version}",
                get(policies::describe).put(policies::upload),
            )
            .route("/v1/policies/{name}/activate", post(policies::activate))
            .route("/v1/policies/{name}/rollback", post(policies::rollback))
            .route("/access/v1/evaluation", post(authzen::evaluation))
            .route("/access/v1/evaluations", post(authzen::evaluations))
            .route("/access/v1/search/action", post(authzen::search_action))
            .route(
                "/.well-known/authzen-configuration",
                get(authzen::configuration),
            )
            .route("/healthz", get(health::alive))
            .route("/readyz", get(health::ready))
            .route("/metrics", get(health::metrics))
            .route("/openapi.json", get(openapi::document))
            .merge(preview::routes())
            .fallback(nothing)
            .method_not_allowed_fallback(wrong_method)
            .layer(Guard(self.clone()))
            .with_state(self.clone())
    }

    pub(crate) fn shelf(&self) -> &Shelf {
        &self.inner.shelf
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    pub(crate) fn administration(&self) -> Option<&Arc<dyn Administration>> {
        self.inner.administration.as_ref()
    }

    pub(crate) fn recorder(&self) -> Option<&dyn Recorder> {
        self.inner.recorder.as_deref()
    }

    pub(crate) fn tokens(&self) -> arc_swap::Guard<Option<Arc<Tokens>>> {
        self.inner.tokens.load()
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    pub(crate) fn join(&self, span: &tracing::Span, headers: &HeaderMap) {
        if let Some(join) = &self.inner.joining {
            join(span, headers);
        }
    }

    pub(crate) fn preview(&self) -> &'static [PreviewFile] {
        self.inner.preview
    }

    pub(crate) fn connections(&self) -> &Arc<Connections> {
        &self.inner.connections
    }

    /// One for each request that is answered.
    pub(crate) fn slots(&self) -> &Slots {
        &self.inner.slots
    }

    /// One for each stream of JSON lines, beside its slot.
    pub(crate) fn streams(&self) -> &Slots {
        &self.inner.streams
    }

    pub(crate) fn deciders(&self) -> &Deciders {
        &self.inner.deciders
    }

    pub(crate) fn now(&self) -> i64 {
        (self.inner.clock)()
    }

    /// What is wrong if `snapshot` is too old to decide with.
    pub(crate) fn stale(&self, snapshot: &Snapshot) -> Option<Problem> {
        let limit = self.settings().max_policy_age?;
        let age = snapshot.age();
        (age > limit).then(|| {
            Problem::new(
                Kind::Stale,
                format!(
                    "the policies were confirmed {} seconds ago, at most {} are allowed, so nothing is allowed: see why the store does not answer",
                    age.as_secs(),
                    limit.as_secs_f64()
                ),
            )
        })
    }
}

async fn nothing(request: Request) -> Problem {
    let path = Excerpt(request.uri().path());
    Problem::new(
        Kind::NotFound,
        format!("there is nothing at `{path}`: `/openapi.json` tells what there is"),
    )
}

async fn wrong_method(request: Request) -> Problem {
    let method = Excerpt(request.method().as_str());
    let path = Excerpt(request.uri().path());
    Problem::new(
        Kind::Method,
        format!("`{method}` does not fit `{path}`: the header `allow` tells which methods do"),
    )
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("settings", self.settings())
            .finish_non_exhaustive()
    }
}
