import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSettings, requireKey, writeSetting } from '../../src/cli/settings.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'settings-'));
  path = join(folder, 'config.json');
});
afterEach(() => rm(folder, { recursive: true }));

const io = () => ({ env: { SWARMUP_CONFIG: path }, platform: 'linux' }) as const;
const read = () => readSettings(io());

describe('readSettings', () => {
  it('needs no file', async () => {
    expect(await read()).toEqual({ path });
  });

  it('reads the driver', async () => {
    await writeFile(path, '{"driver": "docker"}');
    expect(await read()).toEqual({ path, driver: 'docker' });
  });

  it.each(['', '[]', 'null', '{"driver": 1}', '{"driver": ""}', '{"drivr": "docker"}'])(
    'refuses %s and names the file',
    async (text) => {
      await writeFile(path, text);
      await expect(read()).rejects.toMatchObject({ code: 'CONFIG_INVALID', exitCode: 2 });
      await expect(read()).rejects.toThrow(path);
    },
  );
});

describe('writeSetting', () => {
  it('makes the file and its folder, and leaves other settings as they are', async () => {
    path = join(folder, 'new', 'config.json');
    await writeSetting(io(), 'driver', 'docker');
    await writeSetting(io(), 'engine-version', '24.0');
    expect(await read()).toEqual({ path, driver: 'docker', 'engine-version': '24.0' });
    await writeSetting(io(), 'driver', undefined);
    expect(await read()).toEqual({ path, 'engine-version': '24.0' });
  });

  it('never replaces a file that it does not understand', async () => {
    await writeFile(path, '{"driver": "docker",');
    await expect(writeSetting(io(), 'driver', 'x')).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect(await readFile(path, 'utf8')).toBe('{"driver": "docker",');
    await expect(writeSetting(io(), 'driver', '')).rejects.toMatchObject({ code: 'SETTING_INVALID', exitCode: 2 });
  });
});

it('requireKey tells what was meant', () => {
  expect(() => requireKey('drvier')).toThrow(expect.objectContaining({ code: 'SETTING_UNKNOWN', exitCode: 2 }));
  expect(() => requireKey('drvier')).toThrow(
    expect.objectContaining({ hints: ['did you mean driver?', 'swarmup config ls'] }),
  );
});
