// Policies in WebAssembly text, for what no compiler would make. A guest that is not told otherwise allows `scan`, and has one requirement.
import { defaultComponent } from "scopegate";
import wabt from "wabt";

const INTERFACE = "scopegate:gate/policy@1.0.0";
/** Where its manifest stands. */
const DATA = 4096;
const { parseWat } = await wabt();

/** The result of `evaluate` that allows, and what denies for the one requirement. */
export const ALLOW = "(call $decide (i32.const 0) (i32.const 0))";
export const DENY = "(call $decide (i32.const 1) (i32.const 1))";

/** The component of a guest. */
export function guest({ evaluate = ALLOW, describe = `(i32.const ${DATA})`, imports = "", fields = "", manifest = {}, rewire, type = "(param i32) (result i32)", room = "(local.get $at)" } = {}) {
  const text = `(module
    ${imports}
    (memory (export "memory") 4)
    (global $free (mut i32) (i32.const 65536))
    (global $asked (mut i32) (i32.const 0))
    (data (i32.const ${DATA}) "${data({ name: "guest", version: "1.2.3", action: "scan", ...manifest })}")
    ${fields}
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
      (global.set $free (i32.add (local.get $at) (local.get 3)))
      ${room})
    ;; A result in the first case, with that verdict and the first requirement, or none, unmet.
    (func $decide (param $verdict i32) (param $unmet i32) (result i32)
      (i32.store8 (i32.const 4) (local.get $verdict))
      (i32.store (i32.const 8) (i32.const 64)) (i32.store (i32.const 12) (local.get $unmet))
      (i32.const 0))
    (func (export "${INTERFACE}#describe") (result i32) ${describe})
    (func (export "${INTERFACE}#evaluate") ${type}
      (global.set $asked (i32.add (global.get $asked) (i32.const 1)))
      ${evaluate})
    (func (export "${INTERFACE}#evaluate-batch") (param i32 i32) (result i32) unreachable)
    (func (export "${INTERFACE}#explain") (param i32) (result i32) unreachable))`;
  return component(parseWat("guest.wat", text).toBinary({}).buffer, rewire);
}

/** The sections of a component: their ids, and what is in them. */
function sections(component) {
  const found = [];
  for (let at = 8; at < component.length; ) {
    const id = component[at++];
    let length = 0;
    for (let shift = 0, byte = 0x80; byte >= 0x80; shift += 7) {
      byte = component[at++];
      length += (byte & 0x7f) * 2 ** shift;
    }
    found.push([id, component.slice(at, (at += length))]);
  }
  return found;
}

/** How a component wires the contract's functions to its module: as the default policy's does. */
const WIRED = sections(await defaultComponent()).filter(([id]) => id !== 0);

/** A component around a core module; `rewire` may change its other sections. */
export function component(module, rewire = (sections) => sections) {
  const changed = rewire(WIRED.map(([id, content]) => [id, id === 1 ? module : content]));
  const written = changed.map(([id, content]) => {
    const length = [];
    for (let rest = content.length; ; rest >>>= 7) {
      length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
      if (rest <= 0x7f) break;
    }
    return Buffer.from([id, ...length]);
  });
  const all = written.flatMap((head, index) => [head, Buffer.from(changed[index][1])]);
  return Uint8Array.from(Buffer.concat([Buffer.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]), ...all]));
}

/** The manifest, as it lies in memory, escaped for WebAssembly text. */
function data({ name, version, action }) {
  const bytes = new Array(88).fill(0);
  const word = (at, value) => [0, 8, 16, 24].forEach((shift, index) => (bytes[at + index] = (value >>> shift) & 0xff));
  const point = (at, count, size) => {
    while (bytes.length % 8 !== 0) bytes.push(0);
    word(at, DATA + bytes.length);
    word(at + 4, count);
    const begin = bytes.length;
    bytes.push(...new Array(count * size).fill(0));
    return begin;
  };
  const text = (at, value) => {
    const encoded = new TextEncoder().encode(value);
    word(at, DATA + bytes.length);
    word(at + 4, encoded.length);
    bytes.push(...encoded);
  };
  [name, version, "A policy for tests.", ""].forEach((value, index) => text(index * 8, value));
  text(point(32, 1, 8), action);
  const requirement = point(40, 1, 64);
  ["approved", "MISSING_APPROVAL", "missing_approval", "It is not approved.", "Approve it.", "Step 1"].forEach((value, index) => text(requirement + 8 * index, value));
  text(point(requirement + 48, 1, 8), "scan");
  return bytes.map((byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("");
}
