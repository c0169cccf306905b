import { swarmNodes } from '../../swarm/swarm-api.js';
import type { OperationContext } from '../access/context.js';
import { formerNodes } from '../access/former-nodes.js';
import { guardSwarm } from '../access/guard-swarm.js';
import { forgetNode } from '../steps/leave-swarm.js';
import type { NodeListResult } from '../access/results.js';
import { lockedUnlessDry } from '../access/choose-nodes.js';
import { sortedRows } from '../access/node-rows.js';

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
