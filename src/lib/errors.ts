import { exitCodes, type ExitCode } from './exit-codes.js';

export interface SwarmupErrorOptions {
  /** What the user can type or do next, one sentence each. */
  readonly hints?: readonly string[];
  readonly exitCode?: ExitCode;
  /** The host it happened to. */
  readonly host?: string;
  /** True when the same call may succeed later without anybody changing anything. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/** The JSON form of an error: what `--json` prints under `error`. */
export interface ErrorJson {
  readonly code: string;
  readonly message: string;
  readonly hints: readonly string[];
  readonly exitCode: number;
  readonly host?: string;
}

const brand: unique symbol = Symbol.for('swarmup.SwarmupError');

/**
 * The one error class of swarmup: something went wrong that a user can understand and act on.
 * `message` says in one line what happened and to which host; `code` is stable and in CAPITALS.
 * Anything else that reaches the top is a bug and is reported as one.
 */
export class SwarmupError extends Error {
  /** A driver of a plugin has a copy of this module of its own, and errors of it are errors of ours. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this !== SwarmupError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return value instanceof Error && brand in value;
  }

  readonly code: string;
  readonly hints: readonly string[];
  readonly exitCode: ExitCode;
  readonly host: string | undefined;
  readonly retryable: boolean;
  /** oclif reads the exit code from here, and from `exitCode` under `--json`. */
  readonly oclif: { readonly exit: number };

  constructor(code: string, message: string, options: SwarmupErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SwarmupError';
    this.code = code;
    this.hints = options.hints ?? [];
    this.exitCode = options.exitCode ?? exitCodes.failure;
    this.host = options.host;
    this.retryable = options.retryable ?? false;
    this.oclif = { exit: this.exitCode };
  }

  toJSON(): ErrorJson {
    return {
      code: this.code,
      message: this.message,
      hints: this.hints,
      exitCode: this.exitCode,
      ...(this.host !== undefined && { host: this.host }),
    };
  }
}

Object.defineProperty(SwarmupError.prototype, brand, { value: true });

/** A usage error (exit 2): the command line, a name or a setting is wrong; nothing was done. */
export function usageError(code: string, message: string, ...hints: string[]): SwarmupError {
  return new SwarmupError(code, message, { exitCode: exitCodes.usage, hints });
}

/** The shortest useful text of anything that was thrown: its message, or itself. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The `code` of a Node.js system error (`ENOENT`, `ECONNREFUSED` …) or of a SwarmupError. */
export function codeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}

/**
 * The error of a file operation without the path: `EISDIR: illegal operation on a directory, open '/a'` up to the
 * comma.
 */
export function systemReason(thrown: unknown): string {
  return messageOf(thrown).replace(/, \w+(?: '.*)?$/s, '');
}
