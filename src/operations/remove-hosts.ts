import type { DriverContext } from '../drivers/driver.js';
import { messageOf, SwarmupError } from '../lib/errors.js';
import type { MachineRecord } from '../machine/machine-record.js';
import { leaveCleanly, removalRefusal } from './leave-swarm.js';
import { driverContext } from './choose-driver.js';
import type { OperationContext } from './context.js';
import { eachHost } from './each-host.js';
import { lockHosts } from './lock-hosts.js';
import type { HostOutcome, HostsResult } from './results.js';
import { swarmMachines } from './swarm-access.js';

export interface RemoveRequest {
  readonly names: readonly string[];
  /** Remove also what does not answer, and managers that the swarm cannot do without. */
  readonly force: boolean;
  /** The caller holds the lock of the swarm already. */
  readonly locked?: boolean;
}

/**
 * Removes hosts: each leaves its swarm cleanly first (drained, demoted, its node removed), then its driver removes
 * everything made for it, then the record goes. A swarm that loses all its hosts needs no leaving. Works on half-made
 * hosts, too. The failure of one host does not stop the others; its record stays, so that `rm` can be repeated.
 * Errors: HOST_UNKNOWN (exit 2, nothing is touched; with `force` only a warning); LAST_MANAGER, QUORUM_AT_RISK (exit 3) unless forced; LOCKED.
 */
export async function removeHosts(context: OperationContext, request: RemoveRequest): Promise<HostsResult> {
  const records = await knownHosts(context, request);
  const swarms = [...new Set(records.flatMap((record) => record.swarm ?? []))].sort();
  const work = async (): Promise<HostsResult> => ({
    hosts: await removeLocked(context, records, swarms, request.force),
  });
  return request.locked === true ? work() : lockHosts(context, records, 60_000, work);
}

/** With `force`, a host that is not there is as good as removed. */
async function knownHosts(
  context: OperationContext,
  { names, force }: RemoveRequest,
): Promise<readonly MachineRecord[]> {
  const records: MachineRecord[] = [];
  for (const name of new Set(names)) {
    const record = force ? await context.store.read(name) : await context.store.require(name);
    if (record !== undefined) records.push(record);
    else context.report({ type: 'warning', host: name, message: `there is no host named ${name}` });
  }
  return records;
}

/** What a removal takes away, a line a host, for the question before it. Errors: HOST_UNKNOWN (exit 2). */
export async function describeRemoval(context: OperationContext, names: readonly string[]): Promise<readonly string[]> {
  const records = await knownHosts(context, { names, force: false });
  return records.map(
    ({ name, driver, role, swarm }) =>
      `${name} (${driver}${swarm === null ? '' : `, ${role ?? 'node'} of swarm ${swarm}`})`,
  );
}

async function removeLocked(
  context: OperationContext,
  records: readonly MachineRecord[],
  swarms: readonly string[],
  force: boolean,
): Promise<readonly HostOutcome[]> {
  const ending = await endingSwarms(context, records, swarms, force);
  const names = records.map(({ name }) => name);
  let turn: Promise<unknown> = Promise.resolve();
  const outcomes = await eachHost(context, names, 'remove', async (name, detail) => {
    const asked = records.find((record) => record.name === name);
    // Another command may have removed it while this one waited for the lock.
    if ((await context.store.read(name))?.id !== asked?.id) return 'removed';
    const record = await context.store.update(name, (r) => ({ ...r, phase: 'removing' }));
    if (record.swarm !== null && !ending.has(record.swarm)) {
      const leave = (): Promise<void> => leaveSwarm(context, record, names, force, detail);
      // Managers leave one after another: each demotion changes what the next may do.
      if (record.role === 'manager') await (turn = turn.catch(() => undefined).then(leave));
      else await leave();
    }
    await removeHost(context, record, detail);
    return 'removed';
  });
  for (const swarm of ending)
    if ((await swarmMachines(context, swarm)).length === 0) await context.store.removeSwarm(swarm);
  return outcomes;
}

/** The swarms that nobody has to leave: no host of them stays. Errors: LAST_MANAGER, QUORUM_AT_RISK, NO_MANAGER. */
async function endingSwarms(
  context: OperationContext,
  records: readonly MachineRecord[],
  swarms: readonly string[],
  force: boolean,
): Promise<ReadonlySet<string>> {
  const ending = new Set<string>();
  for (const swarm of swarms) {
    const staying = (await swarmMachines(context, swarm)).filter(
      (machine) => !records.some((record) => record.name === machine.name),
    );
    // Nobody joins before the swarm is on record: what was never made needs no leaving either.
    const wasMade = (await context.store.readSwarm(swarm)) !== undefined;
    if (staying.length === 0 || !wasMade) ending.add(swarm);
    else if (!force) await refuseWhatKills(context, swarm, records);
  }
  return ending;
}

async function refuseWhatKills(
  context: OperationContext,
  swarm: string,
  records: readonly MachineRecord[],
): Promise<void> {
  const leaving = records.filter((record) => record.swarm === swarm && record.role === 'manager');
  const refusal = leaving.length === 0 ? undefined : await removalRefusal(context, swarm, leaving);
  if (refusal !== undefined) throw refusal;
}

async function leaveSwarm(
  context: OperationContext,
  record: MachineRecord,
  leaving: readonly string[],
  force: boolean,
  detail: (message: string) => void,
): Promise<void> {
  try {
    await leaveCleanly(context, record, leaving, force, detail);
  } catch (error) {
    context.signal.throwIfAborted();
    if (!force)
      throw new SwarmupError(
        'LEAVE_FAILED',
        `${record.name} could not leave swarm ${record.swarm ?? ''}: ${messageOf(error)}`,
        {
          host: record.name,
          hints: [`swarmup rm --force --yes ${record.name} removes it all the same`],
          cause: error,
        },
      );
    context.report({
      type: 'warning',
      host: record.name,
      message: `${record.name} did not leave its swarm cleanly: ${messageOf(error)}`,
    });
  }
}

async function removeHost(
  context: OperationContext,
  record: MachineRecord,
  detail: (message: string) => void,
): Promise<void> {
  const driver = await context.drivers.get(record.driver);
  detail('remove the host');
  await context.disconnect(record.name);
  const options = record.options as DriverContext['options'];
  const { id, name } = record;
  await driver.remove(
    driverContext(context, driver, options, { log: detail }),
    { id, name },
    record.driverState ?? undefined,
  );
  await context.store.remove(name);
}
