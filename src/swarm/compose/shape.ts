import { FileFaultError, type FilePath, type Finding, listed, meantText } from '../../lib/faults.js';
import { isPlain } from '../../lib/is-plain.js';
import { nearest } from '../../lib/nearest.js';
import { kindOf as plainKindOf, unknownKey as unknownKeyOf } from '../../lib/schema-faults.js';
import { goText } from './go-text.js';
import { GoScalar } from './go-yaml.js';

/** The position of a value in the files, and the context for reading it. */
export interface Place {
  readonly path: FilePath;
  readonly at: (key: string | number) => Place;
  /** Errors: COMPOSE_INVALID (exit 2) with file, line and column. */
  readonly fail: (message: string | Finding, ...hints: readonly string[]) => never;
  readonly warn: (message: string) => void;
  /** Fills variables in. Errors: COMPOSE_INVALID, VARIABLE_MISSING. */
  readonly fill: (text: string) => string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What relative paths are relative to. */
  readonly folder: string;
}

/** One form of a value: how it is read from a file, and how a later file changes it. */
export interface Shape<T> {
  readonly read: (value: unknown, at: Place) => T;
  readonly merge: (below: T, above: T) => T;
  /** Of a map, or of the maps in a list, by the table that reads them. */
  readonly keys?: Keys<never> | undefined;
}

const above = <T>(_: T, value: T): T => value;
const orBelow = <T>(below: T, value: T): T => (value === '' || value === 0 || value === false ? below : value);

export const kindOf = (value: unknown): string =>
  value instanceof GoScalar ? (value.number === undefined ? 'a time' : 'a number') : plainKindOf(value);

const quoteIt = (value: unknown): readonly string[] =>
  goText(value) === undefined && typeof value !== 'boolean' ? [] : ['put the value in quotes'];

export const text: Shape<string> = {
  read: (value, at) =>
    typeof value === 'string'
      ? at.fill(value)
      : at.fail(`it must be a string, but is ${kindOf(value)}`, ...quoteIt(value)),
  merge: orBelow,
};

/** What docker casts when a variable stood there, and what not. */
type Cast = 'cast' | 'plain';

function numberOf(value: unknown, at: Place, cast: Cast, what: string): number {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  if (value instanceof GoScalar && value.number !== undefined) return value.number;
  if (cast === 'cast' && typeof value === 'string') {
    const filled = at.fill(value);
    if (filled !== value && /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i.test(filled)) return Number(filled);
  }
  return at.fail(`it must be ${what}, but is ${kindOf(value)}`);
}

export function integer(cast: Cast, merge: Shape<number>['merge'] = above): Shape<number> {
  const read = (value: unknown, at: Place): number => {
    const found = numberOf(value, at, cast, 'a whole number');
    return Number.isInteger(found) ? found : at.fail(`it must be a whole number, but is ${String(found)}`);
  };
  return { read, merge };
}

/** A whole number that is not negative. */
export function count(cast: Cast): Shape<number> {
  const shape = integer(cast);
  const read = (value: unknown, at: Place): number => {
    const found = shape.read(value, at);
    return found < 0 ? at.fail(`it must not be negative, but is ${String(found)}`) : found;
  };
  return { read, merge: above };
}

export const ratio: Shape<number> = {
  read: (value, at) => numberOf(value, at, 'cast', 'a number'),
  merge: orBelow,
};

const truths: Readonly<Record<string, boolean>> = {
  ...{ y: true, yes: true, true: true, on: true },
  ...{ n: false, no: false, false: false, off: false },
};

/** A later file can turn it on, but not off. */
export function flag(cast: Cast): Shape<boolean> {
  const read = (value: unknown, at: Place): boolean => {
    if (typeof value === 'boolean') return value;
    const filled = cast === 'cast' && typeof value === 'string' ? at.fill(value) : value;
    const truth = filled === value ? undefined : truths[String(filled).toLowerCase()];
    return truth ?? at.fail(`it must be true or false, but is ${kindOf(value)}`);
  };
  return { read, merge: orBelow };
}

/** A text that `parse` understands; undefined: it does not. */
export function parsed<T>(parse: (value: string) => T | undefined, what: string, example: string): Shape<T> {
  const read = (value: unknown, at: Place): T => {
    const filled = text.read(value, at);
    return parse(filled) ?? at.fail(`'${filled}' is not ${what}`, `write a value as in ${example}`);
  };
  return { read, merge: orBelow };
}

/** One of these words, or nothing. */
export const oneOf = (...words: readonly string[]): Shape<string> => ({
  read: (value, at) => {
    const filled = text.read(value, at);
    if (filled === '' || words.includes(filled)) return filled;
    const meant = nearest(filled, words);
    const message = `it must be ${listed(words)}, but is ${JSON.stringify(filled)}${meantText(meant)}`;
    return at.fail({ message, isSlip: meant.length > 0 });
  },
  merge: orBelow,
});

interface ListRules<T> {
  /** Refuse two that are written the same. */
  readonly unique?: boolean;
  readonly merge?: Shape<T[]>['merge'];
}

export const joined = <T>(below: readonly T[], value: readonly T[]): T[] => [...below, ...value];

export function list<T>(item: Shape<T>, { unique = true, merge = joined }: ListRules<T> = {}): Shape<T[]> {
  const read = (value: unknown, at: Place): T[] => {
    if (!Array.isArray(value)) return at.fail(`it must be a list, but is ${kindOf(value)}`);
    const written = value.map((each) => JSON.stringify(typeof each === 'string' ? at.fill(each) : plain(each)));
    const twice = written.findIndex((each, i) => written.indexOf(each) !== i);
    if (unique && twice !== -1) at.at(twice).fail(`the list has this value twice: ${written[twice] ?? ''}`);
    return readAll([...value.entries()], ([i, each]) => item.read(each as unknown, at.at(i)));
  };
  return { read, merge, keys: item.keys };
}

const plain = (value: unknown): unknown => (isPlain(value) || Array.isArray(value) ? value : String(value));

export const texts = list(text);

/** One text stands for a list of one. */
export const textOrTexts: Shape<string[]> = {
  read: (value, at) => (typeof value === 'string' ? [at.fill(value)] : texts.read(value, at)),
  merge: joined,
};

/** A map from any name. */
export function mapOf<T>(item: Shape<T>, merge: Shape<Readonly<Record<string, T>>>['merge']) {
  const read = (value: unknown, at: Place): Readonly<Record<string, T>> => {
    if (!isPlain(value)) return at.fail(`it must be a map, but is ${kindOf(value)}`);
    return Object.fromEntries(
      readAll(Object.entries(value), ([key, part]) => [key, item.read(part, at.at(key))] as const),
    );
  };
  return { read, merge, keys: item.keys } satisfies Shape<Readonly<Record<string, T>>>;
}

/** What docker takes as a value of labels and the like; nothing is nothing. */
const scalar: Shape<string | null> = {
  read: (value, at) => {
    if (value === null) return null;
    if (typeof value === 'string') return at.fill(value);
    return goText(value) ?? at.fail(`it must be a string or a number, but is ${kindOf(value)}`, ...quoteIt(value));
  },
  merge: above,
};

/** Options of a driver. */
export const options: Shape<Readonly<Record<string, string>>> = {
  read: (value, at) => withoutNull(mapOf(scalar, above).read(value, at)),
  merge: (below, value) => ({ ...below, ...value }),
};

const withoutNull = (pairs: Readonly<Record<string, string | null>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(pairs).map(([key, value]) => [key, value ?? '']));

/** `KEY: value` or `KEY=value`; null: a key without a value. */
export const nullablePairs: Shape<Readonly<Record<string, string | null>>> = {
  read: (value, at) => {
    if (!Array.isArray(value)) return mapOf(scalar, above).read(value, at);
    return Object.fromEntries(
      texts.read(value, at).map((pair) => {
        const end = pair.indexOf('=');
        return end === -1 ? [pair, null] : [pair.slice(0, end), pair.slice(end + 1)];
      }),
    );
  },
  // A later file that leaves a value empty leaves that of an earlier one.
  merge: (below, value) => ({
    ...below,
    ...Object.fromEntries(
      Object.entries(value).filter(([key, part]) => (part ?? '') !== '' || (below[key] ?? '') === ''),
    ),
  }),
};

/** `KEY: value` or `KEY=value`; a key without a value has an empty one. */
export const pairs: Shape<Readonly<Record<string, string>>> = {
  read: (value, at) => withoutNull(nullablePairs.read(value, at)),
  merge: (below, value) => ({ ...below, ...value }),
};

/** Anything: variables in it are filled in, as they may be missing. */
export const anything: Shape<unknown> = {
  read: (value, at) => {
    if (typeof value === 'string') return at.fill(value);
    if (Array.isArray(value)) return value.map((part, i) => anything.read(part, at.at(i)));
    if (!isPlain(value) || value instanceof GoScalar) return value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, anything.read(part, at.at(key))]));
  },
  merge: above,
};

/** The message about an unknown key, with the key that was probably meant. */
export const unknownKey = (key: string, known: readonly string[], at: Place): never =>
  at.at(key).fail(unknownKeyOf(key, known));

/** Reads parts of a file one after another. All their faults are reported together, in one error. */
export function readAll<T, R>(parts: readonly T[], read: (part: T) => R): R[] {
  const faulty: FileFaultError[] = [];
  const results = parts.flatMap((part) => {
    try {
      return [read(part)];
    } catch (error) {
      if (!(error instanceof FileFaultError)) throw error;
      faulty.push(error);
      return [];
    }
  });
  const [first] = faulty;
  if (first === undefined) return results;
  throw new FileFaultError(
    first.code,
    faulty.flatMap(({ faults }) => faults),
    { exitCode: first.exitCode },
  );
}

/**
 * The effect of a key that was read: it either acts or is ignored with a reason, so that no key can be accepted and
 * forgotten.
 */
type Act<T, To> =
  | { readonly convert: (value: T, to: To) => void }
  /** Docker ignores it as well; `ignored` says why, in a warning. */
  | { readonly ignored: string }
  /** It is read into another key of the same table, before files are merged. */
  | { readonly into: string };

/** A key of a compose file: its form and its effect. */
export interface Key<T, To> {
  readonly shape: Shape<T>;
  readonly act: Act<T, To>;
}

/** A table of keys with any types of values. */
export type Keys<To> = Readonly<
  Record<
    string,
    {
      readonly shape: {
        readonly read: (value: unknown, at: Place) => unknown;
        readonly merge: (below: never, above: never) => unknown;
        readonly keys?: Keys<never> | undefined;
      };
      readonly act: Act<never, To>;
    }
  >
>;
