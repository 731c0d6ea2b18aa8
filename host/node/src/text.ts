// Reads a request from JSON text: strictly, in the document's order, so that the first thing wrong is the one that is reported.
import { createScanner, type JSONScanner, ScanError, SyntaxKind } from "jsonc-parser";

import type { InputError } from "./errors.js";
import { type Attribute, type Fact, Path, quoted, utf8Bytes } from "./facts.js";
import { seconds } from "./time.js";
import { ATTRIBUTES, REQUEST, TEXT_BYTES, TEXTS, type Type } from "./types.js";

const LEAST = -(2n ** 63n);
const MOST = 2n ** 63n - 1n;

const WORDS = [
  ["true", SyntaxKind.TrueKeyword],
  ["false", SyntaxKind.FalseKeyword],
  ["null", SyntaxKind.NullKeyword],
] as const;

/** The facts in `text`; `now` is what stands for a time that is not given. */
export function read(text: string, now: () => number): Fact[] {
  return new Reader(text, now).whole();
}

class Reader {
  readonly #document: string;
  readonly #scanner: JSONScanner;
  readonly #path = new Path();
  readonly #now: () => number;
  /** The token that comes next. */
  #token: SyntaxKind = SyntaxKind.Unknown;

  constructor(text: string, now: () => number) {
    this.#document = text;
    this.#scanner = createScanner(text, false);
    this.#now = now;
    this.#next();
  }

  whole(): Fact[] {
    const facts = this.#value(REQUEST) as Fact[];
    if (!this.#is(SyntaxKind.EOF)) throw this.#noJson();
    return facts;
  }

  #next(): void {
    do {
      this.#token = this.#scanner.scan();
    } while (this.#is(SyntaxKind.Trivia) || this.#is(SyntaxKind.LineBreakTrivia));
    if (this.#is(SyntaxKind.Unknown)) this.#part();
  }

  /** Takes `true` from what the scanner holds for one word, such as `true0`: what is wrong is what follows it. */
  #part(): void {
    const run = this.#scanner.getTokenValue();
    const word = WORDS.find(([word]) => run.startsWith(word));
    if (word === undefined) return;
    this.#scanner.setPosition(this.#scanner.getTokenOffset() + word[0].length);
    this.#token = word[1];
  }

  #is(kind: SyntaxKind): boolean {
    return this.#token === kind;
  }

  #noJson(): InputError {
    const what = this.#is(SyntaxKind.EOF) ? "the JSON text ends too early" : "this is not JSON";
    return this.#path.wrong(what);
  }

  #expected(what: string): InputError {
    return this.#path.wrong(`expected ${what}, found ${this.#found()}`);
  }

  #found(): string {
    switch (this.#token) {
      case SyntaxKind.OpenBraceToken:
        return "an object";
      case SyntaxKind.OpenBracketToken:
        return "a list";
      case SyntaxKind.StringLiteral:
        return `the text ${quoted(this.#scanner.getTokenValue())}`;
      case SyntaxKind.EOF:
        return "the end";
      case SyntaxKind.TrueKeyword:
      case SyntaxKind.FalseKeyword:
      case SyntaxKind.NullKeyword:
        return quoted(WORDS.find(([, kind]) => this.#is(kind))![0]);
      default:
        return quoted(this.#scanner.getTokenValue());
    }
  }

  #value(type: Type): Fact {
    switch (type.kind) {
      case "string":
        return this.#text();
      case "bool":
        return this.#truth();
      case "u32":
        return Number(this.#number(0n, 4294967295n));
      case "time":
        return this.#time();
      case "enum":
        return this.#case(type);
      case "record":
        return this.#record(type);
      case "list":
        return this.#list(type);
      case "option":
        if (this.#is(SyntaxKind.NullKeyword)) {
          this.#next();
          return null;
        }
        return this.#value(type.of);
      case "attributes":
        return this.#attributes();
      default:
        throw new TypeError(`no request has a ${type.kind}`);
    }
  }

  /** The text that is the next token, whatever its length. */
  #string(): string {
    const value = this.#scanner.getTokenValue();
    if (this.#scanner.getTokenError() !== ScanError.None || !value.isWellFormed()) throw this.#noJson();
    this.#next();
    return value;
  }

  #text(): string {
    if (!this.#is(SyntaxKind.StringLiteral)) throw this.#expected("a text");
    const text = this.#string();
    const bytes = utf8Bytes(text);
    if (bytes > TEXT_BYTES) throw this.#path.wrong(`this text has ${bytes} bytes, at most ${TEXT_BYTES} are allowed`);
    return text;
  }

  #truth(): boolean {
    const value = this.#is(SyntaxKind.TrueKeyword);
    if (!value && !this.#is(SyntaxKind.FalseKeyword)) throw this.#expected("`true` or `false`");
    this.#next();
    return value;
  }

  #number(least: bigint, most: bigint): bigint {
    const written = this.#scanner.getTokenValue();
    if (!this.#is(SyntaxKind.NumericLiteral) || !/^-?\d+$/.test(written)) throw this.#expected("a whole number");
    if (this.#breaksOff(written)) throw this.#noJson();
    const number = BigInt(written);
    if (number < least || number > most) throw this.#path.wrong(`${quoted(written)} is out of range, expected ${least} to ${most}`);
    this.#next();
    return number;
  }

  /** Whether the number `written` goes on as none does: `5e`, which the scanner gives as `5`, or `01`, which it gives as two. */
  #breaksOff(written: string): boolean {
    if (this.#scanner.getTokenError() !== ScanError.None) return true;
    return /^-?0$/.test(written) && /\d/.test(this.#document[this.#scanner.getPosition()] ?? "");
  }

  #time(): number {
    if (!this.#is(SyntaxKind.StringLiteral)) throw this.#expected("a text");
    const text = this.#string();
    const instant = seconds(text);
    if (typeof instant === "string") throw this.#path.wrong(`${quoted(text)} is not a time here: ${instant}`);
    return instant;
  }

  #case(type: Type & { kind: "enum" }): number {
    if (!this.#is(SyntaxKind.StringLiteral)) throw this.#expected("a text");
    const name = this.#string();
    const index = type.index.get(name);
    if (index === undefined) throw this.#path.wrong(`${quoted(name)} is not known here, expected one of ${type.names.join(", ")}`);
    return index;
  }

  /** Reads the names and values of an object. */
  #object(each: (name: string) => void): void {
    if (!this.#is(SyntaxKind.OpenBraceToken)) throw this.#expected("an object");
    this.#next();
    if (this.#is(SyntaxKind.CloseBraceToken)) return this.#next();
    for (;;) {
      if (!this.#is(SyntaxKind.StringLiteral)) throw this.#noJson();
      each(this.#string());
      if (this.#is(SyntaxKind.CloseBraceToken)) return this.#next();
      if (!this.#is(SyntaxKind.CommaToken)) throw this.#noJson();
      this.#next();
    }
  }

  #colon(): void {
    if (!this.#is(SyntaxKind.ColonToken)) throw this.#noJson();
    this.#next();
  }

  #record(type: Type & { kind: "record" }): Fact[] {
    const facts = new Array<Fact | undefined>(type.fields.length).fill(undefined);
    const given = new Array<boolean>(type.fields.length).fill(false);
    this.#object((name) => {
      const index = type.index.get(name);
      if (index === undefined) throw this.#path.wrong("this name is not known here", name);
      if (given[index]) throw this.#path.wrong("this name is given twice", name);
      given[index] = true;
      this.#path.push(name);
      this.#colon();
      const field = type.fields[index]!;
      if (field.lacks !== undefined && this.#is(SyntaxKind.NullKeyword)) this.#next();
      else facts[index] = this.#value(field.type);
      this.#path.pop();
    });
    return type.fields.map((field, index) => facts[index] ?? this.#absent(field, facts[index]));
  }

  #absent(field: (Type & { kind: "record" })["fields"][number], fact: Fact | undefined): Fact {
    if (fact === null || field.type.kind === "option") return null;
    if (field.lacks === "now") return this.#now();
    if (field.lacks === "attributes") return [];
    throw this.#path.wrong("this name is missing", field.name);
  }

  #list({ of, most }: Type & { kind: "list" }): Fact[] {
    if (!this.#is(SyntaxKind.OpenBracketToken)) throw this.#expected("a list");
    const facts: Fact[] = [];
    this.#elements(() => {
      if (facts.length === most) throw this.#over(most);
      facts.push(this.#value(of));
    });
    return facts;
  }

  /** One element too many; the path is that of the list. */
  #over(limit: number): InputError {
    this.#path.pop();
    return this.#path.wrong(`this list has more than ${limit} elements`);
  }

  /** Reads the elements of a list. What is wrong between two is at the second. */
  #elements(each: () => void): void {
    this.#next();
    for (let index = 0; ; index++) {
      this.#path.push(index);
      if (this.#is(SyntaxKind.CloseBracketToken) && index === 0) break;
      if (index > 0) {
        if (this.#is(SyntaxKind.CloseBracketToken)) break;
        if (!this.#is(SyntaxKind.CommaToken)) throw this.#noJson();
        this.#next();
      }
      each();
      this.#path.pop();
    }
    this.#path.pop();
    this.#next();
  }

  #attributes(): Attribute[] {
    const attributes: Attribute[] = [];
    const names = new Set<string>();
    this.#object((name) => {
      this.#checkName(name, names, attributes.length);
      names.add(name);
      this.#path.push(name);
      this.#colon();
      attributes.push({ name, value: this.#attribute() });
      this.#path.pop();
    });
    return attributes;
  }

  #checkName(name: string, names: Set<string>, count: number): void {
    if (names.has(name)) throw this.#path.wrong("this name is given twice", name);
    if (count === ATTRIBUTES) throw this.#path.wrong(`there are more than ${ATTRIBUTES} attributes`);
    const bytes = utf8Bytes(name);
    if (bytes > TEXT_BYTES) throw this.#path.wrong(`this text has ${bytes} bytes, at most ${TEXT_BYTES} are allowed`, name);
  }

  #attribute(): Attribute["value"] {
    switch (this.#token) {
      case SyntaxKind.StringLiteral:
        return this.#text();
      case SyntaxKind.TrueKeyword:
      case SyntaxKind.FalseKeyword:
        return this.#truth();
      case SyntaxKind.NumericLiteral:
        return this.#number(LEAST, MOST);
      case SyntaxKind.OpenBracketToken:
        this.#skim();
        return this.#list(TEXTS) as string[];
      default:
        if (this.#is(SyntaxKind.OpenBraceToken)) this.#skim();
        throw this.#expected("a text, a whole number, a truth or a list of texts");
    }
  }

  /** Sees that the next value is JSON as a whole, and comes back to its begin. */
  #skim(): void {
    const begin = this.#scanner.getTokenOffset();
    const open: SyntaxKind[] = [];
    do {
      if (this.#is(SyntaxKind.OpenBraceToken) || this.#is(SyntaxKind.OpenBracketToken)) {
        open.push(this.#token);
        this.#next();
        if (this.#closes(open)) continue;
        if (open.at(-1) === SyntaxKind.OpenBraceToken) this.#key();
        continue;
      }
      this.#scalar();
      this.#behind(open);
    } while (open.length > 0);
    this.#scanner.setPosition(begin);
    this.#next();
  }

  #scalar(): void {
    const isScalar = [
      SyntaxKind.StringLiteral,
      SyntaxKind.NumericLiteral,
      SyntaxKind.TrueKeyword,
      SyntaxKind.FalseKeyword,
      SyntaxKind.NullKeyword,
    ].includes(this.#token);
    if (!isScalar || this.#scanner.getTokenError() !== ScanError.None) throw this.#noJson();
    this.#next();
  }

  #key(): void {
    if (!this.#is(SyntaxKind.StringLiteral)) throw this.#noJson();
    this.#scalar();
    this.#colon();
  }

  /** Goes on behind a value: closes what ends there, or finds the next. */
  #behind(open: SyntaxKind[]): void {
    while (open.length > 0) {
      if (this.#is(SyntaxKind.CommaToken)) {
        this.#next();
        if (open.at(-1) === SyntaxKind.OpenBraceToken) this.#key();
        return;
      }
      if (!this.#closes(open, false)) throw this.#noJson();
    }
  }

  #closes(open: SyntaxKind[], goesOn = true): boolean {
    const close = open.at(-1) === SyntaxKind.OpenBraceToken ? SyntaxKind.CloseBraceToken : SyntaxKind.CloseBracketToken;
    if (this.#token !== close) return false;
    open.pop();
    this.#next();
    if (goesOn) this.#behind(open);
    return true;
  }
}
