//! Keeps versions of policies, in a folder.
//!
//! ```text
//! <store>/store.json                       what the operator asks for, and allows policies
//! <store>/keys/<label>.pub                 keys whose signatures count; removed ones in keys/removed/
//! <store>/policies/<name>/<version>/       policy.wasm, manifest.json, and, if there are, policy.wasm.minisig, cases.jsonl, bases.json
//! <store>/policies/<name>/journal/<n>.json the nth activation; the last one tells which version is active
//! <store>/activations/<name>.json          which activation that is, so that it does not go unnoticed if it is removed
//! ```
//!
//! What is written appears whole or not at all: in a temporary file or folder that is synced, renamed to its name, and the folder
//! around it synced. A published version never changes, and an activation is one new file, so that of two processes that activate at the same
//! time one is told that the other was first. A process may be killed at any instruction: the store opens with the old state or the new one.

mod activation;
mod add;
mod allowance;
pub mod cases;
mod error;
mod files;
mod glance;
mod identity;
mod journal;
mod keys;
mod manifest;
mod regular;
mod settings;
mod stopped;
mod store;
mod survey;
mod verify;
mod version;

pub use activation::{Activation, Direction, Kind};
pub use add::{Added, Candidate, Folder};
pub use allowance::Allowance;
pub use error::StoreError;
pub use glance::{Glance, Trust};
pub use identity::check_identity;
pub use keys::{Key, KeyPair, Trusted, sign};
pub use manifest::Manifest;
pub use regular::{open_regular, read_regular};
pub use settings::Settings;
pub use stopped::{Stopped, TrustChange};
pub use store::{Entry, Store};
pub use survey::Surveyed;
pub use verify::{Finding, Verified};
pub use version::Version;
