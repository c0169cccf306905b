import { messageOf } from '../../lib/errors.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { isReady } from '../../swarm/membership.js';
import { swarmNodes } from '../../swarm/swarm-api.js';
import type { OperationContext } from '../access/context.js';
import { emptyNodes, planNodesEmptying } from './empty-nodes.js';
import { openSwarm } from '../access/swarm-access.js';

/**
 * Starts replacements of the tasks on hosts that leave a swarm on other nodes before the hosts leave. If that is not
 * possible (no room, no manager), the hosts leave anyway, with a warning, and the swarm starts the tasks again where it
 * can.
 */
export async function moveTasksFirst(
  context: OperationContext,
  swarm: string,
  records: readonly MachineRecord[],
): Promise<void> {
  const { signal, report } = context;
  const leaving = records.filter(({ nodeId }) => nodeId !== null);
  try {
    const { engine } = await openSwarm(context, swarm, { except: leaving.map(({ name }) => name) });
    const listed = await swarmNodes(engine, signal);
    const isThere = ({ nodeId }: MachineRecord): boolean => isReady(listed.find(({ ID }) => ID === nodeId));
    const nodes = leaving.filter(isThere).map(({ name, nodeId }) => ({ name, id: nodeId ?? '' }));
    if (nodes.length === 0) return;
    const work = {
      swarm,
      engine,
      nodes,
      signal,
      detail: (message: string) => {
        report({ type: 'info', message });
      },
    };
    const { moves, obstacles } = await planNodesEmptying(work);
    if (moves.length + obstacles.length > 0) await emptyNodes(work);
  } catch (error) {
    signal.throwIfAborted();
    report({ type: 'warning', message: `services may be interrupted: ${messageOf(error)}` });
  }
}
