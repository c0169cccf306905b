import type { SecurityGroup, SecurityGroupRule } from '@aws-sdk/client-ec2';
import type { AwsRegion } from './aws-region.js';
import { nameOf, swarmIdOf, tagOf, tags } from './aws-state.js';
import { classOf } from './ec2-failure.js';
import { callerRules, callerRulesIn, isThere, openingOf, sshPortIn, type WantedRule } from './group-rules.js';
import { hostsOfOthers, type HostOfOther } from './old-groups.js';
import { addRules, rulesOf } from './security-group.js';

/** The result for the security group of a cluster. */
export interface AllowedGroup {
  readonly region: string;
  readonly group: string;
  /** Name of a swarm, or a host in none. */
  readonly cluster: string;
  readonly swarmId: string | null;
  /** `22 from 203.0.113.5/32` */
  readonly opened: readonly string[];
  readonly closed: readonly string[];
  /** Hosts of other owners whose rules these are, too. */
  readonly sharedWith: readonly HostOfOther[];
}

interface AllowRequest {
  readonly clusters: readonly string[];
  /** That may reach ssh and the engines. */
  readonly networks: readonly string[];
  /** Other networks that swarmup let in may not any more. */
  readonly revokeOld: boolean;
  readonly owner: string;
  /** Ids of the machines on record here. */
  readonly machines: readonly string[];
}

/** What would change in a group, and the change itself. */
interface PlannedGroup {
  readonly result: AllowedGroup;
  readonly apply: (signal: AbortSignal) => Promise<void>;
}

/**
 * Finds out what would let networks reach the hosts of clusters. Changes nothing. Rules that swarmup did not make stay
 * as they are. Errors: Ec2Failure.
 */
export async function planAllowing(
  region: AwsRegion,
  request: AllowRequest,
  signal: AbortSignal,
): Promise<readonly PlannedGroup[]> {
  const Filters = [{ Name: `tag:${tags.cluster}`, Values: [...request.clusters] }];
  const { SecurityGroups = [] } = await region.ec2.call('DescribeSecurityGroups', { Filters }, signal);
  return Promise.all(SecurityGroups.map((group) => planGroup(region, group, request, signal)));
}

async function planGroup(
  region: AwsRegion,
  found: SecurityGroup,
  request: AllowRequest,
  signal: AbortSignal,
): Promise<PlannedGroup> {
  const { GroupId: group = '' } = found;
  const { networks, revokeOld } = request;
  const cluster = tagOf(found, tags.cluster) ?? '';
  const existing = await rulesOf(region, group, signal);
  const own = callerRulesIn(existing);
  const wanted = networks.flatMap((cidr) => callerRules(sshPortIn(own), cidr));
  const missing = wanted.filter((rule) => !isThere(rule, group, existing));
  const old = revokeOld ? own.filter((rule) => !networks.includes(sourceOf(rule))) : [];
  const isChange = missing.length + old.length > 0;
  return {
    result: {
      region: region.access.region,
      group,
      cluster: nameOf(cluster),
      swarmId: swarmIdOf(cluster),
      opened: missing.map(openingOf),
      closed: old.map((rule) => `${String(rule.FromPort)} from ${sourceOf(rule)}`),
      sharedWith: isChange ? await hostsOfOthers(region, found, request, signal) : [],
    },
    apply: (applying) => change(region, found, { missing, old }, applying),
  };
}

interface RuleChange {
  readonly missing: readonly WantedRule[];
  readonly old: readonly SecurityGroupRule[];
}

async function change(
  region: AwsRegion,
  { GroupId: group = '', Tags = [] }: SecurityGroup,
  { missing, old }: RuleChange,
  signal: AbortSignal,
): Promise<void> {
  const kept = Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value]));
  await addRules(region, group, { rules: missing, tags: kept, missing }, signal);
  // Last: a client that is cut off in between can still log in.
  await Promise.all(old.map((rule) => revoke(region, group, rule, signal)));
}

const sourceOf = ({ CidrIpv4, CidrIpv6 }: SecurityGroupRule): string => CidrIpv4 ?? CidrIpv6 ?? '';

/** EC2 revokes what is not there without a word; others say that it is not. */
async function revoke(
  { ec2 }: AwsRegion,
  group: string,
  { SecurityGroupRuleId }: SecurityGroupRule,
  signal: AbortSignal,
): Promise<void> {
  const input = { GroupId: group, SecurityGroupRuleIds: [SecurityGroupRuleId ?? ''] };
  await ec2.call('RevokeSecurityGroupIngress', input, signal).catch((error: unknown) => {
    if (classOf(error) !== 'gone') throw error;
  });
}
