import { isPlain } from '../../lib/is-plain.js';
import { GoScalar } from './go-yaml.js';
import { anything, kindOf, type Place, readAll, type Shape, unknownKey, type Key, type Keys } from './shape.js';
export const key = <T, To>(shape: Shape<T>, convert: (value: T, to: To) => void): Key<T, To> => ({
  shape,
  act: { convert },
});

/** A key that docker takes and ignores. */
export const ignored = <T = unknown>(why: string, shape: Shape<T> = anything as Shape<T>): Key<T, unknown> => ({
  shape,
  act: { ignored: why },
});

/** A key whose value becomes that of another one. */
export const into = <T>(other: string, shape: Shape<T>): Key<T, unknown> => ({ shape, act: { into: other } });
/** The values that were read with a table of keys. */
export type Values<K> = { readonly [P in keyof K]?: (K[P] extends Key<infer T, never> ? T : never) | undefined };

export interface GroupRules {
  /** `x-…` is let through, and means nothing. */
  readonly extensions?: boolean;
  /** Docker takes keys that it does not know, and ignores them: they are warned about. */
  readonly open?: boolean;
  readonly required?: readonly string[];
  /** Nothing is as good as an empty map. */
  readonly nullable?: boolean;
}

/** A map by a table of keys. Where two files have it, it is merged key by key. */
export function group<K extends Keys<never>>(keys: K, rules: GroupRules = {}): Shape<Values<K>> {
  const readPart = (name: string, value: unknown, at: Place): readonly (readonly [string, unknown])[] => {
    const known = Object.hasOwn(keys, name) ? keys[name] : undefined;
    if (known !== undefined) {
      const { shape, act } = known;
      if ('ignored' in act) at.warn(`${name} is ignored: ${act.ignored}`);
      return [[name, shape.read(value, at.at(name))]];
    }
    anything.read(value, at.at(name));
    if (rules.extensions === true && name.startsWith('x-')) return [];
    if (rules.open !== true) unknownKey(name, Object.keys(keys), at);
    at.warn(`${name} is ignored: docker does not know this key here`);
    return [];
  };
  return {
    read: (value, at) => {
      const map = value === null && rules.nullable === true ? {} : value;
      if (!isPlain(map) || map instanceof GoScalar) return at.fail(`it must be a map, but is ${kindOf(value)}`);
      for (const name of rules.required ?? []) if (!Object.hasOwn(map, name)) at.fail(`it has no ${name}`);
      const parts = readAll(Object.entries(map), ([name, part]) => readPart(name, part, at));
      return Object.fromEntries(parts.flat()) as Values<K>;
    },
    merge: (below, above) => mergeByKeys(keys, below, above),
    keys,
  };
}

function mergeByKeys<K extends Keys<never>>(keys: K, below: Values<K>, above: Values<K>): Values<K> {
  const merged: Record<string, unknown> = { ...below };
  for (const [name, value] of Object.entries(above)) {
    const shape = keys[name]?.shape as Shape<unknown> | undefined;
    const isNew = merged[name] === undefined || shape === undefined;
    merged[name] = isNew ? value : shape.merge(merged[name], value);
  }
  return merged as Values<K>;
}

/** Lets every key that was read act, in the order of the table. */
export function convertKeys<To>(keys: Keys<To>, values: Readonly<Record<string, unknown>>, to: To): void {
  for (const [name, { act }] of Object.entries(keys)) {
    const value = values[name];
    if (value !== undefined && 'convert' in act) (act.convert as (value: unknown, to: To) => void)(value, to);
  }
}
