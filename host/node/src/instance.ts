// A running instance of a policy's core module.
//
// Always true here: after a call that failed an instance is not called again; that is seen to by who holds it.
import { NAMES, type Taken } from "./component.js";
import type { Fact } from "./facts.js";
import { Memory } from "./memory.js";
import { checkSignatures } from "./signatures.js";
import { listOf, REQUEST, type as named } from "./types.js";

const DECISION = named("decision");
const ERROR = named("evaluation-error");
const MANIFEST = named("manifest");
const EXPLANATIONS = listOf(named("explanation"));

type Function_ = (...parameters: number[]) => number;

/** Why a policy has no answer. */
export interface Unjudged {
  path: string;
  problem: string;
  message: string;
}

/** What an answer is: that of the policy, or why it has none. */
export type Answer<T> = { ok: T } | { error: Unjudged };

/** Whoever answers for a policy. */
export interface Asked {
  /** What the policy says it is. */
  describe(): unknown;
  /** What it decides. */
  evaluate(facts: Fact[]): Answer<unknown>;
  /** Which facts decided. */
  explain(facts: Fact[]): Answer<unknown>;
}

/** One instance, and its memory. */
export class Instance implements Asked {
  readonly #exports: WebAssembly.Exports;
  readonly #posts: ReadonlySet<string>;
  readonly #memory: Memory;
  /** Where a request is laid out, in a policy of Scopegate's compiler; `undefined` if the policy finds room by itself. */
  readonly #region: { begin: number; end: number } | undefined;

  /** An instance; only if its policy `isTrusted` to be one of Scopegate's compiler is what such a one says about itself looked at. */
  constructor({ module, posts }: Taken, isTrusted: boolean) {
    this.#exports = new WebAssembly.Instance(module).exports;
    this.#posts = posts;
    const [begin, end] = [this.#exports["request-begin"], this.#exports["request-end"]];
    if (isTrusted && begin instanceof WebAssembly.Global && end instanceof WebAssembly.Global) {
      this.#region = { begin: begin.value >>> 0, end: end.value >>> 0 };
    }
    const memory = this.#exports["memory"] as WebAssembly.Memory;
    this.#memory = new Memory(memory, this.#region === undefined ? this.#asked() : undefined);
  }

  /** The first instance of a policy, whose functions are looked at. */
  static first(taken: Taken): Instance {
    const first = new Instance(taken, false);
    checkSignatures(first.#exports, taken.posts);
    return first;
  }

  /** Room that the policy finds, also for what is empty: every host asks it alike. */
  #asked() {
    const realloc = this.#exports["cabi_realloc"] as Function_;
    return (align: number, bytes: number): number => realloc(0, 0, align, bytes);
  }

  #call(name: string, ...parameters: number[]): number {
    return (this.#exports[name] as Function_)(...parameters) >>> 0;
  }

  #done(name: string, at: number): void {
    if (this.#posts.has(name)) (this.#exports[`cabi_post_${name}`] as Function_)(at);
  }

  /** Lays the request out, and says where. */
  #lay(facts: Fact[]): number {
    const memory = this.#memory;
    if (this.#region === undefined) {
      const at = memory.room(REQUEST.align, REQUEST.size);
      memory.lay(REQUEST, facts, at);
      return at;
    }
    const at = this.#region.begin;
    memory.begin(at, REQUEST.size);
    memory.lay(REQUEST, facts, at);
    memory.word(this.#region.end, memory.end);
    return at;
  }

  describe(): unknown {
    const at = this.#call(NAMES.describe);
    const manifest = this.#memory.read(MANIFEST, at);
    this.#done(NAMES.describe, at);
    return manifest;
  }

  evaluate(facts: Fact[]): Answer<unknown> {
    const at = this.#call(NAMES.evaluate, this.#lay(facts));
    const answer = this.#memory.result(DECISION, ERROR, at);
    this.#done(NAMES.evaluate, at);
    return answer as Answer<unknown>;
  }

  explain(facts: Fact[]): Answer<unknown> {
    const at = this.#call(NAMES.explain, this.#lay(facts));
    const answer = this.#memory.result(EXPLANATIONS, ERROR, at);
    this.#done(NAMES.explain, at);
    return answer as Answer<unknown>;
  }
}
