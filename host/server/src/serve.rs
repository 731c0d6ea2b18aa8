//! Listens, and stops when it is asked to.
//!
//! Always true here: what was begun before shutdown is answered, if it takes no longer than allowed. A connection has a
//! [place](crate::connections) before anything is read of it, and its handshake may take no longer than the head of a request.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::http::{HeaderValue, header};
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tower::Service as _;

use crate::caller::Peer;
use crate::connections::{Arriving, Ended, Pace, Place, Socket};
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
    let shutdown_time = service.settings().shutdown_time;
    let places = Arc::clone(service.connections());
    let connections = GracefulShutdown::new();
    let answering = Answering::new(&service, tls);
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accept = async {
            let accepted = listener.accept().await;
            (accepted, places.enter().await)
        };
        let ((io, peer), place) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = accept => accepted,
        };
        let (answering, watcher) = (answering.clone(), connections.watcher());
        tokio::spawn(async move {
            tokio::select! {
                biased;
                () = place.connection.ended() => tracing::debug!(%peer, "a connection made room"),
                () = answering.connection(io, peer, watcher, &place) => {}
            }
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

/// After so many answers it is the turn of the other connections: requests that were all sent at once never wait for their peer.
const ANSWERS: usize = 16;

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
    write_time: Duration,
    write_rate: u64,
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
            write_time: settings.write_time.min(LONGEST),
            write_rate: settings.write_rate,
        }
    }

    async fn connection<I>(self, io: I, peer: SocketAddr, watcher: Watcher, place: &Place)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let pace = Pace::new(self.write_time, self.write_rate);
        let Place {
            connection,
            connections,
            ..
        } = place;
        let io = Socket::new(io, Arc::clone(connection), Arc::clone(connections), pace);
        let Some(tls) = &self.tls else {
            return self.answer(io, peer, watcher, place).await;
        };
        match tokio::time::timeout(self.head_time, tls.accept(io)).await {
            Ok(Ok(io)) => self.answer(io, peer, watcher, place).await,
            Ok(Err(error)) => tracing::debug!(%error, %peer, "a TLS handshake failed"),
            Err(_) => {
                connections.count(Ended::HANDSHAKE);
                tracing::debug!(%peer, "a TLS handshake took too long");
            }
        }
    }

    async fn answer<I>(&self, io: I, peer: SocketAddr, watcher: Watcher, place: &Place)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let answers = AtomicUsize::new(1);
        let answer = service_fn(|request: hyper::Request<Incoming>| {
            let connection = Arc::clone(&place.connection);
            let is_whole = request.body().is_end_stream();
            let mut request = request.map(|body| {
                let connection = Arc::clone(&connection);
                Body::new(Arriving { body, connection })
            });
            request.extensions_mut().insert(Peer(peer));
            request.extensions_mut().insert(Arc::clone(&connection));
            // It is always ready.
            let answer = self.router.clone().call(request);
            let is_turn_over = answers
                .fetch_add(1, Ordering::Relaxed)
                .is_multiple_of(ANSWERS);
            async move {
                if is_turn_over {
                    tokio::task::yield_now().await;
                }
                // Not before, for one that has not read the answer before is still waited for.
                connection.asks(is_whole);
                let mut answer = answer.await;
                connection.is_answered();
                // Where all places are taken, those of whom nobody knows pass on, and known callers keep theirs.
                let is_full = !connection.is_known() && place.connections.is_full();
                if let Ok(answer) = &mut answer
                    && (connection.is_for_health() || is_full)
                {
                    let close = HeaderValue::from_static("close");
                    answer.headers_mut().insert(header::CONNECTION, close);
                }
                answer
            }
        });
        let mut http = self.http.clone();
        http.timer(HeadTimer::default());
        let connection = http.serve_connection(TokioIo::new(io), answer);
        if let Err(error) = watcher.watch(connection).await {
            if error.is_timeout() {
                place.connections.count(Ended::HEAD);
            }
            tracing::debug!(%error, "a connection broke off");
        }
    }
}
