import type { Instance } from '@aws-sdk/client-ec2';
import { waitFor } from '../../lib/abort.js';
import { SwarmupError } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import type { AwsRegion } from './aws-region.js';
import { isAmbiguous } from './ec2-failure.js';

/** An instance that ended while it was waited for, with EC2's reason: a quota, a key, no capacity … */
export class InstanceEnded extends Error {
  /** As in `Client.VolumeLimitExceeded`. */
  readonly reason: string;

  constructor(readonly instance: Instance) {
    const { Code = 'unknown', Message } = instance.StateReason ?? {};
    super(Message ?? instance.StateTransitionReason ?? Code);
    this.name = 'InstanceEnded';
    this.reason = Code;
  }
}

interface Wanted {
  readonly state: 'running' | 'stopped' | 'terminated';
  /** Also until it has a public address, if it comes within reasonable time. */
  readonly publicIp?: boolean;
}

/**
 * Waits until an instance is in a state; all who wait share the calls. One that EC2 does not know yet is waited for.
 * Errors: InstanceEnded; AWS_INSTANCE_GONE when it never shows up; TIMEOUT; Ec2Failure when EC2 refuses to tell.
 */
export async function awaitInstance(
  region: AwsRegion,
  id: string,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<Instance> {
  const { timing } = region;
  const began = performance.now();
  const wait = {
    timeoutMs: timing.stateMs,
    signal,
    what: `instance ${id} to be ${wanted.state}`,
    intervalMs: 0,
    fatal: (error: unknown) => !isAmbiguous(error),
  };
  return waitFor(wait, async (deadline) => {
    const isPatient = performance.now() - began < timing.visibleMs;
    const instance = await region.poll(id, deadline);
    const state = instance?.State?.Name;
    if (instance === undefined || state === undefined) {
      if (isPatient) return undefined;
      throw instanceGone(id, region.access.region);
    }
    if (state === wanted.state)
      return wanted.publicIp === true && instance.PublicIpAddress === undefined && isPatient ? undefined : instance;
    if (state === 'terminated' || (state === 'shutting-down' && wanted.state !== 'terminated'))
      throw new InstanceEnded(instance);
    return undefined;
  });
}

export const instanceGone = (id: string, region: string): SwarmupError =>
  new SwarmupError('AWS_INSTANCE_GONE', `EC2 has no instance ${id} in ${region}`, {
    hints: [`${swarmup`ls`} shows what is there`, 'check that the account is correct: see --aws-profile'],
  });
