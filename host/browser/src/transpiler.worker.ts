// The transpiler, jco's: fetched only when a component is dropped on the page that the package `scopegate` cannot take apart, and run where that component runs.
import { $init, generate } from "@bytecodealliance/jco-transpile/component";

/** A policy's modules, and the JavaScript that makes a component of them. */
export interface Transpiled {
  code: string;
  modules: Map<string, Uint8Array>;
}

export type Transpile = (component: Uint8Array) => Promise<Transpiled>;

const transpile: Transpile = async (component) => {
  await $init;
  const { files, imports } = generate(component, {
    name: "policy",
    instantiation: { tag: "sync" },
    noTypescript: true,
    noNodejsCompat: true,
    base64Cutoff: 0,
  });
  if (imports.length > 0) throw new Error(`the component imports \`${imports[0]}\`, but a policy imports nothing`);
  const code = files.find(([name]) => name.endsWith(".js"))![1];
  return { code: new TextDecoder().decode(code), modules: new Map(files.filter(([name]) => name.endsWith(".wasm"))) };
};

Object.assign(self, { scopegateTranspile: transpile });
