// Takes a request that is a JavaScript value: as strictly as text is read.
import { EvaluateError, InputError } from "./errors.js";
import { type Attribute, type Fact, Path, quoted, utf8Bytes } from "./facts.js";
import { seconds } from "./time.js";
import { ATTRIBUTES, REQUEST, TEXT_BYTES, TEXTS, type Type } from "./types.js";

const LEAST = -(2n ** 63n);
const MOST = 2n ** 63n - 1n;

/** The facts in `value`; `now` is what stands for a time that is not given. */
export function take(value: unknown, now: () => number): Fact[] {
  for (const name in NOTHING) throw new InputError("$", `every object has been given the name ${quoted(name)}, so none says only what it says itself`);
  try {
    return record(REQUEST, value, NOWHERE, now);
  } catch (error) {
    if (error instanceof EvaluateError) throw error;
    // Once more, to see where: most requests are right, and need no path.
    const path = new Path();
    try {
      return record(REQUEST, value, path, now);
    } catch (error) {
      if (error instanceof InputError || error instanceof EvaluateError) throw error;
      throw path.wrong(`this cannot be read: ${error instanceof Error ? error.message : "what it throws is no error"}`);
    }
  }
}

/** Has no name, unless somebody gave one to every object. */
const NOTHING = {};

/** The names that were taken. */
let taken = 0;

/** The facts in `value`, which come from text, and how many names there are in it. */
export function takeCounting(value: unknown, now: () => number): [facts: Fact[], names: number] {
  taken = 0;
  return [record(REQUEST, value, NOWHERE, now), taken];
}

/** A path that nobody will ask for, so that no step is put on it. */
const NOWHERE = new Path();

function fact(type: Type, value: unknown, path: Path, now: () => number): Fact {
  switch (type.kind) {
    case "string":
      return text(value, path);
    case "bool":
      if (typeof value !== "boolean") throw expected("`true` or `false`", value, path);
      return value;
    case "u32":
      if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > 4294967295) {
        throw expected("a whole number from 0 to 4294967295", value, path);
      }
      return value;
    case "time": {
      if (typeof value !== "string") throw expected("a text", value, path);
      const instant = seconds(value);
      if (typeof instant === "string") throw path.wrong(`${quoted(value)} is not a time here: ${instant}`);
      return instant;
    }
    case "enum": {
      if (typeof value !== "string") throw expected("a text", value, path);
      const index = type.index.get(value);
      if (index === undefined) throw path.wrong(`${quoted(value)} is not known here, expected one of ${type.names.join(", ")}`);
      return index;
    }
    case "record":
      return record(type, value, path, now);
    case "list":
      return list(type, value, path, now);
    case "option":
      return value === null || value === undefined ? null : fact(type.of, value, path, now);
    case "attributes":
      return attributes(value, path);
    default:
      throw new TypeError(`no request has a ${type.kind}`);
  }
}

function record(type: Type & { kind: "record" }, value: unknown, path: Path, now: () => number): Fact[] {
  if (!isObject(value)) throw expected("an object", value, path);
  let names = namesOf(type, value);
  const fields = type.fields;
  const facts = new Array<Fact>(fields.length);
  for (let index = 0; index < fields.length; index++) {
    const field = fields[index]!;
    const given = value[field.name];
    if (given === undefined || (given === null && field.lacks !== undefined)) {
      facts[index] = absent(field, path, now);
      continue;
    }
    names--;
    if (path !== NOWHERE) path.push(field.name);
    facts[index] = fact(field.type, given, path, now);
    if (path !== NOWHERE) path.pop();
  }
  if (names !== 0 || Object.getPrototypeOf(value) !== Object.prototype) checkNames(type, value, path);
  return facts;
}

/** How many names a value has; not a number if one of them is no field's. */
function namesOf({ fields, index }: Type & { kind: "record" }, value: Record<string, unknown>): number {
  let [names, at, strangers] = [0, 0, 0];
  for (const name in value) {
    names++;
    // In their order, as most have them, they need not be looked up.
    if (fields[at]?.name === name) at++;
    else if (!index.has(name)) strangers++;
    else at = index.get(name)! + 1;
  }
  taken += names;
  return strangers === 0 ? names : NaN;
}

function checkNames(type: Type & { kind: "record" }, value: Record<string, unknown>, path: Path): void {
  for (const name of Object.keys(value)) {
    if (!type.index.has(name)) throw path.wrong("this name is not known here", name);
  }
  for (const { name } of type.fields) {
    if (name in value && !Object.prototype.propertyIsEnumerable.call(value, name)) {
      throw path.wrong("this name is inherited or hidden: state it in the object itself", name);
    }
  }
}

function absent(field: (Type & { kind: "record" })["fields"][number], path: Path, now: () => number): Fact {
  if (field.type.kind === "option") return null;
  if (field.lacks === "now") return now();
  if (field.lacks === "attributes") return [];
  throw path.wrong("this name is missing", field.name);
}

function list({ of, most }: Type & { kind: "list" }, value: unknown, path: Path, now: () => number): Fact[] {
  if (!Array.isArray(value)) throw expected("a list", value, path);
  if (value.length > most) throw path.wrong(`this list has more than ${most} elements`);
  // Not `map`, which skips the holes of an array: what is not there is no fact, and must not be laid out as one.
  const facts = new Array<Fact>(value.length);
  for (let index = 0; index < facts.length; index++) {
    if (path !== NOWHERE) path.push(index);
    facts[index] = fact(of, value[index], path, now);
    if (path !== NOWHERE) path.pop();
  }
  return facts;
}

function text(value: unknown, path: Path): string {
  if (typeof value !== "string") throw expected("a text", value, path);
  if (value.length > TEXT_BYTES / 3) {
    const bytes = utf8Bytes(value);
    if (bytes > TEXT_BYTES) throw path.wrong(`this text has ${bytes} bytes, at most ${TEXT_BYTES} are allowed`);
  }
  if (!value.isWellFormed()) throw path.wrong("this text has half of a surrogate pair");
  return value;
}

function attributes(value: unknown, path: Path): Attribute[] {
  if (!isObject(value)) throw expected("an object", value, path);
  // Such as a map's entries, or what comes from a class.
  if (inherits(value)) throw path.wrong("expected an object that says everything itself, and inherits nothing");
  const entries = Object.entries(value);
  taken += entries.length;
  if (entries.length > ATTRIBUTES) throw path.wrong(`there are more than ${ATTRIBUTES} attributes`);
  return entries.map(([name, value]) => {
    if (path !== NOWHERE) path.push(name);
    const attribute = { name: text(name, path), value: attribute_(value, path) };
    if (path !== NOWHERE) path.pop();
    return attribute;
  });
}

function attribute_(value: unknown, path: Path): Attribute["value"] {
  if (typeof value === "string") return text(value, path);
  if (typeof value === "boolean") return value;
  if (Array.isArray(value)) return list(TEXTS, value, path, () => 0) as string[];
  if (typeof value === "bigint" && value >= LEAST && value <= MOST) return value;
  if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
  throw expected("a text, a whole number, a truth or a list of texts", value, path);
}

/** Whether a value is of a class, or has names that it does not say itself. */
function inherits(value: object): boolean {
  const prototype: object | null = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return false;
  for (const name in value) if (!Object.hasOwn(value, name)) return true;
  // What another realm's objects have in common has nothing above it either.
  return Object.getPrototypeOf(prototype) !== null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function expected(what: string, value: unknown, path: Path) {
  const found =
    value === null ? "`null`" : Array.isArray(value) ? "a list" : typeof value === "object" ? "an object" : typeof value === "string" ? `the text ${quoted(value)}` : quoted(String(value));
  return path.wrong(`expected ${what}, found ${found}`);
}
