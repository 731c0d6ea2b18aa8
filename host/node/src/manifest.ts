// What makes no sense in a manifest: the same as in the Rust host.
import type { Manifest } from "./generated/contract.js";
import { utf8Bytes } from "./facts.js";

/** The most bytes of a name. */
const NAME_BYTES = 256;

/** https://semver.org, in its own words. */
const SEMVER =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$/;

/** What in a manifest makes no sense, if anything. */
export function unfit(manifest: Manifest): string | undefined {
  return [...faults(manifest)][0];
}

function* faults({ name, version, rules_digest, actions, requirements, ready, attributes }: Manifest): Generator<string> {
  yield* named("the policy's name", name);
  if (!SEMVER.test(version)) yield `the version \`${version}\` is not a semantic version`;
  if (rules_digest !== "" && !/^sha256:[0-9a-f]{64}$/.test(rules_digest)) yield "the rules' digest is not `sha256:` and 64 hexadecimal digits";
  yield* distinct("action", actions);
  yield* distinct("requirement", requirements.map(({ id }) => id));
  yield* distinct("ready state", ready.map(({ state }) => state));
  yield* distinct("attribute", attributes.map(({ name }) => name));
  const known = new Set(actions);
  for (const { id, code, state, actions } of requirements) {
    yield* named("a requirement's code", code);
    yield* named("a requirement's state", state);
    const stray = actions.find((action) => !known.has(action));
    if (stray !== undefined) yield `the requirement \`${id}\` names the action \`${stray}\`, which is not among the policy's actions`;
  }
}

/** Names end up in logs and on terminals: short, and without control characters. */
function* named(what: string, name: string): Generator<string> {
  if (name === "") yield `${what} is empty`;
  else if (utf8Bytes(name) > NAME_BYTES || /\p{Cc}/u.test(name)) yield `${what} has more than ${NAME_BYTES} bytes or holds control characters`;
}

/** Each name is one, and is there once. */
function* distinct(what: string, names: string[]): Generator<string> {
  for (const name of names) yield* named(`the name of one ${what}`, name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) yield `the ${what} \`${twice}\` is there twice`;
}
