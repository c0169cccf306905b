import type { HostFacts } from '../../bootstrap/host-facts.js';
import { messageOf } from '../../lib/errors.js';
import { inSwarm, swarmup } from '../../lib/typed-command.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { StepChange } from '../../plan/step.js';
import type { OperationContext } from '../access/context.js';

interface ManagerAgentOptions {
  readonly signal: AbortSignal;
  readonly detail: (message: string) => void;
  readonly facts?: HostFacts | undefined;
}

interface ManagerAgent {
  readonly change: StepChange;
  /** The reason why the agent is missing, with a command that helps. */
  readonly warning?: string;
}

/**
 * Installs or updates the agent on a host that has become a manager; does nothing if the swarm goes without the agent
 * (`create --no-agent`, `agent remove`). A failure is a warning: host and swarm are complete without the agent.
 */
export async function agentForManager(
  context: OperationContext,
  record: MachineRecord,
  options: ManagerAgentOptions,
): Promise<ManagerAgent> {
  const swarm = record.swarm === null ? undefined : await context.store.readSwarm(record.swarm);
  return swarm?.agent === false ? { change: 'unchanged' } : putAgentOrWarn(context, record, options);
}

/** As `agentForManager`, even if the swarm goes without the agent. */
export async function putAgentOrWarn(
  context: OperationContext,
  record: MachineRecord,
  options: ManagerAgentOptions,
): Promise<ManagerAgent> {
  try {
    const { putAgent } = await import('./put-agent.js');
    const { readAgentFiles } = await import('../../bootstrap/agent-files.js');
    const change = await putAgent(context, record, { ...options, files: await readAgentFiles() });
    return { change: change === 'unchanged' ? 'unchanged' : 'changed' };
  } catch (error) {
    options.signal.throwIfAborted();
    const wayOut = `without the agent, nothing maintains replica counts: ${swarmup`agent install ${inSwarm(record.swarm)} ${record.name}`}`;
    return { change: 'unchanged', warning: `${messageOf(error)}; ${wayOut}` };
  }
}
