//! Puts a rewritten module together.

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, ExportKind, ExportSection, Function, FunctionSection, Instruction, MemorySection,
    MemoryType, Module, RawSection, TypeSection, ValType,
};
use wasmparser::{Parser, Payload};

use super::MARKS_PAGES;
use super::mark::{mark_range, marked};
use super::survey::{Survey, survey};

/// The name of the exported memory with the marks.
pub(crate) const WRITTEN: &str = "scopegate:written";

/// The name of the exported function that sets the globals to their initial values.
pub(crate) const RESET: &str = "scopegate:reset";

/// The memory with the marks: behind the module's own.
const MARKS: u32 = 1;

/// The module with marks for what it writes to its memory, and with a function that sets all mutable globals to their initial values; `None` if it
/// cannot be rewritten so.
pub(crate) fn restorable(module: &[u8]) -> Option<Vec<u8>> {
    let survey = survey(module)?;
    Rewriting {
        code: CodeSection::new(),
        survey,
        next: 0,
    }
    .module(module)
}

struct Rewriting {
    survey: Survey,
    code: CodeSection,
    /// The function whose body comes next.
    next: usize,
}

impl Rewriting {
    fn module(mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut module = Module::new();
        for payload in Parser::new(0).parse_all(bytes) {
            self.section(&mut module, bytes, payload.ok()?)?;
        }
        Some(module.finish())
    }

    /// Adds the section, changed where it has to be.
    fn section(&mut self, module: &mut Module, bytes: &[u8], payload: Payload<'_>) -> Option<()> {
        let mut encoder = RoundtripReencoder;
        match payload {
            Payload::TypeSection(section) => {
                let mut types = TypeSection::new();
                encoder.parse_type_section(&mut types, section).ok()?;
                types.ty().function([ValType::I32; 2], []);
                types.ty().function([], []);
                module.section(&types);
            }
            Payload::FunctionSection(section) => {
                let mut functions = FunctionSection::new();
                encoder
                    .parse_function_section(&mut functions, section)
                    .ok()?;
                functions.function(self.survey.types);
                functions.function(self.survey.types.checked_add(1)?);
                module.section(&functions);
            }
            Payload::MemorySection(section) => {
                let mut memories = MemorySection::new();
                encoder.parse_memory_section(&mut memories, section).ok()?;
                memories.memory(MemoryType {
                    minimum: MARKS_PAGES,
                    maximum: Some(MARKS_PAGES),
                    memory64: false,
                    shared: false,
                    page_size_log2: None,
                });
                module.section(&memories);
            }
            Payload::ExportSection(section) => {
                let mut exports = ExportSection::new();
                encoder.parse_export_section(&mut exports, section).ok()?;
                exports.export(RESET, ExportKind::Func, self.mark().checked_add(1)?);
                exports.export(WRITTEN, ExportKind::Memory, MARKS);
                module.section(&exports);
            }
            Payload::CodeSectionStart { .. }
            | Payload::Version { .. }
            | Payload::CustomSection(_)
            | Payload::End(_) => {}
            Payload::CodeSectionEntry(body) => {
                let params = self.params(u32::try_from(self.next).ok()?)?;
                let mark = self.mark();
                self.code.function(&marked(&body, params, mark)?);
                self.next += 1;
                if self.next == self.survey.functions.len() {
                    self.finish_code();
                    module.section(&self.code);
                }
            }
            other => {
                let (id, range) = other.as_section()?;
                let data = bytes.get(range)?;
                module.section(&RawSection { id, data });
            }
        }
        Some(())
    }

    /// Adds the functions that the module did not have: the one that marks a range, and the one that resets the globals.
    fn finish_code(&mut self) {
        self.code.function(&mark_range());
        let mut reset = Function::new([]);
        for global in &self.survey.globals {
            global.reset(&mut reset);
        }
        reset.instruction(&Instruction::End);
        self.code.function(&reset);
    }

    /// The function that marks a range.
    fn mark(&self) -> u32 {
        u32::try_from(self.survey.functions.len()).unwrap_or(u32::MAX)
    }

    fn type_of(&self, function: u32) -> Option<u32> {
        self.survey.functions.get(function as usize).copied()
    }

    /// How many parameters the function takes.
    fn params(&self, function: u32) -> Option<u32> {
        let ty = self.type_of(function)? as usize;
        self.survey.params.get(ty).copied()
    }
}
