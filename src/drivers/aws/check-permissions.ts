import type { Address, Instance } from '@aws-sdk/client-ec2';
import type { AwsOptions } from './aws-options.js';
import { isAlive, listInstances } from './aws-region.js';
import type { AwsSite } from './aws-site.js';
import { tags } from './aws-state.js';
import { dryCreations } from './check-aws.js';
import { classOf, Ec2Failure, isCode } from './ec2-failure.js';
import { changingActions, readActions } from './policy.js';

/** Whether an action is allowed; null: this store has made no object to test it on. */
export interface Permission {
  readonly action: string;
  readonly allowed: boolean | null;
  /** What EC2 said, when it is not a plain yes. */
  readonly detail: string;
}

/**
 * Asks EC2 with DryRun for every action that the driver uses: actions that make hosts with the exact parameters,
 * actions that change or end them on objects that this owner made, if there are any. Nothing is changed.
 */
export async function checkPermissions(
  site: AwsSite,
  options: AwsOptions,
  owner: string,
  signal: AbortSignal,
): Promise<readonly Permission[]> {
  const call = (action: string, input: object): Promise<unknown> =>
    site.ec2.call(action as 'DescribeInstances', input, signal);
  const dry = (action: string, input: object = {}): Promise<Permission> =>
    permission(action, () => call(action, { ...input, DryRun: true }));
  const reads = await Promise.all(readActions.map((action) => dry(action)));
  const refused = reads.filter(({ allowed }) => allowed === false);
  // Without reading, what to make and what to change cannot be found out.
  if (refused.length > 0) return reads;
  const [place, targets] = await Promise.all([site.place(options, signal), ownTargets(site, owner, signal)]);
  const creations = await dryCreations(site, place, options, signal);
  const made = await Promise.all([
    ...creations.map(({ action, ask }) => permission(action, ask)),
    dry('AllocateAddress', { Domain: 'vpc' }),
    dry('ImportKeyPair', { KeyName: 'swarmup-check', PublicKeyMaterial: Buffer.from(exampleKey) }),
  ]);
  const changes = await Promise.all(
    changingActions.map((action) => {
      const input = targets[action];
      return input === undefined
        ? Promise.resolve({
            action: `ec2:${action}`,
            allowed: null,
            detail: 'there is no host to test this permission with',
          })
        : dry(action, input);
    }),
  );
  return [...reads, ...made, ...changes];
}

async function permission(action: string, ask: () => Promise<unknown>): Promise<Permission> {
  const name = `ec2:${action}`;
  try {
    await ask();
  } catch (error) {
    if (isCode(error, 'DryRunOperation')) return { action: name, allowed: true, detail: '' };
    if (!(error instanceof Ec2Failure) || classOf(error) === 'credentials' || classOf(error) === 'unreachable')
      throw error;
    if (classOf(error) === 'permission') return { action: name, allowed: false, detail: error.message };
    // It was let through to where its parameters are looked at.
    return { action: name, allowed: true, detail: `${error.message} (${error.code})` };
  }
  // Some implementations know no dry run of what only reads.
  return { action: name, allowed: true, detail: '' };
}

type Targets = Partial<Record<(typeof changingActions)[number], object>>;

const exampleKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE1vdGhlcm9mYWxsa2V5c2lzbm90YWtleWF0YWxs';

/** A rule that does not exist in any group. */
const closed = { IpProtocol: 'tcp', FromPort: 1, ToPort: 1, IpRanges: [{ CidrIp: '192.0.2.1/32' }] };

async function ownTargets({ ec2 }: AwsSite, owner: string, signal: AbortSignal): Promise<Targets> {
  const Filters = [
    { Name: 'tag-key', Values: [tags.cluster] },
    { Name: `tag:${tags.owner}`, Values: [owner] },
  ];
  const [instances, groups, addresses, volumes, keys] = await Promise.all([
    listInstances(ec2, Filters, signal),
    ec2.call('DescribeSecurityGroups', { Filters }, signal),
    ec2.call('DescribeAddresses', { Filters }, signal),
    ec2.call('DescribeVolumes', { Filters }, signal),
    ec2.call('DescribeKeyPairs', { Filters }, signal),
  ]);
  const id = instances.find((instance: Instance) => isAlive(instance))?.InstanceId;
  const group = groups.SecurityGroups?.[0]?.GroupId;
  const address = addresses.Addresses?.[0];
  const volume = volumes.Volumes?.[0]?.VolumeId;
  const key = keys.KeyPairs?.[0]?.KeyPairId;
  return {
    ...(id !== undefined && instanceTargets(id)),
    ...(group !== undefined && {
      AuthorizeSecurityGroupIngress: {
        GroupId: group,
        IpPermissions: [closed],
      },
      // Tested with the rule that it would remove, which does not exist.
      RevokeSecurityGroupIngress: { GroupId: group, IpPermissions: [closed] },
      DeleteSecurityGroup: { GroupId: group },
    }),
    ...(key !== undefined && { DeleteKeyPair: { KeyPairId: key } }),
    ...(volume !== undefined && { DeleteVolume: { VolumeId: volume } }),
    ...(address !== undefined && addressTargets(address, id)),
  };
}

function instanceTargets(id: string): Targets {
  const ids = { InstanceIds: [id] };
  return {
    StartInstances: ids,
    StopInstances: ids,
    TerminateInstances: ids,
    ModifyInstanceAttribute: { InstanceId: id, DisableApiTermination: { Value: false } },
  };
}

function addressTargets({ AllocationId, AssociationId }: Address, instance: string | undefined): Targets {
  return {
    ReleaseAddress: { AllocationId },
    ...(AssociationId !== undefined && { DisassociateAddress: { AssociationId } }),
    ...(instance !== undefined && { AssociateAddress: { AllocationId, InstanceId: instance } }),
  };
}
