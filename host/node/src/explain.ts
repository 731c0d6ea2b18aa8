// Finds facts by their paths, as explanations name them.

/** The value at `path` of a request, such as `scan.targets[3].url`; `null` if there is none. */
export function lookUp(request: unknown, path: string): unknown {
  const attributes = "attributes.";
  if (path.startsWith(attributes)) {
    const name = path.slice(attributes.length);
    const of = field(request, "attributes");
    // An attribute may be named anything, even `a.b[0]`.
    return field(of, name) ?? step(of, name) ?? null;
  }
  return path.split(".").reduce(step, request) ?? null;
}

function step(value: unknown, name: string): unknown {
  const found = /^(.*)\[(\d+)\]$/.exec(name);
  return found === null ? field(value, name) : field(field(value, found[1]!), found[2]!);
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}
