import { isPlain } from '../lib/is-plain.js';

type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * The JSON schema of a manifest as editors need it: a manifest that extends others gets missing keys from them, so no
 * key of its maps is required. Lists are replaced as a whole, so keys of their items are still required. Pure.
 */
export function editorSchema(schema: JsonSchema): JsonSchema {
  return {
    title: 'swarmup.yaml',
    ...optionalParts(schema),
    if: { required: ['extends'] },
    else: requiredParts(schema),
  };
}

/** Without what maps require. */
function optionalParts(schema: JsonSchema): JsonSchema {
  const rest = Object.entries(schema).filter(([key]) => key !== 'required');
  return { ...Object.fromEntries(rest), ...mapParts(schema, optionalParts) };
}

/** Only what maps require; undefined: nothing. */
function requiredParts({ required, ...schema }: JsonSchema): JsonSchema | undefined {
  const isNeeded = Array.isArray(required) && required.length > 0;
  const parts = { ...(isNeeded && { required: required as unknown[] }), ...mapParts(schema, requiredParts) };
  return Object.keys(parts).length === 0 ? undefined : parts;
}

type Change = (part: JsonSchema) => JsonSchema | undefined;

/** The schemas of a map's values, changed. */
function mapParts({ properties, additionalProperties }: JsonSchema, change: Change): JsonSchema {
  const named = isPlain(properties)
    ? Object.entries(properties).flatMap(([key, part]) => {
        const next = changed(part, change);
        return next === undefined ? [] : [[key, next] as const];
      })
    : [];
  const others = changed(additionalProperties, change);
  return {
    ...(named.length > 0 && { properties: Object.fromEntries(named) }),
    ...(others !== undefined && { additionalProperties: others }),
  };
}

const changed = (part: unknown, change: Change): JsonSchema | undefined => (isPlain(part) ? change(part) : undefined);
