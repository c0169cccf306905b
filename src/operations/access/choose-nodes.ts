import type { OperationContext } from './context.js';
import { findNodes, type FoundNode } from './find-node.js';
import { guardSwarm, type GuardedSwarm } from './guard-swarm.js';
import { lockHosts } from './lock-hosts.js';

export interface NodesRequest {
  readonly swarm: string;
  /** Hosts, hostnames or node IDs. */
  readonly names: readonly string[];
  readonly dryRun: boolean;
}

/** While nobody else changes the swarm; a dry run changes nothing and locks nothing. Errors: LOCKED (exit 5). */
export function lockedUnlessDry<T>(
  context: OperationContext,
  { swarm, dryRun }: Pick<NodesRequest, 'swarm' | 'dryRun'>,
  work: () => Promise<T>,
): Promise<T> {
  return dryRun ? work() : lockHosts(context, [{ name: '', swarm }], 10 * 60_000, work);
}

/** The nodes that are meant, of a swarm that can be changed. Errors: NODE_UNKNOWN, NODE_AMBIGUOUS; of `guardSwarm`. */
export async function chosenNodes(
  context: OperationContext,
  { swarm, names }: NodesRequest,
): Promise<{ readonly looked: GuardedSwarm; readonly nodes: readonly FoundNode[] }> {
  const looked = await guardSwarm(context, swarm, { type: 'write' });
  return { looked, nodes: findNodes(looked, names) };
}
