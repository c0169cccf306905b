import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeFolder } from '../../src/lib/make-folder.js';

describe('a folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'swarmup-folder-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is made with those above it, and stays', async () => {
    const path = join(folder, 'a', 'b', 'c');
    await makeFolder(path, 0o700);
    await makeFolder(path);
    expect((await stat(join(folder, 'a'))).mode & 0o777).toBe(0o700);
  });

  it('is not made where there is a file', async () => {
    await writeFile(join(folder, 'a'), '');
    await expect(makeFolder(join(folder, 'a'))).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(makeFolder(join(folder, 'a', 'b'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  // With mkdir(path, { recursive: true }) the process would use a core until it is killed.
  it.runIf(process.platform === 'linux')('is an error where nothing can be made', { timeout: 5000 }, async () => {
    await expect(makeFolder('/proc/nope/a/b')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
