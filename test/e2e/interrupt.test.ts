import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CreateResult, HostsResult } from '../../src/operations/access/results.js';
import { type Cli, openCli } from './cli.js';
import { leftovers } from './outer-engine.js';

const create = ['create', 'im', 'ia'];

describe('Ctrl-C during create', () => {
  let cli: Cli;
  beforeAll(async () => {
    cli = await openCli('interrupt');
  });
  afterAll(async () => {
    await cli.dispose();
  });

  it('stops at a safe point, says how to go on, and exits 130', async () => {
    const { exitCode, stdout, stderr, pressed } = await cli.interruptAt(create, /ia: .*(create host|driver|ssh)/);
    expect(pressed).toBe(1);
    expect(exitCode).toBe(130);
    expect(stdout).toBe('');
    expect(stderr).toContain('stopping at a safe point; press Ctrl-C again to quit at once');
    expect(stderr).toMatch(
      /^Error: stopped; everything made so far was kept\n {2}→ swarmup create im ia continues where this run stopped\n {2}→ swarmup rm --yes im ia removes it$/m,
    );
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it.each([
    ['while hosts boot', /"step-started","step":"ia\/facts"/],
    ['while the swarm is made', /"step-started","step":"swarm\/open"/],
    ['while a worker joins', /"step-started","step":"ia\/join"/],
  ])('%s: the same with --json', async (_when, moment) => {
    const { exitCode, stdout, pressed } = await cli.interruptAt([...create, '--json'], moment);
    expect(pressed).toBe(1);
    expect(exitCode).toBe(130);
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'INTERRUPTED',
        message: 'stopped; everything made so far was kept',
        exitCode: 130,
        hints: ['swarmup create im ia continues where this run stopped', 'swarmup rm --yes im ia removes it'],
      },
    });
  });

  it('converges when it is run again', async () => {
    const { hosts, nodes } = await cli.json<CreateResult>(create);
    expect(hosts.map(({ status }) => status)).not.toContain('failed');
    expect(nodes.map(({ name, role, state }) => [name, role, state])).toEqual([
      ['im', 'manager', 'ready'],
      ['ia', 'worker', 'ready'],
    ]);
    await cli.json<HostsResult>(['rm', '--yes', 'im', 'ia']);
    expect(await leftovers(cli.network)).toEqual([]);
  });

  it('twice quits at once, with 130 too; rm cleans up after it', async () => {
    const { exitCode, stdout, stderr, pressed } = await cli.interruptAt(create, /ia: .*(create host|driver|ssh)/, {
      twice: true,
    });
    expect(pressed).toBe(2);
    expect(exitCode).toBe(130);
    expect(stdout).toBe('');
    // It did not come to say more.
    expect(stderr).not.toContain('everything made so far was kept');
    await cli.json<HostsResult>(['rm', '--yes', 'im', 'ia']);
    expect(await leftovers(cli.network)).toEqual([]);
  });
});
