import type { Tag } from '@aws-sdk/client-ec2';
import type { HostIdentity } from '../driver.js';

/** The account, region and endpoint in use; it contains no credential. */
export interface AwsAccess {
  readonly region: string;
  readonly profile?: string;
  readonly endpoint?: string;
}

/** The data that identifies a host, and the journal of its launch: kept in its machine record. */
export interface AwsState extends AwsAccess {
  /** Id of the machine record; a tag of everything made for the host. */
  readonly machine: string;
  /** Its swarm, or the host itself when it is in none: who shares a security group. */
  readonly cluster: string;
  /** Launches so far: each has a client token of its own. */
  readonly attempts: number;
  /** The last launch, written before it is asked for; until it is known to have failed, it may have happened. */
  readonly launch?: Launch;
  readonly instance?: string;
  /** Name of the key pair that was imported for its swarm, or by docker-machine for it alone. */
  readonly keyPair?: string;
}

/** Everything about a launch that another try must repeat with the same token. */
export interface Launch {
  readonly token: string;
  readonly type: string;
  readonly burstable: boolean;
  readonly subnet: string;
  readonly zone: string;
  /** Whether it gets a public address; undefined: as the subnet does it. */
  readonly publicIp?: boolean;
  readonly image: string;
  readonly rootDevice: string;
  readonly sizeGiB: number;
  readonly spot: boolean;
  readonly group: string;
  /** The user, the port and the type of address for SSH. */
  readonly ssh: { readonly user: string; readonly port: number; readonly by: 'public' | 'private' };
  /** It has a public address whenever it runs. */
  readonly isPublic: boolean;
  /** RFC 3339, UTC. */
  readonly at: string;
}

/** The state without its last launch, which has ended or never was. */
export function unlaunched(state: AwsState): AwsState {
  const kept = Object.entries(state).filter(([name]) => name !== 'launch' && name !== 'instance');
  return Object.fromEntries(kept) as unknown as AwsState;
}

/**
 * Tags on what the driver makes. They, not the state, say what exists. None with the version of swarmup: a newer one must
 * be able to repeat a launch of this one, word by word.
 */
export const tags = {
  cluster: 'swarmup:cluster',
  machine: 'swarmup:machine',
  machineId: 'swarmup:machine-id',
  role: 'swarmup:role',
  owner: 'swarmup:owner',
} as const;

/** Hosts outside a swarm share nothing: each is its own cluster. */
export const clusterOf = ({ id, swarm }: Pick<HostIdentity, 'id' | 'swarm'>): string => swarm ?? `host:${id}`;

/** The name of the swarm of a cluster, for people; `-`: a host outside a swarm. */
export const swarmOf = (cluster: string): string => (cluster.startsWith('host:') ? '-' : cluster);

export const tagList = (values: Readonly<Record<string, string>>): { Key: string; Value: string }[] =>
  Object.entries(values).map(([Key, Value]) => ({ Key, Value }));

export function hostTags(host: HostIdentity, own: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return {
    ...own,
    Name: host.name,
    [tags.cluster]: clusterOf(host),
    [tags.machine]: host.name,
    [tags.machineId]: host.id,
    ...(host.role !== null && { [tags.role]: host.role }),
    [tags.owner]: host.owner,
  };
}

/** The value of a tag in an answer. */
export const tagOf = ({ Tags }: { readonly Tags?: readonly Tag[] | undefined }, key: string): string | undefined =>
  Tags?.find((tag) => tag.Key === key)?.Value;
