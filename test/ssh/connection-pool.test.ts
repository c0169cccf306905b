import { describe, expect, it } from 'vitest';
import { connectionPool } from '../../src/ssh/connection-pool.js';
import { generateSshKey } from '../../src/ssh/keys.js';
import type { Connection, SshTarget } from '../../src/ssh/runner.js';
import { connectSsh } from '../../src/ssh/ssh-runner.js';
import { startSshHost } from '../support/ssh-host.js';

const connect = (target: SshTarget, signal: AbortSignal): Promise<Connection> => connectSsh(target, { signal });
const echo = { match: 'echo', reply: { stdout: 'hello' } };

describe('connectionPool', () => {
  it('keeps one connection for each host', async () => {
    await using host = await startSshHost({ commands: [echo] });
    const pool = connectionPool<SshTarget>({ connect });
    const [first, second] = await Promise.all([pool.get(host.target), pool.get(host.target)]);
    expect(second).toBe(first);
    expect(await pool.get(host.target)).toBe(first);
    expect((await first.exec('echo')).stdout).toBe('hello');
    expect(host.connections).toBe(1);
    await pool.close();
    expect(first.closed.aborted).toBe(true);
  });

  it('makes a lost connection again', async () => {
    await using host = await startSshHost({ commands: [echo] });
    const pool = connectionPool<SshTarget>({ connect });
    const first = await pool.get(host.target);
    host.dropConnections();
    await new Promise((resolve) => {
      first.closed.addEventListener('abort', resolve);
    });
    const second = await pool.get(host.target);
    expect((await second.exec('echo')).stdout).toBe('hello');
    await pool.close();
  });

  it('does not keep a failure', async () => {
    await using host = await startSshHost({ refuseAuthTimes: 1 });
    const pool = connectionPool<SshTarget>({ connect });
    await expect(pool.get(host.target)).rejects.toMatchObject({ code: 'SSH_REFUSED' });
    expect((await pool.get(host.target)).host).toBe('agent1');
    await pool.close();
  });

  it('keeps trying while a host boots', async () => {
    await using host = await startSshHost({ refuseAuthTimes: 3 });
    const pool = connectionPool<SshTarget>({ connect });
    const [one, other] = await Promise.all([
      pool.get(host.target, { waitMs: 10_000 }),
      pool.get(host.target, { waitMs: 10_000 }),
    ]);
    expect(one).toBe(other);
    expect(host.connections).toBe(4);
    await pool.close();
  });

  it('waits for a host that does not listen yet', async () => {
    const hostKey = generateSshKey('agent1');
    const { target, close } = await startSshHost({ hostKey });
    await close();
    let tries = 0;
    let triedTwice: () => void = () => undefined;
    const twice = new Promise<void>((resolve) => (triedTwice = resolve));
    const pool = connectionPool<SshTarget>({
      connect: (given, signal) => {
        tries += 1;
        if (tries === 2) triedTwice();
        return connect(given, signal);
      },
    });
    const got = pool.get(target, { waitMs: 10_000 });
    await twice;
    await using host = await startSshHost({ hostKey, port: target.port, userKey: target.privateKey });
    expect((await got).host).toBe('agent1');
    expect(host.connections).toBe(1);
    await pool.close();
  });

  it('gives up at the deadline, with the last cause', async () => {
    const host = await startSshHost();
    await host.close();
    const pool = connectionPool<SshTarget>({ connect });
    const error = pool.get(host.target, { waitMs: 150 });
    await expect(error).rejects.toMatchObject({ code: 'TIMEOUT', exitCode: 124, host: 'agent1' });
    await expect(error).rejects.toThrow(/^waited 0.2 s for SSH of agent1 to answer; last: .*connection refused$/);
  });

  it('gives up at once when the host key is wrong', async () => {
    await using host = await startSshHost();
    const pool = connectionPool<SshTarget>({ connect });
    const impostor = { ...host.target, hostKey: generateSshKey('other').publicKey };
    await expect(pool.get(impostor, { waitMs: 60_000 })).rejects.toMatchObject({ code: 'HOST_KEY_MISMATCH' });
    expect(host.connections).toBe(1);
  });

  it('makes no more than so many connections at a time', async () => {
    let making = 0;
    let peak = 0;
    const pool = connectionPool<SshTarget>({
      maxConcurrentStarts: 3,
      connect: async (target, signal) => {
        making += 1;
        peak = Math.max(peak, making);
        try {
          return await connect(target, signal);
        } finally {
          making -= 1;
        }
      },
    });
    await using host = await startSshHost();
    const targets = Array.from({ length: 10 }, (_, i) => ({ ...host.target, name: `agent${i}` }));
    await Promise.all(targets.map((target) => pool.get(target)));
    expect(host.connections).toBe(10);
    expect(peak).toBe(3);
    await pool.close();
    await expect.poll(() => host.openConnections).toBe(0);
  });

  it('ends the wait of the caller that aborts, not that of another one', async () => {
    await using host = await startSshHost();
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    const pool = connectionPool<SshTarget>({
      connect: async (target, signal) => {
        await gate;
        return connect(target, signal);
      },
    });
    const abort = new AbortController();
    const leaving = pool.get(host.target, { signal: abort.signal });
    const staying = pool.get(host.target);
    abort.abort(new Error('Ctrl-C'));
    await expect(leaving).rejects.toThrow('Ctrl-C');
    go();
    expect((await staying).host).toBe('agent1');
    expect(host.connections).toBe(1);
    await expect(pool.get(host.target, { signal: abort.signal })).rejects.toThrow('Ctrl-C');
    await pool.close();
  });

  it('drops a connection, also one that is being made', async () => {
    await using host = await startSshHost({ silent: true });
    const pool = connectionPool<SshTarget>({ connect });
    const waiting = pool.get(host.target, { waitMs: 60_000 });
    const gone = expect(waiting).rejects.toMatchObject({ code: 'SSH_LOST' });
    await expect.poll(() => host.openConnections).toBe(1);
    await pool.drop('agent1');
    await gone;
    await expect.poll(() => host.openConnections).toBe(0);
    await pool.drop('agent1');
    await pool.drop('unknown');
  });
});
