import { homeFolder } from '../lib/home-folder.js';
import { openStore } from '../machine/file-store.js';
import { noSwarm } from '../machine/names.js';
import type { Store } from '../machine/store.js';
import type { CommandIo } from './command-io.js';
import { nearestManifest } from './find-manifest.js';

type Here = Pick<CommandIo, 'cwd' | 'env' | 'platform'>;

const storeOf = ({ env, platform }: Here): Store => openStore(homeFolder(env, platform));

/**
 * The swarm that is meant where none is named: that of SWARMUP_SWARM, else that of the lab of the working folder once
 * it is there, else `default`, or the only swarm there is; where there is no swarm at all, `none` is asked. Errors: those of
 * `labSwarm`.
 */
export async function swarmHere(io: Here, none?: (store: Store) => Promise<string>): Promise<string> {
  const named = io.env['SWARMUP_SWARM'] ?? '';
  if (named !== '') return named;
  const file = nearestManifest(io.cwd);
  const store = storeOf(io);
  if (file === undefined) {
    const [only, ...others] = await store.swarms();
    if (only === undefined) return none?.(store) ?? 'default';
    return others.length > 0 ? 'default' : only;
  }
  const { labSwarm } = await import('../operations/lab/lab-swarm.js');
  return (await labSwarm(store, file, io.env)) ?? 'default';
}

/** The swarm of the lab of a manifest, whether it is there or not; undefined where the manifest does not tell. */
export async function swarmOfManifest(file: string, { env }: Here): Promise<string | undefined> {
  const { manifestSources } = await import('../operations/lab/manifest-sources.js');
  const { manifestName } = await import('../lab/read-manifest.js');
  return manifestSources(file)
    .then((sources) => manifestName(sources, env))
    .catch(() => undefined);
}

/**
 * The swarm whose hosts have short names for commands that are about hosts of any swarm. A manifest or a store
 * that cannot be read does not stop them here; where there are plain hosts and no swarm, it is `no-swarm`.
 */
export async function scopeHere(io: Here): Promise<string> {
  const ofPlainHosts = async (store: Store): Promise<string> =>
    (await store.within(noSwarm).names()).length > 0 ? noSwarm : 'default';
  return swarmHere(io, ofPlainHosts).catch(() => 'default');
}
