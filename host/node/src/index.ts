/**
 * May this action proceed now? Decides with Scopegate policy components.
 *
 * @module
 */
import { type LoadOptions, loadPolicy, type Policy } from "./policy.js";

export { compileCore } from "./component.js";
export type { Decision, Finding, PolicyId } from "./decision.js";
export { EvaluateError, InputError, type InputFault, LoadError } from "./errors.js";
export type * from "./generated/contract.js";
export { type Explanation, type Failure, type LoadOptions, loadPolicy, Policy, policyFrom } from "./policy.js";
export type { Transpiled } from "./transpiled.js";

/** The component of the default policy, `webriskops` 1.1.0. */
export async function defaultComponent(): Promise<Uint8Array> {
  const { COMPONENT } = await import("./generated/default.js");
  return Uint8Array.from(atob(COMPONENT), (character) => character.charCodeAt(0));
}

/** The default policy, `webriskops` 1.1.0. */
export async function defaultPolicy(options: Omit<LoadOptions, "reuseInstances"> = {}): Promise<Policy> {
  return loadPolicy(await defaultComponent(), { ...options, reuseInstances: true });
}
