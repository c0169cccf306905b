import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Driver, DriverImage, DriverImages, DriverSnapshots } from '../../../src/drivers/driver.js';
import type { OperationContext } from '../../../src/operations/access/context.js';
import { importImage, listImages, pullImages, removeImages } from '../../../src/operations/drivers/images.js';
import {
  listSnapshots,
  removeSnapshots,
  restoreSnapshots,
  saveSnapshots,
} from '../../../src/operations/hosts/snapshots.js';
import { fakeDriver, fakeWorld } from '../../support/fake-driver.js';
import { operationContext } from '../../support/operation-context.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarmup-snapshots-'));
});
afterEach(() => rm(folder, { recursive: true }));

const entry = (driver: Driver) => ({ declaration: driver, load: () => Promise.resolve(driver) });
const image = (name: string): DriverImage => ({
  name,
  arch: 'amd64',
  digest: 'sha256:00',
  bytes: 1,
  source: 'x',
  addedAt: '',
});

describe('images', () => {
  const here = new Set(['one']);
  const images: DriverImages = {
    list: async () => [...here].map(image),
    known: async () => ['one', 'two'],
    pull: async (_, name) => (here.add(name), image(name)),
    import: async (_, __, name) => (here.add(name), image(name)),
    remove: async (_, name) => here.delete(name),
  };
  const withImages: Driver = { ...(fakeDriver(fakeWorld()) as Driver), images };

  it('are those of the driver that has some', async () => {
    const without = fakeDriver(fakeWorld(), 'plain') as Driver;
    const context = operationContext(folder, [entry(without), entry(withImages)]);
    const request = { driver: undefined };
    expect(await listImages(context, request)).toMatchObject({
      images: [{ driver: 'fake', name: 'one' }],
      available: ['two'],
    });
    await pullImages(context, { ...request, names: ['two'], digest: undefined });
    await importImage(context, { ...request, file: 'f', name: 'three' });
    expect((await listImages(context, request)).available).toEqual([]);
    expect(await removeImages(context, { ...request, names: ['one'] })).toEqual({ removed: ['one'] });
    await expect(removeImages(context, { ...request, names: ['one'] })).rejects.toMatchObject({
      code: 'IMAGE_UNKNOWN',
      exitCode: 2,
    });
    await expect(listImages(context, { driver: 'plain' })).rejects.toMatchObject({ code: 'IMAGES_NONE', exitCode: 2 });
  });

  it('of several drivers need the name of one', async () => {
    const other: Driver = { ...(fakeDriver(fakeWorld(), 'other') as Driver), images };
    const context = operationContext(folder, [entry(withImages), entry(other)]);
    await expect(listImages(context, { driver: undefined })).rejects.toMatchObject({
      code: 'IMAGES_AMBIGUOUS',
      exitCode: 2,
    });
  });
});

describe('snapshots', () => {
  const add = (context: OperationContext, name: string, driver: string): Promise<void> =>
    context.store.add({
      schemaVersion: 1,
      id: name,
      name,
      driver,
      swarm: null,
      role: null,
      phase: 'ready',
      options: {},
      engineSettings: { tlsSans: [], tls: true },
      driverState: { id: name },
      endpoint: { host: '127.0.0.1', port: 22_200, user: 'u', hostKey: 'k' },
      engine: null,
      advertiseAddr: null,
      nodeId: null,
      createdAt: '2026-11-21T10:00:00.000Z',
    });

  it('are taken, restored and removed of each host; a port that moved is noted', async () => {
    const taken: string[] = [];
    const of = (state: unknown, name = ''): string => `${(state as { id: string }).id}/${name}`;
    const snapshots: DriverSnapshots = {
      list: async (_, state) =>
        taken
          .filter((name) => name.startsWith(of(state)))
          .map((name) => ({ name: name.slice(of(state).length), current: false })),
      take: async (_, state, name) => void taken.push(of(state, name)),
      restore: async (context, state) => context.save(state),
      remove: async (_, state, name) => void taken.splice(taken.indexOf(of(state, name)), 1),
    };
    const description = {
      ssh: { host: '127.0.0.1', port: 22_201, user: 'u' },
      engine: { host: '1', port: 2 },
      privateAddresses: [],
    };
    const driver: Driver = {
      ...(fakeDriver(fakeWorld()) as Driver),
      snapshots,
      inspect: async (_, states) => states.map(() => ({ state: 'running', description })),
    };
    const context = operationContext(folder, [entry(driver)]);
    await add(context, 'a', 'fake');
    await add(context, 'b', 'fake');
    const request = { name: 's', hosts: ['a', 'b'] };
    const dry = { ...request, dryRun: true };
    expect((await saveSnapshots(context, dry)).hosts.map(({ status }) => status)).toEqual(['would-save', 'would-save']);
    expect((await removeSnapshots(context, dry)).hosts).toMatchObject(
      Array(2).fill({ error: { code: 'SNAPSHOT_UNKNOWN' } }),
    );
    expect(taken).toEqual([]);
    expect((await saveSnapshots(context, request)).hosts).toEqual([
      { name: 'a', status: 'saved' },
      { name: 'b', status: 'saved' },
    ]);
    expect(taken.sort()).toEqual(['a/s', 'b/s']);
    expect((await listSnapshots(context, ['a'])).snapshots).toEqual([{ host: 'a', name: 's', current: false }]);
    expect((await saveSnapshots(context, dry)).hosts).toMatchObject(
      Array(2).fill({ error: { code: 'SNAPSHOT_EXISTS' } }),
    );
    expect((await restoreSnapshots(context, dry)).hosts.map(({ status }) => status)).toEqual(
      Array(2).fill('would-restore'),
    );
    expect((await context.store.require('a')).endpoint).toMatchObject({ port: 22_200 });
    expect((await restoreSnapshots(context, request)).hosts.map(({ status }) => status)).toEqual([
      'restored',
      'restored',
    ]);
    expect((await context.store.require('a')).endpoint).toMatchObject({ port: 22_201, hostKey: 'k' });
    expect((await removeSnapshots(context, request)).hosts.map(({ status }) => status)).toEqual(['removed', 'removed']);
    expect(taken).toEqual([]);
  });

  it('are refused where the driver takes none', async () => {
    const context = operationContext(folder, [entry(fakeDriver(fakeWorld()))]);
    await add(context, 'a', 'fake');
    const error = { code: 'NO_SNAPSHOTS', exitCode: 3, host: 'a' };
    await expect(saveSnapshots(context, { name: 's', hosts: ['a'] })).rejects.toMatchObject(error);
    await expect(listSnapshots(context, ['a'])).rejects.toMatchObject(error);
  });
});
