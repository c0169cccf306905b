import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { array, looseObject, nullable, parse, picklist, string } from 'valibot';
import { waitFor } from '../lib/abort.js';
import { SwarmupError, usageError } from '../lib/errors.js';
import { exitCodes } from '../lib/exit-codes.js';
import { nearest } from '../lib/nearest.js';
import type { Driver, DriverContext } from '../drivers/driver.js';
import { writeFileAtomic } from '../machine/atomic-file.js';
import type { MachineRecord } from '../machine/machine-record.js';
import { isName } from '../machine/names.js';
import { driverContext } from './choose-driver.js';
import type { OperationContext } from './context.js';
import { eachHost } from './each-host.js';
import { requireMembers } from './lab-members.js';
import { listNodes } from './list-nodes.js';
import { type LabRequest, loadLab } from './load-lab.js';
import { lockHosts } from './lock-hosts.js';
import { startHosts, stopHosts } from './power.js';
import type { HostOutcome, HostsResult } from './results.js';

/** What is kept about a snapshot; it is written when all of it is there. */
const snapshotSchema = looseObject({
  lab: string(),
  name: string(),
  createdAt: string(),
  hosts: array(
    looseObject({ name: string(), id: string(), role: nullable(picklist(['manager', 'worker'])), nodeId: nullable(string()) }),
  ),
});

export interface SnapshotRow {
  readonly lab: string;
  readonly name: string;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly hosts: readonly {
    readonly name: string;
    readonly id: string;
    readonly role: MachineRecord['role'];
    readonly nodeId: string | null;
  }[];
}

export interface SnapshotRequest extends LabRequest {
  readonly name: string;
}

export interface SnapshotResult extends HostsResult {
  readonly lab: string;
  readonly name: string;
}

const lockTimeoutMs = 60_000;
const readyMs = 5 * 60_000;

/**
 * Keeps the whole lab as it is at one moment: all hosts are stopped, each is kept by its driver, and those that ran are
 * started again. A snapshot of which a part failed is none. Errors: NAME_INVALID, SNAPSHOT_EXISTS (exit 2),
 * SNAPSHOT_IMPOSSIBLE (exit 3) where a driver has none; SNAPSHOT_FAILED; those of `stopHosts`; LOCKED (exit 5).
 */
export async function saveLab(context: OperationContext, request: SnapshotRequest): Promise<SnapshotResult> {
  const { name } = request;
  if (!isName(name))
    throw usageError('NAME_INVALID', `${JSON.stringify(name)} is no name of a snapshot`, 'use letters, digits and hyphens');
  return inLab(context, request, async (lab, members) => {
    if ((await readSnapshot(context, lab, name)) !== undefined)
      throw usageError('SNAPSHOT_EXISTS', `lab ${lab} has a snapshot ${name} already`, `swarmup snapshot rm ${name}`);
    const hosts = await whileStopped(context, members, async () => {
      const saved = await onHosts(context, members, 'save', (host) => host.snapshots.save(host.context, host.state, name));
      if (saved.some(({ status }) => status === 'failed')) await forgetOnHosts(context, members, name);
      else await writeSnapshot(context, { lab, name, createdAt: context.now().toISOString(), hosts: members.map(keptOf) });
      return saved;
    });
    return { lab, name, hosts };
  });
}

const keptOf = ({ name, id, role, nodeId }: MachineRecord): SnapshotRow['hosts'][number] => ({ name, id, role, nodeId });

/**
 * Makes the whole lab what it was, and waits until all its nodes are Ready. It can be repeated when it was interrupted.
 * Errors: SNAPSHOT_UNKNOWN (exit 2); SNAPSHOT_MISMATCH (exit 3) where the lab has other hosts now; TIMEOUT; as above.
 */
export async function restoreLab(context: OperationContext, request: SnapshotRequest): Promise<SnapshotResult> {
  return inLab(context, request, async (lab, members) => {
    const snapshot = await requireSnapshot(context, lab, request.name);
    checkSame(snapshot, members);
    const { name } = snapshot;
    const hosts = await whileStopped(
      context,
      members,
      async () => {
        const restored = await onHosts(context, members, 'restore', (host) =>
          host.snapshots.restore(host.context, host.state, name),
        );
        for (const kept of snapshot.hosts)
          await context.store.update(kept.name, (r) => ({ ...r, role: kept.role, nodeId: kept.nodeId }));
        return restored;
      },
      true,
    );
    if (hosts.every(({ status }) => status !== 'failed')) await awaitNodes(context, lab, members);
    return { lab, name, hosts };
  });
}

/** Nodes that join or leave are no part of a snapshot. */
function checkSame({ name, hosts }: SnapshotRow, members: readonly MachineRecord[]): void {
  const gone = hosts.filter(({ id }) => !members.some((member) => member.id === id));
  const added = members.filter(({ id }) => !hosts.some((host) => host.id === id));
  if (gone.length + added.length === 0) return;
  const names = (list: readonly { readonly name: string }[]): string => list.map((host) => host.name).join(', ');
  const why = gone.length > 0 ? `it has ${names(gone)}, which is gone` : `it does not have ${names(added)}`;
  throw new SwarmupError('SNAPSHOT_MISMATCH', `the snapshot ${name} does not fit the lab: ${why}`, {
    exitCode: exitCodes.preflight,
    hints: ['a snapshot is of hosts that are still there, and of all of them'],
  });
}

/** The snapshots of a lab, oldest first. */
export async function listSnapshots(
  context: OperationContext,
  request: LabRequest,
): Promise<{ readonly lab: string; readonly snapshots: readonly SnapshotRow[] }> {
  const { name: lab } = await loadLab(context, request);
  return { lab, snapshots: await readSnapshots(context, lab) };
}

/** Forgets a snapshot, with what drivers keep of it. Errors: SNAPSHOT_UNKNOWN (exit 2); LOCKED (exit 5). */
export async function removeLabSnapshot(context: OperationContext, request: SnapshotRequest): Promise<SnapshotResult> {
  return inLab(context, request, async (lab, members) => {
    const { name } = await requireSnapshot(context, lab, request.name);
    const hosts = await forgetOnHosts(context, members, name);
    if (hosts.every(({ status }) => status !== 'failed')) await rm(join(await folderOf(context, lab), `${name}.json`));
    return { lab, name, hosts };
  });
}

async function inLab(
  context: OperationContext,
  request: LabRequest,
  work: (lab: string, members: readonly MachineRecord[]) => Promise<SnapshotResult>,
): Promise<SnapshotResult> {
  const { name: lab } = await loadLab(context, request);
  return lockHosts(context, [{ name: '', swarm: lab }], lockTimeoutMs, async () => {
    const members = await requireMembers(context, lab);
    for (const { driver: name } of members) {
      const driver = await context.drivers.get(name);
      if (driver.snapshots === undefined)
        throw new SwarmupError('SNAPSHOT_IMPOSSIBLE', `the driver ${name} keeps no snapshots`, {
          exitCode: exitCodes.preflight,
          hints: ['swarmup driver ls shows which drivers do'],
        });
    }
    return work(lab, members);
  });
}

/** All hosts are off while `work` runs. Those that ran before run afterwards, whatever happened; with `all` every one. */
async function whileStopped(
  context: OperationContext,
  members: readonly MachineRecord[],
  work: () => Promise<readonly HostOutcome[]>,
  all = false,
): Promise<readonly HostOutcome[]> {
  const names = members.map(({ name }) => name);
  const stopped = (await stopHosts(context, names, { force: true })).hosts;
  const ran = stopped.filter(({ status }) => status === 'stopped').map(({ name }) => name);
  const failed = stopped.find(({ status }) => status === 'failed');
  try {
    if (failed?.error !== undefined)
      throw new SwarmupError('SNAPSHOT_FAILED', `not all hosts can be stopped: ${failed.error.message}`, { host: failed.name });
    return await work();
  } finally {
    await startHosts({ ...context, signal: AbortSignal.timeout(readyMs) }, all ? names : ran);
  }
}

interface SnapshotHost {
  readonly snapshots: NonNullable<Driver['snapshots']>;
  readonly context: DriverContext;
  readonly state: unknown;
}

function onHosts(
  context: OperationContext,
  members: readonly MachineRecord[],
  title: string,
  act: (host: SnapshotHost) => Promise<void>,
): Promise<readonly HostOutcome[]> {
  const names = members.map(({ name }) => name);
  return eachHost(context, names, title, async (name, detail) => {
    const record = await context.store.require(name);
    const driver = await context.drivers.get(record.driver);
    const { snapshots } = driver;
    if (snapshots === undefined) throw new Error('a driver without snapshots');
    const options = record.options as DriverContext['options'];
    await act({ snapshots, context: driverContext(context, driver, options, { log: detail }), state: record.driverState });
    return title === 'save' ? 'saved' : title === 'restore' ? 'restored' : 'removed';
  });
}

const forgetOnHosts = (
  context: OperationContext,
  members: readonly MachineRecord[],
  name: string,
): Promise<readonly HostOutcome[]> =>
  onHosts(context, members, 'forget', (host) => host.snapshots.remove(host.context, host.state, name));

async function awaitNodes(context: OperationContext, lab: string, members: readonly MachineRecord[]): Promise<void> {
  await waitFor(
    { timeoutMs: readyMs, what: `all nodes of ${lab} to be Ready`, signal: context.signal, intervalMs: 500 },
    async () => {
      const { nodes } = await listNodes(context, lab);
      const open = members.filter(({ name }) => nodes.find((node) => node.name === name)?.state !== 'ready');
      if (open.length > 0) throw new Error(`${open.map(({ name }) => name).join(', ')} not yet`);
      return true;
    },
  );
}

const folderOf = (context: OperationContext, lab: string): Promise<string> => context.store.folder(join('snapshots', lab));

async function writeSnapshot(context: OperationContext, row: SnapshotRow): Promise<void> {
  const path = join(await folderOf(context, row.lab), `${row.name}.json`);
  await writeFileAtomic(path, `${JSON.stringify(row, undefined, 2)}\n`);
}

async function readSnapshots(context: OperationContext, lab: string): Promise<readonly SnapshotRow[]> {
  const folder = await folderOf(context, lab);
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json'));
  const rows = await Promise.all(
    files.map(async (file) => parse(snapshotSchema, JSON.parse(await readFile(join(folder, file), 'utf8')))),
  );
  return rows.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
}

const readSnapshot = async (context: OperationContext, lab: string, name: string): Promise<SnapshotRow | undefined> =>
  (await readSnapshots(context, lab)).find((row) => row.name === name);

async function requireSnapshot(context: OperationContext, lab: string, name: string): Promise<SnapshotRow> {
  const rows = await readSnapshots(context, lab);
  const found = rows.find((row) => row.name === name);
  if (found !== undefined) return found;
  const meant = nearest(
    name,
    rows.map((row) => row.name),
  ).map((candidate) => `did you mean ${candidate}?`);
  throw usageError('SNAPSHOT_UNKNOWN', `lab ${lab} has no snapshot ${name}`, ...meant, 'swarmup snapshot ls shows all');
}
