import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { codeOf, messageOf, SwarmupError, usageError } from '../../lib/errors.js';
import type { YamlSource } from '../../lib/yaml-files.js';
import { type Lab, labOf } from '../../lab/lab.js';
import { manifestSchema } from '../../lab/manifest-schema.js';
import { extendedFiles, readManifest } from '../../lab/read-manifest.js';
import type { OperationContext } from '../context.js';

export interface LabRequest {
  /** The manifest. */
  readonly file: string;
  /** This driver makes all hosts, whatever the manifest says. */
  readonly driverOverride?: string | undefined;
  /** Of new hosts, where the manifest names none, with where it came from. */
  readonly defaultDriver?: { readonly driver: string; readonly source: string } | undefined;
}

/** So many manifests may be laid over each other. */
const maxDepth = 16;

/**
 * Reads and checks the manifest of a lab, with those it extends. Its warnings are reported.
 * Errors (exit 2): MANIFEST_MISSING, MANIFEST_INVALID, VARIABLE_MISSING; DRIVER_UNKNOWN and OPTION_INVALID at their place.
 */
export async function loadLab(context: OperationContext, { file, driverOverride }: LabRequest): Promise<Lab> {
  const sources = await readSources(resolve(file), []);
  const schema = manifestSchema(context.drivers.declarations);
  const read = readManifest(sources, context.env, schema);
  for (const message of read.warnings) context.report({ type: 'warning', message });
  const lab = labOf(read, sources, driverOverride);
  await checkDrivers(context, lab);
  return lab;
}

/** The files in the order in which they are laid over each other. */
async function readSources(path: string, above: readonly string[]): Promise<readonly YamlSource[]> {
  if (above.includes(path)) throw usageError('MANIFEST_INVALID', `${path} extends itself`);
  if (above.length === maxDepth)
    throw usageError('MANIFEST_INVALID', `${path}: more than ${String(maxDepth)} manifests`);
  const text = await readText(path, above.at(-1));
  const below: YamlSource[] = [];
  for (const base of extendedFiles(text))
    below.push(...(await readSources(resolve(dirname(path), base), [...above, path])));
  return [...below, { path, text }];
}

async function readText(path: string, extendedBy: string | undefined): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const why = codeOf(error) === 'ENOENT' ? 'there is no such file' : messageOf(error);
    const by = extendedBy === undefined ? '' : `, which ${extendedBy} extends`;
    throw usageError('MANIFEST_MISSING', `${path}${by}: ${why}`, 'swarmup init writes a manifest');
  }
}

/** Drivers that are not known by themselves are asked for their options. */
async function checkDrivers(context: OperationContext, lab: Lab): Promise<void> {
  for (const { name, driver, options } of lab.pools)
    for (const used of new Set([...(driver === undefined ? [] : [driver]), ...Object.keys(options)]))
      try {
        await context.drivers.options(used, options[used] ?? {}, context.env);
      } catch (error) {
        context.signal.throwIfAborted();
        if (!(error instanceof SwarmupError)) throw error;
        const path = options[used] === undefined ? ['driver'] : ['options', used];
        throw lab.fault(['pools', name, ...path], error.message, ...error.hints);
      }
}
