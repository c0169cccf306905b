import type { GenericSchema, InferOutput } from 'valibot';
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
import { messageOf, type SwarmupError, usageError } from './errors.js';
import { exitCodes } from './exit-codes.js';
import { type Fault, FileFaultError, type FilePath, type FilePlace, type Finding } from './faults.js';
import { isPlain } from './is-plain.js';
import { checkValue } from './schema-faults.js';
import { syntaxFaults } from './yaml-syntax.js';

/** A file and its content. */
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

/** A fault in a text. */
export interface TextFault extends Finding {
  /** Of the error, where it is not that of the rules. */
  readonly code?: string;
  /** The wrong part of the text, as it is written there. */
  readonly part?: string;
}

/** A fault with a code of its own. */
export const textFault = (code: string, message: string, more: Partial<TextFault> = {}): TextFault => ({
  ...more,
  code,
  message,
});

export interface YamlRules {
  /** Of the errors, as in `COMPOSE_INVALID`. */
  readonly code: string;
  /** Returns the text with its variables filled in, and calls `fail` for each fault. */
  readonly fill: (text: string, path: FilePath, fail: (fault: TextFault) => void) => string;
  /** The message for a file that is not a map, for example `it has no services`. */
  readonly noMap: string;
  /** How scalars are read, where it is not YAML 1.2. */
  readonly tags?: (tags: Tags) => Tags;
}

const maxAliasCount = 1000;

/**
 * Reads a file. Values keep the types that YAML gives them; anchors and merge keys are followed.
 * Errors (exit 2): all faults at once, each with file, line and column; the code is that
 * of the faults if they have one, else `rules.code`.
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
  const found: FoundFault[] = syntaxFaults(document.errors, source.text).map((fault) => ({ path: [], ...fault }));
  // What cannot be read has no values.
  if (found.length === 0) found.push(...fillTexts(document, source.text, rules));
  if (found.length > 0) {
    const placed = found.map((fault) => ({ ...fault, ...placeAt(source, lines, fault.offset) }));
    const codes = new Set(found.map(({ code = rules.code }) => code));
    const [only = rules.code] = codes;
    throw new FileFaultError(codes.size === 1 ? only : rules.code, placed, { exitCode: exitCodes.usage });
  }
  if (!isMap(document.contents)) throw usageError(rules.code, `${source.path} ${rules.noMap}`);
  return { source, document, lines, value: valueOf(source, document, rules) };
}

interface FoundFault extends Fault {
  readonly code?: string;
  readonly offset: number;
}

/** Fills in all texts. Resolves to what is wrong with them, with aliases and with keys. */
function fillTexts(document: Document, text: string, rules: YamlRules): readonly FoundFault[] {
  const faults: FoundFault[] = [];
  visit(document, {
    Pair(_, { key }) {
      if (isScalar(key)) return;
      const offset = (isNode(key) ? key.range?.[0] : undefined) ?? 0;
      faults.push({ path: [], offset, message: 'a key must be a string' });
    },
    Alias(_, node, path) {
      const target = node.resolve(document);
      if (!path.some((parent) => parent === target)) return;
      faults.push({ path: [], offset: node.range?.[0] ?? 0, message: `*${node.source} contains itself` });
    },
    Scalar(key, node, path) {
      if (key === 'key' || typeof node.value !== 'string') return;
      const keys = keysOf(path, key);
      const [start, end] = node.range ?? [0, 0];
      let from = start;
      node.value = rules.fill(node.value, keys, ({ part = '', ...fault }) => {
        const at = part === '' ? -1 : text.slice(0, end).indexOf(part, from);
        if (at >= 0) from = at + part.length;
        faults.push({ path: keys, ...fault, offset: at >= 0 ? at : start });
      });
    },
  });
  return faults;
}

/** The library refuses bombs of aliases here, and merge keys without a map. */
function valueOf({ path }: YamlSource, document: Document, { code }: YamlRules): unknown {
  try {
    return document.toJS({ maxAliasCount });
  } catch (error) {
    throw error instanceof RangeError ? error : usageError(code, `${path} cannot be read: ${messageOf(error)}`);
  }
}

function keysOf(path: readonly unknown[], key: unknown): FilePath {
  const keys = path.flatMap((parent) => (isPair(parent) && isScalar(parent.key) ? [String(parent.key.value)] : []));
  return typeof key === 'number' ? [...keys, key] : keys;
}

function placeAt({ path }: YamlSource, lines: LineCounter, offset: number): FilePlace {
  const { line, col } = lines.linePos(offset);
  return { file: path, line: Math.max(line, 1), column: Math.max(col, 1) };
}

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
 * The value as its schema describes it. Errors (exit 2): `code` with all problems, each with its place in the last of
 * the files that contains it, and with the word that was probably meant.
 */
export function checkYaml<S extends GenericSchema>(
  files: readonly YamlFile[],
  value: unknown,
  schema: S,
  code: string,
): InferOutput<S> {
  const checked = checkValue(schema, value);
  if ('output' in checked) return checked.output;
  throw yamlFaults(files, checked.faults, code);
}

/** A usage error about what stands at a path. */
export function yamlError(
  files: readonly YamlFile[],
  path: FilePath,
  message: string,
  code: string,
  hints: readonly string[] = [],
): SwarmupError {
  return yamlFaults(files, [{ path, message, hints }], code);
}

/** A usage error about what stands at several paths. */
export function yamlFaults(files: readonly YamlFile[], faults: readonly Fault[], code: string): FileFaultError {
  const placed = faults.map((fault) => ({ ...fault, ...placeIn(files, fault.path) }));
  return new FileFaultError(code, placed, { exitCode: exitCodes.usage });
}

/** The last file that has the path, or the nearest thing above it. */
function placeIn(files: readonly YamlFile[], path: FilePath): FilePlace {
  for (let { length } = path; length > 0; length -= 1)
    for (const file of files.toReversed()) {
      const found = placeOf(file, path.slice(0, length));
      if (found !== undefined) return found;
    }
  return { file: files.at(-1)?.source.path ?? '' };
}

function placeOf({ source, document, lines }: YamlFile, path: FilePath): FilePlace | undefined {
  const last = path.at(-1);
  const above: unknown = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const parent = isAlias(above) ? above.resolve(document) : above;
  const found = isMap(parent)
    ? parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(last))?.key
    : isSeq(parent)
      ? parent.items[Number(last)]
      : undefined;
  return isNode(found) && found.range ? placeAt(source, lines, found.range[0]) : undefined;
}
