// What the page and the worker of a policy say to each other.
import type { Decision, Explanation, Manifest, PolicyId } from "scopegate";
import type { Opening } from "./open";
import type { Situation } from "./situation";

/** What a worker is asked. A worker holds one policy: `load` comes first. */
export type Question =
  | { kind: "load"; component: Uint8Array | undefined; transpiler?: string }
  | { kind: "judge"; request: Situation | string }
  | { kind: "openings"; request: Situation };

/** What a policy says it is. */
export interface Loaded {
  id: PolicyId;
  manifest: Manifest;
}

/** Why there is no answer. */
export interface Failure {
  kind: "load" | "input" | "evaluate";
  message: string;
  path?: string;
  /** Whether the component may be loaded if the transpiler comes along. */
  wantsTranspiler?: boolean;
}

/** What a policy says of a situation. */
export interface Judgement {
  decision: Decision;
  explanations: Explanation[];
  /** The decision on the same facts about every action of the policy; `undefined` where it failed. */
  actions: { action: string; isAllowed: boolean | undefined; unmet: number }[];
}

/** What answers each question. */
export interface Answers {
  load: Loaded;
  judge: Judgement;
  openings: Opening[];
}

export type Asked = { id: number } & Question;
export type Answered = { id: number; answer: Answers[keyof Answers] } | { id: number; error: Failure };
