import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { swarmup } from '../../lib/typed-command.js';
import type { Lab, LabPool } from '../../lab/lab.js';
import { type LabHost, type PoolWish, wantedHosts } from '../../lab/plan-hosts.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { swarmNodes } from '../../swarm/swarm-api.js';
import type { OperationContext } from '../access/context.js';
import { hostStatuses } from '../hosts/host-statuses.js';
import { labRecords } from './lab-records.js';
import { namedOptions, poolDriver } from './lab-groups.js';
import { type PoolContent, poolContent, readMarks } from './lab-provision.js';
import { openSwarm, type SwarmAccess } from '../access/swarm-access.js';

/** A lab as it was found. */
export interface LabView {
  /** All that carry its mark. */
  readonly hosts: readonly LabHost[];
  /** Of each pool of the manifest. */
  readonly wishes: ReadonlyMap<string, PoolWish>;
  readonly contents: ReadonlyMap<string, PoolContent>;
  /** undefined: there is no swarm yet, or none of its managers answers. */
  readonly access: SwarmAccess | undefined;
  /** The reason why no manager of an existing swarm answers. */
  readonly silent: string | undefined;
}

const stateTimeoutMs = 10_000;

/**
 * Looks at everything of a lab; changes nothing. Drivers are asked at once, then managers, then hosts.
 * Errors: MANIFEST_INVALID where a file cannot be read; NAME_TAKEN (exit 3) where another host has a name it needs.
 */
export async function observeLab(context: OperationContext, lab: Lab): Promise<LabView> {
  const contents = new Map<string, PoolContent>();
  for (const pool of lab.pools) contents.set(pool.name, await poolContent(lab, pool));
  const records = await labRecords(context, lab.name);
  const statuses = await hostStatuses(context, records, { timeoutMs: stateTimeoutMs });
  const stateOf = ({ name }: MachineRecord): string => {
    const status = statuses.get(name);
    return status === undefined || status instanceof Error ? 'unknown' : status.state;
  };
  // To connect to what is off could take long.
  const swarm = await askSwarm(
    context,
    lab.name,
    records.filter((record) => ['running', 'unknown'].includes(stateOf(record))),
  );
  const hosts = await Promise.all(
    records.map(async (record): Promise<LabHost> => {
      const node = swarm.nodes.find(({ ID }) => ID === record.nodeId);
      const state = stateOf(record);
      const pool = lab.pools.find(({ name }) => name === record.lab?.pool);
      const isUp = state === 'running' && record.phase === 'ready' && pool !== undefined;
      return {
        record,
        state,
        node: node && { state: node.Status.State, labels: node.Spec.Labels ?? {} },
        marks: isUp ? await readMarks(context, record, pool) : undefined,
      };
    }),
  );
  const wishes = new Map<string, PoolWish>();
  for (const pool of lab.pools) wishes.set(pool.name, await wishOf(context, pool, hosts, contents));
  await checkNames(context, lab, hosts);
  return { hosts, wishes, contents, access: swarm.access, silent: swarm.silent };
}

interface AskedSwarm {
  readonly access?: SwarmAccess;
  readonly nodes: Awaited<ReturnType<typeof swarmNodes>>;
  readonly silent: string | undefined;
}

async function askSwarm(
  context: OperationContext,
  swarm: string,
  records: readonly MachineRecord[],
): Promise<AskedSwarm> {
  if ((await context.store.readSwarm(swarm)) === undefined) return { nodes: [], silent: undefined };
  if (!records.some(({ role, endpoint }) => role === 'manager' && endpoint !== null))
    return { nodes: [], silent: 'no manager is running' };
  try {
    const access = await openSwarm(context, swarm);
    return { access, nodes: await swarmNodes(access.engine, context.signal), silent: undefined };
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof SwarmupError) || error.code === 'FOREIGN_SWARM') throw error;
    return { nodes: [], silent: error.message };
  }
}

async function wishOf(
  context: OperationContext,
  pool: LabPool,
  hosts: readonly LabHost[],
  contents: LabView['contents'],
): Promise<PoolWish> {
  const driver = poolDriver(pool, hosts);
  const options: Record<string, PoolWish['options'][string]> = {};
  for (const zone of pool.zones.length === 0 ? [undefined] : pool.zones)
    options[zone ?? ''] = await namedOptions(context, pool, driver, zone);
  return { options, marks: contents.get(pool.name)?.marks ?? { files: {}, scripts: {} } };
}

/** A host that belongs to another owner is never taken over. */
async function checkNames(context: OperationContext, lab: Lab, hosts: readonly LabHost[]): Promise<void> {
  for (const { name, pool, found } of wantedHosts(lab, hosts)) {
    if (found !== undefined) continue;
    const other = await context.store.read(name);
    if (other === undefined) continue;
    const whose =
      other.lab === undefined ? 'a host that does not belong to this lab' : `a host of lab ${other.lab.name}`;
    throw new SwarmupError('NAME_TAKEN', `the pool ${pool.name} needs the name ${name}, but ${name} is ${whose}`, {
      exitCode: exitCodes.preflight,
      host: name,
      hints: [
        `give the hosts of the pool other names, for example names: ${lab.name}-${pool.name}%d`,
        `${swarmup`rm ${name}`} when it can go`,
      ],
    });
  }
}
