// Policies: loaded once, asked often.
//
// Always true here: what is not known to keep nothing from one decision to the next has a fresh instance for each.
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

import { coreModule } from "./component.js";
import { type Decision, inconsistent, type Judged, type PolicyId, Terms } from "./decision.js";
import { EvaluateError, type InputError, LoadError } from "./errors.js";
import { lookUp } from "./explain.js";
import type { Fact } from "./facts.js";
import type { Manifest, Request } from "./generated/contract.js";
import { type Answer, Instance } from "./instance.js";
import { take } from "./native.js";
import { read } from "./text.js";
import { REQUEST } from "./types.js";
import { json } from "./write.js";

/** How a policy is loaded. */
export interface LoadOptions {
  /**
   * Whether an instance decides more than once. It is ten times as fast, and only right for policies that keep nothing from one decision to
   * the next: those that `scopegate build` makes. The default policy's are used again without this.
   */
  reuseInstances?: boolean;
  /** The time, in seconds since 1970-01-01T00:00:00Z, for requests that name none. The system's clock without. */
  clock?: () => number;
}

/** The facts that decided an unmet requirement. */
export interface Explanation {
  /** The requirement's id. */
  readonly requirement: string;
  /** The facts, each once, with their values; `null` for what is absent. */
  readonly facts: readonly { readonly path: string; readonly value: unknown }[];
}

/** Why a request of a batch has no decision. */
export type Failure = InputError | EvaluateError;

/** Loads the policy that the component `bytes` is. Rejects with a {@link LoadError}. */
export async function loadPolicy(bytes: Uint8Array | ArrayBuffer, options: LoadOptions = {}): Promise<Policy> {
  const component = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  const module = await coreModule(component);
  // Not WebCrypto's, which pages without a secure origin have not: frames that hold strangers' policies are such pages.
  const digest = `sha256:${bytesToHex(sha256(component))}`;
  let first: Instance;
  let manifest: Manifest;
  try {
    first = new Instance(module);
    manifest = first.describe() as Manifest;
  } catch (cause) {
    throw new LoadError("the component failed when it was asked what it is", { cause });
  }
  const wrong = unfit(manifest);
  if (wrong !== undefined) throw new LoadError(`the component's manifest is wrong: ${wrong}`);
  return new Policy(module, new Terms(frozen({ name: manifest.name, version: manifest.version, digest }), frozen(manifest)), options);
}

/** What in a manifest makes no sense. */
function unfit(manifest: Manifest): string | undefined {
  if (manifest.name === "") return "the policy has no name";
  if (!/^\d+\.\d+\.\d+/.test(manifest.version)) return `\`${manifest.version}\` is no semantic version`;
  const ids = new Set(manifest.requirements.map((requirement) => requirement.id));
  if (ids.size !== manifest.requirements.length) return "two requirements have the same id";
  const actions = new Set(manifest.actions);
  const stray = manifest.requirements.flatMap((requirement) => requirement.actions).find((action) => !actions.has(action));
  return stray === undefined ? undefined : `a requirement names the action \`${stray}\`, which the policy does not list`;
}

/** A policy: decides requests, and says what it is. */
export class Policy {
  readonly #module: WebAssembly.Module;
  readonly #terms: Terms;
  readonly #isReused: boolean;
  readonly #clock: () => number;
  #idle: Instance | undefined;

  /** @internal */
  constructor(module: WebAssembly.Module, terms: Terms, options: LoadOptions) {
    this.#module = module;
    this.#terms = terms;
    this.#isReused = options.reuseInstances ?? false;
    const { clock } = options;
    this.#clock = clock === undefined ? () => Math.floor(Date.now() / 1000) : () => whole(clock());
  }

  /** Its name, version and digest. */
  get id(): PolicyId {
    return this.#terms.id;
  }

  /** What it says it is: actions, requirements, ready states, attributes. */
  describe(): Manifest {
    return this.#terms.manifest;
  }

  /**
   * Decides a request, given as a value or as JSON text.
   *
   * @throws {InputError} It is no request.
   * @throws {EvaluateError} There is no decision.
   */
  evaluate(request: Request | string): Decision {
    const facts = this.#facts(request);
    const judged = this.#ask((instance) => instance.evaluate(facts)) as Judged;
    return this.#terms.decision(judged, facts[ACTION] as string);
  }

  /** Decides each request by itself, in order. One that has no decision leaves the others unharmed. */
  evaluateBatch(requests: readonly (Request | string)[]): (Decision | Failure)[] {
    return requests.map((request) => {
      try {
        return this.evaluate(request);
      } catch (error) {
        return error as Failure;
      }
    });
  }

  /**
   * Tells for each requirement that a request does not meet which facts decided it.
   *
   * @throws {InputError} It is no request.
   * @throws {EvaluateError} There is no decision.
   */
  explain(request: Request | string): Explanation[] {
    const facts = this.#facts(request);
    const explained = this.#ask((instance) => instance.explain(facts)) as { requirement: number; facts: string[] }[];
    const written = json(REQUEST, facts);
    const naming = this.#terms.naming(facts[ACTION] as string);
    return explained.map(({ requirement, facts: paths }, index) => {
      if (index > 0 && explained[index - 1]!.requirement >= requirement) throw inconsistent("it explains its requirements out of order");
      const known = this.#terms.manifest.requirements[requirement];
      if (known === undefined) throw inconsistent(`it explains requirement ${requirement}, which there is not`);
      if (naming?.has(requirement) !== true) {
        throw inconsistent(`it explains the requirement \`${known.id}\`, which does not name the action`);
      }
      return { requirement: known.id, facts: paths.map((path) => ({ path, value: lookUp(written, path) })) };
    });
  }

  #facts(request: Request | string): Fact[] {
    return typeof request === "string" ? read(request, this.#clock) : take(request, this.#clock);
  }

  /** Has an instance do `work`, and keeps it only if that went well. */
  #ask<T>(work: (instance: Instance) => Answer<T>): T {
    const idle = this.#idle;
    this.#idle = undefined;
    let answer: Answer<T>;
    try {
      const instance = idle ?? new Instance(this.#module);
      answer = work(instance);
      if (this.#isReused) this.#idle = instance;
    } catch (cause) {
      throw new EvaluateError("the policy's code failed", { cause });
    }
    if ("error" in answer) {
      const { path, message } = answer.error;
      throw new EvaluateError(message, { path });
    }
    return answer.ok;
  }
}

/** What an embedder's clock said, if it is a time: `NaN` would be laid out as 1970, when nothing has expired. */
function whole(said: number): number {
  if (!Number.isSafeInteger(said)) {
    throw new EvaluateError(`the clock said ${String(said)}, expected whole seconds since 1970-01-01T00:00:00Z`, { path: "now" });
  }
  return said;
}

/** Freezes all of `value`: what every later decision is made of is handed to callers. */
function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

const ACTION = REQUEST.index.get("action")!;
