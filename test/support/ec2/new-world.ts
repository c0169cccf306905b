import { type Image, type InstanceType, newId, type World } from './world.js';

export interface WorldOptions {
  readonly region?: string;
  /** Letters of the availability zones. Default a, b, c. */
  readonly zones?: readonly string[];
  readonly defaultVpc?: boolean;
  /** Letters of zones whose subnets are private. */
  readonly privateZones?: readonly string[];
  /** Names of local zones that have a subnet, too. */
  readonly localZones?: readonly string[];
  /** So many things are on a page, where no number is asked for. Default 1000. */
  readonly pageSize?: number;
  readonly vcpuQuota?: number;
  readonly addressQuota?: number;
  readonly visibleAfterMs?: number;
  readonly deviates?: boolean;
}

/** A region in which nobody has made anything yet. */
export function newWorld(options: WorldOptions): World {
  const region = options.region ?? 'us-east-1';
  const zones = [...(options.zones ?? ['a', 'b', 'c']).map((letter) => region + letter), ...(options.localZones ?? [])];
  return {
    region,
    account: '123456789012',
    vpc: { id: newId('vpc'), cidr: '172.31.0.0/16', isDefault: options.defaultVpc ?? true },
    zones,
    subnets: zones.map((zone, number) => ({
      id: newId('subnet'),
      zone,
      number,
      cidr: `172.31.${16 * number}.0/20`,
      isPublic: !(options.privateZones ?? []).some((letter) => zone === region + letter),
    })),
    images: options.deviates === true ? images.map((image) => ({ ...image, created: '' })) : images,
    types,
    instances: new Map(),
    groups: new Map(),
    volumes: new Map(),
    interfaces: new Map(),
    addresses: new Map(),
    spotRequests: new Map(),
    keyPairs: new Map(),
    tokens: new Map(),
    deviates: options.deviates ?? false,
    pageSize: options.pageSize ?? 1000,
    vcpuQuota: options.vcpuQuota ?? 1000,
    addressQuota: options.addressQuota ?? 5,
    visibleAfterMs: options.visibleAfterMs ?? 0,
  };
}

const image = (
  number: number,
  name: string,
  owner: string,
  architecture: string,
  rootDevice: string,
  created: string,
): Image => ({ id: `ami-${String(number).padStart(17, '0')}`, name, owner, architecture, rootDevice, created });

const noble = (architecture: string, date: string): string =>
  `ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-${architecture}-server-${date}`;

const images: readonly Image[] = [
  image(1, noble('amd64', '20260910'), '099720109477', 'x86_64', '/dev/sda1', '2026-09-10T07:00:00.000Z'),
  image(2, noble('amd64', '20261015'), '099720109477', 'x86_64', '/dev/sda1', '2026-10-15T07:00:00.000Z'),
  image(3, noble('arm64', '20261015'), '099720109477', 'arm64', '/dev/sda1', '2026-10-15T07:05:00.000Z'),
  image(4, 'debian-12-amd64-20261101-2287', '136693071363', 'x86_64', '/dev/xvda', '2026-11-01T00:00:00.000Z'),
  image(
    5,
    'al2023-ami-2023.9.20261101.0-kernel-6.1-x86_64',
    '137112412989',
    'x86_64',
    '/dev/xvda',
    '2026-11-01T00:00:00.000Z',
  ),
  // The same name by somebody else, and newer: only the owner tells them apart.
  image(6, noble('amd64', '20261120'), '999999999999', 'x86_64', '/dev/sda1', '2026-11-20T00:00:00.000Z'),
];

const types: Readonly<Record<string, InstanceType>> = {
  't2.micro': { vcpus: 1, memoryMiB: 1024, architecture: 'x86_64' },
  't3.micro': { vcpus: 2, memoryMiB: 1024, architecture: 'x86_64' },
  't3.small': { vcpus: 2, memoryMiB: 2048, architecture: 'x86_64' },
  't3a.small': { vcpus: 2, memoryMiB: 2048, architecture: 'x86_64' },
  't3.medium': { vcpus: 2, memoryMiB: 4096, architecture: 'x86_64' },
  'm7i.large': { vcpus: 2, memoryMiB: 8192, architecture: 'x86_64' },
  't4g.small': { vcpus: 2, memoryMiB: 2048, architecture: 'arm64' },
};
