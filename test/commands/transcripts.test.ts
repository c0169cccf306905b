import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { machineRecord } from '../machine/machine-record.js';
import { childCli, type ChildCli, type Transcript } from '../support/child-cli.js';

/** A driver as a third party would ship it: what a host's state says is what happens to it. */
const hook = `
const capabilities = { power: true, snapshots: false, injectsHostKey: true, stableAddresses: true };
const refuse = (state) => { if (state.refuses) throw new Error('the hypervisor said no'); };
const driver = {
  apiVersion: 1, name: 'acme', description: 'hosts of ACME', capabilities, preference: 0,
  options: { zone: { type: 'string', description: 'where hosts are made' } },
  check: async () => [{ severity: 'error', code: 'ACME_DOWN', message: 'ACME is closed today', hints: ['try tomorrow'] }],
  create: async () => { throw new Error('not here'); },
  inspect: async (context, states) => states.map((state) => ({ state: state.state })),
  start: async (context, state) => ({ ssh: { host: '127.0.0.1', port: 1, user: 'root' } }),
  stop: async (context, state) => refuse(state),
  remove: async (context, host, state) => refuse(state),
  commands: {
    about: 'the hall in which ACME keeps hosts',
    list: [
      {
        name: 'sweep',
        summary: 'find what ACME forgot',
        description: 'Looks under every rack.',
        examples: ['swarmup acme sweep north --delete'],
        words: { name: 'rack', description: 'racks', many: true },
        flags: {
          delete: { type: 'boolean', description: 'throw it away' },
          deep: { type: 'integer', description: 'how deep', min: 1, default: 2 },
          yes: { type: 'boolean', char: 'y', description: 'do not ask', needs: ['delete'] },
        },
        options: ['zone'],
      },
    ],
  },
  runCommand: async (context, { command, words, flags }) => {
    if (flags.delete && !flags.yes && !(await context.confirm('a sock', 'Throw it away?'))) throw new Error('kept');
    const hosts = await context.ownHosts();
    const result = { command, words, flags, zone: context.options.zone ?? null, hosts: hosts.map(({ name }) => name) };
    return { result, text: [{ head: ['FOUND', 'AT'], rows: [['sock', 'r1']] }, 'One sock.'], exitCode: 6 };
  },
};
export default async () => [driver];
`;

let cli: ChildCli;
beforeAll(async () => {
  cli = await childCli();
  await cli.addPlugin('swarmup-driver-acme', hook);
  const engine = { url: 'tcp://127.0.0.1:1', certPath: 'certs' };
  const ready = { driver: 'acme', phase: 'ready', engine } as const;
  await cli.store.add(machineRecord('on1', { ...ready, driverState: { state: 'running' } }));
  await cli.store.add(machineRecord('off1', { ...ready, driverState: { state: 'stopped' } }));
  await cli.store.add(machineRecord('bad1', { ...ready, driverState: { state: 'running', refuses: true } }));
}, 60_000);
afterAll(() => cli[Symbol.asyncDispose]());

const json = ({ stdout }: Transcript): unknown => JSON.parse(stdout);

describe('exit codes are the same with and without --json, and stdout carries the result only', () => {
  it.concurrent.each<[string, number, string]>([
    ['ls --nope', 2, 'USAGE'],
    ['ls --format {{.Nam}}', 2, 'FORMAT_INVALID'],
    ['node lss', 2, 'COMMAND_UNKNOWN'],
    ['create --driver nope a', 2, 'DRIVER_UNKNOWN'],
    ['create --driver acme a', 3, 'ACME_DOWN'],
    ['ip on1', 1, 'HOST_NOT_READY'],
    ['stop bad1', 1, 'BUG'],
    ['rm on1', 2, 'CONFIRMATION_NEEDED'],
  ])('swarmup %s: %d %s', { timeout: 30_000 }, async (line, exitCode, code) => {
    const words = line.split(' ');
    const text = await cli.run(words);
    const machine = await cli.run([...words, '--json']);
    expect([text.exitCode, machine.exitCode]).toEqual([exitCode, exitCode]);
    expect(text.stdout).toBe('');
    expect(text.stderr).toContain('Error: ');
    expect(text.stderr).not.toMatch(/\n\s+at /);
    expect(json(machine)).toMatchObject({ error: { code, exitCode } });
  });
});

describe('advice', () => {
  it.concurrent.each([
    ['creat a', 'did you mean: swarmup create'],
    ['ls --fomat x', 'did you mean --format?'],
    ['create', 'for example: swarmup create manager agent1 agent2'],
    ['env on', 'on1'],
    ['create --driver acme --docker-subnet x a', 'the driver acme does not have the option --docker-subnet'],
  ])('swarmup %s', { timeout: 30_000 }, async (line, advice) => {
    expect((await cli.run(line.split(' '))).stderr).toContain(advice);
  });
});

describe('commands on several hosts', () => {
  it('report each host, and exit 4 when some failed', async () => {
    const text = await cli.run(['stop', 'on1', 'off1', 'bad1']);
    expect([text.exitCode, text.stdout]).toEqual([
      4,
      'on1   stopped\noff1  unchanged\nbad1  failed: the hypervisor said no\n',
    ]);
    const machine = await cli.run(['kill', 'on1', 'bad1', '--json', '--quiet']);
    expect(machine).toMatchObject({ exitCode: 4, stderr: '' });
    expect(json(machine)).toMatchObject({ hosts: [{ status: 'killed' }, { name: 'bad1', error: { code: 'BUG' } }] });
  });

  it('exit 0 when all went well', async () => {
    const text = await cli.run(['stop', '--quiet', 'on1']);
    expect(text).toEqual({ exitCode: 0, stdout: 'on1  stopped\n', stderr: '' });
  });

  it('remove with --yes what is there, and keep what refuses', async () => {
    await cli.store.add(machineRecord('old1', { driver: 'acme', driverState: { state: 'stopped' } }));
    const { exitCode, stdout } = await cli.run(['rm', '-y', 'old1', 'bad1']);
    expect([exitCode, stdout]).toEqual([4, 'old1  removed\nbad1  failed: the hypervisor said no\n']);
    expect(await cli.store.read('old1')).toBeUndefined();
    expect(await cli.store.read('bad1')).toBeDefined();
    await cli.store.update('bad1', (record) => ({ ...record, phase: 'ready' }));
  });

  it('remove with -f, which means yes, where nobody can be asked', async () => {
    await cli.store.add(machineRecord('old2', { driver: 'acme', driverState: { state: 'stopped' } }));
    expect((await cli.run(['rm', '-f', 'old2'])).exitCode).toBe(0);
    expect(await cli.store.read('old2')).toBeUndefined();
  });
});

describe('drivers of plugins', () => {
  it('are there for the quick commands, too', async () => {
    const { stdout } = await cli.run(['ls', '--format', String.raw`{{.Name}}\t{{.State}}`, '--filter', 'name=1$']);
    expect(stdout).toBe('bad1\trunning\noff1\tstopped\non1\trunning\n');
    expect((await cli.run(['status', 'off1', 'on1'])).stdout).toBe('stopped\nrunning\n');
  });

  it('are listed with what keeps them from working', async () => {
    expect(json(await cli.run(['driver', 'ls', '--json']))).toMatchObject({
      drivers: expect.arrayContaining([
        expect.objectContaining({ name: 'docker' }),
        expect.objectContaining({ name: 'acme', available: false, found: ['ACME is closed today'] }),
      ]) as unknown,
    });
  });

  it('add their flags to create', async () => {
    const { stderr, exitCode } = await cli.run(['create', '--acme-zone', 'x', 'a']);
    expect([exitCode, stderr]).toEqual([3, 'Error: ACME is closed today\n  → try tomorrow\n']);
  });

  it('bring commands, which parse, print and fail as all do', { timeout: 60_000 }, async () => {
    const swept = await cli.run(['acme', 'sweep', 'r1', 'r2', '--acme-zone', 'north', '--json']);
    const flags = { delete: false, deep: 2, yes: false };
    const hosts = ['bad1', 'off1', 'on1'];
    expect(json(swept)).toEqual({ command: 'sweep', words: ['r1', 'r2'], flags, zone: 'north', hosts });
    const asText = await cli.run(['acme', 'sweep', '--delete', '-y'], { SWARMUP_ACME_ZONE: 'south' });
    expect(asText).toEqual({ exitCode: 6, stdout: 'FOUND   AT\nsock    r1\nOne sock.\n', stderr: '' });
    const unasked = await cli.run(['acme', 'sweep', '--delete']);
    expect([unasked.exitCode, unasked.stdout]).toEqual([2, '']);
    expect(unasked.stderr).toMatch(
      /^a sock\nError: swarmup cannot ask for confirmation because there is no terminal\n/,
    );
    for (const wrong of [['--yes'], ['--deep', '0'], ['--acme-colour', 'red']])
      expect((await cli.run(['acme', 'sweep', ...wrong])).exitCode).toBe(2);
  });

  it('have them in the help and in proposals', { timeout: 60_000 }, async () => {
    expect((await cli.run(['--help'])).stdout).toMatch(/^ {2}acme +the hall in which ACME keeps hosts$/m);
    expect((await cli.run(['acme'])).stdout).toMatch(/^ {2}acme sweep +find what ACME forgot$/m);
    const help = (await cli.run(['acme', 'sweep', '--help'])).stdout;
    expect(help).toContain('$ swarmup acme sweep [RACK...] [FLAGS]');
    expect(help).toContain('--acme-zone=<value>  where hosts are made [env: SWARMUP_ACME_ZONE]');
    expect((await cli.run(['acme', 'sweap'])).stderr).toContain('did you mean: swarmup acme sweep');
  });

  it('that cannot be loaded are warned about, and nothing else suffers', async () => {
    await using other = await childCli();
    await other.addPlugin('swarmup-driver-broken', 'throw new Error("built for the moon");');
    const { exitCode, stdout, stderr } = await other.run(['driver', 'ls', '--json']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('"docker"');
    expect(stderr).toContain('the plugin swarmup-driver-broken failed to load its drivers: built for the moon');
  });
});

describe('the process', () => {
  it('shows a stack only when it is asked to', async () => {
    const { stderr } = await cli.run(['stop', 'nobody', '--debug']);
    expect(stderr).toMatch(/\n\s+at /);
    expect((await cli.run(['env', 'nobody'], { SWARMUP_DEBUG: '1' })).stderr).toMatch(/\n\s+at /);
  });

  it('takes the driver from the settings file, and says so', async () => {
    await using other = await childCli();
    const path = `${other.store.home}.json`;
    await writeFile(path, '{"driver": "nope"}');
    const { exitCode, stderr } = await other.run(['create', 'a'], { SWARMUP_CONFIG: path });
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("no driver named 'nope'")]);
  });

  it('prints help and version on stdout', async () => {
    const help = await cli.run(['help', 'ssh']);
    expect([help.exitCode, help.stdout]).toEqual([0, expect.stringContaining('ssh [-t] [HOST] [-- COMMAND...]')]);
    expect((await cli.run([])).stdout).toContain('To begin:  swarmup create manager agent1 agent2');
    expect((await cli.run(['--version'])).stdout).toMatch(/^swarmup\/\d/);
  });
});
