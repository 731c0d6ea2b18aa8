// Components that the package `scopegate` cannot take apart: jco makes JavaScript of them, and this package asks that.
//
// Always true here: what is made of a component runs in the worker that asked for it, and nowhere else.
import { compileCore, LoadError, type Policy, policyFrom, type Transpiled as Exports } from "scopegate";
import type { Transpile, Transpiled } from "./transpiler.worker";

const POLICY = "scopegate:gate/policy@1.0.0";

interface Instantiable {
  instantiate(module: (path: string) => WebAssembly.Module, imports: object): Record<string, Exports | undefined>;
}

/** The policy of a component, by what the transpiler, whose code is given, makes of it. */
export async function transpiled(component: Uint8Array, transpiler: string): Promise<Policy> {
  const found = await transpile(component, transpiler);
  const modules = new Map<string, WebAssembly.Module>();
  for (const [path, bytes] of found.modules) {
    const module = await compileCore(bytes);
    checkNames(module);
    modules.set(path, module);
  }
  const { instantiate } = await within<Instantiable>(found.code, (url) => import(/* @vite-ignore */ url));
  return policyFrom(component, () => {
    const policy = instantiate((path) => modules.get(path)!, {})[POLICY];
    if (policy === undefined) throw new TypeError(`the component does not export \`${POLICY}\``);
    return policy;
  });
}

/** jco writes names of a component's modules into the code that it makes: none may end a text there, and go on as code of a stranger's. */
function checkNames(module: WebAssembly.Module): void {
  const exported = WebAssembly.Module.exports(module).map(({ name }) => name);
  const imported = WebAssembly.Module.imports(module).flatMap(({ module, name }) => [module, name]);
  const wrong = [...exported, ...imported].find((name) => /['"`\\\p{Cc}\u2028\u2029]|\$\{|\*\//u.test(name));
  if (wrong !== undefined) throw new LoadError(`the component has a module with the name ${JSON.stringify(wrong)}, which cannot be transpiled safely`);
}

async function transpile(component: Uint8Array, transpiler: string): Promise<Transpiled> {
  await within(transpiler, async (url) => importScripts(url));
  const { scopegateTranspile } = self as unknown as { scopegateTranspile: Transpile };
  try {
    return await scopegateTranspile(component);
  } catch (cause) {
    throw new LoadError(`the component cannot be transpiled: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

declare function importScripts(url: string): void;

/** Has `use` load code under a URL that stands only meanwhile. */
async function within<T>(code: string, use: (url: string) => Promise<T>): Promise<T> {
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  try {
    return await use(url);
  } finally {
    URL.revokeObjectURL(url);
  }
}
