import {
  array,
  boolean,
  exactOptional,
  type GenericSchema,
  integer,
  literal,
  looseObject,
  nullable,
  number,
  optional,
  picklist,
  pipe,
  record,
  string,
  unknown,
  variant,
} from 'valibot';
import type { Shape, Shapes } from './shape.js';

const plain = {
  string: string(),
  integer: pipe(number(), integer()),
  boolean: boolean(),
  // JSON has no undefined: a key with such a value is absent.
  any: optional(unknown()),
} as const;

/** The schema of a shape: what it says about a value that does not fit is a message for people. */
export function schemaOf(shape: Shape): GenericSchema {
  if (typeof shape === 'string') return plain[shape];
  if ('one' in shape) return oneOf(shape.one);
  if ('nullable' in shape) return nullable(schemaOf(shape.nullable));
  if ('optional' in shape) return exactOptional(schemaOf(shape.optional));
  if ('list' in shape) return array(schemaOf(shape.list));
  if ('each' in shape) return record(string(), schemaOf(shape.each));
  if ('map' in shape) return mapSchema(shape.map);
  return variant(shape.key, shape.cases.map(mapSchema) as never);
}

const mapSchema = (shapes: Shapes): GenericSchema =>
  looseObject(Object.fromEntries(Object.entries(shapes).map(([key, shape]) => [key, schemaOf(shape)])));

function oneOf([first = '', ...others]: readonly (string | number)[]): GenericSchema {
  return others.length === 0 ? literal(first) : picklist([first, ...others]);
}
