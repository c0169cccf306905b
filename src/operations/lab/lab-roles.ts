import type { WantedHost } from '../../lab/plan-hosts.js';
import type { OperationContext } from '../access/context.js';
import { changeRoles } from '../nodes/change-roles.js';
import type { HostOutcome } from '../access/results.js';

/**
 * Gives nodes the role of their pool: new managers first, so that the swarm always has managers. The caller holds the
 * lock of the swarm. Errors: those of the guardian; the error of a host is in its outcome.
 */
export async function changeLabRoles(
  context: OperationContext,
  swarm: string,
  hosts: readonly WantedHost[],
): Promise<readonly HostOutcome[]> {
  const outcomes: HostOutcome[] = [];
  for (const role of ['manager', 'worker'] as const) {
    const names = hosts
      .filter(({ pool, found }) => pool.role === role && found?.record.role !== role)
      .map(({ name }) => name);
    if (names.length === 0) continue;
    const { nodes } = await changeRoles(context, { swarm, names, dryRun: false }, role, { locked: true });
    outcomes.push(...nodes);
  }
  return outcomes;
}
