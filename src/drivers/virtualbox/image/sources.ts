import { usageError } from '../../../lib/errors.js';
import { nearest } from '../../../lib/nearest.js';
import { swarmup } from '../../../lib/typed-command.js';

/** The origin of an image, and the expected digest of its bytes. */
interface ImageSource {
  readonly url: string;
  /** A list of digests beside the image (`SHA512SUMS`); undefined: `digest`, or nothing, is known. */
  readonly sums?: { readonly url: string; readonly algorithm: Digest['algorithm'] };
  readonly digest?: Digest;
}

export interface Digest {
  readonly algorithm: 'sha256' | 'sha512';
  readonly hex: string;
}

/** Processors as image makers call them. */
export type ImageArch = 'amd64' | 'arm64';

interface Distribution {
  readonly folder: string;
  readonly file: (arch: ImageArch) => string;
  readonly sums: string;
  readonly algorithm: Digest['algorithm'];
}

const ubuntu = (version: string, codename: string): Distribution => ({
  folder: `https://cloud-images.ubuntu.com/releases/${codename}/release`,
  file: (arch) => `ubuntu-${version}-server-cloudimg-${arch}.img`,
  sums: 'SHA256SUMS',
  algorithm: 'sha256',
});

const debian = (version: string, codename: string): Distribution => ({
  folder: `https://cloud.debian.org/images/cloud/${codename}/latest`,
  file: (arch) => `debian-${version}-generic-${arch}.qcow2`,
  sums: 'SHA512SUMS',
  algorithm: 'sha512',
});

/**
 * Debian's `generic` images, not `genericcloud`: their kernel has what VirtualBox shows a guest (vboxsf, vboxguest).
 * Sources: cloud.debian.org/images/cloud, cloud-images.ubuntu.com/releases.
 */
const distributions: Readonly<Record<string, Distribution>> = {
  'debian-12': debian('12', 'bookworm'),
  'debian-13': debian('13', 'trixie'),
  'ubuntu-22.04': ubuntu('22.04', 'jammy'),
  'ubuntu-24.04': ubuntu('24.04', 'noble'),
  'ubuntu-26.04': ubuntu('26.04', 'resolute'),
};

export const knownImages: readonly string[] = Object.keys(distributions);

/**
 * The location of the image with this name, or the URL itself. `mirror` (SWARMUP_IMAGE_MIRROR): a server that has the
 * same files below their host names, for example `http://mirror/cloud.debian.org/images/…`. Errors: IMAGE_UNKNOWN (exit
 * 2); OPTION_INVALID for an invalid digest.
 */
export function imageSource(
  name: string,
  {
    arch,
    mirror,
    digest,
  }: { readonly arch: ImageArch; readonly mirror?: string | undefined; readonly digest?: string | undefined },
): ImageSource {
  const given = digest === undefined ? undefined : parseDigest(digest);
  if (isUrl(name)) return { url: name, ...(given !== undefined && { digest: given }) };
  const distribution = distributions[name];
  if (distribution === undefined) throw unknownImage(name);
  const { folder, file, sums, algorithm } = distribution;
  const base =
    mirror === undefined || mirror === '' ? folder : folder.replace('https://', `${mirror.replace(/\/$/, '')}/`);
  return {
    url: `${base}/${file(arch)}`,
    sums: { url: `${base}/${sums}`, algorithm },
    ...(given !== undefined && { digest: given }),
  };
}

export const isUrl = (name: string): boolean => /^https?:\/\//.test(name);
/** Something that is meant to be a path, not a name. */
export const isPath = (name: string): boolean => /[\\/]/.test(name) && !isUrl(name);

export const digestText = ({ algorithm, hex }: Digest): string => `${algorithm}:${hex}`;

/** Errors: OPTION_INVALID (exit 2). */
function parseDigest(text: string): Digest {
  const [, algorithm, hex = ''] = /^(sha256|sha512):([0-9a-fA-F]+)$/.exec(text) ?? [];
  if ((algorithm === 'sha256' && hex.length === 64) || (algorithm === 'sha512' && hex.length === 128))
    return { algorithm, hex: hex.toLowerCase() };
  throw usageError('OPTION_INVALID', `'${text}' is not the digest of an image`, 'write sha256:HEX or sha512:HEX');
}

/** The digest of `file` in a list as sha512sum writes it: `HEX  name` or `HEX *name`. */
export function digestIn(sums: string, file: string): string | undefined {
  return sums
    .split('\n')
    .map((line) => /^([0-9a-f]+) [ *](.+)$/.exec(line.trim()))
    .find((match) => match?.[2] === file)?.[1];
}

function unknownImage(name: string): Error {
  const alike = nearest(name, knownImages);
  return usageError(
    'IMAGE_UNKNOWN',
    `there is no image named '${name}'`,
    ...(alike.length > 0 ? [`did you mean ${alike.join(' or ')}?`] : []),
    `the known images are ${knownImages.join(', ')}; you can also use a URL or the path of a file`,
    `${swarmup`image ls`} shows those that are here`,
  );
}
