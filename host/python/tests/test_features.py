"""What components may use of WebAssembly, and that what they compute does not depend on the machine."""

import json

import pytest
from test_policy import ROOT, SCAN, component, guest, leb128
from wasmtime import wat2wasm

from scopegate import LoadError, load_policy

TABLE = json.loads((ROOT / "wit/webassembly.json").read_text())
MODULES = json.loads((ROOT / "tests/vectors/webassembly.json").read_text())
REFUSED = "feature of WebAssembly that policies may not"
PREFIXES = (0xFB, 0xFC, 0xFD, 0xFE)


def raw(*content):
    """A module of these bytes behind its head."""
    return b"\0asm\x01\0\0\0" + bytes(content)


def coded(*code):
    """A module with a function of this code."""
    return raw(1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, len(code) + 4, 1, len(code) + 2, 0, *code, 0x0B)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: f"{module['feature']} {module['text']}")
def test_modules_are_taken_or_refused_as_the_rust_host_does_it(module):
    with pytest.raises(LoadError, match="does not export" if module["is_allowed"] else REFUSED):
        load_policy(component(bytes.fromhex(module["bytes"])))


def test_there_are_modules_of_every_feature():
    assert len(MODULES) > 50


def codes(first):
    if first not in PREFIXES:
        yield f"{first:#04x}", [first]
        return
    for second in range(0x200):
        yield f"{first:#04x} {second:#04x}", [first, *leb128(second)]


@pytest.mark.parametrize("first", range(256))
def test_no_operator_is_taken_that_the_table_does_not_allow(first):
    for written, code in codes(first):
        if TABLE["operators"].get(written, "!").startswith("!"):
            with pytest.raises(LoadError, match=REFUSED):
                load_policy(component(coded(*code, 0, 0, 0, 0)))


@pytest.mark.parametrize(
    "module",
    [
        # `i32.load` of memory 0, named as in the proposal for several, in a byte and in two; `memory.size` of memory 1.
        coded(0x41, 0, 0x28, 0x42, 0, 0, 0x1A),
        coded(0x41, 0, 0x28, 0xC2, 0, 0, 0, 0x1A),
        coded(0x3F, 1, 0x1A),
        # An operator in more bytes than it takes: `i32.trunc_sat_f32_s`, and one that is not allowed.
        coded(0x43, 0, 0, 0, 0, 0xFC, 0x80, 0, 0x1A),
        coded(0xFD, 0x80, 0x80, 0),
        # Blocks whose type is a negative number in two bytes.
        coded(0x02, 0xEF, 0x7F, 0x0B),
        # Sections, types, limits, globals, elements and data that are not known.
        raw(14, 1, 0),
        raw(1, 2, 1, 0x5F),
        raw(5, 4, 1, 0x81, 0, 1),
        raw(6, 6, 1, 0x7F, 2, 0x41, 0, 0x0B),
        raw(9, 2, 1, 8),
        raw(9, 3, 1, 1, 1),
        raw(11, 2, 1, 3),
        raw(11, 6, 1, 2, 1, 0x41, 0, 0x0B),
    ],
)
def test_unusual_encodings_hide_nothing(module):
    with pytest.raises(LoadError, match=REFUSED):
        load_policy(component(module))


@pytest.mark.parametrize("module", [raw(5, 3, 1, 0), raw(1, 9, 1), raw(10, 2, 1, 9), raw(10, 3, 1, 1, 0), raw(1, 2, 0, 0), coded(0x41), b"\0"])
def test_what_ends_too_early_is_broken(module):
    with pytest.raises(LoadError):
        load_policy(component(module))


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        (raw(5, 4, 1, 0, 0x81, 0x20), "memory begins with 4097 pages, at most 4096"),
        (raw(4, 6, 1, 0x70, 0, 0x81, 0x80, 0x40), "more than 1048576 elements"),
        (raw(4, 11, 2, 0x70, 0, 0x81, 0x80, 0x20, 0x70, 0, 0x80, 0x80, 0x20), "more than 1048576 elements"),
        (raw(4, 0xC4, 1, 65, *[0x70, 0, 0] * 65), "more than 64 tables"),
        (coded(0xD0, 0x70, 0x41, 0, 0xFC, 15, 0, 0x1A), r"table\.grow"),
    ],
)
def test_memories_and_tables_are_no_larger_than_the_rust_host_allows(module, expected):
    with pytest.raises(LoadError, match=expected):
        load_policy(component(module))


def nans():
    """Texts that are 1 if the NaN of an operation is the canonical one."""
    f32, f64 = "(f32.reinterpret_i32 (i32.const 0xffc12345))", "(f64.reinterpret_i64 (i64.const 0xfff8123456789abc))"
    floats = (("f32", "i32", "0x7fc00000", f32, f"(f32.demote_f64 {f64})"), ("f64", "i64", "0x7ff8000000000000", f64, f"(f64.promote_f32 {f32})"))
    for of, bits, canonical, given, converted in floats:
        found = [f"({of}.{name} {given})" for name in ("ceil", "floor", "trunc", "nearest", "sqrt")]
        found += [f"({of}.{name} ({of}.const 1) {given})" for name in ("add", "sub", "mul", "div", "min", "max")]
        for text in (*found, converted, f"({of}.div ({of}.const 0) ({of}.const 0))", f"({of}.sqrt ({of}.const -1))"):
            yield f"({bits}.eq ({bits}.reinterpret_{of} {text}) ({bits}.const {canonical}))"
    nothing = "(f64x2.div (v128.const f64x2 0 1) (v128.const f64x2 0 1))"
    yield f"(i64.eq (i64x2.extract_lane 0 {nothing}) (i64.const 0x7ff8000000000000))"


@pytest.mark.parametrize("text", list(nans()))
def test_a_nan_that_is_computed_has_the_same_bits_everywhere(text):
    # A deny of what nothing governs: the one decision that the manifest allows.
    evaluate = f"(if (i32.eqz {text}) (then unreachable)) (i32.store8 (i32.const 4) (i32.const 1)) (i32.const 0)"
    policy = load_policy(guest(evaluate, describe="(i32.const 1024)"))
    assert policy.evaluate(SCAN)["codes"] == ["ACTION_NOT_GOVERNED"]


#: What a policy finds of a request in its memory, as a number: the Rust host and the Node host are held to it too.
SEEN = -1278705662


def test_a_policy_finds_the_same_bytes_in_its_memory_as_in_every_host():
    fields = """(global $free (mut i32) (i32.const 65536))
        (func $seen (param $at i32) (param $end i32) (result i32) (local $hash i32)
          (loop $more
            (local.set $hash (i32.mul (i32.xor (local.get $hash) (i32.load8_u (local.get $at))) (i32.const 16777619)))
            (br_if $more (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (local.get $end))))
          (local.get $hash))"""
    room = """(global.set $free (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
        (global.get $free) (global.set $free (i32.add (global.get $free) (local.get 3)))"""
    evaluate = f"""(if (i32.ne (call $seen (local.get 0) (global.get $free)) (i32.const {SEEN})) (then unreachable))
        (i32.store8 (i32.const 4) (i32.const 1)) (i32.const 0)"""
    policy = load_policy(guest(evaluate, describe="(i32.const 1024)", fields=fields, room=room))
    attributes = {"a": "", "b": [], "c": True, "d": -1, "e": ["x", ""]}
    asked = {**SCAN, "action": "scan", "tenancy": {**SCAN["tenancy"], "project": "Zürich"}, "attributes": attributes}
    assert policy.evaluate(asked)["codes"] == ["ACTION_NOT_GOVERNED"]


def test_the_engine_knows_what_is_refused():
    """Else these tests would show nothing."""
    assert wat2wasm("(module (func (return_call 0)))")
