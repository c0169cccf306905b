import { waitFor } from '../../lib/abort.js';
import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { updateNode } from '../../swarm/swarm-api.js';
import { isBeingUpgraded, withoutMark } from '../../swarm/upgrade-mark.js';
import { listTasks } from '../../swarm/workload-api.js';
import type { OperationContext } from '../access/context.js';
import { emptyNodes, planNodesEmptying } from '../steps/empty-nodes.js';
import { findNodes, type FoundNode } from '../access/find-node.js';
import { guardSwarm } from '../access/guard-swarm.js';
import { lockHosts } from '../access/lock-hosts.js';

interface DrainRequest {
  readonly swarm: string;
  /** Hosts, hostnames or node IDs. */
  readonly names: readonly string[];
  readonly zeroDowntime: boolean;
  readonly force: boolean;
  readonly dryRun: boolean;
}

export interface DrainResult {
  readonly swarm: string;
  readonly dryRun: boolean;
  readonly nodes: readonly { readonly name: string; readonly status: 'drained' | 'unchanged' | 'would-drain' }[];
  /** Services whose tasks got, or would get, a replacement elsewhere first. */
  readonly moved: readonly string[];
  /** Services of which something ended with the nodes, and why. */
  readonly ended: readonly { readonly service: string; readonly why: string }[];
}

/**
 * Takes all tasks from nodes; they get none until they are activated again. With `zeroDowntime` replacements run
 * elsewhere first, and nothing is changed when that cannot be. Waits until the nodes are empty.
 * Errors: NODE_UNKNOWN, NODE_AMBIGUOUS (exit 2); those of `guardSwarm` and `emptyNodes`; LOCKED (exit 5); TIMEOUT.
 */
export async function drainNodes(context: OperationContext, request: DrainRequest): Promise<DrainResult> {
  const work = (): Promise<DrainResult> => drainLocked(context, request);
  return request.dryRun ? work() : lockHosts(context, [{ name: '', swarm: request.swarm }], 10 * 60_000, work);
}

async function drainLocked(context: OperationContext, request: DrainRequest): Promise<DrainResult> {
  const { swarm, dryRun } = request;
  const looked = await guardSwarm(context, swarm, { type: 'write' });
  const nodes = findNodes(looked, request.names);
  const { access } = await guardSwarm(
    context,
    swarm,
    { type: 'drain', nodes: nodes.map(({ id }) => id) },
    { force: request.force, access: looked.access },
  );
  const open = nodes.filter((node) => !isDrained(node));
  const statusOf = (node: FoundNode): DrainResult['nodes'][number]['status'] =>
    isDrained(node) ? 'unchanged' : dryRun ? 'would-drain' : 'drained';
  const base = {
    swarm,
    dryRun,
    nodes: nodes.map((node) => ({ name: node.name, status: statusOf(node) })),
  };
  if (open.length === 0) return { ...base, moved: [], ended: [] };
  const { signal, report } = context;
  const detail = (message: string): void => {
    report({ type: 'info', message });
  };
  const work = { engine: access.engine, nodes: open, signal, detail };
  const plan = await planNodesEmptying(work);
  if (!dryRun) for (const { id } of open) await updateNode(access.engine, id, withoutMark, signal);
  if (!dryRun && request.zeroDowntime) await emptyNodes(work);
  else if (!dryRun) await drainPlainly(work);
  return {
    ...base,
    moved: request.zeroDowntime ? plan.moves.map(({ Spec }) => Spec.Name) : [],
    ended: plan.ends,
  };
}

/** For good: what an upgrade has drained it gives back. */
const isDrained = ({ node }: FoundNode): boolean => node.Spec.Availability === 'drain' && !isBeingUpgraded(node);

async function drainPlainly({ engine, nodes, signal, detail }: Parameters<typeof emptyNodes>[0]): Promise<void> {
  for (const { id } of nodes) await updateNode(engine, id, (spec) => ({ ...spec, Availability: 'drain' }), signal);
  const names = nodes.map(({ name }) => name).join(', ');
  const filters = { node: nodes.map(({ id }) => id), 'desired-state': ['running'] };
  await waitFor(
    { timeoutMs: 120_000, what: `the tasks of ${names} to move`, signal, intervalMs: 300 },
    async (waiting) => {
      const left = (await listTasks(engine, filters, waiting)).length;
      if (left === 0) return true;
      detail(`${left} tasks left on ${names}`);
      return undefined;
    },
  ).catch((error: unknown) => {
    signal.throwIfAborted();
    if (!(error instanceof SwarmupError && error.exitCode === exitCodes.timeout)) throw error;
    throw new SwarmupError('TIMEOUT', `${names} is drained, but its tasks find no other place`, {
      exitCode: exitCodes.timeout,
      hints: ['swarmup doctor', 'add a node: swarmup create NAME'],
      cause: error,
    });
  });
}
