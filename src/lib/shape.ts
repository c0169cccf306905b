import { isPlain } from './is-plain.js';

/**
 * What JSON may be, as data: `fits` checks it within a millisecond of the start of Node.js, without the schema library,
 * and `lib/shape-schema.ts` makes a schema of it, which says what is wrong. Maps keep keys that they do not name.
 */
export type Shape =
  | 'string'
  | 'integer'
  | 'boolean'
  /** Anything, even nothing. */
  | 'any'
  | { readonly one: readonly (string | number)[] }
  | { readonly nullable: Shape }
  /** Only of a key of a map: it can be left out. */
  | { readonly optional: Shape }
  | { readonly list: Shape }
  /** A map of any keys. */
  | { readonly each: Shape }
  | { readonly map: Shapes }
  /** One of several maps: the value of this key decides which. */
  | { readonly key: string; readonly cases: readonly Shapes[] };

export type Shapes = Readonly<Record<string, Shape>>;

/** The values of a shape. */
export type ValueOf<S> = S extends 'string'
  ? string
  : S extends 'integer'
    ? number
    : S extends 'boolean'
      ? boolean
      : S extends { readonly one: readonly (infer One)[] }
        ? One
        : S extends { readonly nullable: infer Inner }
          ? ValueOf<Inner> | null
          : S extends { readonly optional: infer Inner }
            ? ValueOf<Inner>
            : PartsOf<S>;

type PartsOf<S> = S extends { readonly list: infer Part }
  ? readonly ValueOf<Part>[]
  : S extends { readonly each: infer Part }
    ? Readonly<Record<string, ValueOf<Part>>>
    : S extends { readonly map: infer Map }
      ? MapOf<Map>
      : S extends { readonly cases: readonly (infer Map)[] }
        ? Map extends unknown
          ? MapOf<Map>
          : never
        : unknown;

type MapOf<M> = { readonly [K in keyof M as M[K] extends { readonly optional: Shape } ? never : K]: ValueOf<M[K]> } & {
  readonly [K in keyof M as M[K] extends { readonly optional: Shape } ? K : never]?: ValueOf<M[K]>;
};

/** Whether the schema of the shape would take this value just as it is. False for keys that a schema would drop. */
export function fits(shape: Shape, value: unknown): boolean {
  if (typeof shape === 'string') return fitsPlain(shape, value);
  if ('one' in shape) return shape.one.includes(value as string);
  if ('nullable' in shape) return value === null || fits(shape.nullable, value);
  if ('optional' in shape) return fits(shape.optional, value);
  if ('list' in shape) return Array.isArray(value) && value.every((part) => fits(shape.list, part));
  if (!isPlain(value) || dropped.some((key) => Object.hasOwn(value, key))) return false;
  if ('each' in shape) return Object.values(value).every((part) => fits(shape.each, part));
  if ('map' in shape) return fitsMap(shape.map, value);
  return shape.cases.some((shapes) => fitsMap(shapes, value));
}

const dropped = ['__proto__', 'prototype', 'constructor'];

const fitsMap = (shapes: Shapes, value: Readonly<Record<string, unknown>>): boolean =>
  Object.entries(shapes).every(([key, shape]) =>
    Object.hasOwn(value, key) ? fits(shape, value[key]) : shape === 'any' || isOptional(shape),
  );

const isOptional = (shape: Shape): boolean => typeof shape === 'object' && 'optional' in shape;

function fitsPlain(shape: Extract<Shape, string>, value: unknown): boolean {
  if (shape === 'any') return true;
  return shape === 'integer' ? Number.isInteger(value) : typeof value === shape;
}
