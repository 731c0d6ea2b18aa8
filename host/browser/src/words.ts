// The contract's names as people read them.

/** `accepted_scope_status` as "Accepted scope status". */
export function label(name: string): string {
  const words = name.replaceAll(/[_-]/g, " ").toLowerCase().replaceAll(/\b(cms|gtm|cmp|url|id)\b/g, (word) => word.toUpperCase());
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** `scan.targets[3].url` as "Scan › Targets 4 › URL". */
export function place(path: string): string {
  if (path.startsWith("attributes.")) return `Attribute › ${path.slice("attributes.".length)}`;
  return path.split(".").map((step) => label(step.replace(/\[(\d+)\]/, (_, index: string) => ` ${Number(index) + 1}`))).join(" › ");
}

/** A fact's value in a few words. */
export function brief(value: unknown): string {
  if (value === null || value === undefined) return "not there";
  if (value === true) return "yes";
  if (value === false) return "no";
  if (value === "") return "empty";
  if (typeof value === "string") return /^[a-z]+(_[a-z]+)*$/.test(value) ? label(value).toLowerCase() : value;
  if (Array.isArray(value)) return value.length === 0 ? "none" : cut(value.map(brief).join(", "));
  if (typeof value === "object") return cut(Object.values(value).filter((one) => typeof one !== "object" && one !== "").map(brief).join(", "));
  return String(value);
}

function cut(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
