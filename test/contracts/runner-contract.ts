import { readdir, readFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import type { Connection } from '../../src/ssh/runner.js';
import { allEnded, isRunning } from '../support/local-process-state.js';

interface ContractHost extends AsyncDisposable {
  /** A connection to a host that is this machine: its commands run here, its files and sockets are ours. */
  readonly connection: Connection;
  /** Cuts the connection without a goodbye. */
  cut(): void | Promise<void>;
}

interface RunnerContractOptions {
  /** Makes a fresh host for each test. May skip the test by its context, with a reason. */
  readonly start: (context: TestContext) => Promise<ContractHost>;
  /** False: it has no terminals. */
  readonly terminals: boolean;
}

/** What every Runner promises, whatever is behind it. */
export function runnerContract(name: string, { start, terminals }: RunnerContractOptions): void {
  describe(`runner contract: ${name}`, () => {
    let host: ContractHost;
    let runner: Connection;
    let folder: string;
    beforeEach(async (context) => {
      host = await start(context);
      runner = host.connection;
      folder = await mkdtemp(join(tmpdir(), 'swarmup-contract-'));
    });
    afterEach(async () => {
      await runner[Symbol.asyncDispose]();
      await host[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    });

    /** Starts a command that first prints process ids; resolves with them once they are there. */
    const startPrinting = (
      command: string,
      options: { signal?: AbortSignal; timeoutMs?: number; stdin?: string },
    ): { pids: Promise<number[]>; done: Promise<unknown> } => {
      let done: Promise<unknown> = Promise.resolve();
      const pids = new Promise<number[]>((resolve, reject) => {
        const onLine = (line: string): void => {
          resolve(line.trim().split(' ').map(Number));
        };
        done = runner.exec(command, { ...options, onLine });
        done.catch(reject);
      });
      return { pids, done };
    };

    describe('exec', () => {
      it('gives stdout, stderr and the exit code', async () => {
        const result = await runner.exec('echo out; echo err >&2; exit 3', { check: false });
        expect(result).toEqual({ exitCode: 3, signal: null, stdout: 'out\n', stderr: 'err\n' });
      });

      it('fails with the title, the exit code and the end of stderr, without secrets', async () => {
        const command = 'echo line 1 >&2; echo token SWMTKN-1-abc-def >&2; echo password hunter22 >&2; exit 100';
        const failed = runner.exec(command, { title: 'install Docker', redact: ['hunter22'] });
        await expect(failed).rejects.toMatchObject({
          code: 'REMOTE_COMMAND_FAILED',
          host: runner.host,
          message: `${runner.host}: install Docker failed with exit code 100: line 1 | token *** | password ***`,
        });
      });

      it('names the signal that ended a command', async () => {
        const result = await runner.exec('kill -KILL $$', { check: false });
        expect(result).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
        await expect(runner.exec('kill -KILL $$')).rejects.toMatchObject({ code: 'REMOTE_COMMAND_FAILED' });
      });

      it('runs in a POSIX shell, with quotes and newlines as given', async () => {
        const { stdout } = await runner.exec(`a='it'\\''s "$HOME" \\'\nprintf '%s\\n' "$a"`);
        expect(stdout).toBe(`it's "$HOME" \\\n`);
      });

      it('hands over stdin and closes it', async () => {
        const stdin = Buffer.alloc(3_000_000, 'swarm');
        expect((await runner.exec('cksum; cat; echo over', { stdin })).stdout).toMatch(/^\d+ 3000000\nover\n$/);
        expect((await runner.exec('cat', { stdin: 'ünï\n' })).stdout).toBe('ünï\n');
      });

      it('gives an empty stdin when there is none', async () => {
        expect((await runner.exec('cat; echo over')).stdout).toBe('over\n');
      });

      it('does not wait for a command to read all of stdin', async () => {
        expect((await runner.exec('head -c 3', { stdin: Buffer.alloc(1_000_000, 'a') })).stdout).toBe('aaa');
      });

      it('delivers the lines of both streams, and characters that came in two pieces', async () => {
        const lines: string[] = [];
        const command = String.raw`printf 'a\342'; sleep 0.1; printf '\202\254\r\nlast'; printf 'e1\ne2\n' >&2`;
        const { stdout } = await runner.exec(command, { onLine: (line) => lines.push(line) });
        expect(stdout).toBe('a€\r\nlast');
        expect(lines.sort()).toEqual(['a€', 'e1', 'e2', 'last']);
      });

      it('keeps the end of endless output', async () => {
        const { stdout } = await runner.exec('yes swarm | head -c 20000000; echo end');
        expect(stdout.length).toBeLessThan(9 * 1024 * 1024);
        expect(stdout).toMatch(/^\[the first \d+ bytes were cut\]\n/);
        expect(stdout.endsWith('swarm\nswend\n')).toBe(true);
      });

      it('runs more commands at once than sshd allows sessions', async () => {
        const results = await Promise.all(Array.from({ length: 30 }, (_, i) => runner.exec(`sleep 0.02; echo ${i}`)));
        expect(results.map(({ stdout }) => stdout.trim())).toEqual(Array.from({ length: 30 }, (_, i) => String(i)));
      });

      it.each([
        ['without stdin', undefined],
        ['with stdin', 'text'],
      ])('leaves no process behind after an abort, %s', async (_, stdin) => {
        const abort = new AbortController();
        const { pids, done } = startPrinting('sleep 3600 & (sleep 3601; true) & echo $$ $!; wait', {
          signal: abort.signal,
          ...(stdin !== undefined && { stdin }),
        });
        const started = await pids;
        expect(started.map(isRunning)).toEqual([true, true]);
        const reason = new Error('stopped by the test');
        abort.abort(reason);
        await expect(done).rejects.toBe(reason);
        await allEnded(started);
      });

      it('leaves no process behind after a timeout, also none that ignores TERM', async () => {
        const { pids, done } = startPrinting('trap "" TERM; sleep 3600 & echo $$ $!; wait', { timeoutMs: 500 });
        await expect(done).rejects.toMatchObject({ code: 'TIMEOUT', exitCode: 124, host: runner.host });
        await allEnded(await pids);
      });

      it('leaves a service alone that a finished command started', async () => {
        const { stdout } = await runner.exec('sleep 3600 >/dev/null 2>&1 & echo $!');
        const pid = Number(stdout);
        try {
          // What would end it does so with the channel, long before three more commands are over.
          for (let i = 0; i < 3; i += 1) await runner.exec('sleep 0.05', { stdin: 'x' });
          expect(isRunning(pid)).toBe(true);
        } finally {
          process.kill(pid);
        }
      });

      it('does nothing when the signal fired before', async () => {
        const file = join(folder, 'made');
        const signal = AbortSignal.abort(new Error('too late'));
        await expect(runner.exec(`touch ${file}`, { signal })).rejects.toThrow('too late');
        await runner.exec('true');
        expect(await readdir(folder)).toEqual([]);
      });

      it('fails with SSH_LOST when the connection goes away, now and later', async () => {
        const { pids, done } = startPrinting('echo $$; sleep 3600', {});
        const started = await pids;
        const lost = expect(done).rejects.toMatchObject({ code: 'SSH_LOST', host: runner.host, retryable: true });
        await host.cut();
        await lost;
        expect(runner.closed.aborted).toBe(true);
        await expect(runner.exec('true')).rejects.toMatchObject({ code: 'SSH_LOST' });
        await expect(runner.openSocket('/x')).rejects.toMatchObject({ code: 'SSH_LOST' });
        await expect(runner.upload([{ path: '/x', data: '', mode: 0o600 }])).rejects.toMatchObject({
          code: 'SSH_LOST',
        });
        await allEnded(started);
      });
    });

    describe('shell', () => {
      it('carries all three streams and the exit code', async () => {
        const shell = await runner.shell({ command: 'cat; echo err >&2; exit 5' });
        shell.stream.end('in');
        const [stdout, stderr, exit] = await Promise.all([text(shell.stream), text(shell.stderr), shell.finished]);
        expect({ stdout, stderr, ...exit }).toEqual({ stdout: 'in', stderr: 'err\n', exitCode: 5, signal: null });
      });

      it('passes signals through', async () => {
        const shell = await runner.shell({ command: 'kill -TERM $$' });
        shell.stream.resume();
        expect(await shell.finished).toEqual({ exitCode: null, signal: 'SIGTERM' });
      });

      it('is a login shell without a command', async () => {
        const shell = await runner.shell({});
        shell.stream.end('echo $((6 * 7)); exit 6\n');
        expect(await text(shell.stream)).toContain('42\n');
        expect(await shell.finished).toMatchObject({ exitCode: 6 });
      });

      it('closes with its signal', async () => {
        const abort = new AbortController();
        const shell = await runner.shell({ command: 'echo ready; cat', signal: abort.signal });
        await new Promise((resolve) => shell.stream.once('data', resolve));
        abort.abort(new Error('enough'));
        await expect(shell.finished).rejects.toThrow('enough');
      });

      it.skipIf(!terminals)('has a terminal that can be resized', async () => {
        const command = 'stty size; read line; stty size; exit 4';
        const shell = await runner.shell({ command, pty: { term: 'xterm', columns: 100, rows: 30 } });
        let shown = '';
        await new Promise<void>((resolve) => {
          shell.stream.on('data', (chunk: Buffer) => {
            shown += chunk.toString();
            if (shown.includes('30 100')) resolve();
          });
        });
        shell.resize(120, 40);
        shell.stream.write('\r');
        expect(await shell.finished).toEqual({ exitCode: 4, signal: null });
        expect(shown).toContain('40 120');
      });
    });

    describe('openSocket', () => {
      let server: Server;
      let path: string;
      beforeEach(async () => {
        path = join(folder, 'engine.sock');
        // Answers once it has read everything: only a half-closed stream gets there.
        server = createServer({ allowHalfOpen: true }, (socket) => {
          const chunks: Buffer[] = [Buffer.from('got ')];
          // Some tests go away before the answer.
          socket.on('error', () => undefined);
          socket.on('data', (chunk: Buffer) => chunks.push(chunk));
          socket.once('end', () => socket.end(Buffer.concat(chunks)));
        });
        await new Promise<void>((resolve) => server.listen(path, resolve));
      });
      afterEach(() => server.close());

      it('carries bytes both ways and each side ends for itself', async () => {
        const data = Buffer.alloc(3_000_000, 'engine');
        const stream = await runner.openSocket(path);
        stream.end(data);
        const answer = await buffer(stream);
        expect(answer.equals(Buffer.concat([Buffer.from('got '), data]))).toBe(true);
      });

      it('is not counted as a session', async () => {
        const streams = await Promise.all(Array.from({ length: 12 }, () => runner.openSocket(path)));
        expect((await runner.exec('echo still there')).stdout).toBe('still there\n');
        for (const stream of streams) stream.destroy();
      });

      it('closes on both sides when it is destroyed', async () => {
        const closed = new Promise<void>((resolve) => {
          server.once('connection', (socket) =>
            socket.once('close', () => {
              resolve();
            }),
          );
        });
        const stream = await runner.openSocket(path);
        stream.destroy();
        await closed;
        expect(stream.closed).toBe(true);
      });

      it('says which socket is not there', async () => {
        const missing = join(folder, 'missing.sock');
        await expect(runner.openSocket(missing)).rejects.toMatchObject({
          code: 'SOCKET_UNREACHABLE',
          message: expect.stringContaining(missing) as string,
        });
      });

      it('fails on the stream when the connection goes away', async () => {
        const stream = await runner.openSocket(path);
        const failed = new Promise((resolve) => stream.once('error', resolve));
        await host.cut();
        expect(await failed).toMatchObject({ code: 'SSH_LOST' });
      });
    });

    describe('openPort', () => {
      it('carries bytes both ways to a loopback port of the host', async () => {
        const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        try {
          const data = Buffer.alloc(300_000, 'metrics');
          const stream = await runner.openPort((server.address() as AddressInfo).port);
          stream.end(data);
          expect((await buffer(stream)).equals(data)).toBe(true);
        } finally {
          server.close();
        }
      });

      it('says which port nobody listens on', async () => {
        const server = createServer();
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        const { port } = server.address() as AddressInfo;
        await new Promise((resolve) => server.close(resolve));
        await expect(runner.openPort(port)).rejects.toMatchObject({
          code: 'SOCKET_UNREACHABLE',
          retryable: true,
          message: expect.stringContaining(`port ${port}`) as string,
        });
      });
    });

    describe('upload', () => {
      const at = (file: string): string => join(folder, file);

      it('writes files with their modes, new ones and over old ones', async () => {
        const binary = Buffer.from(Array.from({ length: 700_000 }, (_, i) => i % 256));
        await runner.upload([
          { path: at('key'), data: 'first', mode: 0o600 },
          { path: at('binary'), data: binary, mode: 0o755 },
          { path: at('empty'), data: '', mode: 0o444 },
        ]);
        await runner.upload([{ path: at('key'), data: 'second ü', mode: 0o640 }]);
        expect(await readFile(at('key'), 'utf8')).toBe('second ü');
        expect((await readFile(at('binary'))).equals(binary)).toBe(true);
        const modes = await Promise.all(['key', 'binary', 'empty'].map(async (file) => (await stat(at(file))).mode));
        expect(modes.map((mode) => mode & 0o777)).toEqual([0o640, 0o755, 0o444]);
        expect((await readdir(folder)).sort()).toEqual(['binary', 'empty', 'key']);
      });

      it('names the file that could not be written, and leaves nothing of it', async () => {
        const path = at('missing/file');
        await expect(runner.upload([{ path, data: 'x', mode: 0o600 }])).rejects.toMatchObject({
          code: 'REMOTE_COMMAND_FAILED',
          message: expect.stringContaining(path) as string,
        });
        await runner.exec(`mkdir -p ${at('folder/full')}`);
        await expect(runner.upload([{ path: at('folder'), data: 'x', mode: 0o600 }])).rejects.toThrow(at('folder'));
        expect(await readdir(folder)).toEqual(['folder']);
      });

      it('fails when the connection goes away in the middle', async () => {
        const done = runner.upload([{ path: at('big'), data: Buffer.alloc(50_000_000), mode: 0o600 }]);
        const lost = expect(done).rejects.toMatchObject({ code: 'SSH_LOST' });
        while ((await readdir(folder)).length === 0) await runner.exec('true');
        await host.cut();
        await lost;
        expect(await readdir(folder)).not.toContain('big');
      });

      it('leaves nothing behind after an abort', async () => {
        const abort = new AbortController();
        const done = runner.upload([{ path: at('big'), data: Buffer.alloc(30_000_000), mode: 0o600 }], {
          signal: abort.signal,
        });
        // As soon as something of it is there.
        while ((await readdir(folder)).length === 0) await runner.exec('true');
        abort.abort(new Error('enough'));
        await expect(done).rejects.toThrow('enough');
        while ((await readdir(folder)).length > 0) await runner.exec('true');
      });
    });

    it('can be closed twice', async () => {
      await runner[Symbol.asyncDispose]();
      await runner[Symbol.asyncDispose]();
      expect(runner.closed.aborted).toBe(true);
      await expect(runner.exec('true')).rejects.toMatchObject({ code: 'SSH_LOST' });
    });
  });
}
