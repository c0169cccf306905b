import type { Instance } from '@aws-sdk/client-ec2';
import { waitFor } from '../../lib/abort.js';
import { messageOf, SwarmupError } from '../../lib/errors.js';
import type { CreateContext, HostIdentity } from '../driver.js';
import { awaitInstance, InstanceEnded } from './await-instance.js';
import { type AwsRegion, isAlive } from './aws-region.js';
import { type AwsState, type Launch, unlaunched } from './aws-state.js';
import { classOf, Ec2Failure, isAmbiguous, isCode } from './ec2-failure.js';
import type { Rung, Spread } from './launch-plan.js';
import { repeatWhile } from './repeat-call.js';
import { newLaunch, runInput, type RunSpec } from './run-input.js';

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
 * Launches a host where there is capacity and waits until it runs. Each request is on record before it is sent: a
 * launch whose answer was lost is repeated with the same client token, which never launches a second instance. After a
 * definite refusal, the next place or type is tried with a new token, because the old token could launch a second host
 * in another subnet. Errors: AWS_CAPACITY, AWS_LAUNCH_FAILED; Ec2Failure.
 */
export async function launchHost(job: LaunchJob, state: AwsState): Promise<Launched> {
  const { host, spread, spec, group } = job;
  const refusals: string[] = [];
  let current = state;
  const attempt = async (launch: Launch, rung?: Rung): Promise<Launched | undefined> => {
    const attempts = current.attempts + (rung === undefined ? 0 : 1);
    const outcome = await tryLaunch(job, { ...unlaunched(current), launch, attempts });
    current = outcome.state;
    if ('instance' in outcome) return outcome;
    if (outcome.shortage !== undefined) refusals.push(outcome.shortage);
    if (outcome.shortage !== undefined && rung !== undefined) spread.exhausted(rung);
    return undefined;
  };
  if (state.launch !== undefined && state.instance === undefined) {
    const launched = await attempt(state.launch);
    if (launched !== undefined) return launched;
  }
  for (const rung of job.rungs) {
    const token = `swu-${host.id}-${current.attempts + 1}`;
    const launched = await attempt(newLaunch(rung, spec.options, { token, group }), rung);
    if (launched !== undefined) return launched;
  }
  throw noCapacity(host, refusals);
}

interface Launched {
  readonly instance: Instance;
  readonly state: AwsState;
}

/** No instance runs: there was no capacity, or (without a shortage) the token has been used. */
interface NotLaunched {
  readonly state: AwsState;
  readonly shortage?: string;
}

/**
 * One launch, which is on record before the request. Errors: definite refusals of EC2, and failures whose outcome is
 * open.
 */
async function tryLaunch(
  { context, region, host, spec }: LaunchJob,
  state: AwsState & { readonly launch: Launch },
): Promise<Launched | NotLaunched> {
  const { launch } = state;
  const market = launch.spot ? ' (spot)' : '';
  await context.save(state);
  context.signal.throwIfAborted();
  context.log(`launching ${launch.type} in ${launch.zone}${market}`);
  try {
    const launched = await runOnce(region, { launch, host, spec }, context.signal);
    // A token gives its instance for ever, also when that has ended.
    if (launched?.InstanceId === undefined || !isAlive(launched)) return { state };
    const made = { ...state, instance: launched.InstanceId };
    await context.save(made);
    context.signal.throwIfAborted();
    const wanted = { state: 'running', publicIp: launch.isPublic } as const;
    return { instance: await awaitInstance(region, made.instance, wanted, context.signal), state: made };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    // The instance is known not to run, so it need not be searched again.
    await context.save(unlaunched(state));
    if (!isShortage(error)) throw endedError(host, error);
    context.log(`no capacity for ${launch.type} in ${launch.zone}`);
    return { state: unlaunched(state), shortage: `${launch.type}${market} in ${launch.zone}: ${shortOf(error)}` };
  }
}

/** undefined: the token was used with other parameters, and the instance of that launch no longer exists. */
async function runOnce(
  region: AwsRegion,
  { launch, host, spec }: { readonly launch: Launch; readonly host: HostIdentity; readonly spec: RunSpec },
  signal: AbortSignal,
): Promise<Instance | undefined> {
  const { timing, ec2 } = region;
  // Groups, key pairs and instance profiles that were just made are not seen everywhere yet.
  const pace = { forMs: timing.visibleMs, everyMs: timing.pollMs, signal };
  const isNotYet = (error: unknown): boolean =>
    isCode(error, 'InvalidGroup.NotFound') ||
    (isCode(error, 'InvalidKeyPair.NotFound') && spec.options.importKeyFile !== undefined) ||
    (isCode(error, 'InvalidParameterValue') && /iamInstanceProfile/i.test(messageOf(error)));
  try {
    const input = runInput(launch, spec);
    const answer = await repeatWhile(isNotYet, pace, () => ec2.call('RunInstances', input, signal));
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
  const wait = { timeoutMs, intervalMs, signal, what: 'the instance to appear' };
  return waitFor(wait, (deadline) => region.lookByMachine(id, deadline)).catch((error: unknown) => {
    signal.throwIfAborted();
    if (error instanceof SwarmupError && error.code === 'TIMEOUT') return undefined;
    throw error;
  });
}

/**
 * EC2 has clearly refused: no instance was launched, or it has ended. The refusal of another call, for example to
 * describe the instance, does not count.
 */
const isRefusal = (error: unknown): boolean =>
  error instanceof InstanceEnded ||
  (error instanceof Ec2Failure && error.action === 'RunInstances' && !isAmbiguous(error) && !mayAskAgain(error));

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
    `instance ${error.instance.InstanceId ?? ''} of ${name} ended before it was running: ${error.message}`,
    { host: name, hints: [reasonHint(error.reason)], cause: error },
  );
}

function reasonHint(reason: string): string {
  if (reason === 'Client.VolumeLimitExceeded')
    return 'the quota for storage of this volume type is used up: remove volumes, or request a higher quota (Service Quotas, Amazon EBS)';
  // Source: EC2 user guide, "Instance terminates immediately".
  if (reason === 'Client.InternalError')
    return 'usually the cause is that you may not use the key of the encrypted disk: see --aws-volume-kms-key or --no-aws-volume-encrypted';
  return 'run the same command to try again';
}

function noCapacity({ name }: HostIdentity, refusals: readonly string[]): SwarmupError {
  return new SwarmupError('AWS_CAPACITY', `AWS has no capacity for ${name}: ${refusals.join('; ')}`, {
    host: name,
    retryable: true,
    hints: [
      'allow more instance types: --aws-instance-type t3.small,t3a.small,t2.small',
      'or allow other zones (--aws-zone) or another region (--aws-region)',
      'or try again later',
    ],
  });
}
