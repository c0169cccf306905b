import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { seal, type SealKey } from '../../../src/lib/sealed-file.js';
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
