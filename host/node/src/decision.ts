// Decisions: what a policy says, joined with its manifest.
//
// Always true here: what contradicts itself or the manifest is no decision.
import { EvaluateError } from "./errors.js";
import { type AccessMode, CONTRACT, type Manifest } from "./generated/contract.js";
import { type as named } from "./types.js";

/** A requirement that is not met. */
export interface Finding {
  /** The requirement's id. */
  readonly requirement: string;
  /** The code of the denial. */
  readonly code: string;
  /** The blocked state. */
  readonly state: string;
  /** What is wrong. */
  readonly message: string;
  /** What the customer does next. */
  readonly remedy: string;
  /** The document and step it comes from. */
  readonly source: string;
}

/** Which policy decided. */
export interface PolicyId {
  readonly name: string;
  readonly version: string;
  /** `sha256:<hex>` of the component. */
  readonly digest: string;
}

/** A decision; its JSON is the domain's. */
export interface Decision {
  /** Whether the action may proceed. */
  readonly decision: "allow" | "deny";
  /** The codes of the findings, each once; `ACTION_NOT_GOVERNED` alone if no requirement names the action. */
  readonly codes: readonly string[];
  /** One for each unmet requirement, in the policy's order. */
  readonly findings: readonly Finding[];
  /** The ready states that hold. */
  readonly ready: readonly string[];
  /** The states of the findings, each once. */
  readonly blocked: readonly string[];
  /** The access modes that stay open for the task, least first. */
  readonly fallbacks: readonly AccessMode[];
  /** The policy that decided. */
  readonly policy: PolicyId;
}

/** A decision as a policy gives it: indices into its manifest. */
export interface Judged {
  verdict: "allow" | "deny";
  unmet: number[];
  ready: number[];
  fallbacks: AccessMode[];
}

const MODES = (named("access-mode") as { names: readonly string[] }).names;

/** What decisions of one policy are made of. */
export class Terms {
  readonly #findings: readonly Finding[];
  /** The requirements that name an action. */
  readonly #naming = new Map<string, Set<number>>();

  constructor(
    readonly id: PolicyId,
    readonly manifest: Manifest,
  ) {
    this.#findings = manifest.requirements.map(({ id, code, state, message, remedy, source }) =>
      Object.freeze({ requirement: id, code, state, message, remedy, source }),
    );
    manifest.requirements.forEach((requirement, index) => {
      for (const action of requirement.actions) {
        const before = this.#naming.get(action);
        if (before === undefined) this.#naming.set(action, new Set([index]));
        else before.add(index);
      }
    });
  }

  /** The requirements that name `action`. */
  naming(action: string): Set<number> | undefined {
    return this.#naming.get(action);
  }

  /** The decision about `action` that a policy gave. */
  decision({ verdict, unmet, ready, fallbacks }: Judged, action: string): Decision {
    this.#check(verdict, unmet, ready, fallbacks, action);
    const findings = unmet.map((index) => this.#findings[index]!);
    const isGoverned = verdict === "allow" || unmet.length > 0;
    return {
      decision: verdict,
      codes: isGoverned ? once(findings.map((finding) => finding.code)) : [CONTRACT.action_not_governed],
      findings,
      ready: ready.map((index) => this.manifest.ready[index]!.state),
      blocked: once(findings.map((finding) => finding.state)),
      fallbacks,
      policy: this.id,
    };
  }

  #check(verdict: string, unmet: number[], ready: number[], fallbacks: AccessMode[], action: string): void {
    within("requirement", unmet, this.manifest.requirements.length);
    within("ready state", ready, this.manifest.ready.length);
    if (!rises(fallbacks.map((mode) => MODES.indexOf(mode)))) throw inconsistent("its fallbacks are not each once and least first");
    const naming = this.#naming.get(action);
    if (naming === undefined) {
      if (verdict === "allow") throw inconsistent("it allows an action that none of its requirements names");
      if (unmet.length > 0) throw inconsistent("a requirement is unmet that does not name the action");
      if (fallbacks.length > 0) throw inconsistent("it has fallbacks for an action that none of its requirements names");
      return;
    }
    const stray = unmet.find((index) => !naming.has(index));
    if (stray !== undefined) {
      throw inconsistent(`the requirement \`${this.manifest.requirements[stray]!.id}\` is unmet, but does not name the action`);
    }
    if (verdict === "allow" && unmet.length > 0) throw inconsistent("it allows, although a requirement is unmet");
    if (verdict === "allow" && fallbacks.length > 0) throw inconsistent("it allows, and has fallbacks");
    if (verdict === "deny" && unmet.length === 0) throw inconsistent("it denies, although every requirement is met");
  }
}

function within(what: string, indices: number[], length: number): void {
  if (!rises(indices)) throw inconsistent(`its ${what}s do not rise`);
  const last = indices.at(-1);
  if (last !== undefined && last >= length) throw inconsistent(`it names ${what} ${last}, but there are ${length}`);
}

function rises(numbers: number[]): boolean {
  return numbers.every((number, index) => index === 0 || numbers[index - 1]! < number);
}

/** An error that says how a policy contradicts itself. */
export function inconsistent(reason: string): EvaluateError {
  return new EvaluateError(`the policy contradicts itself: ${reason}`);
}

function once(texts: string[]): string[] {
  return texts.length < 2 ? texts : [...new Set(texts)];
}
