import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSettings, requireDriver, requireKey, settingsInForce, writeSetting } from '../../src/cli/settings.js';

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

  it('reads those of earlier versions where the home has none', async () => {
    const env = { SWARMUP_HOME: join(folder, 'home'), XDG_CONFIG_HOME: folder };
    const here = { env, platform: 'linux' } as const;
    const former = join(folder, 'swarmup', 'config.json');
    expect(await readSettings(here)).toEqual({ path: join(folder, 'home', 'config.json') });
    await mkdir(dirname(former));
    await writeFile(former, '{"driver": "docker"}');
    expect(await readSettings(here)).toEqual({ path: former, driver: 'docker' });
    expect(await writeSetting(here, 'engine-version', '24.0')).toBe(former);
    expect(await readSettings(here)).toEqual({
      path: join(folder, 'home', 'config.json'),
      ...{ driver: 'docker', 'engine-version': '24.0' },
    });
    expect(await writeSetting(here, 'driver', undefined)).toBeUndefined();
    expect(await readSettings(here)).not.toHaveProperty('driver');
    expect(await readFile(former, 'utf8')).toBe('{"driver": "docker"}');
  });

  it.each([
    ['', ['1:1: it is not JSON']],
    ['{"driver": docker}', ['1:12: it is not JSON']],
    ['[]', [' it must be a JSON object']],
    ['{"driver": 1}', ['1:2: driver: it must be a string, but is a number']],
    ['{"driver": ""}', ['1:2: driver: it must be the name of a driver, for example docker, but is ""']],
    [
      '{\n  "drivr": "docker",\n  "engine-version": "newest",\n  "default-addr-pool": "10"\n}',
      [
        '2:3: drivr: there is no such key; did you mean driver?',
        '3:3: engine-version: it must be a version of Docker Engine, for example 24.0, but is "newest"',
        '4:3: default-addr-pool: it must be a network, for example 10.20.0.0/16, but is "10"',
      ],
    ],
  ])('refuses %j with the place of all that is wrong', async (text, lines) => {
    await writeFile(path, text);
    const message = lines.map((line) => `${path}:${line}`).join('\n');
    await expect(read()).rejects.toMatchObject({ code: 'CONFIG_INVALID', exitCode: 2, message });
  });
});

describe('settingsInForce', () => {
  it('tells from where each value comes', async () => {
    await writeFile(path, '{"driver": "docker", "engine-version": "24.0"}');
    const env = { SWARMUP_CONFIG: path, SWARMUP_DRIVER: 'aws' };
    const { settings } = await settingsInForce({ env, platform: 'linux' });
    expect(settings).toMatchObject([
      { setting: 'driver', value: 'aws', source: 'environment', variable: 'SWARMUP_DRIVER' },
      { setting: 'engine-version', value: '24.0', source: 'file' },
      { setting: 'default-addr-pool', value: null, source: 'default' },
    ]);
    expect(settings[1]).not.toHaveProperty('variable');
  });
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
  });

  it.each([
    ['driver', '', 'driver: it must be the name of a driver, for example docker, but is ""'],
    [
      'engine-version',
      'newest',
      'engine-version: it must be a version of Docker Engine, for example 24.0, but is "newest"',
    ],
    [
      'default-addr-pool',
      '10.0.0.0',
      'default-addr-pool: it must be a network, for example 10.20.0.0/16, but is "10.0.0.0"',
    ],
  ] as const)('refuses for %s the value %j', async (key, value, message) => {
    await expect(writeSetting(io(), key, value)).rejects.toMatchObject({
      code: 'SETTING_INVALID',
      exitCode: 2,
      message,
    });
    expect(await read()).toEqual({ path });
  });
});

it('requireKey tells what was meant', () => {
  expect(() => requireKey('drvier')).toThrow(expect.objectContaining({ code: 'SETTING_UNKNOWN', exitCode: 2 }));
  expect(() => requireKey('drvier')).toThrow(
    expect.objectContaining({ hints: ['did you mean driver?', 'swarmup config ls'] }),
  );
});

it('requireDriver tells which there are, and what was meant', () => {
  expect(() => {
    requireDriver('dockr', ['docker', 'generic']);
  }).toThrow(
    expect.objectContaining({
      ...{ code: 'SETTING_INVALID', exitCode: 2 },
      message: 'driver: it must be docker or generic, but is "dockr"; did you mean docker?',
    }),
  );
});
