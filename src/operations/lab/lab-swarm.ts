import { manifestName } from '../../lab/read-manifest.js';
import type { Store } from '../../machine/store.js';
import { manifestSources } from './manifest-sources.js';

/**
 * The name of the swarm of a manifest's lab; undefined while there is none. Only the name in the manifest is checked.
 * Errors (exit 2): MANIFEST_MISSING, MANIFEST_INVALID, VARIABLE_MISSING.
 */
export async function labSwarm(
  store: Pick<Store, 'readSwarm'>,
  file: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  const name = manifestName(await manifestSources(file), env);
  return (await store.readSwarm(name)) === undefined ? undefined : name;
}
