//! Makes `wit/webassembly.json` of what `wasmparser` knows. `SCOPEGATE_WRITE_CONTRACT=1` writes it anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use wasmparser::{BinaryReader, Operator, OperatorsReader, Validator, WasmFeatures};

use super::FEATURES;
use crate::quota::{TABLE_ELEMENTS, TABLES};

/// The first bytes of operators that take a number behind them.
const PREFIXES: [u8; 4] = [0xfb, 0xfc, 0xfd, 0xfe];

/// More operators than any prefix has.
const MOST: u32 = 0x200;

/// Tables that grow are counted by this host only, so the others refuse the operator.
const UNCOUNTED: &str = "TableGrow";

/// The table, as `wit/webassembly.json` has it.
fn table() -> Value {
    let (mut operators, mut nan) = (BTreeMap::new(), BTreeMap::<_, Vec<_>>::new());
    let mut note = |code: String, bytes: &[u8]| {
        let Some((name, operator)) = look(bytes) else {
            return;
        };
        if let Some(of) = arithmetic(&name).filter(|_| !operator.starts_with('!')) {
            nan.entry(of).or_default().push(code.clone());
        }
        operators.insert(code, operator);
    };
    for first in 0..=u8::MAX {
        if !PREFIXES.contains(&first) {
            note(format!("{first:#04x}"), &[first]);
            continue;
        }
        for second in 0..MOST {
            let code = format!("{first:#04x} {second:#04x}");
            note(code, &prefixed(first, second));
        }
    }
    json!({
        "features": FEATURES.iter_names().map(|(name, _)| name.to_lowercase()).collect::<Vec<_>>(),
        "limits": {
            "memories": 1,
            "memory_pages": scopegate_contract::MEMORY_BYTES / 65_536,
            "tables": TABLES,
            "table_elements": TABLE_ELEMENTS,
        },
        "nan": nan,
        "operators": operators,
        "reference_types": types(|ty| vec![0x04, 0x04, 0x01, ty, 0x00, 0x00]),
        "value_types": types(|ty| vec![0x01, 0x05, 0x01, 0x60, 0x01, ty, 0x00]),
    })
}

/// The types of one byte that a module may have where `section` puts it.
fn types(section: impl Fn(u8) -> Vec<u8>) -> Vec<u8> {
    (0..=0x7f)
        .filter(|ty| {
            let module = [b"\0asm\x01\0\0\0", &section(*ty)[..]].concat();
            Validator::new_with_features(FEATURES)
                .validate_all(&module)
                .is_ok()
        })
        .collect()
}

/// The bytes of an operator with a prefix.
fn prefixed(first: u8, second: u32) -> Vec<u8> {
    let [low, high] =
        [second & 0x7f, second >> 7].map(|bits| u8::try_from(bits).expect("few bits"));
    if high == 0 {
        vec![first, low]
    } else {
        vec![first, low | 0x80, high]
    }
}

/// The name of the operator with these bytes, and its immediates, or `!` and the feature that it is of if policies may not use it.
fn look(bytes: &[u8]) -> Option<(String, String)> {
    // What has to stand before the operator, and what may stand behind it: there are operators that belong to a block, and immediates that
    // must not be zero.
    let before: [&[u8]; 3] = [&[], &[0x04, 0x40], &[0x06, 0x40]];
    let behind: [&[u8]; 2] = [&[0; 32], &[1, 0x7f, 0, 0, 0, 0, 0]];
    before.iter().zip([0, 1, 1]).find_map(|(before, skipped)| {
        behind.iter().find_map(|behind| {
            let code = [*before, bytes, *behind].concat();
            let reader = BinaryReader::new_features(&code, 0, WasmFeatures::all());
            let mut reader = OperatorsReader::new(reader);
            for _ in 0..skipped {
                reader.read().ok()?;
            }
            let operator = reader.read().ok()?;
            let name = format!("{operator:?}");
            let name = name
                .split([' ', '{', '('])
                .next()
                .expect("a part")
                .to_owned();
            let (proposal, immediates) = described(&operator);
            let said = if name == UNCOUNTED {
                "!table.grow".to_owned()
            } else if is_allowed(proposal) {
                immediates.iter().map(kind).collect::<Vec<_>>().join(" ")
            } else {
                format!("!{proposal}")
            };
            Some((name, said))
        })
    })
}

/// Whether policies may use the operators of a proposal.
fn is_allowed(proposal: &str) -> bool {
    let proposal = proposal.to_uppercase();
    proposal == "MVP"
        || WasmFeatures::from_name(&proposal).is_some_and(|one| FEATURES.contains(one))
}

/// The proposal that the operator comes from, and the names and types of its immediates.
fn described(operator: &Operator<'_>) -> (&'static str, Vec<(&'static str, &'static str)>) {
    macro_rules! describe {
        ($( @$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
            match operator {
                $(Operator::$op { .. } => (stringify!($proposal), vec![$($((stringify!($arg), stringify!($argty))),*)?]),)*
                _ => unreachable!("every operator is there"),
            }
        };
    }
    wasmparser::for_each_operator!(describe)
}

/// What an immediate is in bytes.
fn kind((name, written): &(&str, &str)) -> &'static str {
    // A type's name without its path and what it is of: how a macro writes it down may change.
    let name_of = |path: &str| {
        let end = path.rsplit("::").next().unwrap_or(path);
        end.chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
    };
    match (
        *name,
        name_of(written.split('<').next().unwrap_or(written)).as_str(),
    ) {
        ("mem" | "dst_mem" | "src_mem", "u32") => "zero",
        (_, "u32") => "index",
        (_, "u8") => "byte",
        (_, "i32") => "i32",
        (_, "i64") => "i64",
        (_, "Ieee32") => "bytes4",
        (_, "Ieee64") => "bytes8",
        (_, "V128" | "u816" | "u816usize") => "bytes16",
        (_, "MemArg") => "memory",
        (_, "BlockType") => "block",
        (_, "HeapType") => "reference",
        (_, "ValType" | "Vec") => "types",
        (_, "BrTable") => "labels",
        other => panic!("an immediate of another kind: {other:?}, {written:?}"),
    }
}

/// What a NaN may come out of: the type that Cranelift makes canonical behind an operator.
fn arithmetic(name: &str) -> Option<&'static str> {
    const WORDS: [&str; 11] = [
        "Ceil", "Floor", "Trunc", "Nearest", "Sqrt", "Add", "Sub", "Mul", "Div", "Min", "Max",
    ];
    let types = [
        ("F32x4", "f32x4"),
        ("F64x2", "f64x2"),
        ("F32", "f32"),
        ("F64", "f64"),
    ];
    let (rest, of) = types
        .into_iter()
        .find_map(|(begin, of)| Some((name.strip_prefix(begin)?, of)))?;
    let converts = [
        "DemoteF64",
        "PromoteF32",
        "DemoteF64x2Zero",
        "PromoteLowF32x4",
    ];
    (WORDS.contains(&rest) || converts.contains(&rest)).then_some(of)
}

#[test]
fn the_hosts_in_other_languages_are_told_the_same() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../wit/webassembly.json");
    let json = serde_json::to_string_pretty(&table()).expect("it is JSON") + "\n";
    if std::env::var_os("SCOPEGATE_WRITE_CONTRACT").is_some() {
        fs::write(&file, &json).expect("it can be written");
    }
    let written = fs::read_to_string(&file).expect("it is there");
    assert!(
        written == json,
        "`wit/webassembly.json` is not what the engine allows: SCOPEGATE_WRITE_CONTRACT=1 writes it anew"
    );
}

#[test]
fn immediates_are_as_long_as_the_table_says() {
    let table = table();
    let operators = table["operators"].as_object().expect("an object");
    assert!(operators.len() > 400, "{}", operators.len());
    for (code, immediates) in operators {
        let immediates = immediates.as_str().expect("a text");
        let (Some(bytes), false) = (bytes_of(code), immediates.starts_with('!')) else {
            continue;
        };
        // Each immediate in its longest form that is no mistake.
        let mut code = bytes.clone();
        for one in immediates.split_whitespace() {
            code.extend_from_slice(match one {
                "zero" | "byte" => &[0][..],
                "index" => &[0x81, 0x80, 0],
                "i32" | "i64" => &[0xff, 0xff, 0],
                "bytes4" => &[1; 4],
                "bytes8" => &[1; 8],
                "bytes16" => &[1; 16],
                "memory" => &[0, 0x80, 1],
                "block" => &[0x7f],
                "reference" => &[0x70],
                "types" => &[1, 0x7f],
                "labels" => &[2, 0, 1, 0x80, 0],
                other => panic!("{other} in {code:?}"),
            });
        }
        let all = [&[0x04, 0x40][..], &code].concat();
        let mut reader = OperatorsReader::new(BinaryReader::new_features(&all, 0, FEATURES));
        reader.read().expect("a block");
        let found = reader.read();
        assert!(found.is_ok() && reader.eof(), "{code:x?}: {found:?}");
    }
}

fn bytes_of(code: &str) -> Option<Vec<u8>> {
    let mut parts = code
        .split(' ')
        .map(|part| u32::from_str_radix(part.trim_start_matches("0x"), 16));
    let first = u8::try_from(parts.next()?.ok()?).ok()?;
    Some(match parts.next() {
        None => vec![first],
        Some(second) => prefixed(first, second.ok()?),
    })
}
