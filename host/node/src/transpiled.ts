// A component that jco transpiled, as this package asks it: facts become what jco's code takes, and its answers ours.
//
// Always true here: what such code hands over is looked at as closely as what lies in a policy's memory.
import type { Attribute, Fact } from "./facts.js";
import type { Answer, Asked, Unjudged } from "./instance.js";
import { listOf, REQUEST, type Type, type as named } from "./types.js";

/** What jco's code exports for `scopegate:gate/policy`. */
export interface Transpiled {
  describe(): unknown;
  evaluate(request: unknown): unknown;
  explain(request: unknown): unknown;
}

const DECISION = named("decision");
const ERROR = named("evaluation-error");
const MANIFEST = named("manifest");
const EXPLANATIONS = listOf(named("explanation"));

/** The most characters and elements of an answer. */
const MOST = 16 << 20;

/** One instance of a transpiled component. */
export class TranspiledInstance implements Asked {
  readonly #exports: Transpiled;

  constructor(exports: Transpiled) {
    this.#exports = exports;
  }

  describe(): unknown {
    return answered(MANIFEST, this.#exports.describe());
  }

  evaluate(facts: Fact[]): Answer<unknown> {
    return this.#ask(DECISION, () => this.#exports.evaluate(given(REQUEST, facts)));
  }

  explain(facts: Fact[]): Answer<unknown> {
    return this.#ask(EXPLANATIONS, () => this.#exports.explain(given(REQUEST, facts)));
  }

  /** The first case of a `result` is given back, the second thrown as an error with a payload. */
  #ask(type: Type, ask: () => unknown): Answer<unknown> {
    let ok: unknown;
    try {
      ok = ask();
    } catch (thrown) {
      if (!(thrown instanceof Error) || !("payload" in thrown)) throw thrown;
      return { error: answered(ERROR, thrown.payload) as Unjudged };
    }
    return { ok: answered(type, ok) };
  }
}

/** A fact, as jco's code takes it. */
function given(type: Type, fact: Fact): unknown {
  switch (type.kind) {
    case "time":
      return BigInt(fact as number);
    case "enum":
      return kebab(type.names[fact as number]!);
    case "record":
      return Object.fromEntries(type.fields.map((field, index) => [camel(field.name), given(field.type, (fact as Fact[])[index]!)]));
    case "list":
      return (fact as Fact[]).map((element) => given(type.of, element));
    case "option":
      return fact === null ? undefined : given(type.of, fact);
    case "attributes":
      return (fact as Attribute[]).map(({ name, value }) => ({ name, value: { tag: tag(value), val: value } }));
    default:
      return fact;
  }
}

function tag(value: Attribute["value"]): string {
  if (typeof value === "string") return "text";
  if (typeof value === "bigint") return "number";
  return typeof value === "boolean" ? "truth" : "texts";
}

/** What jco's code answered, in our names. */
function answered(type: Type, answer: unknown): unknown {
  let left = MOST;
  const spend = (count: number): void => {
    left -= count;
    if (left < 0) throw new RangeError(`the policy's result takes more than ${MOST} characters`);
  };
  const wrong = (expected: string): TypeError => new TypeError(`the policy's answer is not as the contract says: expected ${expected}`);
  const value = (type: Type, answer: unknown): unknown => {
    switch (type.kind) {
      case "string":
        if (typeof answer !== "string") throw wrong("a text");
        spend(answer.length);
        return answer;
      case "bool":
        if (typeof answer !== "boolean") throw wrong("a truth");
        return answer;
      case "u32":
        if (typeof answer !== "number" || !Number.isInteger(answer) || answer < 0 || answer > 4294967295) throw wrong("a number");
        return answer;
      case "u64":
        if (typeof answer !== "bigint" && typeof answer !== "number") throw wrong("a number");
        return Number(answer);
      case "enum": {
        const name = type.names.find((name) => kebab(name) === answer);
        if (name === undefined) throw wrong(`one of ${type.names.join(", ")}`);
        return name;
      }
      case "list": {
        // jco hands lists of numbers over as typed arrays.
        const elements = Array.isArray(answer) || ArrayBuffer.isView(answer) ? Array.from(answer as ArrayLike<unknown>) : undefined;
        if (elements === undefined) throw wrong("a list");
        spend(elements.length);
        return elements.map((element) => value(type.of, element));
      }
      case "record": {
        if (typeof answer !== "object" || answer === null) throw wrong("a record");
        const fields = answer as Record<string, unknown>;
        return Object.fromEntries(type.fields.map((field) => [field.name, value(field.type, fields[camel(field.name)])]));
      }
      default:
        throw new TypeError(`no policy answers with a ${type.kind}`);
    }
  };
  return value(type, answer);
}

function camel(name: string): string {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

function kebab(name: string): string {
  return name.replaceAll("_", "-");
}
