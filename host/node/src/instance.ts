// A running instance of a policy's core module.
//
// Always true here: after a call that failed an instance is not called again; that is seen to by who holds it.
import { NAMES } from "./component.js";
import type { Fact } from "./facts.js";
import { Memory } from "./memory.js";
import { REQUEST, type Type, type as named } from "./types.js";

const PAGE = 65_536;

const DECISION = named("decision");
const ERROR = named("evaluation-error");
const MANIFEST = named("manifest");
const EXPLANATIONS: Type = { kind: "list", size: 8, align: 4, of: named("explanation") };

type Function_ = (...parameters: number[]) => number;

/** What an answer is: that of the policy, or why it has none. */
export type Answer<T> = { ok: T } | { error: { path: string; problem: string; message: string } };

/** One instance, and its memory. */
export class Instance {
  readonly #exports: Record<string, WebAssembly.ExportValue>;
  readonly #memory: Memory;
  /** Where a request is laid out, in a policy of Scopegate's compiler; `undefined` if the policy finds room by itself. */
  readonly #region: { begin: number; end: number } | undefined;
  /** The end of what is laid out in the region. */
  #end = 0;

  constructor(module: WebAssembly.Module) {
    this.#exports = new WebAssembly.Instance(module).exports;
    const [begin, end] = [this.#exports["request-begin"], this.#exports["request-end"]];
    if (begin instanceof WebAssembly.Global && end instanceof WebAssembly.Global) {
      this.#region = { begin: begin.value >>> 0, end: end.value >>> 0 };
    }
    const memory = this.#exports["memory"] as WebAssembly.Memory;
    this.#memory = new Memory(memory, this.#region === undefined ? this.#asked() : this.#bumped(memory));
    const initialize = this.#exports["_initialize"];
    if (typeof initialize === "function") initialize();
  }

  /** Room in the region behind what is laid out there. */
  #bumped(memory: WebAssembly.Memory) {
    return (align: number, bytes: number): number => {
      const at = Math.ceil(this.#end / align) * align;
      this.#end = at + bytes;
      const lacking = this.#end - memory.buffer.byteLength;
      if (lacking > 0) memory.grow(Math.ceil(lacking / PAGE));
      return at;
    };
  }

  /** Room that the policy finds. */
  #asked() {
    const realloc = this.#exports["cabi_realloc"] as Function_ | undefined;
    return (align: number, bytes: number): number => {
      if (realloc === undefined) throw new TypeError("the policy exports no `cabi_realloc`");
      return bytes === 0 ? align : realloc(0, 0, align, bytes);
    };
  }

  #call(name: string, ...parameters: number[]): number {
    return (this.#exports[name] as Function_)(...parameters) >>> 0;
  }

  #done(name: string, at: number): void {
    const post = this.#exports[`cabi_post_${name}`];
    if (typeof post === "function") post(at);
  }

  /** Lays the request out, and says where. */
  #lay(facts: Fact[]): number {
    let at: number;
    if (this.#region === undefined) at = this.#call("cabi_realloc", 0, 0, REQUEST.align, REQUEST.size);
    else {
      at = this.#region.begin;
      this.#end = at + REQUEST.size;
    }
    this.#memory.word(at, 0);
    this.#memory.lay(REQUEST, facts, at);
    if (this.#region !== undefined) this.#memory.word(this.#region.end, this.#end);
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
