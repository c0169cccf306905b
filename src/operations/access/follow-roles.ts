import type { MachineRecord } from '../../machine/machine-record.js';
import type { SwarmNode } from '../../swarm/swarm-api.js';
import type { OperationContext } from './context.js';

/**
 * Brings the roles on record to those of the nodes, which the agent, or somebody with a docker CLI, may have changed:
 * from then on a new manager is asked, and one that is none any more is not. Resolves to the records as they are then.
 */
export function followRoles(
  { store }: OperationContext,
  nodes: readonly SwarmNode[],
  machines: readonly MachineRecord[],
): Promise<readonly MachineRecord[]> {
  return Promise.all(
    machines.map(async (record) => {
      const role = nodes.find(({ ID }) => ID === record.nodeId)?.Spec.Role ?? record.role;
      return role === record.role ? record : store.update(record.name, (current) => ({ ...current, role }));
    }),
  );
}
