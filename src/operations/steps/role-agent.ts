import { readAgentFiles } from '../../bootstrap/agent-files.js';
import { removeAgent } from '../../bootstrap/install-agent.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { OperationContext } from '../access/context.js';
import { putAgent } from './put-agent.js';

type Detail = (message: string) => void;

/** Whether the managers of a swarm are to have the agent; also one that was made by hand is. */
const wantsAgent = async (context: OperationContext, swarm: string): Promise<boolean> =>
  (await context.store.readSwarm(swarm))?.agent ?? true;

/** Gives the host of a new manager the agent, as `create` would. Errors: those of `putAgent`. */
export async function withAgent(
  context: OperationContext,
  swarm: string,
  record: MachineRecord,
  detail: Detail,
): Promise<void> {
  if (!(await wantsAgent(context, swarm))) return;
  detail('install the agent');
  await putAgent(context, record, { files: await readAgentFiles(), signal: context.signal, detail });
}

/** Takes the agent off the host of one that was a manager. Errors: those of `removeAgent`. */
export async function withoutAgent(
  context: OperationContext,
  swarm: string,
  record: MachineRecord,
  detail: Detail,
): Promise<void> {
  if (!(await wantsAgent(context, swarm))) return;
  detail('remove the agent');
  await removeAgent(await context.connect(record), { signal: context.signal });
}
