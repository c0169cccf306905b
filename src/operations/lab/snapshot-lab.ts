import { waitFor } from '../../lib/abort.js';
import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { underSignal } from '../access/under-signal.js';
import type { OperationContext } from '../access/context.js';
import { requireMembers } from './lab-members.js';
import { type LabRequest, loadLab } from './load-lab.js';
import { startHosts, stopHosts } from '../hosts/power.js';
import type { HostOutcome, HostsResult } from '../access/results.js';
import { listSnapshots, removeSnapshots, restoreSnapshots, saveSnapshots } from '../hosts/snapshots.js';
import { listNodes } from '../access/node-rows.js';

export interface LabSnapshotRequest extends LabRequest {
  /** Of the snapshot. */
  readonly name: string;
  /** Only looks whether it can be done. */
  readonly dryRun: boolean;
}

const readyMs = 5 * 60_000;
const isFailed = ({ status }: HostOutcome): boolean => status === 'failed';

/**
 * Keeps the whole lab as it is at one moment: all its hosts are off meanwhile; those that ran run afterwards. A snapshot
 * of which a part failed is taken away again. Errors: those of `loadLab`, `stopHosts` and `saveSnapshots`.
 */
export async function saveLab(context: OperationContext, request: LabSnapshotRequest): Promise<HostsResult> {
  const { name, dryRun } = request;
  const { names } = await membersOf(context, request);
  if (dryRun) return saveSnapshots(context, { name, hosts: names, dryRun });
  await listSnapshots(context, names);
  return whileOff(context, names, 'those that ran', async () => {
    const saved = await saveSnapshots(context, { name, hosts: names });
    const done = saved.hosts.filter((host) => !isFailed(host)).map((host) => host.name);
    if (done.length < names.length && done.length > 0) await removeSnapshots(context, { name, hosts: done });
    return saved;
  });
}

/**
 * Makes the whole lab what it was, and waits until all its nodes are Ready. When it was interrupted it can be repeated.
 * Errors: SNAPSHOT_MISMATCH (exit 3) when a host of the lab is not in it; TIMEOUT; those of `restoreSnapshots`.
 */
export async function restoreLab(context: OperationContext, request: LabSnapshotRequest): Promise<HostsResult> {
  const { name, dryRun } = request;
  const { lab, names } = await membersOf(context, request);
  const { snapshots } = await listSnapshots(context, names);
  const without = names.filter((host) => !snapshots.some((row) => row.host === host && row.name === name));
  if (without.length > 0)
    throw new SwarmupError(
      'SNAPSHOT_MISMATCH',
      `${without.join(', ')} has no snapshot ${name}: the lab has changed since`,
      {
        exitCode: exitCodes.preflight,
        hints: ['swarmup snapshot ls shows what there is'],
      },
    );
  if (dryRun) return restoreSnapshots(context, { name, hosts: names, dryRun, force: true });
  const restored = await whileOff(context, names, 'all', () =>
    restoreSnapshots(context, { name, hosts: names, force: true }),
  );
  if (!restored.hosts.some(isFailed)) await awaitNodes(context, lab, names);
  return restored;
}

/** The hosts of a lab. Errors: LAB_EMPTY (exit 2); those of `loadLab`. */
export async function membersOf(
  context: OperationContext,
  request: LabRequest,
): Promise<{ readonly lab: string; readonly names: readonly string[] }> {
  const { name: lab } = await loadLab(context, request);
  return { lab, names: (await requireMembers(context, lab)).map(({ name }) => name) };
}

async function whileOff(
  context: OperationContext,
  names: readonly string[],
  afterwards: 'all' | 'those that ran',
  work: () => Promise<HostsResult>,
): Promise<HostsResult> {
  const { hosts } = await stopHosts(context, names, { force: true });
  const ran = hosts.filter(({ status }) => status === 'stopped').map(({ name }) => name);
  try {
    const failed = hosts.find(isFailed);
    if (failed?.error !== undefined)
      throw new SwarmupError(failed.error.code, `not all hosts can be stopped: ${failed.error.message}`, {
        host: failed.name,
      });
    return await work();
  } finally {
    // Also after Ctrl-C: a lab is not left without power.
    const patient = underSignal(context, AbortSignal.timeout(readyMs));
    await startHosts(patient, afterwards === 'all' ? names : ran);
  }
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
    const open = names.filter((name) => nodes.find((node) => node.name === name)?.state !== 'ready');
    if (open.length > 0) throw new Error(`${open.join(', ')} not yet`);
    return true;
  });
}
