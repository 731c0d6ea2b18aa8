//! Puts a rewritten module together.

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, ConstExpr, ExportKind, ExportSection, Function, FunctionSection, GlobalSection,
    GlobalType, Instruction, MemorySection, MemoryType, Module, RawSection, TypeSection, ValType,
};
use wasmparser::{Parser, Payload};

use super::mark::{mark_range, marked};
use super::size::Size;
use super::survey::{Survey, is_of_contract, survey};
use super::{MARKS_PAGES, PAGE};

/// The name of the exported memory with the marks.
pub(crate) const WRITTEN: &str = "scopegate:written";

/// The name of the exported global with the size that the memory has for the module, where that is another than it really has.
pub(crate) const SIZE: &str = "scopegate:size";

/// The memory with the marks: behind the module's own.
const MARKS: u32 = 1;

/// Rewrites `module` so that the host can restore an instance of it. `None` if that cannot be done.
///
/// The new module marks each block of memory that it writes to. A wrapper around each function of the contract resets all mutable globals to their
/// initial values when the function returns. If the module has no region for requests, it reads the size of its memory from the global [`SIZE`], which
/// the host resets after each call.
pub(crate) fn restorable(module: &[u8]) -> Option<Vec<u8>> {
    let survey = survey(module)?;
    Rewriting {
        code: CodeSection::new(),
        survey,
        next: 0,
        has_globals: false,
    }
    .module(module)
}

struct Rewriting {
    survey: Survey,
    code: CodeSection,
    /// The function whose body comes next.
    next: usize,
    /// Whether the section of globals is written.
    has_globals: bool,
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
                types.ty().function([ValType::I32], [ValType::I32]);
                module.section(&types);
            }
            Payload::FunctionSection(section) => {
                let mut functions = FunctionSection::new();
                encoder
                    .parse_function_section(&mut functions, section)
                    .ok()?;
                functions.function(self.survey.types);
                functions.function(self.survey.types.checked_add(1)?);
                for function in &self.survey.contract {
                    functions.function(self.type_of(*function)?);
                }
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
            Payload::GlobalSection(section) => {
                let mut globals = GlobalSection::new();
                encoder.parse_global_section(&mut globals, section).ok()?;
                self.add_globals(module, globals)?;
            }
            Payload::ExportSection(section) => {
                if !self.has_globals {
                    self.add_globals(module, GlobalSection::new())?;
                }
                let mut exports = ExportSection::new();
                for export in section {
                    let export = export.ok()?;
                    let index = if is_of_contract(&export) {
                        self.wrapper(export.index)?
                    } else {
                        export.index
                    };
                    exports.export(export.name, encoder.export_kind(export.kind).ok()?, index);
                }
                if !self.survey.has_region {
                    exports.export(SIZE, ExportKind::Global, self.survey.all_globals);
                }
                exports.export(WRITTEN, ExportKind::Memory, MARKS);
                module.section(&exports);
            }
            Payload::CodeSectionStart { .. }
            | Payload::Version { .. }
            | Payload::CustomSection(_)
            | Payload::End(_) => {}
            Payload::CodeSectionEntry(body) => {
                let params = self.params(u32::try_from(self.next).ok()?)?;
                let size = (!self.survey.has_region).then(|| self.size());
                let body = marked(&body, params, self.mark(), size)?;
                self.code.function(&body);
                self.next += 1;
                if self.next == self.survey.functions.len() {
                    self.finish_code()?;
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

    /// Adds the section of globals, and the memory's size to it.
    fn add_globals(&mut self, module: &mut Module, mut globals: GlobalSection) -> Option<()> {
        let bytes = self.survey.pages.checked_mul(PAGE)?;
        let size = GlobalType {
            val_type: ValType::I64,
            mutable: true,
            shared: false,
        };
        globals.global(size, &ConstExpr::i64_const(bytes.cast_signed()));
        module.section(&globals);
        self.has_globals = true;
        Some(())
    }

    /// Adds the functions that the module did not have: the one that marks a range, the one that grows the memory, and the wrappers.
    fn finish_code(&mut self) -> Option<()> {
        self.code.function(&mark_range());
        let growing = self.size().growing();
        self.code.function(&growing);
        for function in &self.survey.contract {
            let mut wrapper = Function::new([]);
            for param in 0..self.params(*function)? {
                wrapper.instruction(&Instruction::LocalGet(param));
            }
            wrapper.instruction(&Instruction::Call(*function));
            for global in &self.survey.globals {
                global.reset(&mut wrapper);
            }
            wrapper.instruction(&Instruction::End);
            self.code.function(&wrapper);
        }
        Some(())
    }

    /// The function that marks a range.
    fn mark(&self) -> u32 {
        u32::try_from(self.survey.functions.len()).unwrap_or(u32::MAX)
    }

    /// The size of the memory, as the module sees it.
    fn size(&self) -> Size {
        Size {
            global: self.survey.all_globals,
            grow: self.mark().saturating_add(1),
        }
    }

    /// The wrapper of `function`.
    fn wrapper(&self, function: u32) -> Option<u32> {
        let mut wrapped = self.survey.contract.iter();
        let number = wrapped.position(|wrapped| *wrapped == function)?;
        self.size()
            .grow
            .checked_add(1)?
            .checked_add(u32::try_from(number).ok()?)
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
