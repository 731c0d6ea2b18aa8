//! What the program can be asked.
//!
//! Always true here: every command and option says what it does, and each command shows how it is used.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use scopegate_log::Id;

const VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    " (default policy ",
    env!("SCOPEGATE_POLICY_NAME"),
    " ",
    env!("SCOPEGATE_POLICY_VERSION"),
    ")"
);

const LONG_VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    "\ndefault policy ",
    env!("SCOPEGATE_POLICY_NAME"),
    " ",
    env!("SCOPEGATE_POLICY_VERSION"),
    " ",
    env!("SCOPEGATE_POLICY_DIGEST"),
);

const EXITS: &str = "\
Exit codes:
  0  everything was allowed, or done
  1  something failed: a file, a policy, an option, an evaluation
  2  some action was denied
  3  some request is invalid, or has a fact that the policy cannot judge
Of several the first of 1, 3, 2 counts: only 0 says that every action may proceed.";

/// May this action proceed now? Decides with policies compiled to WebAssembly.
#[derive(Debug, Parser)]
#[command(name = "scopegate", version = VERSION, long_version = LONG_VERSION, after_help = EXITS, propagate_version = false, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Decide requests: may each action proceed now?
    Check(Check),
    /// Show what can be done now: the decision for each action on the same facts.
    Actions(Actions),
    /// Write the beginning of a request.
    #[command(subcommand)]
    Request(RequestCommand),
    /// Compile a rule set to a policy component.
    Build(Build),
    /// Run the cases of policies.
    Test(Test),
    /// Report what in rule sets has no effect.
    Lint(Lint),
    /// Show what a policy is: its requirements, ready states, facts and limits.
    Inspect(Inspect),
    /// Keep versions of policies in a store: publish, activate, roll back, sign.
    Policy(PolicyCommand),
    /// Decide over HTTP, with the versions of a store.
    Serve(Serve),
    /// Print a JSON Schema.
    Schema(Schema),
    /// Measure how fast a policy loads and decides.
    Bench(Bench),
    /// Read the log of decisions: show it, verify it, decide it again.
    #[command(subcommand)]
    Log(Log),
    /// Print the completions of a shell.
    Completions(Completions),
    /// Compile a component for another process of this program
    #[command(hide = true)]
    CompileForeign(CompileForeign),
}

/// Which policy decides.
#[derive(Debug, Args)]
pub(crate) struct PolicyChoice {
    /// The policy: a component, a rule set, a folder with a `policy.toml` or one component, or a version of the store, the active one if none is named [default: the one built in]
    #[arg(long, value_name = "FILE.wasm|policy.toml|DIR|NAME[@VERSION]", value_hint = ValueHint::AnyPath)]
    pub(crate) policy: Option<PathBuf>,

    /// The folder of the store
    #[arg(long, value_name = "DIR", env = "SCOPEGATE_STORE", value_hint = ValueHint::DirPath)]
    pub(crate) store: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) cache: CacheChoice,
}

/// Where compiled code is kept.
#[derive(Debug, Args)]
pub(crate) struct CacheChoice {
    /// A folder that only you can write to, where compiled code is kept for the next start
    #[arg(long, value_name = "DIR", env = "SCOPEGATE_CACHE", value_hint = ValueHint::DirPath)]
    pub(crate) cache: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For programs: one JSON value a line
    Json,
}

#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  scopegate check request.json
  scopegate check request.json --explain
  scopegate check requests.jsonl --format json | jq -r .decision
  cat requests.jsonl | scopegate check --policy policies/acme/1.0.0

With `--format json` there is one line for each request, in their order: the decision, or
  {\"error\":{\"path\":\"scan.targets[3].url\",\"message\":\"…\"}}
if the request is invalid or the policy cannot judge it; the others are decided all the same.
What else is wrong with a request follows as `\"others\":[{\"path\":…,\"message\":…}]`.
In JSON lines each line that is not JSON gives one such error. In a list, or where a request
has many lines, what is not JSON ends the input: nothing after it can be trusted.
A request without `now` is decided for this moment. An input without a request is invalid.

Exit codes:
  0  every action is allowed
  1  a file cannot be read, the policy cannot be loaded, or it failed to decide
  2  some action is denied
  3  some request is invalid, or has a fact that the policy cannot judge
Of several the first of 1, 3, 2 counts.")]
pub(crate) struct Check {
    /// Requests: a JSON object, a list of them, JSON lines, or objects one after another; `-` is standard input
    #[arg(value_name = "FILE", default_value = "-", hide_default_value = true, value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) policy: PolicyChoice,

    /// How decisions are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,

    /// Add the facts that decided each unmet requirement, with their values; in JSON as `explanations`:
    /// `[{"requirement": …, "facts": [{"path": …, "value": …}]}]`
    #[arg(long)]
    pub(crate) explain: bool,
}

#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  scopegate actions request.json
  scopegate actions request.json --format json | jq -r 'select(.decision == \"allow\").action'

The request's own `action` does not matter, and may be left out. Denied actions do not change the exit code.")]
pub(crate) struct Actions {
    /// One request, for its facts; `-` is standard input
    #[arg(value_name = "FILE", default_value = "-", hide_default_value = true, value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,

    #[command(flatten)]
    pub(crate) policy: PolicyChoice,

    /// How decisions are printed; in JSON one line for each action: `action`, then the fields of its decision
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RequestCommand {
    /// Print a request for an action that has every name, and says nothing yet.
    #[command(after_long_help = "\
Examples:
  scopegate request new scan > request.json
  scopegate request new open_ticket --policy policies/acme/1.0.0 > request.json

It has whatever must be there, what may be absent and some requirement of the action misses, and every attribute that
the policy declares. What can be chosen from is said on standard error. `now` is left out: the host's clock fills it in.")]
    New {
        /// The action, as the policy knows it
        #[arg(value_name = "ACTION")]
        action: String,

        #[command(flatten)]
        policy: PolicyChoice,
    },
}

#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  scopegate build policies/acme/1.0.0 -o acme-1.0.0.wasm
  scopegate check request.json --policy acme-1.0.0.wasm

The same rule set gives the same bytes on every machine. OUT.wasm is written whole or not at all;
a device or pipe, such as `/dev/null`, is written to as it is.")]
pub(crate) struct Build {
    /// A rule set, or a folder with a `policy.toml`
    #[arg(value_name = "DIR|FILE", value_hint = ValueHint::AnyPath)]
    pub(crate) rules: PathBuf,

    /// The component to write; `-` is standard output
    #[arg(short, long, value_name = "OUT.wasm", value_hint = ValueHint::FilePath)]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_long_help = "\
A folder holds `policy.toml` (or one component), `bases.json` with named requests, and `cases.jsonl` with one case a line:
  {\"name\": \"a viewer may not scan\", \"base\": \"scan\", \"patch\": {\"actor\": {\"role\": \"viewer\"}},
   \"expect\": {\"decision\": \"deny\", \"requirements\": [\"actor-known\"]}}
`patch` changes the base as RFC 7396 says; `request` stands for both. What `expect` leaves out
is not compared; it may hold `requirements`, `codes`, `blocked`, `ready` and `fallbacks` too.

Examples:
  scopegate test policies/*/*
  scopegate test policies/acme/1.0.0 --coverage --mutants

Exits with 1 if a case fails, if `--coverage` finds a requirement that was not seen in every way
it can be, or if `--mutants` finds a change that no case notices.")]
pub(crate) struct Test {
    /// Folders of policies
    #[arg(value_name = "DIR", required = true, value_hint = ValueHint::DirPath)]
    pub(crate) folders: Vec<PathBuf>,

    /// List for each requirement how many cases saw it met, unmet and not applying
    #[arg(long)]
    pub(crate) coverage: bool,

    /// Change the rules in every small way in turn, and list the changes that no case notices
    #[arg(long)]
    pub(crate) mutants: bool,

    /// Also judge by `--coverage` and `--mutants` the rules that a policy extends
    #[arg(long)]
    pub(crate) base: bool,

    #[command(flatten)]
    pub(crate) cache: CacheChoice,
}

#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  scopegate lint
  scopegate lint policies/acme/1.0.0 other/policy.toml

Exits with 1 if there is anything to report.")]
pub(crate) struct Lint {
    /// Rule sets, or folders with a `policy.toml`
    #[arg(value_name = "DIR|FILE", default_value = ".", value_hint = ValueHint::AnyPath)]
    pub(crate) rules: Vec<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  scopegate inspect
  scopegate inspect acme-1.0.0.wasm --format json | jq -r '.requirements[].id'
  scopegate inspect acme-1.0.0.wasm --rules > policy.toml")]
pub(crate) struct Inspect {
    /// A component, a rule set, a folder with either, or a version of the store [default: the policy built in]
    #[arg(value_name = "FILE.wasm|policy.toml|DIR|NAME[@VERSION]", value_hint = ValueHint::AnyPath)]
    pub(crate) policy: Option<PathBuf>,

    /// The folder of the store
    #[arg(long, value_name = "DIR", env = "SCOPEGATE_STORE", value_hint = ValueHint::DirPath)]
    pub(crate) store: Option<PathBuf>,

    /// How it is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,

    /// Print the rule set that the component says it was made of, and nothing else
    #[arg(long, conflicts_with = "format")]
    pub(crate) rules: bool,

    #[command(flatten)]
    pub(crate) cache: CacheChoice,
}

#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  scopegate policy init --store /var/lib/scopegate
  export SCOPEGATE_STORE=/var/lib/scopegate
  scopegate policy add policies/acme/1.1.0
  scopegate policy activate acme@1.1.0 --why 'ticket 42'
  scopegate policy rollback acme --why 'too strict for agencies'
  scopegate policy history acme

A version that is published never changes. It is added only if it loads and passes the cases beside it.")]
pub(crate) struct PolicyCommand {
    #[command(flatten)]
    pub(crate) store: StoreChoice,

    #[command(subcommand)]
    pub(crate) action: PolicyAction,
}

/// Which store.
#[derive(Debug, Args)]
pub(crate) struct StoreChoice {
    /// The folder of the store
    #[arg(long, global = true, value_name = "DIR", env = "SCOPEGATE_STORE", value_hint = ValueHint::DirPath)]
    pub(crate) store: Option<PathBuf>,

    /// Who does it, for the journal
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        env = "USER",
        hide_env_values = true,
        default_value = "unknown"
    )]
    pub(crate) by: String,

    #[command(flatten)]
    pub(crate) cache: CacheChoice,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyAction {
    /// Make a store.
    Init,
    /// Write the beginning of a policy: a rule set and a case.
    New {
        /// The folder to make
        #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
        folder: PathBuf,

        /// A rule set whose rules stand too, such as `webriskops@1.1.0`
        #[arg(long, value_name = "NAME@VERSION|PATH")]
        extends: Option<String>,
    },
    /// Publish a version.
    Add {
        /// A folder with a `policy.toml` or one component, and its cases if it has some; or a file of either kind
        #[arg(value_name = "DIR|FILE", value_hint = ValueHint::AnyPath)]
        path: PathBuf,

        /// Its name, if it is allowed more than others are: see `scopegate policy allow`
        #[arg(long, value_name = "NAME")]
        name: Option<String>,

        /// The number of this build, where the version is published with the same rules from another compiler
        #[arg(long, value_name = "NUMBER")]
        build: Option<u64>,

        /// The component's signature, as minisign writes it [default: FILE.minisig, if it is there]
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        signature: Option<PathBuf>,
    },
    /// Show and change what a policy may cost and import.
    Allow(Allow),
    /// List every policy and its versions.
    List {
        /// How it is printed
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Show what is known of a version.
    Show {
        /// The policy, or one version of it [default: the active one]
        #[arg(value_name = "NAME[@VERSION]")]
        policy: String,
    },
    /// Make a version the active one.
    Activate {
        /// The version
        #[arg(value_name = "NAME@VERSION")]
        policy: String,

        /// Also if it is older than the active one
        #[arg(long)]
        allow_downgrade: bool,

        /// Why, for the journal
        #[arg(long, value_name = "TEXT", default_value = "")]
        why: String,
    },
    /// Go back to the version that was active before; once more, to the one before that.
    Rollback {
        /// The policy
        name: String,

        /// Why, for the journal
        #[arg(long, value_name = "TEXT", default_value = "")]
        why: String,
    },
    /// Remove a version that is not active.
    Remove {
        /// The version
        #[arg(value_name = "NAME@VERSION")]
        policy: String,
    },
    /// Check every file of the store against what was published, and load every version.
    Verify,
    /// Show every activation of a policy.
    History {
        /// The policy
        name: String,

        /// How it is printed
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Sign a component, or a version in the store.
    Sign {
        /// The component; or the version, the active one if none is named, whose signature then stands in the store
        #[arg(value_name = "FILE.wasm|NAME[@VERSION]", value_hint = ValueHint::FilePath)]
        component: PathBuf,

        /// The secret key, without a password
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        key: PathBuf,
    },
    /// Make keys, and say whose signatures count.
    Key {
        #[command(subcommand)]
        action: KeyAction,
    },
}

/// What one policy may cost and import.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  scopegate policy allow acme
  scopegate policy allow acme --wasi yes --time-ms 200
  scopegate policy allow acme --default

A running service loads the policy again with what it is allowed then.")]
pub(crate) struct Allow {
    /// The policy
    pub(crate) name: String,

    /// Whether it may import WASI 0.2, of which it finds an empty one: no files, no network, the request's time
    #[arg(long, value_name = "yes|no", value_parser = ["yes", "no"])]
    pub(crate) wasi: Option<String>,

    /// Bytes of memory
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) memory_bytes: Option<u64>,

    /// How long a call may run, in milliseconds
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) time_ms: Option<u64>,

    /// How much work a call of a policy made elsewhere may do, in units of about one instruction
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) fuel: Option<u64>,

    /// Bytes of its component
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) component_bytes: Option<u64>,

    /// Bytes that a call may hand back
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) result_bytes: Option<u64>,

    /// How long a component made elsewhere may take to be compiled, in milliseconds
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) compile_ms: Option<u64>,

    /// Bytes of memory that may take
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) compile_bytes: Option<u64>,

    /// What every policy may, and no more
    #[arg(long, conflicts_with_all = ["wasi", "memory_bytes", "time_ms", "fuel", "component_bytes", "result_bytes", "compile_ms", "compile_bytes"])]
    pub(crate) default: bool,
}

/// Compiles what comes on standard input to standard output.
#[derive(Debug, Args)]
pub(crate) struct CompileForeign {
    /// Bytes of memory that it may take
    pub(crate) memory_bytes: u64,
    /// Seconds that it may take on each core
    pub(crate) seconds: u64,
    /// Bytes of the component
    pub(crate) component_bytes: usize,

    /// A record says that a compiler of ours made it
    #[arg(long = "recorded")]
    pub(crate) is_recorded: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyAction {
    /// Make a pair of keys: FILE.key, to be kept secret, and FILE.pub.
    New {
        /// The files' name
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        output: PathBuf,
    },
    /// Have signatures of a key count.
    Trust {
        /// The public key
        #[arg(value_name = "FILE.pub", value_hint = ValueHint::FilePath)]
        key: PathBuf,

        /// What to call it
        #[arg(long, value_name = "NAME")]
        label: String,
    },
    /// Have signatures of a key no longer count, whatever else it is called.
    Remove {
        /// What it is called, or its id
        #[arg(value_name = "LABEL|ID")]
        key: String,

        /// Also if active versions then no longer decide
        #[arg(long)]
        yes: bool,
    },
    /// List the keys.
    List,
    /// Say whether every component has to be signed.
    Require {
        /// `yes` or `no`
        #[arg(value_parser = ["yes", "no"])]
        required: String,

        /// Also if active versions then no longer decide
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  scopegate serve
  scopegate serve --store /var/lib/scopegate --tokens /etc/scopegate/tokens --decision-log /var/log/scopegate
  scopegate serve --config /etc/scopegate.toml --print-config
  curl -s localhost:8080/v1/decisions -H 'content-type: application/json' -d @request.json

Without a store the policy built in decides. An activation in the store is seen within a second, whoever made it;
a version that does not load, or fails its own cases, does not decide: the one before goes on.
Without tokens only callers on this machine are answered, and nothing can be changed over HTTP.")]
pub(crate) struct Serve {
    /// The configuration; what is given here goes before it
    #[arg(long, value_name = "FILE.toml", env = "SCOPEGATE_CONFIG", value_hint = ValueHint::FilePath)]
    pub(crate) config: Option<PathBuf>,

    /// Print the configuration that holds, and do nothing else
    #[arg(long)]
    pub(crate) print_config: bool,

    /// Where to listen [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT", env = "SCOPEGATE_LISTEN")]
    pub(crate) listen: Option<SocketAddr>,

    /// The folder of the store
    #[arg(long, value_name = "DIR", env = "SCOPEGATE_STORE", value_hint = ValueHint::DirPath)]
    pub(crate) store: Option<PathBuf>,

    /// The certificate, with those that lead to it, in PEM: the service then speaks TLS
    #[arg(long, value_name = "FILE", env = "SCOPEGATE_TLS_CERTIFICATE", value_hint = ValueHint::FilePath)]
    pub(crate) tls_certificate: Option<PathBuf>,

    /// The certificate's private key, in PEM
    #[arg(long, value_name = "FILE", env = "SCOPEGATE_TLS_KEY", value_hint = ValueHint::FilePath)]
    pub(crate) tls_key: Option<PathBuf>,

    /// Who may call: lines of `name decide|administer sha256:<hex of the token's SHA-256>`
    #[arg(long, value_name = "FILE", env = "SCOPEGATE_TOKENS", value_hint = ValueHint::FilePath)]
    pub(crate) tokens: Option<PathBuf>,

    /// The folder of the decision log
    #[arg(long, value_name = "DIR", env = "SCOPEGATE_DECISION_LOG", value_hint = ValueHint::DirPath)]
    pub(crate) decision_log: Option<PathBuf>,

    /// A folder that only you can write to, where compiled code is kept for the next start
    #[arg(long, value_name = "DIR", env = "SCOPEGATE_CACHE", value_hint = ValueHint::DirPath)]
    pub(crate) cache: Option<PathBuf>,

    /// The collector that traces of requests are sent to, by OTLP over HTTP
    #[arg(long, value_name = "URL", env = "SCOPEGATE_OTLP_ENDPOINT", value_hint = ValueHint::Url)]
    pub(crate) otlp_endpoint: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  scopegate schema request > request.schema.json
  scopegate schema policy > policy.schema.json

With `#:schema policy.schema.json` in its first line many editors complete a `policy.toml`.")]
pub(crate) struct Schema {
    /// What it describes
    #[arg(value_enum)]
    pub(crate) what: Described,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Described {
    /// A request
    Request,
    /// A line that `check --format json` prints
    Decision,
    /// A `policy.toml`, as JSON has it
    Policy,
}

#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  scopegate bench
  scopegate bench requests.jsonl --policy policies/acme/1.0.0")]
pub(crate) struct Bench {
    /// Requests to decide; `-` is standard input [default: the cases of the policy built in]
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) policy: PolicyChoice,

    /// How long each figure is measured, in milliseconds
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=600_000))]
    pub(crate) time: u64,

    /// How figures are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Log {
    /// Show recorded decisions.
    Show(LogShow),
    /// Find the first line that was changed, removed, inserted or moved.
    Verify(LogVerify),
    /// Decide every recorded request again under another policy, and report what changes.
    Replay(LogReplay),
}

/// Which log is read.
#[derive(Debug, Args)]
pub(crate) struct LogChoice {
    /// The log: its folder, or files of it in their order
    #[arg(value_name = "LOG", required = true, value_hint = ValueHint::AnyPath)]
    pub(crate) log: Vec<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  scopegate log show decisions/ --denied --action scan
  scopegate log show decisions/ --id 019abc2e-7d4f-7c1a-9b7e-2f5d8c3a1e60 --format json | jq .request

Lines that cannot be read are reported, and passed over; the exit code is then 3. What is shown is
not verified: `scopegate log verify` does that.")]
pub(crate) struct LogShow {
    #[command(flatten)]
    pub(crate) log: LogChoice,

    /// Only the decision with this id
    #[arg(long)]
    pub(crate) id: Option<Id>,

    /// Only decisions on this action
    #[arg(long)]
    pub(crate) action: Option<String>,

    /// Only denials
    #[arg(long)]
    pub(crate) denied: bool,

    /// Only requests that got no decision; with `--denied` those too
    #[arg(long)]
    pub(crate) failed: bool,

    /// How it is printed; as JSON each record's line as it stands in the log
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  scopegate log verify decisions/
  scopegate log verify decisions/ --expect sha256:9f2c…
  scopegate log verify archive/ --from 1201

Each line has the hash of the line before it, over the ends of files too. The beginning may be
missing only if the log itself removed it and says so, as `keep` has it do, or if `--from` says
where it begins. Where the log ends stands in the file `head` beside it. Whoever can write to the
folder can write all of it anew: that shows only by a hash that was noted elsewhere, `--expect`.

Exit codes:
  0  the log is one unbroken chain, begins where it may, and ends as expected
  1  a file cannot be read
  3  a line was changed, removed, inserted or moved, or the log begins or ends otherwise")]
pub(crate) struct LogVerify {
    #[command(flatten)]
    pub(crate) log: LogChoice,

    /// Where the log may begin: the number of a record from which on nothing may be missing, or the hash of the line before the first
    #[arg(long, value_name = "RECORD|HASH")]
    pub(crate) from: Option<scopegate_log::Start>,

    /// The hash that the last line must have
    #[arg(long, value_name = "HASH")]
    pub(crate) expect: Option<scopegate_log::Hash>,
}

#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  scopegate log replay decisions/ --policy policies/acme/2.0.0
  scopegate log replay decisions/ --policy acme@2.0.0 --format json | jq .groups

A change is another verdict, or another set of unmet requirements. Changes are grouped by action and
requirement, each with the ids of some records. A request of which a fact is masked is decided again
only if no condition of the policy reads that fact, which shows for rule sets and what is built from
them; it is counted otherwise.

Exit codes:
  0  every recorded request was decided again, and nothing changes
  1  the log cannot be read, or the policy cannot be loaded
  2  something changes
  3  the log's chain is broken, its beginning or end is missing, or some request was not decided again,
     or there is none: that proves nothing
Of several the first of 1, 3, 2 counts.")]
pub(crate) struct LogReplay {
    #[command(flatten)]
    pub(crate) log: LogChoice,

    /// Where the log may begin, as for `log verify`
    #[arg(long, value_name = "RECORD|HASH")]
    pub(crate) from: Option<scopegate_log::Start>,

    #[command(flatten)]
    pub(crate) policy: PolicyChoice,

    /// How the report is printed; as JSON it is one value
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  scopegate completions bash > ~/.local/share/bash-completion/completions/scopegate
  scopegate completions zsh > \"${fpath[1]}/_scopegate\"
  scopegate completions fish > ~/.config/fish/completions/scopegate.fish")]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}
