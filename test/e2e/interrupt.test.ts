import { execa } from 'execa';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CreateResult, HostsResult } from '../../src/operations/results.js';
import { type Cli, type CliResult, openCli } from './cli.js';
import { leftovers } from './outer-engine.js';

const program = join(import.meta.dirname, '..', '..', 'bin', 'run.js');
const create = ['create', 'im', 'ia'];

/** Runs a command and presses Ctrl-C at the first line on stderr that fits; a second time at the line that answers it. */
async function interruptAt(
  cli: Cli,
  args: readonly string[],
  moment: RegExp,
  options: { readonly twice?: boolean } = {},
): Promise<CliResult & { readonly pressed: number }> {
  const child = execa(process.execPath, [program, ...args], { env: cli.env, stdin: 'ignore', reject: false });
  let pressed = 0;
  for await (const line of createInterface({ input: child.stderr })) {
    const isSecond = options.twice === true && pressed === 1 && line.includes('press Ctrl-C again');
    if (!isSecond && (pressed > 0 || !moment.test(line))) continue;
    pressed += 1;
    child.kill('SIGINT');
  }
  const { stdout, stderr, exitCode } = await child;
  return { stdout, stderr, exitCode, pressed };
}

describe('Ctrl-C during create', () => {
  let cli: Cli;
  beforeAll(async () => {
    cli = await openCli('interrupt');
  });
  afterAll(async () => {
    await cli.dispose();
  });

  it('stops at a safe point, says how to go on, and exits 130', async () => {
    const { exitCode, stdout, stderr, pressed } = await interruptAt(cli, create, /ia: .*(create host|driver|ssh)/);
    expect(pressed).toBe(1);
    expect(exitCode).toBe(130);
    expect(stdout).toBe('');
    expect(stderr).toContain('stopping at a safe point; press Ctrl-C again to quit at once');
    expect(stderr).toMatch(
      /^Error: stopped; what was made is kept\n {2}→ swarmup create im ia goes on from here\n {2}→ swarmup rm --yes im ia removes it$/m,
    );
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it.each([
    ['while hosts boot', /"step-started","step":"ia\/facts"/],
    ['while the swarm is made', /"step-started","step":"swarm\/open"/],
    ['while a worker joins', /"step-started","step":"ia\/join"/],
  ])('%s: the same with --json', async (_when, moment) => {
    const { exitCode, stdout, pressed } = await interruptAt(cli, [...create, '--json'], moment);
    expect(pressed).toBe(1);
    expect(exitCode).toBe(130);
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'INTERRUPTED',
        message: 'stopped; what was made is kept',
        exitCode: 130,
        hints: ['swarmup create im ia goes on from here', 'swarmup rm --yes im ia removes it'],
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
    const { exitCode, stdout, stderr, pressed } = await interruptAt(cli, create, /ia: .*(create host|driver|ssh)/, {
      twice: true,
    });
    expect(pressed).toBe(2);
    expect(exitCode).toBe(130);
    expect(stdout).toBe('');
    // It did not come to say more.
    expect(stderr).not.toContain('what was made is kept');
    await cli.json<HostsResult>(['rm', '--yes', 'im', 'ia']);
    expect(await leftovers(cli.network)).toEqual([]);
  });
});
