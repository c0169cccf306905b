import type { EngineClient } from '../../lib/engine-client.js';
import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import {
  inSafeOrder,
  judge,
  type GuardedNode,
  type Refusal,
  type SwarmChange,
  type Verdict,
} from '../../swarm/guardian.js';
import { isReached, isReady, isVoter } from '../../swarm/membership.js';
import { type SwarmNode, swarmNodes } from '../../swarm/swarm-api.js';
import type { OperationContext } from './context.js';
import { followRoles } from './follow-roles.js';
import { nodeRow, openSwarm, type SwarmAccess, swarmMachines } from './swarm-access.js';

interface GuardOptions {
  /** The user insists: what is survivable is done with a warning. */
  readonly force?: boolean;
  /** The state after the change lasts only a moment: what it costs is not reported. */
  readonly passing?: boolean;
  /** Where the swarm is open already. */
  readonly access?: SwarmAccess;
  readonly signal?: AbortSignal;
}

/** A swarm that was looked at and allows the change. */
export interface GuardedSwarm {
  readonly access: SwarmAccess;
  readonly machines: readonly MachineRecord[];
  readonly nodes: readonly SwarmNode[];
  readonly verdict: Verdict;
}

/**
 * Asks the guardian about a change, with the state of the swarm as a manager reports it. Every command that changes a
 * swarm, or the hosts of its managers, asks first. The cost of the change is reported as a warning. Errors: those of
 * `openSwarm`; LAST_MANAGER, QUORUM_AT_RISK, QUORUM_LOST, QUORUM_HELD, NO_PLACE_FOR_TASKS, NODE_DOWN (exit 3), with the
 * safe order of steps as hints.
 */
export async function guardSwarm(
  context: OperationContext,
  swarm: string,
  change: SwarmChange,
  options: GuardOptions = {},
): Promise<GuardedSwarm> {
  const signal = options.signal ?? context.signal;
  const access = options.access ?? (await openSwarm(context, swarm, { signal }));
  const nodes = await swarmNodes(access.engine, signal);
  const machines = await followRoles(context, nodes, await swarmMachines(context, swarm));
  const view = { name: swarm, nodes: nodes.map((node) => guardedNode(node, machines)) };
  // Tasks are counted only where it matters whether there are any.
  let verdict = judge({ ...view, wantedTasks: 1 }, change);
  if (verdict.refusal?.code === 'NO_PLACE_FOR_TASKS')
    verdict = judge({ ...view, wantedTasks: await countTasks(access.engine, signal) }, change);
  const { refusal, warnings } = verdict;
  if (refusal !== undefined && !(options.force === true && refusal.survivable)) throw refusalError(refusal);
  const told =
    refusal === undefined
      ? options.passing === true
        ? []
        : warnings
      : [`${refusal.reason}; swarmup continues because of --force`];
  for (const message of told) context.report({ type: 'warning', message });
  return { access, machines, nodes, verdict };
}

/** Nodes, by ID, in the order in which it is safe to change them one after another. */
export const safeOrder = (
  { nodes, machines }: Pick<GuardedSwarm, 'nodes' | 'machines'>,
  ids: readonly string[],
): readonly string[] =>
  inSafeOrder(nodes.filter(({ ID }) => ids.includes(ID)).map((node) => guardedNode(node, machines))).map(
    ({ id }) => id,
  );

const refusalError = ({ code, reason, hints }: Refusal): SwarmupError =>
  new SwarmupError(code, reason, { exitCode: exitCodes.preflight, hints });

/** A node as the guardian sees it. */
export function guardedNode(node: SwarmNode, machines: readonly MachineRecord[]): GuardedNode {
  const { id, name, leader } = nodeRow(node, machines);
  // One that is to be a manager and is none yet does not count for the quorum.
  const isManager = isVoter(node);
  return {
    id,
    name,
    isManager,
    isUp: isManager ? isReached(node) : isReady(node),
    isLeader: leader,
    availability: node.Spec.Availability,
  };
}

/** Tasks of replicated services that should run; those of global services live and die with their nodes. */
async function countTasks(engine: EngineClient, signal: AbortSignal): Promise<number> {
  const filters = JSON.stringify({ 'desired-state': ['running'] });
  const tasks = await engine.request<readonly { readonly Slot?: number }[] | null>('GET', '/tasks', {
    query: { filters },
    signal,
  });
  return (tasks ?? []).filter(({ Slot }) => (Slot ?? 0) > 0).length;
}
