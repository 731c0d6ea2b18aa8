//! Modules that are rewritten, and those that are not.

use super::{Image, restorable};

fn rewritten(fields: &str) -> Option<Vec<u8>> {
    let module = wat::parse_str(format!("(module {fields})")).expect("the module is well-formed");
    let rewritten = restorable(&module)?;
    wasmparser::Validator::new()
        .validate_all(&rewritten)
        .unwrap_or_else(|error| panic!("{fields}: {error}"));
    Some(rewritten)
}

const MEMORY: &str = r#"(memory (export "memory") 1)"#;

#[test]
fn what_cannot_be_restored_is_not_rewritten() {
    let body = |code: &str| format!("{MEMORY} (table $t 1 funcref) (func $f {code})");
    let table = [
        ("", true),
        ("(i32.store (i32.const 0) (i32.const 0))", true),
        ("(drop (memory.grow (i32.const 1)))", true),
        ("(drop (table.get $t (i32.const 0)))", true),
        ("(table.set $t (i32.const 0) (ref.null func))", false),
        (
            "(table.fill $t (i32.const 0) (ref.null func) (i32.const 1))",
            false,
        ),
        (
            "(table.copy $t $t (i32.const 0) (i32.const 0) (i32.const 1))",
            false,
        ),
        (
            "(drop (table.grow $t (ref.null func) (i32.const 1)))",
            false,
        ),
    ];
    for (code, is_rewritten) in table {
        assert_eq!(rewritten(&body(code)).is_some(), is_rewritten, "{code}");
    }
    for fields in [
        String::new(),
        r#"(import "a" "b" (func)) (memory 1)"#.to_owned(),
        "(memory 1) (memory 1)".to_owned(),
        "(memory i64 1)".to_owned(),
        format!("{MEMORY} (func $f) (start $f)"),
        format!(r#"{MEMORY} (memory (export "scopegate:written") 1)"#),
        format!(r#"{MEMORY} (func (export "scopegate:written"))"#),
        format!("{MEMORY} (global (mut funcref) (ref.null func))"),
        format!("{MEMORY} (data $d \"x\") (func (data.drop $d))"),
        format!("{MEMORY} (func $f) (elem $e func $f) (func (elem.drop $e))"),
    ] {
        assert!(rewritten(&fields).is_none(), "{fields}");
    }
    assert!(restorable(b"\0asm\x01\0\0\0\x01").is_none());
}

#[test]
fn an_image_restores_any_part() {
    let start: Vec<u8> = (0..600_u16)
        .map(|at| if at < 400 { at.to_le_bytes()[0] } else { 0 })
        .collect();
    let image = Image::of(&start);
    for part in [
        0..600,
        0..1,
        399..401,
        300..500,
        450..600,
        590..700,
        5..5,
        700..800,
    ] {
        let mut memory = vec![0xFF; 600];
        image.restore(&mut memory, part.clone());
        for (at, byte) in memory.iter().enumerate() {
            let expected = if part.contains(&at) { start[at] } else { 0xFF };
            assert_eq!(*byte, expected, "{part:?} {at}");
        }
    }
}
