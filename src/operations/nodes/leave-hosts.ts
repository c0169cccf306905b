import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { isReady } from '../../swarm/membership.js';
import { leaveSwarm, swarmNodes } from '../../swarm/swarm-api.js';
import { asNode } from '../steps/become-node.js';
import type { OperationContext } from '../access/context.js';
import { eachHost } from '../access/each-host.js';
import { leaveNodes, type RemoveNodesRequest } from './remove-nodes.js';
import type { NodesResult } from '../access/results.js';
import { withoutAgent } from '../steps/role-agent.js';
import { hostEngine, openSwarm, swarmMachines, unknownSwarm } from '../access/swarm-access.js';
import { forgetUnlockKeys } from '../steps/unlock-keys.js';
import { lockedUnlessDry } from '../access/choose-nodes.js';

/**
 * Takes hosts out of their swarm: tasks run elsewhere first, managers are demoted, and the hosts become plain Docker
 * hosts. When no node is left, the swarm ends with everything in it, which has to be forced.
 * Errors: SWARM_UNKNOWN (exit 2), SWARM_ENDS (exit 3); those of `leaveNodes`.
 */
export async function leaveHosts(context: OperationContext, request: RemoveNodesRequest): Promise<NodesResult> {
  const { swarm, names, force } = request;
  const machines = await swarmMachines(context, swarm);
  if (machines.length === 0) throw unknownSwarm(swarm);
  const isWhole = machines.every(({ name }) => names.includes(name)) && !(await hasOthers(context, swarm, machines));
  if (!isWhole) return leaveNodes(context, request);
  if (!force) throw swarmEnds(swarm, machines);
  return lockedUnlessDry(context, request, () => dissolve(context, request, machines));
}

/** Nodes that are no hosts of ours. Where nobody can be asked there are none that would have a swarm left. */
async function hasOthers(
  context: OperationContext,
  swarm: string,
  machines: readonly MachineRecord[],
): Promise<boolean> {
  try {
    const nodes = await swarmNodes((await openSwarm(context, swarm)).engine, context.signal);
    return nodes.some((node) => isReady(node) && !machines.some(({ nodeId }) => nodeId === node.ID));
  } catch {
    context.signal.throwIfAborted();
    return false;
  }
}

const swarmEnds = (swarm: string, machines: readonly MachineRecord[]): SwarmupError =>
  new SwarmupError(
    'SWARM_ENDS',
    `${machines.map(({ name }) => name).join(', ')} are all of swarm ${swarm}: its services, networks and secrets would be gone`,
    {
      exitCode: exitCodes.preflight,
      hints: [
        '--force ends the swarm; the hosts stay',
        `swarmup swarm backup --swarm ${swarm} FILE keeps what is in it`,
      ],
    },
  );

async function dissolve(
  context: OperationContext,
  { swarm, dryRun }: RemoveNodesRequest,
  machines: readonly MachineRecord[],
): Promise<NodesResult> {
  const names = machines.map(({ name }) => name);
  const nodes = await eachHost(context, names, 'leave', async (name, detail) => {
    if (dryRun) return 'would-leave';
    const record = await context.store.require(name);
    if (record.role === 'manager') await withoutAgent(context, swarm, record, detail);
    await leaveSwarm(hostEngine(context, record), { force: true, signal: context.signal }).catch((error: unknown) => {
      if (!(error instanceof SwarmupError && error.code === 'ENGINE_503')) throw error;
    });
    await context.store.update(name, (current) => ({ ...asNode(current, null), swarm: null, role: null }));
    return 'left';
  });
  if (!dryRun && (await swarmMachines(context, swarm)).length === 0) {
    await forgetUnlockKeys(context, swarm);
    await context.store.removeSwarm(swarm);
  }
  return { swarm, dryRun, nodes };
}
