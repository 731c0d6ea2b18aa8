// Facts on their way to a policy: as the contract has them, in its order.
//
// A record is an array of its fields, an enum the index of its case, a time whole seconds, what is absent `null`.
import { cut, InputError } from "./errors.js";

export type Fact = string | boolean | number | null | Fact[] | Attribute[];

/** A custom fact. */
export interface Attribute {
  name: string;
  value: string | bigint | boolean | string[];
}

/** Where a reader stands in a document. */
export class Path {
  readonly steps: (string | number)[] = [];

  push(step: string | number): void {
    this.steps.push(step);
  }

  pop(): void {
    this.steps.pop();
  }

  /** The path as text, such as `scan.targets[3].url`; `$` for the whole. */
  text(more: (string | number)[] = []): string {
    let text = "";
    for (const step of [...this.steps, ...more]) {
      if (typeof step === "number") text += `[${step}]`;
      else text += text === "" ? step : `.${step}`;
    }
    return text === "" ? "$" : text;
  }

  /** An error that is here, or at a step from here. */
  wrong(message: string, ...more: (string | number)[]): InputError {
    return new InputError(this.text(more), message);
  }
}

const encoder = new TextEncoder();

/** The bytes of a text in UTF-8. */
export function utf8Bytes(text: string): number {
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) > 127) return encoder.encode(text).length;
  }
  return text.length;
}

/** Somebody's input in backticks, cut if it is long. */
export function quoted(input: string): string {
  return `\`${cut(input)}\``;
}
