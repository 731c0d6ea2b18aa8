// The worker of one policy: the package `scopegate` decides in it.
//
// Always true here: every question is answered, and what fails is an error, never a decision.
import { defaultPolicy, EvaluateError, InputError, LoadError, loadPolicy, type Policy } from "scopegate";
import { type Ask, openings } from "./open";
import type { Answered, Asked, Failure, Judgement } from "./protocol";
import type { Situation } from "./situation";
import { transpiled } from "./transpiled";

/** How long a search goes on before questions that came meanwhile are answered, in milliseconds. */
const SLICE = 4;

let policy: Policy | undefined;
/** The number of the newest question: a search for an older one is given up. */
let newest = 0;

addEventListener("message", async ({ data }: MessageEvent<Asked>) => {
  newest = data.id;
  try {
    postMessage({ id: data.id, answer: await answer(data) } as Answered);
  } catch (error) {
    postMessage({ id: data.id, error: failure(error) } satisfies Answered);
  }
});

async function answer(asked: Asked) {
  if (asked.kind === "load") {
    policy = await loaded(asked);
    return { id: policy.id, manifest: policy.describe() };
  }
  if (policy === undefined) throw new LoadError("no policy is loaded");
  return asked.kind === "judge" ? judge(policy, asked.request) : search(policy, asked.request, asked.id);
}

async function loaded({ component, transpiler }: Extract<Asked, { kind: "load" }>): Promise<Policy> {
  if (component === undefined) return defaultPolicy();
  return transpiler === undefined ? loadPolicy(component) : transpiled(component, transpiler);
}

function judge(policy: Policy, request: Situation | string): Judgement {
  const decision = policy.evaluate(request as never);
  const explanations = policy.explain(request as never);
  const facts = typeof request === "string" ? (JSON.parse(request) as Situation) : request;
  const actions = policy.describe().actions.map((action) => {
    try {
      const { decision, findings } = policy.evaluate({ ...facts, action } as never);
      return { action, isAllowed: decision === "allow", unmet: findings.length };
    } catch {
      return { action, isAllowed: undefined, unmet: 0 };
    }
  });
  return { decision, explanations, actions };
}

async function search(policy: Policy, request: Situation, id: number) {
  const ask: Ask = {
    unmet: (situation) => {
      try {
        const { decision, findings } = policy.evaluate(situation as never);
        return decision === "allow" ? 0 : Math.max(1, findings.length);
      } catch {
        return Number.POSITIVE_INFINITY;
      }
    },
    explain: (situation) => policy.explain(situation as never),
  };
  const work = openings(request, ask);
  let begun = performance.now();
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    if (performance.now() - begun > SLICE) {
      await new Promise((resume) => setTimeout(resume));
      if (newest !== id) return [];
      begun = performance.now();
    }
  }
}

function failure(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof InputError) return { kind: "input", message, path: error.path };
  if (error instanceof EvaluateError) return { kind: "evaluate", message, ...(error.path === undefined ? {} : { path: error.path }) };
  const wantsTranspiler = error instanceof LoadError && error.canBeTranspiled;
  return { kind: policy === undefined ? "load" : "evaluate", message, wantsTranspiler };
}
