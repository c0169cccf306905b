import { describe, expect, it } from 'vitest';
import { builtInDrivers } from '../../src/drivers/built-in.js';
import type { DriverDeclaration } from '../../src/drivers/driver.js';
import { addPluginDrivers } from '../../src/drivers/plugin-drivers.js';
import { createRegistry } from '../../src/drivers/registry.js';
import { fakeDriver, fakeDriverEntry, fakeWorld } from '../support/fake-driver.js';

const declaration: DriverDeclaration = {
  apiVersion: 1,
  name: 'cloud',
  description: 'hosts somewhere',
  options: {
    region: { type: 'string', choices: ['north', 'south'], default: 'north', description: '' },
    'disk-gib': { type: 'integer', min: 8, max: 64, description: '' },
    spot: { type: 'boolean', env: 'CLOUD_SPOT', description: '' },
    zones: { type: 'list', description: '' },
  },
  capabilities: { power: true, snapshots: false, injectsHostKey: true, stableAddresses: true },
  preference: 1,
};
const registry = createRegistry([{ declaration, load: async () => fakeDriver(fakeWorld(), 'cloud') }]);
const invalid = (message: string): unknown =>
  expect.objectContaining({ code: 'OPTION_INVALID', exitCode: 2, message }) as unknown;

describe('registry', () => {
  it('loads a driver at its first use, and once', async () => {
    let loads = 0;
    const entry = fakeDriverEntry(fakeWorld());
    const drivers = createRegistry([{ ...entry, load: () => (loads++, entry.load()) }]);
    expect(loads).toBe(0);
    expect(await drivers.get('fake')).toBe(await drivers.get('fake'));
    expect(loads).toBe(1);
  });

  it('tries again to load a driver that failed to load', async () => {
    const entry = fakeDriverEntry(fakeWorld());
    let broken = true;
    const drivers = createRegistry([
      { ...entry, load: () => (broken ? Promise.reject(new Error('broken')) : entry.load()) },
    ]);
    await expect(drivers.get('fake')).rejects.toThrow('broken');
    broken = false;
    await expect(drivers.get('fake')).resolves.toMatchObject({ name: 'fake' });
  });

  it('names the known and the nearest drivers for an unknown one', async () => {
    const drivers = createRegistry(builtInDrivers);
    await expect(drivers.get('dokcer')).rejects.toMatchObject({
      code: 'DRIVER_UNKNOWN',
      exitCode: 2,
      message: "there is no driver named 'dokcer'; the known drivers are docker, generic, virtualbox, aws",
      hints: ['did you mean docker?'],
    });
    await expect(drivers.options('nothing-alike', {}, {})).rejects.toMatchObject({ code: 'DRIVER_UNKNOWN', hints: [] });
  });

  it('loads every built-in driver with the declaration it announced', async () => {
    for (const { declaration: announced, load } of builtInDrivers) expect(await load()).toMatchObject(announced);
  });
});

describe('driver options', () => {
  it('come from the flag, else the environment, else the default', async () => {
    const env = {
      SWARMUP_CLOUD_REGION: 'south',
      SWARMUP_CLOUD_DISK_GIB: '16',
      CLOUD_SPOT: 'yes',
      SWARMUP_CLOUD_SPOT: '',
    };
    expect(await registry.options('cloud', {}, {})).toEqual({ region: 'north' });
    expect(await registry.options('cloud', {}, env)).toEqual({ region: 'south', 'disk-gib': 16, spot: true });
    expect(await registry.options('cloud', { region: 'north', spot: false, 'disk-gib': 8 }, env)).toEqual({
      region: 'north',
      'disk-gib': 8,
      spot: false,
    });
    expect(await registry.options('cloud', {}, { SWARMUP_CLOUD_REGION: '' })).toEqual({ region: 'north' });
  });

  it('are converted from text', async () => {
    const raw = { 'disk-gib': '64', spot: 'Off', zones: 'a, b,,c' };
    expect(await registry.options('cloud', raw, {})).toEqual({
      region: 'north',
      'disk-gib': 64,
      spot: false,
      zones: ['a', 'b', 'c'],
    });
    expect(await registry.options('cloud', { zones: ['a'] }, {})).toMatchObject({ zones: ['a'] });
  });

  it.each([
    [{ region: 'east' }, {}, "--cloud-region: 'east' is not 'north' or 'south'"],
    [{ region: 7 }, {}, '--cloud-region: 7 is not a string'],
    [{ 'disk-gib': '7' }, {}, "--cloud-disk-gib: '7' is not a whole number, at least 8, at most 64"],
    [{ 'disk-gib': 65 }, {}, '--cloud-disk-gib: 65 is not a whole number, at least 8, at most 64'],
    [{ 'disk-gib': '8.5' }, {}, "--cloud-disk-gib: '8.5' is not a whole number, at least 8, at most 64"],
    [{ 'disk-gib': ' ' }, {}, "--cloud-disk-gib: ' ' is not a whole number, at least 8, at most 64"],
    [
      {},
      { SWARMUP_CLOUD_DISK_GIB: 'big' },
      "SWARMUP_CLOUD_DISK_GIB: 'big' is not a whole number, at least 8, at most 64",
    ],
    [{}, { CLOUD_SPOT: 'maybe' }, "CLOUD_SPOT: 'maybe' is not true or false"],
    [{ zones: [1] }, {}, '--cloud-zones: [1] is not a list of strings'],
    [{ regoin: 'north' }, {}, "the driver 'cloud' has no option 'regoin'"],
  ])('%j with %j is refused', async (raw, env, message) => {
    await expect(registry.options('cloud', raw, env)).rejects.toThrow(invalid(message));
  });
});

const builtIn = builtInDrivers.map(({ declaration }) => declaration.name);

describe('drivers of plugins', () => {
  const entry = fakeDriverEntry(fakeWorld(), 'mine');
  const namesOf = (answers: Parameters<typeof addPluginDrivers>[1]) => {
    const { entries, warnings } = addPluginDrivers(builtInDrivers, answers);
    return { names: entries.map((e) => e.declaration.name), warnings };
  };

  it('are added, as entries or as whole drivers', async () => {
    const whole = fakeDriver(fakeWorld(), 'whole');
    const { entries, warnings } = addPluginDrivers(builtInDrivers, [{ plugin: 'p', drivers: [entry, whole] }]);
    expect(warnings).toEqual([]);
    expect(entries.map((e) => e.declaration.name)).toEqual([...builtIn, 'mine', 'whole']);
    expect(await entries.at(-1)?.load()).toBe(whole);
  });

  it.each([
    [
      { ...entry, declaration: { ...entry.declaration, apiVersion: 2 } },
      "'mine' is made for version 2 of the driver interface, not 1",
    ],
    [fakeDriverEntry(fakeWorld(), 'docker'), "a driver named 'docker' exists already"],
    [fakeDriverEntry(fakeWorld(), 'My Cloud'), 'it has no name in lower-case letters'],
    [{ declaration: entry.declaration }, 'it has no load function'],
    [{ ...fakeDriver(fakeWorld(), 'mine'), remove: undefined }, 'it has no remove function'],
    [
      { ...entry, declaration: { ...entry.declaration, options: { x: 'text' } } },
      "'mine' declares an invalid value for options",
    ],
    [
      { ...entry, declaration: { ...entry.declaration, commands: { list: [] } } },
      "'mine' declares an invalid value for commands",
    ],
    [
      { ...entry, declaration: { ...entry.declaration, commands: { about: '', list: [{ name: 'Two words' }] } } },
      "'mine' declares an invalid value for commands",
    ],
    [
      { ...fakeDriver(fakeWorld(), 'mine'), commands: { about: 'x', list: [] } },
      'it declares commands but has no runCommand function',
    ],
    [{ ...entry, declaration: null }, 'its declaration is not an object'],
    ['mine', 'it is not an object'],
  ])('case %#: what is broken becomes a warning', (driver, reason) => {
    const good = fakeDriverEntry(fakeWorld(), 'good');
    expect(namesOf([{ plugin: 'p', drivers: [driver, good] }])).toEqual({
      names: [...builtIn, 'good'],
      warnings: [`a driver of the plugin p cannot be used: ${reason}`],
    });
  });

  it('a plugin that fails does not hide the others', () => {
    const answers = [
      { plugin: 'bad', error: new Error('no network') },
      { plugin: 'odd', drivers: entry },
      { plugin: 'p', drivers: [entry, entry] },
    ];
    expect(namesOf(answers)).toEqual({
      names: [...builtIn, 'mine'],
      warnings: [
        'the plugin bad failed to load its drivers: no network',
        'the plugin odd did not return a list of drivers',
        "a driver of the plugin p cannot be used: a driver named 'mine' exists already",
      ],
    });
  });
});
