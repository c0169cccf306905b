import type { Instance } from '@aws-sdk/client-ec2';
import { setTimeout as sleep } from 'node:timers/promises';
import { SwarmupError } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import type { DriverContext } from '../driver.js';
import { awaitInstance, InstanceEnded } from './await-instance.js';
import { type AwsRegion, isAlive } from './aws-region.js';
import type { AwsSite } from './aws-site.js';
import type { AwsState } from './aws-state.js';
import { classOf } from './ec2-failure.js';
import { repeatWhile } from './repeat-call.js';

/**
 * Removes a host: its instance, what belongs to it alone (addresses, volumes), and with the last host of its swarm the
 * security group and the key pair that was imported.
 * Errors: AWS_PROTECTED unless forced, AWS_GROUP_IN_USE.
 */
export async function removeHost(
  site: AwsSite,
  context: DriverContext,
  host: { readonly id: string; readonly name: string },
  state: AwsState | undefined,
  force: boolean,
): Promise<void> {
  await terminateHost(site, context, host, state, force);
  await site.removeRemains(host.id, context.signal);
  await site.removeGroups(state?.cluster ?? `host:${host.id}`, context.signal);
  if (state?.keyPair !== undefined) await site.removeKeyPair(state.keyPair, context.signal);
}

/** Terminates all instances of a host and sees to it that they are gone. */
async function terminateHost(
  region: AwsRegion,
  { signal, log }: DriverContext,
  host: { readonly id: string; readonly name: string },
  state: AwsState | undefined,
  force: boolean,
): Promise<void> {
  for (;;) {
    const found = await findInstance(region, host.id, state, signal);
    const id = found?.InstanceId;
    if (found === undefined || id === undefined) return;
    log(`terminating ${id}`);
    if (isAlive(found)) {
      // If EC2 no longer knows an object that it has just shown, the answer is not trusted: EC2 is asked again.
      const pace = { forMs: region.timing.visibleMs, everyMs: region.timing.pollMs, signal };
      const isGone = (error: unknown): boolean => classOf(error) === 'gone';
      await repeatWhile(isGone, pace, () => terminate(region, id, { name: host.name, force }, signal));
    }
    await awaitInstance(region, id, { state: 'terminated' }, signal).catch((error: unknown) => {
      // It ended, or EC2 has forgotten it already.
      const isGone = error instanceof SwarmupError && error.code === 'AWS_INSTANCE_GONE';
      if (!(error instanceof InstanceEnded) && !isGone) throw error;
    });
  }
}

/**
 * An instance of the host that is still there. That EC2 does not know one which was launched a moment ago proves
 * nothing: it is looked for until it must have been seen.
 */
async function findInstance(
  region: AwsRegion,
  machine: string,
  state: AwsState | undefined,
  signal: AbortSignal,
): Promise<Instance | undefined> {
  const launchedAt = Date.parse(state?.launch?.at ?? '') || 0;
  for (;;) {
    const isOld = Date.now() - launchedAt > region.timing.visibleMs;
    const [byTag, byId] = await Promise.all([
      region.lookByMachine(machine, signal),
      state?.instance === undefined ? undefined : region.look(state.instance, signal),
    ]);
    const found = [byTag, byId].filter((instance) => instance !== undefined);
    if (found.length > 0) return found.find(isAlive) ?? found.find(({ State }) => State?.Name === 'shutting-down');
    if (isOld) return undefined;
    await sleep(region.timing.pollMs, undefined, { signal });
  }
}

async function terminate(
  region: AwsRegion,
  id: string,
  { name, force }: { readonly name: string; readonly force: boolean },
  signal: AbortSignal,
): Promise<void> {
  try {
    await region.terminate(id, signal);
  } catch (error) {
    if (classOf(error) !== 'protected') throw error;
    if (!force)
      throw new SwarmupError('AWS_PROTECTED', `instance ${id} of ${name} is protected against termination`, {
        host: name,
        hints: [`${swarmup`rm --force --yes ${name}`} removes it all the same`],
        cause: error,
      });
    const input = { InstanceId: id, DisableApiTermination: { Value: false } };
    await region.ec2.call('ModifyInstanceAttribute', input, signal);
    await region.terminate(id, signal);
  }
}
