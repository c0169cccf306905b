import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lsCommand } from '../../../src/cli/light/ls-command.js';
import { runLight } from '../../../src/cli/light/run-light.js';
import { openStore } from '../../../src/machine/file-store.js';
import { machineRecord } from '../../machine/machine-record.js';
import { fakeIo } from '../../support/fake-io.js';
import { tlsEngine } from '../../support/tls-engine.js';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'swarmup-light-'));
});
afterEach(() => rm(home, { recursive: true }));

it('a driver of a plugin is handed over at once: what does not answer is waited for only once', async () => {
  const store = openStore(home);
  const certs = await store.folder('certs');
  await using silent = await tlsEngine({ certs, version: 'x', of: 'dead', silent: true });
  const ready = { phase: 'ready', swarm: null, role: null } as const;
  await store.add(
    machineRecord('dead', { ...ready, driver: 'generic', engine: { url: silent.url, certPath: 'certs' } }),
  );
  await store.add(machineRecord('theirs', { ...ready, driver: 'acme' }));
  const io = fakeIo({ env: { HOME: home, SWARMUP_HOME: home } });
  // A time limit that the test's own would not survive.
  expect(await runLight(lsCommand, ['ls', '--timeout', '3600'], io)).toBeUndefined();
  expect([io.out(), io.err()]).toEqual(['', '']);
});
