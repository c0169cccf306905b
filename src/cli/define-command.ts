import type { ArgDeclarations } from './arg-declaration.js';
import type { CommandDefinition, CommandTools, QuickTools, Rendered, Shown, Words, Written } from './command.js';
import type { FlagDeclarations } from './flag-declaration.js';

/** Of every command that changes something. */
export const dryRunFlag = { type: 'boolean', description: 'show what would be done, and change nothing' } as const;

const changing = { 'dry-run': dryRunFlag } as const;
const destroying = {
  ...changing,
  yes: { type: 'boolean', char: 'y', description: 'do not ask for confirmation' },
} as const;

const none = {} as const;
export type NoArgs = typeof none;
export type NoFlags = typeof none;
export type Show<Call> = (result: unknown, call: Call) => Shown;

/**
 * Writes definitions whose `run` is given these tools: a writer for each kind of command, which adds the flags of its
 * kind. That of lists is in `define-list.ts`.
 */
function writers<Tools extends QuickTools>() {
  type Of<A extends ArgDeclarations, F extends FlagDeclarations, Added, Result> = Written<
    A,
    F,
    Tools & Words<A, F & Added>,
    Result
  > &
    Rendered<Tools & Words<A, F & Added>, Result>;
  type Definition = CommandDefinition<Tools>;
  return {
    /** Changes nothing. */
    shows: <Result, const A extends ArgDeclarations = NoArgs, const F extends FlagDeclarations = NoFlags>(
      written: Of<A, F, NoFlags, Result>,
    ): Definition => define('shows', written, none, showText(written)),
    /** Changes hosts, a swarm or what is declared: with `--dry-run`. */
    changes: <Result, const A extends ArgDeclarations = NoArgs, const F extends FlagDeclarations = NoFlags>(
      written: Of<A, F, typeof changing, Result>,
    ): Definition => define('changes', written, changing, showText(written)),
    /** The same of what needs no plan: files of this computer, and what a user types to be done. `because` says which. */
    changesAtOnce: <Result, const A extends ArgDeclarations = NoArgs, const F extends FlagDeclarations = NoFlags>(
      written: Of<A, F, NoFlags, Result> & { readonly because: string },
    ): Definition => define('changes', written, none, showText(written)),
    /** Takes away what no other command brings back: it asks first, with `--dry-run` and `--yes`. */
    destroys: <Result, const A extends ArgDeclarations = NoArgs, const F extends FlagDeclarations = NoFlags>(
      written: Of<A, F, typeof destroying, Result>,
    ): Definition => define('destroys', written, destroying, showText(written)),
  };
}

type AnyWritten = Written<ArgDeclarations, FlagDeclarations, never, never> & { readonly because?: string };

/** Types end here: the caller parses with the declarations of the definition, which also type its functions. */
export function define<Tools>(
  kind: CommandDefinition['kind'],
  written: unknown,
  added: FlagDeclarations,
  show: Show<never>,
): CommandDefinition<Tools> {
  const { summary, description = '', usage, examples, args = {}, flags, json = true, ...rest } = written as AnyWritten;
  const { because, read, scope, isQuick, asksDrivers, run, exitCode } = rest;
  const told = { kind, summary, description, usage, examples, args, flags: { ...added, ...flags }, json };
  return {
    ...told,
    because,
    read,
    scope,
    isQuick,
    asksDrivers,
    run,
    exitCode,
    show,
  } as unknown as CommandDefinition<Tools>;
}

const showText =
  <Call, Result>({ render }: Rendered<Call, Result>): Show<Call> =>
  (result, call) => ({ result, text: render?.(result as Exclude<Result, undefined>, call) ?? '' });

export const { shows, changes, changesAtOnce, destroys } = writers<CommandTools>();
/** Of commands that also have the quick way, in `light/`. */
export const quick = writers<QuickTools>();
