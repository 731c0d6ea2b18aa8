// Makes every NaN that a module computes the same one, as the Rust and the Python host have it: WebAssembly leaves the bits of a NaN to the
// runtime, and what a policy decides must not depend on that.
//
// Always true here: behind each operation that may give a NaN stands `x = x ? x : the canonical NaN`; nothing else of the code is changed.
import { encoded, Reader, sections } from "./binary.js";
import { type Checked, Id, type Mark } from "./features.js";
import type { Nan } from "./operators.js";

const [LOCAL_GET, LOCAL_TEE] = [0x20, 0x22];
const [F32_NAN, F64_NAN] = [
  [0x00, 0x00, 0xc0, 0x7f],
  [0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xf8, 0x7f],
];

/** By what may be a NaN: the type of a local for it, the canonical one as a constant, the comparison, and what chooses by that. */
const HOW: Record<Nan, { type: number; nan: number[]; equal: number[]; choose: number[] }> = {
  f32: { type: 0x7d, nan: [0x43, ...F32_NAN], equal: [0x5b], choose: [0x1b] },
  f64: { type: 0x7c, nan: [0x44, ...F64_NAN], equal: [0x61], choose: [0x1b] },
  f32x4: { type: 0x7b, nan: [0xfd, 0x0c, ...F32_NAN, ...F32_NAN, ...F32_NAN, ...F32_NAN], equal: [0xfd, 0x41], choose: [0xfd, 0x52] },
  f64x2: { type: 0x7b, nan: [0xfd, 0x0c, ...F64_NAN, ...F64_NAN], equal: [0xfd, 0x47], choose: [0xfd, 0x52] },
};

/** The core module `bytes`, which was checked, with canonical NaNs. */
export function canonical(bytes: Uint8Array, checked: Checked): Uint8Array {
  if (checked.marks.size === 0) return bytes;
  const parts: Uint8Array[] = [bytes.subarray(0, 8)];
  for (const [id, content] of sections(bytes)) {
    // What they say of places in the code would no longer be so.
    if (id === Id.custom) continue;
    const written = id === Id.code ? code(content, checked) : content;
    parts.push(Uint8Array.of(id, ...encoded(written.length)), written);
  }
  return joined(parts);
}

function code(content: Uint8Array, { marks, parameters, types }: Checked): Uint8Array {
  const reader = new Reader(content);
  const count = reader.number();
  const parts: Uint8Array[] = [Uint8Array.from(encoded(count))];
  for (let index = 0; index < count; index++) {
    const before = reader.bytes(reader.number());
    const found = marks.get(index);
    const body = found === undefined ? before : rewritten(before, found, parameters[types[index]!] ?? 0);
    parts.push(Uint8Array.from(encoded(body.length)), body);
  }
  return joined(parts);
}

/** A function's body with what makes its NaNs canonical. */
function rewritten(body: Uint8Array, marks: Mark[], parameters: number): Uint8Array {
  const reader = new Reader(body);
  const groups = reader.number();
  const declared = reader.at;
  let locals = parameters;
  for (let group = 0; group < groups; group++) {
    locals += reader.number();
    reader.byte();
  }
  const kinds = [...new Set(marks.map(([, nan]) => nan))];
  const parts: Uint8Array[] = [
    Uint8Array.from(encoded(groups + kinds.length)),
    body.subarray(declared, reader.at),
    Uint8Array.from(kinds.flatMap((nan) => [1, HOW[nan].type])),
  ];
  const inserted = new Map(kinds.map((nan, index) => [nan, choice(nan, encoded(locals + index))]));
  let begin = reader.at;
  for (const [end, nan] of marks) {
    parts.push(body.subarray(begin, end), inserted.get(nan)!);
    begin = end;
  }
  parts.push(body.subarray(begin));
  return joined(parts);
}

/** Makes the value on the stack canonical, by way of a local. */
function choice(nan: Nan, local: number[]): Uint8Array {
  const { nan: constant, equal, choose } = HOW[nan];
  return Uint8Array.of(LOCAL_TEE, ...local, ...constant, LOCAL_GET, ...local, LOCAL_GET, ...local, ...equal, ...choose);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
