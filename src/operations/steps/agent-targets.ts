import { SwarmupError, usageError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { swarmup } from '../../lib/typed-command.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { OperationContext } from '../access/context.js';
import { swarmMachines, unknownSwarm } from '../access/swarm-access.js';

/**
 * The hosts of a swarm whose agents a command works on: the named hosts, else the hosts with the role. Errors:
 * SWARM_UNKNOWN, HOST_UNKNOWN, HOST_NOT_IN_SWARM (exit 2); NO_MANAGER (exit 6) if there is none.
 */
export async function agentTargets(
  context: OperationContext,
  swarm: string,
  names: readonly string[],
  role: 'manager' | 'any' = 'manager',
): Promise<readonly MachineRecord[]> {
  const machines = await swarmMachines(context, swarm);
  if (machines.length === 0) throw await unknownSwarm(context, swarm);
  if (names.length === 0) {
    const found = machines.filter((record) => record.endpoint !== null && (role === 'any' || record.role === role));
    if (found.length > 0) return found;
    throw new SwarmupError('NO_MANAGER', `swarmup has never reached a manager of swarm ${swarm}`, {
      exitCode: exitCodes.unhealthy,
      hints: [`${swarmup`ls`} shows the state of the hosts`],
    });
  }
  return Promise.all(
    [...new Set(names)].map(async (name) => {
      const record = machines.find((machine) => machine.name === name) ?? (await context.store.require(name));
      if (record.swarm === swarm) return record;
      const where = record.swarm === null ? 'is not in a swarm' : `belongs to swarm ${record.swarm}`;
      const hints = record.swarm === null ? [] : [`name the swarm of the host: --swarm ${record.swarm}`];
      throw usageError('HOST_NOT_IN_SWARM', `${name} ${where}, but the command works on swarm ${swarm}`, ...hints);
    }),
  );
}
