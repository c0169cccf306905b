import { awaitInstance } from './await-instance.js';
import { isAlive, listInstances } from './aws-region.js';
import type { AwsSite } from './aws-site.js';
import { isSwarm, swarmIdOf, swarmOf, tags } from './aws-state.js';
import { removeKeyPairsOf } from './key-pair.js';

/**
 * Something that swarmup made and no machine record knows. Network interfaces and one-time spot requests end with their
 * instances.
 */
export interface Orphan {
  readonly region: string;
  readonly type: 'instance' | 'volume' | 'elastic-ip' | 'key-pair' | 'security-group';
  readonly id: string;
  /** The host that it was made for; null for what hosts share. */
  readonly machine: string | null;
  readonly machineId: string | null;
  readonly cluster: string;
  /** Of the cluster, as far as it is a swarm; the id is null if an older swarmup made the thing. */
  readonly swarm: string | null;
  readonly swarmId: string | null;
  /** The store that made it. */
  readonly owner: string | null;
  /** RFC 3339, UTC; null: EC2 does not say when it was made. */
  readonly madeAt: string | null;
  /** Its state, where it has one. */
  readonly state: string | null;
}

/** The hosts on record here. */
export interface Known {
  readonly machines: ReadonlySet<string>;
  /** Of those machines, as their states name them. */
  readonly clusters: ReadonlySet<string>;
}

/**
 * The remains of hosts that are not on record, in one region: three calls. Objects that are already ending, or that end
 * with their instance, are left out.
 */
export async function findOrphans(site: AwsSite, known: Known, signal: AbortSignal): Promise<readonly Orphan[]> {
  const ours = [{ Name: 'tag-key', Values: [tags.cluster] }];
  const [things, instances, { Volumes = [] }] = await Promise.all([
    taggedThings(site, signal),
    listInstances(site.ec2, ours, signal),
    site.ec2.call('DescribeVolumes', { Filters: [...ours, { Name: 'status', Values: ['available'] }] }, signal),
  ]);
  const alive = new Map(instances.filter(isAlive).map((instance) => [instance.InstanceId ?? '', instance]));
  const busy = new Set(
    things.filter(({ type, id }) => type === 'instance' && alive.has(id)).map(({ cluster }) => cluster),
  );
  const volumes = new Map(Volumes.map((volume) => [volume.VolumeId ?? '', volume]));
  const isLeft = ({ type, id, cluster, machineId }: Orphan): boolean => {
    if (machineId !== null && known.machines.has(machineId)) return false;
    switch (type) {
      case 'instance':
        return alive.has(id);
      case 'volume':
        return volumes.has(id);
      case 'elastic-ip':
        return true;
      case 'key-pair':
      case 'security-group':
        return !known.clusters.has(cluster) && !busy.has(cluster);
    }
  };
  return things
    .filter(isLeft)
    .map((thing) => ({
      ...thing,
      state: alive.get(thing.id)?.State?.Name ?? null,
      madeAt: (alive.get(thing.id)?.LaunchTime ?? volumes.get(thing.id)?.CreateTime)?.toISOString() ?? null,
    }))
    .sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

const order = ({ cluster, machine, type, id }: Orphan): string => [cluster, machine ?? '', type, id].join(' ');

const types: readonly string[] = [
  'instance',
  'volume',
  'elastic-ip',
  'key-pair',
  'security-group',
] satisfies Orphan['type'][];

/** Everything with our tags, of all types, in one call (for every thousand tags). */
async function taggedThings({ ec2 }: AwsSite, signal: AbortSignal): Promise<readonly Orphan[]> {
  const keys = [tags.cluster, tags.machine, tags.machineId, tags.owner];
  const { Tags: found = [] } = await ec2.call('DescribeTags', { Filters: [{ Name: 'key', Values: keys }] }, signal);
  const ids = new Set(found.flatMap(({ ResourceId }) => ResourceId ?? []));
  return [...ids].flatMap((id) => {
    const described = found.filter(({ ResourceId }) => ResourceId === id);
    const type = described[0]?.ResourceType ?? '';
    const value = (key: string): string | null => described.find(({ Key }) => Key === key)?.Value ?? null;
    const cluster = value(tags.cluster);
    if (cluster === null || !types.includes(type)) return [];
    const machine = { machine: value(tags.machine), machineId: value(tags.machineId) };
    return [
      {
        region: ec2.region,
        type: type as Orphan['type'],
        id,
        ...machine,
        cluster,
        swarm: isSwarm(cluster) ? swarmOf(cluster) : null,
        swarmId: swarmIdOf(cluster),
        owner: value(tags.owner),
        madeAt: null,
        state: null,
      },
    ];
  });
}

/** Removes orphans in the order of their dependencies. Errors: AWS_PROTECTED, AWS_GROUP_IN_USE, Ec2Failure. */
export async function deleteOrphans(site: AwsSite, orphans: readonly Orphan[], signal: AbortSignal): Promise<void> {
  const instances = orphans.filter(({ type }) => type === 'instance');
  await Promise.all(
    instances.map(async ({ id }) => {
      await site.terminate(id, signal);
      await awaitInstance(site, id, { state: 'terminated' }, signal);
    }),
  );
  const machines = new Set(orphans.flatMap(({ machineId }) => machineId ?? []));
  await Promise.all([...machines].map((machine) => site.removeRemains(machine, signal)));
  const clusters = new Set(orphans.map(({ cluster }) => cluster));
  const owners = new Set(orphans.flatMap(({ owner }) => owner ?? []));
  await removeKeyPairsOf(site, { clusters: [...clusters], owners: [...owners] }, signal);
  await Promise.all([...clusters].map((cluster) => site.removeGroups(cluster, signal)));
}
