import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { swarmup } from '../../lib/typed-command.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { Plan } from '../../plan/plan.js';
import { isReady } from '../../swarm/membership.js';
import { leaveSwarm, swarmNodes } from '../../swarm/swarm-api.js';
import { carryOut, swarmLock } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import { hostOutcomes, hostSteps } from '../access/host-steps.js';
import type { NodesResult } from '../access/results.js';
import { hostEngine, openSwarm, swarmMachines, unknownSwarm } from '../access/swarm-access.js';
import { underSignal } from '../access/under-signal.js';
import { asNode } from '../steps/become-node.js';
import { withoutAgent } from '../steps/role-agent.js';
import { forgetUnlockKeys } from '../steps/unlock-keys.js';
import { leaveNodes, type RemoveNodesRequest } from './remove-nodes.js';

/**
 * Takes hosts out of their swarm: tasks run elsewhere first, managers are demoted, and the hosts become plain Docker
 * hosts. When no node is left, the swarm ends with everything in it, which has to be forced.
 * Errors: SWARM_UNKNOWN (exit 2), SWARM_ENDS (exit 3); those of `leaveNodes`.
 */
export async function leaveHosts(context: OperationContext, request: RemoveNodesRequest): Promise<NodesResult> {
  const { swarm, names, force } = request;
  const machines = await swarmMachines(context, swarm);
  if (machines.length === 0) throw await unknownSwarm(context, swarm);
  const isWhole = machines.every(({ name }) => names.includes(name)) && !(await hasOthers(context, swarm, machines));
  if (!isWhole) return leaveNodes(context, request);
  if (!force) throw swarmEnds(swarm, machines);
  return dissolve(context, request, machines);
}

/** Nodes whose hosts swarmup does not manage. If no manager answers, there are none that would have a swarm left. */
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
    `${machines.map(({ name }) => name).join(', ')} are all hosts of swarm ${swarm}: its services, networks and secrets would be lost`,
    {
      exitCode: exitCodes.preflight,
      hints: [
        '--force ends the swarm; the hosts stay',
        `${swarmup`swarm backup --swarm ${swarm} FILE`} keeps what is in it`,
      ],
    },
  );

function dissolve(
  context: OperationContext,
  { swarm, dryRun }: RemoveNodesRequest,
  machines: readonly MachineRecord[],
): Promise<NodesResult> {
  const steps = hostSteps(
    machines.map(({ name }) => name),
    {
      title: 'leave',
      done: 'left',
      planned: 'would-leave',
      look: () => Promise.resolve('changed'),
      act: async (name, { signal, detail }) => {
        await leaveForGood(underSignal(context, signal), swarm, name, detail);
        return 'changed';
      },
    },
  );
  const plan: Plan<NodesResult> = {
    steps,
    result: (outcome) => ({ swarm, dryRun, nodes: hostOutcomes(steps, outcome, { dryRun }) }),
    finish: async () => {
      if ((await swarmMachines(context, swarm)).length > 0) return;
      await forgetUnlockKeys(context, swarm);
      await context.store.removeSwarm(swarm);
    },
  };
  return carryOut(context, { locks: swarmLock(swarm), plan: () => plan }, { dryRun });
}

async function leaveForGood(
  context: OperationContext,
  swarm: string,
  name: string,
  detail: (message: string) => void,
): Promise<void> {
  const record = await context.store.require(name);
  if (record.role === 'manager') await withoutAgent(context, swarm, record, detail);
  await leaveSwarm(hostEngine(context, record), { force: true, signal: context.signal }).catch((error: unknown) => {
    if (!(error instanceof SwarmupError && error.code === 'ENGINE_503')) throw error;
  });
  await context.store.update(name, (current) => ({ ...asNode(current, null), swarm: null, role: null }));
}
