// What would open this gate: the fewest changes of facts that turn a denial into an allow.
//
// Always true here: the policy itself has allowed every opening that is shown. A change that opens must alter a fact that decided some unmet
// requirement, so the search changes only those, one requirement after the other, the fewest changes first.
import type { Explanation } from "scopegate";
import { isOptional, REQUEST, type Shape, shapeAt } from "./schema";
import { at, changed, EXAMPLES, type Path, type Situation, steps, valuesOf, written } from "./situation";

/** A changed fact. */
export interface Change {
  path: string;
  from: unknown;
  /** What it becomes; `undefined`: it goes. */
  to: unknown;
}

/** Changes that open the gate together, and the situation after them. */
export interface Opening {
  changes: Change[];
  situation: Situation;
}

/** How the search asks the policy. */
export interface Ask {
  /** How many requirements are unmet; 0 if the action is allowed. */
  unmet(situation: Situation): number;
  explain(situation: Situation): Explanation[];
}

/** Evaluations, changes in one opening, situations looked at with as many changes, and openings shown, at most. */
const LIMITS = { evaluations: 20_000, changes: 8, wide: 24, shown: 4 };

interface State extends Opening {
  unmet: number;
  cost: number;
}

/** Searches; each step is one evaluation. */
export function* openings(situation: Situation, ask: Ask): Generator<void, Opening[]> {
  let evaluations = 0;
  let states: State[] = [{ changes: [], situation, unmet: ask.unmet(situation), cost: 0 }];
  if (states[0]!.unmet === 0) return [];
  const seen = new Set<string>();
  for (let count = 1; count <= LIMITS.changes && states.length > 0; count++) {
    const next: State[] = [];
    for (const state of states) {
      for (const change of moves(state, situation, ask)) {
        const path = steps(change.path);
        const after = changed(state.situation, path, change.to);
        const key = JSON.stringify(after);
        if (seen.has(key)) continue;
        seen.add(key);
        if (evaluations++ >= LIMITS.evaluations) return shown(next.filter((one) => one.unmet === 0));
        const unmet = ask.unmet(after);
        yield;
        if (Number.isFinite(unmet)) next.push({ changes: [...state.changes, change], situation: after, unmet, cost: state.cost + cost(change, path) });
      }
    }
    const open = next.filter((one) => one.unmet === 0);
    if (open.length > 0) return shown(open);
    next.sort((a, b) => a.unmet - b.unmet || a.cost - b.cost);
    states = next.slice(0, LIMITS.wide);
  }
  return [];
}

function shown(open: State[]): Opening[] {
  open.sort((a, b) => a.cost - b.cost);
  const once = new Map<string, Opening>();
  for (const { changes, situation } of open) {
    const key = changes.map((change) => change.path).sort().join();
    if (!once.has(key)) once.set(key, { changes, situation });
  }
  return [...once.values()].slice(0, LIMITS.shown);
}

/** How unlike what customers do a change is: to confirm something is likelier than to be somebody else. */
function cost(change: Change, path: Path): number {
  const shape = shapeAt(path);
  const of = shape === undefined ? 2 : { truth: 1, enum: 1, list: 1, record: 1.5, number: 2, time: 2, text: 3, attributes: 3 }[shape.kind];
  const goes = change.to === undefined && typeof path.at(-1) !== "number" ? 2 : 0;
  return of + goes + (path[0] === "actor" || path[0] === "now" || path[0] === "tenancy" || path[0] === "deployment" ? 3 : 0);
}

/** The changes that may meet the unmet requirement with the fewest of them. */
function moves(state: State, begin: Situation, ask: Ask): Change[] {
  let best: Change[] | undefined;
  let explained: Explanation[];
  try {
    explained = ask.explain(state.situation);
  } catch {
    return [];
  }
  const before = new Set(state.changes.map((change) => change.path));
  for (const { facts } of explained) {
    const found = facts
      .filter(({ path }) => path !== "action" && !before.has(path))
      .flatMap(({ path }) => candidates(path, state.situation, begin, facts.map((fact) => fact.path)));
    if (best === undefined || found.length < best.length) best = found;
  }
  return best ?? [];
}

/** What the fact at `path` might be instead. */
function candidates(path: string, situation: Situation, begin: Situation, beside: string[]): Change[] {
  const at_ = steps(path);
  const from = at(situation, at_);
  const shape = shapeAt(at_);
  const change = (path: Path, to: unknown): Change => ({ path: written(path), from: at(situation, path), to });
  const found: Change[] = [];
  // An element may also go as a whole.
  const element = at_.findLastIndex((step) => typeof step === "number");
  if (element >= 0) found.push(change(at_.slice(0, element + 1), undefined));
  if (shape === undefined) return found;
  if (from !== undefined && isOptional(at_)) found.push(change(at_, undefined));
  if (from === undefined && at_.length > 1 && at(situation, at_.slice(0, -1)) === undefined) return found;
  const values = new Map<string, unknown>();
  for (const value of alternatives(shape, from, at_, situation, beside)) values.set(JSON.stringify(value), value);
  values.delete(JSON.stringify(from));
  for (const value of values.values()) found.push(change(at_, fitted(shape, value, begin)));
  return found;
}

function* alternatives(shape: Shape, from: unknown, path: Path, situation: Situation, beside: string[]): Generator<unknown> {
  switch (shape.kind) {
    case "truth":
      return yield* [true, false];
    case "enum":
      return yield* shape.cases.map((one) => one.value);
    case "time": {
      const now = Date.parse(String(situation.now ?? "")) || Date.now();
      for (const days of [-1, 0, 30]) yield new Date(now + days * 86_400_000).toISOString().replace(/\.\d+Z$/, "Z");
      return;
    }
    case "number":
      for (const list of beside.map((one) => at(situation, steps(one)))) if (Array.isArray(list)) yield list.length;
      yield* longest(situation);
      break;
    case "list": {
      const list = (from ?? []) as unknown[];
      for (let index = 0; index < Math.min(list.length, 16); index++) yield list.toSpliced(index, 1);
      const more = shape.of.kind === "enum" ? shape.of.cases.map((one) => one.value) : beside.flatMap((one) => at(situation, steps(one)) as unknown).filter((one) => typeof one === "string" && one !== "");
      if (shape.of.kind === "enum" || shape.of.kind === "text") for (const one of more) if (!list.includes(one)) yield [...list, one];
      break;
    }
    case "attributes":
      return;
  }
  // What stands beside it in the same requirement, what examples have there, and what the situation has of the same kind.
  for (const other of beside) {
    const of = shapeAt(steps(other));
    const value = at(situation, steps(other));
    if (value !== undefined && of?.kind === shape.kind && (shape.kind !== "record" || of === shape)) yield value;
  }
  let left = 6;
  for (const example of EXAMPLES) {
    const value = at(example.situation, path);
    if (value !== undefined && left-- > 0) yield value;
  }
  left = 12;
  for (const value of valuesOf(shape, REQUEST, situation)) if (value !== "" && left-- > 0) yield value;
}

/** The numbers of elements that the situation's lists have. */
function* longest(value: unknown): Generator<number> {
  if (Array.isArray(value)) yield value.length;
  else if (typeof value === "object" && value !== null) for (const one of Object.values(value)) yield* longest(one);
}

/** A value from elsewhere, made this situation's: for the same account, project and task. */
function fitted(shape: Shape, value: unknown, situation: Situation): unknown {
  if (shape.kind !== "record") return value;
  if (shape === shapeAt(["tenancy"])) return value === at(situation, ["tenancy"]) || value === undefined ? value : situation.tenancy;
  const record = value as Situation;
  return Object.fromEntries(
    shape.fields
      .filter((field) => record[field.name] !== undefined)
      .map((field) => {
        const own = field.name === "task" && typeof record.task === "string" ? at(situation, ["task", "id"]) : undefined;
        return [field.name, own ?? fitted(field.shape, record[field.name], situation)];
      }),
  );
}
