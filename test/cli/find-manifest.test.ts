import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nearestManifest, requireManifest } from '../../src/cli/find-manifest.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarmup-manifest-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('the manifest of a folder', () => {
  it('is the nearest one, of two in a folder tree', async () => {
    const inner = join(folder, 'inner', 'deep');
    await mkdir(inner, { recursive: true });
    await writeFile(join(folder, 'swarmup.yaml'), '');
    expect(nearestManifest(inner)).toBe(join(folder, 'swarmup.yaml'));
    await writeFile(join(folder, 'inner', 'swarmup.yml'), '');
    expect(nearestManifest(inner)).toBe(join(folder, 'inner', 'swarmup.yml'));
  });

  it('is not one of two in the same folder, until one is named', async () => {
    const [one, another] = [join(folder, 'swarmup.yaml'), join(folder, 'swarmup.yml')];
    await Promise.all([one, another].map((path) => writeFile(path, '')));
    expect(() => nearestManifest(folder)).toThrow(
      expect.objectContaining({
        code: 'MANIFEST_AMBIGUOUS',
        exitCode: 2,
        message: `there are two manifests, ${one} and ${another}`,
      }) as Error,
    );
    expect(requireManifest({ cwd: folder }, 'swarmup.yml')).toBe(another);
  });

  it('is missing, and the error says where it was looked for', () => {
    expect(() => requireManifest({ cwd: folder }, undefined)).toThrow(`there is no swarmup.yaml in ${folder}`);
  });
});
