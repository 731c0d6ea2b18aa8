//! The static data of a component: texts, each once, and values in the canonical ABI's layout.

use std::collections::HashMap;

use wit_parser::{Type, TypeDefKind};

use super::runtime::STATIC_BASE;
use crate::contract::CONTRACT;

/// Where the empty text stands: at no other text's place.
const EMPTY: u32 = 20;

/// The most bytes that are searched for a value that stands in them already: more would take long for little.
const SEARCHED: usize = 1 << 16;

/// The static data while it is laid out; addresses are final.
pub(super) struct Data {
    bytes: Vec<u8>,
    /// Where what the component writes to ends.
    constant_from: u32,
    texts: HashMap<String, u32>,
    shared: HashMap<(Vec<u8>, u32), u32>,
    paths: HashMap<String, u32>,
}

/// A value of the contract's answering side.
pub(super) enum Value {
    Text(String),
    Number(u32),
    Wide(u64),
    Case(u8),
    List(Vec<Value>),
    Record(Vec<Value>),
}

impl Data {
    pub(super) fn new() -> Self {
        Self {
            bytes: Vec::new(),
            constant_from: STATIC_BASE,
            texts: HashMap::new(),
            shared: HashMap::new(),
            paths: HashMap::new(),
        }
    }

    /// Where the data ends.
    pub(super) fn end(&self) -> u32 {
        STATIC_BASE + u32::try_from(self.bytes.len()).expect("a rule set is far below 4 GiB")
    }

    /// The bytes that are not zero from the start, each run with its place.
    pub(super) fn segments(&self) -> Vec<(u32, Vec<u8>)> {
        /// A new segment costs less than so many zeros.
        const ZEROS: usize = 12;
        let mut segments: Vec<(usize, usize)> = Vec::new();
        for at in (0..self.bytes.len()).filter(|at| self.bytes[*at] != 0) {
            match segments.last_mut() {
                Some((_, end)) if at - *end < ZEROS => *end = at + 1,
                _ => segments.push((at, at + 1)),
            }
        }
        let place =
            |at: usize| STATIC_BASE + u32::try_from(at).expect("a rule set is far below 4 GiB");
        segments
            .into_iter()
            .map(|(at, end)| (place(at), self.bytes[at..end].to_vec()))
            .collect()
    }

    /// Puts the bytes at a multiple of `align`.
    pub(super) fn put(&mut self, bytes: &[u8], align: u32) -> u32 {
        let at = self.end().next_multiple_of(align);
        self.bytes.resize((at - STATIC_BASE) as usize, 0);
        self.bytes.extend_from_slice(bytes);
        at
    }

    /// From here on nothing is written to by the component.
    pub(super) fn seal(&mut self) {
        self.constant_from = self.end();
    }

    /// Leaves `size` bytes free for the component to write.
    pub(super) fn reserve(&mut self, size: u32, align: u32) -> u32 {
        self.put(&vec![0; size as usize], align)
    }

    /// Puts bytes that nobody writes to; equal bytes have one place.
    pub(super) fn shared(&mut self, bytes: Vec<u8>, align: u32) -> u32 {
        if let Some(at) = self.shared.get(&(bytes.clone(), align)) {
            return *at;
        }
        let at = self
            .found(&bytes, align)
            .unwrap_or_else(|| self.put(&bytes, align));
        self.shared.insert((bytes, align), at);
        at
    }

    /// Where the bytes stand already, within something else that nobody writes to.
    fn found(&self, bytes: &[u8], align: u32) -> Option<u32> {
        let from = (self.constant_from - STATIC_BASE) as usize;
        if bytes.is_empty() || self.bytes.len() - from > SEARCHED {
            return None;
        }
        memchr::memmem::find_iter(&self.bytes[from..], bytes)
            .map(|at| self.constant_from + u32::try_from(at).expect("data is far below 4 GiB"))
            .find(|at| at.is_multiple_of(align))
    }

    /// Puts words that nobody writes to.
    pub(super) fn words(&mut self, words: &[u32]) -> u32 {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.shared(bytes, 4)
    }

    /// The place of a cell with the pointer and length of a fact's path.
    pub(super) fn path(&mut self, path: &str) -> u32 {
        if let Some(at) = self.paths.get(path) {
            return *at;
        }
        let (at, len) = self.text(path);
        let cell = self.words(&[at, len]);
        self.paths.insert(path.into(), cell);
        cell
    }

    /// Remembers the cells of a list of paths, so that notes can point at them.
    fn remember_paths(&mut self, texts: &[Value], at: u32) {
        for (cell, text) in (at..).step_by(8).zip(texts) {
            if let Value::Text(path) = text {
                self.paths.entry(path.clone()).or_insert(cell);
            }
        }
    }

    /// The place of a text; equal texts have one place.
    pub(super) fn text(&mut self, text: &str) -> (u32, u32) {
        let len = u32::try_from(text.len()).expect("a rule set is far below 4 GiB");
        if text.is_empty() {
            return (EMPTY, 0);
        }
        if let Some(at) = self.texts.get(text) {
            return (*at, len);
        }
        let at = self.put(text.as_bytes(), 1);
        self.texts.insert(text.into(), at);
        (at, len)
    }

    /// Puts a list of texts: its place and length.
    pub(super) fn texts<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) -> (u32, u32) {
        let words: Vec<u32> = texts
            .into_iter()
            .flat_map(|text| {
                let (at, len) = self.text(text);
                [at, len]
            })
            .collect();
        let count = u32::try_from(words.len() / 2).expect("a rule set is far below 4 GiB");
        (self.words(&words), count)
    }

    /// Puts a value of the contract's type `name`.
    pub(super) fn value(&mut self, name: &str, value: &Value) -> u32 {
        let ty = CONTRACT.wit_type(name);
        let bytes = self.lower(&ty, value);
        self.put(&bytes, align(&ty))
    }

    fn lower(&mut self, ty: &Type, value: &Value) -> Vec<u8> {
        match value {
            Value::Text(text) => {
                let (at, len) = self.text(text);
                [at.to_le_bytes(), len.to_le_bytes()].concat()
            }
            Value::Number(number) => number.to_le_bytes().to_vec(),
            Value::Wide(number) => number.to_le_bytes().to_vec(),
            Value::Case(case) => vec![*case],
            Value::List(elements) => {
                let element = element(ty);
                let mut bytes = Vec::new();
                for value in elements {
                    bytes.extend(self.lower(&element, value));
                }
                let at = self.shared(bytes, align(&element));
                self.remember_paths(elements, at);
                let len = u32::try_from(elements.len()).expect("a rule set is far below 4 GiB");
                [at.to_le_bytes(), len.to_le_bytes()].concat()
            }
            Value::Record(values) => self.record(ty, values),
        }
    }

    fn record(&mut self, ty: &Type, values: &[Value]) -> Vec<u8> {
        let types = fields(ty);
        let mut bytes = vec![0; CONTRACT.sizes.size(ty).size_wasm32()];
        let offsets = CONTRACT.sizes.field_offsets(types.iter());
        debug_assert_eq!(
            offsets.len(),
            values.len(),
            "the value has the record's fields"
        );
        for ((offset, ty), value) in offsets.into_iter().zip(values) {
            let lowered = self.lower(ty, value);
            bytes[offset.size_wasm32()..][..lowered.len()].copy_from_slice(&lowered);
        }
        bytes
    }
}

fn align(ty: &Type) -> u32 {
    u32::try_from(CONTRACT.sizes.align(ty).align_wasm32()).expect("alignments are small")
}

fn element(ty: &Type) -> Type {
    match kind(ty) {
        TypeDefKind::List(element) => *element,
        other => unreachable!("a list is put where the contract has {other:?}"),
    }
}

fn fields(ty: &Type) -> Vec<Type> {
    match kind(ty) {
        TypeDefKind::Record(record) => record.fields.iter().map(|field| field.ty).collect(),
        other => unreachable!("a record is put where the contract has {other:?}"),
    }
}

fn kind(ty: &Type) -> &'static TypeDefKind {
    let Type::Id(id) = ty else {
        unreachable!("a compound value is put where the contract has {ty:?}");
    };
    &CONTRACT.resolve.types[*id].kind
}
