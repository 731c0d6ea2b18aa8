// A situation: the facts of one request, and how one of them is changed.
//
// Always true here: a situation is never changed in place.
import bases from "../../../policies/webriskops/1.1.0/bases.json";
import type { Shape } from "./schema";
import { label } from "./words";

export type Situation = { [name: string]: unknown };
export type Path = readonly (string | number)[];

/** A situation to begin with. */
export interface Example {
  name: string;
  title: string;
  isShipped: boolean;
  situation: Situation;
}

const files = import.meta.glob<Situation>("../../../policies/webriskops/1.1.0/examples/*.json", { eager: true, import: "default" });

/** The examples that the default policy ships, then the situations its cases begin with. */
export const EXAMPLES: readonly Example[] = [
  ...Object.entries(files).map(([file, situation]) => {
    const name = file.slice(file.lastIndexOf("/") + 1, -".json".length);
    return { name, title: label(name), isShipped: true, situation };
  }),
  ...Object.entries(bases as Record<string, Situation>).map(([name, situation]) => ({ name: `base-${name}`, title: label(name), isShipped: false, situation })),
];

/** `scan.targets[3].url` as its steps. The name of an attribute is one step, whatever it is. */
export function steps(path: string): Path {
  const attributes = "attributes.";
  if (path.startsWith(attributes)) return ["attributes", path.slice(attributes.length)];
  return path.split(".").flatMap((step) => {
    const [, name, index] = /^([^[]*)(?:\[(\d+)\])?$/.exec(step) ?? [];
    return index === undefined ? [name ?? step] : [name!, Number(index)];
  });
}

/** The steps as the contract writes a path. */
export function written(path: Path): string {
  return path.map((step, index) => (typeof step === "number" ? `[${step}]` : index === 0 ? step : `.${step}`)).join("");
}

/** The fact at `path`; `undefined` if it is absent. */
export function at(situation: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => (typeof value === "object" && value !== null ? (value as Record<string | number, unknown>)[step] : undefined), situation);
}

/** The situation with `value` at `path`; without that fact or element if `value` is `undefined`. */
export function changed<T>(situation: T, path: Path, value: unknown): T {
  const [step, ...rest] = path;
  if (step === undefined) return value as T;
  if (Array.isArray(situation)) {
    const copy: unknown[] = [...situation];
    if (rest.length === 0 && value === undefined) copy.splice(step as number, 1);
    else copy[step as number] = changed(copy[step as number], rest, value);
    return copy as T;
  }
  const copy: Record<string, unknown> = { ...(situation as Record<string, unknown>) };
  const next = changed(copy[step], rest, value);
  if (next === undefined) delete copy[step];
  else copy[step] = next;
  return copy as T;
}

/** The values of that shape which `situation` has anywhere. */
export function* valuesOf(wanted: Shape, of: Shape, value: unknown): Generator<unknown> {
  if (value === undefined || value === null) return;
  if (of === wanted || (of.kind === wanted.kind && of.kind !== "record" && of.kind !== "enum" && of.kind !== "list")) yield value;
  if (of.kind === "record") for (const field of of.fields) yield* valuesOf(wanted, field.shape, (value as Situation)[field.name]);
  if (of.kind === "list") for (const element of value as unknown[]) yield* valuesOf(wanted, of.of, element);
}

/** What a situation that was read as JSON cannot hold without changing it. */
export function unholdable(value: unknown): string | undefined {
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    return `this page holds whole numbers up to ${Number.MAX_SAFE_INTEGER}, and ${value} is beyond: use \`scopegate check\``;
  }
  if (typeof value !== "object" || value === null) return undefined;
  for (const one of Object.values(value)) {
    const found = unholdable(one);
    if (found !== undefined) return found;
  }
  return undefined;
}
