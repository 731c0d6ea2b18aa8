// The contract's types, ready to be followed.
import { CONTRACT } from "./generated/contract.js";

/** A type of the contract, and where it stands in memory. */
export type Type =
  | { kind: "string" | "bool" | "u32" | "u64" | "time"; size: number; align: number }
  | { kind: "enum"; size: number; align: number; names: readonly string[]; index: Map<string, number> }
  | { kind: "record"; size: number; align: number; fields: Field[]; index: Map<string, number> }
  | { kind: "list"; size: number; align: number; of: Type; most: number }
  | { kind: "option"; size: number; align: number; of: Type; payload: number }
  | { kind: "attributes"; size: number; align: number };

/** A field of a record. */
export interface Field {
  name: string;
  type: Type;
  offset: number;
  /** What JSON may leave out although the contract requires it. */
  lacks: "now" | "attributes" | undefined;
}

type Written = string | { readonly list: Written } | { readonly option: Written };

interface Described {
  readonly size: number;
  readonly align: number;
  readonly enum?: readonly string[];
  readonly record?: readonly { readonly name: string; readonly type: Written; readonly offset: number }[];
}

const SCALARS: Record<string, Type> = {
  string: { kind: "string", size: 8, align: 4 },
  bool: { kind: "bool", size: 1, align: 1 },
  u32: { kind: "u32", size: 4, align: 4 },
  u64: { kind: "u64", size: 8, align: 8 },
  time: { kind: "time", size: 8, align: 8 },
};

const described = CONTRACT.types as unknown as Record<string, Described>;
const mosts = CONTRACT.limits.lists as Record<string, number>;

/** The type of that name, such as `request`, at a path of a request, on which the limits of its lists depend. */
export function type(name: string, path = ""): Type {
  return SCALARS[name] ?? make(name, described[name]!, path);
}

/** A list of values of that type at a path without indices. */
export function listOf(of: Type, path = ""): Type & { kind: "list" } {
  return { kind: "list", size: 8, align: 4, of, most: mosts[path] ?? CONTRACT.limits.list };
}

function make(name: string, { size, align, enum: names, record }: Described, path: string): Type {
  if (names !== undefined) {
    return { kind: "enum", size, align, names, index: new Map(names.map((name, index) => [name, index])) };
  }
  const fields = record!.map((field): Field => {
    const lacks = name === "request" && (field.name === "now" || field.name === "attributes") ? field.name : undefined;
    const of: Type = lacks === "attributes" ? { kind: "attributes", size: 8, align: 4 } : written(field.type, path === "" ? field.name : `${path}.${field.name}`);
    return { name: field.name, type: of, offset: field.offset, lacks };
  });
  return { kind: "record", size, align, fields, index: new Map(fields.map((field, index) => [field.name, index])) };
}

function written(written_: Written, path: string): Type {
  if (typeof written_ === "string") return type(written_, path);
  if ("list" in written_) return listOf(written(written_.list, path), path);
  const of = written(written_.option, path);
  const payload = Math.max(1, of.align);
  return { kind: "option", size: Math.ceil((payload + of.size) / of.align) * of.align, align: of.align, of, payload };
}

/** The record that policies decide about. */
export const REQUEST = type("request") as Type & { kind: "record" };

/** A list of texts, as an attribute may be. */
export const TEXTS = listOf(type("string"));

/** The most bytes of a text. */
export const TEXT_BYTES: number = CONTRACT.limits.text_bytes;

/** The most attributes. */
export const ATTRIBUTES: number = CONTRACT.limits.list;
