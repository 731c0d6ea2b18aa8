//! `scopegate serve`: decides over HTTP.
//!
//! Always true here: the service begins only with a policy that decides, and ends when its requests are answered.

mod administration;
mod certificate;
mod configuration;
mod follow;
mod messages;
mod recorder;
mod signals;
mod token_file;
mod traces;
mod versions;
mod watch;

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use scopegate::Engine;
use scopegate_log::Log;
use scopegate_server::{
    PreviewFile, Service, Settings, Shelf, Shelved, Snapshot, serve, serve_tls,
};
use scopegate_store::Store;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::Notify;

use crate::arguments::{CacheChoice, Serve};
use crate::exit::Exit;
use crate::output;
use crate::policy::{self, DEFAULT};
use administration::OfStore;
use configuration::Configuration;
use follow::{Files, follow_store};
use recorder::ToLog;
use signals::Signals;
use token_file::TokenFile;
use traces::Traces;
use watch::Watch;

/// The preview page; no file if it was not built before this program.
static PREVIEW: &[PreviewFile] = include!(concat!(env!("OUT_DIR"), "/preview.rs"));

/// How long what is under way has when the service has ended.
const LAST: Duration = Duration::from_secs(2);

impl Serve {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let configuration = Configuration::of(&self)?;
        if self.print_config {
            let mut out = output::data();
            out.write_all(configuration.written()?.as_bytes())?;
            out.flush()?;
            return Ok(Exit::Done);
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context("no threads can be started")?;
        let signals = {
            let _within = runtime.enter();
            Signals::new().context("no signals can be waited for")?
        };
        let traces = configuration
            .otlp_endpoint
            .as_deref()
            .map(Traces::new)
            .transpose()?;
        messages::begin(configuration.messages, traces.as_ref());
        allow_files();
        let certificate = configuration.certificate()?;
        let engine = policy::engine(&CacheChoice {
            cache: configuration.cache.clone(),
        })?;
        let settings = configuration.settings()?;
        let watch = configuration
            .store
            .as_deref()
            .map(|folder| watched(folder, &engine, &configuration, &settings))
            .transpose()?;
        let shelf = match &watch {
            Some(watch) => Arc::clone(&watch.shelf),
            None => built_in(&engine, configuration.default_policy.as_deref())?,
        };
        let mut service = Service::builder(shelf).settings(settings).preview(PREVIEW);
        if let Some(watch) = &watch {
            service = service.administration(Arc::new(OfStore(Arc::clone(watch))));
        }
        let mut log = None;
        if let Some(config) = configuration.log()? {
            let opened = Log::open(config).context("the decision log cannot be opened")?;
            let opened = Arc::new(ToLog::new(opened));
            service = service.recorder(opened.clone());
            log = Some(opened);
        }
        let mut tokens = None;
        if let Some(path) = &configuration.tokens {
            let (file, read) = TokenFile::read(path)?;
            service = service.tokens(read);
            tokens = Some(file);
        }
        if traces.is_some() {
            service = Traces::join(service);
        }
        let files = Files {
            service: service.build(),
            certificate,
            tokens,
            log,
            given: self,
            configuration,
        };
        let ended = runtime.block_on(listen(files, watch, signals));
        // What still waits for a disk that does not answer keeps nobody from ending.
        runtime.shutdown_timeout(LAST);
        if let Some(traces) = &traces {
            traces.end();
        }
        ended
    }
}

async fn listen(files: Files, watch: Option<Arc<Watch>>, signals: Signals) -> anyhow::Result<Exit> {
    let listen = files.configuration.listen;
    let listener = bound(listen).with_context(|| format!("nobody can listen at {listen}"))?;
    let address = listener.local_addr()?;
    let certificate = files.certificate.as_ref();
    let tls = certificate.map(|certificate| certificate.tls.clone());
    warn_of_listeners(address, tls.is_some());
    tracing::info!(%address, "listening");
    let service = files.service.clone();
    if let Some(watch) = watch {
        follow_store(&watch);
    }
    let hung_up = Arc::new(Notify::new());
    files.follow(Arc::clone(&hung_up));
    match tls {
        Some(tls) => serve_tls(listener, &tls, service, signals.ended(hung_up)).await,
        None => serve(listener, service, signals.ended(hung_up)).await,
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

fn watched(
    folder: &Path,
    engine: &Engine,
    configuration: &Configuration,
    settings: &Settings,
) -> anyhow::Result<Arc<Watch>> {
    let store = Store::open(folder)?;
    let default = configuration.default_policy.clone();
    let named = settings.tenants.policies().map(str::to_owned).collect();
    let watch = Watch::new(store, engine.clone(), default, named)?;
    let snapshot = watch.shelf.snapshot();
    let unusable: Vec<_> = snapshot
        .policies
        .iter()
        .filter(|(_, policy)| policy.active.is_none())
        .filter_map(|(name, policy)| Some((name, policy.last_failure.as_ref()?)))
        .collect();
    if snapshot.policies.values().all(|it| it.active.is_none()) {
        let folder = folder.display();
        if unusable.is_empty() {
            bail!(
                "no version in the store `{folder}` is active: `scopegate policy activate` makes one so"
            );
        }
        let failures = unusable.iter();
        let failures = failures.map(|(name, failure)| format!("\n  {name} {failure}"));
        bail!(
            "no version in the store `{folder}` can decide:{}\nput its files back, or activate another version: `scopegate policy activate`",
            failures.collect::<String>()
        );
    }
    for (policy, failure) in unusable {
        tracing::error!(
            policy,
            failure,
            "nothing is decided with this policy: put its files back, or activate another version"
        );
    }
    check_default(&snapshot, configuration.default_policy.as_deref())?;
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

/// Refuses a default policy that is not there.
fn check_default(snapshot: &Snapshot, default: Option<&str>) -> anyhow::Result<()> {
    let Some(default) = default else {
        return Ok(());
    };
    if let Some(policy) = snapshot.policies.get(default) {
        if policy.active.is_none() {
            tracing::error!(
                policy = default,
                "the default policy has no active version that decides: activate one"
            );
        }
        return Ok(());
    }
    let names: Vec<_> = snapshot.policies.keys().collect();
    bail!(
        "`default_policy` names `{}`, and there is no such policy: expected {}",
        default.escape_debug(),
        output::list(&names)
    );
}

fn built_in(engine: &Engine, default: Option<&str>) -> anyhow::Result<Arc<Shelf>> {
    let policy = engine
        .load(DEFAULT)
        .context("the default policy cannot be loaded")?;
    let name = policy.id().name.clone();
    tracing::info!(
        policy = name,
        version = policy.id().version,
        "no store: the policy built in decides"
    );
    let snapshot = Snapshot::new([(name, Shelved::active(policy))]);
    check_default(&snapshot, default)?;
    Ok(Arc::new(Shelf::new(snapshot)))
}
