//! Puts the module together: the runtime's part of each section first, so that its indices stay as they are.

use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ElementSection, Elements, ExportKind, ExportSection,
    FunctionSection, GlobalSection, GlobalType, MemorySection, MemoryType, Module, RefType,
    TableSection, TableType, TypeSection, ValType,
};

use scopegate_contract::{EVALUATE_WITHIN, REQUEST_BEGIN, REQUEST_END, REQUEST_READS};

use super::needed::needed;
use super::runtime::RUNTIME;
use super::{Emitter, TooLarge, count, reads, runtime};

const PAGE: u64 = 65_536;

/// The functions that the module exports, and the elements of its table.
pub(super) struct Exports {
    describe: u32,
    evaluate: u32,
    evaluate_within: u32,
    evaluate_batch: u32,
    explain: u32,
    /// The traced conditions, in the order of requirements, and those that selection calls.
    conditions: Vec<u32>,
}

impl Emitter<'_> {
    pub(super) fn exports(&mut self, digest: &str) -> Result<Exports, TooLarge> {
        let manifest = self.manifest(digest);
        let decision = self.decision();
        let evaluate = self.evaluate(&decision);
        let evaluate_within = self.evaluate_within(&decision);
        let evaluate_batch = self.evaluate_batch(&decision);
        let explain = self.explain(&decision);
        let mut conditions = self.traced_conditions();
        conditions.extend(&self.visited);
        self.drain()?;
        let describe = self.declare(&[], &[ValType::I32]);
        let mut code = super::Code::new(0);
        code.word(manifest);
        self.define(describe, code);
        Ok(Exports {
            describe,
            evaluate,
            evaluate_within,
            evaluate_batch,
            explain,
            conditions,
        })
    }

    pub(super) fn write(self, exports: &Exports) -> Vec<u8> {
        let (mut types, mut functions) = (TypeSection::new(), FunctionSection::new());
        let (mut globals, mut code) = (GlobalSection::new(), CodeSection::new());
        let own: Vec<(u32, Vec<u8>)> = self
            .functions
            .into_iter()
            .map(|(ty, body)| {
                let body = body.expect("every declared function is defined");
                (ty, body.into_raw_body())
            })
            .collect();
        let needed = needed(
            self.first as usize,
            [RUNTIME.index("cabi_realloc")],
            own.iter().map(|(_, body)| &**body),
        );
        RUNTIME.begin(&mut types, &mut functions, &mut globals, &mut code, &needed);
        for (params, results) in self.types {
            types.ty().function(params, results);
        }
        for (ty, body) in own {
            functions.function(ty);
            code.raw(&body);
        }
        let heap = self.data.end().next_multiple_of(16);
        let region = region(&mut globals, heap, reads::reads(self.rules));
        let mut module = Module::new();
        module
            .section(&types)
            .section(&functions)
            .section(&table(exports))
            .section(&memory(heap))
            .section(&globals)
            .section(&export(exports, region))
            .section(&elements(exports))
            .section(&code);
        let mut data = DataSection::new();
        data.active(
            0,
            &ConstExpr::i32_const(0),
            runtime::memory(heap, self.spellings),
        );
        for (at, bytes) in self.data.segments() {
            data.active(0, &ConstExpr::i32_const(at.cast_signed()), bytes);
        }
        module.section(&data);
        module.finish()
    }
}

fn table(exports: &Exports) -> TableSection {
    let size = u64::from(count(exports.conditions.len()));
    let mut tables = TableSection::new();
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: size,
        maximum: Some(size),
        shared: false,
    });
    tables
}

fn elements(exports: &Exports) -> ElementSection {
    let mut elements = ElementSection::new();
    elements.active(
        None,
        &ConstExpr::i32_const(0),
        Elements::Functions((&exports.conditions).into()),
    );
    elements
}

/// A page for a request behind the static data; more as it is needed, up to the contract's limit.
fn memory(heap: u32) -> MemorySection {
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: u64::from(heap).div_ceil(PAGE) + 1,
        maximum: Some(scopegate_contract::MEMORY_BYTES / PAGE),
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    memories
}

/// Constants for a host that lays out the request in memory by itself: where the request begins, the address of the word that takes
/// where what was laid ends, and what is read of it. Gives the index of the first.
fn region(globals: &mut GlobalSection, heap: u32, reads: u64) -> u32 {
    let first = globals.len();
    let address = |address: u32| (ValType::I32, ConstExpr::i32_const(address.cast_signed()));
    let reads = (ValType::I64, ConstExpr::i64_const(reads.cast_signed()));
    for (val_type, value) in [address(heap), address(runtime::HEAP_BEGIN), reads] {
        let constant = GlobalType {
            val_type,
            mutable: false,
            shared: false,
        };
        globals.global(constant, &value);
    }
    first
}

fn export(exports: &Exports, region: u32) -> ExportSection {
    let mut section = ExportSection::new();
    section.export("memory", ExportKind::Memory, 0);
    for (name, global) in [REQUEST_BEGIN, REQUEST_END, REQUEST_READS]
        .into_iter()
        .zip(region..)
    {
        section.export(name, ExportKind::Global, global);
    }
    section.export(
        "cabi_realloc",
        ExportKind::Func,
        RUNTIME.index("cabi_realloc"),
    );
    for (name, function) in [
        ("describe", exports.describe),
        ("evaluate", exports.evaluate),
        ("evaluate-batch", exports.evaluate_batch),
        ("explain", exports.explain),
    ] {
        let name = format!("{}#{name}", scopegate_contract::INTERFACE);
        section.export(&name, ExportKind::Func, function);
    }
    section.export(EVALUATE_WITHIN, ExportKind::Func, exports.evaluate_within);
    section
}
