import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Connection } from '../../src/ssh/runner.js';
import { connectSsh } from '../../src/ssh/ssh-runner.js';
import { withSudo } from '../../src/ssh/sudo.js';
import { allEnded } from '../support/local-process-state.js';
import { startSshHost, type SshHost } from '../support/ssh-host.js';

/** What sudo writes, by version and setting. */
const refusals = [
  'sudo: a password is required',
  'sudo: a terminal is required to read the password; either use the -S option or configure an askpass helper',
  'sudo: interactive authentication is required',
];
const denials = [
  'sudo: sorry, you must have a tty to run sudo',
  'admin is not in the sudoers file.',
  'Sorry, user admin is not allowed to execute "sh" as root on agent1.',
];

describe('withSudo, scripted', () => {
  it('is the runner itself for root', async () => {
    await using host = await startSshHost();
    await using runner = await connectSsh(host.target);
    expect(withSudo(runner, 'root')).toBe(runner);
  });

  it('runs commands through sudo, with their stdin', async () => {
    await using host = await startSshHost({
      user: 'admin',
      commands: [{ match: 'tee /etc/x', reply: async ({ stdin }) => ({ stdout: await stdin() }) }],
    });
    await using runner = withSudo(await connectSsh(host.target), 'admin');
    expect((await runner.exec('tee /etc/x', { stdin: 'secret' })).stdout).toBe('secret');
    expect(host.received).toMatchObject([{ command: 'tee /etc/x', asRoot: true, user: 'admin' }]);
    expect(runner.closed.aborted).toBe(false);
  });

  it.each([
    ...refusals.map((said) => ['SUDO_NEEDS_PASSWORD', said] as const),
    ...denials.map((said) => ['SUDO_DENIED', said] as const),
  ])('%s: says what to do about: %s', async (code, said) => {
    await using host = await startSshHost({
      user: 'admin',
      commands: [{ match: 'true', reply: { exitCode: 1, stderr: `We trust you.\n${said}\n` } }],
    });
    await using runner = withSudo(await connectSsh(host.target), 'admin');
    const expected = {
      code,
      exitCode: 3,
      host: 'agent1',
      message: `user admin of agent1 cannot become root: ${said}`,
    };
    await expect(runner.exec('true')).rejects.toMatchObject(expected);
    await expect(runner.exec('true', { check: false })).rejects.toMatchObject({
      hints: expect.arrayContaining([expect.stringContaining('admin ALL=(ALL) NOPASSWD: ALL')]) as string[],
    });
  });

  it('says that sudo is missing', async () => {
    const stderr = "env: 'sudo': No such file or directory\n";
    await using host = await startSshHost({ commands: [{ match: 'true', reply: { exitCode: 127, stderr } }] });
    await using runner = withSudo(await connectSsh(host.target), 'admin');
    await expect(runner.exec('true')).rejects.toMatchObject({ code: 'SUDO_MISSING', host: 'agent1' });
  });

  it('passes on other failures as they are', async () => {
    await using host = await startSshHost({
      commands: [{ match: 'apt-get', reply: { exitCode: 1, stderr: 'E: no sudo: a thing\n' } }],
    });
    await using runner = withSudo(await connectSsh(host.target), 'admin');
    await expect(runner.exec('apt-get', { title: 'install' })).rejects.toMatchObject({
      code: 'REMOTE_COMMAND_FAILED',
      message: 'agent1: install failed with exit code 1: E: no sudo: a thing',
    });
    expect(await runner.exec('apt-get', { check: false })).toMatchObject({ exitCode: 1 });
  });
});

describe('withSudo, in a real shell', () => {
  let folder: string;
  let host: SshHost;
  let connection: Connection;
  let runner: Connection;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'swarmup-sudo-'));
    // Stands for sudo: takes its options away and marks what runs under it.
    const sudo = '#!/bin/sh\n[ "$1 $2" = "-n --" ] || exit 9\nshift 2\nAS_ROOT=yes exec "$@"\n';
    // Stands for docker: carries bytes to the socket it was told, as `docker system dial-stdio` does.
    const docker = `#!${process.execPath}
      const [, , , url] = process.argv;
      const socket = require('node:net').connect(url.replace('unix://', '') + '.of-root');
      process.stdin.pipe(socket).pipe(process.stdout);
    `;
    for (const [name, script] of Object.entries({ sudo, docker })) {
      await writeFile(join(folder, name), script);
      await chmod(join(folder, name), 0o755);
    }
    host = await startSshHost({
      user: 'admin',
      root: '/',
      env: { PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}`, TMPDIR: folder },
      commands: [{ match: /^/, reply: 'run-locally' }],
    });
    connection = await connectSsh(host.target);
    runner = withSudo(connection, 'admin');
  });
  afterEach(async () => {
    await connection[Symbol.asyncDispose]();
    await host.close();
    await rm(folder, { recursive: true });
  });

  it('quotes what it is given', async () => {
    const { stdout } = await runner.exec(`echo "$AS_ROOT" 'it'\\''s' "$HOME" | sed "s/^/> /"`);
    expect(stdout).toBe(`> yes it's ${process.env['HOME'] ?? ''}\n`);
    const shell = await runner.shell({ command: 'echo "$AS_ROOT"; cat; exit 3' });
    shell.stream.end('in');
    expect(await text(shell.stream)).toBe('yes\nin');
    expect(await shell.finished).toMatchObject({ exitCode: 3 });
  });

  it('leaves no process behind after an abort', async () => {
    const abort = new AbortController();
    let arrived: (pids: number[]) => void = () => undefined;
    const pids = new Promise<number[]>((resolve) => (arrived = resolve));
    const running = runner.exec('sleep 3600 & echo $$ $!; wait', {
      signal: abort.signal,
      onLine: (line) => {
        arrived(line.split(' ').map(Number));
      },
    });
    const started = await pids;
    abort.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    await allEnded(started);
  });

  it('puts files in place with their modes and leaves no copies', async () => {
    const at = (name: string): string => join(folder, name);
    await writeFile(at('old key'), 'old', { mode: 0o644 });
    await runner.upload([
      { path: at('old key'), data: 'new', mode: 0o600 },
      { path: at('script'), data: '#!/bin/sh\n', mode: 0o755 },
    ]);
    expect(await readFile(at('old key'), 'utf8')).toBe('new');
    const modes = await Promise.all(['old key', 'script'].map(async (name) => (await stat(at(name))).mode & 0o777));
    expect(modes).toEqual([0o600, 0o755]);
    await expect(runner.upload([{ path: at('missing/file'), data: 'x', mode: 0o600 }])).rejects.toMatchObject({
      code: 'REMOTE_COMMAND_FAILED',
      message: expect.stringContaining(at('missing/file')) as string,
    });
    expect((await readdir(folder)).sort()).toEqual(['docker', 'old key', 'script', 'sudo']);
  });

  it("reaches the engine's socket by root's docker when the user may not open it", async () => {
    const path = join(folder, 'docker.sock');
    // The host forwards no socket, and `test -w` must say no, which it never does to root: a folder is no socket either.
    const engine = createServer({ allowHalfOpen: true }, (socket) => socket.end('engine'));
    await new Promise<void>((resolve) => engine.listen(`${path}.of-root`, resolve));
    host.on(
      { match: `test -w ${path}`, reply: { exitCode: 1 } },
      { match: `test -S ${path} && command -v docker`, reply: { stdout: '/usr/bin/docker\n' } },
    );
    try {
      for (let i = 0; i < 2; i += 1) expect(await text(await runner.openSocket(path))).toBe('engine');
      expect(host.received.filter(({ command }) => command.startsWith('test -w'))).toHaveLength(1);
    } finally {
      engine.close();
    }
  });

  it('keeps the first error when root could not open the socket either', async () => {
    const path = join(folder, 'docker.sock');
    await expect(runner.openSocket(path)).rejects.toMatchObject({ code: 'SOCKET_UNREACHABLE' });
  });
});
