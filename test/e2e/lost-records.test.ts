import { rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CreateResult, HostRow, HostsResult } from '../../src/operations/access/results.js';
import type { OrphansResult } from '../../src/operations/hosts/list-orphans.js';
import type { SwarmStatusResult } from '../../src/operations/health/status-node.js';
import { type Cli, openCli } from './cli.js';
import { leftovers } from './outer-engine.js';

const swarm = 'lost';
let cli: Cli;
let made: CreateResult;

beforeAll(async () => {
  cli = await openCli('forgotten');
  made = await cli.json<CreateResult>(['create', '--swarm', swarm, '--no-agent', 'manager', 'agent1']);
});
afterAll(() => cli.dispose());

const folder = (host: string): string => join(cli.home, 'swarms', swarm, 'hosts', host);
const orphans = async (): Promise<readonly string[]> =>
  (await cli.json<OrphansResult>(['orphans', '--driver', 'docker'])).orphans.map(({ name }) => name);
const nodeIds = async (): Promise<readonly string[]> =>
  (await cli.run(['ssh', `manager.${swarm}`, '--', 'docker node ls -q | sort'])).stdout.split('\n');
const isHealthy = async (): Promise<boolean> =>
  (await cli.json<SwarmStatusResult>(['swarm', 'status', '--swarm', swarm])).healthy;

describe('a lost record', () => {
  it.each([
    ['of a worker', ['agent1']],
    ['of a manager', ['manager']],
    ['of all hosts', ['agent1', 'manager']],
  ])('%s: the host is listed, not made again, and adopted as the node that it was', async (_, lost) => {
    const before = await nodeIds();
    for (const host of lost) await rm(folder(host), { recursive: true });
    if (lost.length === 2) await rm(join(cli.home, 'swarms', swarm), { recursive: true });
    const names = lost.map((host) => `${host}.${swarm}`);
    expect((await orphans()).toSorted()).toEqual(expect.arrayContaining(names.toSorted()));
    const again = await cli.run(['create', '--swarm', swarm, '--no-agent', ...lost]);
    expect([again.exitCode, again.stderr]).toEqual([3, expect.stringContaining(`swarmup adopt ${names.join(' ')}`)]);
    const { hosts } = await cli.json<CreateResult>(['adopt', ...names]);
    expect(hosts.map(({ name, status }) => [name, status])).toEqual(lost.map((host) => [host, 'adopted']));
    expect(await orphans()).toEqual([]);
    expect(await nodeIds()).toEqual(before);
    expect(await isHealthy()).toBe(true);
    const rows = (await cli.json<{ readonly hosts: readonly HostRow[] }>(['ls'])).hosts;
    expect(rows.map(({ name, state, errors }) => [name.split('.')[0], state, errors])).toEqual([
      ['agent1', 'running', []],
      ['manager', 'running', []],
    ]);
    const checked = await cli.run(['env', '--check', `agent1.${swarm}`]);
    expect([checked.exitCode, checked.stderr]).toEqual([0, '']);
  });

  it('of a host that was made has kept its address', async () => {
    const { nodes } = await cli.json<{ readonly nodes: readonly { readonly address: string }[] }>([
      ...['node', 'ls', '--swarm', swarm],
    ]);
    expect(nodes.map(({ address }) => address)).toEqual(made.nodes.map(({ address }) => address));
  });

  it('of another store is not this store’s to take', async () => {
    const other = await openCli('forgetful');
    try {
      await rm(folder('agent1'), { recursive: true });
      expect((await other.json<OrphansResult>(['orphans', '--driver', 'docker'])).orphans).toEqual([]);
      const refused = await other.run(['adopt', `agent1.${swarm}`]);
      expect([refused.exitCode, refused.stderr]).toEqual([3, expect.stringContaining('--any-owner')]);
      const unasked = await other.run(['adopt', '--any-owner', `agent1.${swarm}`]);
      expect([unasked.exitCode, unasked.stderr]).toEqual([2, expect.stringContaining('no terminal')]);
    } finally {
      await other.dispose();
    }
    await cli.json(['adopt', `agent1.${swarm}`]);
  });
});

describe('a damaged record', () => {
  it('is kept by orphans --delete, and rm --force removes the host with its node', async () => {
    await truncate(join(folder('agent1'), 'machine.json'), 200);
    const kept = await cli.json<OrphansResult>(['orphans', '--driver', 'docker', '--delete', '--yes']);
    expect(kept.orphans.map(({ name, status }) => [name, status])).toEqual([[`agent1.${swarm}`, 'kept']]);
    const { hosts } = await cli.json<HostsResult>(['rm', '--force', `agent1.${swarm}`]);
    expect(hosts.map(({ status }) => status)).toEqual(['removed']);
    expect((await leftovers(cli.network)).filter((name) => name.includes('agent1'))).toEqual([]);
    expect(await isHealthy()).toBe(true);
    expect((await nodeIds()).length).toBe(1);
  });

  it('of the last host: rm --force leaves no container, no volume and no network', async () => {
    await writeFile(join(folder('manager'), 'machine.json'), 'garbage');
    await cli.json(['rm', '--force', `manager.${swarm}`]);
    expect(await leftovers(cli.network)).toEqual([]);
    expect((await cli.json<{ readonly hosts: readonly HostRow[] }>(['ls'])).hosts).toEqual([]);
  });
});
