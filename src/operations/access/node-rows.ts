import type { MachineRecord } from '../../machine/machine-record.js';
import { type SwarmNode, swarmNodes } from '../../swarm/swarm-api.js';
import type { OperationContext } from './context.js';
import { formerNodes } from './former-nodes.js';
import type { NodeListResult, NodeRow } from './results.js';
import { lookSoon } from './look-soon.js';
import { nodeRow, swarmMachines } from './swarm-access.js';

/** The nodes of a swarm, as its managers see them, managers first. Errors: SWARM_UNKNOWN, NO_MANAGER. */
export async function listNodes(context: OperationContext, swarm: string): Promise<NodeListResult> {
  const nodes = await lookSoon(context, swarm, ({ engine }, signal) => swarmNodes(engine, signal));
  const machines = await swarmMachines(context, swarm);
  return { swarm, nodes: sortedRows(nodes, machines), pruned: [] };
}

/** Managers first, what hosts were before is marked. */
export function sortedRows(nodes: readonly SwarmNode[], machines: readonly MachineRecord[]): readonly NodeRow[] {
  const former = formerNodes(nodes, machines);
  const rows = nodes.map((node) => ({ ...nodeRow(node, machines), former: former.includes(node) }));
  return rows.sort(managersFirst);
}

function managersFirst(a: NodeRow, b: NodeRow): number {
  const rank = (row: NodeRow): number => (row.leader ? 0 : row.role === 'manager' ? 1 : 2);
  return rank(a) - rank(b) || a.name.localeCompare(b.name, 'en', { numeric: true });
}
