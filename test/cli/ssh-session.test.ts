import { PassThrough, Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { runSession } from '../../src/cli/ssh-session.js';
import { splitCommand } from '../../src/commands/ssh.js';
import type { Runner, Shell, ShellOptions } from '../../src/ssh/runner.js';
import { fakeIo } from '../support/fake-io.js';

interface Remote {
  readonly runner: Runner;
  readonly asked: ShellOptions[];
  readonly sizes: [number, number][];
  /** What the command got on stdin. */
  readonly stdin: PassThrough;
  readonly stdout: PassThrough;
  readonly stderr: PassThrough;
  readonly end: (exitCode: number | null, signal?: string) => void;
}

/** A host whose command is the test. */
function remote(): Remote {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const asked: ShellOptions[] = [];
  const sizes: [number, number][] = [];
  let over: (ended: { exitCode: number | null; signal: string | null }) => void = () => undefined;
  const finished: Shell['finished'] = new Promise((resolve) => (over = resolve));
  const stream = Duplex.from({ readable: stdout, writable: stdin });
  const shell: Shell = { stream, stderr, finished, resize: (...size) => void sizes.push(size) };
  const runner = {
    host: 'agent1',
    shell: async (options: ShellOptions) => {
      asked.push(options);
      return shell;
    },
  } as unknown as Runner;
  const end: Remote['end'] = (exitCode, signal) => {
    stdout.end();
    stderr.end();
    stdout.once('close', () => {
      over({ exitCode, signal: signal ?? null });
    });
  };
  return { runner, asked, sizes, stdin, stdout, stderr, end };
}

const request = { command: 'cat', terminal: false, signal: new AbortController().signal };

describe('runSession', () => {
  it('passes stdin, stdout, stderr and the exit code on', async () => {
    const io = fakeIo();
    const host = remote();
    const session = runSession(io, host.runner, request);
    io.stdin.push('hello');
    io.stdin.push(null);
    host.stdin.setEncoding('utf8');
    let got = '';
    for await (const chunk of host.stdin) got += chunk as string;
    expect(got).toBe('hello');
    host.stdout.write('out');
    host.stderr.write('err');
    host.end(7);
    expect(await session).toBe(7);
    expect([io.out(), io.err()]).toEqual(['out', 'err']);
    expect(host.asked).toEqual([{ command: 'cat', signal: request.signal }]);
  });

  it.each([
    ['TERM', 143],
    ['SIGKILL', 137],
    ['USR1', 138],
  ])('a command that %s ended is %d', async (signal, code) => {
    const host = remote();
    const session = runSession(fakeIo(), host.runner, request);
    host.end(null, signal);
    expect(await session).toBe(code);
  });

  it('gives a login shell the terminal, raw, with its size', async () => {
    const io = fakeIo({ env: { TERM: 'xterm-256color' }, tty: ['stdin', 'stdout', 'stderr'] });
    const raw: boolean[] = [];
    Object.assign(io.stdin, { setRawMode: (mode: boolean) => raw.push(mode) });
    const host = remote();
    const session = runSession(io, host.runner, { ...request, command: undefined });
    await expect.poll(() => raw).toEqual([true]);
    Object.assign(io.stdout, { columns: 120, rows: 50 }).emit('resize');
    host.end(0);
    expect(await session).toBe(0);
    expect(host.asked[0]?.pty).toEqual({ term: 'xterm-256color', columns: 80, rows: 24 });
    expect(host.sizes).toEqual([[120, 50]]);
    expect(raw).toEqual([true, false]);
    expect(io.stdout.listenerCount('resize')).toBe(0);
  });

  it.each([
    ['a command', { command: 'top', terminal: false }, false],
    ['a command with -t', { command: 'top', terminal: true }, true],
    ['a login shell', { command: undefined, terminal: false }, true],
  ])('%s on a terminal', async (_, changes, pty) => {
    const io = fakeIo({ tty: ['stdin', 'stdout'] });
    const host = remote();
    const session = runSession(io, host.runner, { ...request, ...changes });
    host.end(0);
    await session;
    expect(host.asked[0]?.pty !== undefined).toBe(pty);
  });

  it('gives no terminal to a login shell that is fed by a pipe', async () => {
    const host = remote();
    const session = runSession(fakeIo({ tty: ['stdout'] }), host.runner, { ...request, command: undefined });
    host.end(0);
    await session;
    expect(host.asked[0]?.pty).toBeUndefined();
  });
});

describe('splitCommand', () => {
  it.each([
    [[], [], undefined],
    [['h'], ['h'], undefined],
    [['h', '--'], ['h'], undefined],
    [['h', '--', 'docker', 'ps'], ['h'], 'docker ps'],
    [['h', '--', 'ls -l | wc'], ['h'], 'ls -l | wc'],
    [['h', 'ls', '-l'], ['h'], 'ls -l'],
    [['-t', 'h', '--', 'top', '-t'], ['-t', 'h'], 'top -t'],
    [['h', '--', 'a', '--', 'b'], ['h'], 'a -- b'],
    [['--', 'uptime'], [], 'uptime'],
    [['-t', '--', 'top'], ['-t'], 'top'],
  ])('%j: ours %j, command %j', (argv, own, command) => {
    expect(splitCommand(argv)).toEqual({ own, command });
  });
});
