import type { AgentStatus } from '../../agent/agent-api.js';
import { agentStatus } from '../steps/agent-access.js';
import type { OperationContext } from '../access/context.js';
import { swarmMachines } from '../access/swarm-access.js';

/**
 * The host whose agent leads, and the status that the agent reports; undefined if no agent leads. All managers are
 * asked at the same time.
 */
export async function leadingAgent(
  context: OperationContext,
  swarm: string,
): Promise<{ readonly host: string; readonly status: AgentStatus } | undefined> {
  const managers = (await swarmMachines(context, swarm)).filter(
    (record) => record.role === 'manager' && record.endpoint !== null,
  );
  const asked = managers.map(async (record) => {
    const status = await agentStatus(context, record);
    if (status.state !== 'leader') throw new Error(`the agent of ${record.name} does not lead`);
    return { host: record.name, status };
  });
  const found = await Promise.any(asked).catch(() => undefined);
  context.signal.throwIfAborted();
  return found;
}
