import { execa } from 'execa';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SshHop, SshLogin } from '../../../src/lib/ssh-login.js';
import { openStore } from '../../../src/machine/file-store.js';
import type { Endpoint } from '../../../src/machine/machine-record.js';
import type { Store } from '../../../src/machine/store.js';
import { openSshHost } from '../../../src/operations/access/openssh-entry.js';
import { generateSshKey } from '../../../src/ssh/keys.js';
import { machineRecord } from '../../machine/machine-record.js';
import { type RealSshd, startRealSshd, whyNoSshd } from '../../support/real-sshd.js';

describe.skipIf(whyNoSshd() !== undefined)("OpenSSH's own client", () => {
  let folder: string;
  let store: Store;
  let sshd: RealSshd;
  let identity: string;
  beforeEach(async () => {
    // What ssh_config(5) reads as something else must reach it unchanged.
    folder = join(await mkdtemp(join(tmpdir(), 'swarmup-entry-')), 'of 100%h');
    await mkdir(folder);
    store = openStore(join(folder, 'home'));
    sshd = await startRealSshd();
    identity = await keyFile('id', sshd);
  });
  afterEach(async () => {
    await sshd[Symbol.asyncDispose]();
    await rm(join(folder, '..'), { recursive: true });
  });

  const policy = { knownHosts: [], unknown: 'ask' } as const;
  const keyFile = async (name: string, { target }: RealSshd): Promise<string> => {
    await writeFile(join(folder, name), target.privateKey, { mode: 0o600 });
    return join(folder, name);
  };
  const hopTo = ({ target }: RealSshd, identityFiles: readonly string[], changes: Partial<SshHop> = {}): SshHop => {
    const { host, port, user, hostKey } = target;
    return { host, port, user, hostKey, identityFiles, policy, ...changes };
  };
  const addWeb = async (login: Partial<SshLogin>): Promise<void> => {
    const { host, port, user, hostKey } = sshd.target;
    const endpoint: Endpoint = {
      ...{ host, port, user, hostKey },
      login: { identityFiles: [identity], jumps: [], policy, ...login },
    };
    await store.add(machineRecord('web', { phase: 'ready', endpoint }));
  };
  const changeEndpoint = (change: (endpoint: Endpoint) => Endpoint) =>
    store.update('web', (record) => ({ ...record, endpoint: record.endpoint && change(record.endpoint) }));
  const ssh = async (command: readonly string[], env: Record<string, string> = {}) => {
    const { alias, configFile } = await openSshHost(store, await store.require('web'));
    const args = ['-F', configFile, '-o', 'BatchMode=yes', alias, ...command];
    return execa('ssh', args, { env: { SSH_AUTH_SOCK: '', ...env }, reject: false, stdin: 'ignore' });
  };

  it('logs in with the identity file of a host, and accepts the pinned key only', async () => {
    await addWeb({});
    expect((await ssh(['echo', 'in'])).stdout).toBe('in');
    const hostKey = generateSshKey('other').publicKey;
    await changeEndpoint((endpoint) => ({ ...endpoint, hostKey }));
    const { exitCode, stderr } = await ssh(['echo', 'in']);
    expect(exitCode).toBe(255);
    expect(stderr).toContain('Host key verification failed');
  });

  it('goes through all jump hosts with the key of each, and accepts their pinned keys only', async () => {
    await using first = await startRealSshd();
    await using second = await startRealSshd();
    const jumps = [hopTo(first, [await keyFile('id1', first)]), hopTo(second, [await keyFile('id2', second)])];
    await addWeb({ jumps });
    const { stdout, stderr } = await ssh(['echo "$SSH_CONNECTION"']);
    expect(stderr).toBe('');
    expect(stdout).toContain(` 127.0.0.1 ${sshd.target.port}`);
    await first.kill();
    expect((await ssh(['echo', 'in'])).stderr).toMatch(/port \d+: Connection refused/);
    await using stranger = await startRealSshd();
    const pinned = { hostKey: first.target.hostKey };
    const viaStranger = { identityFiles: [identity], jumps: [hopTo(stranger, [identity], pinned)], policy };
    await changeEndpoint((endpoint) => ({ ...endpoint, login: viaStranger }));
    expect((await ssh(['echo', 'in'])).stderr).toContain('Host key verification failed');
  });

  it('asks the ssh-agent, its own or a named one, where the host does, and nobody else', async () => {
    const socket = join(folder, 'agent');
    const agent = execFileSync('ssh-agent', ['-a', socket]).toString();
    try {
      const env = { SSH_AUTH_SOCK: socket };
      execFileSync('ssh-add', ['-q', identity], { env: { ...process.env, ...env }, stdio: 'ignore' });
      await addWeb({ identityFiles: [] });
      const by = async (login: Partial<SshLogin>) => {
        await store.remove('web');
        await addWeb(login);
        return (await ssh(['echo', 'in'], env)).stdout;
      };
      expect(await by({ identityFiles: [], agent: 'SSH_AUTH_SOCK' })).toBe('in');
      expect(await by({ identityFiles: [] })).toBe('');
      expect(await by({ identityFiles: [], agent: socket })).toBe('in');
      expect(await by({ identityFiles: [], agent: socket, identitiesOnly: true })).toBe('');
      // With its public key beside it, a key that is locked is the agent's.
      execFileSync('ssh-keygen', ['-q', '-p', '-f', identity, '-N', 'secret']);
      await writeFile(`${identity}.pub`, execFileSync('ssh-keygen', ['-y', '-P', 'secret', '-f', identity]));
      expect(await by({ agent: socket, identitiesOnly: true })).toBe('in');
    } finally {
      process.kill(Number(/SSH_AGENT_PID=(\d+)/.exec(agent)?.[1]));
    }
  });

  it('takes from the settings of others nothing that an entry says', async () => {
    await addWeb({ identityFiles: [identity, '/keys/second'] });
    const { entry } = await openSshHost(store, await store.require('web'));
    const config = join(folder, 'config');
    await writeFile(config, `${entry}\nHost *\n  ProxyJump elsewhere\n  IdentityAgent /other\n  User other\n`);
    const { stdout } = await execa('ssh', ['-F', config, '-G', 'web.swarmup']);
    const lines = stdout.split('\n');
    expect(lines).toEqual(expect.arrayContaining([`user ${sshd.target.user}`, 'identityagent none']));
    expect(lines.filter((line) => line.startsWith('identityfile '))).toHaveLength(2);
    expect(lines.filter((line) => line.startsWith('proxyjump '))).toEqual([]);
  });
});

describe('an entry for OpenSSH', () => {
  const policy = { knownHosts: [], unknown: 'ask' } as const;
  const sound: Endpoint = { host: '192.0.2.1', port: 22, user: 'root', hostKey: 'ssh-ed25519 AAAA' };
  const command = 'root\nMatch all exec "touch /tmp/x"';

  it.each<[string, Endpoint]>([
    ['user', { ...sound, user: command }],
    ['user', { ...sound, user: '-oProxyCommand=x' }],
    ['host', { ...sound, host: 'a\r\n  ProxyCommand x' }],
    ['host', { ...sound, host: 'a b' }],
    ['identityFiles', { ...sound, login: { identityFiles: ['/a"\nMatch all'], jumps: [], policy } }],
    [
      'user',
      {
        ...sound,
        login: { identityFiles: [], jumps: [{ ...sound, user: command, identityFiles: [], policy }], policy },
      },
    ],
  ])('is not written with a %s that would be another line or argument', async (field, endpoint) => {
    const folder = await mkdtemp(join(tmpdir(), 'swarmup-entry-'));
    const store = openStore(folder);
    await store.add(machineRecord('web', { phase: 'ready', endpoint }));
    const refused = openSshHost(store, await store.require('web'));
    await expect(refused).rejects.toThrow(`cannot stand in an ssh_config: ${field}`);
    expect(await store.readSecret('web', 'ssh_config')).toBeUndefined();
    await rm(folder, { recursive: true });
  });
});
