// Takes a component apart: the one core module in it, and how it is wired.
//
// Always true here: what is called in the module is what the component exports, of the contract's types, as any host of components would call it.
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

import { begins, COMPONENT, MODULE, Reader, type Section, sections } from "./binary.js";
import { canonical } from "./canonical.js";
import { LoadError } from "./errors.js";
import { check } from "./features.js";
import { CONTRACT } from "./generated/contract.js";

/** The sections of a component that this package looks at. */
const Id = { custom: 0, module: 1, component: 4, alias: 6, canonical: 8, import: 10 } as const;

/** What a function of the component may say of itself. */
const Option = { utf8: 0, memory: 3, realloc: 4, post: 5 } as const;

const { functions: FUNCTIONS, types: TYPES } = CONTRACT.wiring;
const WIRING: ReadonlySet<number> = new Set(CONTRACT.wiring.sections);

/** What the core module of a policy exports for a function of the contract. */
export function nameOf(function_: (typeof FUNCTIONS)[number]): string {
  return `${CONTRACT.interface}#${function_}`;
}

/** The functions that this package calls. */
export const NAMES = { describe: nameOf("describe"), evaluate: nameOf("evaluate"), explain: nameOf("explain") } as const;

/** A policy's module, and which of its functions are told that their result was read. */
export interface Taken {
  module: WebAssembly.Module;
  /** The names of the functions that have a `cabi_post_` one. */
  posts: ReadonlySet<string>;
}

/** Takes apart the component `bytes`, which imports nothing and exports what a policy does. They must not change meanwhile. */
export async function takeApart(bytes: Uint8Array): Promise<Taken> {
  const all = sectionsOf(bytes);
  const modules = all.filter(([id]) => id === Id.module);
  if (modules.length !== 1) {
    const isComposed = modules.length === 0 && all.some(([id]) => id === Id.component);
    const made = isComposed ? "is made of other components" : `has ${modules.length} core modules`;
    throw new LoadError(
      `the component ${made}, and this package takes apart those of one core module: build the policy so, have jco transpile it for \`policyFrom\`, or have the Rust host decide`,
      { canBeTranspiled: isComposed || modules.length > 1 },
    );
  }
  const module = await compileCore(modules[0]![1]);
  const [imported] = WebAssembly.Module.imports(module);
  if (imported !== undefined) {
    throw new LoadError(`the component imports \`${imported.module}\`, but a policy imports nothing`);
  }
  const exported = new Map(WebAssembly.Module.exports(module).map((one) => [one.name, one.kind]));
  for (const name of [...FUNCTIONS.map(nameOf), "memory"]) {
    if (exported.get(name) !== (name === "memory" ? "memory" : "function")) {
      throw new LoadError(`the component does not export \`${name}\``);
    }
  }
  return { module, posts: new Wiring(exported).check(all) };
}

/**
 * Compiles a core module of a component as policies are run: it may use what the Rust host allows of WebAssembly, and whatever NaN it
 * computes has the same bits everywhere. For those who have a component transpiled, and give its modules to what `policyFrom` asks.
 *
 * @throws {LoadError} It is broken, or uses something else.
 */
export async function compileCore(bytes: Uint8Array): Promise<WebAssembly.Module> {
  // What is looked at must not change until it is compiled.
  const module = Uint8Array.from(bytes);
  const checked = check(module);
  try {
    return await WebAssembly.compile(canonical(module, checked) as BufferSource);
  } catch (cause) {
    throw new LoadError("the component is broken or uses WebAssembly features that this runtime has not", { cause });
  }
}

/** The most components within each other. */
const DEPTH = 64;

/** Checks that the modules of the component `bytes`, and of those within, use only what policies may. */
export function checkModules(bytes: Uint8Array, depth = 0): void {
  if (depth > DEPTH) throw new LoadError(`the component has components within each other, more than ${DEPTH} deep`);
  for (const [id, content] of sectionsOf(bytes)) {
    if (id === Id.module) check(content);
    else if (id === Id.component) checkModules(content, depth + 1);
  }
}

/** How a component wires the contract's functions to its module. */
class Wiring {
  /** What the module exports. */
  readonly #exported: ReadonlyMap<string, string>;
  /** The functions and memories of the module that have a number in the component, in order. */
  readonly #functions: string[] = [];
  readonly #memories: string[] = [];
  readonly #posts = new Set<string>();
  #lifted = 0;

  constructor(exported: ReadonlyMap<string, string>) {
    this.#exported = exported;
  }

  /** Checks that the component exports the contract's functions, of its types, and that each is the module's of that name. */
  check(sections: Section[]): ReadonlySet<string> {
    const said = sha256.create();
    for (const [id, content] of sections) {
      if (id === Id.custom) {
        new Reader(content).text();
        continue;
      }
      said.update(Uint8Array.of(id));
      if (WIRING.has(id)) {
        const { length } = content;
        said.update(Uint8Array.of(length & 255, (length >> 8) & 255, (length >> 16) & 255, length >>> 24)).update(content);
      } else if (id === Id.alias) {
        this.#aliases(new Reader(content));
      } else if (id === Id.canonical) {
        this.#lifts(new Reader(content));
      } else if (id === Id.import) {
        throw new LoadError("the component imports something, but a policy imports nothing");
      } else if (id !== Id.module) {
        throw miswired();
      }
    }
    const digest = `sha256:${bytesToHex(said.digest())}`;
    if (this.#lifted !== FUNCTIONS.length || digest !== CONTRACT.wiring.digest) throw miswired();
    return this.#posts;
  }

  /** Notes which functions and memories of the module have a number from here on. */
  #aliases(reader: Reader): void {
    for (let count = reader.number(); count > 0; count--) {
      const [core, kind, target, instance] = [reader.byte(), reader.byte(), reader.byte(), reader.number()];
      if (core !== 0 || target !== 1 || instance !== 0) throw miswired();
      const name = reader.text();
      if (kind === 0 && this.#exported.get(name) === "function") this.#functions.push(name);
      else if (kind === 2 && this.#exported.get(name) === "memory") this.#memories.push(name);
      else throw miswired();
    }
    reader.end();
  }

  /** Checks functions that become the component's. */
  #lifts(reader: Reader): void {
    for (let count = reader.number(); count > 0; count--, this.#lifted++) {
      const function_ = FUNCTIONS[this.#lifted];
      if (function_ === undefined) throw miswired();
      const name = nameOf(function_);
      if (reader.byte() !== 0 || reader.byte() !== 0 || this.#functions[reader.number()] !== name) throw miswired();
      const options = new Set<number>();
      for (let left = reader.number(); left > 0; left--) {
        const option = reader.byte();
        if (options.has(option)) throw miswired();
        options.add(option);
        if (option !== Option.utf8) this.#option(option, reader.number(), name);
      }
      const needsRoom = name !== NAMES.describe;
      if (!options.has(Option.memory) || (needsRoom && !options.has(Option.realloc)) || reader.number() !== TYPES[this.#lifted]) throw miswired();
      if (options.has(Option.post)) this.#posts.add(name);
    }
    reader.end();
  }

  #option(option: number, index: number, name: string): void {
    const isRight =
      (option === Option.memory && this.#memories[index] === "memory") ||
      (option === Option.realloc && this.#functions[index] === "cabi_realloc") ||
      (option === Option.post && this.#functions[index] === `cabi_post_${name}`);
    if (!isRight) throw miswired();
  }
}

function miswired(): LoadError {
  return new LoadError(
    "the component does not export what the contract says, or in a way that this package does not know: have jco transpile it for `policyFrom`, or have the Rust host decide",
    { canBeTranspiled: true },
  );
}

function sectionsOf(bytes: Uint8Array): Section[] {
  if (begins(bytes, MODULE)) {
    throw new LoadError("this is a core WebAssembly module, expected a component: make one of it, for instance with `wasm-tools component new`");
  }
  if (!begins(bytes, COMPONENT)) {
    throw new LoadError("this is not WebAssembly, expected a component: a rule set is compiled before it is loaded");
  }
  return [...sections(bytes)];
}
