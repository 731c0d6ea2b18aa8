// The situation in the page's address, and on the clipboard.
import type { Situation } from "./situation";

/** The most bytes of a situation that an address brings. */
const BYTES = 4 << 20;

/** The address's part behind `#` for a situation: its JSON, deflated, in base64url. */
export async function packed(situation: Situation): Promise<string> {
  const bytes = await through(new Blob([JSON.stringify(situation)]).stream().pipeThrough(new CompressionStream("deflate-raw")));
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return `s=${btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}

/** The JSON text that the address brings; `undefined` if it brings none. */
export async function unpacked(hash: string): Promise<string | undefined> {
  const found = /^#?s=([\w-]+)$/.exec(hash);
  if (found === null) return undefined;
  try {
    const bytes = Uint8Array.from(atob(found[1]!.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(await through(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"))));
  } catch {
    throw new Error("the situation in this link cannot be read: was the address cut?");
  }
}

async function through(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (const reader = stream.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > BYTES) throw new RangeError("too large");
    parts.push(value);
  }
  return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
}

/** The situation as JSON for `scopegate check`. */
export function json(situation: Situation): string {
  return `${JSON.stringify(situation, null, 2)}\n`;
}

/** The command that asks the service. Its clock decides, so the time is left out. */
export function curl(situation: Situation): string {
  const { now: _, ...facts } = situation;
  const isServed = location.pathname.includes("/preview/");
  const url = isServed ? new URL("../v1/decisions", location.href.replace(/[?#].*/, "")).href : "http://localhost:8080/v1/decisions";
  return `curl -s '${url}' -H 'content-type: application/json' -d '${JSON.stringify(facts).replaceAll("'", `'\\''`)}'`;
}
