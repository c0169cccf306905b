import { type GenericSchema, type InferOutput, safeParse } from 'valibot';
import {
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Tags,
} from 'yaml';
import { messageOf, SwarmupError, usageError } from './errors.js';
import { nearest } from './nearest.js';

/** A file and what is in it. */
export interface YamlSource {
  readonly path: string;
  readonly text: string;
}

/** A file that was read, and knows where in it everything is. */
export interface YamlFile {
  readonly source: YamlSource;
  readonly document: Document;
  readonly lines: LineCounter;
  readonly value: unknown;
}

/** Keys from the top, and indexes in lists. */
export type YamlPath = readonly (string | number)[];

interface YamlRules {
  /** Of the errors, as in `COMPOSE_INVALID`. */
  readonly code: string;
  /** What becomes of a text, by its place; may throw. */
  readonly fill: (text: string, path: YamlPath) => string;
  /** What is said of a file that is no map, as in `it has no services`. */
  readonly noMap: string;
  /** How scalars are read, where it is not YAML 1.2. */
  readonly tags?: (tags: Tags) => Tags;
}

const maxAliasCount = 1000;

/**
 * Reads a file. Values keep the types that YAML gives them; anchors and merge keys are followed.
 * Errors (exit 2): `rules.code`, and those of `fill`, each with file, line and column.
 */
export function parseYaml(source: YamlSource, rules: YamlRules): YamlFile {
  try {
    return parse(source, rules);
  } catch (error) {
    // The library recurses.
    if (!(error instanceof RangeError)) throw error;
    throw usageError(rules.code, `${source.path} cannot be read: it is nested too deeply`);
  }
}

function parse(source: YamlSource, rules: YamlRules): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(source.text, {
    lineCounter: lines,
    merge: true,
    prettyErrors: false,
    logLevel: 'error',
    ...(rules.tags !== undefined && { customTags: rules.tags }),
  });
  const at = (offset: number): string => positionText(source, lines, offset);
  const [error] = document.errors;
  if (error !== undefined) throw usageError(rules.code, `${at(error.pos[0])}: ${error.message}`);
  visit(document, {
    Pair(_, { key }) {
      if (isScalar(key)) return;
      throw usageError(rules.code, `${at((isNode(key) ? key.range?.[0] : undefined) ?? 0)}: a key is a text`);
    },
    Alias(_, node, path) {
      const target = node.resolve(document);
      const isLoop = path.some((parent) => parent === target);
      if (isLoop) throw usageError(rules.code, `${at(node.range?.[0] ?? 0)}: *${node.source} contains itself`);
    },
    Scalar(key, node, path) {
      if (key === 'key' || typeof node.value !== 'string') return;
      try {
        node.value = rules.fill(node.value, keysOf(path, key));
      } catch (thrown) {
        const [code, hints] = thrown instanceof SwarmupError ? [thrown.code, thrown.hints] : [rules.code, []];
        throw usageError(code, `${at(node.range?.[0] ?? 0)}: ${messageOf(thrown)}`, ...hints);
      }
    },
  });
  if (!isMap(document.contents)) throw usageError(rules.code, `${source.path} ${rules.noMap}`);
  return { source, document, lines, value: valueOf(source, document, rules) };
}

/** The library refuses bombs of aliases here, and merge keys without a map. */
function valueOf({ path }: YamlSource, document: Document, { code }: YamlRules): unknown {
  try {
    return document.toJS({ maxAliasCount });
  } catch (error) {
    throw error instanceof RangeError ? error : usageError(code, `${path} cannot be read: ${messageOf(error)}`);
  }
}

function keysOf(path: readonly unknown[], key: unknown): YamlPath {
  const keys = path.flatMap((parent) => (isPair(parent) && isScalar(parent.key) ? [String(parent.key.value)] : []));
  return typeof key === 'number' ? [...keys, key] : keys;
}

function positionText({ path }: YamlSource, lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${path}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
}

export const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Lays one value over another: maps are merged, `lists` says what becomes of lists, anything else is replaced. */
export function mergeYaml(
  below: unknown,
  above: unknown,
  lists: (below: readonly unknown[], above: readonly unknown[], key: string) => unknown,
  key = '',
): unknown {
  if (Array.isArray(below) && Array.isArray(above)) return lists(below as unknown[], above as unknown[], key);
  if (!isPlain(below) || !isPlain(above)) return above ?? below;
  const keys = [...new Set([...Object.keys(below), ...Object.keys(above)])];
  return Object.fromEntries(
    keys.map((name) => {
      const inBoth = Object.hasOwn(below, name) && Object.hasOwn(above, name);
      return [name, inBoth ? mergeYaml(below[name], above[name], lists, name) : (name in above ? above : below)[name]];
    }),
  );
}

/**
 * The value as its schema says. Errors (exit 2): `code` with the place of what is wrong in the last of the files that
 * has it, and of an unknown key what was probably meant.
 */
export function checkYaml<S extends GenericSchema>(
  files: readonly YamlFile[],
  value: unknown,
  schema: S,
  code: string,
): InferOutput<S> {
  const { success, output, issues } = safeParse(schema, value, { abortEarly: true });
  if (success) return output;
  const [issue] = issues;
  const path = (issue.path ?? []).map(({ key }) => key as string | number);
  if (issue.expected !== 'never') throw yamlError(files, path, issue.message.replace(/^[A-Z]/, lower), code);
  const key = String(path.at(-1) ?? '');
  const dotted = path.slice(0, -1).join('.');
  const meant = nearest(key, keysAt(schema, path.slice(0, -1)));
  const message = `unknown key '${key}'${dotted === '' ? '' : ` in ${dotted}`}`;
  throw usageError(
    code,
    `${placeIn(files, path)}: ${message}`,
    ...(meant.length === 0 ? [] : [`did you mean ${meant.join(' or ')}?`]),
  );
}

const lower = (letter: string): string => letter.toLowerCase();

/** A usage error about what stands at a path. */
export function yamlError(
  files: readonly YamlFile[],
  path: YamlPath,
  message: string,
  code: string,
  hints: readonly string[] = [],
): SwarmupError {
  const dotted = path.length === 0 ? 'the file' : path.join('.');
  return usageError(code, `${placeIn(files, path)}: ${dotted}: ${message}`, ...hints);
}

/** As in `swarmup.yaml:4:5`: the last file that has the path, or the nearest thing above it. */
function placeIn(files: readonly YamlFile[], path: YamlPath): string {
  for (let { length } = path; length > 0; length -= 1)
    for (const file of files.toReversed()) {
      const found = placeOf(file, path.slice(0, length));
      if (found !== undefined) return found;
    }
  return files.at(-1)?.source.path ?? '';
}

function placeOf({ source, document, lines }: YamlFile, path: YamlPath): string | undefined {
  const last = path.at(-1);
  const above: unknown = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const parent = isAlias(above) ? above.resolve(document) : above;
  const found = isMap(parent)
    ? parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(last))?.key
    : isSeq(parent)
      ? parent.items[Number(last)]
      : undefined;
  return isNode(found) && found.range ? positionText(source, lines, found.range[0]) : undefined;
}

/** What the schemas of the library have in common, as far as keys are concerned. */
interface Shape {
  readonly entries?: Readonly<Record<string, Shape>>;
  readonly value?: Shape;
  readonly rest?: Shape;
  readonly item?: Shape;
  readonly wrapped?: Shape;
  readonly pipe?: readonly Shape[];
  readonly options?: readonly unknown[];
}

/** The keys that a schema knows at a path. */
function keysAt(schema: GenericSchema, path: YamlPath): readonly string[] {
  let shape: Shape | undefined = schema as unknown as Shape;
  for (const key of path) {
    const outer = inner(shape);
    shape = outer?.entries?.[String(key)] ?? outer?.value ?? outer?.item ?? outer?.rest;
  }
  return Object.keys(inner(shape)?.entries ?? {});
}

/** Of a choice the part that has keys. */
function inner(shape: Shape | undefined): Shape | undefined {
  if (shape?.wrapped !== undefined) return inner(shape.wrapped);
  if (shape?.pipe?.[0] !== undefined && shape.pipe[0] !== shape && shape.entries === undefined)
    return inner(shape.pipe[0]);
  const choices = (shape?.options ?? []).filter((option): option is Shape => typeof option === 'object');
  return choices.map(inner).find((choice) => choice?.entries !== undefined) ?? shape;
}
