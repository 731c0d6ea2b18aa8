//! Listens, and stops when it is asked to.
//!
//! Always true here: what was begun before shutdown is answered, if it takes no longer than allowed. A connection holds one of the slots
//! from the moment it is accepted, and its handshake may take no longer than the head of a request.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tower::Service as _;

use crate::caller::Peer;
use crate::head_timer::HeadTimer;
use crate::service::Service;
use crate::tls::Tls;

/// Answers what `listener` accepts, until `shutdown` is done and what was begun is answered.
pub async fn serve<L>(listener: L, service: Service, shutdown: impl Future<Output = ()>)
where
    L: Listener<Addr = SocketAddr>,
{
    listen(listener, None, service, shutdown).await;
}

/// As [`serve`], over TLS: who speaks anything else is not answered.
pub async fn serve_tls<L>(
    listener: L,
    tls: &Tls,
    service: Service,
    shutdown: impl Future<Output = ()>,
) where
    L: Listener<Addr = SocketAddr>,
{
    listen(listener, Some(tls.acceptor()), service, shutdown).await;
}

async fn listen<L>(
    mut listener: L,
    tls: Option<TlsAcceptor>,
    service: Service,
    shutdown: impl Future<Output = ()>,
) where
    L: Listener<Addr = SocketAddr>,
{
    let settings = service.settings();
    let (shutdown_time, slots) = (settings.shutdown_time, settings.connections);
    let slots = Arc::new(Semaphore::new(slots.min(Semaphore::MAX_PERMITS)));
    let connections = GracefulShutdown::new();
    let answering = Answering::new(&service, tls);
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accept = async {
            let slot = Arc::clone(&slots).acquire_owned().await;
            (slot, listener.accept().await)
        };
        let (slot, (io, peer)) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = accept => accepted,
        };
        let (answering, watcher) = (answering.clone(), connections.watcher());
        tokio::spawn(async move {
            let _slot = slot;
            answering.connection(io, peer, watcher).await;
        });
    }
    drop(listener);
    tracing::info!("shutting down");
    if tokio::time::timeout(shutdown_time, connections.shutdown())
        .await
        .is_err()
    {
        tracing::warn!(?shutdown_time, "some answers took too long and are cut off");
    }
}

/// The most bytes of a head that are read, even if fewer are allowed: so much can be refused with a problem document.
const HEAD_BUFFER: usize = 64 << 10;

/// The longest that a head may take, for nobody can say when longer times end.
const LONGEST: Duration = Duration::from_hours(24 * 365);

/// How connections are answered. Cheap to clone.
#[derive(Clone)]
struct Answering {
    router: Router,
    /// Each connection adds a timer of its own.
    http: http1::Builder,
    tls: Option<TlsAcceptor>,
    head_time: Duration,
}

impl Answering {
    fn new(service: &Service, tls: Option<TlsAcceptor>) -> Self {
        let settings = service.settings();
        let head_time = settings.head_time.min(LONGEST);
        let mut http = http1::Builder::new();
        http.header_read_timeout(head_time)
            .max_buf_size(settings.head_bytes.max(HEAD_BUFFER));
        Self {
            router: service.router(),
            http,
            tls,
            head_time,
        }
    }

    async fn connection<I>(self, io: I, peer: SocketAddr, watcher: Watcher)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Some(tls) = &self.tls else {
            return self.answer(io, peer, watcher).await;
        };
        match tokio::time::timeout(self.head_time, tls.accept(io)).await {
            Ok(Ok(io)) => self.answer(io, peer, watcher).await,
            Ok(Err(error)) => tracing::debug!(%error, %peer, "a TLS handshake failed"),
            Err(_) => tracing::debug!(%peer, "a TLS handshake took too long"),
        }
    }

    async fn answer<I>(&self, io: I, peer: SocketAddr, watcher: Watcher)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let answer = service_fn(|request: hyper::Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(Peer(peer));
            // It is always ready.
            self.router.clone().call(request)
        });
        let mut http = self.http.clone();
        http.timer(HeadTimer::default());
        let connection = http.serve_connection(TokioIo::new(io), answer);
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%error, "a connection broke off");
        }
    }
}
