//! What has to be known about a core module before it is rewritten.

use scopegate_contract::{EVALUATE_WITHIN, INTERFACE, REQUEST_BEGIN};
use wasmparser::{Export, ExternalKind, Parser, Payload};

use super::globals::Initial;
use super::module::{SIZE, WRITTEN};

/// A core module that can be rewritten.
pub(super) struct Survey {
    /// The number of types.
    pub(super) types: u32,
    /// For each function its type.
    pub(super) functions: Vec<u32>,
    /// For each type how many parameters its functions take.
    pub(super) params: Vec<u32>,
    /// The mutable globals and their initial values.
    pub(super) globals: Vec<Initial>,
    /// The number of globals, mutable or not.
    pub(super) all_globals: u32,
    /// The pages that the memory begins with.
    pub(super) pages: u64,
    /// The exported functions of the contract, without duplicates.
    pub(super) contract: Vec<u32>,
    /// Whether the module exports a region for requests. The host then does not call the module's allocator.
    pub(super) has_region: bool,
}

/// Surveys `module`; `None` if it cannot be rewritten: it imports something, has a start function, has not exactly one memory of 32 bits, or
/// globals that no constant initializes, or it is broken.
pub(super) fn survey(module: &[u8]) -> Option<Survey> {
    let mut survey = Survey {
        types: 0,
        functions: Vec::new(),
        params: Vec::new(),
        globals: Vec::new(),
        all_globals: 0,
        pages: 0,
        contract: Vec::new(),
        has_region: false,
    };
    let mut memories = 0;
    for payload in Parser::new(0).parse_all(module) {
        match payload.ok()? {
            Payload::TypeSection(types) => {
                for ty in types.into_iter_err_on_gc_types() {
                    let ty = ty.ok()?;
                    survey.params.push(u32::try_from(ty.params().len()).ok()?);
                    survey.types += 1;
                }
            }
            Payload::ImportSection(imports) if imports.count() > 0 => return None,
            Payload::FunctionSection(functions) => {
                for ty in functions {
                    survey.functions.push(ty.ok()?);
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    let memory = memory.ok()?;
                    if memory.memory64 || memory.shared || memory.page_size_log2.is_some() {
                        return None;
                    }
                    memories += 1;
                    survey.pages = memory.initial;
                }
            }
            Payload::GlobalSection(globals) => {
                survey.all_globals = globals.count();
                for (global, index) in globals.into_iter().zip(0..) {
                    let global = global.ok()?;
                    if global.ty.mutable {
                        survey.globals.push(Initial::of(index, &global)?);
                    }
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export.ok()?;
                    if [SIZE, WRITTEN].contains(&export.name) || export.kind == ExternalKind::Tag {
                        return None;
                    }
                    survey.has_region |= export.name == REQUEST_BEGIN;
                    if is_of_contract(&export) && !survey.contract.contains(&export.index) {
                        survey.contract.push(export.index);
                    }
                }
            }
            Payload::StartSection { .. } | Payload::TagSection(_) => return None,
            _ => {}
        }
    }
    (memories == 1).then_some(survey)
}

/// Whether `export` is a function of the contract. The allocator is none: the host calls it before such a function.
pub(super) fn is_of_contract(export: &Export<'_>) -> bool {
    let is_named = export.name == EVALUATE_WITHIN
        || export
            .name
            .strip_prefix(INTERFACE)
            .is_some_and(|name| name.starts_with('#'));
    export.kind == ExternalKind::Func && is_named
}
