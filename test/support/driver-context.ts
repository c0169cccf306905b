import { randomUUID } from 'node:crypto';
import type { DriverContext, HostDescription, HostIdentity, OptionValues } from '../../src/drivers/driver.js';
import { waitFor } from '../../src/lib/abort.js';
import { codeOf, SwarmupError } from '../../src/lib/errors.js';
import { processRunner } from '../../src/lib/local-process.js';
import { generateSshKey } from '../../src/ssh/keys.js';
import { connectSsh } from '../../src/ssh/ssh-runner.js';

/** For drivers that keep nothing about a host but its state. */
export const noFiles: DriverContext['files'] = () => ({
  folder: '/nonexistent',
  read: () => Promise.resolve(undefined),
  write: () => Promise.reject(new Error('this driver keeps no files')),
});

/** Makes contexts of one driver that share their locks, as the contexts of one process do. */
export function driverContexts(options: OptionValues, cacheDir: string): (signal?: AbortSignal) => DriverContext {
  const queues = new Map<string, Promise<unknown>>();
  const held = new Set<string>();
  const exclusive: DriverContext['exclusive'] = (key, use, { patienceMs } = {}) => {
    if (patienceMs !== undefined && held.has(key))
      return Promise.reject(new SwarmupError('LOCKED', `${key} is held`, { retryable: true }));
    const turn = (queues.get(key) ?? Promise.resolve()).then(async () => {
      held.add(key);
      try {
        return await use();
      } finally {
        held.delete(key);
      }
    });
    queues.set(
      key,
      turn.catch(() => undefined),
    );
    return turn;
  };
  return (signal = new AbortController().signal) => ({
    options,
    belongsTo: { swarm: 'no-swarm', id: '00000000-0000-4000-8000-000000000000', owner: 'tests' },
    peers: () => Promise.resolve([]),
    signal,
    log: () => undefined,
    run: processRunner(process.env),
    env: {},
    cacheDir,
    files: noFiles,
    reservedAddresses: () => Promise.resolve([]),
    exclusive,
  });
}

/** Hosts with keys that tests can log in with. */
interface TestIdentities {
  readonly identity: (name: string) => HostIdentity;
  /** Logs in with the pinned host key, waiting while the host boots; runs a command there and returns its output. */
  readonly exec: (host: HostIdentity, description: HostDescription, command: string) => Promise<string>;
}

export function testIdentities(): TestIdentities {
  const userKey = generateSshKey('user');
  return {
    identity: (name) => ({
      id: randomUUID(),
      name,
      swarm: null,
      swarmId: null,
      role: null,
      owner: 'tests',
      authorizedKey: userKey.publicKey,
      hostKey: generateSshKey(name),
    }),
    async exec(host, { ssh }, command) {
      const target = { ...ssh, name: host.name, hostKey: host.hostKey.publicKey, privateKey: userKey.privateKey };
      const connection = await waitFor(
        { timeoutMs: 30_000, what: `ssh of ${host.name}`, fatal: (error) => codeOf(error) === 'HOST_KEY_MISMATCH' },
        (signal) => connectSsh(target, { signal }),
      );
      try {
        return (await connection.exec(command)).stdout;
      } finally {
        await connection[Symbol.asyncDispose]();
      }
    },
  };
}
