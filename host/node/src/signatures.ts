// The types of a module's functions, which JavaScript does not tell: a module that imports them with those types does not link with others.
//
// Always true here: a function without a result is not taken for one that gives the address 0, where zeros would be read as an allow.
import { nameOf } from "./component.js";
import { LoadError } from "./errors.js";

const I32 = 0x7f;
const HEAD = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** A module that imports `e` of the module `m`, which `what` describes. */
function importing(types: number[], what: number[]): WebAssembly.Module {
  const section = (id: number, content: number[]) => [id, content.length, ...content];
  const import_ = [1, 1, 0x6d, 1, 0x65, ...what];
  return new WebAssembly.Module(Uint8Array.from([...HEAD, ...section(1, types), ...section(2, import_)]));
}

/** A module that imports a function with so many parameters and results, all addresses or lengths. */
function taking(parameters: number, results: number): WebAssembly.Module {
  const words = (count: number) => [count, ...new Array<number>(count).fill(I32)];
  return importing([1, 0x60, ...words(parameters), ...words(results)], [0, 0]);
}

/** A module that imports a memory of 32-bit addresses that no other thread has. */
function memory(): WebAssembly.Module {
  return importing([0], [2, 0, 0]);
}

/** Checks the exports of a policy's module, of which those in `posts` have one that is told when their result was read. */
export function checkSignatures(exports: WebAssembly.Exports, posts: ReadonlySet<string>): void {
  const check = (module: WebAssembly.Module, name: string) => {
    try {
      new WebAssembly.Instance(module, { m: { e: exports[name]! } });
    } catch (cause) {
      throw new LoadError(`the component's \`${name}\` is not of the contract's type`, { cause });
    }
  };
  check(memory(), "memory");
  check(taking(0, 1), nameOf("describe"));
  check(taking(1, 1), nameOf("evaluate"));
  check(taking(2, 1), nameOf("evaluate-batch"));
  check(taking(1, 1), nameOf("explain"));
  check(taking(4, 1), "cabi_realloc");
  for (const name of posts) check(taking(1, 0), `cabi_post_${name}`);
}
