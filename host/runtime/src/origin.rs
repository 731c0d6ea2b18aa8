//! Where a component comes from: proven, not claimed.
//!
//! Always true here: a component counts as compiled only if this version's compiler makes the same bytes of the rules it carries.

use wasmparser::{Parser, Payload};

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

/// The core module of a component that says it is our compiler's and has one. Only [`origin`] proves that it is.
pub(crate) fn claimed_module(bytes: &[u8]) -> Option<&[u8]> {
    let (mut depth, mut module, mut is_claimed) = (0, None, false);
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.ok()? {
            Payload::ModuleSection {
                unchecked_range, ..
            } => {
                if depth == 0 && module.replace(bytes.get(unchecked_range)?).is_some() {
                    return None;
                }
                depth += 1;
            }
            Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) if depth > 0 => depth -= 1,
            Payload::CustomSection(section) if depth == 0 => {
                is_claimed |= section.name() == scopegate_contract::COMPILER_SECTION;
            }
            _ => {}
        }
    }
    module.filter(|_| is_claimed)
}
