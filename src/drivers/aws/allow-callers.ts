import type { SecurityGroup, SecurityGroupRule } from '@aws-sdk/client-ec2';
import type { AwsRegion } from './aws-region.js';
import { tagOf, tags } from './aws-state.js';
import { classOf } from './ec2-failure.js';
import { callerRules, callerRulesIn, isThere, sshPortIn } from './group-rules.js';
import { addRules, rulesOf } from './security-group.js';

/** The result for the security group of a cluster. */
export interface AllowedGroup {
  readonly region: string;
  readonly group: string;
  /** A swarm, or a host in none. */
  readonly cluster: string;
  /** `22 from 203.0.113.5/32` */
  readonly opened: readonly string[];
  readonly closed: readonly string[];
}

interface AllowRequest {
  /** That may reach ssh and the engines. */
  readonly networks: readonly string[];
  /** Other networks that swarmup let in may not any more. */
  readonly revokeOld: boolean;
  readonly dryRun: boolean;
}

/** Lets networks reach the hosts of clusters. Rules that swarmup did not make stay as they are. Errors: Ec2Failure. */
export async function allowCallers(
  region: AwsRegion,
  clusters: readonly string[],
  request: AllowRequest,
  signal: AbortSignal,
): Promise<readonly AllowedGroup[]> {
  const Filters = [{ Name: `tag:${tags.cluster}`, Values: [...clusters] }];
  const { SecurityGroups = [] } = await region.ec2.call('DescribeSecurityGroups', { Filters }, signal);
  return Promise.all(SecurityGroups.map((group) => allowInGroup(region, group, request, signal)));
}

async function allowInGroup(
  region: AwsRegion,
  { GroupId: group = '', ...found }: SecurityGroup,
  { networks, revokeOld, dryRun }: AllowRequest,
  signal: AbortSignal,
): Promise<AllowedGroup> {
  const existing = await rulesOf(region, group, signal);
  const own = callerRulesIn(existing);
  const wanted = networks.flatMap((cidr) => callerRules(sshPortIn(own), cidr));
  const missing = wanted.filter((rule) => !isThere(rule, group, existing));
  const old = revokeOld ? own.filter((rule) => !networks.includes(sourceOf(rule))) : [];
  if (!dryRun) {
    const { Tags = [] } = found;
    const kept = Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value]));
    if (missing.length > 0) await addRules(region, group, { rules: missing, tags: kept }, false, signal);
    // Last: a client that is cut off in between can still log in.
    await Promise.all(old.map((rule) => revoke(region, group, rule, signal)));
  }
  return {
    region: region.access.region,
    group,
    cluster: tagOf(found, tags.cluster) ?? '',
    opened: missing.map(({ from, cidr = '' }) => `${from} from ${cidr}`),
    closed: old.map((rule) => `${String(rule.FromPort)} from ${sourceOf(rule)}`),
  };
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
