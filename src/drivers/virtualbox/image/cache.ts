import { constants, type Stats } from 'node:fs';
import { copyFile, rename, rm, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { makeFolder } from '../../../lib/make-folder.js';
import { codeOf, SwarmupError, usageError } from '../../../lib/errors.js';
import { exitCodes } from '../../../lib/exit-codes.js';
import type { DriverContext } from '../../driver.js';
import { convertDisk } from './convert.js';
import { type CachedImage, type ImageIndex, openIndex } from './image-index.js';
import { type DiskFormat, readDiskFormat } from './disk-format.js';
import { diskFull, digestOf, download, downloadText } from './download.js';
import { type Digest, digestIn, digestText, type ImageArch, imageSource, isPath, isUrl } from './sources.js';

/** The cache of disk images: files named by their digest, and a list of them. It may be lost at any time. */
interface ImageCache {
  list(): Promise<readonly CachedImage[]>;
  /**
   * The image that `--virtualbox-image` names, from the cache without a look at the network, else fetched.
   * Errors: those of `pull`; IMAGE_UNKNOWN (exit 2).
   */
  ensure(name: string, digest?: string): Promise<{ readonly image: CachedImage; readonly path: string }>;
  /** Looks at a file that is to be an image. Errors: IMAGE_FILE_MISSING (exit 2), IMAGE_UNSUPPORTED (exit 3). */
  check(file: string): Promise<void>;
  /**
   * Downloads the image again if its source has a newer one. Errors: IMAGE_UNSUPPORTED, IMAGE_DIGEST_MISMATCH,
   * DOWNLOAD_FAILED.
   */
  pull(name: string, digest?: string): Promise<CachedImage>;
  /** Takes a file into the cache. Errors: IMAGE_FILE_MISSING (exit 2), IMAGE_UNSUPPORTED (exit 3). */
  import(file: string, name: string): Promise<CachedImage>;
  /** By name, or by the beginning of a digest. False: the image does not exist. */
  remove(name: string): Promise<boolean>;
}

type Context = Pick<DriverContext, 'cacheDir' | 'signal' | 'log' | 'run' | 'env' | 'exclusive'>;

export function openImageCache(context: Context, arch: ImageArch): ImageCache {
  const folder = join(context.cacheDir, 'images');
  const cache: Cache = { context, arch, folder, index: openIndex(folder, arch) };
  return {
    list: () => cache.index.read(),
    async ensure(name, digest) {
      const image = isPath(name)
        ? await importFile(cache, name, resolve(name))
        : await ensureNamed(cache, name, digest);
      return { image, path: join(folder, image.file) };
    },
    async check(file) {
      await requireDisk(resolve(file));
    },
    pull: (name, digest) =>
      alone(cache, name, async () =>
        fetchImage(cache, name, digest, await find(cache, (entry) => entry.name === name)),
      ),
    import: (file, name) => importFile(cache, file, name),
    remove: (name) =>
      context.exclusive('image-index', async () => {
        const { found, files } = await cache.index.remove(name);
        for (const file of files) await rm(join(folder, file), { force: true });
        return found;
      }),
  };
}

interface Cache {
  readonly context: Context;
  readonly arch: ImageArch;
  readonly folder: string;
  readonly index: ImageIndex;
}

/** An entry whose file is there, whole. */
async function find(
  { folder, index }: Cache,
  isMeant: (image: CachedImage) => boolean,
): Promise<CachedImage | undefined> {
  const image = (await index.read()).find(isMeant);
  if (image === undefined) return undefined;
  const { size } = await stat(join(folder, image.file)).catch(() => ({ size: -1 }));
  return size === image.bytes ? image : undefined;
}

/** Only one of all processes changes an image at a time. */
function alone<T>({ context, folder }: Cache, name: string, work: () => Promise<T>): Promise<T> {
  return context.exclusive(`image-${name.replace(/[^A-Za-z0-9.-]/g, '_').slice(-60)}`, async () => {
    await makeFolder(folder);
    return work();
  });
}

async function ensureNamed(cache: Cache, name: string, digest: string | undefined): Promise<CachedImage> {
  const fits = (image: CachedImage): boolean =>
    image.name === name && (digest === undefined || image.digest === digest.toLowerCase());
  const cached = await find(cache, fits);
  if (cached !== undefined) return cached;
  // An unknown name is reported before any waiting.
  imageSource(name, { arch: cache.arch, digest });
  // Another host of this run may have fetched it while we waited.
  return alone(cache, name, async () => (await find(cache, fits)) ?? fetchImage(cache, name, digest, undefined));
}

async function fetchImage(
  cache: Cache,
  name: string,
  digest: string | undefined,
  known: CachedImage | undefined,
): Promise<CachedImage> {
  const { context, arch, folder } = cache;
  const { signal, log } = context;
  const source = imageSource(name, { arch, mirror: context.env['SWARMUP_IMAGE_MIRROR'], digest });
  const wanted = source.digest ?? (await listedDigest(source, signal));
  if (known !== undefined && wanted !== undefined && known.digest === digestText(wanted)) return known;
  const part = join(folder, `${(wanted?.hex ?? Buffer.from(source.url).toString('hex')).slice(-100)}.part`);
  await download(source.url, part, { signal, onProgress: tellProgress(name, log) });
  try {
    log(`verifying ${name}`);
    const found = await digestOf(part, wanted?.algorithm ?? 'sha256', signal);
    if (wanted !== undefined && found.hex !== wanted.hex) throw mismatch(source.url, wanted, found);
    return await keep(cache, part, { name, digest: found, source: source.url });
  } finally {
    await rm(part, { force: true });
  }
}

async function requireFile(path: string): Promise<Stats> {
  const info = await stat(path).catch(() => undefined);
  if (info?.isFile() === true) return info;
  throw usageError('IMAGE_FILE_MISSING', `the file ${path} does not exist`);
}

async function requireDisk(path: string): Promise<DiskFormat> {
  await requireFile(path);
  const format = await readDiskFormat(path);
  if (format.refuse === undefined) return format;
  throw unsupported(path, format.refuse);
}

async function importFile(cache: Cache, file: string, name: string): Promise<CachedImage> {
  const { context, folder } = cache;
  const path = resolve(file);
  const { size, mtimeMs } = await requireFile(path);
  const stamp = `${String(size)}-${String(mtimeMs)}`;
  return alone(cache, name, async () => {
    const known = await find(cache, (image) => image.name === name && image.stamp === stamp);
    if (known !== undefined) return known;
    const { refersTo } = await requireDisk(path);
    context.log(`importing ${basename(path)}`);
    const part = join(folder, `${crypto.randomUUID()}.part`);
    try {
      const digest = await digestOf(path, 'sha256', context.signal);
      // An image that builds on another one names it relative to its own place: it is converted from there.
      if (refersTo === undefined) await copyFile(path, part, constants.COPYFILE_FICLONE);
      return await keep(cache, refersTo === undefined ? part : path, { name, digest, source: path, stamp });
    } catch (error) {
      throw ['ENOSPC', 'EDQUOT'].includes(codeOf(error) ?? '') ? diskFull(part, error) : error;
    } finally {
      await rm(part, { force: true });
    }
  });
}

interface Kept {
  readonly name: string;
  readonly digest: Digest;
  readonly source: string;
  readonly stamp?: string;
}

/** Takes a file that was verified into the cache, as something that VirtualBox reads. */
async function keep({ context, arch, folder, index }: Cache, part: string, entry: Kept): Promise<CachedImage> {
  const { refersTo, convert, refuse, diskBytes, format } = await readDiskFormat(part);
  // A downloaded image must not make us read files of this computer into a disk.
  const forbidden = refersTo !== undefined && isUrl(entry.source) ? convert : refuse;
  if (forbidden !== undefined) throw unsupported(entry.source, forbidden);
  const digest = digestText(entry.digest);
  const file = `${digest.replace(':', '-')}.${convert === undefined ? format : 'qcow2'}`;
  const path = join(folder, file);
  if (convert === undefined) await rename(part, path);
  else await convertDisk(context, { from: part, to: path, format, reason: convert, source: entry.source });
  const image: CachedImage = {
    name: entry.name,
    arch,
    digest,
    file,
    bytes: (await stat(path)).size,
    ...(diskBytes !== undefined && { diskBytes }),
    source: entry.source,
    addedAt: new Date().toISOString(),
    ...(entry.stamp !== undefined && { stamp: entry.stamp }),
  };
  await context.exclusive('image-index', () => index.put(image));
  return image;
}

async function listedDigest(
  { sums, url }: ReturnType<typeof imageSource>,
  signal: AbortSignal,
): Promise<Digest | undefined> {
  if (sums === undefined) return undefined;
  const hex = digestIn(await downloadText(sums.url, signal), basename(new URL(url).pathname));
  if (hex !== undefined) return { algorithm: sums.algorithm, hex };
  throw new SwarmupError('DOWNLOAD_FAILED', `${sums.url} does not name ${basename(url)}`);
}

/** A line for each twentieth of it. */
function tellProgress(
  name: string,
  log: (message: string) => void,
): (bytes: number, total: number | undefined) => void {
  let told = -1;
  return (bytes, total) => {
    const step = total === undefined ? Math.floor(bytes / 50e6) : Math.floor((bytes / total) * 20);
    if (step === told) return;
    told = step;
    const megabytes = `${String(Math.round(bytes / 1e6))} MB`;
    log(
      `downloading ${name}: ${total === undefined ? megabytes : `${String(step * 5)} % of ${String(Math.round(total / 1e6))} MB`}`,
    );
  };
}

function unsupported(source: string, why: string): SwarmupError {
  return new SwarmupError('IMAGE_UNSUPPORTED', `${source} cannot be used: ${why}`, {
    exitCode: exitCodes.preflight,
    hints: ['VirtualBox reads qcow2 (not compressed by zstd), VDI, VMDK and VHD'],
  });
}

function mismatch(url: string, wanted: Digest, found: Digest): SwarmupError {
  return new SwarmupError(
    'IMAGE_DIGEST_MISMATCH',
    `${url} does not have the expected digest: its ${wanted.algorithm} is ${found.hex.slice(0, 16)}…, not ${wanted.hex.slice(0, 16)}…`,
    {
      hints: [
        'try again: a new image may have just been published',
        'if the digest still differs, the file was changed: do not use it',
      ],
    },
  );
}
