//! Random conditions, and the `cel` crate as the oracle of what they mean.
//!
//! A condition is made from the contract's types, so it is well typed and asks for optional facts before it uses them: every one must
//! compile. What it means for a request is asked of the component and of the oracle, which knows nothing of the compiler but the parser.

mod asking;
mod batch;
mod cel;
mod contract;
mod definitions;
mod facts;
mod generate;
mod literal;
mod requests;
mod samples;
pub mod shrink;
mod table;
mod world;

pub use asking::{Asked, Asking, json};
pub use batch::{Rule, ready, requirements};
pub use cel::{Oracle, Question};
pub use contract::{CONTRACT, Contract, Field, Type};
pub use definitions::written_out;
pub use generate::Generator;
pub use requests::Requests;
pub use samples::Samples;
pub use table::{Cell, Table};
pub use world::{ACTIONS, World};
