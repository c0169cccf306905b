import type { Instance } from '@aws-sdk/client-ec2';
import { waitFor } from '../../lib/abort.js';
import { messageOf, SwarmupError } from '../../lib/errors.js';
import type { CreateContext, HostIdentity } from '../driver.js';
import { awaitInstance, InstanceEnded } from './await-instance.js';
import { type AwsRegion, isAlive } from './aws-region.js';
import type { AwsState, Launch } from './aws-state.js';
import { classOf, isAmbiguous, isCode } from './ec2-failure.js';
import type { Rung, Spread } from './launch-plan.js';
import { runInput, type RunSpec } from './run-input.js';

export interface LaunchJob {
  readonly region: AwsRegion;
  readonly context: CreateContext<AwsState>;
  readonly host: HostIdentity;
  readonly spec: RunSpec;
  /** Of our security group. */
  readonly group: string;
  readonly rungs: readonly Rung[];
  readonly spread: Spread;
}

/**
 * Launches a host where there is capacity and waits until it runs. What is asked for is on record before it is asked:
 * a launch whose answer was lost is repeated with the same client token, which launches nothing twice. After a definite
 * no the next place or type is tried with a new token: in another subnet the old one could launch a second host.
 * Errors: AWS_CAPACITY, AWS_LAUNCH_FAILED; Ec2Failure.
 */
export async function launchHost(
  job: LaunchJob,
  state: AwsState,
): Promise<{ readonly instance: Instance; readonly state: AwsState }> {
  const { context, region } = job;
  const refusals: string[] = [];
  const pending = state.instance === undefined ? state.launch : undefined;
  let current = state;
  for (const rung of [undefined, ...job.rungs]) {
    const launch = rung === undefined ? pending : newLaunch(job, rung, current.attempts + 1);
    if (launch === undefined) continue;
    const attempts = launch === pending ? current.attempts : current.attempts + 1;
    current = { ...unlaunched(current), attempts, launch };
    await context.save(current);
    context.signal.throwIfAborted();
    context.log(`launching ${launch.type} in ${launch.zone}${launch.spot ? ' (spot)' : ''}`);
    try {
      const launched = await runOnce(job, launch);
      // A token gives its instance for ever, also when that has ended.
      if (launched === undefined || !isAlive(launched)) continue;
      current = { ...current, instance: launched.InstanceId ?? '' };
      await context.save(current);
      context.signal.throwIfAborted();
      const wanted = { state: 'running', publicIp: launch.isPublic } as const;
      return { instance: await awaitInstance(region, current.instance ?? '', wanted, context.signal), state: current };
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // It is known not to run: nobody has to look for it again.
      current = unlaunched(current);
      await context.save(current);
      if (!isShortage(error)) throw endedError(job.host, error);
      if (rung !== undefined) job.spread.exhausted(rung);
      refusals.push(`${launch.type}${launch.spot ? ' (spot)' : ''} in ${launch.zone}: ${shortOf(error)}`);
      context.log(`no capacity for ${launch.type} in ${launch.zone}`);
    }
  }
  throw noCapacity(job.host, refusals);
}

function unlaunched({ launch: _launch, instance: _instance, ...rest }: AwsState): AwsState {
  return rest;
}

function newLaunch({ host, spec, group }: LaunchJob, { subnet, type, spot }: Rung, attempt: number): Launch {
  const { options } = spec;
  return {
    token: `swu-${host.id}-${String(attempt)}`,
    type: type.name,
    burstable: type.burstable,
    subnet: subnet.id,
    zone: subnet.zone,
    ...(options.publicIp !== undefined && { publicIp: options.publicIp }),
    image: type.image.id,
    rootDevice: type.image.rootDevice,
    sizeGiB: Math.max(options.rootSizeGiB, type.image.sizeGiB),
    spot,
    group,
    ssh: { user: options.sshUser ?? type.image.user, port: options.sshPort, by: options.reachedBy },
    isPublic: options.publicIp ?? subnet.isPublic,
    at: new Date().toISOString(),
  };
}

/** undefined: the token was used with other parameters, and what it launched is not there any more. */
async function runOnce({ region, context, host, spec }: LaunchJob, launch: Launch): Promise<Instance | undefined> {
  const { timing, ec2 } = region;
  const { signal } = context;
  // Groups and instance profiles that were just made are not seen everywhere yet.
  const wait = { timeoutMs: timing.visibleMs, signal, intervalMs: timing.pollMs, what: 'EC2 to know all parts' };
  const isNotYet = (error: unknown): boolean =>
    isCode(error, 'InvalidGroup.NotFound') ||
    (isCode(error, 'InvalidParameterValue') && /iamInstanceProfile/i.test(messageOf(error)));
  try {
    const input = runInput(launch, spec);
    const answer = await waitFor({ ...wait, fatal: (error) => !isNotYet(error) }, (deadline) =>
      ec2.call('RunInstances', input, deadline),
    );
    return answer.Instances?.[0];
  } catch (error) {
    signal.throwIfAborted();
    if (isCode(error, 'IdempotentParameterMismatch')) return awaitVisible(region, host, signal);
    if (!isAmbiguous(error)) throw error;
    const found = await region.lookByMachine(host.id, signal);
    if (found !== undefined && isAlive(found)) return found;
    throw error;
  }
}

/** The instance of a machine that another process may have launched a moment ago. */
async function awaitVisible(
  region: AwsRegion,
  { id }: HostIdentity,
  signal: AbortSignal,
): Promise<Instance | undefined> {
  const { visibleMs: timeoutMs, pollMs: intervalMs } = region.timing;
  const wait = { timeoutMs, intervalMs, signal, what: 'the instance to be seen' };
  return waitFor(wait, (deadline) => region.lookByMachine(id, deadline)).catch((error: unknown) => {
    signal.throwIfAborted();
    if (error instanceof SwarmupError && error.code === 'TIMEOUT') return undefined;
    throw error;
  });
}

/** EC2 has said no, in so many words: nothing was launched, or it has ended. */
const isRefusal = (error: unknown): boolean =>
  error instanceof InstanceEnded || (classOf(error) !== undefined && !isAmbiguous(error) && !mayAskAgain(error));

/** The launch is not refused, only we may not ask (any more). */
const mayAskAgain = (error: unknown): boolean => classOf(error) === 'credentials';

const isShortage = (error: unknown): boolean =>
  classOf(error) === 'capacity' ||
  (error instanceof InstanceEnded && /^Server\.(InsufficientInstanceCapacity|SpotInstance)/.test(error.reason));

const shortOf = (error: unknown): string => (error instanceof InstanceEnded ? error.reason : messageOf(error));

function endedError({ name }: HostIdentity, error: unknown): unknown {
  if (!(error instanceof InstanceEnded)) return error;
  return new SwarmupError(
    'AWS_LAUNCH_FAILED',
    `instance ${error.instance.InstanceId ?? ''} of ${name} ended before it ran: ${error.message}`,
    { host: name, hints: [reasonHint(error.reason)], cause: error },
  );
}

function reasonHint(reason: string): string {
  if (reason === 'Client.VolumeLimitExceeded')
    return 'the quota for storage of this volume type is used up: remove volumes, or have it raised (Service Quotas, Amazon EBS)';
  // Source: EC2 user guide, "Instance terminates immediately".
  if (reason === 'Client.InternalError')
    return 'mostly the key of the encrypted disk may not be used: see --aws-volume-kms-key, or --no-aws-volume-encrypted';
  return 'the same command tries again';
}

function noCapacity({ name }: HostIdentity, refusals: readonly string[]): SwarmupError {
  return new SwarmupError('AWS_CAPACITY', `AWS has no capacity for ${name}: ${refusals.join('; ')}`, {
    host: name,
    retryable: true,
    hints: [
      'give it more choice: --aws-instance-type t3.small,t3a.small,t2.small',
      'or other zones (--aws-zone) or another region (--aws-region)',
      'or try again later',
    ],
  });
}
