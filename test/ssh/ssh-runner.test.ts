import { describe, expect, it } from 'vitest';
import { generateSshKey } from '../../src/ssh/keys.js';
import { parseHostKey } from '../../src/ssh/host-key.js';
import type { SshTarget } from '../../src/ssh/runner.js';
import { connectSsh } from '../../src/ssh/ssh-runner.js';
import { startSshHost } from '../support/ssh-host.js';

async function failureOf(work: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  return work.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error as Error & Record<string, unknown>,
  );
}

/** An RSA host key, as an old host has it. */
async function hostWithOtherKeyType(): Promise<{ privateKey: string; publicKey: string }> {
  const { default: ssh2 } = await import('ssh2');
  const { private: privateKey, public: publicKey } = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 });
  return { privateKey, publicKey };
}

describe('connectSsh', () => {
  it('connects once for everything', async () => {
    await using host = await startSshHost({ commands: [{ match: 'true', reply: {} }] });
    await using runner = await connectSsh(host.target);
    await Promise.all([runner.exec('true'), runner.exec('true'), runner.exec('true')]);
    await runner.upload([{ path: '/etc/docker/daemon.json', data: '{}', mode: 0o644 }]);
    expect(host.connections).toBe(1);
    expect(await host.readFile('/etc/docker/daemon.json')).toEqual({ text: '{}', mode: 0o644 });
  });

  it('refuses a host that shows another key, with both fingerprints and a remedy', async () => {
    await using host = await startSshHost();
    const pinned = generateSshKey('other').publicKey;
    const error = await failureOf(connectSsh({ ...host.target, hostKey: pinned }));
    expect(error).toMatchObject({ code: 'HOST_KEY_MISMATCH', exitCode: 1, retryable: false, host: 'agent1' });
    for (const key of [pinned, host.target.hostKey]) expect(error.message).toContain(parseHostKey(key, '').fingerprint);
    expect(error.message).toContain(`agent1 (127.0.0.1:${host.target.port})`);
    expect(String(error['hints'])).toContain('swarmup rm --force agent1');
  });

  it('refuses a host that has no key of the pinned type', async () => {
    await using host = await startSshHost({ hostKey: await hostWithOtherKeyType() });
    const pinned = generateSshKey('other').publicKey;
    const error = await failureOf(connectSsh({ ...host.target, hostKey: pinned }));
    expect(error).toMatchObject({ code: 'HOST_KEY_MISMATCH', retryable: false });
    expect(error.message).toContain('got no ssh-ed25519 key');
    await using runner = await connectSsh(host.target);
    expect(runner.host).toBe('agent1');
  });

  it('fails with SSH_REFUSED for a key that is not accepted (yet)', async () => {
    await using host = await startSshHost({ refuseAuthTimes: 1 });
    const error = await failureOf(connectSsh(host.target));
    expect(error).toMatchObject({ code: 'SSH_REFUSED', retryable: true, host: 'agent1' });
    await using runner = await connectSsh(host.target);
    expect(runner.closed.aborted).toBe(false);
  });

  it('fails with SSH_UNREACHABLE when nothing listens', async () => {
    const host = await startSshHost();
    await host.close();
    const error = await failureOf(connectSsh(host.target));
    expect(error).toMatchObject({ code: 'SSH_UNREACHABLE', retryable: true });
    expect(error.message).toBe(`no SSH connection to agent1 (127.0.0.1:${host.target.port}): connection refused`);
  });

  it('fails with SSH_UNREACHABLE when the handshake is never answered', async () => {
    await using host = await startSshHost({ silent: true });
    const error = await failureOf(connectSsh(host.target, { timeoutMs: 100 }));
    expect(error).toMatchObject({ code: 'SSH_UNREACHABLE', retryable: true });
  });

  it('fails with SSH_UNREACHABLE when the host hangs up in the handshake', async () => {
    await using host = await startSshHost({ silent: true });
    const failed = failureOf(connectSsh(host.target));
    await expect.poll(() => host.connections).toBe(1);
    host.dropConnections();
    expect(await failed).toMatchObject({ code: 'SSH_UNREACHABLE' });
  });

  it('ends the attempt when its signal fires', async () => {
    await using host = await startSshHost({ silent: true });
    const abort = new AbortController();
    const failed = failureOf(connectSsh(host.target, { signal: abort.signal }));
    await expect.poll(() => host.connections).toBe(1);
    abort.abort(new Error('Ctrl-C'));
    expect((await failed).message).toBe('Ctrl-C');
    await expect.poll(() => host.openConnections).toBe(0);
    expect((await failureOf(connectSsh(host.target, { signal: abort.signal }))).message).toBe('Ctrl-C');
    expect(host.connections).toBe(1);
  });

  it.each<[string, Partial<SshTarget>, string]>([
    ['private key', { privateKey: '-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n' }, 'SSH_KEY_INVALID'],
    ['host key', { hostKey: 'ssh-ed25519 nonsense' }, 'HOST_KEY_INVALID'],
  ])('says that the %s is broken, without showing it', async (_, broken, code) => {
    await using host = await startSshHost();
    const error = await failureOf(connectSsh({ ...host.target, ...broken }));
    expect(error).toMatchObject({ code, retryable: false, host: 'agent1' });
    expect(JSON.stringify(error) + String(error.cause)).not.toContain('c2VjcmV0');
    expect(host.connections).toBe(0);
  });
});

describe('a connection', () => {
  it('counts as lost when the host stops answering', async () => {
    await using host = await startSshHost({
      commands: [
        {
          match: 'sleep',
          reply: ({ closed }) =>
            new Promise((r) => {
              closed.addEventListener('abort', () => {
                r({});
              });
            }),
        },
      ],
    });
    await using runner = await connectSsh(host.target, { keepaliveMs: 20 });
    const running = failureOf(runner.exec('sleep'));
    await expect.poll(() => host.received.length).toBe(1);
    host.freeze();
    expect(await running).toMatchObject({ code: 'SSH_LOST', retryable: true });
    expect((await running).message).toContain('Keepalive timeout');
  });

  it('is lost when the host says goodbye, also in the middle of a line', async () => {
    let arrived: () => void = () => undefined;
    const read = new Promise<void>((resolve) => (arrived = resolve));
    await using host = await startSshHost();
    async function* journal(): AsyncGenerator<string> {
      yield 'line 1\nli';
      await read;
      host.endConnections();
    }
    host.on({ match: 'journalctl -f', reply: { stdout: journal() } });
    await using runner = await connectSsh(host.target);
    const lines: string[] = [];
    const onLine = (line: string): void => {
      lines.push(line);
      arrived();
    };
    expect(await failureOf(runner.exec('journalctl -f', { onLine }))).toMatchObject({ code: 'SSH_LOST' });
    expect(lines[0]).toBe('line 1');
  });

  it('never has more than eight sessions open, and waits for a turn no longer than its deadline', async () => {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    await using host = await startSshHost({
      commands: [
        {
          match: /^hold/,
          reply: async () => {
            await released;
            return {};
          },
        },
        { match: 'true', reply: {} },
      ],
    });
    await using runner = await connectSsh(host.target);
    const held = Array.from({ length: 8 }, (_, i) => runner.exec(`hold ${i}`));
    await expect.poll(() => host.received.length).toBe(8);
    expect(await failureOf(runner.exec('true', { timeoutMs: 50 }))).toMatchObject({ code: 'TIMEOUT' });
    const waiting = runner.exec('true');
    release();
    await Promise.all([...held, waiting]);
    expect(host.peakSessions).toBe(8);
    expect(host.received.filter(({ command }) => command === 'true')).toHaveLength(1);
  });

  it('tries again for a moment when the host has too many sessions', async () => {
    await using host = await startSshHost({ maxSessions: 2, commands: [{ match: 'true', reply: {} }] });
    await using runner = await connectSsh(host.target);
    await Promise.all(Array.from({ length: 8 }, () => runner.exec('true')));
    expect(host.peakSessions).toBe(2);
  });

  it('says what it waited for, and masks what a message must not show', async () => {
    await using host = await startSshHost({
      commands: [{ match: /^docker/, reply: () => new Promise<never>(() => undefined) }],
    });
    await using runner = await connectSsh(host.target);
    const command = 'docker swarm join --token SWMTKN-1-secret-secret 10.0.0.2:2377 and much more of it';
    const error = await failureOf(runner.exec(command, { timeoutMs: 30 }));
    expect(error.message).toBe(
      `waited 0 s for 'docker swarm join --token *** 10.0.0.2:2377 and much more of…' on agent1`,
    );
  });

  it('masks secrets in lines', async () => {
    await using host = await startSshHost({ commands: [{ match: 'show', reply: { stdout: 'key is pa55word\n' } }] });
    await using runner = await connectSsh(host.target);
    const lines: string[] = [];
    await runner.exec('show', { redact: ['pa55word'], onLine: (line) => lines.push(line) });
    expect(lines).toEqual(['key is ***']);
  });
});

it('the host of the tests says which command nobody expected', async () => {
  const host = await startSshHost();
  const runner = await connectSsh(host.target);
  expect(await runner.exec('rm -rf /', { check: false })).toMatchObject({ exitCode: 127 });
  await runner[Symbol.asyncDispose]();
  await expect(host.close()).rejects.toThrow('rm -rf /');
});
