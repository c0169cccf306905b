import type { Plan } from '../../plan/plan.js';
import { requireWhole } from '../../plan/require-done.js';
import type { Step } from '../../plan/step.js';
import { swarmNodes } from '../../swarm/swarm-api.js';
import { carryOut, swarmLock } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import { formerNodes } from '../access/former-nodes.js';
import type { GuardedSwarm } from '../access/guard-swarm.js';
import { sortedRows } from '../access/node-rows.js';
import type { NodeListResult } from '../access/results.js';
import { forgetNode } from '../steps/leave-swarm.js';

/**
 * Removes former nodes from the list, and lists the remaining ones; a dry run only names them. Errors: those of
 * `guardSwarm`; LOCKED; those of `forgetNode`.
 */
export function pruneNodes(
  context: OperationContext,
  { swarm, dryRun }: { readonly swarm: string; readonly dryRun: boolean },
): Promise<NodeListResult> {
  const plan = ({ access: { engine }, machines, nodes }: GuardedSwarm): Plan<NodeListResult> => {
    const former = formerNodes(nodes, machines);
    const pruned = former.map(({ ID }) => ID);
    const steps = former.map((node, i): Step => {
      const name = node.Description.Hostname ?? node.ID;
      return {
        id: `${node.ID}/forget`,
        title: `remove the former node ${name} (${node.ID})`,
        needs: former.slice(0, i).map(({ ID }) => `${ID}/forget`),
        timeoutMs: 5 * 60_000,
        run: async (step) => {
          await forgetNode(engine, node, { name, ...step });
          return 'changed';
        },
      };
    });
    return {
      steps,
      guard: former.length === 0 ? [] : [{ swarm, change: { type: 'leave', nodes: pruned } }],
      result: async (outcome) => {
        requireWhole(outcome);
        return { swarm, nodes: sortedRows(await swarmNodes(engine, context.signal), machines), pruned };
      },
    };
  };
  return carryOut(context, { swarm, locks: swarmLock(swarm), plan }, { dryRun });
}
