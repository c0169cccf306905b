import type { RouteTable } from '@aws-sdk/client-ec2';
import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { AwsOptions } from './aws-options.js';
import type { Ec2 } from './ec2-client.js';
import { classOf, isCode } from './ec2-failure.js';

/** A subnet that hosts may go into. */
export interface HostSubnet {
  readonly id: string;
  readonly zone: string;
  /** Hosts in the subnet have a public address by default. */
  readonly isPublic: boolean;
  /** Its routes lead to an internet gateway; undefined: EC2 does not let us look. */
  readonly isRouted: boolean | undefined;
}

/**
 * Whether the routes of a subnet of this VPC lead to an internet gateway; undefined for all of them where EC2 does not
 * let us look. A subnet without a route table of its own has the main one. Source: VPC user guide, "Route tables".
 */
export async function findRoutes(
  ec2: Ec2,
  vpc: string,
  signal: AbortSignal,
): Promise<(subnet: string) => boolean | undefined> {
  const tables = await routeTables(ec2, vpc, signal);
  if (tables === undefined) return () => undefined;
  const main = tables.find(({ Associations = [] }) => Associations.some((one) => one.Main === true));
  return (subnet) => {
    const own = tables.find(({ Associations = [] }) => Associations.some((one) => one.SubnetId === subnet));
    return leadsOut(own ?? main);
  };
}

/** Policies of an older swarmup do not allow it, and some implementations do not know it. */
async function routeTables(ec2: Ec2, vpc: string, signal: AbortSignal): Promise<readonly RouteTable[] | undefined> {
  try {
    const Filters = [{ Name: 'vpc-id', Values: [vpc] }];
    return (await ec2.call('DescribeRouteTables', { Filters }, signal)).RouteTables ?? [];
  } catch (error) {
    if (classOf(error) === 'permission' || isCode(error, 'InvalidAction')) return undefined;
    throw error;
  }
}

const leadsOut = (table: RouteTable | undefined): boolean =>
  (table?.Routes ?? []).some(
    ({ GatewayId, State, DestinationCidrBlock, DestinationIpv6CidrBlock }) =>
      GatewayId?.startsWith('igw-') === true &&
      State !== 'blackhole' &&
      (DestinationCidrBlock === '0.0.0.0/0' || DestinationIpv6CidrBlock === '::/0'),
  );

type Reach = Pick<AwsOptions, 'reachedBy' | 'publicIp' | 'elasticIp'>;

/** Why hosts in a subnet could not be reached by their public addresses; undefined: they can, or that is not wanted. */
export function whyUnreachable({ isPublic, isRouted }: HostSubnet, options: Reach): string | undefined {
  if (options.reachedBy !== 'public') return undefined;
  if (isRouted === false) return 'has no route to an internet gateway';
  return (options.publicIp ?? isPublic) || options.elasticIp ? undefined : 'gives its hosts no public address';
}

/**
 * The subnets in which hosts can be reached. Errors: AWS_NOT_PUBLIC (exit 3) where there is none, and for each that
 * cannot be left out because the user chose it (`isChosen`).
 */
export function reachable(subnets: readonly HostSubnet[], options: Reach, isChosen: boolean): readonly HostSubnet[] {
  const good = subnets.filter((subnet) => whyUnreachable(subnet, options) === undefined);
  if (good.length === subnets.length || (good.length > 0 && !isChosen)) return good;
  const refused = subnets.flatMap((subnet) => {
    const why = whyUnreachable(subnet, options);
    return why === undefined ? [] : [`${subnet.id} (${subnet.zone}) ${why}`];
  });
  const lacksAddress = subnets.every(({ isRouted }) => isRouted !== false);
  throw new SwarmupError(
    'AWS_NOT_PUBLIC',
    `the hosts are to be reached by public addresses, but ${refused.join(', ')}`,
    {
      exitCode: exitCodes.preflight,
      hints: [
        ...(lacksAddress ? ['give the hosts public addresses: --aws-public-ip yes, or --aws-elastic-ip'] : []),
        'reach them by their private addresses, for example over a VPN: --aws-address private',
        'or name other subnets: --aws-subnet-id subnet-…',
      ],
    },
  );
}
