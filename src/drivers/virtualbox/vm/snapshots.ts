import { codeOf, SwarmupError, usageError } from '../../../lib/errors.js';
import { nearest } from '../../../lib/nearest.js';
import type { CreateContext, DriverContext, DriverSnapshot } from '../../driver.js';
import type { VirtualBoxState } from '../state.js';
import { type ListedSnapshot, parseSnapshots } from '../tool/parse.js';
import type { VBoxManage } from '../tool/vboxmanage.js';
import { withMachine } from './machine-lock.js';
import { cutPower, isOff, showSettled } from './settle.js';
import { type StartJob, startVm } from './start-vm.js';

interface SnapshotJob {
  readonly tool: VBoxManage;
  readonly context: DriverContext;
}

/** Snapshots of a host, the oldest first. */
const listSnapshots = ({ tool, context }: SnapshotJob, { vm }: VirtualBoxState): Promise<readonly DriverSnapshot[]> =>
  withMachine(context, vm, async () => {
    await showSettled({ tool, context }, vm);
    return (await list(tool, vm)).map(({ name, current }) => ({ name, current }));
  });

/**
 * Takes a snapshot, of a running host with its memory. Names are unique: VirtualBox takes the same one twice, and acts
 * on the first of them. Errors: SNAPSHOT_EXISTS (exit 2).
 */
async function takeSnapshot(
  { tool, context }: SnapshotJob,
  { vm, name: host }: VirtualBoxState,
  name: string,
): Promise<void> {
  await withMachine(context, vm, async () => {
    await showSettled({ tool, context }, vm);
    if ((await list(tool, vm)).some((snapshot) => snapshot.name === name))
      throw usageError('SNAPSHOT_EXISTS', `${host} has a snapshot '${name}' already`, 'choose another name');
    context.log(`taking the snapshot ${name}`);
    await tool.run(['snapshot', vm, 'take', name, '--description', 'swarmup'], { kind: 'slow' });
  });
}

/**
 * Resets a host to a snapshot; all later changes are lost. The host runs afterwards if it was running before. A
 * snapshot restores old settings, so the start sets the port of sshd again. Errors: SNAPSHOT_UNKNOWN (exit 2).
 */
async function restoreSnapshot(job: StartJob, state: VirtualBoxState, name: string): Promise<void> {
  const { tool } = job;
  const context: CreateContext<VirtualBoxState> = job.context;
  await withMachine(context, state.vm, async () => {
    const wasRunning = !isOff(await showSettled(job, state.vm));
    const { uuid } = find(await list(tool, state.vm), state.name, name);
    if (wasRunning) await cutPower(job, state.vm);
    context.log(`restoring the snapshot ${name}`);
    await tool.run(['snapshot', state.vm, 'restore', uuid], { kind: 'slow' });
    if (wasRunning) await startVm(job, state);
  });
}

/** Errors: SNAPSHOT_UNKNOWN (exit 2); SNAPSHOT_IN_USE when others build on it. */
async function removeSnapshot(
  { tool, context }: SnapshotJob,
  { vm, name: host }: VirtualBoxState,
  name: string,
): Promise<void> {
  await withMachine(context, vm, async () => {
    await showSettled({ tool, context }, vm);
    const { uuid } = find(await list(tool, vm), host, name);
    context.log(`removing the snapshot ${name}`);
    try {
      // Disks are merged.
      await tool.run(['snapshot', vm, 'delete', uuid], { kind: 'clone' });
    } catch (error) {
      if (!(error instanceof SwarmupError) || !/child/i.test(error.message)) throw error;
      throw new SwarmupError('SNAPSHOT_IN_USE', `other snapshots of ${host} are based on the snapshot '${name}'`, {
        host,
        hints: ['first remove the snapshots that were taken after it'],
        cause: error,
      });
    }
  });
}

/** For VBoxManage, the absence of snapshots is a failure, with a message on stdout. */
async function list(tool: VBoxManage, vm: string): Promise<readonly ListedSnapshot[]> {
  try {
    return parseSnapshots((await tool.run(['snapshot', vm, 'list', '--machinereadable'])).stdout);
  } catch (error) {
    if (
      codeOf(error) === 'VBOX_FAILED' &&
      error instanceof Error &&
      error.message.includes('does not have any snapshots')
    )
      return [];
    throw error;
  }
}

function find(snapshots: readonly ListedSnapshot[], host: string, name: string): ListedSnapshot {
  const found = snapshots.find((snapshot) => snapshot.name === name);
  if (found !== undefined) return found;
  const alike = nearest(
    name,
    snapshots.map((snapshot) => snapshot.name),
  );
  throw usageError(
    'SNAPSHOT_UNKNOWN',
    `${host} has no snapshot '${name}'`,
    ...(alike.length > 0 ? [`did you mean ${alike.join(' or ')}?`] : []),
  );
}

/** Fulfils `DriverSnapshots` for a machine whose tool and options are known. */
export const vmSnapshots = {
  list: listSnapshots,
  take: takeSnapshot,
  restore: restoreSnapshot,
  remove: removeSnapshot,
} as const;
