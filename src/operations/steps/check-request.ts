import { networkOf } from '../../lib/cidr.js';
import { usageError } from '../../lib/errors.js';
import { checkDistinct, checkHostName } from '../../machine/names.js';
import type { CreateRequest } from '../access/results.js';

/**
 * What can be judged without looking at anything: names, counts.
 * Errors: NAME_INVALID, NAME_DUPLICATE, CIDR_INVALID, MANAGERS_INVALID, ENGINE_OPT_INVALID (exit 2).
 */
export function checkRequest(request: CreateRequest): void {
  for (const name of request.names) checkHostName(name);
  checkDistinct(request.names);
  const { managers, swarm, addressPool } = request;
  if (swarm !== null) checkHostName(swarm, 'swarm');
  if (addressPool !== undefined) networkOf(addressPool);
  if (swarm !== null && request.engine?.daemon?.['live-restore'] === true)
    throw usageError(
      'ENGINE_OPT_INVALID',
      '--engine-opt live-restore: Docker does not allow it in swarm mode',
      'leave it out, or make plain hosts: --no-swarm',
    );
  if (managers === undefined) return;
  if (swarm === null) throw usageError('MANAGERS_INVALID', '--managers and --no-swarm exclude each other');
  if (managers < 0 || managers > request.names.length)
    throw usageError(
      'MANAGERS_INVALID',
      `--managers ${managers} does not fit ${request.names.length} names`,
      'the first so many names become managers',
    );
}
