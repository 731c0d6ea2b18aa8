// What may go wrong, and that none of it is a decision.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { defaultComponent, defaultPolicy, EvaluateError, InputError, LoadError, loadPolicy } from "scopegate";
import { ALLOW, component, DENY, guest } from "./guest.mjs";

const root = new URL("../../..", import.meta.url).pathname;
const example = (name) => JSON.parse(readFileSync(`${root}policies/webriskops/1.1.0/examples/${name}.json`, "utf8"));
const request = { ...example("scan"), action: "scan" };

test("bytes that are no policy", async () => {
  const good = guest();
  const table = [
    [new Uint8Array(), /not WebAssembly/],
    [new TextEncoder().encode("language = 1"), /not WebAssembly/],
    [Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]), /core WebAssembly module/],
    [good.slice(0, 8), /0 core modules/],
    [good.slice(0, good.length - 1), /does not end where it says/],
    [Uint8Array.from([...good, ...good.slice(8)]), /2 core modules/],
    [component(Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])), /does not export/],
    [component(Uint8Array.from([1, 2, 3])), /broken/],
    [guest({ describe: "unreachable" }), /failed when it was asked/],
    [guest({ describe: "(i32.const -4)" }), /failed when it was asked/],
    [guest({ manifest: { name: "" } }), /name is empty/],
    [guest({ manifest: { version: "one" } }), /not a semantic version/],
    [guest({ manifest: { action: "publish" } }), /not among the policy/],
    [guest({ manifest: { name: "a\u{1b}[2J" } }), /control characters/],
    [guest({ manifest: { name: "n".repeat(257) } }), /more than 256 bytes/],
    [guest({ manifest: { version: "1.2.3.4" } }), /not a semantic version/],
    [guest({ manifest: { version: "01.2.3" } }), /not a semantic version/],
    [guest({ imports: '(import "clock" "now" (func))' }), /imports `clock`/],
  ];
  for (const [bytes, expected] of table) {
    await assert.rejects(loadPolicy(bytes), (error) => error instanceof LoadError && expected.test(error.message), String(expected));
  }
});

test("components that export something else than their module does under the contract's names", async () => {
  const without = (id) => (sections) => sections.filter(([other]) => other !== id);
  const text = new TextEncoder();
  /** Writes `after` where `before` stands, in all sections. */
  const renamed = (before, after) => (sections) =>
    sections.map(([id, content]) => {
      const at = Buffer.from(content).indexOf(before);
      const changed = content.slice();
      if (id === 6 && at >= 0) changed.set(text.encode(after), at);
      return [id, changed];
    });
  const changed = (id, at, byte) => (sections) => sections.map(([other, content]) => [other, other === id ? content.with(at, byte) : content]);
  const table = [
    (sections) => sections.filter(([id]) => id === 1),
    ...[2, 4, 5, 6, 7, 8, 11].map(without),
    // `evaluate` of the component is another function of the module.
    renamed("#evaluate", "#describe"),
    renamed("cabi_realloc", "cabi_Realloc"),
    renamed("memory", "Memory"),
    // A canonical function's kind, its function, its options, its type.
    changed(8, 1, 1),
    changed(8, 3, 1),
    changed(8, 4, 0),
    changed(8, 5, 7),
    (sections) => sections.map(([id, content]) => [id, id === 8 ? content.with(-1, 1) : content]),
    (sections) => [...sections, sections.find(([id]) => id === 8)],
    (sections) => [...sections, [9, [0]]],
    (sections) => [...sections, [10, [0]]],
    // In another order, with an option twice, and without the one for room.
    (sections) => [...sections.slice(1), sections[0]],
    (sections) => [...sections, [0, []]],
    (sections) => sections.map(([id, content]) => [id, id === 8 && content.length === 11 ? Uint8Array.of(...content.slice(0, 4), 3, 3, 0, 3, 0, ...content.slice(6)) : content]),
    (sections) => sections.map(([id, content]) => [id, id === 8 && content.length === 11 ? Uint8Array.of(...content.slice(0, 4), 2, ...content.slice(5, 8), content.at(-1)) : content]),
    // Long ones are no trouble either.
    (sections) => sections.map(([id, content]) => [id, id === 7 ? new Uint8Array(300_000) : content]),
    (sections) => sections.map(([id, content]) => [id, id === 6 ? Buffer.concat([Buffer.of(1, 0, 0, 1, 0, 0xe0, 0xa7, 0x12), Buffer.alloc(300_000, "a")]) : content]),
    (sections) => [...sections, sections.find(([id]) => id === 6)].map(([id, content], index, all) => [id, index === all.length - 1 ? content.slice(0, 3) : content]),
  ];
  await loadPolicy(guest());
  for (const [index, rewire] of table.entries()) {
    await assert.rejects(loadPolicy(guest({ rewire })), LoadError, String(index));
  }
});

test("functions of other types than the contract's", async () => {
  // Zeros would be read as an allow, where nothing is given back.
  const table = [
    { type: "(param i32)", evaluate: "(memory.fill (i32.const 0) (i32.const 0) (i32.const 64))" },
    { type: "(param i64) (result i32)" },
    { type: "(param f32) (result i32)" },
    { type: "(param i32) (result i64)", evaluate: "(i64.const 0)" },
    { type: "(param i32) (result i32 i32)", evaluate: "(i32.const 0) (i32.const 0)" },
  ];
  for (const options of table) await assert.rejects(loadPolicy(guest(options)), (error) => error instanceof LoadError && /of the contract's type/.test(error.message), options.type);
});

test("what a module exports and the component does not say is not called, and not believed", async () => {
  const flag = "(global $flag (mut i32) (i32.const 0))";
  const allowsIf = (condition) => `(if (result i32) ${condition} (then ${ALLOW}) (else ${DENY}))`;
  const table = [
    { fields: `${flag} (func (export "_initialize") (global.set $flag (i32.const 1)))`, evaluate: allowsIf("(global.get $flag)") },
    { fields: '(global (export "request-begin") i32 (i32.const 131072)) (global (export "request-end") i32 (i32.const 128))', evaluate: allowsIf("(i32.eq (global.get $free) (i32.const 65536))") },
    { fields: `(func (export "cabi_post_scopegate:gate/policy@1.0.0#evaluate") (param i32) unreachable)`, evaluate: DENY },
  ];
  for (const options of table) assert.equal((await loadPolicy(guest(options))).evaluate(request).decision, "deny", options.fields);
});

test("room that is not aligned, or not there, is no room", async () => {
  for (const room of ["(i32.const 12000001)", "(i32.const 65537)", "(i32.const -8)"]) {
    const policy = await loadPolicy(guest({ room }));
    assert.throws(() => policy.evaluate(request), EvaluateError, room);
  }
});

test("bytes that change while they are loaded are not what is loaded", async () => {
  const [denies, allows] = [guest({ evaluate: DENY }), guest({ evaluate: ALLOW })];
  const honest = await loadPolicy(denies);
  const bytes = denies.slice();
  const loading = loadPolicy(bytes);
  bytes.set(allows.slice(0, bytes.length));
  const policy = await loading;
  assert.equal(policy.id.digest, honest.id.digest);
  assert.equal(policy.evaluate(request).decision, "deny");
});

test("policies that contradict themselves or fail", async () => {
  const table = [
    ["(call $decide (i32.const 0) (i32.const 1))", /allows, although a requirement is unmet/],
    ["(call $decide (i32.const 1) (i32.const 0))", /denies, although every requirement is met/],
    ["(drop (call $decide (i32.const 1) (i32.const 1))) (i32.store (i32.const 64) (i32.const 7)) (i32.const 0)", /names requirement 7/],
    ["(call $decide (i32.const 2) (i32.const 0))", /code failed/],
    ["(drop (call $decide (i32.const 1) (i32.const 0))) (i32.store (i32.const 12) (i32.const -1)) (i32.const 0)", /code failed/],
    ["(i32.const -4)", /code failed/],
    // All zeros are an allow, but not where no result may stand.
    ["(i32.const 1025)", /code failed/],
    ["unreachable", /code failed/],
    ["(i32.store8 (i32.const 0) (i32.const 2)) (i32.const 0)", /code failed/],
  ];
  for (const [evaluate, expected] of table) {
    const policy = await loadPolicy(guest({ evaluate }));
    for (let again = 0; again < 2; again++) {
      assert.throws(() => policy.evaluate(request), (error) => error instanceof EvaluateError && expected.test(error.message), evaluate);
    }
  }
});

test("an instance that contradicts itself is not asked again", async () => {
  const first = `(if (result i32) (i32.eq (global.get $asked) (i32.const 1)) (then (call $decide (i32.const 0) (i32.const 1))) (else ${ALLOW}))`;
  const policy = await loadPolicy(guest({ evaluate: first }), { reuseInstances: true });
  for (let again = 0; again < 3; again++) assert.throws(() => policy.evaluate(request), EvaluateError);
});

test("a policy that takes more memory than it may has no decision", async () => {
  const policy = await loadPolicy(guest({ evaluate: `(drop (memory.grow (i32.const 4096))) ${ALLOW}` }), { reuseInstances: true });
  for (let again = 0; again < 2; again++) assert.throws(() => policy.evaluate(request), EvaluateError);
});

test("each decision has a fresh instance, unless it is said that it need not", async () => {
  const second = `(if (result i32) (i32.gt_u (global.get $asked) (i32.const 1)) (then ${DENY}) (else ${ALLOW}))`;
  const fresh = await loadPolicy(guest({ evaluate: second }));
  const reused = await loadPolicy(guest({ evaluate: second }), { reuseInstances: true });
  const decisions = (policy) => [1, 2, 3].map(() => policy.evaluate(request).decision);
  assert.deepEqual(decisions(fresh), ["allow", "allow", "allow"]);
  assert.deepEqual(decisions(reused), ["allow", "deny", "deny"]);
});

test("values that are no requests", async () => {
  const policy = await defaultPolicy();
  const pull = example("open-pull-request");
  const table = [
    [undefined, "$"],
    [null, "$"],
    [[], "$"],
    [7, "$"],
    [{ ...request, made_up: 1 }, "made_up"],
    [{ ...request, "": 1 }, "$"],
    [{ ...request, action: undefined }, "action"],
    [{ ...request, action: 7 }, "action"],
    [{ ...request, action: "\ud800" }, "action"],
    [{ ...request, action: "x".repeat(8193) }, "action"],
    [{ ...request, action: "ü".repeat(4097) }, "action"],
    [{ ...request, now: new Date() }, "now"],
    [{ ...request, now: "2026-11-23T12:00:00.5Z" }, "now"],
    [{ ...request, actor: { ...request.actor, role: "boss" } }, "actor.role"],
    [{ ...request, scan: { ...request.scan, credits: 1.5 } }, "scan.credits"],
    [{ ...request, scan: { ...request.scan, targets: [{ url: "https://a.example/", kind: "publik" }] } }, "scan.targets[0].kind"],
    [{ ...request, attributes: { a: 0.5 } }, "attributes.a"],
    [{ ...request, attributes: { a: 2n ** 63n } }, "attributes.a"],
    [{ ...request, attributes: { a: ["b", 1] } }, "attributes.a[1]"],
    // An array's hole is no fact: as one it would be the first case of an enum, such as the approved operation `read`.
    [{ ...pull, approved_scope: { ...pull.approved_scope, operations: [,] } }, "approved_scope.operations[0]"],
    [{ ...pull, task: { ...pull.task, sufficient_modes: new Array(2) } }, "task.sufficient_modes[0]"],
    [{ ...pull, task: { ...pull.task, needed_scopes: ["a", , "b"] } }, "task.needed_scopes[1]"],
    [{ ...request, attributes: { a: [,] } }, "attributes.a[0]"],
  ];
  for (const [value, path] of table) {
    assert.throws(() => policy.evaluate(value), (error) => error instanceof InputError && error.path === path, `${path} ${JSON.stringify(value, (_, one) => (typeof one === "bigint" ? String(one) : one))?.slice(0, 100)}`);
  }
  // What is not the object's own is not stated: not what it inherits, and not what it hides.
  const { action, ...rest } = request;
  const inheriting = Object.assign(Object.create({ action }), rest);
  const computing = Object.assign(new (class { get action() { return action; } })(), rest);
  const hiding = Object.defineProperty({ ...rest }, "action", { value: action });
  for (const value of [inheriting, computing, hiding]) {
    assert.throws(() => policy.evaluate(value), (error) => error instanceof InputError && error.path === "action");
  }
  assert.ok(policy.evaluate(Object.assign(Object.create(null), request)).decision);
  const unthrown = { ...rest, get action() { throw Object.create(null); } };
  assert.throws(() => policy.evaluate(unthrown), InputError);
  // One name that is hidden does not make up for one that is not known.
  const cancelling = Object.defineProperty({ ...request, made_up: 1, now: undefined }, "now", { value: request.now, enumerable: false });
  assert.throws(() => policy.evaluate(cancelling), (error) => error instanceof InputError && error.path === "made_up");
  for (const attributes of [new Map([["a", true]]), Object.create({ a: true }), new (class { get a() { return true; } })()]) {
    assert.throws(() => policy.evaluate({ ...request, attributes }), (error) => error instanceof InputError && error.path === "attributes");
  }
  const failing = { ...rest, get action() { throw new Error("not now"); } };
  assert.throws(() => policy.evaluate(failing), (error) => error instanceof InputError && /not now/.test(error.message));
  const [failed, fine] = policy.evaluateBatch([failing, request]);
  assert.ok(failed instanceof InputError && fine.decision);
  Object.prototype.action = action;
  try {
    assert.throws(() => policy.evaluate(rest), InputError);
  } finally {
    delete Object.prototype.action;
  }
  // What is absent may be left out, `undefined` or `null`.
  for (const now of [undefined, null]) assert.ok(policy.evaluate({ ...request, now, attributes: null }).decision);
});

test("every name that is missing or not known is told at once", async () => {
  const policy = await defaultPolicy();
  const pull = example("open-pull-request");
  const { id, ...actor } = pull.actor;
  const { tenancy, ...rest } = pull;
  const long = "x".repeat(5_000);
  const table = [
    [{ ...rest, actor: { ...actor, nmae: 1 }, scna: {}, [long]: 1 }, ["actor.nmae", "actor.id", "scna", `${"x".repeat(80)}…`, "tenancy"]],
    [{ ...request, scan: { ...request.scan, targets: [{ url: "https://a.example/" }, { kind: "public" }] } }, ["scan.targets[0].kind", "scan.targets[1].url"]],
    [{ ...request, action: 7, made_up: 1 }, ["made_up"]],
    [{ ...request, action: 7 }, []],
    [[], []],
  ];
  for (const [value, told] of table) {
    for (const given of [value, JSON.stringify(value)]) {
      assert.throws(() => policy.evaluate(given), (error) => {
        const first = [error.path, `${error.path.slice(0, 80)}…`];
        assert.deepEqual(error.others.map(({ path }) => path), told.filter((path) => !first.includes(path)));
        return error instanceof InputError && error.message.length < 1_000;
      });
    }
  }
  assert.throws(() => policy.evaluate({}), (error) => error.others.length > 1);
  assert.throws(() => policy.evaluate(Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`a${index}`, 1]))), (error) => error.others.length <= 100 && error.others.length > 90);
  assert.throws(() => policy.evaluate("{"), (error) => error.others.length === 0);
});

test("a fraction of a second that is zeros is a whole second, in a value and in text", async () => {
  const policy = await defaultPolicy();
  const ask = (now) => [{ ...request, now }, JSON.stringify({ ...request, now }), JSON.stringify({ now: 1, ...request, now }).replace('"now":1,', "")];
  const [expected] = ask("2026-11-23T12:00:00Z").map((one) => JSON.stringify(policy.evaluate(one)));
  const same = [".0Z", ".000Z", ".000z", `.${"0".repeat(1_000)}Z`, ".0+00:00", ".000000-00:00"].map((end) => `2026-11-23T12:00:00${end}`);
  for (const now of [...same, "2026-11-23t13:00:00.00+01:00", new Date("2026-11-23T12:00:00Z").toISOString()]) {
    for (const one of ask(now)) assert.equal(JSON.stringify(policy.evaluate(one)), expected, now);
  }
  for (const end of [".Z", ".", ".0", ".5Z", ".001Z", ".0001Z", ".100Z", ",0Z", ".0 Z", ".0.0Z", ".0+1:00", ".0+01:000", ".-0Z", "..0Z", ".٠Z", ".0Z0"]) {
    for (const one of ask(`2026-11-23T12:00:00${end}`)) {
      assert.throws(() => policy.evaluate(one), (error) => error instanceof InputError && error.path === "now", end);
    }
  }
  // Elsewhere too, and what is wrong otherwise stays so.
  const [{ now: _, ...timeless }] = ask("");
  assert.throws(() => policy.evaluate({ ...timeless, now: "2026-02-30T12:00:00.000Z" }), (error) => error instanceof InputError && /no such date/.test(error.message));
});

test("in a batch one that fails leaves the others unharmed", async () => {
  const policy = await defaultPolicy();
  const [first, second, third] = policy.evaluateBatch([request, { ...request, made_up: 1 }, JSON.stringify(request)]);
  assert.deepEqual(first, third);
  assert.ok(second instanceof InputError);
});

test("what a policy cannot judge is an error of its own", async () => {
  const folder = mkdtempSync(join(tmpdir(), "scopegate-"));
  try {
    const program = process.env.SCOPEGATE ?? `${root}target/debug/scopegate`;
    execFileSync(program, ["build", `${root}host/cli/tests/data/acme/policy.toml`, "-o", `${folder}/acme.wasm`], { stdio: "ignore" });
    const acme = await loadPolicy(readFileSync(`${folder}/acme.wasm`), { reuseInstances: true });
    for (let again = 0; again < 2; again++) {
      assert.throws(() => acme.evaluate({ ...request, attributes: { seats: "many" } }), (error) => error instanceof EvaluateError && error.path === "attributes.seats");
    }
    assert.ok(acme.evaluate({ ...request, attributes: {} }).decision);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the clock is asked where a request names no time", async () => {
  const { now, ...timeless } = example("open-pull-request");
  const then = await defaultPolicy({ clock: () => Date.parse(now) / 1000 });
  const late = await defaultPolicy({ clock: () => 253402300799 });
  assert.equal(then.evaluate(timeless).decision, "allow");
  assert.equal(late.evaluate(timeless).decision, "deny");
  for (const said of [NaN, Infinity, 0.5, undefined, null, "2026-11-23T12:00:00Z"]) {
    const broken = await defaultPolicy({ clock: () => said });
    for (const one of [timeless, JSON.stringify(timeless)]) {
      assert.throws(() => broken.evaluate(one), (error) => error instanceof EvaluateError && error.path === "now", String(said));
    }
  }
});

test("what a decision and a description hand out changes no later decision", async () => {
  const policy = await defaultPolicy();
  const before = JSON.stringify(policy.evaluate(request));
  const { policy: id, findings } = policy.evaluate({ ...request, actor: { ...request.actor, id: "" } });
  const manifest = policy.describe();
  const changes = [() => (id.digest = ""), () => (findings[0].code = ""), () => (manifest.ready[0].state = ""), () => manifest.requirements.pop(), () => manifest.requirements[0].actions.pop()];
  for (const change of changes) assert.throws(change, TypeError);
  assert.equal(JSON.stringify(policy.evaluate(request)), before);
});

test("explanations and descriptions are those of the program", async () => {
  const policy = await defaultPolicy();
  const program = process.env.SCOPEGATE ?? `${root}target/debug/scopegate`;
  const denied = JSON.stringify({ ...request, actor: { ...request.actor, id: "" }, attributes: {} });
  const run = (arguments_, input) => {
    try {
      return JSON.parse(execFileSync(program, arguments_, { input }));
    } catch (error) {
      return JSON.parse(error.stdout);
    }
  };
  const said = run(["check", "-", "--explain", "--format", "json"], denied);
  const { explanations, ...decision } = said;
  assert.deepEqual(policy.evaluate(denied), decision);
  assert.deepEqual(policy.explain(denied), explanations);
  const { digest, bytes, compiler, is_proven, imports, ...manifest } = run(["inspect", "--format", "json"], "");
  assert.deepEqual(policy.describe(), manifest);
  assert.equal(policy.id.digest, digest);
  assert.equal((await defaultComponent()).length, bytes);
});
