// The facts of a request, as the contract's JSON Schema describes them, in the contract's order.
//
// Always true here: nothing about any one fact is written down; what the schema says is all the page knows.
import schema from "../../cli/schemas/request.schema.json";
import contract from "../../../wit/contract.json";

/** What a fact may be. */
export type Shape =
  | { kind: "record"; name: string; fields: Field[] }
  | { kind: "enum"; cases: { value: string; description: string }[] }
  | { kind: "truth" }
  | { kind: "text" }
  | { kind: "time" }
  | { kind: "number"; least: number; most: number }
  | { kind: "list"; of: Shape; most: number }
  | { kind: "attributes" };

/** A named fact of a record. */
export interface Field {
  name: string;
  description: string;
  isOptional: boolean;
  shape: Shape;
}

interface Node {
  $ref?: string;
  description?: string;
  type?: string;
  anyOf?: Node[];
  oneOf?: { const: string; description: string }[];
  properties?: Record<string, Node>;
  items?: Node;
  maxItems?: number;
  minimum?: number;
  maximum?: number;
  format?: string;
  additionalProperties?: unknown;
}

const definitions = schema.$defs as unknown as Record<string, Node>;
const types = contract.types as unknown as Record<string, { record?: { name: string }[] }>;
const known = new Map<string, Shape>();

function shape(node: Node, name: string): Shape {
  if (node.$ref !== undefined) {
    const named = node.$ref.replace("#/$defs/", "");
    const before = known.get(named);
    if (before !== undefined) return before;
    const made = shape(definitions[named]!, named);
    known.set(named, made);
    return made;
  }
  if (node.oneOf !== undefined) return { kind: "enum", cases: node.oneOf.map((one) => ({ value: one.const, description: one.description })) };
  if (node.format === "date-time") return { kind: "time" };
  switch (node.type) {
    case "boolean":
      return { kind: "truth" };
    case "integer":
      return { kind: "number", least: node.minimum ?? 0, most: node.maximum ?? Number.MAX_SAFE_INTEGER };
    case "array":
      return { kind: "list", of: shape(node.items!, name), most: node.maxItems ?? 256 };
    case "object":
      return node.properties === undefined ? { kind: "attributes" } : { kind: "record", name, fields: fields(node.properties, name) };
    default:
      return { kind: "text" };
  }
}

function fields(properties: Record<string, Node>, name: string): Field[] {
  const order = types[name.replaceAll("_", "-")]?.record?.map((field) => field.name) ?? Object.keys(properties);
  return order.map((field) => {
    const node = properties[field]!;
    const some = node.anyOf?.find((one) => one.type !== "null");
    return { name: field, description: node.description ?? "", isOptional: some !== undefined, shape: shape(some ?? node, field) };
  });
}

/** A request. */
export const REQUEST = shape(schema as unknown as Node, "request") as Shape & { kind: "record" };

/** The shape of the fact at `path`, if the contract has one. */
export function shapeAt(path: readonly (string | number)[]): Shape | undefined {
  let at: Shape | undefined = REQUEST;
  for (const step of path) {
    if (at?.kind === "record") at = at.fields.find((field) => field.name === step)?.shape;
    else if (at?.kind === "list") at = at.of;
    else return undefined;
  }
  return at;
}

/** Where a value that was read as JSON is built otherwise than a request is, so that no control can show it; `undefined` if nowhere. */
export function misbuilt(value: unknown, of: Shape = REQUEST, path = ""): string | undefined {
  const wrong = (expected: string) => `\`${path === "" ? "$" : path}\`: this is no request: expected ${expected}`;
  if (value === undefined || (value === null && path !== "")) return undefined;
  const isList = Array.isArray(value);
  const isObject = typeof value === "object" && value !== null && !isList;
  switch (of.kind) {
    case "record":
      if (!isObject) return wrong("an object");
      return firstOf(of.fields, ({ name, shape }) => misbuilt((value as Record<string, unknown>)[name], shape, path === "" ? name : `${path}.${name}`));
    case "list":
      if (!isList) return wrong("a list");
      return firstOf(value, (one, index) => misbuilt(one, of.of, `${path}[${index}]`));
    case "attributes":
      if (!isObject) return wrong("an object");
      return firstOf(Object.entries(value), ([name, one]) => misbuilt(one, Array.isArray(one) ? TEXTS : TEXT, `${path}.${name.slice(0, 80)}`));
    default:
      return isList || isObject ? wrong("a single value") : undefined;
  }
}

const TEXT: Shape = { kind: "text" };
const TEXTS: Shape = { kind: "list", of: TEXT, most: 256 };

function firstOf<T>(all: readonly T[], look: (one: T, index: number) => string | undefined): string | undefined {
  for (const [index, one] of all.entries()) {
    const found = look(one, index);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether the fact at `path` may be absent. */
export function isOptional(path: readonly (string | number)[]): boolean {
  const above = shapeAt(path.slice(0, -1));
  return above?.kind === "record" && above.fields.some((field) => field.name === path.at(-1) && field.isOptional);
}

/** The first value of that shape: what a fact is before anybody says more. */
export function blank(of: Shape, now: string): unknown {
  switch (of.kind) {
    case "record":
      return Object.fromEntries(of.fields.filter((field) => !field.isOptional).map((field) => [field.name, blank(field.shape, now)]));
    case "enum":
      return of.cases[0]!.value;
    case "truth":
      return false;
    case "text":
      return "";
    case "time":
      return now;
    case "number":
      return Math.max(0, of.least);
    case "list":
      return [];
    case "attributes":
      return {};
  }
}
