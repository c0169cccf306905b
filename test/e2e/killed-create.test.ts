import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProgressEvent } from '../../src/lib/progress-event.js';
import type { CreateResult, HostsResult, NodeListResult } from '../../src/operations/access/results.js';
import { type Cli, openCli } from './cli.js';
import { leftovers, outerEngine } from './outer-engine.js';

const names = ['km', 'ka', 'kb'];
const create = ['create', ...names];
const at =
  (type: ProgressEvent['type'], step?: string) =>
  (event: ProgressEvent): boolean =>
    event.type === type && (step === undefined || ('step' in event && event.step === step));

/** Moments all along a create. Each kill is followed by a run that is killed further on, so every one resumes the one before. */
const moments: readonly (readonly [string, (event: ProgressEvent) => boolean])[] = [
  ['the records are on disk', at('plan')],
  ['the first host is being made', at('step-started', 'km/create')],
  ['a driver says what it does', at('step-detail')],
  ['the first host exists', at('step-done', 'km/create')],
  ['a worker boots', at('step-started', 'ka/reachable')],
  ['facts are read', at('step-started', 'kb/facts')],
  ['the engine is being configured', at('step-started', 'km/engine')],
  ['an engine is configured', at('step-done', 'ka/engine')],
  ['the swarm is being made', at('step-started', 'swarm/open')],
  ['the swarm exists', at('step-done', 'swarm/open')],
  ['a worker joins', at('step-started', 'ka/join')],
  ['a worker has joined', at('step-done', 'kb/join')],
];

describe('create, killed with SIGKILL', () => {
  let cli: Cli;
  beforeAll(async () => {
    cli = await openCli('killed');
  });
  afterAll(async () => {
    await cli.dispose();
  });

  it('at twelve moments in a row, converges when it is run again', async () => {
    const missed: string[] = [];
    for (const [moment, when] of moments) if ((await cli.killAt(create, when)) === undefined) missed.push(moment);
    expect(missed).toEqual([]);
    const { hosts, nodes } = await cli.json<CreateResult>(create);
    expect(hosts.map((host) => host.status)).not.toContain('failed');
    expect(nodes.map(({ name, role, state }) => [name, role, state])).toEqual([
      ['km', 'manager', 'ready'],
      ['ka', 'worker', 'ready'],
      ['kb', 'worker', 'ready'],
    ]);
  });

  it('has left nothing twice and nothing unknown', async () => {
    const all = await outerEngine.request<{ Names: string[] }[]>('GET', '/containers/json', { query: { all: true } });
    const mine = all.flatMap((container) => container.Names).filter((name) => name.includes(cli.network));
    expect(mine.sort()).toEqual(names.map((name) => `/${cli.network}-${name}`).sort());
    expect((await cli.json<NodeListResult>(['node', 'ls'])).nodes).toHaveLength(3);
  });

  it('while hosts are being made, is cleaned up by rm', async () => {
    await cli.json<HostsResult>(['rm', '--yes', ...names]);
    for (const when of [
      at('step-started', 'km/create'),
      at('step-done', 'ka/create'),
      at('step-started', 'swarm/open'),
    ]) {
      expect(await cli.killAt(create, when)).toBeDefined();
      await cli.json<HostsResult>(['rm', '--yes', ...names]);
      expect(await leftovers(cli.network)).toEqual([]);
    }
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
