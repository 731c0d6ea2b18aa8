//! What a component may use of WebAssembly: one set for every host.
//!
//! `wit/webassembly.json` says the same to the hosts in other languages, which have no validator. It is made here, and a test holds it to
//! this set.

use wasmparser::{Validator, WasmFeatures};

use crate::error::LoadError;

/// What a component may use of WebAssembly: what language runtimes need, and nothing that policies don't.
pub(crate) const FEATURES: WasmFeatures = WasmFeatures::MUTABLE_GLOBAL
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::REFERENCE_TYPES)
    .union(WasmFeatures::CALL_INDIRECT_OVERLONG)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::BULK_MEMORY_OPT)
    .union(WasmFeatures::SIMD)
    .union(WasmFeatures::FLOATS)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::COMPONENT_MODEL);

/// What the engine has to know: where one component calls another within it, Wasmtime itself makes a module between them with the memories
/// of both, and a module whose memory is restored gets one for marks. No module that a component brings along may have two: [`check`] sees
/// to it.
pub(crate) const ENGINE: WasmFeatures = FEATURES.union(WasmFeatures::MULTI_MEMORY);

/// Checks that the component `bytes` is valid, and uses [`FEATURES`] only. It takes about a hundredth of what compiling it takes.
///
/// # Errors
///
/// It is not valid, or uses another feature.
pub(crate) fn check(bytes: &[u8]) -> Result<(), LoadError> {
    Validator::new_with_features(FEATURES)
        .validate_all(bytes)
        .map(drop)
        .map_err(|error| LoadError::Invalid(error.into()))
}

#[cfg(test)]
mod modules;
#[cfg(test)]
mod table;
