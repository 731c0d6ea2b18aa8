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

/** What was handed in is no request. */
export class InputError extends Error {
  override readonly name = "InputError";
  /** Where it is wrong, such as `scan.targets[3].url`; `$` for the whole. The path of a name that is missing, not known or given twice ends in it. */
  readonly path: string;

  constructor(path: string, message: string) {
    super(`\`${path}\`: ${message}`);
    this.path = path;
  }
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
