import { LaunchFailed, type Backend } from './backend.js';
import type { Action } from './place-actions.js';
import { Crash, Ec2Error, type Query, type Xml } from './protocol.js';
import { runInstances } from './run-instances.js';
import {
  filtered,
  type Instance,
  type InstanceState,
  page,
  stateCodes,
  tagSet,
  throwIfDry,
  type World,
} from './world.js';

interface Machinery {
  readonly backend: Backend;
  /** Between the answer to a call and the work that it began. */
  readonly settleMs: number;
  /** What failed after its call was answered. */
  readonly failed: (error: unknown) => void;
  /** Later work, that it may be awaited at the end. */
  readonly later: (work: Promise<void>) => void;
}

/** Instances: their launch, their states and what changes them. */
export function instanceActions(machinery: Machinery): Readonly<Record<string, Action>> {
  return {
    async RunInstances(world, query) {
      const launched = runInstances(world, query);
      for (const instance of launched)
        if (instance.state === 'pending') await settle(machinery, world, () => boot(machinery, world, instance));
      return reservationXml(world, launched);
    },

    DescribeInstances(world, query) {
      const ids = query.texts('InstanceId');
      const asked = ids.length > 0 ? requireInstances(world, ids) : [...world.instances.values()];
      const found = filtered(
        asked.filter((instance) => isVisible(world, instance)),
        query,
        {
          'instance-state-name': ({ state }) => state,
          'instance-id': ({ id }) => id,
          'client-token': ({ token }) => {
            if (world.deviates) throw new Crash();
            return token;
          },
          'vpc-id': () => world.vpc.id,
          'availability-zone': ({ subnet }) => subnet.zone,
          'key-name': ({ keyName }) => keyName,
          'instance.group-id': ({ groups }) => groups,
        },
      );
      const { items, nextToken } = page(found, query);
      return { reservationSet: items.map((instance) => reservationXml(world, [instance])), nextToken };
    },

    StopInstances: (world, query) =>
      change(world, query, 'stopping', ['pending', 'running', 'stopping', 'stopped'], (instance) => {
        if (instance.state === 'stopped' || instance.state === 'stopping') return undefined;
        if (instance.spotRequest !== undefined)
          throw new Ec2Error(
            'UnsupportedOperation',
            "You can't stop the Spot Instance because it is associated with a one-time Spot Instance request.",
          );
        instance.state = 'stopping';
        const force = query.flag('Force') ?? false;
        return settle(machinery, world, async () => {
          await machinery.backend.stop(instance.id, force);
          instance.state = 'stopped';
          if (elasticOf(world, instance) === undefined) instance.publicIp = undefined;
        });
      }),

    StartInstances: (world, query) =>
      change(world, query, 'starting', ['stopped', 'running', 'pending', ...revived(world)], (instance) => {
        if (!['stopped', ...revived(world)].includes(instance.state)) return undefined;
        instance.state = 'pending';
        instance.reason = undefined;
        return settle(machinery, world, async () => {
          const wanted = elasticOf(world, instance) ?? (instance.wantsPublic ? nextPublicIp(world) : undefined);
          const { publicIp } = await machinery.backend.start(instance.id, wanted);
          if (instance.state !== 'pending') return;
          instance.publicIp = publicIp ?? wanted;
          instance.state = 'running';
        });
      }),

    async RebootInstances(world, query) {
      const instances = requireInstances(world, query.texts('InstanceId'));
      for (const { id, state } of instances)
        if (state !== 'running' && !world.deviates)
          throw new Ec2Error('IncorrectState', `The instance '${id}' is not in a state from which it can be rebooted.`);
      throwIfDry(query);
      for (const { id } of instances) await settle(machinery, world, () => machinery.backend.reboot(id));
      return { return: true };
    },

    TerminateInstances(world, query) {
      const again = requireInstances(world, query.texts('InstanceId')).some(({ state }) => state === 'terminated');
      if (again && world.deviates)
        throw new Ec2Error('InvalidNetworkInterfaceID.NotFound', 'The network interface does not exist');
      const guarded = requireInstances(world, query.texts('InstanceId')).find((instance) => instance.protected);
      // All or nothing: one protected instance keeps the others alive, too.
      if (guarded !== undefined)
        throw new Ec2Error(
          'OperationNotPermitted',
          `The instance '${guarded.id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
        );
      return change(world, query, 'terminated', Object.keys(stateCodes), (instance) => {
        if (instance.state === 'terminated' || instance.state === 'shutting-down') return undefined;
        instance.state = 'shutting-down';
        instance.reason = {
          code: 'Client.UserInitiatedShutdown',
          message: 'Client.UserInitiatedShutdown: User initiated shutdown',
        };
        return settle(machinery, world, async () => {
          await machinery.backend.terminate(instance.id);
          reclaim(world, instance);
        });
      });
    },

    ModifyInstanceAttribute(world, query) {
      throwIfDry(query);
      const [instance] = requireInstances(world, [query.require('InstanceId')]);
      if (instance !== undefined) instance.protected = query.flag('DisableApiTermination.Value') ?? instance.protected;
      return { return: true };
    },
  };
}

/** Errors: InvalidInstanceID.Malformed, InvalidInstanceID.NotFound, which is also what a new one gives. */
export function requireInstances(world: World, ids: readonly string[]): readonly Instance[] {
  for (const id of ids)
    if (!/^i-[0-9a-f]{8,17}$/.test(id) && !world.deviates)
      throw new Ec2Error('InvalidInstanceID.Malformed', `Invalid id: "${id}" (expecting "i-...")`);
  const found = ids.flatMap((id) => world.instances.get(id) ?? []).filter((instance) => isVisible(world, instance));
  const missing = ids.filter((id) => !found.some((instance) => instance.id === id));
  if (missing.length === 0) return found;
  const [s, verb] = missing.length > 1 ? ['s', 'do'] : ['', 'does'];
  throw new Ec2Error('InvalidInstanceID.NotFound', `The instance ID${s} '${missing.join(', ')}' ${verb} not exist`);
}

const isVisible = (world: World, { launched }: Instance): boolean =>
  Date.now() - launched.getTime() >= world.visibleAfterMs;

/** Later, as EC2 does it; where the endpoint deviates, before the answer. */
async function settle({ settleMs, failed, later }: Machinery, world: World, work: () => Promise<void>): Promise<void> {
  if (world.deviates) return work();
  later(
    new Promise((resolve) => {
      setTimeout(() => void work().catch(failed).finally(resolve), settleMs);
    }),
  );
}

/** Some start again what has ended. */
const revived = ({ deviates }: World): readonly InstanceState[] => (deviates ? ['terminated'] : []);

async function boot({ backend }: Machinery, world: World, instance: Instance): Promise<void> {
  const publicIp = instance.wantsPublic ? nextPublicIp(world) : undefined;
  const { id, privateIp, userData, image } = instance;
  try {
    const given = await backend.launch({
      id,
      name: instance.tags['Name'] ?? id,
      privateIp,
      publicIp,
      userData: userData === undefined ? undefined : Buffer.from(userData, 'base64'),
      imageName: image.name,
    });
    if (instance.state !== 'pending') return;
    instance.privateIp = given.privateIp ?? privateIp;
    instance.publicIp = given.publicIp ?? publicIp;
    instance.state = 'running';
  } catch (error) {
    if (!(error instanceof LaunchFailed)) throw error;
    instance.reason = { code: error.reason, message: `${error.reason}: ${error.message}` };
    reclaim(world, instance);
  }
}

/** What goes with an instance when it has ended. */
function reclaim(world: World, instance: Instance): void {
  instance.state = 'terminated';
  instance.publicIp = undefined;
  for (const [id, eni] of world.interfaces) if (eni.instance === instance.id) world.interfaces.delete(id);
  for (const [id, volume] of world.volumes)
    if (volume.instance === instance.id) {
      if (volume.deleteOnTermination) world.volumes.delete(id);
      else volume.instance = undefined;
    }
  for (const address of world.addresses.values())
    if (address.instance === instance.id) address.instance = address.association = undefined;
  const request = world.spotRequests.get(instance.spotRequest ?? '');
  if (request !== undefined) request.state = 'closed';
}

const elasticOf = ({ addresses }: World, { id }: Instance): string | undefined =>
  [...addresses.values()].find(({ instance }) => instance === id)?.ip;

let drawn = 0;

/** From the documentation ranges: nobody is reached there by mistake. */
const nextPublicIp = (world: World): string => `198.51.100.${1 + ((drawn++ + world.instances.size) % 250)}`;

type Change = (instance: Instance) => Promise<void> | undefined;

async function change(world: World, query: Query, to: string, from: readonly string[], act: Change): Promise<Xml> {
  const instances = requireInstances(world, query.texts('InstanceId'));
  for (const { id, state } of instances)
    if (!from.includes(state))
      throw new Ec2Error(
        'IncorrectInstanceState',
        `The instance '${id}' is not in a state from which it can be ${to === 'starting' ? 'started' : 'stopped'}.`,
      );
  throwIfDry(query);
  const changed = instances.map(async (instance) => {
    const previous = instance.state;
    await act(instance);
    return { instanceId: instance.id, currentState: stateXml(instance.state), previousState: stateXml(previous) };
  });
  return { instancesSet: await Promise.all(changed) };
}

const stateXml = (name: InstanceState): Xml => ({ code: stateCodes[name], name });

const reservationXml = (world: World, instances: readonly Instance[]): Xml => ({
  reservationId: instances[0]?.reservation,
  ownerId: world.account,
  groupSet: [],
  instancesSet: instances.map((instance) => instanceXml(world, instance)),
});

function instanceXml(world: World, instance: Instance): Xml {
  const { id, image, subnet, metadata } = instance;
  const isGone = instance.state === 'terminated';
  const isTold = !isGone && !world.deviates;
  const groupSet = isGone
    ? []
    : instance.groups.map((groupId) => ({ groupId, groupName: world.groups.get(groupId)?.name }));
  return {
    instanceId: id,
    imageId: image.id,
    instanceState: stateXml(instance.state),
    privateDnsName: isGone ? '' : `ip-${instance.privateIp.replaceAll('.', '-')}.${world.region}.compute.internal`,
    reason: instance.reason?.message ?? '',
    keyName: instance.keyName,
    instanceType: instance.type,
    launchTime: instance.launched,
    placement: { availabilityZone: subnet.zone },
    subnetId: isGone ? undefined : subnet.id,
    vpcId: isGone ? undefined : world.vpc.id,
    privateIpAddress: isGone ? undefined : instance.privateIp,
    ipAddress: instance.publicIp,
    groupSet: isTold ? groupSet : [],
    stateReason: instance.reason,
    architecture: image.architecture,
    rootDeviceType: 'ebs',
    rootDeviceName: image.rootDevice,
    blockDeviceMapping: [...world.volumes.values()]
      .filter((volume) => volume.instance === id)
      .map((volume) => ({
        deviceName: volume.device,
        ebs: { volumeId: volume.id, status: 'attached', deleteOnTermination: volume.deleteOnTermination },
      })),
    clientToken: instance.token ?? '',
    tagSet: tagSet(instance),
    networkInterfaceSet: [...world.interfaces.values()]
      .filter((eni) => eni.instance === id)
      .map((eni) => ({ networkInterfaceId: eni.id, status: 'in-use', groupSet })),
    instanceLifecycle: instance.spotRequest === undefined ? undefined : 'spot',
    spotInstanceRequestId: isTold ? instance.spotRequest : undefined,
    metadataOptions: {
      state: 'applied',
      httpTokens: metadata['HttpTokens'],
      httpPutResponseHopLimit: metadata['HttpPutResponseHopLimit'],
      httpEndpoint: metadata['HttpEndpoint'],
    },
  };
}
