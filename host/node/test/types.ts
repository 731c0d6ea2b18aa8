// Compiled, never run: what the generated types take and refuse.
import { defaultPolicy, type AccessMode, type Decision, type Manifest, type Request } from "scopegate";

declare const request: Request;
const { decision, findings }: Decision = (await defaultPolicy()).evaluate(request);
const verdict: "allow" | "deny" = decision;
const remedy: string | undefined = findings[0]?.remedy;

// What may be left out, and what may not.
const { now: _, attributes: __, scan: ___, ...least } = request;
const lesser: Request = least;
const { actor: ____, ...without } = request;
// @ts-expect-error The actor is missing.
const actorless: Request = without;

const modes: AccessMode[] = ["ticket_only", "agency_managed"];
// @ts-expect-error There is no such mode.
const mode: AccessMode = "root";
const attributes: Request["attributes"] = { a: "text", b: 7, c: 7n, d: true, e: ["x"], f: [] };
// @ts-expect-error A fact has no fraction's type, and is no object.
const wrong: Request["attributes"] = { a: { b: 1 } };
const limit: number = request.scan!.page_limit;
const url: string = request.scan!.targets[0]!.url;
const instant: string | null | undefined = request.approved_scope!.expires_at;
// @ts-expect-error A time is a text.
const seconds: number = request.approved_scope!.approved_at;
const manifest: Manifest = (await defaultPolicy()).describe();
const bytes: number = manifest.limits.memory_bytes;
// @ts-expect-error There is no such fact.
request.made_up;

export { verdict, remedy, lesser, actorless, modes, mode, attributes, wrong, limit, url, instant, seconds, bytes };
