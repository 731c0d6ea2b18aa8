//! Where a component comes from: proven, not claimed.
//!
//! Always true here: a component counts as compiled only if this version's compiler makes the same bytes of the rules it carries.

use wasmparser::{Parser, Payload};

use crate::policy::Origin;
use crate::proof::Proof;

/// Where the component `bytes` comes from. The work of the proof is bounded by the component's length: the compiler stops where it writes more.
#[cfg(feature = "compiler")]
pub(crate) fn origin(bytes: &[u8]) -> Origin {
    let again = scopegate_compiler::rules_of(bytes)
        .and_then(|rules| scopegate_compiler::compile_within(&rules, bytes.len()).ok());
    match again {
        Some(compiled) if compiled.component == bytes => Origin::Compiled,
        _ => Origin::Foreign,
    }
}

/// Whether `proof` is about the component `bytes` with that digest, and by the compiler that the component says it was made by.
#[cfg(feature = "compiler")]
pub(crate) fn is_recorded(proof: Option<&Proof>, bytes: &[u8], digest: &str) -> bool {
    proof.is_some_and(|proof| {
        proof.component == digest
            && scopegate_compiler::compiler_of(bytes).as_ref() == Some(&proof.compiler)
    })
}

/// Without the compiler no record counts: what it would say cannot be looked at.
#[cfg(not(feature = "compiler"))]
pub(crate) fn is_recorded(_: Option<&Proof>, _: &[u8], _: &str) -> bool {
    false
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
