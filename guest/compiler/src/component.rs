//! From a core module to a component, and back to the rules it was made from.

use std::borrow::Cow;

use sha2::{Digest, Sha256};
use wasm_encoder::{ComponentSection, CustomSection, Encode, Section};
use wasmparser::{Parser, Payload};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

use crate::contract::CONTRACT;

/// What made a component, as its custom section names it.
pub const COMPILER: &str = concat!("scopegate-compiler ", env!("CARGO_PKG_VERSION"));

/// `sha256:<hex>` of the bytes: what components, rule sets and files are known by.
pub fn digest(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes)
        .iter()
        .fold(String::from("sha256:"), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("writing to a string does not fail");
            hex
        })
}

/// Makes the module, of which a call takes at most `work` steps, a component that carries its rules.
pub(crate) fn component(mut module: Vec<u8>, work: u64, source: &str) -> Vec<u8> {
    embed_component_metadata(
        &mut module,
        &CONTRACT.resolve,
        CONTRACT.world,
        StringEncoding::UTF8,
    )
    .expect("the module takes the contract's metadata");
    let encoded = ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|mut encoder| encoder.encode())
        .expect("what the compiler writes fits the contract");
    let mut component = without_custom_sections(&encoded);
    let compressed = miniz_oxide::deflate::compress_to_vec(source.as_bytes(), 10);
    append(
        &mut component,
        scopegate_contract::RULES_SECTION,
        &compressed,
    );
    append(
        &mut component,
        scopegate_contract::COMPILER_SECTION,
        COMPILER.as_bytes(),
    );
    if work <= scopegate_contract::MOST_WORK {
        let work = work.to_string();
        append(
            &mut component,
            scopegate_contract::WORK_SECTION,
            work.as_bytes(),
        );
    }
    component
}

/// The component without its own custom sections: the names and producers that the encoder adds.
fn without_custom_sections(component: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(component.len());
    let mut from = 0;
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(component) {
        match payload.expect("what the encoder writes can be read") {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) if depth > 0 => depth -= 1,
            Payload::CustomSection(section) if depth == 0 => {
                let mut size = Vec::new();
                section.range().len().encode(&mut size);
                // Its number and its size stand before what the range covers.
                kept.extend_from_slice(&component[from..section.range().start - size.len() - 1]);
                from = section.range().end;
            }
            _ => {}
        }
    }
    kept.extend_from_slice(&component[from..]);
    kept
}

fn append(component: &mut Vec<u8>, name: &str, data: &[u8]) {
    let section = CustomSection {
        name: Cow::Borrowed(name),
        data: Cow::Borrowed(data),
    };
    component.push(ComponentSection::id(&section));
    section.encode(component);
    debug_assert_eq!(Section::id(&section), 0, "custom sections are numbered 0");
}

/// The rules' text that a component carries, if it carries one. It is a claim: only compiling it again proves it.
pub fn rules_of(component: &[u8]) -> Option<String> {
    let compressed = section(component, scopegate_contract::RULES_SECTION)?;
    let text = miniz_oxide::inflate::decompress_to_vec_with_limit(&compressed, crate::SOURCE_BYTES)
        .ok()?;
    String::from_utf8(text).ok()
}

/// The name and version of the compiler that a component says it was made by.
pub fn compiler_of(component: &[u8]) -> Option<String> {
    String::from_utf8(section(component, scopegate_contract::COMPILER_SECTION)?).ok()
}

/// The component's own custom section of that name.
fn section(component: &[u8], name: &str) -> Option<Vec<u8>> {
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(component) {
        match payload.ok()? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) if depth > 0 => depth -= 1,
            Payload::CustomSection(section) if depth == 0 && section.name() == name => {
                return Some(section.data().to_vec());
            }
            _ => {}
        }
    }
    None
}
