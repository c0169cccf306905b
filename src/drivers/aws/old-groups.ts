import type { SecurityGroup } from '@aws-sdk/client-ec2';
import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { swarmup } from '../../lib/typed-command.js';
import { type AwsRegion, listInstances, liveStates } from './aws-region.js';
import { swarmIdOf, tagOf, tags } from './aws-state.js';

/** A host of another store in a security group that an older swarmup shared among all swarms of one name. */
export interface HostOfOther {
  readonly host: string;
  readonly owner: string;
}

/** This store: the hosts on record here are its own, also if the store was moved, which changes its owner. */
interface Own {
  readonly owner: string;
  readonly machines: readonly string[];
}

/**
 * The hosts of other owners that a rule of this group concerns. Only groups of an older swarmup have any: others are
 * those of one swarm.
 */
export async function hostsOfOthers(
  { ec2 }: AwsRegion,
  group: SecurityGroup,
  { owner, machines }: Own,
  signal: AbortSignal,
): Promise<readonly HostOfOther[]> {
  const cluster = tagOf(group, tags.cluster);
  if (cluster === undefined || swarmIdOf(cluster) !== null) return [];
  const members = await listInstances(ec2, [{ Name: `tag:${tags.cluster}`, Values: [cluster] }, liveStates], signal);
  return members
    .filter(({ VpcId }) => (VpcId ?? group.VpcId) === group.VpcId)
    .filter((instance) => !machines.includes(tagOf(instance, tags.machineId) ?? ''))
    .map((instance) => ({ host: tagOf(instance, tags.machine) ?? '', owner: tagOf(instance, tags.owner) ?? '' }))
    .filter((other) => other.owner !== owner);
}

/** `web of bob@desk/1b2c3d` */
export const namesOf = (hosts: readonly HostOfOther[]): string =>
  hosts.map(({ host, owner }) => `${host} of ${owner}`).join(', ');

/** A change of the group would open hosts of others, or cut their owners off. `changes`: for people. */
export const groupShared = (group: string, others: readonly HostOfOther[], changes: readonly string[]): SwarmupError =>
  new SwarmupError(
    'AWS_GROUP_SHARED',
    `the security group ${group} also holds hosts of others (${namesOf(others)}), so swarmup does not change its rules: ${changes.join(', ')}`,
    {
      exitCode: exitCodes.preflight,
      hints: [
        'open ports for these hosts alone, with a security group of your own: --aws-security-group',
        `or allow your address in the whole group: ${swarmup`aws allow --any-owner`}`,
        'or make the swarm again: swarms of this version have a group of their own',
      ],
    },
  );
