import { SwarmupError } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import type { DriverContext, HostDescription } from '../../drivers/driver.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { OperationContext } from './context.js';
import { createCommand } from './create-command.js';
import { driverContext } from './driver-context.js';

/**
 * The driver's description of a host that must be running and completely created. Errors: HOST_NOT_READY (its creation
 * was not finished), HOST_REMOVING, HOST_NOT_RUNNING; the driver's own.
 */
export async function describeRunning(
  context: OperationContext,
  record: MachineRecord,
  options: { readonly signal: AbortSignal; readonly detail: (message: string) => void },
): Promise<HostDescription> {
  const { name } = record;
  if (record.phase === 'removing')
    throw new SwarmupError('HOST_REMOVING', `the removal of ${name} was not finished`, {
      host: name,
      hints: [`${swarmup`rm --yes ${name}`} finishes that`],
    });
  if (record.endpoint === null)
    throw new SwarmupError('HOST_NOT_READY', `the creation of ${name} was not finished`, {
      host: name,
      hints: [`${createCommand(record.swarm, [name])} resumes it`],
    });
  const driver = await context.drivers.get(record.driver);
  const own = driverContext(context, driver, record.options as DriverContext['options'], {
    signal: options.signal,
    log: options.detail,
  });
  const [status] = await driver.inspect(own, [record.driverState ?? undefined]);
  if (status?.state === 'running' && status.description !== undefined) return status.description;
  const state = status?.state ?? 'unknown';
  const why = status?.detail === undefined ? '' : ` (${status.detail})`;
  throw new SwarmupError('HOST_NOT_RUNNING', `${name} is not running: its state is ${state}${why}`, {
    host: name,
    hints: [state === 'absent' ? `${createCommand(record.swarm, [name])} makes it again` : swarmup`start ${name}`],
  });
}
