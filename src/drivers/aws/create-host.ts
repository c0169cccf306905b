import type { Instance } from '@aws-sdk/client-ec2';
import { SwarmupError } from '../../lib/errors.js';
import type { CreateContext, HostDescription, HostIdentity } from '../driver.js';
import { awaitInstance } from './await-instance.js';
import { awsOptions, ownUserData } from './aws-options.js';
import { isAlive } from './aws-region.js';
import type { AwsSite } from './aws-site.js';
import { type AwsState, clusterAmong, hostTags, unlaunched } from './aws-state.js';
import { describeHost } from './describe-host.js';
import { ensureElasticAddress } from './elastic-address.js';
import { keyPairName, ownPublicKey } from './key-pair.js';
import { launchHost, type LaunchJob } from './launch-host.js';
import { startInstance } from './power-host.js';
import { userData } from './user-data.js';

/**
 * Makes a host, or adopts the instance that carries its tag. Nothing is made before it is on record.
 * Errors: those of the place, the group and the launch; AWS_SPOT_MANAGER (exit 2).
 */
export async function createHost(
  site: AwsSite,
  context: CreateContext<AwsState>,
  host: HostIdentity,
  known: AwsState | undefined,
): Promise<HostDescription> {
  const options = awsOptions(context.options);
  if (options.spot && host.role === 'manager' && !options.force) throw spotManager([host.name]);
  const cluster = known?.cluster ?? clusterAmong(host, site.access, await context.peers());
  const state: AwsState = known ?? { ...site.access, machine: host.id, cluster, attempts: 0 };
  await context.save(state);
  context.signal.throwIfAborted();
  const running =
    (known && (await adopt(site, context, known))) ??
    (await launch(site, context, host, await afresh(site, context, host, state)));
  const elastic =
    options.elasticIp &&
    (await ensureElasticAddress(
      site,
      running.instance,
      hostTags(host, running.state.cluster, options.tags),
      context.signal,
    ));
  const instance = elastic ? { ...running.instance, PublicIpAddress: elastic } : running.instance;
  const description = describeHost(instance, running.state);
  if (description !== undefined) return description;
  throw new SwarmupError('AWS_LAUNCH_FAILED', `instance ${instance.InstanceId ?? ''} of ${host.name} has no address`);
}

interface Running {
  readonly instance: Instance;
  readonly state: AwsState;
}

/** What runs already, or can be started. undefined: nothing, as far as EC2 knows. */
async function adopt(site: AwsSite, context: CreateContext<AwsState>, state: AwsState): Promise<Running | undefined> {
  const { signal } = context;
  if (state.launch === undefined) return undefined;
  const found =
    state.instance === undefined
      ? await site.lookByMachine(state.machine, signal)
      : await site.look(state.instance, signal);
  const id = found?.InstanceId;
  if (found === undefined || id === undefined || !isAlive(found)) {
    const isYoung = Date.now() - Date.parse(state.launch.at) < site.timing.visibleMs;
    if (found !== undefined || state.instance === undefined || !isYoung) return undefined;
    // It was launched a moment ago and is not seen everywhere yet.
    const wanted = { state: 'running', publicIp: state.launch.isPublic } as const;
    return { instance: await awaitInstance(site, state.instance, wanted, signal), state };
  }
  const adopted = { ...state, instance: id };
  await context.save(adopted);
  return { instance: await startInstance(site, found, adopted, signal), state: adopted };
}

/**
 * An instance that has ended is history: its journal would only repeat it, and the host may have joined another swarm
 * since then.
 */
async function afresh(
  site: AwsSite,
  context: CreateContext<AwsState>,
  host: HostIdentity,
  state: AwsState,
): Promise<AwsState> {
  if (state.instance === undefined) return state;
  const cluster = clusterAmong(host, site.access, await context.peers());
  const { keyPair, ...rest } = unlaunched(state);
  if (cluster === state.cluster) return unlaunched(state);
  const moved = { ...rest, cluster };
  await context.save(moved);
  const { signal } = context;
  // What fails to be removed here is an orphan, which `aws orphans` lists.
  await site.removeGroups(state.cluster, signal).catch(() => undefined);
  if (keyPair !== undefined) await site.removeKeyPair(keyPair, signal).catch(() => undefined);
  signal.throwIfAborted();
  return moved;
}

async function launch(
  site: AwsSite,
  context: CreateContext<AwsState>,
  host: HostIdentity,
  state: AwsState,
): Promise<Running> {
  const { signal } = context;
  const options = awsOptions(context.options);
  const [place, spread, own, key] = await Promise.all([
    site.place(options, signal),
    site.spread(state.cluster, signal),
    ownUserData(options),
    ownPublicKey(options),
  ]);
  const data = userData(host, own);
  const belonging = { cluster: state.cluster, owner: host.owner };
  return site.launching(state.cluster, signal, async () => {
    const begun = key === undefined ? state : { ...state, keyPair: state.keyPair ?? keyPairName(state.cluster, key) };
    if (key !== undefined) {
      await context.save(begun);
      await site.keyPair(belonging, { name: begun.keyPair ?? '', key, tags: options.tags }, signal);
    }
    const keyPair = begun.keyPair ?? options.keyPair;
    const job: LaunchJob = {
      region: site,
      context,
      host,
      spec: {
        options: { ...options, keyPair },
        groups: place.groups,
        tags: hostTags(host, state.cluster, options.tags),
        userData: data,
      },
      group: await site.group(belonging, options, context),
      rungs: spread.rungs(place, options, host.role),
      spread,
    };
    return launchHost(job, begun);
  });
}

export function spotManager(names: readonly string[]): SwarmupError {
  return new SwarmupError(
    'AWS_SPOT_MANAGER',
    `${names.join(', ')}: AWS may end a manager on a spot instance at any time, and the swarm then loses its quorum`,
    {
      exitCode: 2,
      hints: [
        'make managers first without --aws-spot, then make workers with --aws-spot',
        'or accept the risk with --force (in swarmup.yaml: force: true in the options of aws)',
      ],
    },
  );
}
