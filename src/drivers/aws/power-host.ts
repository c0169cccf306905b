import type { Instance } from '@aws-sdk/client-ec2';
import { SwarmupError } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import { awaitInstance, instanceGone } from './await-instance.js';
import { type AwsRegion, isAlive } from './aws-region.js';
import type { AwsState } from './aws-state.js';
import { classOf } from './ec2-failure.js';
import { repeatWhile } from './repeat-call.js';

/** Sees to it that an instance runs; its public address may be another one than before. */
export async function startInstance(
  region: AwsRegion,
  found: Instance,
  { launch }: AwsState,
  signal: AbortSignal,
): Promise<Instance> {
  const id = found.InstanceId ?? '';
  const wanted = { state: 'running', publicIp: launch?.isPublic ?? false } as const;
  const state = found.State?.Name;
  if (state === 'running' && (found.PublicIpAddress !== undefined || !wanted.publicIp)) return found;
  if (state === 'stopping') await awaitInstance(region, id, { state: 'stopped' }, signal);
  if (state === 'stopping' || state === 'stopped') await whenFree(region, signal, () => region.start(id, signal));
  return awaitInstance(region, id, wanted, signal);
}

/** Errors: AWS_SPOT_STOP (exit 2), AWS_INSTANCE_GONE. */
export async function stopHost(region: AwsRegion, state: AwsState, force: boolean, signal: AbortSignal): Promise<void> {
  const found = await requireInstance(region, state, signal);
  const id = found.InstanceId ?? '';
  if (found.State?.Name === 'stopped') return;
  if (state.launch?.spot === true)
    throw new SwarmupError('AWS_SPOT_STOP', `instance ${id} is a spot instance, which can be removed but not stopped`, {
      exitCode: 2,
      hints: [`${swarmup`rm NAME`} removes it, ${swarmup`create NAME`} makes it again`],
    });
  const stop = force ? region.forceStop : region.stop;
  await whenFree(region, signal, () => stop(id, signal));
  await awaitInstance(region, id, { state: 'stopped' }, signal);
}

/** Errors: AWS_INSTANCE_GONE. */
export async function requireInstance(region: AwsRegion, state: AwsState, signal: AbortSignal): Promise<Instance> {
  const id = state.instance ?? '';
  const found = id === '' ? await region.lookByMachine(state.machine, signal) : await region.look(id, signal);
  if (found !== undefined && isAlive(found)) return found;
  throw instanceGone(id, region.access.region);
}

/** An instance accepts no commands between two states. */
function whenFree({ timing }: AwsRegion, signal: AbortSignal, order: () => Promise<void>): Promise<void> {
  const pace = { forMs: timing.busyMs, everyMs: timing.pollMs, signal };
  return repeatWhile((error) => classOf(error) === 'busy', pace, order);
}
