//! The default policy's component, as bytes.

use scopegate_tests::cases;
use scopegate_tests::edition::Edition;
use wasmparser::{Parser, Payload, Validator};

/// The most bytes that the component of each version of the default policy may have: 1.1.0 brings the spellings of Unicode along.
const BYTES: [(Edition, usize); 2] = [(Edition::First, 64 << 10), (Edition::Spelled, 68 << 10)];

#[test]
fn the_default_component_is_valid_and_imports_nothing() {
    let component = cases::component();
    Validator::new()
        .validate_all(&component)
        .expect("a valid component");
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(&component) {
        match payload.expect("a payload") {
            Payload::ComponentSection { .. } | Payload::ModuleSection { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            // Within, the component that only shapes the export imports the functions it shapes.
            Payload::ComponentImportSection(imports) if depth == 0 => {
                assert_eq!(imports.count(), 0);
            }
            Payload::ImportSection(imports) => assert_eq!(imports.count(), 0),
            _ => {}
        }
    }
}

#[test]
fn the_default_component_is_small() {
    for (edition, most) in BYTES {
        let bytes = cases::component_of(edition).len();
        assert!(
            bytes <= most,
            "{edition:?}: {bytes} bytes are more than {most}"
        );
    }
}

#[test]
fn the_same_rules_give_the_same_bytes() {
    assert!(cases::component() == cases::component());
}
