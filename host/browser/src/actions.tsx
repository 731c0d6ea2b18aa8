// The whole row of actions: what may be done now, and what may not.
import type { Outcome } from "./verdict";
import { label } from "./words";

/** The actions that a policy knows; the one that is asked about is pressed. */
export function Actions({ chosen, outcome, other, choose }: { chosen: string; outcome: Outcome; other: Outcome; choose(action: string): void }) {
  if (outcome === undefined || "failure" in outcome) return null;
  const beside = other !== undefined && "judgement" in other ? new Map(other.judgement.actions.map((one) => [one.action, one.isAllowed])) : undefined;
  const { actions } = outcome.judgement;
  return (
    <section aria-labelledby="actions-title" class="actions">
      <h2 id="actions-title">What may be done now</h2>
      <p class="hint">
        {actions.filter((one) => one.isAllowed).length} of {actions.length} actions, on the same facts. Choose one to see why.
      </p>
      <ul>
        {actions.map(({ action, isAllowed, unmet }) => {
          const state = isAllowed === undefined ? "no decision" : isAllowed ? "allowed" : "denied";
          const differs = beside !== undefined && beside.get(action) !== isAllowed;
          return (
            <li key={action}>
              <button type="button" aria-pressed={action === chosen} class={isAllowed === true ? "allow" : "deny"} data-action={action} data-allowed={isAllowed} onClick={() => choose(action)}>
                <span class="sign" aria-hidden="true">{isAllowed === true ? "✓" : "✕"}</span>
                {label(action)}
                <span class="unseen">: {state}</span>
                {isAllowed === false && unmet > 0 && <span class="count" aria-hidden="true">{unmet}</span>}
                {differs && <span class="differs">differs</span>}
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
