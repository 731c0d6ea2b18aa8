// Takes a component apart: the one core module in it.
import { LoadError } from "./errors.js";
import { CONTRACT } from "./generated/contract.js";

const COMPONENT = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];
const MODULE = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** What the core module of a policy exports under the contract's names. */
export const NAMES = {
  describe: `${CONTRACT.interface}#describe`,
  evaluate: `${CONTRACT.interface}#evaluate`,
  explain: `${CONTRACT.interface}#explain`,
} as const;

/** The core module of the component `bytes`, which imports nothing and exports what a policy does. */
export async function coreModule(bytes: Uint8Array): Promise<WebAssembly.Module> {
  const modules = [...coreModules(bytes)];
  if (modules.length !== 1) {
    throw new LoadError(
      `the component has ${modules.length} core modules, and this package takes those of one: build the policy as one module, or have the Rust host decide`,
    );
  }
  let module: WebAssembly.Module;
  try {
    module = await WebAssembly.compile(modules[0]! as BufferSource);
  } catch (cause) {
    throw new LoadError("the component is broken or uses WebAssembly features that this runtime has not", { cause });
  }
  const [imported] = WebAssembly.Module.imports(module);
  if (imported !== undefined) {
    throw new LoadError(`the component imports \`${imported.module}\`, but a policy imports nothing`);
  }
  const exported = new Map(WebAssembly.Module.exports(module).map((one) => [one.name, one.kind]));
  for (const name of [...Object.values(NAMES), "memory"]) {
    if (exported.get(name) !== (name === "memory" ? "memory" : "function")) {
      throw new LoadError(`the component does not export \`${name}\``);
    }
  }
  return module;
}

function* coreModules(bytes: Uint8Array): Generator<Uint8Array> {
  if (begins(bytes, MODULE)) {
    throw new LoadError("this is a core WebAssembly module, expected a component: make one of it, for instance with `wasm-tools component new`");
  }
  if (!begins(bytes, COMPONENT)) {
    throw new LoadError("this is not WebAssembly, expected a component: a rule set is compiled before it is loaded");
  }
  let at = COMPONENT.length;
  while (at < bytes.length) {
    const id = bytes[at]!;
    const [length, begin] = leb128(bytes, at + 1);
    const end = begin + length;
    if (end > bytes.length) throw broken();
    if (id === 1) yield bytes.subarray(begin, end);
    at = end;
  }
}

function begins(bytes: Uint8Array, head: number[]): boolean {
  return head.every((byte, index) => bytes[index] === byte);
}

/** An unsigned number, and where it ends. */
function leb128(bytes: Uint8Array, at: number): [number, number] {
  let number = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = bytes[at++];
    if (byte === undefined) break;
    number += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return [number, at];
  }
  throw broken();
}

function broken(): LoadError {
  return new LoadError("the component is broken: a section does not end where it says");
}
