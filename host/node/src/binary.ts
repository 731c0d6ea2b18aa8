// Reads the binary format of WebAssembly: of components and of modules.
import { LoadError } from "./errors.js";

/** A section: its id, and what is in it. */
export type Section = [id: number, content: Uint8Array];

export const COMPONENT = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];
export const MODULE = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** Whether `bytes` begin as a component or a module does. */
export function begins(bytes: Uint8Array, head: number[]): boolean {
  return head.every((byte, index) => bytes[index] === byte);
}

/** The sections behind the head of a component or a module. */
export function* sections(bytes: Uint8Array): Generator<Section> {
  const reader = new Reader(bytes, COMPONENT.length);
  while (!reader.isDone) {
    const id = reader.byte();
    yield [id, reader.bytes(reader.number())];
  }
}

/** Reads bytes, and fails with a {@link LoadError} where they end too early. */
export class Reader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** How many bytes were read. */
  get at(): number {
    return this.#at;
  }

  get isDone(): boolean {
    return this.#at >= this.#bytes.length;
  }

  end(): void {
    if (!this.isDone) throw broken();
  }

  byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw broken();
    return byte;
  }

  /** An unsigned number. */
  number(): number {
    let number = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      number += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return number;
    }
    throw broken();
  }

  /** Goes over a number with or without a sign, and gives its last byte. */
  last(): number {
    for (let count = 0; count < 10; count++) {
      const byte = this.byte();
      if (byte < 0x80) return byte;
    }
    throw broken();
  }

  bytes(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw broken();
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  text(): string {
    const bytes = this.bytes(this.number());
    try {
      return decoder.decode(bytes);
    } catch {
      throw broken();
    }
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function broken(): LoadError {
  return new LoadError("the component is broken: a section does not end where it says");
}

/** `number` as an unsigned number is written. */
export function encoded(number: number): number[] {
  const bytes = [];
  for (let rest = number; ; rest >>>= 7) {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    if (rest <= 0x7f) return bytes;
  }
}
