//! Honest and hostile callers of a service that runs as a program.
//!
//! Always true here: everything stays on this machine, ends by itself, and is limited in number.

mod honest;
mod hostile;
mod http;
mod program;

pub use honest::{Honest, Rates};
pub use hostile::Hostile;
pub use program::Program;
