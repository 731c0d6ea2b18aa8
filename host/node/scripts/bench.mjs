// How long a decision takes here and in the Rust runtime, in the same run: `npm run bench`.
//
// `SCOPEGATE` names the program, built for release; without it cargo builds and runs it.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

import { defaultPolicy } from "scopegate";

const root = new URL("../../..", import.meta.url).pathname;
const file = `${root}policies/webriskops/1.1.0/examples/open-pull-request.json`;
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
  ["a value in, a decision out", () => policy.evaluate(request), 1, rust.typed_nanoseconds],
  ["a value of a batch of 1,000", () => policy.evaluateBatch(batch), 1_000, rust.batch_nanoseconds],
  ["JSON text in, JSON text out", () => JSON.stringify(policy.evaluate(text)), 1, rust.json_nanoseconds],
].map(([what, work, count, wasmtime]) => ({ what, work, count, wasmtime, rounds: [] }));
// A little of each in turn, so that what else the machine does falls on all of them.
for (let round = 0; round < 20; round++) for (const row of rows) row.rounds.push(time(row.work) / row.count);
for (const { what, wasmtime, rounds } of rows) {
  const node = rounds.sort((one, other) => one - other)[rounds.length >> 1];
  console.log(`${what.padEnd(30)} ${node.toFixed(0).padStart(7)} ns  Rust ${String(wasmtime).padStart(6)} ns  ${(node / wasmtime).toFixed(1)} x`);
}

/** How long one of `work` takes, in nanoseconds. */
function time(work) {
  let count = 0;
  const begin = process.hrtime.bigint();
  const end = begin + 50_000_000n;
  let now = begin;
  while (now < end) {
    for (let index = 0; index < 20; index++) work();
    count += 20;
    now = process.hrtime.bigint();
  }
  return Number(now - begin) / count;
}
