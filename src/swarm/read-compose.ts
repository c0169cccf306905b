import { safeParse } from 'valibot';
import { isMap, isScalar, LineCounter, parseDocument, visit, type Document } from 'yaml';
import { messageOf, SwarmupError, usageError } from '../lib/errors.js';
import { nearest } from '../lib/nearest.js';
import { type ComposeFile, composeSchema } from './compose-schema.js';
import { interpolate } from './interpolate.js';

/** A file and what is in it. */
export interface ComposeSource {
  readonly path: string;
  readonly text: string;
}

interface Parsed {
  readonly source: ComposeSource;
  readonly document: Document;
  readonly lines: LineCounter;
  readonly value: unknown;
}

export interface ReadCompose {
  readonly compose: ComposeFile;
  readonly warnings: readonly string[];
}

/**
 * The compose files as one: variables filled in, later files over earlier ones, extensions taken out, every key known.
 * Errors: COMPOSE_INVALID, VARIABLE_MISSING (exit 2), each with file, line and column.
 */
export function readCompose(
  sources: readonly ComposeSource[],
  env: Readonly<Record<string, string | undefined>>,
): ReadCompose {
  const unset = new Set<string>();
  const files = sources.map((source) => parse(source, env, (name) => unset.add(name)));
  const merged = files.map(({ value }) => value).reduce((below, above) => merge(below, above, []));
  const { success, output, issues } = safeParse(composeSchema, merged, { abortEarly: true });
  const warnings = [...unset].map((name) => `the variable ${name} is not set: it is empty`);
  if (success) return { compose: output, warnings };
  const [issue] = issues;
  const path = (issue.path ?? []).map(({ key }) => key as string | number);
  throw problem(files, path, issue.expected === 'never', issue.message);
}

function parse(
  source: ComposeSource,
  env: Readonly<Record<string, string | undefined>>,
  onUnset: (name: string) => void,
): Parsed {
  const lines = new LineCounter();
  const document = parseDocument(source.text, { lineCounter: lines, merge: true, prettyErrors: false });
  const at = (offset: number): string => position(source, lines, offset);
  const [error] = document.errors;
  if (error !== undefined) throw usageError('COMPOSE_INVALID', `${at(error.pos[0])}: ${error.message}`);
  visit(document, {
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('$')) return;
      try {
        node.value = interpolate(node.value, env, onUnset);
      } catch (thrown) {
        const code = thrown instanceof SwarmupError ? thrown.code : 'COMPOSE_INVALID';
        throw usageError(code, `${at(node.range?.[0] ?? 0)}: ${messageOf(thrown)}`);
      }
    },
  });
  if (!isMap(document.contents))
    throw usageError('COMPOSE_INVALID', `${source.path} is no compose file: it has no services`);
  return { source, document, lines, value: withoutExtensions(document.toJS({ maxAliasCount: 1000 })) };
}

const position = ({ path }: ComposeSource, lines: LineCounter, offset: number): string => {
  const { line, col } = lines.linePos(offset);
  return `${path}:${String(line)}:${String(col)}`;
};

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `x-…` at the top, and in services and what they contain. Names of services and of variables are left alone. */
function withoutExtensions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutExtensions);
  if (!isPlain(value)) return value;
  const kept = Object.entries(value).filter(([key]) => !key.startsWith('x-'));
  return Object.fromEntries(kept.map(([key, part]) => [key, withoutExtensions(part)]));
}

/** What a later file replaces as a whole; other lists are joined, maps are merged. */
const replaced = ['command', 'entrypoint', 'test'];

function merge(below: unknown, above: unknown, path: readonly string[]): unknown {
  if (Array.isArray(below) && Array.isArray(above))
    return replaced.includes(path.at(-1) ?? '')
      ? above
      : [...new Set<unknown>([...(below as unknown[]), ...(above as unknown[])])];
  if (!isPlain(below) || !isPlain(above)) return above ?? below;
  const keys = [...new Set([...Object.keys(below), ...Object.keys(above)])];
  return Object.fromEntries(
    keys.map((key) => [
      key,
      key in above && key in below ? merge(below[key], above[key], [...path, key]) : (above[key] ?? below[key]),
    ]),
  );
}

/** The error at a path of the merged file: where the last file that has it says so. */
function problem(
  files: readonly Parsed[],
  path: readonly (string | number)[],
  isUnknownKey: boolean,
  message: string,
): SwarmupError {
  const where =
    files
      .toReversed()
      .map((file) => placeOf(file, path))
      .find((found) => found !== undefined) ??
    files[0]?.source.path ??
    '';
  const key = String(path.at(-1) ?? '');
  const dotted = path.slice(0, isUnknownKey ? -1 : undefined).join('.');
  if (!isUnknownKey)
    return usageError('COMPOSE_INVALID', `${where}: ${dotted === '' ? 'the file' : dotted}: ${message.toLowerCase()}`);
  const meant = nearest(key, keysAt(path.slice(0, -1)));
  const hints = meant.length === 0 ? [] : [`did you mean ${meant.join(' or ')}?`];
  return usageError(
    'COMPOSE_INVALID',
    `${where}: unknown key '${key}'${dotted === '' ? '' : ` in ${dotted}`}`,
    ...hints,
  );
}

function placeOf({ source, document, lines }: Parsed, path: readonly (string | number)[]): string | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = document.getIn(path.slice(0, length - 1), true);
    if (!isMap(parent)) continue;
    const pair = parent.items.find(({ key }) => isScalar(key) && key.value === path[length - 1]);
    if (pair !== undefined && isScalar(pair.key) && pair.key.range) return position(source, lines, pair.key.range[0]);
  }
  return undefined;
}

interface Shape {
  readonly entries?: Readonly<Record<string, Shape>>;
  readonly value?: Shape;
  readonly wrapped?: Shape;
}

/** The keys that the schema knows at a path. */
function keysAt(path: readonly (string | number)[]): readonly string[] {
  let shape: Shape | undefined = composeSchema as unknown as Shape;
  for (const key of path) {
    shape = inner(shape);
    shape = shape?.entries?.[String(key)] ?? shape?.value;
  }
  return Object.keys(inner(shape)?.entries ?? {});
}

function inner(shape: Shape | undefined): Shape | undefined {
  return shape?.wrapped === undefined ? shape : inner(shape.wrapped);
}
