import type { OperationContext } from '../operations/access/context.js';
import type { ArgDeclarations, ArgValues } from './arg-declaration.js';
import type { CommandIo } from './command-io.js';
import type { CommandContext } from './context.js';
import type { FlagDeclarations, FlagValues } from './flag-declaration.js';
import type { LoadedDrivers } from './load-drivers.js';

export interface OperateOptions {
  readonly quiet?: boolean;
  /** What to type after Ctrl-C, where the operation does not know better. */
  readonly afterInterrupt?: readonly string[];
  /** Ctrl-C is how it ends, not a failure: the operation resolves then. */
  readonly untilInterrupt?: boolean;
}

/** The tools of a command that only reads: the quick way, which does not load oclif, provides only these. */
export interface QuickTools {
  readonly io: CommandIo;
  /** The result is printed as JSON, and nothing else. */
  readonly json: boolean;
  /** Runs an operation with progress on stderr; the first Ctrl-C stops it. Errors: INTERRUPTED, TERMINATED. */
  readonly operate: <T>(options: OperateOptions, work: (context: OperationContext) => Promise<T>) => Promise<T>;
}

/** What a command is given besides its words. */
export interface CommandTools extends QuickTools {
  readonly operate: <T>(options: OperateOptions, work: (context: CommandContext) => Promise<T>) => Promise<T>;
  /** All words after the command, as they were typed. */
  readonly argv: readonly string[];
  readonly version: string;
  /** Where oclif keeps its plugins. */
  readonly dataDir: string;
  /** The built-in drivers and those of plugins. */
  readonly drivers: () => Promise<LoadedDrivers>;
  /** Prints text as it comes, not with `--json`. */
  readonly print: (text: string) => void;
  /** The command still returns its result, but the process ends with `code`. */
  readonly exitWith: (code: number) => void;
  /**
   * Asks before something is lost, unless `--yes` or `--dry-run` is given. `preview` describes the loss with a dry run
   * of the same command; undefined: nothing is lost. Errors: those of the preview; CANCELLED; CONFIRMATION_NEEDED (exit
   * 2) if there is no terminal.
   */
  readonly approveLoss: (
    flags: { readonly yes: boolean; readonly 'dry-run': boolean },
    question: string,
    preview: () => Promise<string | undefined>,
  ) => Promise<void>;
}

export interface Words<A extends ArgDeclarations, F extends FlagDeclarations> {
  readonly args: ArgValues<A>;
  readonly flags: FlagValues<F>;
  /** The flags as they were typed, with defaults: a missing flag is absent, because missing and false differ. */
  readonly given: Readonly<Record<string, unknown>>;
}

/** How a command line is read, where that is more than its declared words. */
interface Reading {
  readonly argv: readonly string[];
  /** Flags that are known only now: those of drivers of plugins. */
  readonly flags?: FlagDeclarations;
}

export type Reader = (tools: CommandTools) => Reading | Promise<Reading>;

/** What is written of a command: `Flags` are all that it has, with those of its kind. */
export interface Written<A extends ArgDeclarations, F extends FlagDeclarations, Call, Result> {
  /** One line. */
  readonly summary: string;
  readonly description?: string;
  /** Where its words are more than its arguments tell: `ssh [HOST] [-- COMMAND...]`. */
  readonly usage?: string;
  readonly examples: readonly string[];
  readonly args?: A;
  readonly flags?: F;
  /** false: it passes on what others print. */
  readonly json?: false;
  readonly read?: Reader;
  /** The swarm whose hosts it calls by their short names, where its words do not tell. */
  readonly scope?: string;
  /** false for these words: they need what only oclif has. */
  readonly isQuick?: (args: ArgValues<A>) => boolean;
  /** The one operation of the command; undefined: it printed all as it came. */
  readonly run: (call: Call) => Promise<Result>;
  /** What the process ends with after this result. */
  readonly exitCode?: (result: Defined<Result>, call: Call) => number;
}

type Defined<Result> = Exclude<Result, undefined>;

/** Its result as text for stdout; `--json` prints the result itself. */
export interface Rendered<Call, Result> {
  readonly render?: (result: Defined<Result>, call: Call) => string;
}

/** What is shown of a result, and the result as `--json` prints it. */
export interface Shown {
  readonly result: unknown;
  readonly text: string;
}

/**
 * A command as data: from it come its oclif class, the quick way, its help, its completion and its page of the manual.
 * It is written by one of `lists`, `shows`, `changes` and `destroys`, which add the flags of its kind.
 */
export interface CommandDefinition<Tools = CommandTools> {
  readonly kind: 'lists' | 'shows' | 'changes' | 'destroys';
  /** Of a change without a dry run: the reason. */
  readonly because: string | undefined;
  readonly summary: string;
  readonly description: string;
  readonly usage: string | undefined;
  readonly examples: readonly string[];
  readonly args: ArgDeclarations;
  readonly flags: FlagDeclarations;
  readonly json: boolean;
  readonly read: Reader | undefined;
  readonly scope: string | undefined;
  readonly isQuick: ((args: ArgValues<ArgDeclarations>) => boolean) | undefined;
  readonly run: (call: Tools & AnyWords) => Promise<unknown>;
  readonly exitCode: ((result: unknown, call: Tools & AnyWords) => number) | undefined;
  readonly show: (result: unknown, call: Tools & AnyWords) => Shown;
}

export type AnyWords = Words<ArgDeclarations, FlagDeclarations>;

/** Runs a command and returns the text to print; undefined: it has already printed everything. */
export async function runCommand<Tools extends QuickTools>(
  definition: CommandDefinition<Tools>,
  call: Tools & AnyWords,
): Promise<(Shown & { readonly exitCode: number | undefined }) | undefined> {
  const result = await definition.run(call);
  if (result === undefined) return undefined;
  const exitCode = definition.exitCode?.(result, call);
  return { ...definition.show(result, call), exitCode };
}
