import { resolve } from 'node:path';
import { manifestName } from '../../lab/read-manifest.js';
import type { Store } from '../../machine/store.js';
import { checkFolder } from './lab-folder.js';
import { manifestSources } from './manifest-sources.js';

/**
 * The name of the swarm of a manifest's lab; undefined while there is none. Only the name in the manifest is checked.
 * Errors (exit 2): MANIFEST_MISSING, MANIFEST_INVALID, VARIABLE_MISSING. LAB_ELSEWHERE (exit 3).
 */
export async function labSwarm(
  store: Pick<Store, 'readSwarm' | 'list'>,
  file: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  const name = manifestName(await manifestSources(file), env);
  if ((await store.readSwarm(name)) === undefined) return undefined;
  await checkFolder({ store, report: () => undefined, env }, { name, manifest: resolve(file) });
  return name;
}
