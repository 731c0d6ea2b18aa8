// Takes a component apart: the one core module in it, and how it is wired.
//
// Always true here: what is called in the module is what the component exports, of the contract's types, as any host of components would call it.
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

import { LoadError } from "./errors.js";
import { CONTRACT } from "./generated/contract.js";

const COMPONENT = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];
const MODULE = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** The sections of a component that this package looks at. */
const Id = { custom: 0, module: 1, component: 4, alias: 6, canonical: 8, import: 10 } as const;

const { functions: FUNCTIONS, types: TYPES } = CONTRACT.wiring;
const WIRING: ReadonlySet<number> = new Set(CONTRACT.wiring.sections);

/** What the core module of a policy exports under the contract's names. */
export const NAMES = {
  describe: `${CONTRACT.interface}#describe`,
  evaluate: `${CONTRACT.interface}#evaluate`,
  explain: `${CONTRACT.interface}#explain`,
} as const;

/** A section: its id, and what is in it. */
type Section = [id: number, content: Uint8Array];

/** The core module of the component `bytes`, which imports nothing and exports what a policy does. */
export async function coreModule(bytes: Uint8Array): Promise<WebAssembly.Module> {
  const all = [...sections(bytes)];
  const modules = all.filter(([id]) => id === Id.module);
  if (modules.length !== 1) {
    const isComposed = modules.length === 0 && all.some(([id]) => id === Id.component);
    const made = isComposed ? "is made of other components" : `has ${modules.length} core modules`;
    throw new LoadError(
      `the component ${made}, and this package takes apart those of one core module: build the policy so, have jco transpile it for \`policyFrom\`, or have the Rust host decide`,
      { canBeTranspiled: isComposed || modules.length > 1 },
    );
  }
  let module: WebAssembly.Module;
  try {
    module = await WebAssembly.compile(modules[0]![1] as BufferSource);
  } catch (cause) {
    throw new LoadError("the component is broken or uses WebAssembly features that this runtime has not", { cause });
  }
  const [imported] = WebAssembly.Module.imports(module);
  if (imported !== undefined) {
    throw new LoadError(`the component imports \`${imported.module}\`, but a policy imports nothing`);
  }
  const exported = new Map(WebAssembly.Module.exports(module).map((one) => [one.name, one.kind]));
  for (const name of [...FUNCTIONS.map((name) => `${CONTRACT.interface}#${name}`), "memory"]) {
    if (exported.get(name) !== (name === "memory" ? "memory" : "function")) {
      throw new LoadError(`the component does not export \`${name}\``);
    }
  }
  checkWiring(all);
  return module;
}

/** Checks that the component exports the contract's functions, of its types, and that each is the module's of that name. */
function checkWiring(sections: Section[]): void {
  const said: number[] = [];
  const [functions, memories]: [string[], string[]] = [[], []];
  let lifted = 0;
  for (const [id, content] of sections) {
    if (WIRING.has(id)) {
      const { length } = content;
      said.push(id, length & 255, (length >> 8) & 255, (length >> 16) & 255, length >>> 24, ...content);
    } else if (id === Id.alias) {
      readAliases(new Reader(content), functions, memories);
    } else if (id === Id.canonical) {
      lifted = readLifts(new Reader(content), functions, memories, lifted);
    } else if (id === Id.import) {
      throw new LoadError("the component imports something, but a policy imports nothing");
    } else if (id !== Id.custom && id !== Id.module) {
      throw miswired();
    }
  }
  const digest = `sha256:${bytesToHex(sha256(Uint8Array.from(said)))}`;
  if (lifted !== FUNCTIONS.length || digest !== CONTRACT.wiring.digest) throw miswired();
}

/** Notes which functions and memories of the module have a number from here on. */
function readAliases(reader: Reader, functions: string[], memories: string[]): void {
  for (let count = reader.number(); count > 0; count--) {
    const [core, kind, target, instance] = [reader.byte(), reader.byte(), reader.byte(), reader.number()];
    if (core !== 0 || target !== 1 || instance !== 0) throw miswired();
    const name = reader.text();
    if (kind === 0) functions.push(name);
    else if (kind === 2) memories.push(name);
    else throw miswired();
  }
  reader.end();
}

/** Checks the functions that become the component's, of which there were `lifted` before; gives how many there are now. */
function readLifts(reader: Reader, functions: string[], memories: string[], lifted: number): number {
  for (let count = reader.number(); count > 0; count--, lifted++) {
    const name = `${CONTRACT.interface}#${FUNCTIONS[lifted]}`;
    if (reader.byte() !== 0 || reader.byte() !== 0 || functions[reader.number()] !== name) throw miswired();
    let hasMemory = false;
    for (let options = reader.number(); options > 0; options--) {
      const option = reader.byte();
      if (option === 0) continue;
      const index = reader.number();
      if (option === 3 && memories[index] === "memory") hasMemory = true;
      else if (option === 4 && functions[index] === "cabi_realloc") continue;
      else if (option === 5 && functions[index] === `cabi_post_${name}`) continue;
      else throw miswired();
    }
    if (!hasMemory || reader.number() !== TYPES[lifted]) throw miswired();
  }
  reader.end();
  return lifted;
}

function miswired(): LoadError {
  return new LoadError(
    "the component does not export what the contract says, or in a way that this package does not know: have jco transpile it for `policyFrom`, or have the Rust host decide",
    { canBeTranspiled: true },
  );
}

function* sections(bytes: Uint8Array): Generator<Section> {
  if (begins(bytes, MODULE)) {
    throw new LoadError("this is a core WebAssembly module, expected a component: make one of it, for instance with `wasm-tools component new`");
  }
  if (!begins(bytes, COMPONENT)) {
    throw new LoadError("this is not WebAssembly, expected a component: a rule set is compiled before it is loaded");
  }
  const reader = new Reader(bytes, COMPONENT.length);
  while (!reader.isDone) {
    const id = reader.byte();
    yield [id, reader.bytes(reader.number())];
  }
}

function begins(bytes: Uint8Array, head: number[]): boolean {
  return head.every((byte, index) => bytes[index] === byte);
}

/** Reads bytes as the binary format of WebAssembly has them. */
class Reader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get isDone(): boolean {
    return this.#at >= this.#bytes.length;
  }

  end(): void {
    if (!this.isDone) throw broken();
  }

  byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw broken();
    return byte;
  }

  /** An unsigned number. */
  number(): number {
    let number = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      number += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return number;
    }
    throw broken();
  }

  bytes(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw broken();
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  text(): string {
    return String.fromCharCode(...this.bytes(this.number()));
  }
}

function broken(): LoadError {
  return new LoadError("the component is broken: a section does not end where it says");
}
