import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/lib/abort.js';
import { createDockerDriver } from '../../src/drivers/docker/docker-driver.js';
import type { DockerState } from '../../src/drivers/docker/docker-state.js';
import type { HostIdentity, OptionValues } from '../../src/drivers/driver.js';
import { driverContract } from '../../src/drivers/testing/driver-contract.js';
import { driverContexts, testIdentities } from '../support/driver-context.js';
import { checkout } from './cli.js';
import { leftovers, outerEngine } from './outer-engine.js';

const network = `swarmup-${checkout}-driver`;
const { identity, exec } = testIdentities();
let cacheDir = '';
let names = 0;
let contexts: ReturnType<typeof driverContexts> | undefined;

beforeAll(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'swarmup-driver-'));
});
afterAll(() => rm(cacheDir, { recursive: true, force: true }));

driverContract(
  {
    driver: createDockerDriver,
    context: (signal, log) => ({ ...(contexts ??= driverContexts({ network }, cacheDir))(signal), log }),
    identity: () => identity(`host${++names}`),
    connect: async (host, description) => {
      expect(await exec(host, description, 'hostname')).toBe(`${host.name}\n`);
    },
    leftovers: () => leftovers(network),
    timeoutMs: 300_000,
  },
  { describe, it },
);

/** Makes hosts with the options, uses them, and removes them and whatever else `use` made. */
async function withHosts<T>(
  hosts: readonly HostIdentity[],
  options: OptionValues,
  use: (bench: Bench) => Promise<T>,
): Promise<T> {
  const driver = createDockerDriver();
  const context = driverContexts({ network, ...options }, cacheDir);
  const states = new Map<string, DockerState>();
  const save = (host: HostIdentity) => async (state: DockerState) => void states.set(host.id, state);
  const create = (host: HostIdentity) => driver.create({ ...context(), save: save(host) }, host, states.get(host.id));
  try {
    return await use({ driver, context, states, create });
  } finally {
    for (const host of hosts) await driver.remove(context(), host, states.get(host.id));
    expect(await leftovers(network)).toEqual([]);
  }
}

interface Bench {
  readonly driver: ReturnType<typeof createDockerDriver>;
  readonly context: ReturnType<typeof driverContexts>;
  readonly states: Map<string, DockerState>;
  readonly create: (host: HostIdentity) => ReturnType<ReturnType<typeof createDockerDriver>['create']>;
}

interface Inspected {
  readonly State: { readonly Paused: boolean };
  readonly HostConfig: { readonly NanoCpus: number; readonly Memory: number };
  readonly Config: { readonly Env: readonly string[]; readonly Labels: Readonly<Record<string, string>> };
}

describe('docker driver', () => {
  it('makes three hosts at once that boot fully, differ, and know each other by name', async () => {
    const hosts = ['one', 'two', 'three'].map(identity);
    await withHosts(hosts, {}, async ({ create }) => {
      const made = await Promise.all(hosts.map(create));
      const answers = await Promise.all(
        hosts.map((host, i) =>
          exec(
            host,
            made[i] ?? expect.fail(),
            // --wait: the login may come before the last unit is up.
            'systemctl is-system-running --wait; cat /etc/machine-id; getent hosts one two three | wc -l; systemctl is-enabled docker || true; findmnt -no FSTYPE /var/lib/docker',
          ),
        ),
      );
      const machineIds = answers.map(
        (answer) => /^(running)\n([0-9a-f]{32})\n3\ndisabled\n(?!overlay)/.exec(answer)?.[2],
      );
      expect(machineIds, answers.join('\n')).not.toContain(undefined);
      expect(new Set(machineIds).size).toBe(3);
      expect(new Set(made.flatMap((host) => host.privateAddresses)).size).toBe(3);
    });
  });

  it('installs packages over the network of a bare host', async () => {
    const host = identity('bare');
    await withHosts([host], { 'image-variant': 'bare' }, async ({ create }) => {
      const made = await create(host);
      expect(await exec(host, made, 'command -v dockerd || echo none')).toBe('none\n');
      await exec(
        host,
        made,
        'apt-get update -q && apt-get install -q -y --no-install-recommends tree && tree --version',
      );
    });
  });

  it('publishes ports on loopback that stay, and limits a host', async () => {
    const host = identity('small');
    await withHosts([host], { publish: true, cpus: 1, memory: 512 }, async ({ driver, context, states, create }) => {
      const made = await create(host);
      expect(made).toMatchObject({ ssh: { host: '127.0.0.1' }, engine: { host: '127.0.0.1' } });
      expect(made.privateAddresses).not.toContain('127.0.0.1');
      expect(await exec(host, made, 'hostname')).toBe('small\n');
      const state = states.get(host.id) ?? expect.fail();
      await driver.stop(context(), state, { force: true });
      expect(await driver.start({ ...context(), save: async () => undefined }, state)).toEqual(made);
      expect(await exec(host, made, 'hostname')).toBe('small\n');
      const { HostConfig } = await outerEngine.request<Inspected>('GET', `/containers/${state.container}/json`);
      expect(HostConfig).toMatchObject({ NanoCpus: 1e9, Memory: 512 * 1024 * 1024 });
    });
  });

  it('keeps keys out of what the engine shows of a host', async () => {
    const host = identity('secret');
    await withHosts([host], {}, async ({ states, create }) => {
      await create(host);
      const container = states.get(host.id)?.container ?? '';
      const shown = JSON.stringify(await outerEngine.request('GET', `/containers/${container}/json`));
      const lines = host.hostKey.privateKey.split('\n').filter((line) => line.length > 30);
      expect(lines.some((line) => shown.includes(line))).toBe(false);
    });
  });

  it('wakes and stops a paused host', async () => {
    const host = identity('paused');
    await withHosts([host], {}, async ({ driver, context, states, create }) => {
      await create(host);
      const state = states.get(host.id) ?? expect.fail();
      // The kernel may fail to freeze a container whose processes are busy: runc says so, and may try again.
      const pause = () =>
        waitFor({ timeoutMs: 30_000, what: 'the host to be paused' }, () =>
          outerEngine.request('POST', `/containers/${state.container}/pause`).then(() => true),
        );
      await pause();
      expect(await driver.inspect(context(), [state])).toEqual([{ state: 'paused' }]);
      await driver.start({ ...context(), save: async () => undefined }, state);
      expect(await driver.inspect(context(), [state])).toMatchObject([{ state: 'running' }]);
      await pause();
      await driver.stop(context(), state, { force: true });
      expect(await driver.inspect(context(), [state])).toMatchObject([{ state: 'stopped' }]);
    });
  });

  it('gives its container another name where a foreign container has that', async () => {
    const [host, foreign] = [identity('same'), identity('same')];
    await withHosts([host, foreign], {}, async ({ create }) => {
      await Promise.all([create(foreign), create(host)]);
      const names = (await leftovers(`${network}-same`)).filter((name) => !/-(?:docker|containerd)-/.test(name));
      const suffixed = [foreign, host].map(({ id }) => `${network}-same-${id.slice(0, 6)}`);
      expect(names).toHaveLength(2);
      expect(names).toContain(`${network}-same`);
      expect(suffixed.filter((name) => names.includes(name))).toHaveLength(1);
    });
  });

  it('refuses a subnet that is in use, or is not the one of the network', async () => {
    const host = identity('subnet');
    const bridge = await outerEngine.request<{ IPAM: { Config: { Subnet: string }[] } }>('GET', '/networks/bridge');
    const taken = bridge.IPAM.Config[0]?.Subnet ?? expect.fail();
    await withHosts([host], { subnet: taken }, async ({ driver, context, create }) => {
      expect(await driver.check(context(), ['subnet'])).toMatchObject([{ severity: 'error', code: 'SUBNET_OVERLAP' }]);
      await expect(create(host)).rejects.toMatchObject({ code: 'SUBNET_OVERLAP', exitCode: 3 });
    });
    await withHosts([host], { subnet: '172.25.250.0/28' }, async ({ create }) => {
      expect(await create(host)).toMatchObject({ privateAddresses: ['172.25.250.2'] });
      const other = driverContexts({ network, subnet: '172.25.251.0/24' }, cacheDir);
      await expect(createDockerDriver().check(other(), ['x'])).rejects.toMatchObject({
        code: 'SUBNET_MISMATCH',
        exitCode: 2,
      });
    });
  });

  it('uses a network that somebody else made, and leaves it alone', async () => {
    const host = identity('guest');
    const IPAM = { Config: [{ Subnet: '172.25.250.0/24' }] };
    await withForeignNetwork({ IPAM }, async ({ driver, context }) => {
      await driver.create({ ...context(), save: async () => undefined }, host, undefined);
      await driver.remove(context(), host, undefined);
      expect(await leftovers(network)).toEqual([network]);
    });
  });

  it('refuses a network in which no address can be kept', async () => {
    const host = identity('guest');
    await withForeignNetwork({}, async ({ driver, context }) => {
      const creation = driver.create({ ...context(), save: async () => undefined }, host, undefined);
      await expect(creation).rejects.toMatchObject({ code: 'NETWORK_UNSUITABLE', exitCode: 2 });
      await driver.remove(context(), host, undefined);
    });
  });

  async function withForeignNetwork(body: object, use: (bench: Pick<Bench, 'driver' | 'context'>) => Promise<void>) {
    await outerEngine.request('POST', '/networks/create', { body: { Name: network, Driver: 'bridge', ...body } });
    try {
      await use({ driver: createDockerDriver(), context: driverContexts({ network }, cacheDir) });
    } finally {
      await outerEngine.request('DELETE', `/networks/${network}`);
    }
  }
});
