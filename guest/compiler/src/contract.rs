//! The facts as the compiler sees them: names, types and canonical-ABI places, all read from the WIT package.
//!
//! Nothing here is written down twice: a fact added to the contract is a fact that conditions can use.

use std::sync::LazyLock;

use wit_parser::{Resolve, SizeAlign, Type as WitType, TypeDefKind, TypeId, WorldId};

/// The type of a value in a condition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Type {
    Bool,
    Int,
    Text,
    Time,
    Duration,
    Enum(usize),
    Record(usize),
    List(Box<Type>),
}

/// How a whole number or time stands in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Width {
    Bits32,
    Bits64,
}

/// An enum of the contract.
pub(crate) struct EnumType {
    /// The JSON name, such as `access_mode`.
    pub(crate) name: String,
    /// The JSON names of its cases, in the contract's order.
    pub(crate) cases: Vec<String>,
}

/// A record of the contract.
pub(crate) struct RecordType {
    /// The JSON name, such as `tenancy`.
    pub(crate) name: String,
    pub(crate) fields: Vec<Field>,
    /// Bytes of one record in memory, padding included.
    pub(crate) size: u32,
}

/// A field of a record.
pub(crate) struct Field {
    /// The JSON name, such as `client_workspace`.
    pub(crate) name: String,
    pub(crate) ty: Type,
    /// How a number stands in memory; without meaning for other types.
    pub(crate) width: Width,
    /// Where the value begins, in bytes from the record's beginning.
    pub(crate) offset: u32,
    /// For an optional fact: where the byte stands that is 1 if it is present.
    pub(crate) presence: Option<u32>,
}

/// Where the parts of a result stand in memory, in bytes from its beginning.
pub(crate) struct ResultLayout {
    pub(crate) size: u32,
    pub(crate) align: u32,
    /// Where the payload (a decision, or an evaluation error) begins.
    pub(crate) payload: u32,
    pub(crate) verdict: u32,
    pub(crate) unmet: u32,
    pub(crate) ready: u32,
    pub(crate) fallbacks: u32,
    pub(crate) path: u32,
    pub(crate) problem: u32,
    pub(crate) message: u32,
}

/// Where the parts of an attribute stand in memory, in bytes from its beginning.
pub(crate) struct AttributeLayout {
    pub(crate) size: u32,
    pub(crate) name: u32,
    /// Where the byte stands that tells the value's type: 0 text, 1 number, 2 truth, 3 texts.
    pub(crate) tag: u32,
    pub(crate) value: u32,
}

/// The contract, resolved.
pub(crate) struct Contract {
    pub(crate) resolve: Resolve,
    pub(crate) world: WorldId,
    pub(crate) sizes: SizeAlign,
    pub(crate) enums: Vec<EnumType>,
    pub(crate) records: Vec<RecordType>,
    /// The record `request`.
    pub(crate) request: usize,
    /// Where `attributes` stands in the request.
    pub(crate) attributes: u32,
    pub(crate) result: ResultLayout,
    pub(crate) attribute: AttributeLayout,
    /// Bytes of an `explanation`, and where its fields begin.
    pub(crate) explanation: (u32, u32, u32),
    ids: Vec<(TypeId, Type)>,
}

/// The contract of this version of the compiler.
pub(crate) static CONTRACT: LazyLock<Contract> = LazyLock::new(Contract::read);

/// The names a fact's type may not be used by: the result side of the contract.
const ANSWERS: [&str; 13] = [
    "verdict",
    "decision",
    "problem",
    "evaluation-error",
    "explanation",
    "requirement",
    "ready-state",
    "attribute-type",
    "attribute-declaration",
    "limits",
    "manifest",
    "attribute",
    "attribute-value",
];

impl Contract {
    fn read() -> Self {
        let mut resolve = Resolve::new();
        let package = resolve
            .push_str("gate.wit", scopegate_contract::WIT)
            .expect("the contract is valid WIT");
        let world = resolve
            .select_world(&[package], Some(scopegate_contract::WORLD))
            .expect("the contract has the world");
        let mut sizes = SizeAlign::default();
        sizes.fill(&resolve);
        let mut contract = Self {
            world,
            enums: Vec::new(),
            records: Vec::new(),
            request: 0,
            attributes: 0,
            result: result_layout(&resolve, &sizes),
            attribute: attribute_layout(&resolve, &sizes),
            explanation: explanation_layout(&resolve, &sizes),
            ids: Vec::new(),
            resolve,
            sizes,
        };
        contract.read_facts();
        contract
    }

    fn read_facts(&mut self) {
        let resolve = std::mem::take(&mut self.resolve);
        for (id, def) in &resolve.types {
            let Some(name) = def.name.as_deref() else {
                continue;
            };
            if ANSWERS.contains(&name) {
                continue;
            }
            match &def.kind {
                TypeDefKind::Enum(cases) => {
                    self.ids.push((id, Type::Enum(self.enums.len())));
                    self.enums.push(EnumType {
                        name: json_name(name),
                        cases: cases.cases.iter().map(|c| json_name(&c.name)).collect(),
                    });
                }
                TypeDefKind::Record(record) => {
                    let fields = self.read_fields(&resolve, record);
                    if name == "request" {
                        self.request = self.records.len();
                    }
                    self.ids.push((id, Type::Record(self.records.len())));
                    self.records.push(RecordType {
                        name: json_name(name),
                        fields,
                        size: bytes(self.sizes.size(&WitType::Id(id))),
                    });
                }
                TypeDefKind::Type(WitType::S64) if name == "timestamp" => {
                    self.ids.push((id, Type::Time));
                }
                _ => {}
            }
        }
        self.resolve = resolve;
    }

    fn read_fields(&mut self, resolve: &Resolve, record: &wit_parser::Record) -> Vec<Field> {
        let offsets = self
            .sizes
            .field_offsets(record.fields.iter().map(|f| &f.ty));
        let mut fields = Vec::new();
        for (field, (offset, wit)) in record.fields.iter().zip(offsets) {
            let offset = bytes(offset);
            if field.name == "attributes" {
                self.attributes = offset;
                continue;
            }
            let option = match wit {
                WitType::Id(id) => match &resolve.types[*id].kind {
                    TypeDefKind::Option(inner) => Some(*inner),
                    _ => None,
                },
                _ => None,
            };
            let value = option.unwrap_or(*wit);
            let within = option.map_or(0, |inner| {
                bytes(
                    self.sizes
                        .payload_offset(wit_parser::Int::U8, [None, Some(&inner)]),
                )
            });
            fields.push(Field {
                name: json_name(&field.name),
                ty: self.type_of(resolve, &value),
                width: match value {
                    WitType::U32 => Width::Bits32,
                    _ => Width::Bits64,
                },
                offset: offset + within,
                presence: option.map(|_| offset),
            });
        }
        fields
    }

    fn type_of(&self, resolve: &Resolve, wit: &WitType) -> Type {
        match wit {
            WitType::Bool => Type::Bool,
            WitType::U32 | WitType::S64 => Type::Int,
            WitType::String => Type::Text,
            WitType::Id(id) => {
                if let Some((_, ty)) = self.ids.iter().find(|(known, _)| known == id) {
                    return ty.clone();
                }
                match &resolve.types[*id].kind {
                    TypeDefKind::List(element) => {
                        Type::List(Box::new(self.type_of(resolve, element)))
                    }
                    kind => unreachable!("a fact of the contract has the type {kind:?}"),
                }
            }
            other => unreachable!("a fact of the contract has the type {other:?}"),
        }
    }

    /// The fact named `name` in the record.
    pub(crate) fn field(&self, record: usize, name: &str) -> Option<&Field> {
        self.records[record].fields.iter().find(|f| f.name == name)
    }

    /// The enum with the JSON name `name`.
    pub(crate) fn enum_named(&self, name: &str) -> Option<usize> {
        self.enums.iter().position(|e| e.name == name)
    }

    /// The enum of access modes.
    pub(crate) fn access_mode(&self) -> usize {
        self.enum_named("access_mode")
            .expect("the contract has access modes")
    }

    /// Bytes that one element of a list of `ty` takes.
    pub(crate) fn element_size(&self, ty: &Type) -> u32 {
        match ty {
            Type::Bool | Type::Enum(_) => 1,
            Type::Int | Type::Time | Type::Duration | Type::Text | Type::List(_) => 8,
            Type::Record(record) => self.records[*record].size,
        }
    }

    /// The type in the words of conditions.
    pub(crate) fn describe(&self, ty: &Type) -> String {
        match ty {
            Type::Bool => "a boolean".into(),
            Type::Int => "a number".into(),
            Type::Text => "a text".into(),
            Type::Time => "a time".into(),
            Type::Duration => "a duration".into(),
            Type::Enum(e) => format!("a case of `{}`", self.enums[*e].name),
            Type::Record(r) => format!("a record `{}`", self.records[*r].name),
            Type::List(element) => match &**element {
                Type::Text => "a list of texts".into(),
                Type::Int => "a list of numbers".into(),
                Type::Enum(e) => format!("a list of `{}`", self.enums[*e].name),
                Type::Record(r) => format!("a list of records `{}`", self.records[*r].name),
                other => format!("a list of ({})", self.describe(other)),
            },
        }
    }

    /// The type named `name` in the contract's interface.
    pub(crate) fn wit_type(&self, name: &str) -> WitType {
        WitType::Id(named(&self.resolve, name))
    }
}

fn named(resolve: &Resolve, name: &str) -> TypeId {
    resolve
        .types
        .iter()
        .find(|(_, def)| def.name.as_deref() == Some(name))
        .map_or_else(
            || unreachable!("the contract has the type `{name}`"),
            |(id, _)| id,
        )
}

fn field_offset(resolve: &Resolve, sizes: &SizeAlign, record: &str, field: &str) -> u32 {
    let TypeDefKind::Record(def) = &resolve.types[named(resolve, record)].kind else {
        unreachable!("`{record}` is a record of the contract");
    };
    let at = def
        .fields
        .iter()
        .position(|f| f.name == field)
        .unwrap_or_else(|| unreachable!("`{record}` has the field `{field}`"));
    bytes(sizes.field_offsets(def.fields.iter().map(|f| &f.ty))[at].0)
}

fn result_layout(resolve: &Resolve, sizes: &SizeAlign) -> ResultLayout {
    let decision = WitType::Id(named(resolve, "decision"));
    let error = WitType::Id(named(resolve, "evaluation-error"));
    let cases = [Some(&decision), Some(&error)];
    let payload = bytes(sizes.payload_offset(wit_parser::Int::U8, cases));
    let align = cases
        .iter()
        .flatten()
        .map(|ty| sizes.align(ty).align_wasm32())
        .max()
        .unwrap_or(1);
    let largest = cases
        .iter()
        .flatten()
        .map(|ty| sizes.size(ty).size_wasm32())
        .max()
        .unwrap_or(0);
    let align = u32::try_from(align).expect("alignments are small");
    let size = payload + u32::try_from(largest).expect("results are small");
    let decision = |field| payload + field_offset(resolve, sizes, "decision", field);
    let error = |field| payload + field_offset(resolve, sizes, "evaluation-error", field);
    ResultLayout {
        size: size.next_multiple_of(align),
        align,
        payload,
        verdict: decision("verdict"),
        unmet: decision("unmet"),
        ready: decision("ready"),
        fallbacks: decision("fallbacks"),
        path: error("path"),
        problem: error("problem"),
        message: error("message"),
    }
}

fn attribute_layout(resolve: &Resolve, sizes: &SizeAlign) -> AttributeLayout {
    let TypeDefKind::Variant(variant) = &resolve.types[named(resolve, "attribute-value")].kind
    else {
        unreachable!("`attribute-value` is a variant of the contract");
    };
    let tag = field_offset(resolve, sizes, "attribute", "value");
    let payload = sizes.payload_offset(
        wit_parser::Int::U8,
        variant.cases.iter().map(|case| case.ty.as_ref()),
    );
    AttributeLayout {
        size: bytes(sizes.size(&WitType::Id(named(resolve, "attribute")))),
        name: field_offset(resolve, sizes, "attribute", "name"),
        tag,
        value: tag + bytes(payload),
    }
}

fn explanation_layout(resolve: &Resolve, sizes: &SizeAlign) -> (u32, u32, u32) {
    (
        bytes(sizes.size(&WitType::Id(named(resolve, "explanation")))),
        field_offset(resolve, sizes, "explanation", "requirement"),
        field_offset(resolve, sizes, "explanation", "facts"),
    )
}

fn bytes(size: wit_parser::ArchitectureSize) -> u32 {
    u32::try_from(size.size_wasm32()).expect("the contract's types are small")
}

/// A contract name as JSON and conditions spell it.
fn json_name(kebab: &str) -> String {
    kebab.replace('-', "_")
}
