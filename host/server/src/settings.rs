//! What an operator chooses.
//!
//! Always true here: the defaults are safe. The clock is the server's, and everything a caller can make large or slow is bounded.

use std::time::Duration;

use crate::public_url::PublicUrl;
use crate::tenants::Tenants;

/// How the service behaves and what it allows.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether a request may bring its own `now`. False: the server's clock decides.
    pub allow_caller_time: bool,
    /// Which policy decides for whom; empty: the default for all.
    pub tenants: Tenants,
    /// Whether a request may ask for a policy or a version by `?policy=`. False: only an administrator's.
    pub allow_policy_choice: bool,
    /// How long policies decide after the store last confirmed them; `None`: for ever.
    pub max_policy_age: Option<Duration>,
    /// How others reach this decision point, its identifier for AuthZEN. `None`: no metadata.
    pub public_url: Option<PublicUrl>,
    /// Hosts, without port, that requests may be for beside this machine's own and the public URL's, where there are no tokens.
    pub allowed_hosts: Vec<String>,
    /// Whether `/metrics` needs a token, where there are tokens.
    pub metrics_need_token: bool,
    /// Bytes of the path, the query and the headers together.
    pub head_bytes: usize,
    /// Bytes of a body, and of one line of JSON lines.
    pub body_bytes: usize,
    /// Bytes of a component that is handed in.
    pub component_bytes: usize,
    /// Requests in a list, and evaluations in a batch.
    pub batch: usize,
    /// Bytes of JSON that an AuthZEN batch or an action search is decided over: of each evaluation with the defaults that it takes, or of
    /// the search for each action. It bounds how long one takes, and what it writes to the decision log.
    pub batch_bytes: usize,
    /// Bytes of an answer with decisions or explanations, and in JSON lines of what is answered to the lines that came together.
    pub answer_bytes: usize,
    /// Requests that are answered at once; the next one is told to come again.
    pub concurrent_requests: usize,
    /// Streams of JSON lines that are answered at once; the next one is told to come again.
    pub streams: usize,
    /// Heavy requests that wait for their first turn; and as many that go on after it, as cores permit. Others are told to come again.
    pub heavy: usize,
    /// Bytes of large answers that are not read yet; an answer that would go over it is told to come again.
    pub unsent_bytes: usize,
    /// Connections that are open at once, beside a few for who asks after the service's health; the next one waits.
    pub connections: usize,
    /// How long a peer is waited for before its connection makes room for others that need its place, its slot or its memory.
    pub patience: Duration,
    /// How long the head of a request may take.
    pub head_time: Duration,
    /// How long a body may take; and how long the lines of a stream are waited for, and a second more for each `stream_rate` bytes.
    pub body_time: Duration,
    /// Bytes a second that a stream has to send at least, on the whole.
    pub stream_rate: u64,
    /// How long a peer is waited for that does not read, and a second more for each `write_rate` bytes.
    pub write_time: Duration,
    /// Bytes a second that a peer has to read at least, on the whole.
    pub write_rate: u64,
    /// How long an answer may take, its body read.
    pub answer_time: Duration,
    /// How long requests under way may take after shutdown was asked for.
    pub shutdown_time: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            allow_caller_time: false,
            tenants: Tenants::new(),
            allow_policy_choice: false,
            max_policy_age: None,
            public_url: None,
            allowed_hosts: Vec::new(),
            metrics_need_token: false,
            head_bytes: 16 << 10,
            body_bytes: 4 << 20,
            component_bytes: 16 << 20,
            batch: 1_000,
            batch_bytes: 16 << 20,
            answer_bytes: 32 << 20,
            concurrent_requests: 256,
            streams: 64,
            heavy: 64,
            unsent_bytes: 256 << 20,
            connections: 1_024,
            patience: Duration::from_secs(1),
            head_time: Duration::from_secs(10),
            body_time: Duration::from_secs(30),
            stream_rate: 256,
            write_time: Duration::from_secs(30),
            write_rate: 16 << 10,
            answer_time: Duration::from_mins(1),
            shutdown_time: Duration::from_secs(30),
        }
    }
}
