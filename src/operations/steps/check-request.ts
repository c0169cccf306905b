import { networkOf } from '../../lib/cidr.js';
import { usageError } from '../../lib/errors.js';
import { checkDistinct, checkHostName } from '../../machine/check-names.js';
import { type CreateRequest, type HostGroup, namesOf } from '../access/create-request.js';

/**
 * Checks everything that does not depend on the hosts: names, counts. Errors: NAME_INVALID, NAME_DUPLICATE,
 * CIDR_INVALID, MANAGERS_INVALID, ENGINE_OPT_INVALID (exit 2).
 */
export function checkRequest(request: CreateRequest): void {
  const names = namesOf(request);
  for (const name of names) checkHostName(name);
  checkDistinct(names);
  const { swarm, groups } = request;
  if (swarm !== null) checkHostName(swarm.name, 'swarm');
  if (swarm?.addressPool !== undefined) networkOf(swarm.addressPool);
  for (const group of groups) checkGroup(group, swarm !== null);
}

function checkGroup({ names, managers, engine }: HostGroup, inSwarm: boolean): void {
  if (inSwarm && engine?.daemon?.['live-restore'] === true)
    throw usageError(
      'ENGINE_OPT_INVALID',
      '--engine-opt live-restore: Docker does not allow this option in swarm mode',
      'leave out live-restore, or create hosts outside a swarm with --no-swarm',
    );
  if (managers === undefined) return;
  if (!inSwarm) throw usageError('MANAGERS_INVALID', '--managers and --no-swarm cannot be used together');
  if (managers < 0 || managers > names.length)
    throw usageError(
      'MANAGERS_INVALID',
      `--managers ${managers} is not possible with ${names.length} names`,
      '--managers is the number of managers, taken from the first names',
    );
}
