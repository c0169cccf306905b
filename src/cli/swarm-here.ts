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
 * it is there, else `default`, or the only swarm there is. Errors: those of `labSwarm`.
 */
export async function swarmHere(io: Here): Promise<string> {
  const named = io.env['SWARMUP_SWARM'] ?? '';
  if (named !== '') return named;
  const file = nearestManifest(io.cwd);
  if (file === undefined) return usualSwarm(await storeOf(io).swarms());
  const { labSwarm } = await import('../operations/lab/lab-swarm.js');
  return (await labSwarm(storeOf(io), file, io.env)) ?? 'default';
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
 * that cannot be read does not stop them here; where there is no swarm at all, it is `no-swarm`.
 */
export async function scopeHere(io: Here): Promise<string> {
  const here = await swarmHere(io).catch(() => 'default');
  if (here !== 'default') return here;
  const store = storeOf(io).within(noSwarm);
  const isPlain = async (): Promise<boolean> => (await store.swarms()).length === 0 && (await store.names()).length > 0;
  return (await isPlain().catch(() => false)) ? noSwarm : here;
}

const usualSwarm = ([only, ...others]: readonly string[]): string =>
  only === undefined || others.length > 0 ? 'default' : only;
