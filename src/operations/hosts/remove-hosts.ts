import { codeOf, usageError } from '../../lib/errors.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { Plan } from '../../plan/plan.js';
import { carryOut } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import { hostOutcomes } from '../access/host-steps.js';
import type { HostsResult } from '../access/results.js';
import { planRemoval, type RemoveOptions } from '../steps/remove-machines.js';
import { type DamagedHost, damagedHost, damagedSteps, forgetEmptySwarms } from './remove-damaged.js';

interface RemoveRequest extends RemoveOptions {
  readonly names: readonly string[];
  /** The caller holds the lock of the swarm already. */
  readonly locked?: boolean;
  /** Only asks the guardian whether they may go. */
  readonly dryRun?: boolean;
  /** Asked with a line a host before anything is removed; throws to stop. */
  readonly approve?: (lines: readonly string[]) => Promise<void>;
}

/**
 * Removes hosts: each host first leaves its swarm properly (drained, demoted, its node removed), then its driver
 * removes everything that was made for it, then its record is removed. If a swarm loses all its hosts, they do not
 * leave it first. Also removes hosts whose creation was interrupted and, with `force`, those whose record cannot be
 * read. A host that fails does not stop the others; its record stays, so `rm` can be repeated. Errors: HOST_UNKNOWN
 * (exit 2, nothing is changed; with `force` only a warning); RECORD_BROKEN, LAST_MANAGER, QUORUM_AT_RISK (exit 3)
 * unless forced; LOCKED; those of `approve`.
 */
export async function removeHosts(context: OperationContext, request: RemoveRequest): Promise<HostsResult> {
  const { approve, dryRun, locked } = request;
  const { records, damaged } = await knownHosts(context, request);
  if (request.keep === true) await refuseKeep(context, records);
  const plan = async (): Promise<Plan<HostsResult>> => {
    const { hosts, ...removal } = await planRemoval(context, records, request);
    const others = damagedSteps(context, damaged);
    return {
      steps: [...removal.steps, ...others],
      ...(approve !== undefined && { approve: () => approve(records.map(removalLine)) }),
      finish: async () => {
        await removal.finish?.();
        await forgetEmptySwarms(context, damaged);
      },
      result: (outcome) => ({ hosts: hostOutcomes([...hosts, ...others], outcome, { dryRun }) }),
    };
  };
  return carryOut(context, { locks: [...records, ...damaged], lockTimeoutMs: 60_000, plan }, { dryRun, locked });
}

/** A host that swarmup made would keep running and costing money, without a record. */
async function refuseKeep(context: OperationContext, records: readonly MachineRecord[]): Promise<void> {
  for (const { name, driver } of records)
    if ((await context.drivers.get(driver)).locate === undefined)
      throw usageError('KEEP_UNSUPPORTED', `--keep is for hosts that existed before swarmup; ${driver} made ${name}`);
}

interface KnownHosts {
  readonly records: readonly MachineRecord[];
  /** With `force` only. */
  readonly damaged: readonly DamagedHost[];
}

/** With `force`, a host that is not there is as good as removed. Errors: HOST_UNKNOWN, RECORD_BROKEN unless forced. */
async function knownHosts(context: OperationContext, { names, force }: RemoveRequest): Promise<KnownHosts> {
  const records: MachineRecord[] = [];
  const damaged: DamagedHost[] = [];
  for (const name of new Set(names)) {
    const record = force ? await readForced(context, name) : await context.store.require(name);
    if (record === 'damaged') damaged.push(damagedHost(context, name));
    else if (record !== undefined) records.push(record);
    else context.report({ type: 'warning', host: name, message: `there is no host named ${name}` });
  }
  return { records, damaged };
}

async function readForced({ store }: OperationContext, name: string): Promise<MachineRecord | 'damaged' | undefined> {
  try {
    return await store.read(name);
  } catch (error) {
    if (codeOf(error) === 'RECORD_BROKEN') return 'damaged';
    throw error;
  }
}

/**
 * The objects that a removal would delete, one line for each host, for the question before it. Errors: HOST_UNKNOWN
 * (exit 2).
 */
export async function describeRemoval(context: OperationContext, names: readonly string[]): Promise<readonly string[]> {
  return (await knownHosts(context, { names, force: false })).records.map(removalLine);
}

const removalLine = ({ name, driver, role, swarm }: MachineRecord): string =>
  `${name} (${driver}${swarm === null ? '' : `, ${role ?? 'node'} of swarm ${swarm}`})`;
