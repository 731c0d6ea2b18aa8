// What can go wrong: one class each. None of them is ever a decision.

/** The bytes are no policy of this contract. */
export class LoadError extends Error {
  override readonly name = "LoadError";
  /** Whether only this package cannot take the component apart, so that what jco transpiles it to may decide: see `policyFrom`. */
  readonly canBeTranspiled: boolean;

  constructor(message: string, options: ErrorOptions & { canBeTranspiled?: boolean } = {}) {
    super(message, options);
    this.canBeTranspiled = options.canBeTranspiled ?? false;
  }
}

/** One thing that is wrong with a request. */
export interface InputFault {
  /** Where it is, as {@link InputError.path} has it, cut if it is long. */
  readonly path: string;
  readonly message: string;
}

/** What was handed in is no request. */
export class InputError extends Error {
  override readonly name = "InputError";
  /** Where it is wrong, such as `scan.targets[3].url`; `$` for the whole. The path of a name that is missing, not known or given twice ends in it. */
  readonly path: string;
  /** Every other name that is missing or not known, in the request's order, a hundred at most. */
  others: readonly InputFault[] = [];

  constructor(path: string, message: string) {
    super(`\`${cut(path)}\`: ${message}`);
    this.path = path;
  }
}

/** What somebody handed in, cut if it is long. */
export function cut(input: string): string {
  return input.length > 80 ? `${input.slice(0, 80)}…` : input;
}

/** There is no decision: the policy cannot judge a fact, its code failed, or it contradicts itself. */
export class EvaluateError extends Error {
  override readonly name = "EvaluateError";
  /** The fact that cannot be judged; `undefined` if it is not about one. */
  readonly path: string | undefined;

  constructor(message: string, options: ErrorOptions & { path?: string } = {}) {
    super(options.path === undefined ? message : `\`${options.path}\`: ${message}`, options);
    this.path = options.path;
  }
}
