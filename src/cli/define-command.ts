import type { ArgDeclarations } from './arg-declaration.js';
import type {
  AnyWords,
  CommandDefinition,
  CommandTools,
  QuickTools,
  Rendered,
  Shown,
  Words,
  Written,
} from './command.js';
import type { FlagDeclarations } from './flag-declaration.js';
import { type ListFlags, listFlags, type Listing, type ListView, listView } from './render/listing.js';

/** Of every command that changes something. */
export const dryRunFlag = { type: 'boolean', description: 'show what would be done, and change nothing' } as const;

const changing = { 'dry-run': dryRunFlag } as const;
const destroying = {
  ...changing,
  yes: { type: 'boolean', char: 'y', description: 'do not ask for confirmation' },
} as const;

const none = {} as const;
type NoArgs = typeof none;
type NoFlags = typeof none;
type Listed = ReturnType<typeof listFlags>;

export interface ListWritten<Row, Key extends string, Call, Result> {
  readonly listing: Listing<Row>;
  /** Where the rows are in the result. */
  readonly rows: Key;
  /** What stands below the table. */
  readonly notes?: (shown: Result, call: Call) => string;
  /** What is said instead of a table, where there is nothing at all. */
  readonly empty?: (result: Result) => string;
}

type Show<Call> = (result: unknown, call: Call) => Shown;

/** Writes definitions whose `run` is given these tools: a writer for each kind of command, which adds the flags of its kind. */
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
    /**
     * Prints rows: with `-q`, `--filter` and `--format`. Errors in these flags are reported before the rows are
     * requested.
     */
    lists: <
      Row,
      const Key extends string,
      Result extends Readonly<Record<Key, readonly Row[]>>,
      const A extends ArgDeclarations = NoArgs,
      const F extends FlagDeclarations = NoFlags,
    >(
      written: Written<A, F, Tools & Words<A, F & Listed>, Result> &
        ListWritten<Row, Key, Tools & Words<A, F & Listed>, Result>,
    ): Definition => {
      const definition = define<Tools>('lists', written, listFlags(written.listing), showRows(written));
      return {
        ...definition,
        run: (call) => {
          viewOf(written.listing, call);
          return definition.run(call);
        },
      };
    },
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
function define<Tools>(
  kind: CommandDefinition['kind'],
  written: unknown,
  added: FlagDeclarations,
  show: Show<never>,
): CommandDefinition<Tools> {
  const { summary, description = '', usage, examples, args = {}, flags, json = true, ...rest } = written as AnyWritten;
  const { because, read, scope, isQuick, run, exitCode } = rest;
  const told = { kind, summary, description, usage, examples, args, flags: { ...added, ...flags }, json };
  return { ...told, because, read, scope, isQuick, run, exitCode, show } as unknown as CommandDefinition<Tools>;
}

const showText =
  <Call, Result>({ render }: Rendered<Call, Result>): Show<Call> =>
  (result, call) => ({ result, text: render?.(result as Exclude<Result, undefined>, call) ?? '' });

const viewOf = <Row>(listing: Listing<Row>, { flags, json }: Pick<QuickTools & AnyWords, 'flags' | 'json'>) =>
  listView(listing, flags as unknown as ListFlags, { json });

function showRows<
  Row,
  Key extends string,
  Call extends QuickTools,
  Result extends Readonly<Record<Key, readonly Row[]>>,
>({ listing, rows: key, notes, empty }: ListWritten<Row, Key, Call, Result>): Show<Call & AnyWords> {
  return (given, call) => {
    const result = given as Result;
    const view: ListView<Row> = viewOf(listing, call);
    const shown = { ...result, [key]: result[key].filter(view.keep) };
    const text = view.text(shown[key]);
    if (!view.isTable) return { result: shown, text };
    const table = empty !== undefined && result[key].length === 0 ? `${empty(result)}\n` : text;
    return { result: shown, text: `${table}${notes?.(shown, call) ?? ''}` };
  };
}

export const { lists, shows, changes, changesAtOnce, destroys } = writers<CommandTools>();
/** Of commands that also have the quick way, in `light/`. */
export const quick = writers<QuickTools>();
