import type { DescribeImagesCommandInput, Image } from '@aws-sdk/client-ec2';
import { SwarmupError, usageError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { Ec2 } from './ec2-client.js';

/** The image that hosts boot from. */
export interface HostImage {
  readonly id: string;
  readonly name: string;
  readonly architecture: string;
  /** Anything else as the disk's device would be a second disk. */
  readonly rootDevice: string;
  readonly sizeGiB: number;
  /** The default user of the image, who gets our key from cloud-init. */
  readonly user: string;
}

interface Search {
  readonly owner: string;
  /** `{arch}`: as the distribution names the architecture in it. */
  readonly pattern: string;
}

/** Owners always: anybody may publish an image of the same name. Source: the distributions' own pages. */
const ubuntu = '099720109477';
const debian = '136693071363';
const known: Readonly<Record<string, Search>> = {
  'ubuntu:24.04': { owner: ubuntu, pattern: 'ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-{arch}-server-*' },
  'ubuntu:22.04': { owner: ubuntu, pattern: 'ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-{arch}-server-*' },
  'debian:13': { owner: debian, pattern: 'debian-13-{arch}-*' },
  'debian:12': { owner: debian, pattern: 'debian-12-{arch}-*' },
  al2023: { owner: 'amazon', pattern: 'al2023-ami-2023.*-{uname}' },
};

/**
 * The newest image for each architecture, by EC2's names of them (`x86_64`, `arm64`). One call.
 * Errors: OPTION_INVALID (exit 2), AWS_IMAGE_UNKNOWN (exit 3).
 */
export async function findImages(
  ec2: Ec2,
  wanted: string,
  architectures: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, HostImage>> {
  const answer = await ec2.call('DescribeImages', imageQuery(wanted, architectures), signal);
  const usable = (answer.Images ?? []).filter(({ RootDeviceName, ImageId }) => RootDeviceName && ImageId);
  const found = new Map(
    architectures.flatMap((architecture) => {
      const newest = usable.filter((image) => image.Architecture === architecture).sort(newestFirst)[0];
      return newest === undefined ? [] : [[architecture, hostImage(newest)] as const];
    }),
  );
  if (found.size === 0) throw unknownImage(wanted, architectures, ec2.region, usable);
  return found;
}

function imageQuery(wanted: string, architectures: readonly string[]): DescribeImagesCommandInput {
  if (wanted.startsWith('ami-')) return { ImageIds: [wanted] };
  return searchFor(searchOf(wanted), architectures);
}

/**
 * No `resolve:ssm:…`, which EC2 resolves at the launch: its root device and user would not be known before, and to ask SSM
 * takes a further permission.
 */
function searchOf(wanted: string): Search {
  const own = known[wanted];
  if (own !== undefined) return own;
  const [, owner, pattern] = /^(\d{12}|amazon|self|aws-marketplace)\/(.+)$/.exec(wanted) ?? [];
  if (owner === undefined || pattern === undefined)
    throw usageError(
      'OPTION_INVALID',
      `--aws-ami: '${wanted}' does not name an image`,
      `use one of ${Object.keys(known).join(', ')}, an ID (ami-…), or OWNER/NAME-PATTERN with the 12 digits of an account`,
    );
  return { owner, pattern };
}

function searchFor({ owner, pattern }: Search, architectures: readonly string[]): DescribeImagesCommandInput {
  const names = architectures.map((architecture) =>
    pattern
      .replace('{arch}', architecture === 'arm64' ? 'arm64' : 'amd64')
      .replace('{uname}', architecture === 'arm64' ? 'arm64' : 'x86_64'),
  );
  return {
    Owners: [owner],
    Filters: [
      { Name: 'name', Values: [...new Set(names)] },
      { Name: 'architecture', Values: [...architectures] },
      { Name: 'state', Values: ['available'] },
      { Name: 'root-device-type', Values: ['ebs'] },
      { Name: 'virtualization-type', Values: ['hvm'] },
    ],
  };
}

/** Where two are of the same moment, or tell none, the later name. */
function newestFirst(a: Image, b: Image): number {
  const key = ({ CreationDate = '', Name = '' }: Image): string => `${CreationDate} ${Name}`;
  return key(a) < key(b) ? 1 : -1;
}

function hostImage(image: Image): HostImage {
  const { ImageId = '', Name = ImageId, Architecture = '', RootDeviceName = '', BlockDeviceMappings = [] } = image;
  const root = BlockDeviceMappings.find(({ DeviceName }) => DeviceName === RootDeviceName);
  return {
    id: ImageId,
    name: Name,
    architecture: Architecture,
    rootDevice: RootDeviceName,
    sizeGiB: root?.Ebs?.VolumeSize ?? 0,
    user: userOf(image),
  };
}

const users: readonly (readonly [RegExp, string])[] = [
  [/ubuntu/i, 'ubuntu'],
  [/debian/i, 'admin'],
  [/al2023|amzn|rhel|suse/i, 'ec2-user'],
  [/rocky/i, 'rocky'],
  [/fedora/i, 'fedora'],
  [/alma/i, 'ec2-user'],
];

/** The user that an image has for logins. */
export function userOf({ OwnerId, Name = '' }: Image): string {
  if (OwnerId === ubuntu) return 'ubuntu';
  if (OwnerId === debian) return 'admin';
  // docker-machine's default, if the record does not say.
  return users.find(([pattern]) => pattern.test(Name))?.[1] ?? 'ubuntu';
}

function unknownImage(
  wanted: string,
  architectures: readonly string[],
  region: string,
  others: readonly Image[],
): SwarmupError {
  const found = others.map(({ Architecture }) => Architecture ?? '?').join(', ');
  return new SwarmupError(
    'AWS_IMAGE_UNKNOWN',
    others.length > 0
      ? `the image ${wanted} is for ${found}, but the instance types are ${architectures.join(', ')}`
      : `there is no image ${wanted} for ${architectures.join(' or ')} in ${region}`,
    {
      exitCode: exitCodes.preflight,
      hints: [
        'choose another image: --aws-ami ubuntu:24.04',
        'or choose other instance types: --aws-instance-type t3.small',
      ],
    },
  );
}
