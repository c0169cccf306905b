import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../../src/lib/errors.js';

const cache = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'swarmup-test');

/** A day: another run in this checkout may still use what an older state of the sources made. */
const keptMs = 86_400_000;

/**
 * The folder that `make` fills: once for each `hash` of its sources, for this run and later ones, so that tests which run
 * at once share it and none sees half of it. `kind` begins its name.
 */
export async function madeOnce(kind: string, hash: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cache, `${kind}-${hash}`);
  if (existsSync(folder)) return folder;
  await mkdir(cache, { recursive: true });
  const made = await mkdtemp(join(cache, `${kind}-making-`));
  await make(made);
  // Where another worker was quicker, its is the same.
  await rename(made, folder).catch(async (error: unknown) => {
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error;
    await rm(made, { recursive: true });
  });
  await removeOlder(kind);
  return folder;
}

async function removeOlder(kind: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (!name.startsWith(`${kind}-`)) continue;
    const { mtimeMs } = await stat(join(cache, name));
    if (Date.now() - mtimeMs > keptMs) await rm(join(cache, name), { recursive: true, force: true });
  }
}
