import { SwarmupError, usageError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { BackupManifest } from '../../swarm/backup-file.js';
import { beliefOf } from '../../swarm/membership.js';
import { engineInfo } from '../../swarm/swarm-api.js';
import type { OperationContext } from '../access/context.js';
import { createHosts } from '../create/create-hosts.js';
import { withoutNode } from '../steps/become-node.js';
import { powerOf } from '../access/host-power.js';
import { diagnoseSwarm } from './diagnose-swarm.js';
import { hostEngine, swarmMachines } from '../access/swarm-access.js';

/** Errors: HOST_EXISTS (exit 2) of another swarm, SWARM_ALIVE (exit 3). */
export async function refuseLiving(
  context: OperationContext,
  swarm: string,
  names: readonly string[],
  force: boolean,
): Promise<void> {
  for (const name of names) {
    const record = await context.store.read(name);
    if (record !== undefined && record.swarm !== null && record.swarm !== swarm)
      throw usageError('HOST_EXISTS', `${name} belongs to swarm ${record.swarm}`, 'choose another host with --on');
  }
  if (force || (await swarmMachines(context, swarm)).length === 0) return;
  const { authority } = await diagnoseSwarm(context, swarm);
  if (authority === undefined) return;
  throw new SwarmupError('SWARM_ALIVE', `swarm ${swarm} is still alive: ${authority.name} manages it`, {
    exitCode: exitCodes.preflight,
    hints: [
      '--swarm NAME restores it under another name, onto other hosts',
      '--force replaces the swarm that is alive',
    ],
  });
}

/** Those of the names that are hosts already: on record, and not gone. */
export async function hostsThere(context: OperationContext, names: readonly string[]): Promise<readonly string[]> {
  const there = async (name: string): Promise<boolean> => {
    const record = await context.store.read(name);
    return record !== undefined && (await powerOf(context, record)) !== 'absent';
  };
  const found = await Promise.all(names.map(there));
  return names.filter((_name, i) => found[i] === true);
}

/**
 * Hosts are made as plain ones, like those of the swarm: what makes a swarm of them is the backup. Those on record are
 * made again, and are not nodes any more. Errors: HOST_NOT_MADE.
 */
export async function makeHosts(
  context: OperationContext,
  names: readonly string[],
  driver: string | undefined,
  like: string,
): Promise<void> {
  for (const name of names)
    if ((await context.store.read(name)) !== undefined)
      await context.store.update(name, (record) => ({ ...withoutNode(record), swarm: null, role: null }));
  const { hosts } = await createHosts(context, { swarm: null, groups: [{ names, driver, like }] });
  const failed = hosts.find(({ status }) => status === 'failed');
  if (failed !== undefined)
    throw new SwarmupError('HOST_NOT_MADE', `${failed.name} could not be made: ${failed.error?.message ?? ''}`, {
      host: failed.name,
    });
}

/** `manager`: which of them is to get the state. Errors: HOST_IN_SWARM, ENGINE_OLDER (exit 3). */
export async function checkHosts(
  context: OperationContext,
  names: readonly string[],
  {
    manager,
    manifest,
    force,
  }: { readonly manager: string | undefined; readonly manifest: BackupManifest; readonly force: boolean },
): Promise<void> {
  for (const name of names) {
    const record = await context.store.require(name);
    const { ServerVersion: version, Swarm } = await engineInfo(hostEngine(context, record), context.signal);
    if (beliefOf(Swarm) !== 'outside' && !force)
      throw new SwarmupError('HOST_IN_SWARM', `the engine of ${name} is already part of a swarm`, {
        host: name,
        exitCode: exitCodes.preflight,
        hints: ['--force makes the engine leave that swarm', 'choose another host with --on'],
      });
    if (name === manager && isOlder(version, manifest.engineVersion))
      throw new SwarmupError(
        'ENGINE_OLDER',
        `${name} has Docker Engine ${version}, older than ${manifest.engineVersion} of the backup`,
        {
          host: name,
          exitCode: exitCodes.preflight,
          hints: ['upgrade its engine first, or choose another host with --on'],
        },
      );
  }
}

/** By major and minor version: the state's format may change with those. */
function isOlder(version: string, than: string): boolean {
  const [a = [], b = []] = [version, than].map((text) => text.split('.').map(Number));
  return (a[0] ?? 0) - (b[0] ?? 0) < 0 || (a[0] === b[0] && (a[1] ?? 0) < (b[1] ?? 0));
}
