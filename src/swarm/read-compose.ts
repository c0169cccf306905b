import { interpolate } from '../lib/interpolate.js';
import { checkYaml, isPlain, mergeYaml, parseYaml, type YamlSource } from '../lib/yaml-files.js';
import { type ComposeFile, composeSchema } from './compose-schema.js';

interface ReadCompose {
  readonly compose: ComposeFile;
  readonly warnings: readonly string[];
}

const invalid = 'COMPOSE_INVALID';

/**
 * The compose files as one: variables filled in, later files over earlier ones, extensions taken out, every key known.
 * Errors: COMPOSE_INVALID, VARIABLE_MISSING (exit 2), each with file, line and column.
 */
export function readCompose(
  sources: readonly YamlSource[],
  env: Readonly<Record<string, string | undefined>>,
): ReadCompose {
  const unset = new Set<string>();
  const fill = (text: string): string => interpolate(text, env, (name) => unset.add(name));
  const noMap = 'is no compose file: it has no services';
  const files = sources.map((source) => parseYaml(source, { code: invalid, fill, noMap }));
  const merged = files
    .map(({ value }) => withoutExtensions(value))
    .reduce((below, above) => mergeYaml(below, above, joinLists));
  const warnings = [...unset].map((name) => `the variable ${name} is not set: it is empty`);
  return { compose: checkYaml(files, merged, composeSchema, invalid), warnings };
}

/** `x-…` at the top, and in services and what they contain. Names of services and of variables are left alone. */
function withoutExtensions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutExtensions);
  if (!isPlain(value)) return value;
  const kept = Object.entries(value).filter(([key]) => !key.startsWith('x-'));
  return Object.fromEntries(kept.map(([key, part]) => [key, withoutExtensions(part)]));
}

/** What a later file replaces as a whole; other lists are joined. */
const replaced = ['command', 'entrypoint', 'test'];

const joinLists = (below: readonly unknown[], above: readonly unknown[], key: string): unknown =>
  replaced.includes(key) ? above : [...new Set<unknown>([...below, ...above])];
