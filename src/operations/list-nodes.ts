import { swarmNodes } from '../swarm/swarm-api.js';
import type { OperationContext } from './context.js';
import type { NodeListResult, NodeRow } from './results.js';
import { nodeRow, openSwarm, swarmMachines } from './swarm-access.js';

/** The nodes of a swarm, as its managers see them, managers first. Errors: SWARM_UNKNOWN, NO_MANAGER. */
export async function listNodes(context: OperationContext, swarm: string): Promise<NodeListResult> {
  const access = await openSwarm(context, swarm);
  const machines = await swarmMachines(context, swarm);
  const nodes = await swarmNodes(access.engine, context.signal);
  return { swarm, nodes: nodes.map((node) => nodeRow(node, machines)).sort(managersFirst) };
}

function managersFirst(a: NodeRow, b: NodeRow): number {
  const rank = (row: NodeRow): number => (row.leader ? 0 : row.role === 'manager' ? 1 : 2);
  return rank(a) - rank(b) || a.name.localeCompare(b.name, 'en', { numeric: true });
}
