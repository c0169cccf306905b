import { SwarmupError } from '../../lib/errors.js';
import { type Lab, labOf } from '../../lab/lab.js';
import { manifestSchema } from '../../lab/manifest-schema.js';
import { readManifest } from '../../lab/read-manifest.js';
import type { OperationContext } from '../access/context.js';
import { checkFolder } from './lab-folder.js';
import { manifestSources } from './manifest-sources.js';
import type { AskTrust } from './trust-lab.js';

export interface LabRequest {
  /** The manifest. */
  readonly file: string;
  /** The driver for all hosts, instead of the drivers in the manifest. */
  readonly driverOverride?: string | undefined;
  /** Of new hosts, where the manifest names none, with where it came from. */
  readonly defaultDriver?: { readonly driver: string; readonly source: string } | undefined;
  /** For operations that run commands of the manifest on this computer. undefined: what was not approved does not run. */
  readonly askTrust?: AskTrust | undefined;
}

/**
 * Reads and checks the manifest of a lab, with those it extends, and that the lab belongs to its folder. Warnings are
 * reported.
 * Errors (exit 2): MANIFEST_MISSING, MANIFEST_INVALID, VARIABLE_MISSING; DRIVER_UNKNOWN and OPTION_INVALID at their place. LAB_ELSEWHERE
 * (exit 3).
 */
export async function loadLab(context: OperationContext, { file, driverOverride }: LabRequest): Promise<Lab> {
  const sources = await manifestSources(file);
  const schema = manifestSchema(context.drivers.declarations);
  const read = readManifest(sources, context.env, schema);
  for (const message of read.warnings) context.report({ type: 'warning', message });
  const lab = labOf(read, sources, driverOverride);
  await checkDrivers(context, lab);
  await checkFolder(context, lab);
  return lab;
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
