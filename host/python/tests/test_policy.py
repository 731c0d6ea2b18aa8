"""What may go wrong, and that none of it is a decision."""

import json
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from wasmtime import wat2wasm

from scopegate import EvaluateError, InputError, LoadError, default_component, default_policy, load_policy

ROOT = Path(__file__).parents[3]
PROGRAM = os.environ.get("SCOPEGATE", ROOT / "target/debug/scopegate")
EXAMPLES = ROOT / "policies/webriskops/1.1.0/examples"
SCAN = json.loads((EXAMPLES / "scan.json").read_text())
POLICY = default_policy()
COMPONENT = b"\0asm\x0d\0\x01\0"


def leb128(number):
    encoded = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        encoded.append(low | (0x80 if number else 0))
        if not number:
            return bytes(encoded)


def sections(component):
    """The sections of a component: their ids, and what is in them."""
    at = len(COMPONENT)
    while at < len(component):
        kind, length, shift = component[at], 0, 0
        while True:
            at += 1
            length |= (component[at] & 0x7F) << shift
            shift += 7
            if component[at] < 0x80:
                break
        yield kind, component[at + 1 : at + 1 + length]
        at += 1 + length


#: How a component wires the contract's functions to its module: as the default policy's does.
WIRED = [(kind, content) for kind, content in sections(default_component()) if kind]


def component(module, rewire=lambda sections: sections):
    """A component around a core module; `rewire` may change its other sections."""
    written = rewire([(kind, module if kind == 1 else content) for kind, content in WIRED])
    return COMPONENT + b"".join(bytes([kind]) + leb128(len(content)) + content for kind, content in written)


def guest(evaluate, rewire=lambda sections: sections, describe=None, kind="(param i32) (result i32)", fields="", room="(i32.const 65536)"):
    """An empty manifest, and an `evaluate` of one's own: a result in memory that is laid at 8."""
    interface = "scopegate:gate/policy@1.0.0"
    manifest = bytearray(88)
    # A name and a version, which stand behind it.
    for at, place, length in ((0, 1112, 5), (8, 1117, 5)):
        manifest[at : at + 8] = place.to_bytes(4, "little") + length.to_bytes(4, "little")
    manifest += b"guest1.0.0"
    data = "".join(f"\\{byte:02x}" for byte in manifest)
    return component(
        wat2wasm(f"""(module (memory (export "memory") 2) (data (i32.const 1024) "{data}")
        {fields}
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) {room})
        (func (export "{interface}#describe") (result i32) {describe or evaluate})
        (func (export "{interface}#evaluate") {kind} {evaluate})
        (func (export "{interface}#evaluate-batch") (param i32 i32) (result i32) unreachable)
        (func (export "{interface}#explain") (param i32) (result i32) unreachable))"""),
        rewire,
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (b"", "not WebAssembly"),
        (b"language = 1", "not WebAssembly"),
        (b"\0asm\x01\0\0\0", "core WebAssembly module"),
        (COMPONENT, "0 core modules"),
        (default_component()[:-1], "does not end where it says"),
        (component(b"\0asm\x01\0\0\0"), "does not export"),
        (component(b"\x01\x02"), "is broken"),
        (component(wat2wasm('(module (import "clock" "now" (func)))')), "imports `clock`"),
        (guest("unreachable"), "failed when it was asked"),
        (guest("(i32.const -4)"), "failed when it was asked"),
        (guest("(loop $again (br $again)) unreachable"), "failed when it was asked"),
        (guest("(i32.const 2048)"), "the policy's name is empty"),
        (guest("(i32.const 1)"), "failed when it was asked"),
    ],
)
def test_bytes_that_are_no_policy(given, expected):
    with pytest.raises(LoadError, match=expected):
        load_policy(given)


def _without(kind):
    return lambda sections: [section for section in sections if section[0] != kind]


def _changed(kind, before, after):
    return lambda sections: [(other, content.replace(before, after) if other == kind else content) for other, content in sections]


@pytest.mark.parametrize(
    "rewire",
    [
        lambda sections: [section for section in sections if section[0] == 1],
        *(_without(kind) for kind in (2, 4, 5, 6, 7, 8, 11)),
        # `evaluate` of the component is another function of the module.
        _changed(6, b"$scopegate:gate/policy@1.0.0#evaluate", b"$scopegate:gate/policy@1.0.0#describe"),
        _changed(6, b"cabi_realloc", b"cabi_Realloc"),
        _changed(6, b"memory", b"Memory"),
        # A canonical function's kind, its function, its options, its type.
        _changed(8, b"\x01\0\0", b"\x01\x01\0"),
        _changed(8, b"\x01\0\0\x02", b"\x01\0\0\x03"),
        _changed(8, b"\x03\0", b"\x07\0"),
        lambda sections: [(kind, content[:-1] + b"\x01" if kind == 8 else content) for kind, content in sections],
        lambda sections: [*sections, next(section for section in sections if section[0] == 8)],
        lambda sections: [*sections, (9, b"\0")],
        lambda sections: [*sections, (10, b"\0")],
    ],
)
def test_components_that_export_something_else_than_their_module_does(rewire):
    whole = default_component()
    module = next(content for kind, content in sections(whole) if kind == 1)
    load_policy(component(module))
    with pytest.raises(LoadError):
        load_policy(component(module, rewire))


#: The policy allows nothing: no requirement names an action. What it answers is an allow all the same, in zeros.
_NOTHING = "(i32.const 1024)"
_ZEROS = "(i32.const 0)"


@pytest.mark.parametrize(
    ("kind", "evaluate"),
    [
        ("(param i32)", "(memory.fill (i32.const 0) (i32.const 0) (i32.const 64))"),
        ("(param i64) (result i32)", _ZEROS),
        ("(param f32) (result i32)", _ZEROS),
        ("(param i32) (result i64)", "(i64.const 0)"),
        ("(param i32) (result i32 i32)", "(i32.const 0) (i32.const 0)"),
    ],
)
def test_functions_of_other_types_than_the_contract_s(kind, evaluate):
    load_policy(guest(_ZEROS, describe=_NOTHING))
    with pytest.raises(LoadError, match="of the contract's type"):
        load_policy(guest(evaluate, describe=_NOTHING, kind=kind))


@pytest.mark.parametrize(
    "fields",
    [
        '(func (export "_initialize") unreachable)',
        '(global (export "_initialize") i32 (i32.const 1))',
        '(func (export "cabi_post_scopegate:gate/policy@1.0.0#evaluate") (param i32) unreachable)',
        '(global (export "request-begin") f64 (f64.const 1)) (global (export "request-end") i32 (i32.const 128))',
    ],
)
def test_what_the_component_does_not_say_is_not_called_and_not_believed(fields):
    # A deny of what nothing governs: the one decision that this manifest allows.
    denies = "(i32.store8 (i32.const 4) (i32.const 1)) (i32.const 0)"
    policy = load_policy(guest(denies, describe=_NOTHING, fields=fields))
    assert policy.evaluate(SCAN)["codes"] == ["ACTION_NOT_GOVERNED"]


@pytest.mark.parametrize(
    ("evaluate", "room"),
    [
        ("(i32.const 65537)", "(i32.const 65536)"),
        # A list of none, at an address that is not aligned.
        ("(i32.store8 (i32.const 4) (i32.const 1)) (i32.store (i32.const 8) (i32.const 1)) (i32.const 0)", "(i32.const 65536)"),
        (_ZEROS, "(i32.const 65537)"),
        (_ZEROS, "(i32.const -8)"),
    ],
)
def test_addresses_that_are_not_aligned_or_not_there(evaluate, room):
    policy = load_policy(guest(evaluate, describe=_NOTHING, room=room))
    with pytest.raises(EvaluateError, match="code failed"):
        policy.evaluate(SCAN)


def test_texts_that_nest_too_deep_leave_a_batch_unharmed():
    for depth in (500, 900, 950, *range(960, 1010)):
        nested = '{"action":' + "[" * depth + "]" * depth + "}"
        wrong, right = POLICY.evaluate_batch([nested, SCAN])
        assert isinstance(wrong, InputError)
        assert right["decision"]


def test_what_never_ends_is_stopped_even_where_instances_are_used_again():
    with pytest.raises(LoadError, match="failed when it was asked"):
        load_policy(guest("(loop $again (br $again)) unreachable"), reuse_instances=True)


@pytest.mark.parametrize("said", [None, 1.5, "2026", True, 2**63, float("nan")])
def test_a_clock_that_says_no_time(said):
    policy = default_policy(clock=lambda: said)
    timeless = {name: value for name, value in SCAN.items() if name != "now"}
    with pytest.raises(EvaluateError) as error:
        policy.evaluate(timeless)
    assert error.value.path == "now"
    first, second = policy.evaluate_batch([timeless, {**SCAN, "now": "2026-11-23T12:00:00Z"}])
    assert isinstance(first, EvaluateError)
    assert second["decision"]


def test_bytes_that_are_not_utf8_are_blamed_on_their_fact():
    text = json.dumps({**SCAN, "actor": {**SCAN["actor"], "id": "here"}}).encode()
    with pytest.raises(InputError) as error:
        POLICY.evaluate(text.replace(b"here", b"h\xffre"))
    assert error.value.path == "actor.id"


def test_a_description_is_the_caller_s_own():
    before = POLICY.describe()
    POLICY.describe()["requirements"].clear()
    assert POLICY.describe() == before


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"made_up": 1}, "made_up"),
        ({"action": 7}, "action"),
        ({"action": "\ud800"}, "action"),
        ({"action": "x" * 8193}, "action"),
        ({"action": "ü" * 4097}, "action"),
        ({"now": "2026-11-23T12:00:00.5Z"}, "now"),
        ({"now": 5}, "now"),
        ({"actor": {**SCAN["actor"], "role": "boss"}}, "actor.role"),
        ({"scan": {**SCAN["scan"], "credits": 1.5}}, "scan.credits"),
        ({"scan": {**SCAN["scan"], "credits": True}}, "scan.credits"),
        ({"scan": {**SCAN["scan"], "targets": [{"url": "https://a.example/", "kind": "publik"}]}}, "scan.targets[0].kind"),
        ({"attributes": {"a": 0.5}}, "attributes.a"),
        ({"attributes": {"a": 2**63}}, "attributes.a"),
        ({"attributes": {"a": 10**5000}}, "attributes.a"),
        ({"scan": {**SCAN["scan"], "credits": 10**5000}}, "scan.credits"),
        ({"action": 10**5000}, "action"),
        ({"attributes": {"a": ["b", 1]}}, "attributes.a[1]"),
    ],
)
def test_values_that_are_no_requests(change, path):
    with pytest.raises(InputError) as error:
        POLICY.evaluate({**SCAN, **change})
    assert error.value.path == path


def test_whole_values_that_are_no_requests():
    for value in (None, [], 7, b"\xff", {key: value for key, value in SCAN.items() if key != "actor"}):
        with pytest.raises(InputError):
            POLICY.evaluate(value)


def test_in_a_batch_one_that_fails_leaves_the_others_unharmed():
    first, second, third = POLICY.evaluate_batch([SCAN, {**SCAN, "made_up": 1}, json.dumps(SCAN).encode()])
    assert first == third
    assert isinstance(second, InputError)


def test_the_clock_is_asked_where_a_request_names_no_time():
    request = json.loads((EXAMPLES / "open-pull-request.json").read_text())
    from datetime import datetime

    then = int(datetime.fromisoformat(request.pop("now")).timestamp())
    assert default_policy(clock=lambda: then).evaluate(request)["decision"] == "allow"
    assert default_policy(clock=lambda: 253402300799).evaluate(request)["decision"] == "deny"


def test_many_threads_at_once():
    requests = [{**SCAN, "actor": {**SCAN["actor"], "id": str(number % 2 or "")}} for number in range(400)]
    alone = [POLICY.evaluate(request) for request in requests]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(POLICY.evaluate, requests)) == alone


def test_what_a_policy_cannot_judge_is_an_error_of_its_own(tmp_path):
    file = tmp_path / "acme.wasm"
    rules = ROOT / "host/cli/tests/data/acme/policy.toml"
    subprocess.run([PROGRAM, "build", rules, "-o", file], check=True, capture_output=True)
    acme = load_policy(file.read_bytes(), reuse_instances=True)
    wrong = {**SCAN, "attributes": {"seats": "many"}}
    for _ in range(2):
        with pytest.raises(EvaluateError) as error:
            acme.evaluate(wrong)
        assert error.value.path == "attributes.seats"
    first, second = acme.evaluate_batch([wrong, SCAN])
    assert isinstance(first, EvaluateError)
    assert second == acme.evaluate(SCAN)


def test_explanations_and_descriptions_are_those_of_the_program():
    denied = json.dumps({**SCAN, "actor": {**SCAN["actor"], "id": ""}})
    run = subprocess.run([PROGRAM, "check", "-", "--explain", "--format", "json"], input=denied, capture_output=True, text=True, check=False)
    said = json.loads(run.stdout)
    assert POLICY.explain(denied) == said.pop("explanations")
    assert POLICY.evaluate(denied) == said
    inspected = json.loads(subprocess.run([PROGRAM, "inspect", "--format", "json"], capture_output=True, text=True, check=True).stdout)
    for name in ("digest", "bytes", "compiler", "is_proven", "imports"):
        del inspected[name]
    assert POLICY.describe() == inspected


def test_the_fastapi_example():
    from fastapi.testclient import TestClient

    readme = (Path(__file__).parents[1] / "README.md").read_text()
    code = re.search(r"## In FastAPI\n\n```python\n(.*?)```", readme, re.DOTALL)
    scope = {}
    exec(code[1], scope)  # noqa: S102
    client = TestClient(scope["app"])
    example = (EXAMPLES / "open-pull-request.json").read_text()
    assert client.post("/may", content=example).json()["decision"] == "allow"
    assert client.post("/may", content=example.replace('"open_pull_request"', '"make_coffee"')).status_code == 403
    wrong = client.post("/may", content='{"action": 1}')
    assert (wrong.status_code, list(wrong.json())) == (400, ["error", "path"])


_MOMENT = "2026-11-23T12:00:00"


@pytest.mark.parametrize(
    "now",
    [
        *(_MOMENT + end for end in (".0Z", ".000Z", ".000z", "." + "0" * 1_000 + "Z", ".0+00:00", ".000000-00:00")),
        "2026-11-23t13:00:00.00+01:00",
    ],
)
def test_a_fraction_of_zeros_is_a_whole_second(now):
    expected = POLICY.evaluate({**SCAN, "now": _MOMENT + "Z"})
    value = {**SCAN, "now": now}
    assert POLICY.evaluate(value) == POLICY.evaluate(json.dumps(value)) == expected
    assert POLICY.evaluate_batch([value, json.dumps(value)]) == [expected, expected]


@pytest.mark.parametrize(
    "end", [".Z", ".", ".0", ".5Z", ".001Z", ".0001Z", ".100Z", ",0Z", ".0 Z", ".0.0Z", ".0+1:00", ".0+01:000", ".-0Z", "..0Z", ".\u0660Z", ".0Z0", ".0Z\n"]
)
def test_any_other_fraction_is_none(end):
    value = {**SCAN, "now": _MOMENT + end}
    for given in (value, json.dumps(value)):
        with pytest.raises(InputError) as raised:
            POLICY.evaluate(given)
        assert raised.value.path == "now"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"actor": {"id": "a"}, "made_up": 1, "x" * 5_000: 1}, {"made_up", "x" * 80 + "…", *(f"actor.{name}" for name in SCAN["actor"] if name != "id")}),
        ({"scan": {**SCAN["scan"], "targets": [{"url": "https://a.example/"}, {"kind": "public"}]}}, {"scan.targets[0].kind", "scan.targets[1].url"}),
        ({"action": 7, "made_up": 1}, {"made_up"}),
    ],
)
def test_every_name_that_is_missing_or_not_known_is_told_at_once(changes, told):
    value = {**SCAN, **changes}
    for given in (value, json.dumps(value)):
        with pytest.raises(InputError) as raised:
            POLICY.evaluate(given)
        error = raised.value
        assert {other["path"] for other in error.others} == told - {error.path, error.path[:80] + "…"}
        assert len(str(error)) < 1_000


def test_a_hundred_names_are_told_at_most():
    with pytest.raises(InputError) as raised:
        POLICY.evaluate({f"a{number}": 1 for number in range(1_000)})
    assert 90 < len(raised.value.others) <= 100
    for given in ("{", [], "[" * 100_000):
        with pytest.raises(InputError) as raised:
            POLICY.evaluate(given)
        assert raised.value.others == []
