// The vectors of `tests/vectors`, byte for byte.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";

import { defaultPolicy, InputError, loadPolicy } from "scopegate";

const vectors = (name) =>
  gunzipSync(readFileSync(new URL(`../../../tests/vectors/${name}`, import.meta.url)))
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

const policy = await defaultPolicy();

/** The default policy of an earlier version. */
async function earlier(version) {
  const root = new URL("../../../", import.meta.url).pathname;
  const program = process.env.SCOPEGATE ?? `${root}target/debug/scopegate`;
  const build = ["build", `${root}policies/webriskops/${version}`, "-o", "-"];
  return loadPolicy(execFileSync(program, build, { maxBuffer: 1 << 24, stdio: ["ignore", "pipe", "ignore"] }), { reuseInstances: true });
}

for (const [file, of] of [
  ["decisions-1.1.0.jsonl.gz", () => policy],
  ["decisions.jsonl.gz", () => earlier("1.0.0")],
]) {
  test(`every decision of ${file}, from text and from a value`, async () => {
    const policy = await of();
    const all = vectors(file);
    assert.ok(all.length > 5_000);
    for (const { request, decision } of all) {
      assert.equal(JSON.stringify(policy.evaluate(request)), decision, request);
      assert.equal(JSON.stringify(policy.evaluate(JSON.parse(request))), decision, request);
    }
  });
}

test("every text that is no request, and where", () => {
  const all = vectors("invalid.jsonl.gz");
  assert.ok(all.length >= 200);
  const wrong = [];
  for (const { name, text, path } of all) {
    try {
      policy.evaluate(text);
      wrong.push(`${name}: it decides`);
    } catch (error) {
      if (!(error instanceof InputError) || error.path !== path) wrong.push(`${name}: expected ${path.slice(0, 200)}, found ${error.path?.slice(0, 200)} ${error.message.slice(0, 200)}`);
    }
  }
  assert.deepEqual(wrong, []);
});
