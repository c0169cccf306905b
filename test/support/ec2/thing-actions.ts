import { requireInstances } from './instance-actions.js';
import type { Action } from './place-actions.js';
import { Ec2Error } from './protocol.js';
import { type Address, filtered, named, newId, type Tags, tagsFor, tagSet, throwIfDry, type World } from './world.js';

/** What belongs to instances: volumes, interfaces, addresses, spot requests, key pairs, tags. */
export const thingActions: Readonly<Record<string, Action>> = {
  DescribeVolumes(world, query) {
    const asked = named(world.volumes, query.texts('VolumeId'), 'InvalidVolume.NotFound', 'volume');
    const found = filtered(asked, query, {
      status: ({ instance }) => (instance === undefined ? 'available' : 'in-use'),
      'attachment.instance-id': ({ instance }) => instance,
    });
    return {
      volumeSet: found.map((volume) => ({
        volumeId: volume.id,
        size: volume.size,
        status: volume.instance === undefined ? 'available' : 'in-use',
        volumeType: volume.type,
        encrypted: volume.encrypted,
        attachmentSet: volume.instance === undefined ? [] : [{ instanceId: volume.instance, device: volume.device }],
        tagSet: tagSet(volume),
      })),
    };
  },

  DeleteVolume(world, query) {
    throwIfDry(query);
    const [volume] = named(world.volumes, [query.require('VolumeId')], 'InvalidVolume.NotFound', 'volume');
    if (volume?.instance !== undefined)
      throw new Ec2Error('VolumeInUse', `Volume ${volume.id} is currently attached to ${volume.instance}`);
    world.volumes.delete(volume?.id ?? '');
    return { return: true };
  },

  DescribeNetworkInterfaces(world, query) {
    const found = filtered(world.interfaces.values(), query, {
      'group-id': ({ groups }) => groups,
      'attachment.instance-id': ({ instance }) => instance,
      status: () => 'in-use',
    });
    return {
      networkInterfaceSet: found.map((eni) => ({
        networkInterfaceId: eni.id,
        status: 'in-use',
        groupSet: eni.groups.map((groupId) => ({ groupId })),
        attachment: { instanceId: eni.instance },
        tagSet: tagSet(eni),
      })),
    };
  },

  AllocateAddress(world, query) {
    throwIfDry(query);
    if (world.addresses.size >= world.addressQuota)
      throw new Ec2Error('AddressLimitExceeded', 'The maximum number of addresses has been reached.');
    const number = world.addresses.size + 1;
    const address: Address = {
      id: newId('eipalloc'),
      ip: `203.0.113.${number}`,
      tags: tagsFor(query, 'elastic-ip'),
      instance: undefined,
      association: undefined,
    };
    world.addresses.set(address.id, address);
    return { publicIp: address.ip, domain: 'vpc', allocationId: address.id };
  },

  AssociateAddress(world, query) {
    throwIfDry(query);
    const address = requireAddress(world, query.require('AllocationId'));
    const [instance] = requireInstances(world, [query.require('InstanceId')]);
    if (instance?.state !== 'running' && instance?.state !== 'stopped')
      throw new Ec2Error(
        'InvalidInstanceID',
        `The pending-instance-id '${instance?.id ?? ''}' is not in a valid state`,
      );
    const isOthers = address.instance !== undefined && address.instance !== instance.id;
    if (isOthers && query.flag('AllowReassociation') !== true)
      throw new Ec2Error(
        'Resource.AlreadyAssociated',
        `resource ${address.id} is already associated with associate-id ${address.association ?? ''}`,
      );
    address.instance = instance.id;
    address.association = newId('eipassoc');
    instance.publicIp = address.ip;
    return { return: true, associationId: address.association };
  },

  DisassociateAddress(world, query) {
    throwIfDry(query);
    const id = query.require('AssociationId');
    const address = [...world.addresses.values()].find(({ association }) => association === id);
    if (address === undefined)
      throw new Ec2Error('InvalidAssociationID.NotFound', `The association ID '${id}' does not exist`);
    const instance = world.instances.get(address.instance ?? '');
    if (instance !== undefined) instance.publicIp = undefined;
    address.instance = address.association = undefined;
    return { return: true };
  },

  ReleaseAddress(world, query) {
    throwIfDry(query);
    const address = requireAddress(world, query.require('AllocationId'));
    if (address.instance !== undefined && !world.deviates)
      throw new Ec2Error('InvalidIPAddress.InUse', `Address ${address.ip} is in use.`);
    world.addresses.delete(address.id);
    return { return: true };
  },

  DescribeAddresses(world, query) {
    const asked = named(world.addresses, query.texts('AllocationId'), 'InvalidAllocationID.NotFound', 'allocation ID');
    const found = filtered(asked, query, {
      'instance-id': ({ instance }) => instance,
      'allocation-id': ({ id }) => id,
    });
    return {
      addressesSet: found.map((address) => ({
        publicIp: address.ip,
        allocationId: address.id,
        domain: 'vpc',
        instanceId: address.instance,
        associationId: address.association,
        tagSet: tagSet(address),
      })),
    };
  },

  DescribeSpotInstanceRequests(world, query) {
    const found = filtered(world.spotRequests.values(), query, {
      state: ({ state }) => state,
      'instance-id': ({ instance }) => instance,
    });
    return {
      spotInstanceRequestSet: found.map((request) => ({
        spotInstanceRequestId: request.id,
        state: request.state,
        instanceId: request.instance,
        tagSet: tagSet(request),
      })),
    };
  },

  CancelSpotInstanceRequests(world, query) {
    throwIfDry(query);
    const asked = named(
      world.spotRequests,
      query.texts('SpotInstanceRequestId'),
      'InvalidSpotInstanceRequestID.NotFound',
      'spot instance request ID',
    );
    for (const request of asked) request.state = 'cancelled';
    return { spotInstanceRequestSet: asked.map(({ id, state }) => ({ spotInstanceRequestId: id, state })) };
  },

  ImportKeyPair(world, query) {
    const name = query.require('KeyName');
    const publicKey = Buffer.from(query.require('PublicKeyMaterial'), 'base64').toString();
    if (!/^ssh-(ed25519|rsa) [A-Za-z0-9+/]+=*( |$)/.test(publicKey))
      throw new Ec2Error(world.deviates ? 'InvalidKeyPair.Format' : 'InvalidKey.Format', 'Key is not in valid format');
    if (world.keyPairs.has(name))
      throw new Ec2Error('InvalidKeyPair.Duplicate', `The keypair '${name}' already exists.`);
    throwIfDry(query);
    const key = { id: newId('key'), name, publicKey, tags: tagsFor(query, 'key-pair') };
    world.keyPairs.set(name, key);
    return { keyName: name, keyPairId: key.id, tagSet: tagSet(key) };
  },

  DescribeKeyPairs(world, query) {
    const asked = named(world.keyPairs, query.texts('KeyName'), 'InvalidKeyPair.NotFound', 'key pair');
    const found = filtered(asked, query, { 'key-name': ({ name }) => name, 'key-pair-id': ({ id }) => id });
    const withKey = query.flag('IncludePublicKey') === true;
    return {
      keySet: found.map((key) => ({
        keyPairId: key.id,
        keyName: key.name,
        keyType: 'ed25519',
        tagSet: tagSet(key),
        ...(withKey && { publicKey: key.publicKey }),
      })),
    };
  },

  DeleteKeyPair(world, query) {
    throwIfDry(query);
    const [name, id] = [query.text('KeyName'), query.text('KeyPairId')];
    if (name === undefined && id === undefined) query.require('KeyName');
    const key = [...world.keyPairs.values()].find((other) => other.name === name || other.id === id);
    if (key !== undefined) world.keyPairs.delete(key.name);
    const keyPairId = key?.id;
    return world.deviates ? {} : { return: true, keyPairId };
  },

  DescribeTags(world, query) {
    const all = everything(world).flatMap(({ id, type, tags }) =>
      Object.entries(tags).map(([key, value]) => ({ id, type, key, value })),
    );
    const found = filtered(all, query, {
      key: ({ key }) => key,
      value: ({ value }) => value,
      'resource-id': ({ id }) => id,
      'resource-type': ({ type }) => type,
    });
    return {
      tagSet: found.map(({ id, type, key, value }) => ({ resourceId: id, resourceType: type, key, value })),
    };
  },

  CreateTags(world, query) {
    throwIfDry(query);
    for (const id of query.texts('ResourceId')) {
      const thing = everything(world).find((other) => other.id === id);
      if (thing === undefined && world.deviates) continue;
      if (thing === undefined) throw new Ec2Error('InvalidID', `The ID '${id}' is not valid`);
      for (const tag of query.items('Tag')) thing.tags[tag.require('Key')] = tag.text('Value') ?? '';
    }
    return { return: true };
  },
};

function requireAddress(world: World, id: string): Address {
  const [address] = named(world.addresses, [id], 'InvalidAllocationID.NotFound', 'allocation ID');
  if (address === undefined) throw new Error('named() gives what it does not throw for');
  return address;
}

/** Everything that has tags. A terminated instance is a record, not a thing. */
export function everything(
  world: World,
): readonly { readonly id: string; readonly type: string; readonly tags: Tags }[] {
  const of = (type: string, things: Iterable<{ readonly id: string; readonly tags: Tags }>) =>
    [...things].map(({ id, tags }) => ({ id, type, tags }));
  return [
    ...of('instance', world.instances.values()),
    ...of('volume', world.volumes.values()),
    ...of('network-interface', world.interfaces.values()),
    ...of('security-group', world.groups.values()),
    ...[...world.groups.values()].flatMap(({ rules }) => of('security-group-rule', rules)),
    ...of('elastic-ip', world.addresses.values()),
    ...of('spot-instances-request', world.spotRequests.values()),
    ...of('key-pair', world.keyPairs.values()),
  ];
}
