import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { seal, type SealKey } from '../../../src/lib/sealed-file.js';
import { driverContext } from '../../../src/operations/access/driver-context.js';
import { makeHosts } from '../../../src/operations/recovery/restore-targets.js';
import { restoreSwarm } from '../../../src/operations/recovery/restore-swarm.js';
import { backupKind, packBackup } from '../../../src/swarm/backup-file.js';
import { backupManifest } from '../../support/backup-manifest.js';
import { openLab } from '../../support/lab.js';

const key: SealKey = { mode: 'passphrase', secret: 'correct horse', cost: 10 };

const manifest = { ...backupManifest, engineVersion: '27.3.1' };

it('the state of a newer engine is not put under an older one; nothing is changed', async () => {
  await using lab = await openLab();
  await lab.create('n1', { swarm: null });
  const file = join(lab.userHome, 'a.backup');
  const packed = packBackup(manifest, new Map([['state.tar.gz', Buffer.from('a state')]]));
  await writeFile(file, await seal(packed, { kind: backupKind, key }));
  const { engine, scripts } = lab.host('n1');
  const before = [...scripts];
  const calls = engine.calls.length;
  const restoring = restoreSwarm(lab.process().context, {
    file,
    key: () => Promise.resolve(key),
    swarm: undefined,
    on: ['n1'],
    driver: undefined,
    advertiseAddr: undefined,
    force: false,
    dryRun: false,
  });
  await expect(restoring).rejects.toMatchObject({
    code: 'ENGINE_OLDER',
    host: 'n1',
    exitCode: 3,
    message: 'n1 has Docker Engine 20.10.24+dfsg1, older than 27.3.1 of the backup',
  });
  expect([...scripts]).toEqual(before);
  expect(engine.calls.slice(calls)).toEqual(['GET /info']);
  expect(await lab.store.require('n1')).toMatchObject({ swarm: null, role: null, nodeId: null });
});

it('a dry run checks the backup and the hosts that are there, and makes none', async () => {
  await using lab = await openLab();
  await lab.create('n1', { swarm: null });
  const file = join(lab.userHome, 'a.backup');
  const packed = packBackup(backupManifest, new Map([['state.tar.gz', Buffer.from('a state')]]));
  await writeFile(file, await seal(packed, { kind: backupKind, key }));
  const { engine, scripts } = lab.host('n1');
  const before = [...scripts];
  const calls = engine.calls.length;
  const restoring = (...on: readonly string[]) =>
    restoreSwarm(lab.process().context, {
      ...{ file, key: () => Promise.resolve(key), on, dryRun: true, force: false },
      ...{ swarm: undefined, driver: undefined, advertiseAddr: undefined },
    });
  expect(await restoring('n1', 'n2')).toMatchObject({
    dryRun: true,
    manager: 'n1',
    servicesRun: null,
    hosts: [
      { name: 'n1', status: 'would-restore' },
      { name: 'n2', status: 'would-create' },
    ],
  });
  expect((await restoring('n2', 'n1')).hosts.map(({ status }) => status)).toEqual(['would-create', 'would-join']);
  expect([...scripts]).toEqual(before);
  expect(new Set(engine.calls.slice(calls))).toEqual(new Set(['GET /info']));
  expect(await lab.store.read('n2')).toBeUndefined();
});

it('a host that is gone would be made, and is made again as a plain host at its own address', async () => {
  await using lab = await openLab();
  await lab.create('m w');
  const { id, addresses, nodeId } = await lab.store.require('w');
  const { context } = lab.process();
  const driver = await context.drivers.get('fake');
  await driver.remove(driverContext(context, driver, {}), { id, name: 'w' }, { id });
  const file = join(lab.userHome, 'a.backup');
  const packed = packBackup(backupManifest, new Map([['state.tar.gz', Buffer.from('a state')]]));
  await writeFile(file, await seal(packed, { kind: backupKind, key }));
  const planned = await restoreSwarm(context, {
    ...{ file, key: () => Promise.resolve(key), on: ['m', 'w'], dryRun: true, force: true },
    ...{ swarm: 'default', driver: undefined, advertiseAddr: undefined },
  });
  expect(planned.hosts.map(({ status }) => status)).toEqual(['would-restore', 'would-create']);
  await makeHosts(context, ['w'], undefined, 'default');
  expect(lab.world.hosts.has(id)).toBe(true);
  const made = await lab.store.require('w');
  expect(made).toMatchObject({ id, addresses, phase: 'ready', swarm: null, role: null, formerNodeId: nodeId });
});
