import type { Driver, DriverContext, DriverSnapshot, DriverSnapshots } from '../../drivers/driver.js';
import { SwarmupError, usageError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { OperationContext } from '../access/context.js';
import { saveState } from '../steps/create-host-work.js';
import { eachHost } from '../access/each-host.js';
import { movedEndpoint } from '../access/endpoint.js';
import { lockHosts } from '../access/lock-hosts.js';
import { guardPower } from '../steps/guard-power.js';
import type { HostOutcome, HostsResult } from '../access/results.js';
import { driverContext } from '../access/driver-context.js';

export interface SnapshotRow extends DriverSnapshot {
  readonly host: string;
}

/** The snapshots of hosts, the oldest first. Errors: HOST_UNKNOWN (exit 2); NO_SNAPSHOTS (exit 3). */
export async function listSnapshots(
  context: OperationContext,
  names: readonly string[],
): Promise<{ readonly snapshots: readonly SnapshotRow[] }> {
  const hosts = await Promise.all(names.map((name) => snapshotHost(context, name)));
  const rows = hosts.map(async ({ snapshots, record, driverContext: own }) =>
    (await snapshots.list(own, record.driverState)).map((snapshot) => ({ host: record.name, ...snapshot })),
  );
  return { snapshots: (await Promise.all(rows)).flat() };
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
  eachSnapshot(context, request, ['snapshot', 'would-save'], async ({ snapshots, record, driverContext: own }) => {
    await snapshots.take(own, record.driverState, request.name);
    return 'saved';
  });

/** Removes a snapshot of hosts; they stay as they are. Errors: as `listSnapshots`; of a host SNAPSHOT_UNKNOWN. */
export const removeSnapshots = (context: OperationContext, request: SnapshotRequest): Promise<HostsResult> =>
  eachSnapshot(
    context,
    request,
    ['remove the snapshot', 'would-remove'],
    async ({ snapshots, record, driverContext: own }) => {
      await snapshots.remove(own, record.driverState, request.name);
      return 'removed';
    },
  );

export interface RestoreSnapshotsRequest extends SnapshotRequest {
  /** Do not ask the guardian. */
  readonly force?: boolean;
}

/**
 * Puts hosts back to a snapshot; those that ran run afterwards. What their swarm did meanwhile they do not know: all
 * hosts of a swarm belong together, and managers without whose votes it has no quorum are not put back without the
 * others. Errors: as `listSnapshots`; QUORUM_AT_RISK (exit 3) unless forced; of a host SNAPSHOT_UNKNOWN.
 */
export async function restoreSnapshots(
  context: OperationContext,
  request: RestoreSnapshotsRequest,
): Promise<HostsResult> {
  await listSnapshots(context, request.hosts);
  if (request.force !== true) await guardPower(context, request.hosts, 'stop', false);
  return eachSnapshot(
    context,
    request,
    ['restore the snapshot', 'would-restore'],
    async ({ snapshots, driver, record, driverContext: own }) => {
      const { name } = record;
      await context.disconnect(name);
      await snapshots.restore({ ...own, save: saveState(context, name) }, record.driverState, request.name);
      const { driverState } = await context.store.require(name);
      const [status] = await driver.inspect(own, [driverState]);
      const ssh = status?.description?.ssh;
      if (ssh !== undefined)
        await context.store.update(name, (r) => ({ ...r, endpoint: r.endpoint && movedEndpoint(r.endpoint, ssh) }));
      return 'restored';
    },
  );
}

type PlannedStatus = 'would-save' | 'would-remove' | 'would-restore';

interface SnapshotHost {
  readonly record: MachineRecord;
  readonly driver: Driver;
  readonly snapshots: DriverSnapshots;
  readonly driverContext: DriverContext;
}

async function eachSnapshot(
  context: OperationContext,
  { name: snapshot, hosts, dryRun = false }: SnapshotRequest,
  [title, planned]: readonly [string, PlannedStatus],
  act: (host: SnapshotHost) => Promise<HostOutcome['status']>,
): Promise<HostsResult> {
  const found = await Promise.all(hosts.map((name) => snapshotHost(context, name)));
  const records = found.map(({ record }) => record);
  const look = (host: SnapshotHost): Promise<PlannedStatus> => checkSnapshot(host, snapshot, planned);
  const work = (name: string, log: (message: string) => void): Promise<HostOutcome['status']> =>
    snapshotHost(context, name, log).then(dryRun ? look : act);
  const all = async (): Promise<HostsResult> => ({ hosts: await eachHost(context, hosts, title, work) });
  // A dry run writes nothing, not even a lock.
  return dryRun ? all() : lockHosts(context, records, 30 * 60_000, all);
}

async function checkSnapshot(
  { snapshots, record, driverContext: own }: SnapshotHost,
  name: string,
  planned: PlannedStatus,
): Promise<PlannedStatus> {
  const isThere = (await snapshots.list(own, record.driverState)).some((snapshot) => snapshot.name === name);
  if (isThere && planned === 'would-save')
    throw usageError('SNAPSHOT_EXISTS', `${record.name} has a snapshot ${name} already`, 'choose another name');
  if (!isThere && planned !== 'would-save')
    throw usageError(
      'SNAPSHOT_UNKNOWN',
      `${record.name} has no snapshot ${name}`,
      'swarmup snapshot ls shows what there is',
    );
  return planned;
}

async function snapshotHost(
  context: OperationContext,
  name: string,
  log?: (message: string) => void,
): Promise<SnapshotHost> {
  const record = await context.store.require(name);
  const driver = await context.drivers.get(record.driver);
  const { snapshots } = driver;
  if (snapshots === undefined)
    throw new SwarmupError('NO_SNAPSHOTS', `the driver ${driver.name} takes no snapshots of ${name}`, {
      host: name,
      exitCode: exitCodes.preflight,
      hints: ['swarmup driver ls shows which drivers do'],
    });
  if (record.driverState === null) throw new SwarmupError('HOST_NOT_READY', `${name} is not finished`, { host: name });
  const options = record.options as DriverContext['options'];
  return { record, driver, snapshots, driverContext: driverContext(context, driver, options, log && { log }) };
}
