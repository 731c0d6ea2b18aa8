// A policy's memory: facts are laid out in it and answers read from it, as the canonical ABI says.
import { type Attribute, type Fact, utf8Bytes } from "./facts.js";
import { type Type, type as named } from "./types.js";

/** The most bytes of a result. */
const RESULT_BYTES = 16 << 20;

const STRING = named("string");
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Where an attribute's parts stand. */
const ATTRIBUTE = { size: 24, align: 8, value: 8, payload: 16 };

/** Has the policy find room in its memory. */
export type Allocate = (align: number, bytes: number) => number;

/** The most bytes of a policy's memory: as many as the contract lets it grow to. */
const MEMORY_BYTES = 256 << 20;

/** Bytes of a page of memory. */
const PAGE = 65_536;

/** The memory of one instance. */
export class Memory {
  readonly #memory: WebAssembly.Memory;
  /** How the policy finds room; `undefined` if facts are laid in a region of ours. */
  readonly #allocate: Allocate | undefined;
  /** The end of what is laid out in the region. */
  #end = 0;
  #bytes: Uint8Array;
  #view: DataView;
  /** Bytes that the result under way may still have. */
  #left = 0;

  constructor(memory: WebAssembly.Memory, allocate?: Allocate) {
    this.#memory = memory;
    this.#allocate = allocate;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#view = new DataView(memory.buffer);
  }

  /** Begins to lay out in the region, with `bytes` at its begin. */
  begin(at: number, bytes: number): void {
    this.#refresh();
    this.#end = at;
    this.room(1, bytes);
  }

  /** Where what is laid out in the region ends. */
  get end(): number {
    return this.#end;
  }

  #refresh(): void {
    if (this.#bytes.buffer !== this.#memory.buffer) {
      this.#bytes = new Uint8Array(this.#memory.buffer);
      this.#view = new DataView(this.#memory.buffer);
    }
  }

  /** Room for so many bytes. */
  room(align: number, bytes: number): number {
    if (this.#allocate === undefined) {
      const at = (this.#end + align - 1) & -align;
      this.#end = at + bytes;
      if (this.#end > this.#bytes.length) {
        this.#memory.grow(Math.ceil((this.#end - this.#bytes.length) / PAGE));
        this.#refresh();
      }
      return at;
    }
    const at = this.#allocate(align, bytes) >>> 0;
    this.#refresh();
    if (at % align !== 0 || at + bytes > this.#bytes.length) throw new RangeError("the policy gives room that is not there");
    return at;
  }

  /** Sets a word. */
  word(at: number, word: number): void {
    this.#view.setUint32(at, word, true);
  }

  /** Lays `fact` out at `at`. */
  lay(type: Type, fact: Fact, at: number): void {
    switch (type.kind) {
      case "string":
        return this.#text(fact as string, at);
      case "bool":
        this.#bytes[at] = fact === true ? 1 : 0;
        return;
      case "enum":
        this.#bytes[at] = fact as number;
        return;
      case "u32":
        return this.#view.setUint32(at, fact as number, true);
      case "time":
        this.#view.setUint32(at, (fact as number) % 4294967296, true);
        return this.#view.setUint32(at + 4, Math.floor((fact as number) / 4294967296), true);
      case "record": {
        const fields = type.fields;
        for (let index = 0; index < fields.length; index++) {
          const field = fields[index]!;
          this.lay(field.type, (fact as Fact[])[index]!, at + field.offset);
        }
        return;
      }
      case "option":
        this.#bytes[at] = fact === null ? 0 : 1;
        if (fact !== null) this.lay(type.of, fact, at + type.payload);
        return;
      case "list":
        return this.#list(type.of, fact as Fact[], at);
      case "attributes":
        return this.#attributes(fact as Attribute[], at);
      default:
        throw new TypeError(`no request has a ${type.kind}`);
    }
  }

  #text(text: string, at: number): void {
    // A policy is asked for room once, as every host asks it.
    if (this.#allocate !== undefined && utf8Bytes(text) !== text.length) return this.#encoded(text, at);
    const length = text.length;
    const place = this.room(1, length);
    const bytes = this.#bytes;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code > 127) return this.#encoded(text, at);
      bytes[place + index] = code;
    }
    this.#point(at, place, length);
  }

  /** Lays out a text of more than ASCII, for which there was too little room. */
  #encoded(text: string, at: number): void {
    const encoded = encoder.encode(text);
    const place = this.room(1, encoded.length);
    this.#bytes.set(encoded, place);
    this.#point(at, place, encoded.length);
  }

  #point(at: number, place: number, length: number): void {
    this.#view.setUint32(at, place, true);
    this.#view.setUint32(at + 4, length, true);
  }

  #list(of: Type, facts: Fact[], at: number): void {
    const place = this.room(of.align, of.size * facts.length);
    for (let index = 0; index < facts.length; index++) this.lay(of, facts[index]!, place + of.size * index);
    this.#point(at, place, facts.length);
  }

  #attributes(attributes: Attribute[], at: number): void {
    const place = this.room(ATTRIBUTE.align, ATTRIBUTE.size * attributes.length);
    this.#bytes.fill(0, place, place + ATTRIBUTE.size * attributes.length);
    attributes.forEach(({ name, value }, index) => {
      const here = place + ATTRIBUTE.size * index;
      this.#text(name, here);
      const [tag, payload] = [here + ATTRIBUTE.value, here + ATTRIBUTE.payload];
      if (typeof value === "string") {
        this.#bytes[tag] = 0;
        this.#text(value, payload);
      } else if (typeof value === "bigint") {
        this.#bytes[tag] = 1;
        this.#view.setBigInt64(payload, value, true);
      } else if (typeof value === "boolean") {
        this.#bytes[tag] = 2;
        this.#bytes[payload] = value ? 1 : 0;
      } else {
        this.#bytes[tag] = 3;
        this.#list(STRING, value, payload);
      }
    });
    this.#point(at, place, attributes.length);
  }

  /** Reads the result at `at`: the first case of a `result`, or the second. */
  result(ok: Type, error: Type, at: number): { ok: unknown } | { error: unknown } {
    this.#begin();
    const align = Math.max(ok.align, error.align);
    aligned(at, align);
    const tag = this.#view.getUint8(at);
    if (tag > 1) throw new RangeError(`a result has the case ${tag}`);
    const payload = at + align;
    return tag === 0 ? { ok: this.#read(ok, payload) } : { error: this.#read(error, payload) };
  }

  /** Reads the value of that type at `at`. */
  read(type: Type, at: number): unknown {
    this.#begin();
    aligned(at, type.align);
    return this.#read(type, at);
  }

  #begin(): void {
    this.#refresh();
    if (this.#bytes.length > MEMORY_BYTES) throw new RangeError(`the policy took more than ${MEMORY_BYTES} bytes of memory`);
    this.#left = RESULT_BYTES;
  }

  #spend(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) throw new RangeError(`the policy's result takes more than ${RESULT_BYTES} bytes`);
  }

  #read(type: Type, at: number): unknown {
    switch (type.kind) {
      case "string": {
        const [place, length] = [this.#view.getUint32(at, true), this.#view.getUint32(at + 4, true)];
        this.#spend(length);
        if (place + length > this.#bytes.length) throw new RangeError("a text lies outside the policy's memory");
        return decoder.decode(this.#bytes.subarray(place, place + length));
      }
      case "bool": {
        const byte = this.#view.getUint8(at);
        return byte !== 0;
      }
      case "u32":
        return this.#view.getUint32(at, true);
      case "u64":
        return Number(this.#view.getBigUint64(at, true));
      case "enum": {
        const name = type.names[this.#view.getUint8(at)];
        if (name === undefined) throw new RangeError("an enum has a case that is not known");
        return name;
      }
      case "record":
        return this.#record(type, at);
      case "list": {
        const [place, length] = [this.#view.getUint32(at, true), this.#view.getUint32(at + 4, true)];
        this.#spend(length * type.of.size);
        if (place % type.of.align !== 0 || place + length * type.of.size > this.#bytes.length) {
          throw new RangeError("a list lies outside the policy's memory");
        }
        const read = new Array<unknown>(length);
        for (let index = 0; index < length; index++) read[index] = this.#read(type.of, place + index * type.of.size);
        return read;
      }
      default:
        throw new TypeError(`no policy answers with a ${type.kind}`);
    }
  }

  #record(type: Type & { kind: "record" }, at: number): unknown {
    const read: Record<string, unknown> = {};
    for (const field of type.fields) read[field.name] = this.#read(field.type, at + field.offset);
    return read;
  }
}

function aligned(at: number, align: number): void {
  if (at % align !== 0) throw new RangeError("the policy's answer has an address that is not aligned");
}
