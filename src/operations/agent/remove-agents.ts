import { readAgent, removeAgent } from '../../bootstrap/install-agent.js';
import type { Plan } from '../../plan/plan.js';
import type { Runner } from '../../ssh/runner.js';
import { agentTargets } from '../steps/agent-targets.js';
import { carryOut } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import { hostsPlan } from '../access/host-steps.js';
import { type AgentRequest, wantAgent } from './install-agents.js';
import type { HostsResult } from '../access/results.js';

/**
 * Removes the agent from hosts; the declarations stay in the swarm, but nothing maintains them any longer. Without
 * names, the agent is removed from all hosts of the swarm (a former manager may still have it), and `create` no longer
 * installs it. Errors: those of `agentTargets`. The error of a host is in its outcome.
 */
export const removeAgents = (context: OperationContext, request: AgentRequest): Promise<HostsResult> =>
  carryOut(context, { plan: () => planRemoval(context, request) }, request);

async function planRemoval(context: OperationContext, request: AgentRequest): Promise<Plan<HostsResult>> {
  const { swarm, names } = request;
  const records = await agentTargets(context, swarm, names, 'any');
  const runnerOf = async (name: string, signal: AbortSignal): Promise<Runner> =>
    context.connect(await context.store.require(name), { signal });
  const plan = hostsPlan(
    records.map(({ name }) => name),
    {
      title: 'remove the agent',
      done: 'removed',
      planned: 'would-remove',
      look: async (name, { signal }) =>
        (await readAgent(await runnerOf(name, signal), { signal })) === undefined ? 'unchanged' : 'changed',
      act: async (name, { signal }) => removeAgent(await runnerOf(name, signal), { signal }),
    },
    request,
  );
  return { ...plan, ...(names.length === 0 && { finish: () => wantAgent(context, swarm, false) }) };
}
