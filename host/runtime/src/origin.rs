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

/// What a component says that claims to be our compiler's. Only [`origin`] proves it.
pub(crate) struct Claim<'b> {
    /// Its core module.
    pub(crate) module: &'b [u8],
    /// The most steps that a call takes.
    pub(crate) work: Option<u64>,
}

/// What the component claims, if it says that our compiler made it and has one core module.
pub(crate) fn claim(bytes: &[u8]) -> Option<Claim<'_>> {
    let (mut depth, mut module, mut is_claimed, mut work) = (0, None, false, None);
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
            Payload::CustomSection(section) if depth == 0 => match section.name() {
                scopegate_contract::COMPILER_SECTION => is_claimed = true,
                scopegate_contract::WORK_SECTION => {
                    work = str::from_utf8(section.data()).ok()?.parse().ok();
                }
                _ => {}
            },
            _ => {}
        }
    }
    let module = module.filter(|_| is_claimed)?;
    Some(Claim { module, work })
}
