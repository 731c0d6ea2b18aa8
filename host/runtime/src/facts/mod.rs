//! The facts: one set of types for the contract's records, in Rust, in the component and in JSON.
//!
//! Always true here: names, order and types are those of `gate.wit`. Loading a component checks the types against it.

mod approval;
mod attributes;
pub(crate) mod macros;
mod people;
mod request;
mod responsibility;
mod scan;
mod work;

pub use approval::*;
pub use attributes::*;
pub use people::*;
pub(crate) use request::once;
pub use request::*;
pub use responsibility::*;
pub use scan::*;
pub use work::*;
