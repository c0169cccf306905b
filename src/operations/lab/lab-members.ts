import { usageError } from '../../lib/errors.js';
import { naturalOrder } from '../../lib/natural-order.js';
import { nearest } from '../../lib/nearest.js';
import { swarmup } from '../../lib/typed-command.js';
import type { Lab } from '../../lab/lab.js';
import type { MachineRecord, Role } from '../../machine/machine-record.js';
import type { OperationContext } from '../access/context.js';
import { type LabRequest, loadLab } from './load-lab.js';
import { labRecords } from './lab-records.js';

/** Which hosts a command is about: those named, else all of the lab that are in the pool and have the role. */
export interface HostSelection {
  /** undefined: there is no manifest here, so hosts must be named. */
  readonly lab: LabRequest | undefined;
  readonly names: readonly string[];
  readonly pool?: string | undefined;
  readonly role?: Role | undefined;
}

/** Managers first, then by name. Errors (exit 2): HOST_UNKNOWN, POOL_UNKNOWN, LAB_EMPTY, those of `loadLab`. */
export async function selectHosts(
  context: OperationContext,
  { lab: request, names, pool, role }: HostSelection,
): Promise<readonly MachineRecord[]> {
  if (names.length > 0) return Promise.all([...new Set(names)].map((name) => context.store.require(name)));
  if (request === undefined)
    throw usageError(
      'NAME_MISSING',
      'no host was named, and there is no swarmup.yaml in this folder',
      `name hosts, or ${swarmup`init`}`,
    );
  const lab = await loadLab(context, request);
  const pools = lab.pools.map((candidate) => candidate.name);
  if (pool !== undefined && !pools.includes(pool)) {
    const meant = nearest(pool, pools).map((name) => `did you mean ${name}?`);
    throw usageError(
      'POOL_UNKNOWN',
      `lab ${lab.name} has no pool ${pool}`,
      ...meant,
      `the pools of the lab are: ${pools.join(', ')}`,
    );
  }
  const members = await requireMembers(context, lab.name);
  return members.filter(
    (record) => (pool ?? record.lab?.pool) === record.lab?.pool && (role ?? record.role) === record.role,
  );
}

/** The hosts of a lab, managers first. Errors: LAB_EMPTY (exit 2). */
export async function requireMembers(context: OperationContext, lab: string): Promise<readonly MachineRecord[]> {
  const records = await labRecords(context, lab);
  if (records.length === 0) throw usageError('LAB_EMPTY', `lab ${lab} has no hosts yet`, `${swarmup`up`} makes them`);
  const rank = ({ role }: MachineRecord): number => Number(role !== 'manager');
  return [...records].sort((a, b) => rank(a) - rank(b) || naturalOrder(a.name, b.name));
}

/** A lab and the names of its hosts. Errors: LAB_EMPTY (exit 2); those of `loadLab`. */
export async function membersOf(
  context: OperationContext,
  request: LabRequest,
): Promise<{ readonly lab: Lab; readonly names: readonly string[] }> {
  const lab = await loadLab(context, request);
  return { lab, names: (await requireMembers(context, lab.name)).map(({ name }) => name) };
}
