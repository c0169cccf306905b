import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contains, overlaps } from '../../src/lib/cidr.js';
import type { SwarmStatusResult } from '../../src/operations/health/status-node.js';
import type { CreateResult, HostRow, HostsResult } from '../../src/operations/access/results.js';
import { type Cli, openCli } from './cli.js';
import { leftovers, outerEngine } from './outer-engine.js';

/** Each has a store, and so hosts of the same names in a swarm of the same name. */
const students = ['', '-two', '-three', '-four', '-five', '-six'];
let stores: readonly Cli[];
let swarm: string;

beforeAll(async () => {
  const opened: Cli[] = [];
  // One after another: the first one sweeps what an aborted run of any of them left.
  for (const student of students) opened.push(await openCli(`class${student}`, { SWARMUP_DOCKER_NETWORK: '' }));
  stores = opened;
  swarm = opened[0]?.network.replace(/^swarmup-/, '') ?? '';
});
afterAll(async () => {
  for (const store of stores.toReversed()) await store.dispose();
});

/** The same command of all of them at the same time. */
const ofAll = <T>(args: readonly string[]): Promise<readonly T[]> =>
  Promise.all(stores.map((store) => store.json<T>(args)));

/** The subnets of the networks that were made for them. */
async function subnets(): Promise<readonly string[]> {
  const networks = await outerEngine.request<
    readonly { Name: string; IPAM: { Config: readonly { Subnet?: string }[] | null } }[]
  >('GET', '/networks');
  const own = networks.filter(({ Name }) => Name.startsWith(`swarmup-${swarm}-`));
  return own.map(({ IPAM }) => IPAM.Config?.[0]?.Subnet ?? '');
}

describe('a class of six stores on one engine', () => {
  it('makes six swarms of the same names at once', async () => {
    const made = await ofAll<CreateResult>(['create', '--swarm', swarm, 'manager', 'agent1']);
    for (const { hosts, nodes } of made) {
      expect(hosts.map(({ name, status }) => [name, status])).toEqual([
        ['manager', 'created'],
        ['agent1', 'created'],
      ]);
      expect(nodes.map(({ name, state }) => [name, state])).toEqual([
        ['manager', 'ready'],
        ['agent1', 'ready'],
      ]);
    }
  });

  it('has swarms that are healthy, of networks that do not overlap', async () => {
    const all = await ofAll<SwarmStatusResult>(['swarm', 'status']);
    expect(all.map(({ healthy, nodes }) => [healthy, nodes.length])).toEqual(students.map(() => [true, 2]));
    const networks = await subnets();
    expect(networks.length).toBe(students.length);
    for (const [i, network] of networks.entries())
      expect(networks.slice(i + 1).filter((other) => overlaps(network, other))).toEqual([]);
    const addresses = all.map(({ nodes }) => nodes.map(({ address }) => address));
    const used = addresses.map((own) => networks.filter((network) => own.every((one) => contains(network, one))));
    expect(new Set(used.flat()).size).toBe(students.length);
  });

  it('shows each student the own two hosts', async () => {
    const all = await ofAll<{ readonly hosts: readonly HostRow[] }>(['ls']);
    for (const { hosts } of all)
      expect(hosts.map(({ name, state, errors }) => [name, state, errors])).toEqual([
        ['agent1', 'running', []],
        ['manager', 'running', []],
      ]);
    expect(new Set(all.flatMap(({ hosts }) => hosts.map(({ url }) => url))).size).toBe(2 * students.length);
    const nodes = await Promise.all(stores.map((store) => store.run(['ssh', '--', 'docker node ls -q'])));
    const ids = nodes.flatMap(({ stdout }) =>
      stdout
        .trim()
        .split('\n')
        .map((line) => line.replace(/\W.*/, '')),
    );
    expect([ids.length, new Set(ids).size]).toEqual([2 * students.length, 2 * students.length]);
  });

  it('is removed at once, and nothing is left', async () => {
    const removed = await ofAll<HostsResult>(['rm', '--yes', 'manager', 'agent1']);
    expect(removed.flatMap(({ hosts }) => hosts.map(({ status }) => status))).toEqual(
      students.flatMap(() => ['removed', 'removed']),
    );
    expect(await leftovers(`swarmup-${swarm}`)).toEqual([]);
  });
});
