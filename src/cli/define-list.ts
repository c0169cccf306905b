import type { ArgDeclarations } from './arg-declaration.js';
import type { AnyWords, CommandDefinition, CommandTools, QuickTools, Words, Written } from './command.js';
import { define, type NoArgs, type NoFlags, type Show } from './define-command.js';
import type { FlagDeclarations } from './flag-declaration.js';
import { type ListFlags, listFlags, type Listing, type ListView, listView } from './render/listing.js';

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

/** The writer of lists, in a file of its own: `env` does without what lists need. */
function listWriter<Tools extends QuickTools>() {
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
  };
}

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

export const { lists } = listWriter<CommandTools>();
/** Of lists that also have the quick way, in `light/`. */
export const { lists: quickLists } = listWriter<QuickTools>();
