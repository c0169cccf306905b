import { usageError } from '../../lib/errors.js';
import { nearest } from '../../lib/nearest.js';
import type { FlagDeclarations } from '../flag-declaration.js';
import { table } from './table.js';
import { compileTemplate } from './template.js';

/** A column of a list. */
export interface Column<Row> {
  /** The head of the table, where it is not the field's name in capitals. null: only `--format` and `--filter` know it. */
  readonly head?: string | null;
  readonly text: (row: Row) => string;
  /** In the table, where it says more than the field. */
  readonly cell?: (row: Row) => string;
}

/** What a command lists, as data: its table, its `-q`, and what `--format` and `--filter` understand come from it. */
export interface Listing<Row> {
  /** What another command takes for such a row; `-q` prints it. */
  readonly id: (row: Row) => string;
  /** By field of a template, as docker calls it where docker lists such rows. */
  readonly columns: Readonly<Record<string, Column<Row>>>;
  /** What `--filter label=KEY` and `label=KEY=VALUE` look at. */
  readonly labels?: (row: Row) => readonly string[];
}

/** The flags that every list has. */
export interface ListFlags {
  readonly quiet: boolean;
  readonly filter: readonly string[];
  readonly format?: string | undefined;
}

/** A list as it was asked for. */
export interface ListView<Row> {
  /** Whether the row is wanted. */
  readonly keep: (row: Row) => boolean;
  /** The whole is shown as a table, so notes may stand below it. */
  readonly isTable: boolean;
  readonly text: (rows: readonly Row[]) => string;
}

const keysOf = <Row>({ columns, labels }: Listing<Row>): readonly string[] => [
  ...Object.keys(columns).map((field) => field.toLowerCase()),
  ...(labels === undefined ? [] : ['label']),
];

/** `-q`, `--filter` and `--format`, with the keys and fields that there are. */
export const listFlags = <Row>(listing: Listing<Row>) =>
  ({
    quiet: {
      type: 'boolean',
      char: 'q',
      description: 'print only the name or ID of each row, as other commands take it',
    },
    filter: {
      type: 'list',
      description: `show only the rows in which KEY is VALUE; keys: ${keysOf(listing).join(' ')}`,
      value: 'KEY=VALUE',
    },
    format: {
      type: 'string',
      description: `json, table, or a Go-style template for each row; fields: ${Object.keys(listing.columns).join(' ')}`,
      value: 'TEMPLATE',
    },
  }) as const satisfies FlagDeclarations;

/**
 * How to show a list that was asked for with these flags. Errors: FORMAT_INVALID, FILTER_INVALID, FLAGS_CONFLICT (exit 2),
 * all before anybody is asked for rows.
 */
export function listView<Row>(listing: Listing<Row>, flags: ListFlags, { json = false } = {}): ListView<Row> {
  const { quiet, format } = flags;
  const keep = compileFilter(listing, flags.filter);
  const fill = format === undefined || format === 'table' ? undefined : filledRows(listing, format);
  // docker 28.2 drops one of the two: `docker ps` the format, with a warning, and `docker image ls` the -q.
  if (quiet && format !== undefined) throw conflict('-q and --format');
  if (json && (quiet || format !== undefined)) throw conflict(quiet ? '--json and -q' : '--json and --format');
  if (quiet) return { keep, isTable: false, text: (rows) => rows.map((row) => `${listing.id(row)}\n`).join('') };
  return { keep, isTable: fill === undefined, text: fill ?? ((rows) => listTable(listing, rows)) };
}

/** Rows by a template, or as JSON of the same fields. */
function filledRows<Row>({ columns }: Listing<Row>, format: string): (rows: readonly Row[]) => string {
  const sample = Object.fromEntries(Object.keys(columns).map((field) => [field, '']));
  const fill = compileTemplate(format === 'json' ? '{{json .}}' : format, sample);
  const valuesOf = (row: Row): Readonly<Record<string, string>> =>
    Object.fromEntries(Object.entries(columns).map(([field, { text }]) => [field, text(row)]));
  return (rows) => fill(rows.map(valuesOf));
}

const conflict = (flags: string): Error =>
  usageError(
    'FLAGS_CONFLICT',
    `${flags} cannot be used together: each chooses how the list is printed`,
    'give one of them',
  );

/** All rows as a table. */
export function listTable<Row>({ columns }: Listing<Row>, rows: readonly Row[]): string {
  const shown = Object.entries(columns).filter(([, { head }]) => head !== null);
  return table(
    shown.map(([field, { head }]) => head ?? field.toUpperCase()),
    rows.map((row) => shown.map(([, { text, cell = text }]) => cell(row))),
  );
}

/**
 * `--filter` as docker and docker-machine have it: the same key twice means one or the other, different keys mean both.
 * `name` and `id` are regular expressions, which what docker takes (a part of a name, the beginning of an ID) are too.
 */
function compileFilter<Row>(listing: Listing<Row>, filters: readonly string[]): (row: Row) => boolean {
  const wanted = new Map<string, string[]>();
  for (const filter of filters) {
    const [key, value] = parseFilter(filter, keysOf(listing));
    wanted.set(key, [...(wanted.get(key) ?? []), value]);
  }
  const tests = [...wanted].map(([key, values]) => {
    const test = testOf(listing, key);
    return (row: Row): boolean => values.some((value) => test(row, value));
  });
  return (row) => tests.every((test) => test(row));
}

function testOf<Row>({ columns, labels }: Listing<Row>, key: string): (row: Row, value: string) => boolean {
  if (key === 'label' && labels !== undefined)
    return (row, value) => labels(row).some((label) => label === value || label.startsWith(`${value}=`));
  const [, column] = Object.entries(columns).find(([field]) => field.toLowerCase() === key) ?? [];
  const textOf = (row: Row): string => column?.text(row) ?? '';
  if (key === 'name') return (row, value) => new RegExp(value).test(textOf(row));
  if (key === 'id') return (row, value) => textOf(row).startsWith(value);
  return (row, value) => textOf(row).toLowerCase() === value.toLowerCase();
}

function parseFilter(filter: string, known: readonly string[]): readonly [string, string] {
  const at = filter.indexOf('=');
  const key = filter.slice(0, Math.max(at, 0));
  const value = filter.slice(at + 1);
  const keys = `the keys are ${known.join(', ')}`;
  if (at === -1 || value === '')
    throw usageError('FILTER_INVALID', `--filter: ${JSON.stringify(filter)} is not KEY=VALUE`, keys);
  if (!known.includes(key)) {
    const [meant] = nearest(key, known);
    const hints = meant === undefined ? [keys] : [`did you mean ${meant}=${value}?`, keys];
    throw usageError('FILTER_INVALID', `--filter: there is no key ${JSON.stringify(key)}`, ...hints);
  }
  if (key === 'name' && !isPattern(value))
    throw usageError('FILTER_INVALID', `--filter: ${JSON.stringify(value)} is not a regular expression`);
  return [key, value];
}

function isPattern(value: string): boolean {
  try {
    new RegExp(value);
    return true;
  } catch {
    return false;
  }
}
