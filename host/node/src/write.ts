// Writes facts as JSON has them.
import { type Attribute, type Fact } from "./facts.js";
import { written } from "./time.js";
import type { Type } from "./types.js";

/** The JSON value of `fact`. */
export function json(type: Type, fact: Fact): unknown {
  switch (type.kind) {
    case "time":
      return written(fact as number);
    case "enum":
      return type.names[fact as number];
    case "option":
      return fact === null ? undefined : json(type.of, fact);
    case "list":
      return (fact as Fact[]).map((element) => json(type.of, element));
    case "record":
      return Object.fromEntries(type.fields.map((field, index) => [field.name, json(field.type, (fact as Fact[])[index]!)]));
    case "attributes":
      return Object.fromEntries((fact as Attribute[]).map(({ name, value }) => [name, value]));
    default:
      return fact;
  }
}
