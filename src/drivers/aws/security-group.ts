import type { SecurityGroup, SecurityGroupRule } from '@aws-sdk/client-ec2';
import { waitFor } from '../../lib/abort.js';
import { messageOf, SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { type AwsRegion, listInstances, liveStates } from './aws-region.js';
import { type Belonging, groupName, isSwarm, sharedTags, swarmOf, tagList, tagOf, tags } from './aws-state.js';
import { classOf, isCode } from './ec2-failure.js';
import { isThere, openingOf, permissionOf, type WantedRule } from './group-rules.js';
import { groupShared, hostsOfOthers } from './old-groups.js';
import { repeatWhile } from './repeat-call.js';

interface GroupSpec {
  readonly vpc: string;
  readonly rules: readonly WantedRule[];
  readonly tags: Readonly<Record<string, string>>;
  /** Ids of the machines on record here. */
  readonly machines: readonly string[];
}

/**
 * The id of the security group of a cluster in this VPC, made when missing, with all the rules. Rules that are there
 * stay. Errors: AWS_GROUP_TAKEN, AWS_GROUP_SHARED (exit 3).
 */
export async function ensureGroup(
  region: AwsRegion,
  belonging: Belonging,
  spec: GroupSpec,
  signal: AbortSignal,
): Promise<string> {
  const found = await checkGroup(region, belonging, spec, signal);
  const id = found?.id ?? (await makeGroup(region, belonging, spec, signal));
  const rules = { rules: spec.rules, tags: sharedTags(belonging, spec.tags), missing: found?.missing ?? spec.rules };
  await addRules(region, id, rules, signal);
  return id;
}

/**
 * The group of a cluster as it is, and the rules that it lacks. undefined: there is none, and its name is free. Makes
 * nothing. Errors: AWS_GROUP_TAKEN (exit 3) when a group of something else has its name, AWS_GROUP_SHARED (exit 3) when
 * a missing rule would open hosts of another owner.
 */
export async function checkGroup(
  region: AwsRegion,
  belonging: Belonging,
  { vpc, rules, machines }: Pick<GroupSpec, 'vpc' | 'rules' | 'machines'>,
  signal: AbortSignal,
): Promise<{ readonly id: string; readonly missing: readonly WantedRule[] } | undefined> {
  const { cluster } = belonging;
  const Filters = nameFilters(cluster, vpc);
  const { SecurityGroups = [] } = await region.ec2.call('DescribeSecurityGroups', { Filters }, signal);
  const [group] = SecurityGroups;
  if (group === undefined) return undefined;
  const id = ownId(group, cluster);
  const missing = await missingRules(region, id, rules, signal);
  const opened = missing.filter(({ cidr }) => cidr !== undefined);
  const others = opened.length === 0 ? [] : await hostsOfOthers(region, group, { ...belonging, machines }, signal);
  if (others.length > 0)
    throw groupShared(
      id,
      others,
      opened.map((rule) => `+ ${openingOf(rule)}`),
    );
  return { id, missing };
}

const nameFilters = (cluster: string, vpc: string): { Name: string; Values: string[] }[] => [
  { Name: 'group-name', Values: [groupName(cluster)] },
  { Name: 'vpc-id', Values: [vpc] },
];

async function makeGroup(
  region: AwsRegion,
  belonging: Belonging,
  spec: Pick<GroupSpec, 'vpc' | 'tags'>,
  signal: AbortSignal,
): Promise<string> {
  const { ec2 } = region;
  const { cluster } = belonging;
  const name = groupName(cluster);
  const own = tagList({ ...sharedTags(belonging, spec.tags), Name: name });
  try {
    const { GroupId } = await ec2.call(
      'CreateSecurityGroup',
      {
        GroupName: name,
        Description: isSwarm(cluster) ? `swarmup: swarm ${swarmOf(cluster)}` : 'swarmup: a single host',
        VpcId: spec.vpc,
        TagSpecifications: [{ ResourceType: 'security-group', Tags: own }],
      },
      signal,
    );
    if (GroupId !== undefined) return GroupId;
    throw new Error('EC2 made a security group without an id');
  } catch (error) {
    if (!isCode(error, 'InvalidGroup.Duplicate')) throw error;
    return adopt(region, cluster, spec.vpc, signal);
  }
}

/**
 * The name is taken: by another process of ours, by this process if the answer was lost, or by a group that is not that
 * of the cluster.
 */
async function adopt(region: AwsRegion, cluster: string, vpc: string, signal: AbortSignal): Promise<string> {
  const Filters = nameFilters(cluster, vpc);
  const wait = {
    timeoutMs: region.timing.visibleMs,
    signal,
    what: `the security group ${groupName(cluster)} to appear`,
  };
  const group = await waitFor<SecurityGroup>({ ...wait, intervalMs: region.timing.pollMs }, async (deadline) => {
    const { SecurityGroups = [] } = await region.ec2.call('DescribeSecurityGroups', { Filters }, deadline);
    return SecurityGroups[0];
  });
  return ownId(group, cluster);
}

function ownId(group: SecurityGroup, cluster: string): string {
  const { GroupId: id = '', GroupName: name = '', VpcId: vpc = '' } = group;
  if (tagOf(group, tags.cluster) === cluster) return id;
  throw new SwarmupError(
    'AWS_GROUP_TAKEN',
    `a security group named ${name} exists in ${vpc}, but swarmup did not make it for this swarm`,
    {
      exitCode: exitCodes.preflight,
      hints: [
        'choose another name for the swarm (--swarm NAME)',
        `or remove the security group: aws ec2 delete-security-group --group-id ${id}`,
      ],
    },
  );
}

/** The number of times that another process may add the same rules at the same time. */
const maxRaces = 3;

/** Adds the missing rules. The call is all or nothing: one existing rule makes the whole call fail. */
export async function addRules(
  region: AwsRegion,
  group: string,
  { rules, tags: own, missing: first }: Pick<GroupSpec, 'rules' | 'tags'> & { readonly missing: readonly WantedRule[] },
  signal: AbortSignal,
): Promise<void> {
  const { ec2, timing } = region;
  const authorize = (missing: readonly WantedRule[]): Promise<unknown> => {
    const input = {
      GroupId: group,
      IpPermissions: missing.map((rule) => permissionOf(rule, group)),
      TagSpecifications: [{ ResourceType: 'security-group-rule' as const, Tags: tagList({ ...own, Name: 'swarmup' }) }],
    };
    // A group that was just made may not be seen everywhere yet.
    const pace = { forMs: timing.visibleMs, everyMs: timing.pollMs, signal };
    const isNotYet = (error: unknown): boolean => classOf(error) === 'gone';
    return repeatWhile(isNotYet, pace, () => ec2.call('AuthorizeSecurityGroupIngress', input, signal));
  };
  for (let race = 0; ; race++) {
    const missing = race === 0 ? first : await missingRules(region, group, rules, signal);
    if (missing.length === 0) return;
    try {
      await authorize(missing);
      return;
    } catch (error) {
      if (!isCode(error, 'InvalidPermission.Duplicate') || race === maxRaces) throw error;
    }
  }
}

async function missingRules(
  region: AwsRegion,
  group: string,
  rules: readonly WantedRule[],
  signal: AbortSignal,
): Promise<readonly WantedRule[]> {
  const existing = await rulesOf(region, group, signal);
  return rules.filter((rule) => !isThere(rule, group, existing));
}

/** All rules of a group. */
export async function rulesOf(
  { ec2 }: AwsRegion,
  group: string,
  signal: AbortSignal,
): Promise<readonly SecurityGroupRule[]> {
  const Filters = [{ Name: 'group-id', Values: [group] }];
  return (await ec2.call('DescribeSecurityGroupRules', { Filters }, signal)).SecurityGroupRules ?? [];
}

/**
 * Removes the groups of clusters that no longer have instances; the network interface of an instance that has just
 * ended may hold its group for a while. A group that is in use stays. Errors: AWS_GROUP_IN_USE, with the objects that
 * use it.
 */
export async function removeUnusedGroups(
  region: AwsRegion,
  clusters: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const Filters = [{ Name: `tag:${tags.cluster}`, Values: [...clusters] }];
  const { SecurityGroups = [] } = await region.ec2.call('DescribeSecurityGroups', { Filters }, signal);
  await Promise.all(SecurityGroups.map((group) => removeUnusedGroup(region, group, signal)));
}

async function removeUnusedGroup(region: AwsRegion, group: SecurityGroup, signal: AbortSignal): Promise<void> {
  const { ec2, timing } = region;
  const { GroupId: id = '' } = group;
  const pace = { forMs: timing.busyMs, everyMs: timing.pollMs, signal };
  const isBusy = (error: unknown): boolean => classOf(error) === 'busy';
  try {
    await repeatWhile(isBusy, pace, async () => {
      if (!(await isUsed(region, group, signal))) await ec2.call('DeleteSecurityGroup', { GroupId: id }, signal);
    });
  } catch (error) {
    if (classOf(error) === 'gone') return;
    throw isBusy(error) ? await stillInUse(region, id, error, signal) : error;
  }
}

async function isUsed({ ec2 }: AwsRegion, group: SecurityGroup, signal: AbortSignal): Promise<boolean> {
  const filters = [{ Name: `tag:${tags.cluster}`, Values: [tagOf(group, tags.cluster) ?? ''] }, liveStates];
  return (await listInstances(ec2, filters, signal)).some(({ VpcId }) => (VpcId ?? group.VpcId) === group.VpcId);
}

async function stillInUse(region: AwsRegion, id: string, cause: unknown, signal: AbortSignal): Promise<SwarmupError> {
  const Filters = [{ Name: 'group-id', Values: [id] }];
  const { NetworkInterfaces = [] } = await region.ec2.call('DescribeNetworkInterfaces', { Filters }, signal);
  const users = NetworkInterfaces.map((eni) =>
    [eni.NetworkInterfaceId, eni.Attachment?.InstanceId ?? eni.Description].filter((text) => text).join(' of '),
  );
  return new SwarmupError(
    'AWS_GROUP_IN_USE',
    `the security group ${id} cannot be removed because it is in use: ${users.join(', ') || messageOf(cause)}`,
    { hints: ['run the same command to try again', `aws ec2 delete-security-group --group-id ${id}`], cause },
  );
}
