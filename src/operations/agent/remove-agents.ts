import { readAgent, removeAgent } from '../../bootstrap/install-agent.js';
import { agentTargets } from '../steps/agent-targets.js';
import type { OperationContext } from '../access/context.js';
import { eachHost } from '../access/each-host.js';
import { type AgentRequest, wantAgent } from './install-agents.js';
import type { HostsResult } from '../access/results.js';

/**
 * Takes the agent off hosts; what is declared stays in the swarm, and nothing holds it any more. Without names: off all
 * hosts of the swarm (one that was a manager may still have it), and `create` leaves it out from then on.
 * Errors: those of `agentTargets`. What went wrong on a host is in its outcome.
 */
export async function removeAgents(context: OperationContext, request: AgentRequest): Promise<HostsResult> {
  const records = await agentTargets(context, request.swarm, request.names, 'any');
  const names = records.map(({ name }) => name);
  const hosts = await eachHost(context, names, 'remove the agent', async (name) => {
    const runner = await context.connect(await context.store.require(name));
    if (!request.dryRun) return removeAgent(runner, { signal: context.signal });
    return (await readAgent(runner, { signal: context.signal })) === undefined ? 'unchanged' : 'would-remove';
  });
  if (!request.dryRun && request.names.length === 0) await wantAgent(context, request.swarm, false);
  return { hosts };
}
