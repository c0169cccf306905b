import { waitFor } from '../../lib/abort.js';
import { SwarmupError, usageError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { swarmup } from '../../lib/typed-command.js';
import type { Plan } from '../../plan/plan.js';
import { isReady } from '../../swarm/membership.js';
import { carryOut } from '../access/carry-out.js';
import { composed, unlessDry } from '../access/composed.js';
import type { OperationContext } from '../access/context.js';
import { listNodes } from '../access/node-rows.js';
import type { HostOutcome, HostsResult } from '../access/results.js';
import { underSignal } from '../access/under-signal.js';
import { startHosts, stopHosts } from '../hosts/power.js';
import { listSnapshots, removeSnapshots, restoreSnapshots, saveSnapshots } from '../hosts/snapshots.js';
import { membersOf } from './lab-members.js';
import type { LabRequest } from './load-lab.js';
import { isFailed, withFailures } from './with-failures.js';

export interface LabSnapshotRequest extends LabRequest {
  /** Of the snapshot. */
  readonly name: string;
  /** Only looks whether it can be done. */
  readonly dryRun: boolean;
}

const readyMs = 5 * 60_000;

/**
 * Saves the whole lab at one moment: all its hosts are off meanwhile; hosts that were running run afterwards. If a part
 * of the snapshot fails, the whole snapshot is removed. Errors: those of `loadLab`, `stopHosts` and `saveSnapshots`.
 */
export async function saveLab(context: OperationContext, request: LabSnapshotRequest): Promise<HostsResult> {
  const { name } = request;
  const { names } = await membersOf(context, request);
  const save = async (dryRun: boolean): Promise<HostsResult> => {
    const saved = await saveSnapshots(context, { name, hosts: names, dryRun });
    const done = saved.hosts.filter((host) => !isFailed(host)).map((host) => host.name);
    if (!dryRun && done.length < names.length && done.length > 0) await removeSnapshots(context, { name, hosts: done });
    return saved;
  };
  const plan = async (): Promise<Plan<HostsResult>> => {
    await listSnapshots(context, names);
    return whileOff(context, names, 'the hosts that were running', save);
  };
  return carryOut(context, { plan }, request);
}

/**
 * Resets the whole lab to a snapshot, and waits until all its nodes are Ready. It can be repeated after an
 * interruption. Errors: SNAPSHOT_UNKNOWN (exit 2) if no host has the snapshot; SNAPSHOT_MISMATCH
 * (exit 3) if a host of the lab is not in it; TIMEOUT; those of
 * `restoreSnapshots`.
 */
export async function restoreLab(context: OperationContext, request: LabSnapshotRequest): Promise<HostsResult> {
  const { name } = request;
  const { lab, names } = await membersOf(context, request);
  const restore = (dryRun: boolean): Promise<HostsResult> =>
    restoreSnapshots(context, { name, hosts: names, dryRun, force: true });
  const plan = async (): Promise<Plan<HostsResult>> => {
    const { snapshots } = await listSnapshots(context, names);
    const without = names.filter((host) => !snapshots.some((row) => row.host === host && row.name === name));
    const hints = [`${swarmup`snapshot ls`} shows what there is`];
    if (without.length === names.length)
      throw usageError('SNAPSHOT_UNKNOWN', `no host of lab ${lab.name} has a snapshot named ${name}`, ...hints);
    if (without.length > 0)
      throw new SwarmupError(
        'SNAPSHOT_MISMATCH',
        `${without.join(', ')} has no snapshot ${name}: the lab has changed since`,
        { exitCode: exitCodes.preflight, hints },
      );
    return whileOff(context, names, 'all', restore, () => awaitNodes(context, lab.name, names));
  };
  return carryOut(context, { plan }, request);
}

/** `work` between stopping and starting hosts; `settle` once they run again, where nothing failed. */
function whileOff(
  context: OperationContext,
  names: readonly string[],
  afterwards: 'all' | 'the hosts that were running',
  work: (dryRun: boolean) => Promise<HostsResult>,
  settle?: () => Promise<void>,
): Plan<HostsResult> {
  /** Those to start again. */
  let off: readonly string[] = [];
  let hosts: readonly HostOutcome[] = [];
  const stop = async (): Promise<void> => {
    const stopped = await stopHosts(context, names, { force: true });
    const ran = stopped.hosts.filter(({ status }) => status === 'stopped').map(({ name }) => name);
    off = afterwards === 'all' ? names : ran;
    const failed = stopped.hosts.find(isFailed);
    if (failed?.error !== undefined)
      throw new SwarmupError(failed.error.code, `not all hosts can be stopped: ${failed.error.message}`, {
        host: failed.name,
      });
  };
  // Also after Ctrl-C: a lab is not left without power.
  const start = async (): Promise<void> => {
    const started = await startHosts(underSignal(context, AbortSignal.timeout(readyMs)), off);
    off = [];
    hosts = withFailures(hosts, started.hosts);
  };
  const parts = {
    stop: unlessDry(stop),
    snapshot: async (dryRun: boolean) => {
      ({ hosts } = await work(dryRun));
    },
    start: unlessDry(start),
    settle: unlessDry(async () => {
      if (!hosts.some(isFailed)) await settle?.();
    }),
  };
  return { ...composed(parts, () => ({ hosts })), rollBack: start };
}

async function awaitNodes(context: OperationContext, lab: string, names: readonly string[]): Promise<void> {
  const deadline = {
    timeoutMs: readyMs,
    what: `all nodes of ${lab} to be Ready`,
    signal: context.signal,
    intervalMs: 500,
  };
  await waitFor(deadline, async () => {
    const { nodes } = await listNodes(context, lab);
    const open = names.filter((name) => !isReady(nodes.find((node) => node.name === name)));
    if (open.length > 0) throw new Error(`${open.join(', ')} are not Ready yet`);
    return true;
  });
}
