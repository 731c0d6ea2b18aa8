// The quick way to read a text and the strict one agree on whatever it is.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { quickly } from "../dist/quick.js";
import { read } from "../dist/text.js";

const folder = new URL("../../../policies/webriskops/1.1.0/examples/", import.meta.url);
const texts = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), "utf8"));
const now = () => 1_795_564_800;
const seed = Number(process.env.SCOPEGATE_SEED ?? 7);

/** Numbers from a seed, below a bound. */
function random(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const PIECES = ['"', "\\", "{", "}", "[", "]", ":", ",", "-", ".", "e", "E", "+", "0", "9", "1e3", "1.0", "-0", "9007199254740993", "null", "true", " ", "\t", "\ufeff", "\u0000", "é", "\\u0041", "\\ud800", '"action":"scan",', '"attributes":{"2":1,"1":2},', '"attributes":{"__proto__":1},', '"__proto__":{},'];

/** What a reader makes of a text: facts, or where it is wrong. */
function outcome(reader, text) {
  try {
    return JSON.stringify(reader(text), (_, value) => (typeof value === "bigint" ? `${value}n` : value));
  } catch (error) {
    return `${error.constructor.name} ${error.path} ${error.message}`;
  }
}

test("on texts of which something was changed", () => {
  console.log(`SCOPEGATE_SEED=${seed}`);
  const below = random(seed);
  let quick = 0;
  for (let round = 0; round < 20_000; round++) {
    let text = texts[below(texts.length)];
    for (let changes = below(4); changes > 0; changes--) {
      const [from, length] = [below(text.length), below(3) === 0 ? below(40) : below(3)];
      const piece = below(2) === 0 ? PIECES[below(PIECES.length)] : text.slice(from, from + below(60));
      text = text.slice(0, from) + piece + text.slice(from + length);
    }
    const strict = outcome((text) => read(text, now), text);
    assert.equal(outcome((text) => quickly(text, now) ?? read(text, now), text), strict, text);
    if (quickly(text, now) !== undefined) quick++;
  }
  assert.ok(quick > 2_000, `${quick} texts were read quickly`);
});

test("what is out of the ordinary is left to the strict reader", () => {
  const text = JSON.stringify({ ...JSON.parse(texts[0]), attributes: { a: 1 } });
  const changed = (after) => text.replace('{"a":1}', after);
  for (const after of ['{"a":1.0}', '{"a":1e3}', '{"a":-1}', '{"a":9007199254740993}', '{"a":1,"a":1}', '{"2":1,"1":2}', '{"a":1}x', '{"a":01}']) {
    assert.equal(quickly(changed(after), now), undefined, after);
  }
  assert.notEqual(quickly(changed('{"a":"1.0e3-\\"","b":["x"],"c":true}'), now), undefined);
  assert.equal(quickly("null", now), undefined);
  assert.equal(quickly('"', now), undefined);
});
