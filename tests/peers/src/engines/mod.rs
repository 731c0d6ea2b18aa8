//! The engines, one a file.
//!
//! Always true here: each takes the rules in its own language and requests in its own form, both made before the clock starts.

mod cedar;
mod cel;
mod datalogic;
mod native;
mod regorus;
mod scopegate;
mod zen;

pub(crate) use cedar::Cedar;
pub(crate) use cel::Cel;
pub(crate) use datalogic::Datalogic;
pub(crate) use native::{Native, over_plain};
pub(crate) use regorus::Regorus;
pub(crate) use scopegate::Scopegate;
pub(crate) use zen::Zen;
