import { execa } from 'execa';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readIso } from './iso.js';

const hasMaker = await execa('genisoimage', ['--version'], { reject: false }).then(({ exitCode }) => exitCode === 0);

describe.skipIf(!hasMaker)('readIso', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'iso-'));
    await mkdir(join(folder, 'in', 'sub'), { recursive: true });
    await writeFile(join(folder, 'in', 'user-data'), '#cloud-config\n');
    await writeFile(join(folder, 'in', 'network-config'), 'x'.repeat(5000));
    await writeFile(join(folder, 'in', 'sub', 'other'), 'y');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it.each([
    ['Joliet', ['-joliet']],
    ['Rock Ridge', ['-rock']],
    ['both', ['-joliet', '-rock']],
  ])('reads label, long names and content: %s', async (_name, options) => {
    const image = join(folder, 'seed.iso');
    await execa('genisoimage', ['-quiet', '-output', image, '-volid', 'cidata', ...options, join(folder, 'in')]);
    const { label, files } = readIso(image);
    expect(label).toBe('cidata');
    expect([...files.keys()].sort()).toEqual(['network-config', 'user-data']);
    expect(files.get('user-data')?.toString()).toBe('#cloud-config\n');
    expect(files.get('network-config')?.length).toBe(5000);
  });

  it('refuses what is no image', async () => {
    const file = join(folder, 'zeros');
    await writeFile(file, Buffer.alloc(65_536));
    expect(() => readIso(file)).toThrow('is no ISO 9660 image');
  });
});
