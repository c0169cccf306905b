import type { DriverContext } from '../../drivers/driver.js';
import { messageOf, SwarmupError } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { Plan } from '../../plan/plan.js';
import type { Step } from '../../plan/step.js';
import { carryOut } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import { giveBackHost } from './give-back-host.js';
import { guardSwarm } from '../access/guard-swarm.js';
import { hostOutcomes, type HostStep, hostSteps } from '../access/host-steps.js';
import { leaveCleanly } from './leave-swarm.js';
import { moveTasksFirst } from './move-tasks-first.js';
import type { HostOutcome } from '../access/results.js';
import { swarmMachines } from '../access/swarm-access.js';
import { forgetUnlockKeys } from './unlock-keys.js';
import { driverContext } from '../access/driver-context.js';
import { underSignal } from '../access/under-signal.js';
import { refreshHostFiles } from './refresh-host-files.js';

export interface RemoveOptions {
  /** Remove also what does not answer, and managers that the swarm cannot do without. */
  readonly force: boolean;
  /** Of hosts that existed before swarmup came: leave everything on them, only forget them. */
  readonly keep?: boolean;
}

/**
 * Takes hosts out of their swarms and removes them; the caller holds the locks of their swarms. The failure of one host
 * does not stop the others; its record stays. Errors: those of the guardian, unless forced; the rest is in the outcomes.
 */
export function removeMachines(
  context: OperationContext,
  records: readonly MachineRecord[],
  options: RemoveOptions,
): Promise<readonly HostOutcome[]> {
  const plan = async (): Promise<Plan<readonly HostOutcome[]>> => {
    const { steps, hosts, ...removal } = await planRemoval(context, records, options);
    return { ...removal, steps, result: (outcome) => hostOutcomes(hosts, outcome) };
  };
  return carryOut(context, { plan }, { locked: true });
}

interface Removal extends Pick<Plan<unknown>, 'steps' | 'finish'> {
  /** Those of the steps that remove a host, as the hosts were asked for. */
  readonly hosts: readonly HostStep[];
}

/**
 * The steps that remove hosts from their swarms and then remove the hosts. Errors: those of the guardian, unless
 * forced.
 */
export async function planRemoval(
  context: OperationContext,
  records: readonly MachineRecord[],
  { force, keep = false }: RemoveOptions,
): Promise<Removal> {
  const { ending, order } = await endingSwarms(context, records, force);
  const moves = swarmsOf(records)
    .filter((swarm) => !ending.has(swarm))
    .map((swarm) => movingStep(context, swarm, records));
  // Managers leave one after another: each demotion changes what the next may do.
  const takesTurns = ({ role, swarm }: MachineRecord): boolean => role === 'manager' && !ending.has(swarm ?? '');
  const rank = ({ nodeId }: MachineRecord): number => order.indexOf(nodeId ?? '');
  const leaving = records.map(({ name }) => name);
  const sorted = records.toSorted((a, b) => rank(a) - rank(b));
  const byName = new Map(records.map((record) => [record.name, record]));
  const steps = hostSteps(
    sorted.map(({ name }) => name),
    {
      title: 'remove',
      done: 'removed',
      planned: 'would-remove',
      needs: (name) => moves.filter(({ swarm }) => swarm === byName.get(name)?.swarm).map(({ id }) => id),
      exclusive: (name) => (takesTurns(required(byName.get(name))) ? 'managers' : undefined),
      act: async (name, { signal, detail }) => {
        const { id } = required(byName.get(name));
        const own = underSignal(context, signal);
        // Another command may have removed it while this one waited for the lock.
        if ((await own.store.read(name))?.id !== id) return 'changed';
        const record = await own.store.update(name, (r) => ({ ...r, phase: 'removing' }));
        if (record.swarm !== null && !ending.has(record.swarm) && !keep)
          await leaveSwarm(own, record, leaving, force, detail);
        await removeHost(own, record, { force, keep, detail });
        return 'changed';
      },
    },
  );
  return {
    steps: [...moves, ...steps],
    hosts: steps.toSorted((a, b) => leaving.indexOf(a.host) - leaving.indexOf(b.host)),
    finish: async () => {
      await forgetEnded(context, ending);
      await refreshHostFiles(context);
    },
  };
}

/** Services start on other nodes before the hosts of a swarm leave it. */
function movingStep(
  context: OperationContext,
  swarm: string,
  records: readonly MachineRecord[],
): Step & { readonly swarm: string } {
  const leaving = records.filter((record) => record.swarm === swarm);
  return {
    swarm,
    id: `swarm ${swarm}/move tasks`,
    title: `move tasks of swarm ${swarm}`,
    needs: [],
    timeoutMs: 30 * 60_000,
    run: async ({ signal }) => {
      await moveTasksFirst(underSignal(context, signal), swarm, leaving);
      return 'changed';
    },
  };
}

async function forgetEnded(context: OperationContext, ending: ReadonlySet<string>): Promise<void> {
  for (const swarm of ending)
    if ((await swarmMachines(context, swarm)).length === 0) {
      await forgetUnlockKeys(context, swarm);
      await context.store.removeSwarm(swarm);
    }
}

const swarmsOf = (records: readonly MachineRecord[]): readonly string[] =>
  [...new Set(records.flatMap((record) => record.swarm ?? []))].sort();

function required(record: MachineRecord | undefined): MachineRecord {
  if (record === undefined) throw new Error('a host without a record');
  return record;
}

/**
 * The swarms that end because no host of them stays, and the order in which the nodes of the other swarms leave.
 * Errors: those of `guardSwarm`.
 */
async function endingSwarms(
  context: OperationContext,
  records: readonly MachineRecord[],
  force: boolean,
): Promise<{ readonly ending: ReadonlySet<string>; readonly order: readonly string[] }> {
  const ending = new Set<string>();
  const order: string[] = [];
  for (const swarm of swarmsOf(records)) {
    const staying = (await swarmMachines(context, swarm)).filter(
      (machine) => !records.some((record) => record.name === machine.name),
    );
    // No host joins before the swarm is on record: a swarm that was never made need not be left.
    if (staying.length === 0 || (await context.store.readSwarm(swarm)) === undefined) ending.add(swarm);
    else order.push(...(await leavingOrder(context, swarm, records, force)));
  }
  return { ending, order };
}

/**
 * Asks the guardian; returns the node IDs of the hosts in the order in which they may leave. With `force`, hosts are
 * removed even if the swarm cannot be asked.
 */
async function leavingOrder(
  context: OperationContext,
  swarm: string,
  records: readonly MachineRecord[],
  force: boolean,
): Promise<readonly string[]> {
  const nodes = records.flatMap((record) => (record.swarm === swarm && record.nodeId !== null ? [record.nodeId] : []));
  if (nodes.length === 0) return [];
  try {
    const { verdict } = await guardSwarm(context, swarm, { type: 'remove', nodes }, { force });
    return verdict.order;
  } catch (error) {
    context.signal.throwIfAborted();
    if (!force) throw error;
    return [];
  }
}

async function leaveSwarm(
  context: OperationContext,
  record: MachineRecord,
  leaving: readonly string[],
  force: boolean,
  detail: (message: string) => void,
): Promise<void> {
  try {
    const other = await leaveCleanly(context, record, leaving, force, detail);
    // The host is removed, even if it is another node by now.
    if (other !== undefined) await leaveCleanly(context, { ...record, nodeId: other }, leaving, force, detail);
  } catch (error) {
    context.signal.throwIfAborted();
    if (!force)
      throw new SwarmupError(
        'LEAVE_FAILED',
        `${record.name} could not leave swarm ${record.swarm ?? ''}: ${messageOf(error)}`,
        {
          host: record.name,
          hints: [`${swarmup`rm --force --yes ${record.name}`} removes it all the same`],
          cause: error,
        },
      );
    context.report({
      type: 'warning',
      host: record.name,
      message: `${record.name} did not leave the swarm properly: ${messageOf(error)}`,
    });
  }
}

async function removeHost(
  context: OperationContext,
  record: MachineRecord,
  { force, keep, detail }: { readonly force: boolean; readonly keep: boolean; readonly detail: (text: string) => void },
): Promise<void> {
  const driver = await context.drivers.get(record.driver);
  if (driver.locate !== undefined && !keep) await giveBackHost(context, record, { force, detail });
  detail('remove the host');
  await context.disconnect(record.name);
  const options = record.options as DriverContext['options'];
  const { id, name } = record;
  await driver.remove(
    driverContext(context, driver, options, { log: detail }),
    { id, name },
    record.driverState ?? undefined,
    { force },
  );
  await context.store.remove(name);
}
