//! `scopegate serve`: decides over HTTP.
//!
//! Always true here: the service begins only with a policy that decides, and ends when its requests are answered.

mod administration;
mod certificate;
mod configuration;
mod messages;
mod recorder;
mod traces;
mod versions;
mod watch;

use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use scopegate::Engine;
use scopegate_log::Log;
use scopegate_server::{PreviewFile, Service, Shelf, Shelved, Snapshot, Tokens, serve, serve_tls};
use scopegate_store::Store;
use tokio::net::{TcpListener, TcpSocket};

use crate::arguments::{CacheChoice, Serve};
use crate::commands::check::chain;
use crate::exit::Exit;
use crate::output;
use crate::policy::{self, DEFAULT};
use administration::OfStore;
use certificate::Certificate;
use configuration::Configuration;
use recorder::ToLog;
use traces::Traces;
use watch::Watch;

/// The preview page; no file if it was not built before this program.
static PREVIEW: &[PreviewFile] = include!(concat!(env!("OUT_DIR"), "/preview.rs"));

/// How often the store and the tokens are looked at.
const LOOK: Duration = Duration::from_millis(200);

impl Serve {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let configuration = Configuration::of(&self)?;
        if self.print_config {
            let mut out = output::data();
            out.write_all(configuration.written().as_bytes())?;
            out.flush()?;
            return Ok(Exit::Done);
        }
        let traces = configuration
            .otlp_endpoint
            .as_deref()
            .map(Traces::new)
            .transpose()?;
        messages::begin(configuration.messages, traces.as_ref());
        allow_files();
        let certificate = configuration.certificate()?.map(Arc::new);
        let engine = policy::engine(&CacheChoice {
            cache: configuration.cache.clone(),
        })?;
        let watch = configuration
            .store
            .as_deref()
            .map(|folder| watched(folder, &engine, &configuration))
            .transpose()?;
        let shelf = match &watch {
            Some(watch) => Arc::clone(&watch.shelf),
            None => built_in(&engine)?,
        };
        let settings = configuration.settings()?;
        let mut service = Service::builder(shelf).settings(settings).preview(PREVIEW);
        if let Some(watch) = &watch {
            service = service.administration(Arc::new(OfStore(Arc::clone(watch))));
        }
        if let Some(config) = configuration.log()? {
            let log = Log::open(config).context("the decision log cannot be opened")?;
            service = service.recorder(Arc::new(ToLog(log)));
        }
        let mut text = None;
        if let Some(file) = &configuration.tokens {
            let read = read_tokens(file)?;
            service = service.tokens(tokens(file, &read)?);
            text = Some(read);
        }
        if traces.is_some() {
            service = Traces::join(service);
        }
        let service = service.build();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context("no threads can be started")?;
        let ended = runtime.block_on(listen(&configuration, service, watch, certificate, text));
        if let Some(traces) = &traces {
            traces.end();
        }
        ended
    }
}

async fn listen(
    configuration: &Configuration,
    service: Service,
    watch: Option<Arc<Watch>>,
    certificate: Option<Arc<Certificate>>,
    text: Option<String>,
) -> anyhow::Result<Exit> {
    let listener = bound(configuration.listen)
        .with_context(|| format!("nobody can listen at {}", configuration.listen))?;
    let address = listener.local_addr()?;
    warn_of_listeners(address, certificate.is_some());
    tracing::info!(%address, "listening");
    let tls = certificate
        .as_ref()
        .map(|certificate| certificate.tls.clone());
    let (store, tokens) = (watch.clone(), configuration.tokens.clone());
    let reloaded = service.clone();
    // Apart, so that a store that does not answer keeps no token from being taken away.
    tokio::spawn(async move {
        while let Some(watch) = store.clone() {
            tokio::time::sleep(LOOK).await;
            let looked = tokio::task::spawn_blocking(move || {
                if let Err(error) = watch.look() {
                    tracing::error!(error = chain(&error), "the store cannot be read");
                }
            });
            // One that broke off said so; the next is another.
            let _ = looked.await;
        }
    });
    tokio::spawn(async move {
        let mut text = text;
        loop {
            tokio::time::sleep(LOOK).await;
            let (certificate, file, service, before) = (
                certificate.clone(),
                tokens.clone(),
                reloaded.clone(),
                text.clone(),
            );
            let looked = tokio::task::spawn_blocking(move || {
                if let Some(certificate) = certificate {
                    certificate.look();
                }
                file.map_or(before.clone(), |file| reload(&file, &service, before))
            });
            text = looked.await.unwrap_or(text);
        }
    });
    match tls {
        Some(tls) => serve_tls(listener, &tls, service, ended()).await,
        None => serve(listener, service, ended()).await,
    }
    tracing::info!("ended");
    Ok(Exit::Done)
}

/// Lets this process have as many files and connections as it may: by default it is often fewer than connections are allowed.
#[cfg(unix)]
fn allow_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let more = Rlimit {
        current: maximum,
        maximum,
    };
    if current != maximum
        && let Err(error) = setrlimit(Resource::Nofile, more)
    {
        tracing::warn!(%error, "no more files can be open than before");
    }
}

/// Elsewhere there is no such limit.
#[cfg(not(unix))]
fn allow_files() {}

/// Bytes of each connection that the system keeps at most until they are read. More would be the system's memory, and would hide for longer
/// that nobody reads.
const SEND_BUFFER: u32 = 128 << 10;

/// Connections that the system keeps until they are accepted.
const BACKLOG: u32 = 1024;

/// Listens at `address`.
fn bound(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // A service that was just ended may leave connections behind.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    // What is accepted has it as well.
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// What is sent to a service that others reach, and is not TLS, can be read and changed on the way.
fn warn_of_listeners(address: SocketAddr, is_tls: bool) {
    if !is_tls && !address.ip().to_canonical().is_loopback() {
        tracing::warn!(
            %address,
            "callers elsewhere are answered without TLS: give a certificate, or let only a proxy that speaks TLS reach this address"
        );
    }
}

/// Waits until the process is asked to end.
async fn ended() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Without a way to be asked, it runs until it is killed.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn watched(
    folder: &Path,
    engine: &Engine,
    configuration: &Configuration,
) -> anyhow::Result<Arc<Watch>> {
    let store = Store::open(folder)?;
    let default = configuration.default_policy.clone();
    let watch = Watch::new(store, engine.clone(), default)?;
    let snapshot = watch.shelf.snapshot();
    if snapshot
        .policies
        .values()
        .all(|policy| policy.active.is_none())
    {
        bail!(
            "no version in the store `{}` is active: `scopegate policy activate` makes one so",
            folder.display()
        );
    }
    let (name, version) = (
        env!("SCOPEGATE_POLICY_NAME"),
        env!("SCOPEGATE_POLICY_VERSION"),
    );
    if snapshot.policies.contains_key(name) {
        tracing::warn!(
            policy = name,
            version,
            "the store's versions decide, not the one built in"
        );
    }
    Ok(watch)
}

fn built_in(engine: &Engine) -> anyhow::Result<Arc<Shelf>> {
    let policy = engine
        .load(DEFAULT)
        .context("the default policy cannot be loaded")?;
    let name = policy.id().name.clone();
    tracing::info!(
        policy = name,
        version = policy.id().version,
        "no store: the policy built in decides"
    );
    Ok(Arc::new(Shelf::new(Snapshot::new([(
        name,
        Shelved::active(policy),
    )]))))
}

fn read_tokens(file: &Path) -> anyhow::Result<String> {
    fs::read_to_string(file)
        .with_context(|| format!("the tokens `{}` cannot be read", file.display()))
}

fn tokens(file: &Path, text: &str) -> anyhow::Result<Tokens> {
    Tokens::parse(text).with_context(|| format!("the tokens `{}` cannot be used", file.display()))
}

/// Reads the tokens again if they have changed; those that cannot be used leave the ones before.
fn reload(file: &Path, service: &Service, before: Option<String>) -> Option<String> {
    let text = match read_tokens(file) {
        Ok(text) if Some(&text) == before.as_ref() => return before,
        Ok(text) => text,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "the tokens before hold");
            return before;
        }
    };
    match tokens(file, &text) {
        Ok(tokens) => {
            service.replace_tokens(tokens);
            tracing::info!("the tokens were read again");
        }
        Err(error) => tracing::error!(error = format!("{error:#}"), "the tokens before hold"),
    }
    Some(text)
}
