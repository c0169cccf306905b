import { parseDocument } from 'yaml';
import { type SwarmupError, usageError } from '../lib/errors.js';
import type { FilePath } from '../lib/faults.js';
import { interpolate, type UnsetVariable } from '../lib/interpolate.js';
import { isPlain } from '../lib/is-plain.js';
import {
  checkYaml,
  mergeYaml,
  parseYaml,
  type TextFault,
  textFault,
  type YamlFile,
  type YamlRules,
  type YamlSource,
  yamlError,
  yamlFaults,
} from '../lib/yaml-files.js';
import { checkManifest } from './check-manifest.js';
import type { Manifest, manifestSchema } from './manifest-schema.js';

export interface ReadManifest {
  readonly manifest: Manifest;
  readonly warnings: readonly string[];
  /** An error (exit 2) about what stands at a path of the manifest. */
  readonly fault: (path: FilePath, message: string, ...hints: readonly string[]) => SwarmupError;
}

type Env = Readonly<Record<string, string | undefined>>;

const invalid = 'MANIFEST_INVALID';
const maxBytes = 1024 * 1024;

/** Texts that are left as they are: shell has its own variables, and what is filled in would be in a process list. */
const isShell = (path: FilePath, text: string): boolean =>
  path.includes('hooks') ||
  path.at(-1) === 'script' ||
  text.startsWith('command:') ||
  (path.at(-1) === 'command' && path.includes('autolock'));

/**
 * The manifest in these files, each of which overrides those before it. Checks every key, every value and their
 * combinations. `${NAME}` is replaced from `env`; a variable that is not set is an error. Pure. Errors (exit 2):
 * MANIFEST_INVALID, VARIABLE_MISSING, every fault with file, line and column, and with the word that was probably
 * meant.
 */
export function readManifest(
  sources: readonly YamlSource[],
  env: Env,
  schema: ReturnType<typeof manifestSchema>,
): ReadManifest {
  const files = sources.map((source) => parseSource(source, env));
  const merged = withoutEmpty(files.map(({ value }) => value).reduce(layOver));
  const manifest = checkYaml(files, merged, schema, invalid);
  const { errors, warnings } = checkManifest(manifest);
  const fault: ReadManifest['fault'] = (path, message, ...hints) => yamlError(files, path, message, invalid, hints);
  if (errors.length > 0) throw yamlFaults(files, errors, invalid);
  return { manifest, warnings, fault };
}

const takeAbove = (_: readonly unknown[], above: readonly unknown[]): unknown => above;

/** What a manifest sets to nothing is not inherited. */
const layOver = (below: unknown, above: unknown): unknown =>
  mergeYaml(withoutNulled(below, below, above), withoutNulled(above, below, above), takeAbove);

/** A key with nothing after it, as where all of it is commented out, is as good as absent. */
const withoutEmpty = (value: unknown): unknown =>
  isPlain(value) ? Object.fromEntries(Object.entries(value).filter(([, part]) => part !== null)) : value;

function withoutNulled(value: unknown, below: unknown, above: unknown): unknown {
  if (!isPlain(value) || !isPlain(below) || !isPlain(above)) return value;
  const kept = Object.entries(value).filter(([key]) => above[key] !== null || !Object.hasOwn(below, key));
  return Object.fromEntries(kept.map(([key, part]) => [key, withoutNulled(part, below[key], above[key])]));
}

/**
 * The name that manifests give their lab, each laid over those before it; nothing else in them is checked or filled in.
 * Errors (exit 2): MANIFEST_INVALID, VARIABLE_MISSING.
 */
export function manifestName(sources: readonly YamlSource[], env: Env): string {
  const isName = (path: FilePath): boolean => path.length === 1 && path[0] === 'name';
  const files = sources.map((source) => parseSource(source, env, (path) => !isName(path)));
  const named = files.flatMap(({ value }) =>
    isPlain(value) && typeof value['name'] === 'string' ? [value['name']] : [],
  );
  const name = named.at(-1);
  if (name !== undefined) return name;
  throw yamlError(files, [], 'the manifest has no name for the lab', invalid, ['add a name, for example name: lab']);
}

function parseSource(source: YamlSource, env: Env, isKept: typeof isShell = isShell): YamlFile {
  if (Buffer.byteLength(source.text) > maxBytes) throw usageError(invalid, `${source.path} is larger than 1 MiB`);
  const fill: YamlRules['fill'] = (text, path, fail) =>
    isKept(path, text)
      ? text
      : interpolate(text, env, (variable) => {
          fail(unset(variable));
        });
  return parseYaml(source, { code: invalid, fill, noMap: 'is not a manifest: it has no pools' });
}

function unset({ name, written, why }: UnsetVariable): TextFault {
  if (why !== undefined)
    return textFault('VARIABLE_MISSING', `the variable ${name} is not set: ${why}`, { part: written });
  return textFault('VARIABLE_MISSING', `the variable ${name} is not set`, {
    part: written,
    hints: ['set the variable, or add a default, as in ${NAME:-default}; write $$ for a dollar sign'],
  });
}

/** The files that a manifest is laid over, as it names them, best known first. Never throws: `readManifest` does. */
export function extendedFiles(text: string): readonly string[] {
  try {
    const json: unknown = parseDocument(text, { prettyErrors: false, logLevel: 'error' }).toJS({ maxAliasCount: 100 });
    const named = isPlain(json) ? json['extends'] : undefined;
    return [named].flat().filter((path): path is string => typeof path === 'string');
  } catch {
    return [];
  }
}
