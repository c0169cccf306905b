import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { swarmup } from '../../lib/typed-command.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { OperationContext } from '../access/context.js';
import { engineInUse } from '../access/engine-of.js';
import { contextName, ourContexts, removeContext, writeContext, type DockerContext } from '../steps/docker-contexts.js';
import { isSshConfigInstalled } from './ssh-config.js';

export interface ContextRow {
  readonly name: string;
  readonly url: string;
  readonly status: 'current' | 'written' | 'removed' | 'absent' | 'host-gone' | 'would-write' | 'would-remove';
}

export interface ContextsResult {
  readonly contexts: readonly ContextRow[];
}

interface ContextOptions {
  readonly ssh: boolean;
  /** Asks the engines of the hosts first who they are; ssh does that itself, by the host key. */
  readonly check: boolean;
  readonly dryRun: boolean;
}

/** The docker contexts that swarmup wrote. */
export async function listContexts(context: OperationContext): Promise<ContextsResult> {
  const { machines } = await context.store.list();
  const contexts = (await ourContexts(context)).map(({ name, url, id }): ContextRow => {
    const status = machines.some((record) => record.id === id) ? 'current' : 'host-gone';
    return { name, url, status };
  });
  return { contexts };
}

/**
 * Writes the contexts of the named hosts, or of all that are ready.
 * Errors: HOST_UNKNOWN, HOST_NOT_READY, HOST_REMOVING, CONTEXT_FOREIGN; SSH_CONFIG_MISSING (exit 3) when one goes by
 * ssh, and ssh does not know hosts; with `check` those of `confirmEngine`, before anything is written.
 */
export async function createContexts(
  context: OperationContext,
  names: readonly string[],
  { ssh, check, dryRun }: ContextOptions,
): Promise<ContextsResult> {
  const records = await wanted(context, names);
  const served = ssh ? [] : records.filter(({ engine }) => engine !== null);
  for (const record of served) engineInUse(record);
  if (check) {
    const { confirmEngine } = await import('../access/engine-over-tls.js');
    await Promise.all(served.map((record) => confirmEngine(context, record, { timeoutMs: 5000 })));
  }
  if (records.some(({ engine }) => ssh || engine === null) && !(await isSshConfigInstalled(context)))
    throw new SwarmupError('SSH_CONFIG_MISSING', 'a docker context that uses SSH needs the hosts in ~/.ssh/config', {
      exitCode: exitCodes.preflight,
      hints: [swarmup`ssh-config --install`],
    });
  const contexts: ContextRow[] = [];
  for (const record of records) {
    if (dryRun)
      contexts.push({ name: contextName(context, record.name), url: record.engine?.url ?? '', status: 'would-write' });
    else contexts.push({ ...rowOf(await writeContext(context, record, ssh)), status: 'written' });
  }
  return { contexts };
}

/** Removes the contexts of the named hosts, or all of ours. Others stay. */
export async function removeContexts(
  context: OperationContext,
  names: readonly string[],
  { dryRun }: Pick<ContextOptions, 'dryRun'>,
): Promise<ContextsResult> {
  const ours = await ourContexts(context);
  const chosen = names.length > 0 ? names.map((name) => contextName(context, name)) : ours.map(({ name }) => name);
  const contexts: ContextRow[] = [];
  for (const name of new Set(chosen)) {
    const found = ours.find((other) => other.name === name);
    if (found === undefined) contexts.push({ name, url: '', status: 'absent' });
    else if (dryRun) contexts.push({ ...rowOf(found), status: 'would-remove' });
    else {
      await removeContext(context, name);
      contexts.push({ ...rowOf(found), status: 'removed' });
    }
  }
  return { contexts };
}

async function wanted(context: OperationContext, names: readonly string[]): Promise<readonly MachineRecord[]> {
  if (names.length > 0) return Promise.all(names.map((name) => context.store.require(name)));
  return (await context.store.list()).machines.filter(({ phase }) => phase === 'ready');
}

const rowOf = ({ name, url }: DockerContext): Pick<ContextRow, 'name' | 'url'> => ({ name, url });
