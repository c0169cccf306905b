import { homeFolder } from '../lib/home-folder.js';
import { openStore } from '../machine/file-store.js';
import type { CommandIo } from './command-io.js';
import { nearestManifest } from './find-manifest.js';

/**
 * The swarm that is meant where none is named: that of SWARMUP_SWARM, else that of the lab of the working folder once
 * it is there, else `default`. Errors: those of `labSwarm`.
 */
export async function swarmHere(io: Pick<CommandIo, 'cwd' | 'env' | 'platform'>): Promise<string> {
  const named = io.env['SWARMUP_SWARM'] ?? '';
  if (named !== '') return named;
  const file = nearestManifest(io.cwd);
  if (file === undefined) return 'default';
  const { labSwarm } = await import('../operations/lab/lab-swarm.js');
  return (await labSwarm(openStore(homeFolder(io.env, io.platform)), file, io.env)) ?? 'default';
}
