import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { Driver } from '../../src/drivers/driver.js';
import { driverContract } from '../../src/drivers/testing/driver-contract.js';
import { processRunner } from '../../src/lib/local-process.js';
import { generateSshKey } from '../../src/ssh/keys.js';
import { noFiles } from '../support/driver-context.js';
import { fakeDriver, fakeWorld, type FakeWorld } from '../support/fake-driver.js';

/** Runs the contract outside the test framework; the names of the tests that failed, with their reasons. */
async function failuresOf(spoil: (driver: Driver, world: FakeWorld) => Partial<Driver>): Promise<string[]> {
  const world = fakeWorld();
  const tests: { name: string; run: () => Promise<void> }[] = [];
  driverContract(
    {
      driver: () => {
        const driver = fakeDriver(world) as Driver;
        return { ...driver, ...spoil(driver, world) };
      },
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
        name: 'host',
        swarm: null,
        swarmId: null,
        role: null,
        owner: 'tests',
        authorizedKey: generateSshKey('user').publicKey,
        hostKey: generateSshKey('host'),
      }),
      leftovers: async () => [...world.hosts.keys()],
    },
    {
      describe: (_name, suite) => {
        suite();
      },
      it: (name, run) => tests.push({ name, run }),
    },
  );
  const failed: string[] = [];
  for (const { name, run } of tests)
    await run().catch((error: unknown) => failed.push(`${name}: ${(error as Error).message.split('\n')[0] ?? ''}`));
  return failed;
}

describe('the driver contract finds a driver that', () => {
  it('has nothing wrong', async () => {
    expect(await failuresOf(() => ({}))).toEqual([]);
  });

  it('makes a second host instead of adopting the first', async () => {
    const failed = await failuresOf((driver, world) => ({
      create: async (context, host, state) => {
        if (state !== undefined) world.hosts.set(randomUUID(), [...world.hosts.values()][0] as never);
        return driver.create(context, host, state);
      },
    }));
    expect(failed).toContain('creates a host that runs, and adopts it when asked again: adopting made something new');
  });

  it('leaves a host behind when it was killed before saving', async () => {
    const failed = await failuresOf((driver) => ({
      remove: async (context, host, state) => (state === undefined ? undefined : driver.remove(context, host, state)),
      create: async (context, host, state) => {
        const description = await driver.create({ ...context, save: async () => undefined }, host, state);
        await context.save({ id: host.id });
        return description;
      },
    }));
    expect(failed).toContain(
      'removes what a creation left that was killed at any save: remove left something of a half-made host',
    );
  });

  it('keeps the private host key in its state', async () => {
    const failed = await failuresOf((driver) => ({
      create: (context, host, state) =>
        driver.create(
          { ...context, save: () => context.save({ id: host.id, key: host.hostKey.privateKey }) },
          host,
          state,
        ),
    }));
    expect(failed).toContain(
      "creates a host that runs, and adopts it when asked again: the host's private key is in the state",
    );
  });

  it('changes the address when it starts a host', async () => {
    const failed = await failuresOf((driver) => ({
      start: async (context, state) => ({
        ...(await driver.start(context, state)),
        privateAddresses: ['192.0.2.250'],
      }),
    }));
    expect(failed).toContain('stops and starts a host: start changed the addresses');
  });

  it('gives away the address of a host that is on record but gone', async () => {
    const failed = await failuresOf((driver, world) => ({
      create: (context, host, state) => {
        if (world.hosts.size === 0) world.made = 0;
        return driver.create({ ...context, reservedAddresses: () => Promise.resolve([]) }, host, state);
      },
    }));
    expect(failed).toEqual([expect.stringMatching(/: a host got an address that another host has on record$/)]);
  });

  it('takes no notice of an abort', async () => {
    const failed = await failuresOf((driver) => ({
      create: (context, host, state) =>
        driver.create({ ...context, signal: new AbortController().signal }, host, state),
    }));
    expect(failed).toEqual([expect.stringMatching(/^stops at once when it is aborted: Missing expected rejection/)]);
  });
});
