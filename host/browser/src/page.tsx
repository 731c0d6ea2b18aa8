// The page: a situation, what one or two policies say of it, and what may be changed.
//
// Always true here: what is shown was said by a policy about the situation that is shown; older answers are dropped.
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Actions } from "./actions";
import { Attributes, controlId, type Desk, Fact } from "./controls";
import { NoAnswer, Seat } from "./engine";
import { curl, json, packed, unpacked } from "./link";
import type { Opening } from "./open";
import { Openings } from "./openings";
import type { Failure, Loaded } from "./protocol";
import { misbuilt, REQUEST } from "./schema";
import { changed, EXAMPLES, type Path, type Situation, unholdable } from "./situation";
import { type Outcome, sentence, Verdict } from "./verdict";
import { label } from "./words";

/** A policy that answers. */
interface Seated {
  seat: Seat;
  loaded: Loaded;
}

const FIRST = EXAMPLES[0]!.situation;

function failureOf(error: unknown): Failure {
  return error instanceof NoAnswer ? error.failure : { kind: "evaluate", message: String(error) };
}

/** What a policy says of the situation. */
function useOutcome(seated: Seated | undefined, situation: Situation): Outcome {
  const [said, setSaid] = useState<{ of: Situation; by: Seated; outcome: Outcome }>();
  useEffect(() => {
    if (seated === undefined) return;
    let isWanted = true;
    const tell = (outcome: Outcome) => isWanted && setSaid({ of: situation, by: seated, outcome });
    seated.seat.ask({ kind: "judge", request: situation }).then(
      (judgement) => tell({ judgement }),
      (error) => tell({ failure: failureOf(error) }),
    );
    return () => {
      isWanted = false;
    };
  }, [seated, situation]);
  // Until the new answer is there the old one stands, unless another policy is asked.
  return said?.by === seated ? said?.outcome : undefined;
}

/** What would open the gate: looked for once somebody has stopped changing facts. */
function useOpenings(seated: Seated | undefined, situation: Situation, isDenied: boolean): Opening[] | undefined {
  const [found, setFound] = useState<{ of: Situation; openings: Opening[] }>();
  useEffect(() => {
    if (seated === undefined || !isDenied) return;
    const clock = setTimeout(() => {
      seated.seat.ask({ kind: "openings", request: situation }).then(
        (openings) => setFound({ of: situation, openings }),
        () => setFound({ of: situation, openings: [] }),
      );
    }, 150);
    return () => clearTimeout(clock);
  }, [seated, situation, isDenied]);
  return found?.of === situation ? found.openings : undefined;
}

export function Page() {
  const [situation, setSituation] = useState<Situation>(FIRST);
  const [first, setFirst] = useState<Seated>();
  const [second, setSecond] = useState<Seated>();
  const [trouble, setTrouble] = useState<string>();
  const [note, setNote] = useState("");
  const outcome = useOutcome(first, situation);
  const other = useOutcome(second, situation);
  const judged = outcome !== undefined && "judgement" in outcome ? outcome.judgement : undefined;
  const isDenied = judged?.decision.decision === "deny";
  const openings = useOpenings(first, situation, isDenied);

  useEffect(() => {
    Seat.default().then(setFirst, (error) => setTrouble(failureOf(error).message));
    unpacked(location.hash).then(
      (text) => text !== undefined && take(text),
      (error: Error) => setTrouble(error.message),
    );
  }, []);

  const take = useCallback((text: string) => {
    try {
      const value: unknown = JSON.parse(text);
      const wrong = misbuilt(value) ?? unholdable(value);
      if (wrong !== undefined) throw new Error(wrong);
      setSituation(value as Situation);
      setTrouble(undefined);
    } catch (error) {
      setTrouble((error as Error).message);
    }
  }, []);

  // The address follows, once somebody has stopped changing facts.
  const isFirst = useRef(true);
  useEffect(() => {
    if (isFirst.current) {
      isFirst.current = false;
      return;
    }
    // An address may be too long for the browser; the facts stand on the page all the same.
    const link = async () => history.replaceState(null, "", `#${await packed(situation)}`);
    const clock = setTimeout(() => link().catch(() => setNote("these facts do not fit into a link")), 200);
    return () => clearTimeout(clock);
  }, [situation]);

  const deciding = useMemo(() => new Set(judged?.explanations.flatMap((one) => one.facts.map((fact) => fact.path))), [judged]);
  const change = useCallback((path: Path, value: unknown) => setSituation((before) => changed(before, path, value)), []);
  const now = typeof situation["now"] === "string" ? situation["now"] : "2026-01-01T00:00:00Z";
  const desk: Desk = useMemo(() => ({ change, now, deciding }), [change, now, deciding]);

  const show = (path: string) => {
    const control = document.getElementById(controlId(path)) ?? document.getElementById(controlId(path.split(".")[0]!));
    control?.closest("details")?.setAttribute("open", "");
    control?.scrollIntoView({ block: "center" });
    control?.focus();
  };
  const copy = async (text: string, what: string) => {
    try {
      await navigator.clipboard.writeText(text);
      setNote(`${what} copied`);
    } catch {
      setTrouble("the clipboard cannot be written to from here");
    }
  };
  const drop = async (file: File | undefined) => {
    if (file === undefined) return;
    setNote(`Loading ${file.name}…`);
    try {
      const seated = await Seat.of(new Uint8Array(await file.arrayBuffer()));
      second?.seat.end();
      setSecond(seated);
      setTrouble(undefined);
      setNote(`${seated.loaded.id.name} ${seated.loaded.id.version} decides beside`);
    } catch (error) {
      setNote("");
      setTrouble(`${file.name}: ${failureOf(error).message}`);
    }
  };

  return (
    <div
      class="page"
      data-ready={outcome !== undefined}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void drop(event.dataTransfer?.files[0]);
      }}
    >
      <header>
        <h1>May this action proceed now?</h1>
        <p class="hint">Change any fact and see what the policy decides, and why. Everything is decided in this page; nothing is sent anywhere.</p>
      </header>
      <p class="unseen" role="status" aria-live="polite">
        {sentence(outcome)}. {note}
      </p>
      {trouble !== undefined && (
        <p class="trouble" role="alert">
          {trouble}
        </p>
      )}
      <div class="columns">
        <main>
          <section aria-labelledby="verdict-title">
            <h2 id="verdict-title" class="unseen">
              The decision about {label(String(situation["action"] ?? ""))}
            </h2>
            <div class={second === undefined ? "verdicts" : "verdicts two"}>
              {first !== undefined && <Verdict policy={first.loaded.id} outcome={outcome} other={other} show={show} />}
              {second !== undefined && <Verdict policy={second.loaded.id} outcome={other} other={outcome} show={show} />}
            </div>
            <Beside second={second} drop={drop} remove={() => { second?.seat.end(); setSecond(undefined); }} />
          </section>
          {isDenied && <Openings openings={openings} apply={setSituation} />}
          <Actions chosen={String(situation["action"] ?? "")} outcome={outcome} other={other} choose={(action) => change(["action"], action)} />
        </main>
        <section aria-labelledby="facts-title" class="facts">
          <h2 id="facts-title">The facts</h2>
          <div class="row">
            <label for="example">Begin with</label>
            <select id="example" onChange={(event) => { const found = EXAMPLES.find((one) => one.name === event.currentTarget.value); if (found) setSituation(found.situation); }}>
              {EXAMPLES.map((example) => (
                <option key={example.name} value={example.name}>
                  {example.title}
                </option>
              ))}
            </select>
          </div>
          <div class="row">
            <button type="button" onClick={() => void copy(location.href, "Link")}>Copy link</button>
            <button type="button" onClick={() => void copy(json(situation), "JSON")}>Copy JSON</button>
            <button type="button" onClick={() => void copy(curl(situation), "Command")}>Copy curl</button>
          </div>
          <Paste take={take} />
          <datalist id="actions">{first?.loaded.manifest.actions.map((action) => <option key={action} value={action} />)}</datalist>
          <Facts situation={situation} desk={desk} first={first} />
        </section>
      </div>
    </div>
  );
}

function Beside({ second, drop, remove }: { second: Seated | undefined; drop(file: File | undefined): void; remove(): void }) {
  if (second !== undefined) {
    return (
      <p>
        <button type="button" class="quiet" onClick={remove}>
          Remove {second.loaded.id.name} {second.loaded.id.version}
        </button>
      </p>
    );
  }
  return (
    <p class="beside">
      <label>
        Compare with a policy of your own (a <code>.wasm</code> component; it stays in this page):{" "}
        <input type="file" accept=".wasm,application/wasm" onChange={(event) => drop(event.currentTarget.files?.[0])} />
      </label>
    </p>
  );
}

function Paste({ take }: { take(text: string): void }) {
  const [text, setText] = useState("");
  return (
    <details>
      <summary>Paste a request</summary>
      <label for="paste" class="unseen">
        A request as JSON
      </label>
      <textarea id="paste" rows={4} spellcheck={false} value={text} onInput={(event) => setText(event.currentTarget.value)} />
      <button type="button" onClick={() => take(text)}>Use it</button>
    </details>
  );
}

function Facts({ situation, desk, first }: { situation: Situation; desk: Desk; first: Seated | undefined }) {
  const declared = first?.loaded.manifest.attributes.map((one) => ({ name: one.name, kind: String(one.type) })) ?? [];
  const given = (situation["attributes"] ?? {}) as Record<string, unknown>;
  return (
    <form onSubmit={(event) => event.preventDefault()}>
      {REQUEST.fields.map((field) =>
        field.shape.kind === "attributes" ? (
          (declared.length > 0 || Object.keys(given).length > 0) && (
            <fieldset key={field.name} class="group">
              <legend>{label(field.name)}</legend>
              <Attributes declared={declared} given={given} desk={desk} />
            </fieldset>
          )
        ) : (
          <Fact key={field.name} field={field} path={[field.name]} value={situation[field.name]} desk={desk} />
        ),
      )}
    </form>
  );
}
