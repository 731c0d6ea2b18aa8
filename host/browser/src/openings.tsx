// "What would open this gate?": changes that the policy would allow, as buttons that make them.
import type { Change, Opening } from "./open";
import type { Situation } from "./situation";
import { brief, place } from "./words";

/** `undefined`: the search goes on. */
export function Openings({ openings, apply }: { openings: Opening[] | undefined; apply(situation: Situation): void }) {
  return (
    <section aria-labelledby="openings-title" class="openings" data-openings={openings === undefined ? "searching" : openings.length}>
      <h2 id="openings-title">What would open this gate?</h2>
      {openings === undefined && <p class="hint">Looking for the fewest changes…</p>}
      {openings?.length === 0 && <p class="hint">No few changes of these facts open it. Begin with the remedies above.</p>}
      {openings !== undefined && openings.length > 0 && (
        <>
          <p class="hint">The action could proceed if {openings.length === 1 ? "this" : "any one of these"} were so. A button changes the facts on this page only.</p>
          <ul>
            {openings.map((opening) => (
              <li key={opening.changes.map((change) => change.path).join()}>
                <button type="button" onClick={() => apply(opening.situation)}>
                  {opening.changes.map((change) => (
                    <span class="change" key={change.path}>
                      <Words change={change} />
                    </span>
                  ))}
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function Words({ change: { path, from, to } }: { change: Change }) {
  if (to === undefined) {
    return (
      <>
        Remove <b>{place(path)}</b> ({brief(from)})
      </>
    );
  }
  if (Array.isArray(to) && Array.isArray(from)) {
    const texts = from.map((one) => JSON.stringify(one));
    const added = to.filter((one) => !texts.includes(JSON.stringify(one)));
    const kept = to.map((one) => JSON.stringify(one));
    const gone = from.filter((one) => !kept.includes(JSON.stringify(one)));
    if (gone.length === 0) return <>Add <b>{brief(added)}</b> to <b>{place(path)}</b></>;
    if (added.length === 0) return <>Take <b>{brief(gone)}</b> out of <b>{place(path)}</b></>;
  }
  return (
    <>
      <b>{place(path)}</b>: {from !== undefined && typeof from !== "object" && <><s>{brief(from)}</s> → </>}
      <b>{brief(to)}</b>
    </>
  );
}
