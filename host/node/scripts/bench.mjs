// How long a decision takes here and in the Rust runtime, in the same run: `npm run bench`.
//
// `SCOPEGATE` names the program, built for release; without it cargo builds and runs it.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

import { defaultPolicy } from "scopegate";

const root = new URL("../../..", import.meta.url).pathname;
const file = `${root}policies/webriskops/1.0.0/examples/open-pull-request.json`;
const text = readFileSync(file, "utf8");
const request = JSON.parse(text);
const policy = await defaultPolicy();
const batch = Array.from({ length: 1_000 }, () => request);

const bench = ["bench", file, "--format", "json"];
const program = process.env.SCOPEGATE;
const said = program
  ? execFileSync(program, bench)
  : execFileSync("cargo", ["run", "--release", "--quiet", "--package", "scopegate-cli", "--", ...bench], { cwd: root });
const rust = JSON.parse(said);

const rows = [
  ["a value in, a decision out", median(() => policy.evaluate(request)), rust.typed_nanoseconds],
  ["a value of a batch of 1,000", median(() => policy.evaluateBatch(batch)) / 1_000, rust.batch_nanoseconds],
  ["JSON text in, JSON text out", median(() => JSON.stringify(policy.evaluate(text))), rust.json_nanoseconds],
];
for (const [what, node, wasmtime] of rows) {
  console.log(`${what.padEnd(30)} ${node.toFixed(0).padStart(7)} ns  Rust ${String(wasmtime).padStart(6)} ns  ${(node / wasmtime).toFixed(1)} x`);
}

/** The median of several rounds, in nanoseconds. */
function median(work) {
  const rounds = [];
  for (let round = 0; round < 15; round++) {
    let count = 0;
    const begin = process.hrtime.bigint();
    const end = begin + 100_000_000n;
    let now = begin;
    while (now < end) {
      for (let index = 0; index < 20; index++) work();
      count += 20;
      now = process.hrtime.bigint();
    }
    rounds.push(Number(now - begin) / count);
  }
  return rounds.sort((one, other) => one - other)[rounds.length >> 1];
}
