import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineClient } from '../../lib/engine-client.js';
import { messageOf, SwarmupError } from '../../lib/errors.js';
import { inPackage } from '../../lib/package-folder.js';
import type { DriverContext } from '../driver.js';
import { ensureBaseImage, imageExists } from './base-image.js';
import { tarArchive } from '../../lib/tar-archive.js';

const buildTimeoutMs = 15 * 60_000;
/** The number of lines of a failed build in its error. */
const shownLines = 5;

interface Template {
  readonly name: string;
  readonly data: Buffer;
}

/**
 * The image of hosts, built if the engine does not have it. Its tag contains a hash of all its inputs, so a changed
 * template gives a new image. Only one build runs at a time; the others wait and use its result. Errors:
 * NODE_IMAGE_FAILED with the last lines of the build, BASE_IMAGE_UNAVAILABLE.
 */
export async function ensureNodeImage(
  engine: EngineClient,
  context: DriverContext,
  variant: 'engine' | 'bare',
): Promise<string> {
  const templates = await readTemplates();
  const tag = `swarmup/node:${variant}-${hashOf(templates)}`;
  if (await imageExists(engine, tag, context.signal)) return tag;
  context.log('waiting for the node image');
  return context.exclusive('docker-node-image', async () => {
    if (!(await imageExists(engine, tag, context.signal))) {
      const base = await ensureBaseImage(engine, context);
      await build(engine, context, { tag, base, variant, templates });
    }
    return tag;
  });
}

interface Build {
  readonly tag: string;
  readonly base: string;
  readonly variant: string;
  readonly templates: readonly Template[];
}

/** API: POST /build. The network of the machine: its proxies and name servers may be reachable from nowhere else. */
async function build(engine: EngineClient, context: DriverContext, { tag, base, variant, templates }: Build) {
  context.log(`building the node image ${tag} (once; a minute or two)`);
  const output: string[] = [];
  try {
    await engine.request('POST', '/build', {
      signal: context.signal,
      timeoutMs: buildTimeoutMs,
      query: {
        t: tag,
        target: variant,
        networkmode: 'host',
        rm: true,
        forcerm: true,
        buildargs: JSON.stringify({ BASE: base, ...proxies(context.env) }),
        labels: JSON.stringify({ 'swarmup.image': variant }),
      },
      headers: { 'content-type': 'application/x-tar' },
      rawBody: await tarArchive(templates.map((template) => ({ ...template, mode: 0o644 }))),
      onJson: ({ stream }) => {
        if (typeof stream !== 'string' || stream.trim() === '') return;
        output.push(stream.trimEnd());
        const step = /^Step (\d+\/\d+)/.exec(stream)?.[1];
        if (step !== undefined) context.log(`building the node image: step ${step}`);
      },
    });
  } catch (error) {
    context.signal.throwIfAborted();
    throw new SwarmupError('NODE_IMAGE_FAILED', `the node image could not be built: ${messageOf(error)}`, {
      hints: output.slice(-shownLines),
      cause: error,
    });
  }
}

async function readTemplates(): Promise<readonly Template[]> {
  const folder = inPackage('templates', 'node-image');
  const names = (await readdir(folder)).sort();
  return Promise.all(names.map(async (name) => ({ name, data: await readFile(join(folder, name)) })));
}

function hashOf(templates: readonly Template[]): string {
  const hash = createHash('sha256');
  for (const { name, data } of templates) hash.update(`${name}\0${data.length}\0`).update(data);
  return hash.digest('hex').slice(0, 12);
}

/** Build arguments that every engine knows without the Dockerfile naming them. */
function proxies(env: DriverContext['env']): Readonly<Record<string, string>> {
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'].flatMap((name) => [name, name.toLowerCase()]);
  return Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
}
