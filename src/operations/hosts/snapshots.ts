import type { Driver, DriverContext, DriverSnapshot, DriverSnapshots } from '../../drivers/driver.js';
import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { driverContext } from '../create/choose-driver.js';
import type { OperationContext } from '../context.js';
import { saveState } from '../create/create-host-work.js';
import { eachHost } from '../each-host.js';
import { movedEndpoint } from '../endpoint.js';
import { lockHosts } from '../lock-hosts.js';
import type { HostOutcome, HostsResult } from '../results.js';

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
}

/** Takes a snapshot of hosts, of those that run with their memory. Errors: as `listSnapshots`; of a host SNAPSHOT_EXISTS. */
export const saveSnapshots = (context: OperationContext, request: SnapshotRequest): Promise<HostsResult> =>
  eachSnapshot(context, request, 'snapshot', async ({ snapshots, record, driverContext: own }) => {
    await snapshots.take(own, record.driverState, request.name);
    return 'saved';
  });

/** Removes a snapshot of hosts; they stay as they are. Errors: as `listSnapshots`; of a host SNAPSHOT_UNKNOWN. */
export const removeSnapshots = (context: OperationContext, request: SnapshotRequest): Promise<HostsResult> =>
  eachSnapshot(context, request, 'remove the snapshot', async ({ snapshots, record, driverContext: own }) => {
    await snapshots.remove(own, record.driverState, request.name);
    return 'removed';
  });

/**
 * Puts hosts back to a snapshot; those that ran run afterwards. What their swarm did meanwhile they do not know: all
 * hosts of a swarm belong together. Errors: as `listSnapshots`; of a host SNAPSHOT_UNKNOWN.
 */
export const restoreSnapshots = (context: OperationContext, request: SnapshotRequest): Promise<HostsResult> =>
  eachSnapshot(context, request, 'restore the snapshot', async ({ snapshots, driver, record, driverContext: own }) => {
    const { name } = record;
    await context.disconnect(name);
    await snapshots.restore({ ...own, save: saveState(context, name) }, record.driverState, request.name);
    const { driverState } = await context.store.require(name);
    const [status] = await driver.inspect(own, [driverState]);
    const ssh = status?.description?.ssh;
    if (ssh !== undefined)
      await context.store.update(name, (r) => ({ ...r, endpoint: r.endpoint && movedEndpoint(r.endpoint, ssh) }));
    return 'restored';
  });

interface SnapshotHost {
  readonly record: MachineRecord;
  readonly driver: Driver;
  readonly snapshots: DriverSnapshots;
  readonly driverContext: DriverContext;
}

async function eachSnapshot(
  context: OperationContext,
  { hosts }: SnapshotRequest,
  title: string,
  act: (host: SnapshotHost) => Promise<HostOutcome['status']>,
): Promise<HostsResult> {
  const found = await Promise.all(hosts.map((name) => snapshotHost(context, name)));
  const records = found.map(({ record }) => record);
  const work = (name: string, log: (message: string) => void): Promise<HostOutcome['status']> =>
    snapshotHost(context, name, log).then(act);
  return lockHosts(context, records, 30 * 60_000, async () => ({ hosts: await eachHost(context, hosts, title, work) }));
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
