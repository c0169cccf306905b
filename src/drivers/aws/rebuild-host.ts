import type { Instance } from '@aws-sdk/client-ec2';
import { SwarmupError } from '../../lib/errors.js';
import type { DriverContext, MadeThing, OptionValues, RebuiltHost } from '../driver.js';
import { awsOptions } from './aws-options.js';
import { isAlive } from './aws-region.js';
import type { AwsSite } from './aws-site.js';
import { type AwsAccess, type AwsState, groupName, type Launch, tagOf, tags } from './aws-state.js';
import { isCode } from './ec2-failure.js';
import { userOf } from './find-image.js';

/**
 * The state of an instance with our tags. No tag has the user, the port and the type of address for SSH: they are as in
 * the options; without an option, the user is that of the image. Errors: HOST_ABSENT.
 */
export async function rebuildHost(
  open: (access: Partial<AwsAccess>) => Promise<AwsSite>,
  context: DriverContext,
  machine: string,
  things: readonly MadeThing[],
): Promise<RebuiltHost<AwsState>> {
  const { signal } = context;
  const host = things.find(({ isHost }) => isHost);
  const site = host && (await open(JSON.parse(host.place) as AwsAccess));
  const instance = host && (await site?.look(host.name, signal));
  const cluster = instance && tagOf(instance, tags.cluster);
  if (instance === undefined || cluster === undefined || site === undefined || !isAlive(instance))
    throw new SwarmupError('HOST_ABSENT', `no instance has the tag ${tags.machineId}=${machine}`);
  const { InstanceId, KeyName = '' } = instance;
  const launch = await launchOf(site, context, instance);
  const state: AwsState = {
    ...site.access,
    machine,
    cluster,
    // The next launch must not have the token of one that was.
    attempts: Number(/-(\d+)$/.exec(launch.token)?.[1] ?? 0),
    launch,
    ...(InstanceId !== undefined && { instance: InstanceId }),
    ...(KeyName.startsWith(`${groupName(cluster)}-`) && { keyPair: KeyName }),
  };
  return { state, options: optionsOf(context.options, state) };
}

/** The launch as far as the instance shows it; it is never repeated. */
async function launchOf(site: AwsSite, { options, signal }: DriverContext, instance: Instance): Promise<Launch> {
  const { sshUser, sshPort, reachedBy } = awsOptions(options);
  const group = groupName(text(tagOf(instance, tags.cluster)));
  const [user, isPublic] = await Promise.all([
    sshUser ?? imageUser(site, text(instance.ImageId), signal),
    isPublicHost(site, instance, signal),
  ]);
  return {
    token: text(instance.ClientToken),
    type: text(instance.InstanceType),
    burstable: false,
    subnet: text(instance.SubnetId),
    zone: text(instance.Placement?.AvailabilityZone),
    image: text(instance.ImageId),
    rootDevice: text(instance.RootDeviceName),
    sizeGiB: 0,
    spot: instance.InstanceLifecycle === 'spot',
    group: text(instance.SecurityGroups?.find(({ GroupName }) => GroupName === group)?.GroupId),
    ssh: { user, port: sshPort, by: reachedBy },
    isPublic,
    at: (instance.LaunchTime ?? new Date(0)).toISOString(),
  };
}

const text = (value: string | undefined): string => value ?? '';

/** Of an image that may be withdrawn in the meantime. */
async function imageUser({ ec2 }: AwsSite, id: string, signal: AbortSignal): Promise<string> {
  try {
    const { Images = [] } = await ec2.call('DescribeImages', { ImageIds: [id] }, signal);
    return userOf(Images[0] ?? {});
  } catch (error) {
    if (!isCode(error, 'InvalidAMIID.NotFound') && !isCode(error, 'InvalidAMIID.Unavailable')) throw error;
    return userOf({});
  }
}

/** An instance that does not run has no address: then its subnet decides. */
async function isPublicHost({ ec2 }: AwsSite, instance: Instance, signal: AbortSignal): Promise<boolean> {
  const { State, PublicIpAddress, SubnetId = '' } = instance;
  if (State?.Name === 'running') return PublicIpAddress !== undefined;
  const { Subnets = [] } = await ec2.call('DescribeSubnets', { SubnetIds: [SubnetId] }, signal);
  return Subnets[0]?.MapPublicIpOnLaunch ?? false;
}

/** Where they are other than usual. */
function optionsOf(usual: OptionValues, { region, profile, endpoint, launch }: AwsState): OptionValues {
  const own: OptionValues = {
    region,
    ...(profile !== undefined && { profile }),
    ...(endpoint !== undefined && { 'endpoint-url': endpoint }),
    ...(launch !== undefined && { 'instance-type': [launch.type] }),
    ...(launch?.spot === true && { spot: true }),
  };
  return Object.fromEntries(
    Object.entries(own).filter(([name, value]) => JSON.stringify(usual[name]) !== JSON.stringify(value)),
  );
}
