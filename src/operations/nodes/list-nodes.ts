import type { MachineRecord } from '../../machine/machine-record.js';
import { type SwarmNode, swarmNodes } from '../../swarm/swarm-api.js';
import { lockedUnlessDry } from './change-nodes.js';
import type { OperationContext } from '../context.js';
import { formerNodes } from './former-nodes.js';
import { guardSwarm } from '../swarm/guard-swarm.js';
import { forgetNode } from '../swarm/leave-swarm.js';
import type { NodeListResult, NodeRow } from '../results.js';
import { nodeRow, openSwarm, swarmMachines } from '../swarm/swarm-access.js';

/** The nodes of a swarm, as its managers see them, managers first. Errors: SWARM_UNKNOWN, NO_MANAGER. */
export async function listNodes(context: OperationContext, swarm: string): Promise<NodeListResult> {
  const access = await openSwarm(context, swarm);
  const machines = await swarmMachines(context, swarm);
  const nodes = await swarmNodes(access.engine, context.signal);
  return { swarm, nodes: sortedRows(nodes, machines), pruned: [] };
}

/**
 * Takes nodes off the list that their hosts are no more, and lists what is left; a dry run only names them.
 * Errors: those of `guardSwarm`; LOCKED; those of `forgetNode`.
 */
export async function pruneNodes(
  context: OperationContext,
  request: { readonly swarm: string; readonly dryRun: boolean },
): Promise<NodeListResult> {
  const { swarm, dryRun } = request;
  const { signal, report } = context;
  return lockedUnlessDry(context, request, async () => {
    const { access, machines, nodes } = await guardSwarm(context, swarm, { type: 'write' });
    const former = formerNodes(nodes, machines);
    const pruned = former.map(({ ID }) => ID);
    if (former.length === 0 || dryRun) return { swarm, nodes: sortedRows(nodes, machines), pruned };
    await guardSwarm(context, swarm, { type: 'leave', nodes: pruned }, { access });
    for (const node of former) {
      const name = node.Description.Hostname ?? node.ID;
      const detail = (message: string): void => {
        report({ type: 'info', message: `${name} (${node.ID}): ${message}` });
      };
      await forgetNode(access.engine, node, { name, signal, detail });
    }
    return { swarm, nodes: sortedRows(await swarmNodes(access.engine, signal), machines), pruned };
  });
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
