// What components may use of WebAssembly, and that what they compute does not depend on the machine.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { compileCore, defaultComponent, LoadError, loadPolicy, policyFrom } from "scopegate";
import { ALLOW, component, DENY, guest } from "./guest.mjs";

const root = new URL("../../..", import.meta.url);
const read = (path) => JSON.parse(readFileSync(new URL(path, root), "utf8"));
const request = { ...read("policies/webriskops/1.0.0/examples/scan.json"), action: "scan" };
const table = read("wit/webassembly.json");
const modules = read("tests/vectors/webassembly.json").map((one) => ({ ...one, bytes: Buffer.from(one.bytes, "hex") }));
/** A module of these bytes behind its head, each 256 times a number. */
const raw = (...bytes) => Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...bytes]);
/** A module with a function of this code. */
const coded = (...code) => raw(1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, code.length + 4, 1, code.length + 2, 0, ...code, 0x0b);
const refused = (error) => error instanceof LoadError && /feature of WebAssembly that policies may not/.test(error.message) && !error.canBeTranspiled;

test("modules are taken or refused as the Rust host does it", async () => {
  assert.ok(modules.length > 50);
  for (const { feature, text, bytes, is_allowed } of modules) {
    const expected = is_allowed ? (error) => error instanceof LoadError && /does not export/.test(error.message) : refused;
    // A runtime may lack what is allowed.
    if (!is_allowed || WebAssembly.validate(bytes)) await assert.rejects(loadPolicy(component(bytes)), expected, `${feature}: ${text}`);
    if (is_allowed) continue;
    await assert.rejects(compileCore(bytes), refused, text);
    // Transpiled components, and those within others.
    const whole = component(bytes);
    const length = [whole.length & 0x7f | 0x80, whole.length >> 7];
    for (const one of [whole, Uint8Array.from([...whole.slice(0, 8), 4, ...length, ...whole])]) {
      assert.throws(() => policyFrom(one, () => assert.fail("nothing runs")), refused, text);
    }
  }
});

test("no operator is taken that the table does not allow", async () => {
  for (let first = 0; first < 256; first++) {
    for (let second = 0; second < ([0xfb, 0xfc, 0xfd, 0xfe].includes(first) ? 0x200 : 1); second++) {
      const isOne = ![0xfb, 0xfc, 0xfd, 0xfe].includes(first);
      const hex = (byte) => `0x${byte.toString(16).padStart(2, "0")}`;
      const said = table.operators[isOne ? hex(first) : `${hex(first)} ${hex(second)}`] ?? table.operators[`${hex(first)} 0x${second.toString(16)}`];
      if (said !== undefined && !said.startsWith("!")) continue;
      const code = isOne ? [first] : second < 0x80 ? [first, second] : [first, (second & 0x7f) | 0x80, second >> 7];
      await assert.rejects(compileCore(coded(...code, 0, 0, 0, 0)), refused, code.join());
    }
  }
});

test("unusual encodings hide nothing", async () => {
  for (const module of [
    // `i32.load` of memory 0, named as in the proposal for several, in a byte and in two; `memory.size` of memory 1.
    coded(0x41, 0, 0x28, 0x42, 0, 0, 0x1a),
    coded(0x41, 0, 0x28, 0xc2, 0, 0, 0, 0x1a),
    coded(0x3f, 1, 0x1a),
    // An operator in more bytes than it takes: `i32.trunc_sat_f32_s`, and one that is not allowed.
    coded(0x43, 0, 0, 0, 0, 0xfc, 0x80, 0, 0x1a),
    coded(0xfd, 0x80, 0x80, 0),
    // Blocks whose type is a negative number in two bytes.
    coded(0x02, 0xef, 0x7f, 0x0b),
    // Sections, types, limits, globals, elements and data that are not known.
    raw(14, 1, 0),
    raw(1, 2, 1, 0x5f),
    raw(5, 4, 1, 0x81, 0, 1),
    raw(6, 6, 1, 0x7f, 2, 0x41, 0, 0x0b),
    raw(9, 2, 1, 8),
    raw(9, 3, 1, 1, 1),
    raw(11, 2, 1, 3),
    raw(11, 6, 1, 2, 1, 0x41, 0, 0x0b),
  ]) {
    await assert.rejects(compileCore(module), refused, module.join());
  }
  for (const module of [raw(5, 3, 1, 0), raw(1, 9, 1), raw(10, 2, 1, 9), raw(10, 3, 1, 1, 0), raw(1, 2, 0, 0), Uint8Array.of(0)]) await assert.rejects(compileCore(module), LoadError, module.join());
});

test("memories and tables are no larger than the Rust host allows", async () => {
  const table = [
    [raw(5, 4, 1, 0, 0x81, 0x20), /memory begins with 4097 pages, at most 4096/],
    [raw(4, 6, 1, 0x70, 0, 0x81, 0x80, 0x40), /more than 1048576 elements/],
    [raw(4, 11, 2, 0x70, 0, 0x81, 0x80, 0x20, 0x70, 0, 0x80, 0x80, 0x20), /more than 1048576 elements/],
    [raw(4, 0xc4, 1, 65, ...Array.from({ length: 65 }, () => [0x70, 0, 0]).flat()), /more than 64 tables/],
    [coded(0xd0, 0x70, 0x41, 0, 0xfc, 15, 0, 0x1a), /table\.grow/],
  ];
  for (const [module, expected] of table) await assert.rejects(compileCore(module), (error) => error instanceof LoadError && expected.test(error.message), String(expected));
});

/** Operations of which a NaN may come, on a NaN with bits of its own: `given` gives it. */
const FLOATS = {
  f32: { bits: "(i32.reinterpret_f32", is: "i32.eq", canonical: "(i32.const 0x7fc00000)", given: "(f32.reinterpret_i32 (i32.const 0xffc12345))", other: "(f64.reinterpret_i64 (i64.const 0xfff8123456789abc))" },
  f64: { bits: "(i64.reinterpret_f64", is: "i64.eq", canonical: "(i64.const 0x7ff8000000000000)", given: "(f64.reinterpret_i64 (i64.const 0xfff8123456789abc))", other: "(f32.reinterpret_i32 (i32.const 0xffc12345))" },
};
const UNARY = ["ceil", "floor", "trunc", "nearest", "sqrt"];
const BINARY = ["add", "sub", "mul", "div", "min", "max"];

/** Texts that are 1 if the NaN of an operation is the canonical one. */
function computed() {
  const found = [];
  for (const [type, { bits, is, canonical, given, other }] of Object.entries(FLOATS)) {
    const whole = (text) => found.push(`(${is} ${bits} ${text}) ${canonical})`);
    for (const name of UNARY) whole(`(${type}.${name} ${given})`);
    for (const name of BINARY) whole(`(${type}.${name} (${type}.const 1) ${given})`);
    whole(type === "f32" ? `(f32.demote_f64 ${other})` : `(f64.promote_f32 ${other})`);
    whole(`(${type}.div (${type}.const 0) (${type}.const 0))`);
    whole(`(${type}.sqrt (${type}.const -1))`);
  }
  const lanes = { f32x4: ["i32x4", "0x7fc00000 0x7fc00000 0x7fc00000 0x7fc00000", "(v128.const i32x4 0xffc12345 0x7fc00001 0xffc00000 0x7fffffff)"], f64x2: ["i64x2", "0x7ff8000000000000 0x7ff8000000000000", "(v128.const i64x2 0xfff8123456789abc 0x7ff8000000000001)"] };
  for (const [type, [of, canonical, given]] of Object.entries(lanes)) {
    const whole = (text, expected = canonical) => found.push(`(${of}.all_true (${of}.eq ${text} (v128.const ${of} ${expected})))`);
    for (const name of UNARY) whole(`(${type}.${name} ${given})`);
    for (const name of BINARY) whole(`(${type}.${name} (${type}.splat (${type.slice(0, 3)}.const 1)) ${given})`);
  }
  found.push(`(i32x4.all_true (i32x4.eq (f32x4.demote_f64x2_zero ${lanes.f64x2[2]}) (v128.const i32x4 0x7fc00000 0x7fc00000 0 0)))`);
  found.push(`(i64x2.all_true (i64x2.eq (f64x2.promote_low_f32x4 ${lanes.f32x4[2]}) (v128.const i64x2 0x7ff8000000000000 0x7ff8000000000000)))`);
  return found;
}

test("a NaN that is computed has the same bits everywhere", async () => {
  const all = computed();
  assert.equal(Object.values(table.nan).flat().length, 48);
  for (const text of all) {
    const policy = await loadPolicy(guest({ evaluate: `(if (result i32) ${text} (then ${ALLOW}) (else ${DENY}))` }));
    // Also when the runtime has compiled it anew, and better.
    for (let again = 0; again < 3; again++) assert.equal(policy.evaluate(request).decision, "allow", text);
  }
});

test("what is no NaN stays as it is, wherever it is computed", async () => {
  // With parameters and locals of its own, in a loop, where nothing gets, in a function that is not the first, and behind a table of labels.
  const fields = `
    (func $half (param $n i32) (param $x f64) (result f64) (local $sum f64) (local $v v128) (local $i i64)
      (block $out
        (loop $more
          (br_if $out (i32.eqz (local.get $n)))
          (local.set $sum (f64.add (local.get $sum) (f64.div (local.get $x) (f64.const 2))))
          (local.set $v (f64x2.add (local.get $v) (f64x2.splat (local.get $x))))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br $more)))
      (block (block (br_table 0 1 0 (i32.const 1))) (drop (f64.mul (f64.const 1) (f64.const 2))))
      (if (i32.const 0) (then (return (f64.sqrt (unreachable)))))
      (f64.sub (f64.add (local.get $sum) (f64x2.extract_lane 1 (local.get $v))) (f64.promote_f32 (f32.demote_f64 (local.get $x)))))`;
  const policy = await loadPolicy(guest({ fields, evaluate: `(if (result i32) (f64.eq (call $half (i32.const 7) (f64.const 0.5)) (f64.const 4.75)) (then ${ALLOW}) (else ${DENY}))` }));
  assert.equal(policy.evaluate(request).decision, "allow");
  // Infinity, zeros with a sign, and a NaN that is only moved.
  const kept = ["(i64.eq (i64.reinterpret_f64 (f64.add (f64.const -0) (f64.const -0))) (i64.const 0x8000000000000000))", "(f64.eq (f64.div (f64.const -1) (f64.const 0)) (f64.const -inf))", "(i64.eq (i64.reinterpret_f64 (f64.neg (f64.const nan))) (i64.const 0xfff8000000000000))"];
  for (const text of kept) {
    const policy = await loadPolicy(guest({ evaluate: `(if (result i32) ${text} (then ${ALLOW}) (else ${DENY}))` }));
    assert.equal(policy.evaluate(request).decision, "allow", text);
  }
});

test("what has no floats is compiled as it is", async () => {
  const compiled = WebAssembly.compile;
  let seen;
  WebAssembly.compile = (bytes) => ((seen = bytes), compiled(bytes));
  try {
    await loadPolicy(await defaultComponent());
  } finally {
    WebAssembly.compile = compiled;
  }
  assert.ok(Buffer.from(await defaultComponent()).includes(Buffer.from(seen)));
});

/** What a policy finds of a request in its memory, as a number: the Rust host and the Python host are held to it too. */
const SEEN = -1278705662;

test("a policy finds the same bytes in its memory as in every host", async () => {
  const fields = `(func $seen (param $at i32) (param $end i32) (result i32) (local $hash i32)
    (loop $more
      (local.set $hash (i32.mul (i32.xor (local.get $hash) (i32.load8_u (local.get $at))) (i32.const 16777619)))
      (br_if $more (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (local.get $end))))
    (local.get $hash))`;
  const policy = await loadPolicy(guest({ fields, evaluate: `(if (result i32) (i32.eq (call $seen (local.get 0) (global.get $free)) (i32.const ${SEEN})) (then ${ALLOW}) (else ${DENY}))` }));
  const asked = { ...request, tenancy: { ...request.tenancy, project: "Zürich" }, attributes: { a: "", b: [], c: true, d: -1n, e: ["x", ""] } };
  assert.equal(policy.evaluate(asked).decision, "allow");
});
