// A policy in the shape that jco gives it: the example of the SDK in JavaScript, whose functions are those of a transpiled component.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { EvaluateError, LoadError, policyFrom } from "scopegate";
import { policy as ticket } from "../../../guest/sdk/examples/change-ticket/policy.js";

const folder = new URL("../../../guest/sdk/examples/change-ticket/", import.meta.url);
const { change } = JSON.parse(readFileSync(new URL("bases.json", folder), "utf8"));
const bytes = Uint8Array.from([1, 2, 3]);

/** As jco's code does: what goes wrong is an error with a payload. */
const transpiled = {
  ...ticket,
  evaluate(request) {
    try {
      return ticket.evaluate(request);
    } catch (payload) {
      throw Object.assign(new Error("component error"), { payload });
    }
  },
};

/** RFC 7396. */
function patched(value, patch) {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result = { ...value };
  for (const [name, change] of Object.entries(patch)) {
    if (change === null) delete result[name];
    else result[name] = patched(result[name], change);
  }
  return result;
}

test("it decides its cases", () => {
  const policy = policyFrom(bytes, () => transpiled);
  assert.equal(policy.id.name, "change-ticket");
  const cases = readFileSync(new URL("cases.jsonl", folder), "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));
  for (const { name, patch, expect } of cases) {
    const decision = policy.evaluate(patched(change, patch));
    assert.equal(decision.decision, expect.decision, name);
    assert.deepEqual(decision.findings.map((finding) => finding.requirement), expect.requirements, name);
    if (expect.ready) assert.deepEqual(decision.ready, expect.ready, name);
  }
  assert.throws(() => policy.evaluate({ ...change, attributes: { change_ticket: 7 } }), (error) => error instanceof EvaluateError && error.path === "attributes.change_ticket");
  const [explained] = policy.explain({ ...change, attributes: { change_ticket: "1" } });
  assert.deepEqual(explained, { requirement: "ticket-valid", facts: [{ path: "attributes.change_ticket", value: "1" }] });
});

test("every fact gets there in its shape", () => {
  let seen;
  const policy = policyFrom(bytes, () => ({ ...transpiled, evaluate: (request) => ((seen = request), ticket.evaluate(request)) }));
  const file = new URL("../../../policies/webriskops/1.1.0/examples/open-pull-request.json", import.meta.url);
  const request = JSON.parse(readFileSync(file, "utf8"));
  policy.evaluate({ ...request, deployment: "self_hosted", attributes: { a: true, b: 7n, c: ["x"] } });
  assert.equal(typeof seen.now, "bigint");
  assert.equal(seen.deployment, "self-hosted");
  assert.equal(seen.scan, undefined);
  assert.equal(seen.approvedScope.remediationAccessMode, request.approved_scope.remediation_access_mode.replaceAll("_", "-"));
  assert.deepEqual(
    seen.attributes.map(({ name, value }) => [name, value.tag, value.val]),
    [["a", "truth", true], ["b", "number", 7n], ["c", "texts", ["x"]]],
  );
});

test("what is not as the contract says is no policy and no decision", () => {
  for (const describe of [() => undefined, () => ({}), () => ({ ...ticket.describe(), name: 7 }), () => ({ ...ticket.describe(), actions: "scan" }), () => { throw new Error("no"); }]) {
    assert.throws(() => policyFrom(bytes, () => ({ ...transpiled, describe })), LoadError);
  }
  const good = { verdict: "allow", unmet: [], ready: [], fallbacks: [] };
  for (const said of [undefined, {}, { ...good, verdict: "maybe" }, { ...good, unmet: 7 }, { ...good, unmet: [-1] }, { ...good, unmet: [0.5] }, { ...good, fallbacks: ["root"] }, { ...good, unmet: [0] }]) {
    const policy = policyFrom(bytes, () => ({ ...transpiled, evaluate: () => said }));
    assert.throws(() => policy.evaluate(change), EvaluateError, JSON.stringify(said));
  }
});
