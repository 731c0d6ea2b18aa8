//! The default policy, written by hand on the SDK.

use std::{env, fs};

/// Says where its component is.
pub const VARIABLE: &str = "SCOPEGATE_BY_HAND";

/// Its component, if it is said where that is.
///
/// # Panics
///
/// It is said, and cannot be read.
pub fn component_if_built() -> Option<Vec<u8>> {
    let path = env::var_os(VARIABLE)?;
    Some(fs::read(&path).unwrap_or_else(|error| panic!("{VARIABLE}: {error}")))
}

/// Its component.
///
/// # Panics
///
/// It is not said where it is.
pub fn component() -> Vec<u8> {
    component_if_built().unwrap_or_else(|| {
        panic!("{VARIABLE} does not say where the component is: run `tests/run sdk`")
    })
}
