// Reads most requests quickly: the runtime's own parser, where nothing is lost by it.
//
// Always true here: what is given back is what the strict reader would give; where that is not certain nothing is, and the strict reader reads on.
import { InputError } from "./errors.js";
import type { Fact } from "./facts.js";
import { takeCounting } from "./native.js";

/** The digits of a number that is surely whole in JavaScript too. */
const DIGITS = 15;

const [QUOTE, PLUS, MINUS, DOT, ZERO, NINE, COLON, UPPER_E, BACKSLASH, LOWER_E] = [..."\"+-.09:E\\e"].map((character) => character.charCodeAt(0)) as [
  number, number, number, number, number, number, number, number, number, number,
];

/** The facts in a text, if it is an ordinary request. */
export function quickly(text: string, now: () => number): Fact[] | undefined {
  const names = namesIn(text);
  if (names === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  try {
    const [facts, taken] = takeCounting(value, now);
    // A name that is there twice is only once in the value.
    if (taken !== names) return undefined;
    // JavaScript has names that look like indices come first.
    for (const name in (value as { attributes?: object }).attributes) if (isDigit(name.charCodeAt(0))) return undefined;
    return facts;
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** How many names the objects of a text have, if all of its numbers are short and written with digits alone. */
function namesIn(text: string): number | undefined {
  let [names, digits] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
      if (at < 0) return undefined;
      digits = 0;
    } else if (isDigit(code)) {
      if (++digits > DIGITS) return undefined;
    } else {
      if (code === COLON) names++;
      else if (code === MINUS || code === DOT || code === UPPER_E || code === PLUS || (code === LOWER_E && digits > 0)) return undefined;
      digits = 0;
    }
  }
  return names;
}

/** Where the string that begins at `at` ends; negative if it does not. */
function endOfString(text: string, at: number): number {
  for (;;) {
    at = text.indexOf('"', at + 1);
    let slashes = 0;
    while (at > 0 && text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return at;
  }
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}
