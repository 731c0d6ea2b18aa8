// What a core module may use of WebAssembly: what the Rust host's validator allows, by a table that is made from that.
//
// Always true here: what the table does not name is refused before anything is compiled. That the rest is valid, the runtime sees.
import { begins, MODULE, Reader, sections } from "./binary.js";
import { LoadError } from "./errors.js";
import { type Immediate, type Nan, OPERATORS, type Operator, PREFIXED, REFERENCE_TYPES, TABLE, VALUE_TYPES } from "./operators.js";

/** The sections of a module that hold something to look at; `skipped` are those that do not. */
export const Id = { custom: 0, types: 1, imports: 2, functions: 3, tables: 4, memories: 5, globals: 6, elements: 9, code: 10, data: 11 } as const;
const SKIPPED: ReadonlySet<number> = new Set([Id.custom, 7, 8, 12]);

const FUNCTION_TYPE = 0x60;
const EMPTY_BLOCK = 0x40;
const [END, GLOBAL_GET] = [OPERATORS[0x0b], OPERATORS[0x23]];

/** An operation of a function's body that may give a NaN: where it ends, and of which type that is. */
export type Mark = [end: number, nan: Nan];

/** A module that was looked at. */
export interface Checked {
  /** How many parameters each of its types has. */
  parameters: number[];
  /** The type of each function that has a body. */
  types: number[];
  /** By the number of the body, the operations that may give a NaN. */
  marks: Map<number, Mark[]>;
}

/** Checks that the core module `bytes` uses only what policies may. */
export function check(bytes: Uint8Array): Checked {
  if (!begins(bytes, MODULE)) throw new LoadError("the component is broken: its core module does not begin as one does");
  const checker = new Checker();
  for (const [id, content] of sections(bytes)) checker.section(id, new Reader(content));
  return checker;
}

class Checker implements Checked {
  readonly parameters: number[] = [];
  readonly types: number[] = [];
  readonly marks = new Map<number, Mark[]>();
  /** Functions and globals that are imported, and tables, their elements and memories of both kinds. */
  #functions = 0;
  #globals = 0;
  #tables = 0;
  #elements = 0;
  #memories = 0;
  /** The number that was read last. */
  #index = 0;
  #where = "";

  section(id: number, reader: Reader): void {
    this.#where = `section ${id}`;
    if (SKIPPED.has(id)) return;
    if (id === Id.types) this.#each(reader, () => this.#type(reader));
    else if (id === Id.imports) this.#each(reader, () => this.#import(reader));
    else if (id === Id.functions) this.#each(reader, () => this.types.push(reader.number()));
    else if (id === Id.tables) this.#each(reader, () => this.#table(reader));
    else if (id === Id.memories) this.#each(reader, () => this.#memory(reader));
    else if (id === Id.globals) this.#each(reader, () => this.#global(reader));
    else if (id === Id.elements) this.#each(reader, () => this.#element(reader));
    else if (id === Id.code) this.#each(reader, (index) => this.#body(reader, index));
    else if (id === Id.data) this.#each(reader, () => this.#data(reader));
    else throw this.#refused(id === 13 ? "exceptions" : "a section that is not known");
    reader.end();
  }

  #refused(feature: string, what?: string): LoadError {
    const where = what === undefined ? this.#where : `${what} in ${this.#where}`;
    return new LoadError(`the component uses a feature of WebAssembly that policies may not, ${feature} (${where} of its core module): build it without`);
  }

  #each(reader: Reader, one: (index: number) => void): void {
    const count = reader.number();
    for (let index = 0; index < count; index++) one(index);
  }

  #type(reader: Reader): void {
    if (reader.byte() !== FUNCTION_TYPE) throw this.#refused("gc", "a type that is no function's");
    const parameters = reader.number();
    this.parameters.push(parameters);
    for (let left = parameters; left > 0; left--) this.#value(reader);
    this.#each(reader, () => this.#value(reader));
  }

  #value(reader: Reader, types: ReadonlySet<number> = VALUE_TYPES): void {
    const byte = reader.byte();
    if (!types.has(byte)) throw this.#refused("types of other proposals", `the type ${hex(byte)}`);
  }

  #import(reader: Reader): void {
    reader.text();
    reader.text();
    const kind = reader.byte();
    if (kind === 0) {
      this.#functions++;
      reader.number();
    } else if (kind === 1) this.#table(reader);
    else if (kind === 2) this.#memory(reader);
    else if (kind === 3) {
      this.#globals++;
      this.#globalType(reader);
    } else throw this.#refused("imports of other proposals", `the kind ${hex(kind)}`);
  }

  #table(reader: Reader): void {
    this.#value(reader, REFERENCE_TYPES);
    this.#elements += this.#limits(reader);
    this.#tables++;
    const { tables, table_elements } = TABLE.limits;
    if (this.#tables > tables) throw new LoadError(`the component has more than ${tables} tables`);
    if (this.#elements > table_elements) throw new LoadError(`the component's tables begin with more than ${table_elements} elements`);
  }

  #memory(reader: Reader): void {
    const pages = this.#limits(reader);
    this.#memories++;
    const { memories, memory_pages } = TABLE.limits;
    if (this.#memories > memories) throw this.#refused("multi_memory");
    if (pages > memory_pages) throw new LoadError(`the component's memory begins with ${pages} pages, at most ${memory_pages} are allowed`);
  }

  /** Reads limits, and gives the lower one. */
  #limits(reader: Reader): number {
    const flags = reader.byte();
    if (flags > 1) throw this.#refused(flags & 4 ? "memory64" : flags & 2 ? "threads" : flags & 8 ? "custom_page_sizes" : "limits of other proposals", `the flags ${hex(flags)}`);
    const least = reader.number();
    if (flags === 1) reader.number();
    return least;
  }

  #globalType(reader: Reader): void {
    this.#value(reader);
    const flags = reader.byte();
    if (flags > 1) throw this.#refused("shared_everything_threads", `the flags ${hex(flags)}`);
  }

  #global(reader: Reader): void {
    this.#globalType(reader);
    this.#constant(reader);
  }

  #element(reader: Reader): void {
    const flags = reader.number();
    if (flags > 7) throw this.#refused("elements of other proposals", `the flags ${hex(flags)}`);
    const [isInactive, isExplicit, hasExpressions] = [(flags & 1) !== 0, (flags & 2) !== 0, (flags & 4) !== 0];
    if (!isInactive) {
      if (isExplicit) reader.number();
      this.#constant(reader);
    }
    if (isInactive || isExplicit) {
      if (hasExpressions) this.#value(reader, REFERENCE_TYPES);
      else if (reader.byte() !== 0) throw this.#refused("elements of other proposals");
    }
    this.#each(reader, () => (hasExpressions ? this.#constant(reader) : reader.number()));
  }

  #data(reader: Reader): void {
    const flags = reader.number();
    if (flags > 2) throw this.#refused("data of other proposals", `the flags ${hex(flags)}`);
    if (flags === 2 && reader.number() !== 0) throw this.#refused("multi_memory");
    if (flags !== 1) this.#constant(reader);
    reader.bytes(reader.number());
  }

  #constant(reader: Reader): void {
    for (;;) {
      const operator = this.#operator(reader);
      if (operator === END) return;
      // Before other globals could be named, only imported ones could.
      if (operator === GLOBAL_GET && this.#index >= this.#globals) throw this.#refused("gc", "a constant of a global that is not imported");
    }
  }

  #body(section: Reader, index: number): void {
    this.#where = `the code of function ${this.#functions + index}`;
    const reader = new Reader(section.bytes(section.number()));
    this.#each(reader, () => {
      reader.number();
      this.#value(reader);
    });
    const marks: Mark[] = [];
    while (!reader.isDone) {
      const { nan } = this.#operator(reader);
      if (nan !== undefined) marks.push([reader.at, nan]);
    }
    if (marks.length > 0) this.marks.set(index, marks);
  }

  /** Reads an operator and what belongs to it. */
  #operator(reader: Reader): Operator {
    const first = reader.byte();
    let operator = OPERATORS[first];
    let second: number | undefined;
    const prefixed = PREFIXED.get(first);
    if (prefixed !== undefined) {
      second = this.#second(reader);
      operator = prefixed[second];
    }
    if (operator === undefined || operator.feature !== undefined) {
      throw this.#refused(operator?.feature ?? "an operator that is not known", `the operator ${hex(first)}${second === undefined ? "" : ` ${hex(second)}`}`);
    }
    for (const immediate of operator.immediates) this.#immediate(immediate, reader);
    return operator;
  }

  /** The number behind a prefix, in as few bytes as it takes. */
  #second(reader: Reader): number {
    const low = reader.byte();
    if (low < 0x80) return low;
    const high = reader.byte();
    if (high === 0 || high > 0x7f) throw this.#refused("an operator in an unusual encoding");
    return (low & 0x7f) | (high << 7);
  }

  #immediate(immediate: Immediate, reader: Reader): void {
    switch (immediate) {
      case "index":
        this.#index = reader.number();
        return;
      case "i32":
      case "i64":
        reader.last();
        return;
      case "memory":
        // Its first number names a power of two, and in other proposals a memory too.
        if ((reader.number() & 0x40) !== 0) throw this.#refused("multi_memory");
        reader.number();
        return;
      case "zero":
        if (reader.byte() !== 0) throw this.#refused("multi_memory");
        return;
      case "byte":
        reader.byte();
        return;
      case "bytes4":
        reader.bytes(4);
        return;
      case "bytes8":
        reader.bytes(8);
        return;
      case "bytes16":
        reader.bytes(16);
        return;
      case "block":
        return this.#block(reader);
      case "reference":
        return this.#value(reader, REFERENCE_TYPES);
      case "types":
        return this.#each(reader, () => this.#value(reader));
      case "labels":
        this.#each(reader, () => reader.number());
        reader.number();
    }
  }

  /** The type of a block: none, a value's, or the number of a function's. */
  #block(reader: Reader): void {
    const first = reader.byte();
    const isOne = first < 0x80;
    const last = isOne ? first : reader.last();
    const isNumber = (last & 0x40) === 0;
    if (!isNumber && !(isOne && (first === EMPTY_BLOCK || VALUE_TYPES.has(first)))) throw this.#refused("types of other proposals", `the type ${hex(first)}`);
  }
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, "0")}`;
}
