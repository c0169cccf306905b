import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSettings } from '../../src/cli/settings.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'settings-'));
  path = join(folder, 'config.json');
});
afterEach(() => rm(folder, { recursive: true }));

const read = () => readSettings({ env: { SWARMUP_CONFIG: path }, platform: 'linux' });

describe('readSettings', () => {
  it('needs no file', async () => {
    expect(await read()).toEqual({ path });
  });

  it('reads the driver', async () => {
    await writeFile(path, '{"driver": "docker"}');
    expect(await read()).toEqual({ path, driver: 'docker' });
  });

  it.each(['', '[]', 'null', '{"driver": 1}', '{"drivr": "docker"}'])('refuses %s and names the file', async (text) => {
    await writeFile(path, text);
    await expect(read()).rejects.toMatchObject({ code: 'CONFIG_INVALID', exitCode: 2 });
    await expect(read()).rejects.toThrow(path);
  });
});
