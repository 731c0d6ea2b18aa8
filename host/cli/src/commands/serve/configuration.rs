//! What an operator configures: one TOML file, and flags and the environment over it.
//!
//! Always true here: a key that is not known is an error, and every key has a default.

use std::fs;
use std::net::SocketAddr;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use scopegate_compiler::plain_text;
use scopegate_log::{Masks, WhenStuck};
use scopegate_server::{PublicUrl, Settings, Tenants};
use serde::{Deserialize, Serialize};
use toml_writer::{ToTomlValue as _, TomlStringBuilder};

use super::certificate::Certificate;
use crate::arguments::Serve;

/// The configuration of the service.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Configuration {
    pub(super) listen: SocketAddr,
    pub(super) store: Option<PathBuf>,
    pub(super) tls_certificate: Option<PathBuf>,
    pub(super) tls_key: Option<PathBuf>,
    pub(super) tokens: Option<PathBuf>,
    pub(super) cache: Option<PathBuf>,
    pub(super) default_policy: Option<String>,
    pub(super) public_url: Option<PublicUrl>,
    pub(super) allowed_hosts: Vec<String>,
    pub(super) metrics_need_token: bool,
    pub(super) otlp_endpoint: Option<String>,
    pub(super) allow_caller_time: bool,
    pub(super) allow_policy_choice: bool,
    pub(super) max_policy_age_seconds: Option<u64>,
    pub(super) head_bytes: NonZeroUsize,
    pub(super) body_bytes: NonZeroUsize,
    pub(super) batch: NonZeroUsize,
    pub(super) batch_bytes: NonZeroUsize,
    pub(super) answer_bytes: NonZeroUsize,
    pub(super) concurrent_requests: NonZeroUsize,
    pub(super) connections: NonZeroUsize,
    pub(super) streams: NonZeroUsize,
    pub(super) heavy: NonZeroUsize,
    pub(super) unsent_bytes: usize,
    pub(super) write_seconds: NonZeroU64,
    pub(super) write_rate: NonZeroU64,
    pub(super) stream_rate: NonZeroU64,
    pub(super) messages: Messages,
    pub(super) decision_log: DecisionLog,
    #[serde(rename = "tenant")]
    pub(super) tenants: Vec<Tenant>,
}

/// Which policy decides for an account, or for one of its projects.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tenant {
    account: String,
    project: Option<String>,
    policy: String,
}

/// How the service says what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Messages {
    Text,
    Json,
}

/// Where decisions are written down.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct DecisionLog {
    folder: Option<PathBuf>,
    when_stuck: Stuck,
    sync: bool,
    masks: Vec<String>,
    max_bytes: u64,
    max_age_seconds: u64,
    compress: bool,
    keep: Option<NonZeroUsize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Stuck {
    Block,
    Drop,
}

impl Default for Configuration {
    fn default() -> Self {
        let settings = Settings::default();
        let some = |limit| NonZeroUsize::new(limit).unwrap_or(NonZeroUsize::MIN);
        let rate = |rate| NonZeroU64::new(rate).unwrap_or(NonZeroU64::MIN);
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            store: None,
            tls_certificate: None,
            tls_key: None,
            tokens: None,
            cache: None,
            default_policy: None,
            public_url: None,
            allowed_hosts: settings.allowed_hosts,
            metrics_need_token: settings.metrics_need_token,
            otlp_endpoint: None,
            allow_caller_time: settings.allow_caller_time,
            allow_policy_choice: settings.allow_policy_choice,
            max_policy_age_seconds: None,
            head_bytes: some(settings.head_bytes),
            body_bytes: some(settings.body_bytes),
            batch: some(settings.batch),
            batch_bytes: some(settings.batch_bytes),
            answer_bytes: some(settings.answer_bytes),
            concurrent_requests: some(settings.concurrent_requests),
            connections: some(settings.connections),
            streams: some(settings.streams),
            heavy: some(settings.heavy),
            unsent_bytes: settings.unsent_bytes,
            write_seconds: rate(settings.write_time.as_secs()),
            write_rate: rate(settings.write_rate),
            stream_rate: rate(settings.stream_rate),
            messages: Messages::Text,
            decision_log: DecisionLog::default(),
            tenants: Vec::new(),
        }
    }
}

impl Default for DecisionLog {
    fn default() -> Self {
        let config = scopegate_log::Config::new("");
        Self {
            folder: None,
            when_stuck: Stuck::Block,
            sync: config.sync,
            masks: Vec::new(),
            max_bytes: config.max_bytes,
            max_age_seconds: config.max_age.as_secs(),
            compress: config.compress,
            keep: config.keep,
        }
    }
}

impl Configuration {
    /// What holds: the file, then what is given with the command.
    pub(super) fn of(given: &Serve) -> anyhow::Result<Self> {
        let mut configuration = match &given.config {
            None => Self::default(),
            Some(file) => Self::read(file)?,
        };
        let over = |place: &mut Option<PathBuf>, given: &Option<PathBuf>| {
            if given.is_some() {
                place.clone_from(given);
            }
        };
        over(&mut configuration.store, &given.store);
        over(&mut configuration.tls_certificate, &given.tls_certificate);
        over(&mut configuration.tls_key, &given.tls_key);
        over(&mut configuration.tokens, &given.tokens);
        over(&mut configuration.cache, &given.cache);
        over(&mut configuration.decision_log.folder, &given.decision_log);
        if let Some(listen) = given.listen {
            configuration.listen = listen;
        }
        if given.otlp_endpoint.is_some() {
            configuration.otlp_endpoint.clone_from(&given.otlp_endpoint);
        }
        Ok(configuration)
    }

    fn read(file: &Path) -> anyhow::Result<Self> {
        let cannot = || format!("the configuration `{}` cannot be used", file.display());
        let text = fs::read_to_string(file).with_context(cannot)?;
        let configuration: Self = toml::from_str(&plain_text(&text)).with_context(cannot)?;
        configuration.tenants().with_context(cannot)?;
        Ok(configuration)
    }

    /// The keys that have other values than in `other`.
    pub(super) fn differing(&self, other: &Self) -> anyhow::Result<Vec<String>> {
        let (one, other) = (serde_json::to_value(self)?, serde_json::to_value(other)?);
        let keys = one.as_object().into_iter().flatten();
        let keys = keys.filter(|(key, value)| other.get(key) != Some(value));
        Ok(keys.map(|(key, _)| key.clone()).collect())
    }

    /// The configuration as a file, with what each key means.
    pub(super) fn written(&self) -> anyhow::Result<String> {
        let text = |key: &str, value: &Option<String>| match value {
            Some(value) => format!("{key} = {}", quoted(value)),
            None => format!("# {key} = \"…\""),
        };
        let path = |key: &str, value: &Option<PathBuf>| match value.as_deref().map(Path::to_str) {
            Some(None) => {
                bail!("`{key}` is no UTF-8, and cannot stand in a configuration: move it")
            }
            Some(Some(value)) => Ok(text(key, &Some(value.to_owned()))),
            None => Ok(text(key, &None)),
        };
        let number = |key: &str, value: Option<u64>| match value {
            Some(value) => format!("{key} = {value}"),
            None => format!("# {key} = …"),
        };
        let log = &self.decision_log;
        let messages = if self.messages == Messages::Json {
            "json"
        } else {
            "text"
        };
        let stuck = if log.when_stuck == Stuck::Drop {
            "drop"
        } else {
            "block"
        };
        let lines = [
            "# Where the service listens.".to_owned(),
            format!("listen = \"{}\"", self.listen),
            "# The folder with the versions of policies; without it the policy built in decides.".into(),
            path("store", &self.store)?,
            "# The certificate, with those that lead to it, and its key, in PEM: the service then speaks TLS. They are read again when they change.".into(),
            path("tls_certificate", &self.tls_certificate)?,
            path("tls_key", &self.tls_key)?,
            "# Who may call, one a line: name, decide or administer, sha256:<hex of the token's SHA-256>. It is read again when it changes.".into(),
            path("tokens", &self.tokens)?,
            "# Where compiled code is kept for the next start; only the service may be able to write to it.".into(),
            path("cache", &self.cache)?,
            "# The policy that decides where a request names none; not needed if there is only one.".into(),
            text("default_policy", &self.default_policy),
            "# How others reach the service, an https URL: its identifier for AuthZEN.".into(),
            text("public_url", &self.public_url.clone().map(String::from)),
            "# Without tokens: the hosts, without port, that requests may be for beside this machine's names and the public URL's.".into(),
            format!("allowed_hosts = {}", list(&self.allowed_hosts)),
            "# Whether /metrics needs a token too, where there are tokens.".into(),
            format!("metrics_need_token = {}", self.metrics_need_token),
            "# The collector that traces of requests are sent to, by OTLP over HTTP; without it there are none.".into(),
            text("otlp_endpoint", &self.otlp_endpoint),
            "# Whether a request may name its own `now`. It could revive an approval that has run out: for previews and replays only.".into(),
            format!("allow_caller_time = {}", self.allow_caller_time),
            "# Whether a request may ask for a policy or a version by `?policy=`. An administrator's may always.".into(),
            format!("allow_policy_choice = {}", self.allow_policy_choice),
            "# How long policies decide after the store could last be read.".into(),
            number("max_policy_age_seconds", self.max_policy_age_seconds),
            "# The most bytes of a head (path, query and headers) and of a body, requests of a list, requests at once and open connections.".into(),
            format!(
                "head_bytes = {}\nbody_bytes = {}\nbatch = {}",
                self.head_bytes, self.body_bytes, self.batch
            ),
            "# The most bytes that an AuthZEN batch or an action search is decided over, what its items share counted for each; and of an answer.".into(),
            format!(
                "batch_bytes = {}\nanswer_bytes = {}",
                self.batch_bytes, self.answer_bytes
            ),
            format!(
                "concurrent_requests = {}\nconnections = {}",
                self.concurrent_requests, self.connections
            ),
            "# The most streams of JSON lines at once, heavy requests that wait or go on, and bytes of large answers that are not read yet.".into(),
            format!(
                "streams = {}\nheavy = {}\nunsent_bytes = {}",
                self.streams, self.heavy, self.unsent_bytes
            ),
            "# How long somebody is waited for who does not read, and the bytes a second that readers and streams have to move at least.".into(),
            format!(
                "write_seconds = {}\nwrite_rate = {}\nstream_rate = {}",
                self.write_seconds, self.write_rate, self.stream_rate
            ),
            "# How the service says what it does, on standard error: text or json.".into(),
            format!("messages = \"{messages}\""),
            "\n[decision_log]".into(),
            "# The folder of the log; without it decisions are not written down.".into(),
            path("folder", &log.folder)?,
            "# When the disk is full or slow: block (no decision without a record) or drop (counted).".into(),
            format!("when_stuck = \"{stuck}\""),
            "# Whether a record counts only when it is on the disk.".into(),
            format!("sync = {}", log.sync),
            "# Facts that are not written down, such as \"actor.id\" or \"attributes.*\".".into(),
            format!("masks = {}", list(&log.masks)),
            "# When a new file begins; whether finished ones are compressed; how many are kept.".into(),
            format!("max_bytes = {}\nmax_age_seconds = {}", log.max_bytes, log.max_age_seconds),
            format!("compress = {}", log.compress),
            number("keep", log.keep.map(|keep| keep.get() as u64)),
            "\n# Which policy decides for an account, or for one of its projects; for all others the default does.".into(),
            self.tenants_written(),
        ];
        Ok(lines.join("\n") + "\n")
    }

    fn tenants_written(&self) -> String {
        if self.tenants.is_empty() {
            return "# [[tenant]]\n# account = \"…\"\n# project = \"…\"\n# policy = \"name\" or \"name@version\""
                .to_owned();
        }
        let tenant = |tenant: &Tenant| {
            let project = tenant.project.as_ref();
            let project = project.map(|project| format!("project = {}\n", quoted(project)));
            format!(
                "[[tenant]]\naccount = {}\n{}policy = {}",
                quoted(&tenant.account),
                project.unwrap_or_default(),
                quoted(&tenant.policy)
            )
        };
        let tenants: Vec<_> = self.tenants.iter().map(tenant).collect();
        tenants.join("\n")
    }

    fn tenants(&self) -> anyhow::Result<Tenants> {
        let mut tenants = Tenants::new();
        for tenant in &self.tenants {
            tenants
                .add(&tenant.account, tenant.project.as_deref(), &tenant.policy)
                .context("`tenant`")?;
        }
        Ok(tenants)
    }

    pub(super) fn settings(&self) -> anyhow::Result<Settings> {
        Ok(Settings {
            tenants: self.tenants()?,
            allow_policy_choice: self.allow_policy_choice,
            allow_caller_time: self.allow_caller_time,
            max_policy_age: self.max_policy_age_seconds.map(Duration::from_secs),
            public_url: self.public_url.clone(),
            allowed_hosts: self.allowed_hosts.clone(),
            metrics_need_token: self.metrics_need_token,
            head_bytes: self.head_bytes.get(),
            body_bytes: self.body_bytes.get(),
            batch: self.batch.get(),
            batch_bytes: self.batch_bytes.get(),
            answer_bytes: self.answer_bytes.get(),
            concurrent_requests: self.concurrent_requests.get(),
            connections: self.connections.get(),
            streams: self.streams.get(),
            heavy: self.heavy.get(),
            unsent_bytes: self.unsent_bytes,
            write_time: Duration::from_secs(self.write_seconds.get()),
            write_rate: self.write_rate.get(),
            stream_rate: self.stream_rate.get(),
            ..Settings::default()
        })
    }

    /// The certificate, if the service is to speak TLS.
    pub(super) fn certificate(&self) -> anyhow::Result<Option<Certificate>> {
        match (&self.tls_certificate, &self.tls_key) {
            (None, None) => Ok(None),
            (Some(certificate), Some(key)) => Certificate::read(certificate, key).map(Some),
            (Some(_), None) => {
                bail!("there is a TLS certificate without a key: give `tls_key` as well")
            }
            (None, Some(_)) => {
                bail!("there is a TLS key without a certificate: give `tls_certificate` as well")
            }
        }
    }

    /// The log of decisions, if there is to be one.
    pub(super) fn log(&self) -> anyhow::Result<Option<scopegate_log::Config>> {
        let log = &self.decision_log;
        let Some(folder) = &log.folder else {
            return Ok(None);
        };
        Ok(Some(scopegate_log::Config {
            masks: Masks::new(&log.masks).context("`decision_log.masks`")?,
            when_stuck: match log.when_stuck {
                Stuck::Block => WhenStuck::Block,
                Stuck::Drop => WhenStuck::Drop,
            },
            sync: log.sync,
            max_bytes: log.max_bytes,
            max_age: Duration::from_secs(log.max_age_seconds),
            compress: log.compress,
            keep: log.keep,
            ..scopegate_log::Config::new(folder)
        }))
    }
}

/// The text as TOML has it, in one line.
fn quoted(text: &str) -> String {
    TomlStringBuilder::new(text).as_basic().to_toml_value()
}

/// The texts as a list of TOML, in one line.
fn list(texts: &[String]) -> String {
    let texts: Vec<_> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", texts.join(", "))
}
