import type { Subnet } from '@aws-sdk/client-ec2';
import { SwarmupError, usageError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { AwsOptions } from './aws-options.js';
import type { Ec2 } from './ec2-client.js';
import { findImages, type HostImage } from './find-image.js';
import { findRoutes, type HostSubnet, reachable, whyUnreachable } from './reachable-subnets.js';

export interface HostType {
  readonly name: string;
  readonly image: HostImage;
  /** t3, t4g …: charged for bursts by default. */
  readonly burstable: boolean;
  readonly zones: ReadonlySet<string>;
}

/** Where hosts can be made with the given options, and of what. Found by reading only. */
export interface Place {
  readonly vpc: string;
  /** By zone, in their order. */
  readonly subnets: readonly HostSubnet[];
  /** In the order in which they are tried. */
  readonly types: readonly HostType[];
  /** Ids of the user's own security groups. */
  readonly groups: readonly string[];
}

/**
 * Errors: AWS_NO_DEFAULT_VPC, AWS_NO_SUBNET, AWS_NOT_PUBLIC, AWS_IMAGE_UNKNOWN (exit 3), OPTION_INVALID (exit 2),
 * Ec2Failure.
 */
export async function findPlace(ec2: Ec2, options: AwsOptions, signal: AbortSignal): Promise<Place> {
  const [types, { vpc, subnets }] = await Promise.all([
    findTypes(ec2, options, signal),
    findSubnets(ec2, options, signal),
  ]);
  const groups = await findGroups(ec2, vpc, options.securityGroups, signal);
  const usable = subnets.filter(({ zone }) => types.some(({ zones }) => zones.has(zone)));
  if (usable.length === 0)
    throw new SwarmupError(
      'AWS_NO_SUBNET',
      `${options.instanceTypes.join(', ')} is not offered in ${subnets.map(({ zone }) => zone).join(', ')}`,
      {
        exitCode: exitCodes.preflight,
        hints: ['choose other zones: --aws-zone', 'choose other instance types: --aws-instance-type'],
      },
    );
  return { vpc, subnets: usable, types, groups };
}

async function findTypes(ec2: Ec2, options: AwsOptions, signal: AbortSignal): Promise<readonly HostType[]> {
  const names = [...new Set(options.instanceTypes)];
  const [described, offered] = await Promise.all([
    ec2.call('DescribeInstanceTypes', { InstanceTypes: names as never[] }, signal),
    ec2.call(
      'DescribeInstanceTypeOfferings',
      { LocationType: 'availability-zone', Filters: [{ Name: 'instance-type', Values: names }] },
      signal,
    ),
  ]);
  const types = names.map((name) => {
    const found = described.InstanceTypes?.find(({ InstanceType }) => InstanceType === name);
    const architecture = found?.ProcessorInfo?.SupportedArchitectures?.find((a) => a === 'x86_64' || a === 'arm64');
    if (architecture === undefined)
      throw usageError('OPTION_INVALID', `--aws-instance-type: there is no instance type '${name}' in ${ec2.region}`);
    return { name, architecture, burstable: found?.BurstablePerformanceSupported ?? false };
  });
  const architectures = [...new Set(types.map(({ architecture }) => architecture))];
  const images = await findImages(ec2, options.ami, architectures, signal);
  return types.flatMap(({ name, architecture, burstable }) => {
    const image = images.get(architecture);
    const offers = (offered.InstanceTypeOfferings ?? []).filter(({ InstanceType }) => InstanceType === name);
    const zones = new Set(offers.flatMap(({ Location }) => Location ?? []));
    return image === undefined ? [] : [{ name, image, burstable, zones }];
  });
}

interface Network {
  readonly vpc: string;
  readonly subnets: readonly HostSubnet[];
}

async function findSubnets(ec2: Ec2, options: AwsOptions, signal: AbortSignal): Promise<Network> {
  if (options.subnets.length > 0) {
    const { Subnets = [] } = await ec2.call('DescribeSubnets', { SubnetIds: [...options.subnets] }, signal);
    const vpcs = [...new Set(Subnets.flatMap(({ VpcId }) => VpcId ?? []))];
    const [vpc] = vpcs;
    if (vpc === undefined || vpcs.length > 1 || (options.vpc !== undefined && options.vpc !== vpc))
      throw usageError('OPTION_INVALID', `--aws-subnet-id: the subnets are not in one VPC (${vpcs.join(', ')})`);
    return { vpc, subnets: await usable(ec2, { ...options, vpc }, Subnets, signal) };
  }
  const vpc = options.vpc ?? (await defaultVpc(ec2, signal));
  const filters = [
    { Name: 'vpc-id', Values: [vpc] },
    { Name: 'state', Values: ['available'] },
  ];
  const { Subnets = [] } = await ec2.call('DescribeSubnets', { Filters: filters }, signal);
  return { vpc, subnets: await usable(ec2, { ...options, vpc }, Subnets, signal) };
}

/** Those in the wanted zones that hosts can be reached in: all that were named, else the best of each zone. */
async function usable(
  ec2: Ec2,
  options: AwsOptions & { readonly vpc: string },
  found: readonly Subnet[],
  signal: AbortSignal,
): Promise<readonly HostSubnet[]> {
  const routes = await findRoutes(ec2, options.vpc, signal);
  const subnets = found.map((subnet) => hostSubnet(subnet, routes));
  const chosen = options.subnets.length > 0 ? subnets : onePerZone(found, subnets, options);
  return reachable(checked(ec2, options, chosen), options, options.subnets.length + options.zones.length > 0);
}

async function defaultVpc(ec2: Ec2, signal: AbortSignal): Promise<string> {
  const { Vpcs = [] } = await ec2.call('DescribeVpcs', { Filters: [{ Name: 'is-default', Values: ['true'] }] }, signal);
  const [found] = Vpcs;
  if (found?.VpcId !== undefined) return found.VpcId;
  throw noDefaultVpc(ec2.region);
}

export const noDefaultVpc = (region: string): SwarmupError =>
  new SwarmupError('AWS_NO_DEFAULT_VPC', `the account has no default VPC in ${region}`, {
    exitCode: exitCodes.preflight,
    hints: [
      'name a VPC: --aws-vpc-id vpc-…',
      'or name subnets: --aws-subnet-id subnet-…',
      'or make a default VPC: aws ec2 create-default-vpc',
    ],
  });

/**
 * The subnet in which hosts can be reached, before others; then the one that AWS made for the zone; then one with public
 * addresses where they are wanted. Local zones, which cost more and lack types, only where one is named.
 */
function onePerZone(
  found: readonly Subnet[],
  subnets: readonly HostSubnet[],
  options: AwsOptions,
): readonly HostSubnet[] {
  const wantsPublic = options.publicIp ?? options.reachedBy === 'public';
  const zones = new Map<string, { readonly subnet: HostSubnet; readonly rank: number }>();
  found.forEach(({ DefaultForAz, AvailableIpAddressCount = 1 }, index) => {
    const subnet = subnets[index];
    if (subnet === undefined || AvailableIpAddressCount === 0) return;
    if (isLocalZone(subnet.zone) && !options.zones.includes(subnet.zone)) return;
    const rank =
      (whyUnreachable(subnet, options) === undefined ? 4 : 0) +
      (DefaultForAz === true ? 2 : 0) +
      (subnet.isPublic === wantsPublic ? 1 : 0);
    if (rank > (zones.get(subnet.zone)?.rank ?? -1)) zones.set(subnet.zone, { subnet, rank });
  });
  return [...zones.values()].map(({ subnet }) => subnet);
}

/** `us-east-1a` is a zone of the region; `us-west-2-lax-1a` and `us-east-1-wl1-bos-wlz-1` are elsewhere. */
const isLocalZone = (zone: string): boolean => !/^[a-z]+(?:-[a-z]+)+-\d+[a-z]$/.test(zone);

function hostSubnet(
  { SubnetId = '', AvailabilityZone = '', MapPublicIpOnLaunch = false }: Subnet,
  isRouted: (subnet: string) => boolean | undefined,
): HostSubnet {
  return { id: SubnetId, zone: AvailabilityZone, isPublic: MapPublicIpOnLaunch, isRouted: isRouted(SubnetId) };
}

function checked(
  { region }: Ec2,
  { vpc = '', zones }: AwsOptions,
  subnets: readonly HostSubnet[],
): readonly HostSubnet[] {
  const names = zones.map((zone) => (zone.length === 1 ? region + zone : zone));
  const found = subnets.filter(({ zone }) => names.length === 0 || names.includes(zone));
  if (found.length > 0) return [...found].sort((a, b) => (a.zone < b.zone ? -1 : 1));
  throw new SwarmupError(
    'AWS_NO_SUBNET',
    subnets.length === 0
      ? `there is no subnet with free addresses in ${vpc}`
      : `there is no subnet in ${names.join(', ')}; there are some in ${subnets.map(({ zone }) => zone).join(', ')}`,
    { exitCode: exitCodes.preflight, hints: ['name subnets: --aws-subnet-id subnet-…', 'or name zones: --aws-zone a'] },
  );
}

/** Names and ids, as the user likes; nothing was written yet when one of them is wrong. */
async function findGroups(
  ec2: Ec2,
  vpc: string,
  wanted: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (wanted.length === 0) return [];
  const { SecurityGroups = [] } = await ec2.call(
    'DescribeSecurityGroups',
    { Filters: [{ Name: 'vpc-id', Values: [vpc] }] },
    signal,
  );
  return wanted.map((name) => {
    const found = SecurityGroups.find(({ GroupId, GroupName }) => GroupId === name || GroupName === name)?.GroupId;
    if (found !== undefined) return found;
    throw usageError('OPTION_INVALID', `--aws-security-group: there is no security group '${name}' in ${vpc}`);
  });
}
