import { type BaseIssue, type GenericSchema, type InferOutput, safeParse } from 'valibot';
import { type Fault, type FilePath, type Finding, listed, meantText } from './faults.js';
import { isPlain } from './is-plain.js';
import { nearest } from './nearest.js';

type Checked<T> = { readonly output: T } | { readonly faults: readonly [Fault, ...Fault[]] };

/**
 * The value as its schema describes it, or all problems in plain words: unknown keys with the key that was probably
 * meant, missing keys, and values with the allowed ones. A value that should be a string is never quoted, because it
 * may be a secret.
 */
export function checkValue<S extends GenericSchema>(schema: S, value: unknown): Checked<InferOutput<S>> {
  const { success, output, issues } = safeParse(schema, value);
  if (success) return { output };
  const faults = (issues as readonly BaseIssue<unknown>[]).flatMap((issue) => faultsOf(issue, [], { schema, value }));
  const told = withoutExplained(faults);
  return { faults: told as [Fault, ...Fault[]] };
}

interface Checking {
  readonly schema: GenericSchema;
  readonly value: unknown;
}

/** A fault, and the key that it misses. */
interface SchemaFault extends Fault {
  readonly missing?: string;
  readonly meant?: readonly string[];
}

function faultsOf(issue: BaseIssue<unknown>, above: FilePath, checking: Checking): readonly SchemaFault[] {
  const path = [...above, ...(issue.path ?? []).map(({ key }) => key as string | number)];
  // Of a choice the part that the value was meant for: the one that got further down.
  const further = (issue.issues ?? []).filter((sub) => sub.path !== undefined);
  if (further.length > 0) return further.flatMap((sub) => faultsOf(sub, path, checking));
  const last = issue.path?.at(-1);
  const shapes = shapesAt(checking.schema, path);
  if (issue.expected === 'never') return unknownKeys(path.slice(0, -1), checking);
  if (last !== undefined && isPlain(last.input) && !Object.hasOwn(last.input, String(last.key)))
    return [missingKey(path, shapes)];
  if (issue.kind === 'validation' && !bounds.includes(issue.type)) return [{ path, message: issue.message }];
  return [{ path, ...wrongValue(issue.input, shapes) }];
}

/** All unknown keys of a map: the library reports only the first one. */
function unknownKeys(path: FilePath, { schema, value }: Checking): readonly SchemaFault[] {
  const known = keysOf(shapesAt(schema, path));
  return Object.keys(valueAt(value, path) ?? {})
    .filter((key) => !known.includes(key))
    .map((key) => ({ path: [...path, key], meant: nearest(key, known), ...unknownKey(key, known) }));
}

/** The message about an unknown key, with the key that was probably meant, or else with the known keys. */
export function unknownKey(key: string, known: readonly string[]): Finding {
  const meant = nearest(key, known);
  if (meant.length > 0) return { message: `there is no such key${meantText(meant)}`, isSlip: true };
  return { message: `there is no such key${known.length === 0 ? '' : `; the keys here are ${listed(known)}`}` };
}

function missingKey(path: FilePath, shapes: readonly Shape[]): SchemaFault {
  const key = String(path.at(-1));
  return { path: path.slice(0, -1), missing: key, message: `the key ${key} is missing; it must be ${allowed(shapes)}` };
}

/** A missing key that was mistyped is not reported again. */
const withoutExplained = (faults: readonly SchemaFault[]): readonly Fault[] => {
  const isExplained = ({ path, missing }: SchemaFault): boolean =>
    missing !== undefined &&
    faults.some(({ meant, path: other }) => meant?.includes(missing) === true && isSame(other.slice(0, -1), path));
  return faults
    .filter((fault) => !isExplained(fault))
    .map(({ path, message, isSlip }) => ({ path, message, ...(isSlip && { isSlip }) }));
};

const isSame = (a: FilePath, b: FilePath): boolean => a.length === b.length && a.every((key, i) => key === b[i]);

function wrongValue(value: unknown, shapes: readonly Shape[]): Finding {
  const words = shapes.flatMap(wordsOf);
  const meant = typeof value === 'string' ? nearest(value, words) : [];
  const isSecret = shapes.some(({ type }) => type === 'string');
  const found = isSecret || typeof value === 'object' ? kindOf(value) : foundText(value);
  const message = `it must be ${allowed(shapes)}, but is ${found}${meantText(meant)}`;
  return { message, ...(meant.length > 0 && { isSlip: true }) };
}

/** The kind of a value, without showing the value. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return 'a string';
  if (typeof value === 'number' || typeof value === 'bigint') return 'a number';
  return typeof value === 'boolean' ? String(value) : 'a map';
}

const longest = 40;

function foundText(value: unknown): string {
  if (typeof value !== 'string') return typeof value === 'number' ? String(value) : kindOf(value);
  return JSON.stringify(value.length > longest ? `${value.slice(0, longest)}…` : value);
}

/** What the schemas of the library have in common, as far as it matters here. */
interface Shape {
  readonly type: string;
  readonly entries?: Readonly<Record<string, Shape>>;
  readonly value?: Shape;
  readonly rest?: Shape;
  readonly item?: Shape;
  readonly wrapped?: Shape;
  readonly pipe?: readonly Shape[];
  readonly options?: readonly unknown[];
  readonly literal?: unknown;
  readonly requirement?: unknown;
}

/** The schemas for what stands at a path, without the choices and the wrapping around them. */
function shapesAt(schema: Shape, path: FilePath): readonly Shape[] {
  return path.reduce<readonly Shape[]>(
    (shapes, key) =>
      shapes.flatMap((shape) => {
        const below =
          shape.entries?.[String(key)] ??
          (shape.type === 'record' ? shape.value : undefined) ??
          shape.item ??
          shape.rest;
        return below === undefined ? [] : unwrapped(below);
      }),
    unwrapped(schema),
  );
}

function unwrapped(shape: Shape): readonly Shape[] {
  if (shape.wrapped !== undefined) {
    const inner = unwrapped(shape.wrapped);
    return shape.type === 'nullable' ? [...inner, nothing] : inner;
  }
  if (shape.type === 'union' || shape.type === 'variant') return (shape.options as readonly Shape[]).flatMap(unwrapped);
  return [shape];
}

const nothing: Shape = { type: 'nothing' };

const keysOf = (shapes: readonly Shape[]): readonly string[] => [
  ...new Set(shapes.flatMap(({ entries }) => Object.keys(entries ?? {}))),
];

const valueAt = (value: unknown, path: FilePath): unknown =>
  path.reduce<unknown>((part, key) => (part as Readonly<Record<string | number, unknown>> | undefined)?.[key], value);

/** Checks of numbers, which are reported with the allowed range. */
const bounds = ['integer', 'min_value', 'max_value'];

const kinds: Readonly<Record<string, string>> = {
  string: 'a string',
  boolean: 'true or false',
  array: 'a list',
  nothing: 'nothing',
};

/** As in `a whole number from 1 to 100 or nothing`. */
function allowed(shapes: readonly Shape[]): string {
  return listed(
    [...new Set(shapes.flatMap((shape) => (wordsOf(shape).length > 0 ? wordsOf(shape) : kindAllowed(shape))))],
    30,
  );
}

const wordsOf = ({ type, options = [], literal }: Shape): readonly string[] => {
  if (type === 'literal') return [String(literal)];
  return type === 'picklist' ? options.map(String) : [];
};

function kindAllowed(shape: Shape): string {
  if (shape.type !== 'number') return kinds[shape.type] ?? 'a map';
  const check = (type: string) => shape.pipe?.find((part) => part.type === type)?.requirement as number | undefined;
  const kind = shape.pipe?.some(({ type }) => type === 'integer') === true ? 'a whole number' : 'a number';
  const [least, most] = [check('min_value'), check('max_value')];
  if (least === undefined || most === undefined) return kind;
  return most === Number.MAX_SAFE_INTEGER
    ? `${kind}, at least ${String(least)}`
    : `${kind} from ${String(least)} to ${String(most)}`;
}
