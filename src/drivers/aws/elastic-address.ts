import type { Address, Instance } from '@aws-sdk/client-ec2';
import type { AwsRegion } from './aws-region.js';
import { tagList, tags } from './aws-state.js';
import type { Ec2 } from './ec2-client.js';
import { classOf } from './ec2-failure.js';
import { repeatWhile } from './repeat-call.js';

/**
 * Gives a running instance its own elastic address. EC2 has no client token for them: a lost answer would leave a
 * second address, so addresses with our tag are searched before and after, and surplus ones are released. Returns the
 * address.
 */
export async function ensureElasticAddress(
  region: AwsRegion,
  instance: Instance,
  hostTags: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { ec2, timing } = region;
  const machine = hostTags[tags.machineId] ?? '';
  let owned = await addressesOf(ec2, [machine], signal);
  if (owned.length === 0) {
    const TagSpecifications = [{ ResourceType: 'elastic-ip' as const, Tags: tagList(hostTags) }];
    const made = await ec2.call('AllocateAddress', { Domain: 'vpc', TagSpecifications }, signal);
    owned = [made, ...(await addressesOf(ec2, [machine], signal)).filter((a) => a.AllocationId !== made.AllocationId)];
  }
  const kept = owned.find(({ InstanceId }) => InstanceId === instance.InstanceId) ?? owned[0];
  for (const extra of owned) if (extra !== kept) await release(region, extra, signal);
  if (kept?.AllocationId === undefined || kept.InstanceId === instance.InstanceId) return kept?.PublicIp;
  const input = { AllocationId: kept.AllocationId, InstanceId: instance.InstanceId, AllowReassociation: true };
  // An address that was just made may not be seen everywhere yet, nor may the instance be ready for it.
  const pace = { forMs: timing.visibleMs, everyMs: timing.pollMs, signal };
  const isNotYet = (error: unknown): boolean => classOf(error) === 'gone' || classOf(error) === 'busy';
  await repeatWhile(isNotYet, pace, () => ec2.call('AssociateAddress', input, signal));
  return kept.PublicIp;
}

/** The objects that remain when the instances of hosts have ended: addresses, and volumes that the image keeps. */
export async function removeRemains(
  region: AwsRegion,
  machines: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { ec2 } = region;
  const Filters = [machineFilter(machines), { Name: 'status', Values: ['available'] }];
  const [addresses, { Volumes = [] }] = await Promise.all([
    addressesOf(ec2, machines, signal),
    ec2.call('DescribeVolumes', { Filters }, signal),
  ]);
  for (const address of addresses) await release(region, address, signal);
  for (const { VolumeId } of Volumes)
    await ec2.call('DeleteVolume', { VolumeId }, signal).catch((error: unknown) => {
      if (classOf(error) !== 'gone') throw error;
    });
}

async function addressesOf(ec2: Ec2, machines: readonly string[], signal: AbortSignal): Promise<readonly Address[]> {
  return (await ec2.call('DescribeAddresses', { Filters: [machineFilter(machines)] }, signal)).Addresses ?? [];
}

const machineFilter = (machines: readonly string[]): { Name: string; Values: string[] } => ({
  Name: `tag:${tags.machineId}`,
  Values: [...machines],
});

/** The instance that had it may hold it for a moment longer. */
async function release({ ec2, timing }: AwsRegion, address: Address, signal: AbortSignal): Promise<void> {
  const { AllocationId, AssociationId } = address;
  const isGone = (error: unknown): void => {
    if (classOf(error) !== 'gone') throw error;
  };
  if (AssociationId !== undefined && AssociationId !== '')
    await ec2.call('DisassociateAddress', { AssociationId }, signal).catch(isGone);
  const pace = { forMs: timing.busyMs, everyMs: timing.pollMs, signal };
  const isBusy = (error: unknown): boolean => classOf(error) === 'busy';
  await repeatWhile(isBusy, pace, () => ec2.call('ReleaseAddress', { AllocationId }, signal)).catch(isGone);
}
