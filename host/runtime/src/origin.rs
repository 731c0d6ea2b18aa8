//! Where a component comes from: proven, not claimed.
//!
//! Always true here: a component counts as compiled only if this version's compiler makes the same bytes of the rules it carries.

use crate::policy::Origin;

/// Where the component `bytes` comes from.
#[cfg(feature = "compiler")]
pub(crate) fn origin(bytes: &[u8]) -> Origin {
    let again = scopegate_compiler::rules_of(bytes)
        .and_then(|rules| scopegate_compiler::compile(&rules).ok());
    match again {
        Some(compiled) if compiled.component == bytes => Origin::Compiled,
        _ => Origin::Foreign,
    }
}

/// Where a component comes from: without the compiler nothing proves that it made it.
#[cfg(not(feature = "compiler"))]
pub(crate) fn origin(_: &[u8]) -> Origin {
    Origin::Foreign
}
