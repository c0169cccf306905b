import { SwarmupError } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { createCommand } from './create-command.js';

/** The address of a host's TLS port and its certificates. Errors: HOST_NOT_READY, NO_TLS. */
export function engineOf(record: MachineRecord): NonNullable<MachineRecord['engine']> {
  if (record.engine !== null) return record.engine;
  if (!record.engineSettings.tls)
    throw new SwarmupError(
      'NO_TLS',
      `the engine of ${record.name} has no TLS port: the host was created with --no-tls`,
      {
        host: record.name,
        hints: [swarmup`ssh ${record.name} -- docker ps`],
      },
    );
  throw new SwarmupError(
    'HOST_NOT_READY',
    `${record.name} has no engine yet: the creation of the host was not finished`,
    {
      host: record.name,
      hints: [`${createCommand(record.swarm, [record.name])} resumes it`],
    },
  );
}
