import { Ec2Error, type Query, type Xml } from './protocol.js';
import { filtered, matches, type World } from './world.js';

export type Action = (world: World, query: Query) => Xml | Promise<Xml>;

/** What is there before anybody makes anything: regions, networks, images, types. */
export const placeActions: Readonly<Record<string, Action>> = {
  DescribeRegions: ({ region }) => ({
    regionInfo: [
      { regionName: region, regionEndpoint: `ec2.${region}.amazonaws.com`, optInStatus: 'opt-in-not-required' },
    ],
  }),

  DescribeAvailabilityZones: ({ zones, region }) => ({
    availabilityZoneInfo: zones.map((zoneName, number) => ({
      zoneName,
      zoneState: 'available',
      regionName: region,
      zoneId: `tst1-az${number + 1}`,
      zoneType: 'availability-zone',
    })),
  }),

  DescribeVpcs({ vpc, account }, query) {
    for (const id of query.texts('VpcId'))
      if (id !== vpc.id) throw new Ec2Error('InvalidVpcID.NotFound', `The vpc ID '${id}' does not exist`);
    const found = filtered([vpc], query, {
      'is-default': (v) => String(v.isDefault),
      'vpc-id': (v) => v.id,
      state: () => 'available',
    });
    return {
      vpcSet: found.map(({ id, cidr, isDefault }) => ({
        vpcId: id,
        ownerId: account,
        state: 'available',
        cidrBlock: cidr,
        isDefault,
      })),
    };
  },

  DescribeSubnets({ subnets, vpc }, query) {
    for (const id of query.texts('SubnetId'))
      if (!subnets.some((subnet) => subnet.id === id))
        throw new Ec2Error('InvalidSubnetID.NotFound', `The subnet ID '${id}' does not exist`);
    const ids = query.texts('SubnetId');
    const asked = subnets.filter((subnet) => ids.length === 0 || ids.includes(subnet.id));
    const found = filtered(asked, query, {
      'vpc-id': () => vpc.id,
      'availability-zone': ({ zone }) => zone,
      'default-for-az': () => String(vpc.isDefault),
      'subnet-id': ({ id }) => id,
      state: () => 'available',
    });
    return {
      subnetSet: found.map(({ id, cidr, zone, number, isPublic }) => ({
        subnetId: id,
        state: 'available',
        vpcId: vpc.id,
        cidrBlock: cidr,
        availableIpAddressCount: 4091,
        availabilityZone: zone,
        availabilityZoneId: `tst1-az${number + 1}`,
        defaultForAz: vpc.isDefault,
        mapPublicIpOnLaunch: vpc.isDefault && isPublic,
      })),
    };
  },

  DescribeRouteTables({ subnets, vpc }, query) {
    const outside = { destinationCidrBlock: '0.0.0.0/0', gatewayId: 'igw-0123456789abcdef0', state: 'active' };
    const inside = { destinationCidrBlock: vpc.cidr, gatewayId: 'local', state: 'active' };
    const tables = [
      { vpc: vpc.id, routes: [inside, outside], associations: [{ main: true }] },
      {
        vpc: vpc.id,
        routes: [inside],
        associations: subnets.filter(({ isPublic }) => !isPublic).map(({ id }) => ({ main: false, subnetId: id })),
      },
    ];
    return {
      routeTableSet: filtered(tables, query, { 'vpc-id': (table) => table.vpc }).map(({ routes, associations }) => ({
        vpcId: vpc.id,
        routeSet: routes,
        associationSet: associations,
      })),
    };
  },

  DescribeImages({ images, deviates }, query) {
    const ids = query.texts('ImageId');
    for (const id of ids) requireImage({ images, deviates }, id);
    const owners = query.texts('Owner');
    const asked = images.filter(
      ({ id, owner }) => (ids.length === 0 || ids.includes(id)) && (owners.length === 0 || isOwner(owner, owners)),
    );
    const found = filtered(asked, query, {
      name: ({ name }) => name,
      architecture: ({ architecture }) => architecture,
      'owner-id': ({ owner }) => owner,
      state: () => 'available',
      'root-device-type': () => 'ebs',
      'virtualization-type': () => 'hvm',
      'is-public': () => 'true',
    });
    return {
      imagesSet: found.map(({ id, name, owner, architecture, rootDevice, created }) => ({
        imageId: id,
        imageLocation: `${owner}/${name}`,
        imageState: 'available',
        imageOwnerId: owner,
        creationDate: created,
        architecture,
        imageType: 'machine',
        name,
        rootDeviceType: 'ebs',
        rootDeviceName: rootDevice,
        blockDeviceMapping: [
          {
            deviceName: rootDevice,
            ebs: { snapshotId: 'snap-0123456789abcdef0', volumeSize: 8, deleteOnTermination: true, volumeType: 'gp3' },
          },
        ],
        virtualizationType: 'hvm',
      })),
    };
  },

  DescribeInstanceTypes({ types, deviates }, query) {
    const asked = query.texts('InstanceType');
    const unknown = asked.filter((type) => types[type] === undefined);
    if (unknown.length > 0)
      throw new Ec2Error(
        deviates ? 'InvalidInstanceType.NotFound' : 'InvalidInstanceType',
        `The following supplied instance types do not exist: [${unknown.join(', ')}]`,
      );
    const listed = asked.length > 0 ? asked : Object.keys(types);
    return {
      instanceTypeSet: listed.map((instanceType) => ({
        instanceType,
        currentGeneration: true,
        burstablePerformanceSupported: instanceType.startsWith('t'),
        processorInfo: { supportedArchitectures: [types[instanceType]?.architecture] },
        vCpuInfo: { defaultVCpus: types[instanceType]?.vcpus },
        memoryInfo: { sizeInMiB: types[instanceType]?.memoryMiB },
      })),
    };
  },

  DescribeInstanceTypeOfferings({ types, zones }, query) {
    const all = Object.keys(types).flatMap((instanceType) =>
      zones.map((location) => ({ instanceType, locationType: 'availability-zone', location })),
    );
    const found = filtered(all, query, {
      'instance-type': ({ instanceType }) => instanceType,
      location: ({ location }) => location,
    });
    return { instanceTypeOfferingSet: found };
  },

  DescribeSpotPriceHistory({ types, zones }, query) {
    const asked = query.texts('InstanceType');
    const listed = asked.length > 0 ? asked : Object.keys(types);
    return {
      spotPriceHistorySet: listed.flatMap((instanceType) =>
        zones.map((availabilityZone) => ({
          instanceType,
          productDescription: 'Linux/UNIX',
          spotPrice: '0.006200',
          timestamp: new Date(),
          availabilityZone,
        })),
      ),
      nextToken: '',
    };
  },
};

/** Amazon's own images are found by an alias. */
const isOwner = (owner: string, asked: readonly string[]): boolean =>
  asked.some((name) => matches(name, owner) || (name === 'amazon' && owner === '137112412989'));

/** Errors: InvalidAMIID.Malformed, InvalidAMIID.NotFound. */
export function requireImage(
  { images, deviates }: Pick<World, 'images' | 'deviates'>,
  id: string,
): World['images'][number] {
  if (!/^ami-[0-9a-f]{8,17}$/.test(id) && !deviates)
    throw new Ec2Error('InvalidAMIID.Malformed', `Invalid id: "${id}" (expecting "ami-...")`);
  const image = images.find((found) => found.id === id);
  if (image === undefined) throw new Ec2Error('InvalidAMIID.NotFound', `The image id '[${id}]' does not exist`);
  return image;
}
