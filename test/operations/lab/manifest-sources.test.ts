import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { manifestSources } from '../../../src/operations/lab/manifest-sources.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarmup-manifest-'));
});
afterAll(() => rm(folder, { recursive: true }));

const extending = async (base: string): Promise<string> => {
  const manifest = join(folder, 'swarmup.yaml');
  await writeFile(manifest, `extends: ${base}\n`);
  return manifest;
};

it.runIf(process.platform !== 'win32')('does not wait for a FIFO', async () => {
  execFileSync('mkfifo', [join(folder, 'fifo')]);
  await expect(manifestSources(await extending('fifo'))).rejects.toMatchObject({
    code: 'MANIFEST_MISSING',
    message: expect.stringContaining('not a regular file') as string,
  });
});

it.runIf(process.platform !== 'win32')('does not read a device or a folder', async () => {
  for (const base of ['/dev/zero', '.'])
    await expect(manifestSources(await extending(base))).rejects.toMatchObject({ code: 'MANIFEST_MISSING' });
});

it('does not read a file that is too large to be a manifest', async () => {
  await writeFile(join(folder, 'large'), '');
  await truncate(join(folder, 'large'), 2 ** 30);
  await expect(manifestSources(await extending('large'))).rejects.toThrow('larger than 1 MiB');
});

it('reads a manifest and what it extends', async () => {
  await writeFile(join(folder, 'base.yaml'), 'name: lab\n');
  expect((await manifestSources(await extending('base.yaml'))).map(({ text }) => text)).toEqual([
    'name: lab\n',
    'extends: base.yaml\n',
  ]);
});
