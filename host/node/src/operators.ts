// The operators of WebAssembly that policies may use, from the table that is made from what the Rust host allows.
import { WEBASSEMBLY as TABLE } from "./generated/webassembly.js";

export { TABLE };

/** What stands behind an operator, in bytes. */
export type Immediate = "index" | "i32" | "i64" | "memory" | "zero" | "byte" | "bytes4" | "bytes8" | "bytes16" | "block" | "reference" | "types" | "labels";

/** The types of what may be a NaN. */
export type Nan = "f32" | "f64" | "f32x4" | "f64x2";

/** An operator. */
export interface Operator {
  immediates: readonly Immediate[];
  /** The feature that it belongs to, if policies may not use it. */
  feature: string | undefined;
  /** The type of what it gives, if that may be a NaN of any bits. */
  nan: Nan | undefined;
}

/** Operators of one byte, by that. */
export const OPERATORS: (Operator | undefined)[] = new Array(256);

/** Operators of a byte and a number, by both. */
export const PREFIXED = new Map<number, (Operator | undefined)[]>();

/** The types that values may have, and those of references. */
export const VALUE_TYPES: ReadonlySet<number> = new Set(TABLE.value_types);
export const REFERENCE_TYPES: ReadonlySet<number> = new Set(TABLE.reference_types);

const nans = new Map(Object.entries(TABLE.nan).flatMap(([nan, codes]) => codes.map((code) => [code, nan as Nan])));
for (const [code, said] of Object.entries(TABLE.operators)) {
  const [first, second] = code.split(" ").map(Number) as [number, number?];
  const feature = said.startsWith("!") ? said.slice(1) : undefined;
  const immediates = feature === undefined && said !== "" ? (said.split(" ") as Immediate[]) : [];
  const operator = { immediates, feature, nan: nans.get(code) };
  if (second === undefined) OPERATORS[first] = operator;
  else {
    const prefixed = PREFIXED.get(first) ?? [];
    prefixed[second] = operator;
    PREFIXED.set(first, prefixed);
  }
}
