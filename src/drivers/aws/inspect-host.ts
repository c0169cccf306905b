import { SwarmupError } from '../../lib/errors.js';
import type { HostDescription, HostStatus } from '../driver.js';
import type { AwsRegion } from './aws-region.js';
import type { AwsState } from './aws-state.js';
import { describeHost, statusOf } from './describe-host.js';
import { requireInstance, startInstance } from './power-host.js';

/** The state of a host; all that are asked for at once cost one call. */
export async function describeStatus(region: AwsRegion, state: AwsState, signal: AbortSignal): Promise<HostStatus> {
  if (state.launch === undefined) return { state: 'absent', detail: 'no instance was launched for the host' };
  const found =
    state.instance === undefined
      ? await region.lookByMachine(state.machine, signal)
      : await region.look(state.instance, signal);
  return statusOf(found, state);
}

/** Errors: AWS_INSTANCE_GONE, TIMEOUT. */
export async function startHost(region: AwsRegion, state: AwsState, signal: AbortSignal): Promise<HostDescription> {
  const found = await requireInstance(region, state, signal);
  const description = describeHost(await startInstance(region, found, state, signal), state);
  if (description !== undefined) return description;
  throw new SwarmupError('AWS_INSTANCE_GONE', `instance ${state.instance ?? ''} has no address`);
}
