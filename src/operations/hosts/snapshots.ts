import type { CreateContext, DriverSnapshot, DriverSnapshots } from '../../drivers/driver.js';
import { withDeadline } from '../../lib/abort.js';
import { SwarmupError, usageError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { swarmup } from '../../lib/typed-command.js';
import type { Plan } from '../../plan/plan.js';
import type { StepContext } from '../../plan/step.js';
import { carryOut } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import { movedEndpoint } from '../access/endpoint.js';
import { HostSession } from '../access/host-session.js';
import { hostsPlan, type HostStepOptions } from '../access/host-steps.js';
import type { HostOutcome, HostsResult } from '../access/results.js';
import { underSignal } from '../access/under-signal.js';
import { guardPower } from '../steps/guard-power.js';

export interface SnapshotRow extends DriverSnapshot {
  readonly host: string;
}

/** The snapshots of hosts, the oldest first. Errors: HOST_UNKNOWN (exit 2); NO_SNAPSHOTS (exit 3). */
export async function listSnapshots(
  context: OperationContext,
  names: readonly string[],
): Promise<{ readonly snapshots: readonly SnapshotRow[] }> {
  const step = { signal: context.signal, detail: () => undefined };
  const rows = names.map(async (name) => {
    const { session, snapshots, own } = await snapshotHost(context, name, step);
    return (await snapshots.list(own, session.record.driverState)).map((snapshot) => ({ host: name, ...snapshot }));
  });
  return { snapshots: (await Promise.all(rows)).flat() };
}

/** Names of the snapshots of all hosts whose drivers tell them within `timeoutMs`, sorted. */
export async function snapshotNames(
  context: OperationContext,
  { timeoutMs }: { readonly timeoutMs: number },
): Promise<readonly string[]> {
  const hosts = await context.store.names();
  const asked = hosts.map((host) =>
    withDeadline({ what: `the snapshots of ${host}`, timeoutMs, signal: context.signal }, (signal) =>
      listSnapshots({ ...context, signal }, [host]),
    ),
  );
  const told = (await Promise.allSettled(asked)).flatMap((one) =>
    one.status === 'fulfilled' ? one.value.snapshots : [],
  );
  return [...new Set(told.map(({ name }) => name))].sort();
}

export interface SnapshotRequest {
  /** Of the snapshot. */
  readonly name: string;
  readonly hosts: readonly string[];
  /** Only looks whether it can be done. */
  readonly dryRun?: boolean;
}

/** Takes a snapshot of hosts, of those that run with their memory. Errors: as `listSnapshots`; of a host SNAPSHOT_EXISTS. */
export const saveSnapshots = (context: OperationContext, request: SnapshotRequest): Promise<HostsResult> =>
  changeSnapshots(context, request, {
    title: 'snapshot',
    done: 'saved',
    planned: 'would-save',
    act: ({ session, snapshots, own }) => snapshots.take(own, session.record.driverState, request.name),
  });

/** Removes a snapshot of hosts; they stay as they are. Errors: as `listSnapshots`; of a host SNAPSHOT_UNKNOWN. */
export const removeSnapshots = (context: OperationContext, request: SnapshotRequest): Promise<HostsResult> =>
  changeSnapshots(context, request, {
    title: 'remove the snapshot',
    done: 'removed',
    planned: 'would-remove',
    act: ({ session, snapshots, own }) => snapshots.remove(own, session.record.driverState, request.name),
  });

export interface RestoreSnapshotsRequest extends SnapshotRequest {
  /** Do not ask the guardian. */
  readonly force?: boolean;
}

/**
 * Resets hosts to a snapshot; hosts that were running when it was taken run afterwards. They do not know the later
 * changes of their swarm, so all hosts of a swarm belong together: managers that the quorum needs are not reset without
 * the others. Errors: as `listSnapshots`; QUORUM_AT_RISK (exit 3) unless forced; of a host SNAPSHOT_UNKNOWN.
 */
export const restoreSnapshots = (context: OperationContext, request: RestoreSnapshotsRequest): Promise<HostsResult> =>
  changeSnapshots(context, request, {
    title: 'restore the snapshot',
    done: 'restored',
    planned: 'would-restore',
    guard: async () => {
      if (request.force !== true) await guardPower(context, request.hosts, 'stop', false);
    },
    act: async ({ session, snapshots, own }) => {
      await session.context.disconnect(session.name);
      await snapshots.restore(own, session.record.driverState, request.name);
      const [status] = await session.driver.inspect(own, [session.record.driverState]);
      const ssh = status?.description?.ssh;
      if (ssh !== undefined)
        await session.update((r) => ({ ...r, endpoint: r.endpoint && movedEndpoint(r.endpoint, ssh) }));
    },
  });

interface SnapshotVerb {
  readonly title: string;
  readonly done: HostOutcome['status'];
  readonly planned: 'would-save' | 'would-remove' | 'would-restore';
  readonly act: (host: SnapshotHost) => Promise<void>;
  readonly guard?: () => Promise<void>;
}

interface SnapshotHost {
  readonly session: HostSession;
  readonly snapshots: DriverSnapshots;
  /** The context for its driver. */
  readonly own: CreateContext<unknown>;
}

async function changeSnapshots(
  context: OperationContext,
  request: SnapshotRequest,
  verb: SnapshotVerb,
): Promise<HostsResult> {
  const { name: snapshot, hosts } = request;
  const looking = { signal: context.signal, detail: () => undefined };
  const found = await Promise.all(hosts.map((name) => snapshotHost(context, name, looking)));
  const plan = async (): Promise<Plan<HostsResult>> => {
    await verb.guard?.();
    const changing: HostStepOptions = {
      ...verb,
      look: async (name, step) => {
        await checkSnapshot(await snapshotHost(context, name, step), snapshot, verb.planned);
        return 'changed';
      },
      act: async (name, step) => {
        await verb.act(await snapshotHost(underSignal(context, step.signal), name, step));
        return 'changed';
      },
    };
    return hostsPlan(hosts, changing, request);
  };
  const locks = found.map(({ session }) => session.record);
  return carryOut(context, { locks, lockTimeoutMs: 30 * 60_000, plan }, request);
}

async function checkSnapshot(
  { session, snapshots, own }: SnapshotHost,
  name: string,
  planned: SnapshotVerb['planned'],
): Promise<void> {
  const isThere = (await snapshots.list(own, session.record.driverState)).some((snapshot) => snapshot.name === name);
  if (isThere && planned === 'would-save')
    throw usageError('SNAPSHOT_EXISTS', `${session.name} has a snapshot ${name} already`, 'choose another name');
  if (!isThere && planned !== 'would-save')
    throw usageError(
      'SNAPSHOT_UNKNOWN',
      `${session.name} has no snapshot ${name}`,
      `${swarmup`snapshot ls`} shows what there is`,
    );
}

async function snapshotHost(context: OperationContext, name: string, step: StepContext): Promise<SnapshotHost> {
  const session = await HostSession.open(context, name);
  const { driver, record } = session;
  const { snapshots } = driver;
  if (snapshots === undefined)
    throw new SwarmupError('NO_SNAPSHOTS', `the driver ${driver.name} cannot take snapshots of ${name}`, {
      host: name,
      exitCode: exitCodes.preflight,
      hints: [`${swarmup`driver ls`} shows which drivers do`],
    });
  if (record.driverState === null)
    throw new SwarmupError('HOST_NOT_READY', `the creation of ${name} is not finished`, { host: name });
  return { session, snapshots, own: session.driverContext(step) };
}
