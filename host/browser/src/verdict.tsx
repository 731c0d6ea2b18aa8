// What one policy says of the situation: the verdict, and why.
import type { Finding, PolicyId } from "scopegate";
import { controlId } from "./controls";
import type { Failure, Judgement } from "./protocol";
import { brief, label, place } from "./words";

/** A judgement, or why there is none. */
export type Outcome = { judgement: Judgement } | { failure: Failure } | undefined;

/** The verdict in a sentence. */
export function sentence(outcome: Outcome): string {
  if (outcome === undefined) return "Deciding…";
  if ("failure" in outcome) return "No decision";
  const { decision, findings, codes } = outcome.judgement.decision;
  if (decision === "allow") return "Allowed";
  if (findings.length === 0) return codes.includes("ACTION_NOT_GOVERNED") ? "Denied: this policy does not know the action" : "Denied";
  return `Denied: ${findings.length} ${findings.length === 1 ? "requirement is" : "requirements are"} not met`;
}

/** The verdict of one policy. `other` is what another says of the same facts. */
export function Verdict({ policy, outcome, other, show }: { policy: PolicyId; outcome: Outcome; other?: Outcome; show(path: string): void }) {
  const kind = outcome === undefined ? "none" : "failure" in outcome ? "failed" : outcome.judgement.decision.decision;
  const judged = outcome !== undefined && "judgement" in outcome ? outcome.judgement : undefined;
  const beside = other !== undefined && "judgement" in other ? other.judgement.decision : undefined;
  const isOther = judged !== undefined && beside !== undefined && judged.decision.decision !== beside.decision;
  return (
    <article class={`verdict ${kind}`} data-verdict={kind}>
      <h3>
        <span class="sign" aria-hidden="true">{kind === "allow" ? "✓" : kind === "deny" ? "✕" : "!"}</span> {sentence(outcome)} {isOther && <span class="differs">differs</span>}
      </h3>
      <p class="policy">
        {policy.name} {policy.version} <code title={policy.digest}>{policy.digest.slice(0, 19)}…</code>
      </p>
      {outcome !== undefined && "failure" in outcome && (
        <p class="failure" role="alert">
          {outcome.failure.message}. Nothing is allowed without a decision.
        </p>
      )}
      {judged !== undefined && <Reasons judged={judged} beside={beside} show={show} />}
    </article>
  );
}

function Reasons({ judged, beside, show }: { judged: Judgement; beside: Judgement["decision"] | undefined; show(path: string): void }) {
  const { findings, ready, blocked, fallbacks } = judged.decision;
  return (
    <>
      {findings.length > 0 && (
        <ol class="findings">
          {findings.map((finding) => (
            <Reason key={finding.requirement} finding={finding} facts={judged.explanations.find((one) => one.requirement === finding.requirement)?.facts ?? []}
              isAlone={beside !== undefined && !beside.findings.some((one) => one.requirement === finding.requirement)} show={show} />
          ))}
        </ol>
      )}
      <dl class="states">
        <States title="Ready" names={ready} beside={beside?.ready} empty="nothing yet" />
        {blocked.length > 0 && <States title="Blocked" names={blocked} beside={beside?.blocked} />}
        {fallbacks.length > 0 && <States title="Still open" names={fallbacks} beside={beside?.fallbacks} />}
      </dl>
    </>
  );
}

function Reason({ finding, facts, isAlone, show }: { finding: Finding; facts: readonly { path: string; value: unknown }[]; isAlone: boolean; show(path: string): void }) {
  return (
    <li>
      <p class="message">
        {finding.message} {isAlone && <span class="differs">only here</span>}
      </p>
      <p class="remedy">{finding.remedy}</p>
      {facts.length > 0 && (
        <ul class="because" aria-label="The facts that decided">
          {facts.map((fact) => (
            <li key={fact.path}>
              <a href={`#${controlId(fact.path)}`} onClick={(event) => { event.preventDefault(); show(fact.path); }}>
                {place(fact.path)}
              </a>
              : {brief(fact.value)}
            </li>
          ))}
        </ul>
      )}
      <p class="source">
        {finding.source} · <code>{finding.code}</code>
      </p>
    </li>
  );
}

function States({ title, names, beside, empty }: { title: string; names: readonly string[]; beside: readonly string[] | undefined; empty?: string }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>
        {names.length === 0
          ? empty
          : names.map((name, index) => (
              <span key={name}>
                {index > 0 && ", "}
                {label(name)}
                {beside !== undefined && !beside.includes(name) && <span class="differs">only here</span>}
              </span>
            ))}
      </dd>
    </div>
  );
}
