import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { describe, it } from 'vitest';
import { driverContract } from '../../src/drivers/testing/driver-contract.js';
import { processRunner } from '../../src/lib/local-process.js';
import { generateSshKey } from '../../src/ssh/keys.js';
import { noFiles } from '../support/driver-context.js';
import { fakeDriver, fakeWorld } from '../support/fake-driver.js';

const world = fakeWorld();

driverContract(
  {
    driver: () => fakeDriver(world),
    context: (signal, log) => ({
      options: {},
      signal,
      log,
      run: processRunner(process.env),
      env: {},
      cacheDir: tmpdir(),
      files: noFiles,
      exclusive: (_key, use) => use(),
    }),
    identity: () => ({
      id: randomUUID(),
      name: 'fake-host',
      swarm: null,
      swarmId: null,
      role: null,
      owner: 'tests',
      authorizedKey: generateSshKey('user').publicKey,
      hostKey: generateSshKey('host'),
    }),
    connect: async ({ id, hostKey, authorizedKey }) => {
      const host = world.hosts.get(id);
      assert.equal(host?.power, 'running');
      assert.deepEqual(host.identity.hostKey, hostKey);
      assert.equal(host.identity.authorizedKey, authorizedKey);
    },
    leftovers: async () => [...world.hosts.keys()],
  },
  { describe, it },
);
