import { open } from 'node:fs/promises';
import { constants } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { codeOf, messageOf, usageError } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import type { YamlSource } from '../../lib/yaml-files.js';
import { extendedFiles } from '../../lab/read-manifest.js';

/** The longest chain of manifests that extend one another. */
const maxDepth = 16;

/** People write manifests: a larger file is something else. */
const maxBytes = 1024 ** 2;

/**
 * A manifest and the manifests that it extends, in the order in which they override each other. Errors (exit 2):
 * MANIFEST_MISSING; MANIFEST_INVALID if a manifest extends itself.
 */
export const manifestSources = (file: string): Promise<readonly YamlSource[]> => readSources(resolve(file), []);

async function readSources(path: string, above: readonly string[]): Promise<readonly YamlSource[]> {
  if (above.includes(path)) throw usageError('MANIFEST_INVALID', `${path} extends itself`);
  if (above.length === maxDepth)
    throw usageError('MANIFEST_INVALID', `${path}: more than ${maxDepth} manifests extend one another`);
  const text = await readText(path, above.at(-1));
  const below: YamlSource[] = [];
  for (const base of extendedFiles(text))
    below.push(...(await readSources(resolve(dirname(path), base), [...above, path])));
  return [...below, { path, text }];
}

async function readText(path: string, extendedBy: string | undefined): Promise<string> {
  try {
    return await readRegular(path);
  } catch (error) {
    const why = codeOf(error) === 'ENOENT' ? 'the file does not exist' : messageOf(error);
    const by = extendedBy === undefined ? '' : `, which ${extendedBy} extends`;
    throw usageError('MANIFEST_MISSING', `${path}${by}: ${why}`, `${swarmup`init`} writes a manifest`);
  }
}

/** A FIFO would block for ever and a device may never end, so only a regular file is read. */
async function readRegular(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const about = await file.stat();
    if (!about.isFile()) throw new Error('it is not a regular file');
    if (about.size > maxBytes) throw new Error(`it is larger than ${maxBytes / 1024 ** 2} MiB`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}
