import { waitFor } from '../../lib/abort.js';
import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { isReached } from '../../swarm/membership.js';
import { swarmNode } from '../../swarm/swarm-api.js';
import type { OperationContext } from '../access/context.js';
import { guardSwarm } from '../access/guard-swarm.js';
import { openSwarm, swarmMachines } from '../access/swarm-access.js';

/** Hosts that were asked about together. */
interface GuardedPower {
  /** Managers of swarms that have others, by name. */
  readonly managers: ReadonlySet<string>;
  /** Their names in the order in which they may go. */
  readonly order: readonly string[];
}

/** A swarm that has lost its managers cannot be asked, and a host that is to be stopped must not wait long for it. */
const askTimeoutMs = 10_000;

/**
 * Asks the guardian before hosts lose their power. It does not ask for a swarm with one manager (there is no other
 * way), or for a swarm whose managers do not answer (it has no quorum to lose). Errors: HOST_UNKNOWN; QUORUM_AT_RISK
 * (exit 3) unless forced.
 */
export async function guardPower(
  context: OperationContext,
  names: readonly string[],
  type: 'stop' | 'restart',
  force: boolean,
): Promise<GuardedPower> {
  const records = await Promise.all(names.map((name) => context.store.require(name)));
  const managers = records.filter(({ role, nodeId }) => role === 'manager' && nodeId !== null);
  const guarded: MachineRecord[] = [];
  const order: string[] = [];
  for (const swarm of new Set(managers.flatMap((record) => record.swarm ?? []))) {
    const members = await swarmMachines(context, swarm);
    if (members.filter(({ role }) => role === 'manager').length < 2) continue;
    const nodes = records.flatMap((record) => (record.swarm === swarm ? (record.nodeId ?? []) : []));
    guarded.push(...managers.filter((record) => record.swarm === swarm));
    for (const id of await orderOf(context, swarm, { type, nodes }, force))
      order.push(...records.flatMap(({ nodeId, name }) => (nodeId === id ? name : [])));
  }
  return { managers: new Set(guarded.map(({ name }) => name)), order };
}

async function orderOf(
  context: OperationContext,
  swarm: string,
  change: { readonly type: 'stop' | 'restart'; readonly nodes: readonly string[] },
  force: boolean,
): Promise<readonly string[]> {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(askTimeoutMs)]);
  try {
    return (await guardSwarm(context, swarm, change, { force, signal })).verdict.order;
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof SwarmupError && error.exitCode === exitCodes.preflight) throw error;
    return [];
  }
}

/**
 * Waits until the other managers can reach a restarted manager, so that the next one may restart. Errors: TIMEOUT (60
 * s).
 */
export async function awaitVote(context: OperationContext, record: MachineRecord): Promise<void> {
  const { name, swarm, nodeId } = record;
  if (swarm === null || nodeId === null) return;
  await waitFor(
    { timeoutMs: 60_000, what: `${name} to be reachable as a manager`, host: name, signal: context.signal },
    async (signal) => {
      const { engine } = await openSwarm(context, swarm, { signal });
      return isReached(await swarmNode(engine, nodeId, signal)) ? true : undefined;
    },
  );
}
