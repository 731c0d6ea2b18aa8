// Policies: loaded once, asked often.
//
// Always true here: what is not known to keep nothing from one decision to the next has a fresh instance for each.
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

import { begins, COMPONENT } from "./binary.js";
import { checkModules, takeApart } from "./component.js";
import { type Decision, inconsistent, type Judged, type PolicyId, Terms } from "./decision.js";
import { cut, EvaluateError, InputError, LoadError } from "./errors.js";
import { lookUp } from "./explain.js";
import type { Fact } from "./facts.js";
import type { Manifest, Request } from "./generated/contract.js";
import { type Answer, type Asked, Instance } from "./instance.js";
import { unfit } from "./manifest.js";
import { strayNames } from "./names.js";
import { take } from "./native.js";
import { quickly } from "./quick.js";
import { read } from "./text.js";
import { type Transpiled, TranspiledInstance } from "./transpiled.js";
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
  // What is loaded must not change while it is.
  const component = Uint8Array.from(asBytes(bytes));
  const taken = await takeApart(component);
  const isTrusted = options.reuseInstances ?? false;
  return load(component, () => Instance.first(taken), () => new Instance(taken, isTrusted), options);
}

/**
 * The policy that the component `bytes` is, decided by what jco transpiled it to: for components that {@link loadPolicy} cannot take apart, such as those of several
 * core modules. `instantiate` gives the exports of `scopegate:gate/policy` of a new instance, whose core modules {@link compileCore} compiled.
 *
 * @throws {LoadError} It is no policy, or uses what policies may not use of WebAssembly.
 */
export function policyFrom(bytes: Uint8Array | ArrayBuffer, instantiate: () => Transpiled, options: LoadOptions = {}): Policy {
  const component = asBytes(bytes);
  if (begins(component, COMPONENT)) checkModules(component);
  const begin = () => new TranspiledInstance(instantiate());
  return load(component, begin, begin, options);
}

function asBytes(bytes: Uint8Array | ArrayBuffer): Uint8Array {
  return bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
}

function load(component: Uint8Array, first: () => Asked, begin: () => Asked, options: LoadOptions): Policy {
  // Not WebCrypto's, which pages without a secure origin have not: frames that hold strangers' policies are such pages.
  const digest = `sha256:${bytesToHex(sha256(component))}`;
  let manifest: Manifest;
  try {
    manifest = first().describe() as Manifest;
  } catch (cause) {
    if (cause instanceof LoadError) throw cause;
    throw new LoadError("the component failed when it was asked what it is", { cause });
  }
  const wrong = unfit(manifest);
  if (wrong !== undefined) throw new LoadError(`the component's manifest is wrong: ${wrong}`);
  return new Policy(begin, new Terms(frozen({ name: manifest.name, version: manifest.version, digest }), frozen(manifest)), options);
}

/** A policy: decides requests, and says what it is. */
export class Policy {
  readonly #begin: () => Asked;
  readonly #terms: Terms;
  readonly #isReused: boolean;
  readonly #clock: () => number;
  #idle: Asked | undefined;

  /** @internal */
  constructor(begin: () => Asked, terms: Terms, options: LoadOptions) {
    this.#begin = begin;
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
    const action = facts[ACTION] as string;
    return this.#ask(
      (instance) => instance.evaluate(facts),
      (judged) => this.#terms.decision(judged as Judged, action),
    );
  }

  /** Decides each request by itself, in order. One that has no decision leaves the others unharmed. */
  evaluateBatch(requests: readonly (Request | string)[]): (Decision | Failure)[] {
    return requests.map((request) => {
      try {
        return this.evaluate(request);
      } catch (error) {
        if (error instanceof InputError || error instanceof EvaluateError) return error;
        throw error;
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
    return this.#ask(
      (instance) => instance.explain(facts),
      (explained) => this.#explanations(explained as { requirement: number; facts: string[] }[], facts),
    );
  }

  #explanations(explained: { requirement: number; facts: string[] }[], facts: Fact[]): Explanation[] {
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
    try {
      return typeof request === "string" ? (quickly(request, this.#clock) ?? read(request, this.#clock)) : take(request, this.#clock);
    } catch (error) {
      if (error instanceof InputError) error.others = strayNames(request).filter(({ path }) => path !== cut(error.path));
      throw error;
    }
  }

  /** Has an instance do `work`, and keeps it only if what it says makes sense. */
  #ask<T>(work: (instance: Asked) => Answer<unknown>, join: (said: unknown) => T): T {
    const idle = this.#idle;
    this.#idle = undefined;
    let instance: Asked;
    let answer: Answer<unknown>;
    try {
      instance = idle ?? this.#begin();
      answer = work(instance);
    } catch (cause) {
      throw new EvaluateError("the policy's code failed", { cause });
    }
    const joined = "error" in answer ? undefined : join(answer.ok);
    if (this.#isReused) this.#idle = instance;
    if ("error" in answer) {
      const { path, message } = answer.error;
      throw new EvaluateError(message, { path });
    }
    return joined as T;
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
