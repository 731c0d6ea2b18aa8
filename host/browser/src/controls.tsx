// A control for each fact, made from the shape of it.
import { useMemo } from "preact/hooks";
import { blank, type Field, type Shape } from "./schema";
import { at, EXAMPLES, type Path, written } from "./situation";
import { label } from "./words";

/** What every control knows. */
export interface Desk {
  change(path: Path, value: unknown): void;
  /** The time that new facts begin with. */
  now: string;
  /** The facts that decided an unmet requirement. */
  deciding: ReadonlySet<string>;
}

/** The id of the control of the fact at `path`. */
export function controlId(path: string): string {
  return `fact:${path}`;
}

/** Whether a fact at or below `path` decided. */
export function decides(deciding: ReadonlySet<string>, path: string): boolean {
  if (deciding.has(path)) return true;
  for (const one of deciding) if (one.startsWith(`${path}.`) || one.startsWith(`${path}[`)) return true;
  return false;
}

/** A named fact. */
export function Fact({ field, path, value, desk }: { field: Field; path: Path; value: unknown; desk: Desk }) {
  const { deciding, change, now } = desk;
  const key = written(path);
  const relevant = [...deciding].filter((one) => one === key || one.startsWith(`${key}.`) || one.startsWith(`${key}[`)).join("\n");
  return useMemo(() => <Named {...{ field, path, value, desk }} />, [field, key, value, relevant, change, now]);
}

function Named({ field, path, value, desk }: { field: Field; path: Path; value: unknown; desk: Desk }) {
  const { shape, description } = field;
  const key = written(path);
  const name = typeof path.at(-1) === "number" ? `${label(field.name)} ${(path.at(-1) as number) + 1}` : label(field.name);
  const isThere = value !== undefined && value !== null;
  const add = () => desk.change(path, EXAMPLES.map((example) => at(example.situation, path)).find((one) => one !== undefined) ?? blank(shape, desk.now));
  if (shape.kind === "record" || shape.kind === "list" || shape.kind === "attributes") {
    return (
      <fieldset id={controlId(key)} tabIndex={-1} class={desk.deciding.has(key) ? "group decides" : "group"}>
        <legend>
          {name} {desk.deciding.has(key) && <Mark />}
        </legend>
        {description && <p class="hint">{description}</p>}
        {field.isOptional && <Presence {...{ name, isThere }} set={(there) => (there ? add() : desk.change(path, undefined))} />}
        {isThere && <Inside {...{ shape, path, value, desk, name }} />}
      </fieldset>
    );
  }
  const id = controlId(key);
  const isDeciding = desk.deciding.has(key);
  return (
    <div class={`fact ${shape.kind}${isDeciding ? " decides" : ""}`}>
      <label for={isThere ? id : undefined} class={isThere ? "" : "away"}>
        {name} {isDeciding && <Mark />}
      </label>
      {isThere && <Leaf {...{ shape, path, value, desk }} describedBy={description ? `${id}?` : undefined} />}
      {field.isOptional && <Presence {...{ name, isThere }} set={(there) => (there ? add() : desk.change(path, undefined))} />}
      {description && (
        <p class="hint" id={`${id}?`}>
          {description}
        </p>
      )}
    </div>
  );
}

function Mark() {
  return <span class="mark">decided</span>;
}

function Presence({ name, isThere, set }: { name: string; isThere: boolean; set(there: boolean): void }) {
  return (
    <label class="presence">
      <input type="checkbox" checked={isThere} onChange={(event) => set(event.currentTarget.checked)} /> <span class="unseen">{name}: </span>there is one
    </label>
  );
}

/** What stands in a record, a list or the attributes. */
export function Inside({ shape, path, value, desk, name }: { shape: Shape; path: Path; value: unknown; desk: Desk; name: string }) {
  if (shape.kind === "record") {
    return (
      <>
        {shape.fields.map((field) => (
          <Fact key={field.name} field={field} path={[...path, field.name]} value={(value as Record<string, unknown>)[field.name]} desk={desk} />
        ))}
      </>
    );
  }
  if (shape.kind === "list") return <List {...{ shape, path, desk, name }} elements={value as unknown[]} />;
  return null;
}

/** The most elements that have controls; a longer list is changed as JSON. */
const ELEMENTS = 100;

function List({ shape, path, elements, desk, name }: { shape: Shape & { kind: "list" }; path: Path; elements: unknown[]; desk: Desk; name: string }) {
  const { change } = desk;
  const field: Field = useMemo(() => ({ name: String(path.at(-1)), description: "", isOptional: false, shape: shape.of }), [shape]);
  return (
    <>
      {elements.length === 0 && <p class="none">None.</p>}
      <ul class="elements">
        {elements.slice(0, ELEMENTS).map((element, index) => (
          <li key={index}>
            <Fact field={field} path={[...path, index]} value={element} desk={desk} />
            <button type="button" class="quiet" onClick={() => change([...path, index], undefined)}>
              Remove<span class="unseen"> {name} {index + 1}</span>
            </button>
          </li>
        ))}
      </ul>
      {elements.length > ELEMENTS && <p class="none">{elements.length - ELEMENTS} more; paste the request as JSON to change them.</p>}
      <button type="button" class="quiet" disabled={elements.length >= shape.most} onClick={() => change([...path, elements.length], blank(shape.of, desk.now))}>
        Add<span class="unseen"> to {name}</span>
      </button>
    </>
  );
}

function Leaf({ shape, path, value, desk, describedBy }: { shape: Shape; path: Path; value: unknown; desk: Desk; describedBy: string | undefined }) {
  const id = controlId(written(path));
  const common = { id, "aria-describedby": describedBy };
  const set = (to: unknown) => desk.change(path, to);
  switch (shape.kind) {
    case "truth":
      return <input type="checkbox" {...common} checked={value === true} onChange={(event) => set(event.currentTarget.checked)} />;
    case "enum":
      return (
        <select {...common} value={String(value)} onChange={(event) => set(event.currentTarget.value)}>
          {shape.cases.map((one) => (
            <option key={one.value} value={one.value} title={one.description}>
              {label(one.value)}
            </option>
          ))}
        </select>
      );
    case "number":
      return (
        <input type="number" {...common} value={Number(value)} min={shape.least} max={shape.most} step={1}
          onInput={(event) => event.currentTarget.validity.valid && event.currentTarget.value !== "" && set(event.currentTarget.valueAsNumber)} />
      );
    case "time":
      return (
        <input type="datetime-local" {...common} step={1} min="1970-01-01T00:00:00" max="9999-12-31T23:59:59" value={clock(String(value))}
          onInput={(event) => {
            const { value: entered } = event.currentTarget;
            if (entered !== "") set(`${entered.length === 16 ? `${entered}:00` : entered}Z`);
          }} />
      );
    default:
      return (
        <input type="text" {...common} value={String(value)} list={path[0] === "action" ? "actions" : undefined} autocomplete="off" spellcheck={false}
          onInput={(event) => set(event.currentTarget.value)} />
      );
  }
}

/** A time as the control has it, in UTC. */
function clock(time: string): string {
  const instant = Date.parse(time);
  return Number.isNaN(instant) ? "" : new Date(instant).toISOString().slice(0, 19);
}

/** The custom facts that the policy declares, and those the situation has. */
export function Attributes({ declared, given, desk }: { declared: readonly { name: string; kind: string }[]; given: Record<string, unknown>; desk: Desk }) {
  const names = [...new Set([...declared.map((one) => one.name), ...Object.keys(given)])];
  return (
    <>
      {names.map((name) => {
        const kind = declared.find((one) => one.name === name)?.kind;
        const shape = attributeShape(kind, given[name]);
        return <Fact key={name} field={{ name, description: kind === undefined ? "This policy reads no such fact." : "", isOptional: true, shape }} path={["attributes", name]} value={given[name]} desk={desk} />;
      })}
    </>
  );
}

const LIST: Shape = { kind: "list", of: { kind: "text" }, most: 256 };
const NUMBER: Shape = { kind: "number", least: Number.MIN_SAFE_INTEGER, most: Number.MAX_SAFE_INTEGER };
const TRUTH: Shape = { kind: "truth" };
const TEXT: Shape = { kind: "text" };

function attributeShape(kind: string | undefined, value: unknown): Shape {
  if (kind === "texts" || (kind === undefined && Array.isArray(value))) return LIST;
  if (kind === "number" || (kind === undefined && typeof value === "number")) return NUMBER;
  if (kind === "truth" || (kind === undefined && typeof value === "boolean")) return TRUTH;
  return TEXT;
}
