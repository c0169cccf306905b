import type { MachineRecord } from '../../machine/machine-record.js';
import type { SwarmNode } from '../../swarm/swarm-api.js';
import type { OperationContext } from './context.js';

/**
 * Updates the roles on record to those of the nodes, which the agent or a user of the docker CLI may have changed. From
 * then on, new managers are asked and former managers are not. Resolves to the updated records.
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
