import { requireImage } from './place-actions.js';
import { Ec2Error, type Query } from './protocol.js';
import {
  type Image,
  type Instance,
  type InstanceType,
  named,
  newId,
  type Subnet,
  tagsFor,
  throwIfDry,
  type World,
} from './world.js';

/**
 * RunInstances: checks what EC2 checks, in its order, and records what is to run. A client token that was used before
 * gives the same instances again, or IdempotentParameterMismatch when anything else was asked for.
 */
export function runInstances(world: World, query: Query): readonly Instance[] {
  const nic = query.items('NetworkInterface')[0];
  const wanted = checkedLaunch(world, query, nic);
  const count = launchCount(query, world);
  throwIfDry(query);
  const token = query.text('ClientToken');
  const fingerprint = query.fingerprint('ClientToken', 'DryRun');
  const earlier = token === undefined || world.deviates ? undefined : world.tokens.get(token);
  if (earlier !== undefined) return replay(world, earlier, fingerprint);
  const room = Math.floor((world.vcpuQuota - usedVcpus(world)) / wanted.type.vcpus);
  if (room < count.min)
    throw new Ec2Error(
      'VcpuLimitExceeded',
      `You have requested more vCPU capacity than your current vCPU limit of ${world.vcpuQuota} allows for the instance bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.`,
    );
  const reservation = newId('r');
  const launched = Array.from({ length: Math.min(count.max, room) }, () =>
    newInstance(world, query, nic, { ...wanted, reservation, token }),
  );
  if (token !== undefined) world.tokens.set(token, { fingerprint, instances: launched.map(({ id }) => id) });
  return launched;
}

interface Wanted {
  readonly image: Image;
  readonly typeName: string;
  readonly type: InstanceType;
  readonly subnet: Subnet;
  readonly groups: readonly string[];
}

function checkedLaunch(world: World, query: Query, nic: Query | undefined): Wanted {
  for (const [parameter, what] of [
    ['SubnetId', 'subnet ID'],
    ['SecurityGroupId.1', 'security groups'],
  ] as const)
    if (nic !== undefined && query.has(parameter) && !world.deviates)
      throw new Ec2Error(
        'InvalidParameterCombination',
        `Network interfaces and an instance-level ${what} may not be specified on the same request`,
      );
  const image = requireImage(world, query.require('ImageId'));
  const typeName = query.text('InstanceType') ?? 'm1.small';
  const type = world.types[typeName];
  if (type === undefined) throw new Ec2Error('InvalidParameterValue', `Invalid value '${typeName}' for InstanceType.`);
  if (type.architecture !== image.architecture && !world.deviates)
    throw new Ec2Error(
      'InvalidParameterValue',
      `The architecture '${type.architecture}' of the specified instance type does not match the architecture '${image.architecture}' of the specified AMI.`,
    );
  const keyName = query.text('KeyName');
  if (keyName !== undefined) named(world.keyPairs, [keyName], 'InvalidKeyPair.NotFound', 'key pair');
  const groups = (nic ?? query).texts('SecurityGroupId');
  named(world.groups, groups, 'InvalidGroup.NotFound', 'security group');
  checkProfile(world, query.text('IamInstanceProfile.Name'));
  if (!world.deviates) checkUserData(query.text('UserData'));
  return { image, typeName, type, subnet: chosenSubnet(world, (nic ?? query).text('SubnetId')), groups };
}

function checkProfile({ deviates }: World, profile: string | undefined): void {
  if (profile !== 'missing') return;
  if (deviates) throw new Ec2Error('NoSuchEntity', `Instance profile ${profile} not found`, 404);
  throw new Ec2Error(
    'InvalidParameterValue',
    `Value (${profile}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name`,
  );
}

function chosenSubnet({ subnets, vpc }: World, id: string | undefined): Subnet {
  const found = id === undefined ? subnets[0] : subnets.find((subnet) => subnet.id === id);
  if (id === undefined && !vpc.isDefault)
    throw new Ec2Error(
      'VPCIdNotSpecified',
      'No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.',
    );
  if (found === undefined) throw new Ec2Error('InvalidSubnetID.NotFound', `The subnet ID '${id ?? ''}' does not exist`);
  return found;
}

function checkUserData(text: string | undefined): void {
  if (text === undefined) return;
  const data = Buffer.from(text, 'base64');
  if (data.toString('base64') !== text)
    throw new Ec2Error('InvalidUserData.Malformed', 'Invalid BASE64 encoding of user data.');
  if (data.length > 16384) throw new Ec2Error('InvalidParameterValue', 'User data is limited to 16384 bytes');
}

function launchCount(query: Query, { deviates }: World): { readonly min: number; readonly max: number } {
  const min = Number(query.require('MinCount'));
  const max = Number(query.require('MaxCount'));
  if ((min < 1 || max < min) && !deviates) throw new Ec2Error('InvalidParameterValue', 'maxCount must be >= minCount');
  return { min, max };
}

function replay(
  world: World,
  earlier: { readonly fingerprint: string; readonly instances: readonly string[] },
  fingerprint: string,
): readonly Instance[] {
  if (earlier.fingerprint !== fingerprint)
    throw new Ec2Error(
      'IdempotentParameterMismatch',
      'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
    );
  return earlier.instances.flatMap((id) => world.instances.get(id) ?? []);
}

const usedVcpus = (world: World): number =>
  [...world.instances.values()]
    .filter(({ state }) => state === 'pending' || state === 'running')
    .reduce((sum, { type }) => sum + (world.types[type]?.vcpus ?? 0), 0);

type Made = Wanted & { readonly reservation: string; readonly token: string | undefined };

function newInstance(world: World, query: Query, nic: Query | undefined, made: Made): Instance {
  const { subnet } = made;
  const id = newId('i');
  const isSpot = query.text('InstanceMarketOptions.MarketType') === 'spot';
  const metadata = ['HttpTokens', 'HttpPutResponseHopLimit', 'HttpEndpoint', 'InstanceMetadataTags'];
  const instance: Instance = {
    id,
    reservation: made.reservation,
    image: made.image,
    type: made.typeName,
    subnet,
    token: made.token,
    launched: new Date(),
    tags: tagsFor(query, 'instance'),
    wantsPublic: nic?.flag('AssociatePublicIpAddress') ?? (world.vpc.isDefault && subnet.isPublic),
    userData: query.text('UserData'),
    keyName: query.text('KeyName'),
    profile: query.text('IamInstanceProfile.Name') ?? query.text('IamInstanceProfile.Arn'),
    metadata: Object.fromEntries(metadata.map((name) => [name, query.text(`MetadataOptions.${name}`) ?? ''])),
    spotRequest: isSpot ? newSpotRequest(world, query, id) : undefined,
    groups: made.groups,
    state: 'pending',
    reason: undefined,
    privateIp: freePrivateIp(world, subnet),
    publicIp: undefined,
    protected: query.flag('DisableApiTermination') ?? false,
  };
  const tags = world.deviates ? {} : tagsFor(query, 'network-interface');
  const eni = newId('eni');
  world.interfaces.set(eni, { id: eni, instance: id, subnet, groups: made.groups, tags });
  addVolumes(world, query, made.image, id);
  world.instances.set(id, instance);
  return instance;
}

/** A device that is not the root of the image is a second volume. */
function addVolumes(world: World, query: Query, image: Image, instance: string): void {
  const asked = query.items('BlockDeviceMapping');
  const devices = new Set([image.rootDevice, ...asked.map((mapping) => mapping.require('DeviceName'))]);
  for (const device of devices) {
    const mapping = asked.find((other) => other.text('DeviceName') === device);
    const id = newId('vol');
    world.volumes.set(id, {
      id,
      device,
      instance,
      size: mapping?.number('Ebs.VolumeSize') ?? 8,
      type: mapping?.text('Ebs.VolumeType') ?? 'gp3',
      encrypted: mapping?.flag('Ebs.Encrypted') ?? false,
      deleteOnTermination: mapping?.flag('Ebs.DeleteOnTermination') ?? true,
      tags: tagsFor(query, 'volume'),
    });
  }
}

function newSpotRequest(world: World, query: Query, instance: string): string {
  const id = newId('sir').slice(0, 12);
  const price = query.text('InstanceMarketOptions.SpotOptions.MaxPrice');
  // Some forget the request.
  if (!world.deviates)
    world.spotRequests.set(id, {
      id,
      instance,
      price,
      state: 'active',
      tags: tagsFor(query, 'spot-instances-request'),
    });
  return id;
}

function freePrivateIp(world: World, { number }: Subnet): string {
  const taken = new Set([...world.instances.values()].map(({ privateIp }) => privateIp));
  for (let host = 10; ; host++) {
    const address = `172.31.${16 * number + Math.floor(host / 250)}.${(host % 250) + 1}`;
    if (!taken.has(address)) return address;
  }
}
