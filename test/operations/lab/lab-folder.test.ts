import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../../src/machine/file-store.js';
import { checkFolder } from '../../../src/operations/lab/lab-folder.js';
import { machineRecord } from '../../machine/machine-record.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarmup-folders-'));
});
afterEach(() => rm(folder, { recursive: true }));

const manifestIn = (name: string): string => join(folder, name, 'swarmup.yaml');

async function labIn(name: string, lab: string): Promise<void> {
  await mkdir(join(folder, name));
  await writeFile(manifestIn(name), `version: 1\nname: ${lab}\n`);
}

/** Checks the lab `lab` in a folder; its host was made from folder `a`. Returns what is reported. */
async function check(where: string): Promise<readonly string[]> {
  const store = openStore(join(folder, 'home'), 'lab');
  const mark = { name: 'lab', pool: 'm', manifest: manifestIn('a') };
  if ((await store.read('m')) === undefined) await store.add(machineRecord('m', { swarm: 'lab', lab: mark }));
  const told: string[] = [];
  const report = (event: { readonly type: string; readonly message?: string }): void => {
    told.push(event.message ?? event.type);
  };
  await checkFolder({ store, report, env: {} }, { name: 'lab', manifest: manifestIn(where) });
  return told;
}

describe('a lab', () => {
  it('is that of its folder', async () => {
    await labIn('a', 'lab');
    expect(await check('a')).toEqual([]);
  });

  it('is not that of a copy, and the error has both manifests', async () => {
    await labIn('a', 'lab');
    await labIn('b', 'lab');
    await expect(check('b')).rejects.toMatchObject({
      code: 'LAB_ELSEWHERE',
      exitCode: 3,
      message: `lab lab belongs to ${manifestIn('a')}, not to ${manifestIn('b')}`,
    });
  });

  it('follows its folder, also when that was moved twice', async () => {
    await labIn('a', 'lab');
    await rename(join(folder, 'a'), join(folder, 'b'));
    await rename(join(folder, 'b'), join(folder, 'c'));
    expect(await check('c')).toEqual([`lab lab moved from ${join(folder, 'a')} to ${join(folder, 'c')}`]);
  });

  it('follows its folder where another lab has the old place now', async () => {
    await labIn('a', 'lab');
    await rename(join(folder, 'a'), join(folder, 'b'));
    await labIn('a', 'other');
    expect(await check('b')).toEqual([`lab lab moved from ${join(folder, 'a')} to ${join(folder, 'b')}`]);
  });

  it('stays where it is while the manifest there cannot be read', async () => {
    await labIn('b', 'lab');
    await labIn('a', 'lab');
    await writeFile(manifestIn('a'), 'name: [');
    await expect(check('b')).rejects.toMatchObject({ code: 'LAB_ELSEWHERE' });
  });
});
