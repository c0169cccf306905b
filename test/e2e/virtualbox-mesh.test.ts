import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/lib/abort.js';
import type { NodeListResult } from '../../src/operations/access/results.js';
import { ensureCloudImage } from '../support/vboxmanage/cloud-image.js';
import { canEmulate, openVmLab, type VmLab } from './vm-lab.js';
import { httpGet, loadWorkload, onHost, workloadImage } from './workload.js';

/**
 * What hosts that share this machine's kernel cannot show where that has no IPVS or ESP: the routing mesh, virtual
 * addresses of services, encrypted overlays. Two emulated machines at once take a quarter of an hour: asked for only.
 */
const wanted = canEmulate && process.env['SWARMUP_TEST_QEMU'] === '1';
const hosts = ['manager', 'worker'] as const;
/** Answers with the name of its host, and with a file that is large enough to be seen in counters. */
const serve =
  'busybox cat /where > /index.html; busybox head -c 1000000 /dev/zero > /large; exec busybox httpd -f -p 8080 -h /';

describe.skipIf(!wanted)('virtualbox: a swarm of two machines (QEMU behind the double)', { timeout: 1_800_000 }, () => {
  let lab: VmLab;
  /** In the host-only network, by host. */
  const addresses = new Map<string, string>();
  beforeAll(async () => {
    const image = await ensureCloudImage({ packages: ['docker.io'] });
    lab = await openVmLab('vboxmesh', { backend: 'qemu' }, image, '192.168.60.1/24');
    await lab.patiently(['create', '--no-agent', ...hosts]);
    const { nodes } = await lab.cli.json<NodeListResult>(['node', 'ls']);
    for (const { name, address } of nodes) addresses.set(name, address);
    await loadWorkload(lab.cli, hosts, { docker: 'sudo docker' });
    await lab.cli.json(['network', 'create', '--encrypted', '--attachable', '--subnet', '10.66.0.0/24', 'back']);
  }, 2_400_000);
  afterAll(() => lab[Symbol.asyncDispose]());

  const on = (host: string, command: string): Promise<string> => onHost(lab.cli, host, command);
  const service = (name: string, port: number, ...options: readonly string[]): Promise<string> =>
    on(
      'manager',
      `sudo docker service create --detach --quiet --no-resolve-image --name ${name} --publish ${port}:8080 --network back ${options.join(' ')} ` +
        `--mount type=bind,src=/etc/hostname,dst=/where,readonly ${workloadImage} busybox sh -c '${serve}'`,
    );
  /** Who answers at these ports of the hosts, until everybody that is expected did. */
  const answered = (address: string, port: number, expected: readonly string[]): Promise<readonly string[]> => {
    const seen = new Set<string>();
    const what = `answers of ${expected.join(' and ')} at ${address}:${port}`;
    return waitFor({ timeoutMs: 600_000, intervalMs: 500, what }, async (signal) => {
      const response = await fetch(`http://${address}:${port}/index.html`, {
        signal: AbortSignal.any([signal, AbortSignal.timeout(20_000)]),
        headers: { connection: 'close' },
      });
      seen.add((await response.text()).trim());
      return expected.every((name) => seen.has(name)) ? [...seen].sort() : undefined;
    });
  };

  it('answers at a published port of both, by the tasks of both', async () => {
    await service('web', 8080, '--replicas 2', '--replicas-max-per-node 1');
    for (const address of addresses.values()) expect(await answered(address, 8080, hosts)).toEqual([...hosts]);
  });

  it('answers at the node that has no task', async () => {
    await service('lone', 8081, '--constraint node.hostname==manager');
    for (const address of addresses.values()) expect(await answered(address, 8081, ['manager'])).toEqual(['manager']);
  });

  it('carries an encrypted overlay from one to the other, to the address of a service', async () => {
    const ask = (host: string, path: string, then: string): Promise<string> =>
      on(
        'worker',
        `sudo docker run --rm --network back ${workloadImage} bash -c '${httpGet(host, 8080, path)}${then}'`,
      );
    /** Bytes that came to the worker from the manager in ESP. */
    const received = async (): Promise<number> => {
      const states = (await on('worker', 'sudo ip -s xfrm state')).split(/^(?=src )/m);
      return states
        .filter(
          (state) =>
            state.startsWith(`src ${addresses.get('manager') ?? expect.fail()} `) && state.includes('proto esp'),
        )
        .map((state) => Number(/lifetime current:\s+(\d+)\(bytes\)/.exec(state)?.[1] ?? Number.NaN))
        .reduce((sum, bytes) => sum + bytes, 0);
    };
    const before = await received();
    expect(await ask('lone', '/index.html', '')).toBe('manager');
    expect(await ask('tasks.lone', '/large', ' | busybox wc -c')).toBe('1000000');
    expect(await received()).toBeGreaterThan(before + 1_000_000);
  });

  it('leaves nothing behind', async () => {
    await lab.cli.json(['rm', '--yes', ...hosts]);
    expect(await lab.leftovers()).toBe('');
  });
});
