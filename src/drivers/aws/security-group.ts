import type { SecurityGroup, SecurityGroupRule } from '@aws-sdk/client-ec2';
import { waitFor } from '../../lib/abort.js';
import { messageOf, SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { HostIdentity } from '../driver.js';
import type { AwsRegion } from './aws-region.js';
import { listInstances } from './aws-region.js';
import { clusterOf, tagList, tagOf, tags } from './aws-state.js';
import { classOf, isCode } from './ec2-failure.js';
import { repeatWhile } from './repeat-call.js';
import { isThere, permissionOf, type WantedRule } from './group-rules.js';

interface GroupSpec {
  readonly vpc: string;
  readonly rules: readonly WantedRule[];
  readonly tags: Readonly<Record<string, string>>;
}

type Host = Pick<HostIdentity, 'id' | 'swarm' | 'owner'>;

/**
 * The group name of a swarm, or of a single host. Another swarm with the same name in the VPC would use the same group.
 */
export const groupName = (host: Pick<HostIdentity, 'id' | 'swarm'>): string =>
  host.swarm === null ? `swarmup-host-${host.id.slice(0, 8)}` : `swarmup-${host.swarm}`;

/**
 * The id of the security group of a host's swarm in this VPC, made when missing, with all the rules. Rules that are
 * there stay. Errors: AWS_GROUP_TAKEN (exit 3) when a group that is not swarmup's has its name.
 */
export async function ensureGroup(
  region: AwsRegion,
  host: Host,
  spec: GroupSpec,
  signal: AbortSignal,
): Promise<string> {
  const found = await findGroup(region, host, spec.vpc, signal);
  const id = found ?? (await makeGroup(region, host, spec, signal));
  const rules = { ...spec, tags: { ...spec.tags, [tags.cluster]: clusterOf(host), [tags.owner]: host.owner } };
  await addRules(region, id, rules, found === undefined, signal);
  return id;
}

/** undefined: no group has our tag. */
async function findGroup(
  { ec2 }: AwsRegion,
  host: Pick<HostIdentity, 'id' | 'swarm'>,
  vpc: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const Filters = [
    { Name: `tag:${tags.cluster}`, Values: [clusterOf(host)] },
    { Name: 'vpc-id', Values: [vpc] },
  ];
  const { SecurityGroups = [] } = await ec2.call('DescribeSecurityGroups', { Filters }, signal);
  return SecurityGroups.find((group) => group.GroupName === groupName(host))?.GroupId;
}

async function makeGroup(region: AwsRegion, host: Host, spec: GroupSpec, signal: AbortSignal): Promise<string> {
  const { ec2 } = region;
  const name = groupName(host);
  const own = { ...spec.tags, Name: name, [tags.cluster]: clusterOf(host), [tags.owner]: host.owner };
  try {
    const { GroupId } = await ec2.call(
      'CreateSecurityGroup',
      {
        GroupName: name,
        Description: host.swarm === null ? 'swarmup: a single host' : `swarmup: swarm ${host.swarm}`,
        VpcId: spec.vpc,
        TagSpecifications: [{ ResourceType: 'security-group', Tags: tagList(own) }],
      },
      signal,
    );
    if (GroupId !== undefined) return GroupId;
    throw new Error('EC2 made a security group without an id');
  } catch (error) {
    if (!isCode(error, 'InvalidGroup.Duplicate')) throw error;
    return adopt(region, host, spec.vpc, signal);
  }
}

/**
 * The name is taken: by another process of ours, by this process if the answer was lost, or by a group that swarmup did
 * not make.
 */
async function adopt(region: AwsRegion, host: Host, vpc: string, signal: AbortSignal): Promise<string> {
  const name = groupName(host);
  const Filters = [
    { Name: 'group-name', Values: [name] },
    { Name: 'vpc-id', Values: [vpc] },
  ];
  const wait = { timeoutMs: region.timing.visibleMs, signal, what: `the security group ${name} to appear` };
  const group = await waitFor<SecurityGroup>({ ...wait, intervalMs: region.timing.pollMs }, async (deadline) => {
    const { SecurityGroups = [] } = await region.ec2.call('DescribeSecurityGroups', { Filters }, deadline);
    return SecurityGroups[0];
  });
  if (tagOf(group, tags.cluster) === clusterOf(host) && group.GroupId !== undefined) return group.GroupId;
  throw new SwarmupError(
    'AWS_GROUP_TAKEN',
    `a security group named ${name} exists in ${vpc}, but swarmup did not make it`,
    {
      exitCode: exitCodes.preflight,
      hints: [
        'choose another name for the swarm (--swarm NAME)',
        `or remove the security group: aws ec2 delete-security-group --group-id ${group.GroupId ?? ''}`,
      ],
    },
  );
}

/** The number of times that another process may add the same rules at the same time. */
const maxRaces = 3;

/**
 * Adds the missing rules. The call is all or nothing: one existing rule makes the whole call fail. `isNew`: the group
 * has no rules yet.
 */
export async function addRules(
  region: AwsRegion,
  group: string,
  { rules, tags: own }: Pick<GroupSpec, 'rules' | 'tags'>,
  isNew: boolean,
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
    const missing = isNew && race === 0 ? rules : await missingRules(region, group, rules, signal);
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
  const filters = [
    { Name: `tag:${tags.cluster}`, Values: [tagOf(group, tags.cluster) ?? ''] },
    { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] },
  ];
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
