// Makes what comes from elsewhere in this repository: the contract's types from `wit/contract.json`, what policies may use of WebAssembly, and the default policy's component.
//
// `SCOPEGATE` names the program that builds the component; without it cargo runs it.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const here = new URL(".", import.meta.url).pathname;
const root = join(here, "../../..");
const to = join(here, "../src/generated");
mkdirSync(to, { recursive: true });

const contract = JSON.parse(readFileSync(join(root, "wit/contract.json"), "utf8"));
writeFileSync(join(to, "contract.ts"), contractModule(contract));
writeFileSync(join(to, "webassembly.ts"), webassemblyModule());
writeFileSync(join(to, "default.ts"), defaultModule());

function webassemblyModule() {
  const { features: _, ...table } = JSON.parse(readFileSync(join(root, "wit/webassembly.json"), "utf8"));
  return `// Made by scripts/generate.mjs from wit/webassembly.json.

/** What policies may use of WebAssembly. */
export const WEBASSEMBLY: {
  limits: { memories: number; memory_pages: number; tables: number; table_elements: number };
  nan: Record<string, string[]>;
  operators: Record<string, string>;
  reference_types: number[];
  value_types: number[];
} = ${JSON.stringify(table)};
`;
}

function contractModule(contract) {
  const types = Object.entries(contract.types).map(([name, type]) => declared(name, type));
  const table = structuredClone(contract);
  for (const type of Object.values(table.types)) {
    delete type.docs;
    for (const field of type.record ?? []) delete field.docs;
  }
  return `// Made by scripts/generate.mjs from wit/contract.json.

${types.filter(Boolean).join("\n\n")}

/** The contract, as the reader and the writer of facts follow it. */
export const CONTRACT = ${JSON.stringify(table)} as const;
`;
}

/** The TypeScript declaration of a type, as JSON has it. */
function declared(name, type) {
  const docs = (text, indent = "") => (text ? `${indent}/** ${text.replaceAll("\n\n", " ").replaceAll("\n", " ")} */\n` : "");
  if (type.enum) return `${docs(type.docs)}export type ${pascal(name)} = ${type.enum.map((item) => JSON.stringify(item)).join(" | ")};`;
  if (type.variant) return `${docs(type.docs)}export type ${pascal(name)} = string | number | bigint | boolean | string[];`;
  if (name === "attribute") return undefined;
  const fields = type.record.map((field) => {
    const isOptional = typeof field.type === "object" && field.type.option;
    const mayLack = isOptional || (name === "request" && (field.name === "now" || field.name === "attributes"));
    const written = name === "request" && field.name === "attributes" ? "{ [name: string]: AttributeValue }" : typescript(field.type);
    return `${docs(field.docs, "  ")}  ${field.name}${mayLack ? "?" : ""}: ${written}${mayLack && !isOptional ? " | null" : ""};`;
  });
  return `${docs(type.docs)}export interface ${pascal(name)} {\n${fields.join("\n")}\n}`;
}

function typescript(type) {
  if (type.list) return `${typescript(type.list)}[]`;
  if (type.option) return `${typescript(type.option)} | null`;
  return { string: "string", bool: "boolean", u32: "number", u64: "number", s64: "bigint", time: "string" }[type] ?? pascal(type);
}

function pascal(name) {
  return name.replace(/(^|-)(.)/g, (_, __, letter) => letter.toUpperCase());
}

function defaultModule() {
  const folder = mkdtempSync(join(tmpdir(), "scopegate-"));
  const file = join(folder, "default.wasm");
  const rules = join(root, "policies/webriskops/1.1.0/policy.toml");
  const arguments_ = ["build", rules, "-o", file];
  try {
    if (process.env.SCOPEGATE) execFileSync(process.env.SCOPEGATE, arguments_, { stdio: ["ignore", "ignore", "inherit"] });
    else execFileSync("cargo", ["run", "--quiet", "--package", "scopegate-cli", "--", ...arguments_], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
    const bytes = readFileSync(file);
    return `// Made by scripts/generate.mjs from policies/webriskops/1.1.0.

/** The component of the default policy, in base64. */
export const COMPONENT: string = "${bytes.toString("base64")}";
`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
