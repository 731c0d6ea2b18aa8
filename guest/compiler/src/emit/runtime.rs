//! The runtime module every policy begins with, taken apart so that a policy can be put behind it.

use std::collections::HashMap;
use std::sync::LazyLock;

use wasm_encoder::{CodeSection, FunctionSection, GlobalSection, TypeSection};
use wasmparser::{ExternalKind, Parser, Payload};

use crate::ir::{Expr, Kind, UrlTest};

/// The runtime in WebAssembly text, and the functions behind its own that only some policies bring along.
const TEXT: &str = include_str!("runtime.wat");
const SPELLING: &str = include_str!("spelling.wat");
/// The first function of the second.
const SPELLING_BEGINS: &str = "is_blank";

/// The word that says where the heap of each call begins: behind the static data, or behind a request that the host laid out.
pub(super) const HEAP_BEGIN: u32 = 0;
/// The word that says where the table of spellings stands.
const SPELLINGS: u32 = 8;
const SLASH: u32 = 16;
const CLASSES: u32 = 64;
/// The first byte that is the policy's own.
pub(super) const STATIC_BASE: u32 = 320;

/// The body of a function that nothing calls: no locals, `unreachable`, `end`.
const UNREACHABLE: [u8; 3] = [0, 0, 0x0b];

/// The runtime's functions and globals by name, and its sections.
pub(super) struct Runtime {
    types: Vec<wasmparser::FuncType>,
    functions: Vec<u32>,
    globals: Vec<(wasmparser::GlobalType, i32)>,
    bodies: Vec<Vec<u8>>,
    exports: HashMap<String, u32>,
}

pub(super) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let text = text("");
    let module = wat::parse_str(text).expect("the runtime is valid WebAssembly text");
    Runtime::read(&module).expect("the runtime is a valid module")
});

impl Runtime {
    fn read(module: &[u8]) -> wasmparser::Result<Self> {
        let mut runtime = Self {
            types: Vec::new(),
            functions: Vec::new(),
            globals: Vec::new(),
            bodies: Vec::new(),
            exports: HashMap::new(),
        };
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::TypeSection(types) => {
                    for ty in types.into_iter_err_on_gc_types() {
                        runtime.types.push(ty?);
                    }
                }
                Payload::FunctionSection(functions) => {
                    for ty in functions {
                        runtime.functions.push(ty?);
                    }
                }
                Payload::GlobalSection(globals) => {
                    for global in globals {
                        let global = global?;
                        let mut init = global.init_expr.get_operators_reader();
                        let value = match init.read()? {
                            wasmparser::Operator::I32Const { value } => value,
                            other => unreachable!("a global of the runtime begins as {other:?}"),
                        };
                        runtime.globals.push((global.ty, value));
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        if matches!(export.kind, ExternalKind::Func | ExternalKind::Global) {
                            runtime.exports.insert(export.name.into(), export.index);
                        }
                    }
                }
                Payload::CodeSectionEntry(body) => runtime.bodies.push(body.as_bytes().to_vec()),
                _ => {}
            }
        }
        Ok(runtime)
    }

    /// The index of a function or global.
    pub(super) fn index(&self, name: &str) -> u32 {
        self.exports
            .get(name)
            .copied()
            .unwrap_or_else(|| unreachable!("the runtime has `{name}`"))
    }

    pub(super) fn type_count(&self) -> u32 {
        u32::try_from(self.types.len()).expect("the runtime is small")
    }

    /// How many functions a policy brings along: those of spelling, the last ones, only if it needs them, so that no other changes by them.
    pub(super) fn function_count(&self, spells: bool) -> u32 {
        if spells {
            u32::try_from(self.functions.len()).expect("the runtime is small")
        } else {
            self.index(SPELLING_BEGINS)
        }
    }

    /// The functions' bodies: their locals and what they do.
    pub(super) fn bodies(&self) -> &[Vec<u8>] {
        &self.bodies
    }

    /// Writes the runtime's part of each section, before the policy's. Functions that are not `needed` keep their indices, not their code.
    pub(super) fn begin(
        &self,
        types: &mut TypeSection,
        functions: &mut FunctionSection,
        globals: &mut GlobalSection,
        code: &mut CodeSection,
        needed: &[bool],
    ) {
        let value = |ty: &wasmparser::ValType| match ty {
            wasmparser::ValType::I32 => wasm_encoder::ValType::I32,
            wasmparser::ValType::I64 => wasm_encoder::ValType::I64,
            other => unreachable!("the runtime uses {other}"),
        };
        for ty in &self.types {
            types.ty().function(
                ty.params().iter().map(value),
                ty.results().iter().map(value),
            );
        }
        for ty in &self.functions[..needed.len()] {
            functions.function(*ty);
        }
        for (ty, init) in &self.globals {
            globals.global(
                wasm_encoder::GlobalType {
                    val_type: value(&ty.content_type),
                    mutable: ty.mutable,
                    shared: false,
                },
                &wasm_encoder::ConstExpr::i32_const(*init),
            );
        }
        for (body, needed) in self.bodies.iter().zip(needed) {
            code.raw(if *needed { body } else { &UNREACHABLE });
        }
    }
}

/// The runtime as a module of its own, with its part of memory: for the tests that run it by itself.
pub(crate) fn standalone() -> Vec<u8> {
    use std::fmt::Write as _;
    let mut image = String::new();
    let table = u32::try_from(scopegate_contract::SPELLINGS.len()).expect("the table is small");
    let heap = (STATIC_BASE + table).next_multiple_of(64);
    let mut bytes = memory(heap, Some(STATIC_BASE));
    bytes.extend_from_slice(scopegate_contract::SPELLINGS);
    for byte in bytes {
        write!(image, "\\{byte:02x}").expect("writing to a string does not fail");
    }
    let text = text(&format!("(data (i32.const 0) \"{image}\")"));
    wat::parse_str(text).expect("the runtime is valid WebAssembly text")
}

/// The text of the whole module, with `more` in it.
fn text(more: &str) -> String {
    let open = TEXT
        .trim_end()
        .strip_suffix(')')
        .expect("the runtime is a module");
    format!("{open}{SPELLING}{more})")
}

/// Whether a condition calls a function that reads the table of spellings.
pub(super) fn spells(expr: &Expr) -> bool {
    matches!(
        expr.kind,
        Kind::IsBlank(_) | Kind::UrlTest(UrlTest::ExcludesAnySpelling, ..)
    ) || expr.children().into_iter().any(spells)
}

/// What the runtime finds in memory below [`STATIC_BASE`]; `heap` is where the heap begins, `spellings` where that table stands.
pub(super) fn memory(heap: u32, spellings: Option<u32>) -> Vec<u8> {
    let mut memory = vec![0; STATIC_BASE as usize];
    memory[HEAP_BEGIN as usize..][..4].copy_from_slice(&heap.to_le_bytes());
    memory[SPELLINGS as usize..][..4].copy_from_slice(&spellings.unwrap_or_default().to_le_bytes());
    memory[SLASH as usize] = b'/';
    for byte in 0..=255u8 {
        memory[CLASSES as usize + usize::from(byte)] = class(byte);
    }
    memory
}

/// What a byte may do in a URL: the bits as `runtime.wat` lists them.
fn class(byte: u8) -> u8 {
    let itself = byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,=:@".contains(&byte);
    let host = byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let digit = byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte);
    let never = byte < 0x20 || byte == 0x7F || b"%/\\;".contains(&byte);
    u8::from(itself)
        | u8::from(host) << 1
        | u8::from(byte.is_ascii_lowercase()) << 2
        | u8::from(digit) << 3
        | u8::from(!itself && !never) << 4
}
