// Finds every name of a request that is missing or not known, once it is known that something is wrong.
//
// Always true here: it adds to an error, and makes none of its own.
import { cut, type InputFault } from "./errors.js";
import { Path } from "./facts.js";
import { REQUEST, type Type } from "./types.js";

/** The most names that are told. */
const MOST = 100;

/** The names in `request`, a value or a text, that are missing or not known; none if they cannot be told. */
export function strayNames(request: unknown): InputFault[] {
  const found: InputFault[] = [];
  try {
    look(REQUEST, typeof request === "string" ? JSON.parse(request) : request, new Path(), found);
  } catch {
    // The first error says what is wrong.
  }
  return found;
}

function look(type: Type, value: unknown, path: Path, found: InputFault[]): void {
  if (value === null || value === undefined || found.length >= MOST) return;
  if (type.kind === "option") look(type.of, value, path, found);
  else if (type.kind === "list" && Array.isArray(value)) {
    for (let index = 0; index < Math.min(value.length, type.most); index++) below(type.of, value[index], index, path, found);
  } else if (type.kind === "record" && typeof value === "object" && !Array.isArray(value)) {
    const note = (name: string, message: string) => found.length < MOST && found.push({ path: cut(path.text([name])), message });
    for (const [name, given] of Object.entries(value)) {
      const index = type.index.get(name);
      if (index === undefined) note(name, "this name is not known here");
      else below(type.fields[index]!.type, given, name, path, found);
    }
    for (const { name, type: of, lacks } of type.fields) {
      const isGiven = (value as Record<string, unknown>)[name] !== undefined;
      if (!isGiven && lacks === undefined && of.kind !== "option") note(name, "this name is missing");
    }
  }
}

function below(type: Type, value: unknown, step: string | number, path: Path, found: InputFault[]): void {
  path.push(step);
  look(type, value, path, found);
  path.pop();
}
