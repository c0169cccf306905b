import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { pluginDeclaration } from '../../../src/drivers/docker-machine/declaration.js';
import { dockerMachineDriver } from '../../../src/drivers/docker-machine/docker-machine-driver.js';
import type { DriverContext } from '../../../src/drivers/driver.js';
import { driverContract } from '../../../src/drivers/testing/driver-contract.js';
import { codeOf } from '../../../src/lib/errors.js';
import { processRunner } from '../../../src/lib/local-process.js';
import { writeFileAtomic } from '../../../src/machine/atomic-file.js';
import { generateSshKey } from '../../../src/ssh/keys.js';
import { buildHandedPlugin, hasGo } from '../../support/docker-machine-plugins.js';

/** The place where these hosts exist: a folder for each, as the store has it, and a port that answers for all. */
let folder: string;
let binary: string;
let key: string;
let door: Server;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plugin-contract-'));
  if (!hasGo) return;
  binary = join(await buildHandedPlugin(), 'docker-machine-driver-handed');
  key = join(folder, 'key');
  await writeFileAtomic(key, generateSshKey('user').privateKey);
  door = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
}, 180_000);
afterAll(async () => {
  if (hasGo) await new Promise((resolve) => door.close(resolve));
  await rm(folder, { recursive: true });
});

const files: DriverContext['files'] = (host) => {
  const own = join(folder, 'hosts', host);
  return {
    folder: own,
    read: (name) =>
      readFile(join(own, name), 'utf8').catch((error: unknown) => {
        if (codeOf(error) === 'ENOENT') return undefined;
        throw error;
      }),
    async write(name, text) {
      const { mkdir } = await import('node:fs/promises');
      await mkdir(own, { recursive: true });
      await writeFileAtomic(join(own, name), text);
    },
  };
};

/** What the plugin says that it has made, as its own records tell. */
async function made(): Promise<readonly string[]> {
  const hosts = await readdir(join(folder, 'hosts')).catch(() => []);
  const records = await Promise.all(hosts.map(async (host) => [host, await files(host).read('config.json')] as const));
  return records.flatMap(([host, text]) =>
    text !== undefined && (JSON.parse(text) as { Created: boolean }).Created ? [host] : [],
  );
}

describe.skipIf(!hasGo)('a plugin of docker-machine', () => {
  driverContract(
    {
      driver: () => dockerMachineDriver(pluginDeclaration('handed'), binary),
      context: (signal, log) => ({
        options: {
          'handed-token': 'secret',
          'handed-ssh-key': key,
          'handed-ip': '127.0.0.1',
          'handed-ssh-port': (door.address() as AddressInfo).port,
        },
        signal,
        log,
        run: processRunner(process.env),
        env: process.env,
        cacheDir: folder,
        files,
        exclusive: (_key, use) => use(),
      }),
      identity: () => {
        const id = randomUUID();
        return {
          id,
          name: `h${id.slice(0, 8)}`,
          swarm: null,
          swarmId: null,
          role: null,
          owner: 'tests',
          authorizedKey: generateSshKey('user').publicKey,
          hostKey: generateSshKey('host'),
        };
      },
      // Its hosts are all the same door, which knows no ssh: test/e2e/docker-machine.test.ts logs in to real ones.
      leftovers: made,
      timeoutMs: 120_000,
    },
    { describe, it },
  );
});
