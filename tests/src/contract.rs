//! The contract as JSON, for hosts in other languages: names, types, documentation, and where each field stands in memory.
//!
//! Always true here: everything comes from `gate.wit` and the limits beside it; how a component wires the contract's functions to its
//! module, from what our compiler makes.

use scopegate_contract::WIRING_SECTIONS;
use serde_json::{Map, Value, json};
use wit_parser::{Int, Resolve, SizeAlign, Type, TypeDefKind, TypeId};

/// The contract as JSON.
pub fn json() -> Value {
    let mut resolve = Resolve::default();
    resolve
        .push_source("gate.wit", scopegate_contract::WIT)
        .expect("the contract is well-formed");
    let mut sizes = SizeAlign::default();
    sizes.fill(&resolve);
    let mut types = Map::new();
    for (id, def) in &resolve.types {
        if let Some(name) = &def.name
            && let Some(described) = described(&resolve, &sizes, id)
        {
            types.insert(name.clone(), described);
        }
    }
    let limits = [
        "scan.targets",
        "scan.accepted",
        "scan.excluded",
        "responsibility.authorized_for.hosts",
    ];
    let lists: Map<String, Value> = limits
        .iter()
        .map(|path| {
            (
                (*path).to_owned(),
                scopegate_contract::list_limit(path).into(),
            )
        })
        .collect();
    json!({
        "interface": scopegate_contract::INTERFACE,
        "limits": {
            "text_bytes": scopegate_contract::TEXT_BYTES,
            "last_instant": scopegate_contract::LAST_INSTANT,
            "list": scopegate_contract::LIST,
            "lists": lists,
        },
        "action_not_governed": scopegate_contract::ACTION_NOT_GOVERNED,
        "types": types,
        "wiring": wiring(&crate::cases::component()),
    })
}

/// The sections of a component that tell what it exports and of which types, without those that name functions of its module.
/// A section that means nothing.
const CUSTOM: u8 = 0;

/// The section that makes functions of the component out of functions of its module.
const CANONICAL: u8 = 8;

/// What any component of one module says of its wiring, whoever made it: `wit-component` makes the same of the same contract. The digest is that
/// of the sections' ids in their order, each of `WIRING_SECTIONS` followed by its length and content.
fn wiring(component: &[u8]) -> Value {
    let mut said = Vec::new();
    let mut types = Vec::new();
    for (id, content) in sections(component) {
        if id == CUSTOM {
            continue;
        }
        said.push(id);
        if WIRING_SECTIONS.contains(&id) {
            let length = u32::try_from(content.len()).expect("a section is small");
            said.extend(length.to_le_bytes());
            said.extend(content);
        } else if id == CANONICAL {
            types.push(*content.last().expect("a function has a type"));
        }
    }
    json!({
        "sections": WIRING_SECTIONS,
        "digest": scopegate_compiler::digest(&said),
        "functions": scopegate_contract::WIRING_FUNCTIONS,
        "types": types,
    })
}

/// The sections of a component: their ids, and what is in them.
fn sections(component: &[u8]) -> Vec<(u8, &[u8])> {
    let mut sections = Vec::new();
    let mut rest = &component[8..];
    while let [id, after @ ..] = rest {
        let last = after
            .iter()
            .position(|byte| byte & 0x80 == 0)
            .expect("a length ends");
        let (length, after) = after.split_at(last + 1);
        let length = length
            .iter()
            .rev()
            .fold(0, |length, byte| length << 7 | usize::from(byte & 0x7f));
        let (content, after) = after.split_at(length);
        sections.push((*id, content));
        rest = after;
    }
    sections
}

fn described(resolve: &Resolve, sizes: &SizeAlign, id: TypeId) -> Option<Value> {
    let def = &resolve.types[id];
    let docs =
        |docs: &wit_parser::Docs| docs.contents.clone().unwrap_or_default().trim().to_owned();
    let mut described = match &def.kind {
        TypeDefKind::Record(record) => {
            let offsets = sizes.field_offsets(record.fields.iter().map(|field| &field.ty));
            let fields = record
                .fields
                .iter()
                .zip(offsets)
                .map(|(field, (offset, _))| {
                    json!({
                        "name": field.name.replace('-', "_"),
                        "type": named(resolve, &field.ty),
                        "offset": offset.size_wasm32(),
                        "docs": docs(&field.docs),
                    })
                });
            json!({"record": fields.collect::<Vec<_>>()})
        }
        TypeDefKind::Enum(cases) => {
            let cases = cases.cases.iter();
            json!({"enum": cases.map(|case| case.name.replace('-', "_")).collect::<Vec<_>>()})
        }
        TypeDefKind::Variant(variant) => {
            let payload =
                sizes.payload_offset(Int::U8, variant.cases.iter().map(|case| case.ty.as_ref()));
            let cases = variant.cases.iter().map(|case| {
                let ty = case.ty.as_ref().map(|ty| named(resolve, ty));
                json!({"name": case.name, "type": ty})
            });
            json!({"variant": cases.collect::<Vec<_>>(), "payload": payload.size_wasm32()})
        }
        _ => return None,
    };
    let ty = Type::Id(id);
    described["size"] = sizes.size(&ty).size_wasm32().into();
    described["align"] = sizes.align(&ty).align_wasm32().into();
    described["docs"] = docs(&def.docs).into();
    Some(described)
}

/// A type as others name it: `string`, `time`, `{"list": …}`, or the name of another.
fn named(resolve: &Resolve, ty: &Type) -> Value {
    match ty {
        Type::Bool => "bool".into(),
        Type::U32 => "u32".into(),
        Type::S64 => "s64".into(),
        Type::U64 => "u64".into(),
        Type::String => "string".into(),
        Type::Id(id) => {
            let def = &resolve.types[*id];
            match (&def.kind, &def.name) {
                (TypeDefKind::Type(_), Some(name)) if name == "timestamp" => "time".into(),
                (TypeDefKind::Type(ty), _) => named(resolve, ty),
                (TypeDefKind::List(ty), _) => json!({"list": named(resolve, ty)}),
                (TypeDefKind::Option(ty), _) => json!({"option": named(resolve, ty)}),
                (_, Some(name)) => name.clone().into(),
                (kind, None) => unreachable!("the contract has no {kind:?}"),
            }
        }
        other => unreachable!("the contract has no {other:?}"),
    }
}
