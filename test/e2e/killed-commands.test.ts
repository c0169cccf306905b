import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProgressEvent } from '../../src/lib/progress-event.js';
import type { ListResult } from '../../src/operations/hosts/list-hosts.js';
import type { LabHostsResult } from '../../src/operations/lab/end-lab.js';
import type { UpResult } from '../../src/operations/lab/up-lab.js';
import type { CreateResult, HostsResult, NodeListResult } from '../../src/operations/access/results.js';
import { type Cli, openCli } from './cli.js';
import { leftovers, outerEngine } from './outer-engine.js';

/**
 * Runs a command again and again, and each time kills it at the `every`-th event that no run before had, so every run
 * goes on where a killed one stopped, and is killed further on. Ends when a run is not killed. After each kill all
 * records can be read. The command is made with the names of the hosts that are there. Returns the events at which it was
 * killed.
 */
async function killAllAlong(
  cli: Cli,
  command: (hosts: readonly string[]) => readonly string[],
  every: number,
): Promise<readonly string[]> {
  const seen = new Set<string>();
  const kills: string[] = [];
  let names: readonly string[] = (await cli.json<ListResult>(['ls'])).hosts.map(({ name }) => name);
  for (;;) {
    let fresh = 0;
    const hit = await cli.killAt(command(names), (event) => {
      const moment = momentOf(event);
      if (moment === undefined || seen.has(moment)) return false;
      seen.add(moment);
      fresh += 1;
      return fresh === every;
    });
    if (hit === undefined) return kills;
    kills.push(momentOf(hit) ?? hit.type);
    const { hosts } = await cli.json<ListResult>(['ls']);
    names = hosts.map(({ name }) => name);
    expect(hosts.flatMap(({ errors }) => errors).filter((error) => error.includes('cannot be read'))).toEqual([]);
  }
}

function momentOf(event: ProgressEvent): string | undefined {
  if (event.type === 'plan') return event.type;
  return event.type === 'step-failed' || !('step' in event) ? undefined : `${event.type} ${event.step}`;
}

describe('killed with SIGKILL at moments all along', () => {
  const names = ['km', 'ka', 'kb'];
  let folder: string;
  let cli: Cli;
  beforeAll(async () => {
    await mkdir((folder = join(await mkdtemp(join(tmpdir(), 'swarmup-killed-')), 'lab')));
    cli = await openCli('killed', {}, folder);
  });
  afterAll(async () => {
    await cli.dispose();
    await rm(dirname(folder), { recursive: true });
  });

  it('create converges when it is run again', async () => {
    const kills = await killAllAlong(cli, () => ['create', ...names], 3);
    expect(kills.length, kills.join('\n')).toBeGreaterThanOrEqual(15);
    const { hosts, nodes } = await cli.json<CreateResult>(['create', ...names]);
    expect(hosts.map((host) => host.status)).not.toContain('failed');
    expect(nodes.map(({ name, role, state }) => [name, role, state])).toEqual([
      ['km', 'manager', 'ready'],
      ['ka', 'worker', 'ready'],
      ['kb', 'worker', 'ready'],
    ]);
  });

  it('it has left nothing twice and nothing unknown', async () => {
    const all = await outerEngine.request<{ Names: string[] }[]>('GET', '/containers/json', { query: { all: true } });
    const mine = all.flatMap((container) => container.Names).filter((name) => name.includes(cli.network));
    expect(mine.sort()).toEqual(names.map((name) => `/${cli.network}-${name}`).sort());
    expect((await cli.json<NodeListResult>(['node', 'ls'])).nodes).toHaveLength(3);
  });

  it('rm leaves nothing when it is run again', async () => {
    // Most of what rm does on a swarm is over in a moment, so there are more hosts than those of the swarm.
    const plain = ['pa', 'pb', 'pc', 'pd'];
    await cli.json<CreateResult>(['create', ...plain, '--no-swarm']);
    const kills = await killAllAlong(cli, (left) => ['rm', '--yes', ...left], 1);
    expect(kills.length, kills.join('\n')).toBeGreaterThanOrEqual(15);
    expect((await cli.json<ListResult>(['ls'])).hosts).toEqual([]);
    expect(await leftovers(cli.network)).toEqual([]);
  });

  it('a create is cleaned up by rm', async () => {
    for (const moment of ['step-started km/create', 'step-done ka/create', 'step-started swarm/open']) {
      expect(await cli.killAt(['create', ...names], (event) => momentOf(event) === moment)).toBeDefined();
      await cli.json<HostsResult>(['rm', '--yes', ...names]);
      expect(await leftovers(cli.network)).toEqual([]);
    }
  });

  // The longest of them: 15 runs or more of a lab of six hosts, beside other tests.
  it('up converges when it is run again', { timeout: 360_000 }, async () => {
    await cli.run(['init', 'default']);
    const manifest = join(folder, 'swarmup.yaml');
    await writeFile(manifest, (await readFile(manifest, 'utf8')).replace('count: 2', 'count: 5'));
    const kills = await killAllAlong(cli, () => ['up'], 3);
    expect(kills.length, kills.join('\n')).toBeGreaterThanOrEqual(15);
    const up = await cli.json<UpResult>(['up']);
    expect(up.nodes.map(({ state }) => state)).toEqual(up.nodes.map(() => 'ready'));
    expect(up.outcomes.map(({ status }) => status)).not.toContain('failed');
  });

  it('destroy leaves nothing when it is run again', async () => {
    const kills = await killAllAlong(cli, () => ['destroy', '--yes'], 1);
    expect(kills.length, kills.join('\n')).toBeGreaterThanOrEqual(15);
    await cli.json<LabHostsResult>(['destroy', '--yes']);
    expect((await cli.json<ListResult>(['ls'])).hosts).toEqual([]);
    expect(await leftovers(cli.network)).toEqual([]);
  });
});

describe('two creates at once', () => {
  let cli: Cli;
  beforeAll(async () => {
    cli = await openCli('twice');
  });
  afterAll(async () => {
    await cli.dispose();
  });

  it('of the same swarm: the second waits, says for whom, and finds everything done or joins its own', async () => {
    const [one, two] = await Promise.all([
      cli.run(['create', 'tm', 'ta', '--json']),
      cli.run(['create', 'tm', 'tb', '--json']),
    ]);
    expect([one.exitCode, two.exitCode], `${one.stderr}\n${two.stderr}`).toEqual([0, 0]);
    expect(`${one.stderr}${two.stderr}`).toMatch(/is held by|waiting for|held/);
    const { nodes } = await cli.json<NodeListResult>(['node', 'ls']);
    expect(nodes.map(({ name, state }) => [name, state])).toEqual([
      ['tm', 'ready'],
      ['ta', 'ready'],
      ['tb', 'ready'],
    ]);
  });
});
