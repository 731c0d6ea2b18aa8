//! Answers decisions over HTTP: Scopegate's own endpoints, and OpenID AuthZEN 1.0.
//!
//! Always true here: what is answered as allowed was decided by one loaded [`Policy`](scopegate::Policy) of one [`Snapshot`], at the
//! server's time, and was recorded before. Everything else is a denial or a problem document (RFC 9457), never an allow.
//!
//! A [`Shelf`] holds the policies, a [`Service`] answers with them, and [`serve`] listens:
//!
//! ```no_run
//! # async fn run(policy: scopegate::Policy) -> std::io::Result<()> {
//! use std::sync::Arc;
//! use scopegate_server::{Service, Settings, Shelf, Shelved, Snapshot, serve};
//!
//! let shelf = Arc::new(Shelf::new(Snapshot::new([("webriskops".to_owned(), Shelved::active(policy))])));
//! let service = Service::builder(Arc::clone(&shelf)).settings(Settings::default()).build();
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//! serve(listener, service, async { /* until it is done */ }).await;
//! # Ok(())
//! # }
//! ```

mod administration;
mod authzen;
mod body;
mod caller;
mod choice;
mod clock;
mod connections;
mod deciders;
mod decisions;
mod explanations;
mod guard;
mod head_timer;
mod health;
mod hosts;
mod lines;
mod list;
mod message;
mod metrics;
mod openapi;
mod policies;
mod preview;
mod problem;
mod public_url;
mod recorder;
mod serve;
mod service;
mod settings;
mod shelf;
mod sitting;
mod slots;
mod tally;
mod tenants;
mod tls;
mod tokens;
mod upload;
mod within;

pub use administration::{
    Activated, Administration, AdministrationError, Event, Stored, StoredVersion, Uploaded,
};
pub use caller::Peer;
pub use openapi::openapi;
pub use preview::PreviewFile;
pub use public_url::{PublicUrl, PublicUrlError};
pub use recorder::{RecordCounters, RecordError, Recorded, Recorder};
pub use serve::{serve, serve_tls};
pub use service::{Service, ServiceBuilder};
pub use settings::Settings;
pub use shelf::{Shelf, Shelved, Snapshot};
pub use tenants::{Tenants, TenantsError};
pub use tls::{Tls, TlsError};
pub use tokens::{Role, Tokens, TokensError};
pub use upload::Upload;
