import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SshHop, SshLogin } from '../../src/lib/ssh-login.js';
import { generateSshKey } from '../../src/ssh/keys.js';
import { type HostKeyTrust, type LoggedIn, type LoginDialogue, loginSession } from '../../src/ssh/log-in.js';
import { type RealSshd, startRealSshd, whyNoSshd } from '../support/real-sshd.js';

const { signal } = new AbortController();

/** Answers in order; what was asked is kept. */
function dialogue(answers: { passphrases?: string[]; hostKey?: boolean } = {}): LoginDialogue & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async passphrase(path) {
      asked.push(`passphrase of ${path}`);
      return answers.passphrases?.shift();
    },
    async acceptHostKey({ name }, { fingerprint }) {
      asked.push(`host key of ${name}: ${fingerprint}`);
      return answers.hostKey;
    },
    sudoPassword: async () => undefined,
  };
}

describe.skipIf(whyNoSshd() !== undefined)('a login to real sshds', () => {
  let folder: string;
  let sshd: RealSshd;
  let knownHosts: string;
  let identity: string;
  const at = (name: string): string => join(folder, name);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'swarmup-login-'));
    sshd = await startRealSshd();
    identity = at('id');
    await writeFile(identity, sshd.target.privateKey, { mode: 0o600 });
    knownHosts = at('known_hosts');
    await writeFile(knownHosts, known(sshd));
  });
  afterEach(async () => {
    await sshd[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const known = ({ target }: RealSshd, key = target.hostKey): string =>
    `[${target.host}]:${target.port} ${key.trim()}\n`;
  const login = (changes: Partial<SshLogin> = {}): SshLogin => ({
    identityFiles: [identity],
    jumps: [],
    policy: { knownHosts: [knownHosts], unknown: 'ask' },
    ...changes,
  });
  const hopTo = ({ target }: RealSshd, changes: Partial<SshHop> = {}): SshHop => ({
    host: target.host,
    port: target.port,
    user: target.user,
    identityFiles: [identity],
    policy: { knownHosts: [knownHosts], unknown: 'ask' },
    ...changes,
  });
  const enter = async (
    asks: LoginDialogue,
    how: SshLogin = login(),
    more: { trust?: HostKeyTrust; hostKey?: string; env?: Record<string, string>; user?: string; port?: number } = {},
  ): Promise<LoggedIn> => {
    const { host, port, user } = sshd.target;
    return loginSession(more.env ?? {}, asks).logIn(
      {
        name: 'web',
        address: { host, port: more.port ?? port, user: more.user ?? user, login: how },
        hostKey: more.hostKey,
        trust: more.trust,
      },
      signal,
    );
  };
  const works = async ({ connection }: LoggedIn): Promise<void> => {
    expect((await connection.exec('echo in')).stdout).toBe('in\n');
    await connection[Symbol.asyncDispose]();
  };
  const unknown = { knownHosts: [], unknown: 'ask' } as const;

  it('with a known host key asks nothing, and tells the key to pin', async () => {
    const asks = dialogue();
    const reached = await enter(asks);
    expect(reached.hostKey).toBe(sshd.target.hostKey.trim().split(' ').slice(0, 2).join(' '));
    expect(asks.asked).toEqual([]);
    await works(reached);
  });

  it('asks about an unknown host key, with its fingerprint, once', async () => {
    const asks = dialogue({ hostKey: true });
    await works(await enter(asks, login({ policy: unknown })));
    expect(asks.asked).toEqual([expect.stringMatching(/^host key of web: SHA256:/)]);
  });

  it('refuses an unknown host key when nobody answers, or the answer is no', async () => {
    for (const asks of [dialogue(), dialogue({ hostKey: false })])
      await expect(enter(asks, login({ policy: unknown }))).rejects.toMatchObject({
        code: 'HOST_KEY_UNKNOWN',
        exitCode: 3,
        host: 'web',
        message: expect.stringMatching(/SHA256:/) as string,
      });
  });

  it('accepts an unknown host key by flag, by policy, or from a file, without a question', async () => {
    const asks = dialogue();
    await writeFile(at('key.pub'), sshd.target.hostKey);
    await works(await enter(asks, login({ policy: unknown }), { trust: { acceptNew: true } }));
    await works(await enter(asks, login({ policy: { knownHosts: [], unknown: 'accept' } })));
    await works(await enter(asks, login({ policy: unknown }), { trust: { file: at('key.pub') } }));
    expect(asks.asked).toEqual([]);
  });

  it('never accepts a key that is not the known one, the given one or the pinned one, or that was revoked', async () => {
    const other = generateSshKey('other').publicKey;
    const mismatch = { code: 'HOST_KEY_MISMATCH', host: 'web' };
    const trust = { acceptNew: true };
    await writeFile(at('other.pub'), other);
    await expect(
      enter(dialogue(), login({ policy: unknown }), { trust: { file: at('other.pub') } }),
    ).rejects.toMatchObject(mismatch);
    await expect(enter(dialogue(), login(), { hostKey: other.trim() })).rejects.toMatchObject(mismatch);
    await writeFile(knownHosts, known(sshd, other));
    await expect(enter(dialogue({ hostKey: true }), login(), { trust })).rejects.toMatchObject(mismatch);
    await writeFile(knownHosts, `@revoked * ${sshd.target.hostKey}\n`);
    await expect(enter(dialogue({ hostKey: true }), login(), { trust })).rejects.toMatchObject({
      code: 'HOST_KEY_REVOKED',
    });
  });

  it('asks for the passphrase of a key once, and again when it is wrong', async () => {
    // One round: sixteen, which is usual, are a second of processor time for each try.
    execFileSync('ssh-keygen', ['-q', '-p', '-a', '1', '-f', identity, '-N', 'secret']);
    const asks = dialogue({ passphrases: ['wrong', 'secret'] });
    const session = loginSession({}, asks);
    const { host, port, user } = sshd.target;
    const request = { name: 'web', address: { host, port, user, login: login() } };
    const both = await Promise.all([session.logIn(request, signal), session.logIn(request, signal)]);
    for (const reached of both) await works(reached);
    expect(asks.asked).toHaveLength(2);
    await expect(enter(dialogue())).rejects.toMatchObject({ code: 'PASSPHRASE_NEEDED', exitCode: 3, host: 'web' });
    const wrong = dialogue({ passphrases: ['a', 'b', 'c'] });
    await expect(enter(wrong)).rejects.toMatchObject({ code: 'PASSPHRASE_WRONG', exitCode: 3 });
  });

  it('uses the keys of the ssh-agent, and with identitiesOnly those of the files only', async () => {
    const socket = at('agent');
    const agent = execFileSync('ssh-agent', ['-a', socket]).toString();
    const env = { SSH_AUTH_SOCK: socket };
    try {
      execFileSync('ssh-add', ['-q', identity], { env: { ...process.env, ...env }, stdio: 'ignore' });
      const byAgent = login({ identityFiles: [], agent: 'SSH_AUTH_SOCK' });
      await works(await enter(dialogue(), byAgent, { env }));
      await works(await enter(dialogue(), login({ identityFiles: [], agent: socket })));
      await expect(enter(dialogue(), { ...byAgent, identitiesOnly: true }, { env })).rejects.toMatchObject({
        code: 'SSH_REFUSED',
      });
      // A key with a passphrase that the agent has needs no question.
      // One round: sixteen, which is usual, are a second of processor time for each try.
      execFileSync('ssh-keygen', ['-q', '-p', '-a', '1', '-f', identity, '-N', 'secret']);
      await writeFile(`${identity}.pub`, execFileSync('ssh-keygen', ['-y', '-P', 'secret', '-f', identity]));
      const asks = dialogue();
      await works(await enter(asks, login({ agent: socket, identitiesOnly: true })));
      expect(asks.asked).toEqual([]);
    } finally {
      process.kill(Number(/SSH_AGENT_PID=(\d+)/.exec(agent)?.[1]));
    }
  });

  it('goes through jump hosts, pins their keys, and leaves them with the host', async () => {
    await using first = await startRealSshd();
    await writeFile(at('id_first'), first.target.privateKey, { mode: 0o600 });
    await writeFile(knownHosts, known(sshd) + known(first));
    const toFirst = hopTo(first, { identityFiles: [at('id_first')] });
    // The same sshd again as the second hop: the chain is what counts.
    const how = login({ jumps: [toFirst, hopTo(sshd)] });
    const asks = dialogue();
    const reached = await enter(asks, how);
    expect(reached.login.jumps.map(({ hostKey }) => hostKey)).toEqual(
      [first, sshd].map(({ target }) => target.hostKey.trim().split(' ').slice(0, 2).join(' ')),
    );
    await works(reached);
    await writeFile(knownHosts, '');
    await works(await enter(asks, reached.login, { hostKey: reached.hostKey }));
    expect(asks.asked).toEqual([]);
  });

  it('says which hop is dead, refuses, or cannot reach the next one', async () => {
    const dead = await closedPort();
    await using hop = await startRealSshd();
    await writeFile(knownHosts, known(sshd) + known(hop));
    const good = hopTo(hop, { identityFiles: [at('id_hop')] });
    await writeFile(at('id_hop'), hop.target.privateKey, { mode: 0o600 });
    const fails = (how: SshLogin, port?: number): Promise<LoggedIn> =>
      enter(dialogue(), how, { ...(port !== undefined && { port }) });
    await expect(fails(login({ jumps: [{ ...good, port: dead }] }))).rejects.toMatchObject({
      code: 'SSH_UNREACHABLE',
      host: 'web',
      message: `no SSH connection to jump host 127.0.0.1 of web (127.0.0.1:${dead}): connection refused`,
    });
    await expect(fails(login({ jumps: [{ ...good, identityFiles: [identity] }] }))).rejects.toMatchObject({
      code: 'SSH_REFUSED',
      host: 'web',
      message: expect.stringMatching(/^jump host 127\.0\.0\.1 of web .* refused every key for user/) as string,
    });
    await expect(fails(login({ jumps: [good] }), dead)).rejects.toMatchObject({
      code: 'SSH_UNREACHABLE',
      host: 'web',
      message: `no SSH connection to web: jump host 127.0.0.1 of web cannot reach 127.0.0.1:${dead}: Connection refused`,
    });
  });

  it('names the user and the keys that were refused, or the port that is closed', async () => {
    await writeFile(at('other'), generateSshKey('other').privateKey);
    await expect(enter(dialogue(), login({ identityFiles: [at('other'), at('missing')] }))).rejects.toMatchObject({
      code: 'SSH_REFUSED',
      message: expect.stringMatching(
        /refused every key for user \S+; keys: \S+other, \S+missing \(does not exist\)$/,
      ) as string,
    });
    await expect(enter(dialogue(), login(), { user: 'nobody-here' })).rejects.toMatchObject({
      code: 'SSH_REFUSED',
      message: expect.stringContaining('for user nobody-here') as string,
    });
    await expect(enter(dialogue(), login({ identityFiles: [] }))).rejects.toMatchObject({
      code: 'SSH_REFUSED',
      retryable: false,
      message: expect.stringContaining('there is no key to offer') as string,
    });
    await expect(enter(dialogue(), login(), { port: await closedPort() })).rejects.toMatchObject({
      code: 'SSH_UNREACHABLE',
      message: expect.stringMatching(/connection refused$/) as string,
    });
  });
});

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
