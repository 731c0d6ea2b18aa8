//! Makes `tests/vectors/webassembly.json`: modules that every host takes or refuses alike. `SCOPEGATE_WRITE_CONTRACT=1` writes it anew.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use serde_json::json;
use wasmparser::{Validator, WasmFeatures};

use super::FEATURES;

/// What policies may use.
const ALLOWED: [&str; 15] = [
    "(func)",
    "(func (result i32) (i32.extend8_s (i32.const 200)))",
    "(func (result i64) (i64.trunc_sat_f64_u (f64.const nan)))",
    "(memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 9)) (memory.copy (i32.const 0) (i32.const 4) (i32.const 4)))",
    "(memory 1) (data $d \"abc\") (func (memory.init $d (i32.const 0) (i32.const 0) (i32.const 3)) (data.drop $d))",
    "(func (param i32) (result i32 i32) (block (param) (result i32 i32) (i32.const 1) (local.get 0)))",
    "(func (param v128 v128) (result v128) (f32x4.min (local.get 0) (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31 (local.get 0) (local.get 1))))",
    "(memory 1) (func (result v128) (v128.load8_lane 15 (i32.const 0) (v128.const i64x2 1 2)))",
    "(table $t 2 funcref) (elem $e func 0) (func (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 1)) (elem.drop $e) (table.set $t (i32.const 1) (table.get $t (i32.const 0))))",
    "(table 1 funcref) (table 1 funcref) (elem (table 1) (i32.const 0) funcref (ref.func 0) (ref.null func)) (func (result i32) (ref.is_null (ref.func 0)))",
    "(type $f (func (result i32))) (table 1 funcref) (table 1 funcref) (func (result i32) (call_indirect 1 (type $f) (i32.const 0)))",
    "(func (param i32) (result f64) (select (result f64) (f64.const 1) (f64.const 2) (local.get 0)))",
    "(func (param i32) (block (block (block (br_table 0 1 2 1 0 (local.get 0))))))",
    "(global i32 (i32.add (i32.const 1) (i32.mul (i32.const 2) (i32.const 3)))) (global (mut i64) (i64.const -1))",
    "(memory 1 9) (data (i32.const 0) \"abc\") (global $g (mut i32) (i32.const -2147483648)) (func $start (global.set $g (i32.load offset=4294967295 (i32.const 0)))) (start $start)",
];

/// What policies may not use, and the proposal that it is of.
const REFUSED: [(&str, &str); 40] = [
    ("tail_call", "(func (return_call 0))"),
    (
        "tail_call",
        "(table 1 funcref) (func (return_call_indirect (i32.const 0)))",
    ),
    (
        "function_references",
        "(type $f (func)) (func (param (ref null $f)) (call_ref $f (local.get 0)))",
    ),
    ("function_references", "(func (param (ref func)))"),
    (
        "function_references",
        "(type $f (func)) (func (drop (ref.null $f)))",
    ),
    (
        "function_references",
        "(func (drop (ref.as_non_null (ref.null func))))",
    ),
    (
        "function_references",
        "(func (block (br_on_null 0 (ref.null func)) drop))",
    ),
    ("function_references", "(table 1 funcref (ref.null func))"),
    ("gc", "(type (struct (field i32)))"),
    ("gc", "(type (array (mut i8)))"),
    ("gc", "(rec (type (func)) (type (func (param i32))))"),
    ("gc", "(type (sub (func)))"),
    ("gc", "(func (param anyref))"),
    ("gc", "(func (local eqref))"),
    ("gc", "(func (result i31ref) (ref.i31 (i32.const 1)))"),
    (
        "gc",
        "(func (result i32) (ref.eq (ref.null none) (ref.null none)))",
    ),
    (
        "gc",
        "(global $a i32 (i32.const 1)) (global i32 (global.get $a))",
    ),
    (
        "gc",
        "(global $a i32 (i32.const 0)) (memory 1) (data (global.get $a) \"a\")",
    ),
    ("gc_types", "(func (param externref))"),
    ("gc_types", "(table 1 externref)"),
    ("gc_types", "(func (drop (ref.null extern)))"),
    ("gc_types", "(global externref (ref.null extern))"),
    ("exceptions", "(tag)"),
    ("exceptions", "(tag $e) (func (throw $e))"),
    ("exceptions", "(func (block (try_table (catch_all 0))))"),
    (
        "exceptions",
        "(func (param exnref) (throw_ref (local.get 0)))",
    ),
    ("exceptions", "(import \"a\" \"b\" (tag))"),
    ("legacy_exceptions", "(func try catch_all end)"),
    (
        "relaxed_simd",
        "(func (param v128 v128) (result v128) (i8x16.relaxed_swizzle (local.get 0) (local.get 1)))",
    ),
    (
        "relaxed_simd",
        "(func (param v128) (result v128) (f32x4.relaxed_madd (local.get 0) (local.get 0) (local.get 0)))",
    ),
    (
        "wide_arithmetic",
        "(func (param i64) (result i64 i64) (i64.mul_wide_u (local.get 0) (local.get 0)))",
    ),
    ("threads", "(memory 1 1 shared)"),
    (
        "threads",
        "(memory 1) (func (result i32) (i32.atomic.load (i32.const 0)))",
    ),
    ("threads", "(func (atomic.fence))"),
    ("memory64", "(memory i64 1)"),
    ("memory64", "(table i64 1 funcref)"),
    ("multi_memory", "(memory 1) (memory 1)"),
    (
        "multi_memory",
        "(memory 1) (memory $b 1) (func (result i32) (i32.load $b (i32.const 0)))",
    ),
    ("custom_page_sizes", "(memory 9 (pagesize 1))"),
    (
        "stack_switching",
        "(type $f (func)) (type $c (cont $f)) (elem declare func 0) (func (drop (cont.new $c (ref.func 0))))",
    ),
];

fn module(fields: &str) -> Vec<u8> {
    wat::parse_str(format!("(module {fields})")).unwrap_or_else(|error| panic!("{fields}: {error}"))
}

fn is_valid(module: &[u8], features: WasmFeatures) -> bool {
    Validator::new_with_features(features)
        .validate_all(module)
        .is_ok()
}

#[test]
fn the_same_modules_are_refused_everywhere() {
    let allowed = ALLOWED.map(|fields| ("", fields, true));
    let refused = REFUSED.map(|(feature, fields)| (feature, fields, false));
    let mut modules = Vec::new();
    for (feature, fields, is_allowed) in allowed.into_iter().chain(refused) {
        let bytes = module(fields);
        assert!(
            is_valid(&bytes, WasmFeatures::all()),
            "{feature}: {fields} is no module at all"
        );
        assert_eq!(
            is_valid(&bytes, FEATURES),
            is_allowed,
            "{feature}: {fields}"
        );
        let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        modules.push(
            json!({ "feature": feature, "is_allowed": is_allowed, "text": fields, "bytes": hex }),
        );
    }
    let file =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/webassembly.json");
    let json = serde_json::to_string_pretty(&modules).expect("it is JSON") + "\n";
    if std::env::var_os("SCOPEGATE_WRITE_CONTRACT").is_some() {
        fs::write(&file, &json).expect("it can be written");
    }
    assert!(
        fs::read_to_string(&file).expect("it is there") == json,
        "`tests/vectors/webassembly.json` is of other modules: SCOPEGATE_WRITE_CONTRACT=1 writes it anew"
    );
}
