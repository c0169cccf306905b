import { messageOf, SwarmupError } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { OperationContext } from '../access/context.js';

/**
 * Restores a host that existed before swarmup to its earlier state: without our agent, engine settings, certificates
 * and swarm. Docker, containers, images and volumes stay, and running containers keep running. Errors: RESTORE_FAILED;
 * with `force` this is a warning.
 */
export async function giveBackHost(
  context: OperationContext,
  record: MachineRecord,
  { force, detail }: { readonly force: boolean; readonly detail: (message: string) => void },
): Promise<void> {
  const { name } = record;
  // Nothing is put on a host before its endpoint is on record.
  if (record.endpoint === null) return;
  const { signal } = context;
  try {
    const { removeAgent } = await import('../../bootstrap/install-agent.js');
    const { restoreEngine } = await import('../../bootstrap/configure-engine.js');
    detail('remove everything that swarmup put on the host');
    const runner = await context.connect(record);
    await removeAgent(runner, { signal });
    await restoreEngine(runner, record.nodeId, { signal });
  } catch (error) {
    signal.throwIfAborted();
    const message = `${name} could not be restored to its earlier state: ${messageOf(error)}`;
    if (force) context.report({ type: 'warning', host: name, message });
    else
      throw new SwarmupError('RESTORE_FAILED', message, {
        host: name,
        hints: [
          `run the command again when ${name} answers`,
          `${swarmup`rm --keep ${name}`} forgets the host and leaves everything on it`,
        ],
        cause: error,
      });
  }
}
