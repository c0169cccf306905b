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
  if (record.phase === 'ready' && record.endpoint !== null)
    throw new SwarmupError('NO_TLS', `${record.name} was imported without a client certificate for its engine`, {
      host: record.name,
      hints: [
        swarmup`ssh ${record.name} -- docker ps`,
        `${swarmup`regenerate-certs ${record.name}`} gives the engine a certificate of this store; the computer that exported the host then reaches it over SSH only`,
      ],
    });
  throw notReady(record);
}

/**
 * The same for docker clients, which keep the address: not of a host that is being removed, or that no longer existed
 * and is being made again. Errors: HOST_REMOVING, HOST_NOT_READY, NO_TLS.
 */
export function engineInUse(record: MachineRecord): NonNullable<MachineRecord['engine']> {
  const { name, phase, endpoint } = record;
  if (phase === 'removing')
    throw new SwarmupError('HOST_REMOVING', `the removal of ${name} was not finished`, {
      host: name,
      hints: [`${swarmup`rm --yes ${name}`} finishes the removal`],
    });
  const engine = engineOf(record);
  if (phase === 'creating' || endpoint === null) throw notReady(record);
  return engine;
}

const notReady = ({ name, swarm }: MachineRecord): SwarmupError =>
  new SwarmupError('HOST_NOT_READY', `${name} has no engine yet: the creation of the host was not finished`, {
    host: name,
    hints: [`${createCommand(swarm, [name])} resumes it`],
  });
