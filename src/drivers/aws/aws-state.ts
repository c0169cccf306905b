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
  /** The hosts that share a security group, as in `clusterOf`: it stays as long as the instance does. */
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

/** What shares a security group and key pairs, and the store that makes them. */
export interface Belonging {
  readonly cluster: string;
  readonly owner: string;
}

/**
 * `lab/UUID`: the name and the id of a swarm, as every owner can have a swarm of that name. A host outside a swarm is a
 * cluster of its own. An older swarmup used the name of the swarm alone.
 */
export const clusterOf = ({ id, swarm, swarmId }: Pick<HostIdentity, 'id' | 'swarm' | 'swarmId'>): string =>
  swarm === null ? `host:${id}` : swarmId === null ? swarm : `${swarm}/${swarmId}`;

/**
 * The cluster of a new host: that of its swarm's other hosts in the same region, because hosts that an older swarmup
 * made share the group of the swarm's name and can reach only members of their group. `peers`: states of those hosts.
 */
export function clusterAmong(
  host: Parameters<typeof clusterOf>[0],
  { region, endpoint }: AwsAccess,
  peers: readonly unknown[],
): string {
  const own = clusterOf(host);
  const clusters = (peers as readonly Partial<AwsState>[])
    .filter((peer) => peer.region === region && peer.endpoint === endpoint)
    .map(({ cluster }) => cluster);
  return clusters.includes(host.swarm ?? '') && !clusters.includes(own) ? (host.swarm ?? own) : own;
}

/** The name of the swarm of a cluster, for people; `-`: a host outside a swarm. */
export const swarmOf = (cluster: string): string => (isSwarm(cluster) ? nameOf(cluster) : '-');

/** The cluster without the id of its swarm. */
export const nameOf = (cluster: string): string => cluster.replace(/\/.*/, '');

/** null: a host outside a swarm, or a swarm of an older swarmup, whose name other owners may use, too. */
export const swarmIdOf = (cluster: string): string | null => cluster.split('/')[1] ?? null;

export const isSwarm = (cluster: string): boolean => !cluster.startsWith('host:');

/** The name of the cluster's security group. */
export function groupName(cluster: string): string {
  if (!isSwarm(cluster)) return `swarmup-host-${cluster.slice('host:'.length).slice(0, 8)}`;
  const id = swarmIdOf(cluster);
  return `swarmup-${swarmOf(cluster)}${id === null ? '' : `-${id.slice(0, 8)}`}`;
}

export const tagList = (values: Readonly<Record<string, string>>): { Key: string; Value: string }[] =>
  Object.entries(values).map(([Key, Value]) => ({ Key, Value }));

/** Tags of everything that the hosts of a cluster share; `own`: tags that the user wants. */
export const sharedTags = (
  { cluster, owner }: Belonging,
  own: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => ({ ...own, [tags.cluster]: cluster, [tags.owner]: owner });

export function hostTags(
  host: HostIdentity,
  cluster: string,
  own: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return {
    ...own,
    // Everybody in an account sees this one; a launch of an older swarmup must be repeated with what it had.
    Name: swarmIdOf(cluster) === null ? host.name : `swarmup-${swarmOf(cluster)}-${host.name}`,
    [tags.cluster]: cluster,
    [tags.machine]: host.name,
    [tags.machineId]: host.id,
    ...(host.role !== null && { [tags.role]: host.role }),
    [tags.owner]: host.owner,
  };
}

/** The value of a tag in an answer. */
export const tagOf = ({ Tags }: { readonly Tags?: readonly Tag[] | undefined }, key: string): string | undefined =>
  Tags?.find((tag) => tag.Key === key)?.Value;
