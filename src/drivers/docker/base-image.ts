import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../../lib/make-folder.js';
import type { EngineClient } from '../../lib/engine-client.js';
import { messageOf, SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { DriverContext } from '../driver.js';
import { bootstrapRootFs } from './bootstrap-root-fs.js';
import { isStatus } from './host-container.js';

const folderPrefix = 'node-base-';
/** Longer than making a root file system may take. */
const abandonedAfterMs = 60 * 60_000;

const registryImage = 'debian:bookworm-slim';
const ownRepository = 'swarmup/node-base';
const ownImage = `${ownRepository}:local`;

/**
 * The image that the node image starts from: Debian's from a registry, or, where no registry answers, one made here
 * from the packages of this machine's distribution. Errors: BASE_IMAGE_UNAVAILABLE (exit 3) with both causes.
 */
export async function ensureBaseImage(engine: EngineClient, context: DriverContext): Promise<string> {
  for (const image of [registryImage, ownImage]) if (await imageExists(engine, image, context.signal)) return image;
  try {
    await pull(engine, context);
    return registryImage;
  } catch (error) {
    context.signal.throwIfAborted();
    context.log(`${registryImage} cannot be pulled; making a base image from the package sources of this computer`);
    await importRootFs(engine, context, error);
    return ownImage;
  }
}

/** API: GET /images/{name}/json. */
export async function imageExists(engine: EngineClient, image: string, signal: AbortSignal): Promise<boolean> {
  try {
    await engine.request('GET', `/images/${image}/json`, { signal });
    return true;
  } catch (error) {
    if (isStatus(error, 404)) return false;
    throw error;
  }
}

async function pull(engine: EngineClient, context: DriverContext): Promise<void> {
  const [fromImage, tag] = registryImage.split(':');
  context.log(`pulling ${registryImage}`);
  await engine.request('POST', '/images/create', {
    signal: context.signal,
    timeoutMs: 180_000,
    query: { fromImage, tag },
    onJson: () => undefined,
  });
}

/** The archive goes over a file: a program's output as bytes is not what `run` is for. */
async function importRootFs(engine: EngineClient, context: DriverContext, pullError: unknown): Promise<void> {
  await makeFolder(context.cacheDir);
  await removeAbandoned(context.cacheDir);
  const folder = await mkdtemp(join(context.cacheDir, folderPrefix));
  try {
    const archive = await bootstrapRootFs(context, folder);
    await engine.request('POST', '/images/create', {
      signal: context.signal,
      timeoutMs: 180_000,
      query: { fromSrc: '-', repo: ownRepository, tag: 'local' },
      headers: { 'content-type': 'application/x-tar' },
      rawBody: createReadStream(archive),
      onJson: () => undefined,
    });
  } catch (error) {
    context.signal.throwIfAborted();
    throw new SwarmupError(
      'BASE_IMAGE_UNAVAILABLE',
      `there is no base image for hosts: ${messageOf(error)}; and ${registryImage} cannot be pulled: ${messageOf(pullError)}`,
      {
        exitCode: exitCodes.preflight,
        hints: [
          'on Debian or Ubuntu: apt-get install mmdebstrap',
          `or load ${registryImage} into the engine: docker load`,
        ],
        cause: error,
      },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Folders of processes that were killed: half a gigabyte each. */
async function removeAbandoned(cacheDir: string): Promise<void> {
  for (const name of (await readdir(cacheDir)).filter((entry) => entry.startsWith(folderPrefix))) {
    const folder = join(cacheDir, name);
    const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > abandonedAfterMs) await rm(folder, { recursive: true, force: true });
  }
}
