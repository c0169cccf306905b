import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SshAddress, SshLogin } from '../../../src/drivers/driver.js';
import { readSshConfig } from '../../../src/drivers/generic/read-ssh-config.js';
import { type AskedHost, resolveAddress, surroundings } from '../../../src/drivers/generic/resolve-address.js';

let home: string;
const at = (...path: string[]): string => join(home, '.ssh', ...path);
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'swarmup-home-'));
  await mkdir(at('conf.d'), { recursive: true });
});
afterEach(async () => {
  await rm(home, { recursive: true });
});

async function resolved(config: string, asked: AskedHost): Promise<SshAddress & { readonly login: SshLogin }> {
  await writeFile(at('config'), config);
  return resolveAddress(asked, surroundings(await readSshConfig(home), home, { USER: 'me' }));
}

describe('an address by ~/.ssh/config', () => {
  it('without an entry is as it was given, for root, with the usual keys', async () => {
    expect(await resolved('', { alias: '10.0.0.1' })).toMatchObject({
      host: '10.0.0.1',
      port: 22,
      user: 'root',
      login: {
        identityFiles: [at('id_ed25519'), at('id_ecdsa'), at('id_rsa')],
        agent: 'SSH_AUTH_SOCK',
        jumps: [],
        policy: { unknown: 'ask' },
      },
    });
  });

  it('has its entry, and what was said at the command line counts more', async () => {
    const config =
      'Host web*\n  HostName %h.example.org\n  User ops\n  Port 2222\n  IdentityFile ~/.ssh/%r_key\n  IdentitiesOnly yes\n';
    expect(await resolved(config, { alias: 'web3' })).toMatchObject({
      host: 'web3.example.org',
      port: 2222,
      user: 'ops',
      login: { identityFiles: [at('ops_key')], identitiesOnly: true },
    });
    expect(await resolved(config, { alias: 'web3', user: 'root', port: 22, keyFile: '/keys/k' })).toMatchObject({
      port: 22,
      user: 'root',
      login: { identityFiles: ['/keys/k'], identitiesOnly: true },
    });
  });

  it('has settings of included files, of Match blocks, and the first of several', async () => {
    await writeFile(at('conf.d', '10-web.conf'), 'Host web\n  User first\n');
    await writeFile(at('conf.d', '20-all.conf'), 'Match host web user first\n  Port 777\n');
    const config =
      'Include conf.d/*.conf\nHost web\n  User second\n  HostName 10.0.0.9\nMatch exec "false"\n  Port 1\n';
    expect(await resolved(config, { alias: 'web' })).toMatchObject({ host: '10.0.0.9', user: 'first' });
  });

  it('goes through all jump hosts, each with its own settings and the local user', async () => {
    const config = [
      'Host db\n  HostName 10.0.0.5\n  ProxyJump gate,ops@inner:2200',
      'Host gate\n  HostName gate.example.org\n  ProxyJump outer\n  IdentityFile /keys/gate',
      'Host outer\n  User them',
    ].join('\n');
    const { login } = await resolved(config, { alias: 'db' });
    expect(login.jumps).toMatchObject([
      { host: 'outer', user: 'them', port: 22 },
      { host: 'gate.example.org', user: 'me', identityFiles: ['/keys/gate'] },
      { host: 'inner', user: 'ops', port: 2200 },
    ]);
    expect((await resolved('Host db\n  ProxyJump none\n', { alias: 'db' })).login.jumps).toEqual([]);
  });

  it('judges host keys as ssh would', async () => {
    const config =
      'Host a\n  HostKeyAlias other\n  StrictHostKeyChecking accept-new\n  UserKnownHostsFile ~/.ssh/known_%n /k\n';
    const { policy } = (await resolved(config, { alias: 'a' })).login;
    expect(policy).toMatchObject({ alias: 'other', unknown: 'accept' });
    expect(policy.knownHosts.slice(0, 2)).toEqual([at('known_a'), '/k']);
  });

  it('takes the agent that IdentityAgent names, or none', async () => {
    const agent = async (line: string): Promise<string | undefined> =>
      (await resolved(`Host a\n  IdentityAgent ${line}\n`, { alias: 'a' })).login.agent;
    expect([await agent('none'), await agent('~/.ssh/agent'), await agent('SSH_AUTH_SOCK')]).toEqual([
      undefined,
      at('agent'),
      'SSH_AUTH_SOCK',
    ]);
  });

  it('refuses what cannot be followed', async () => {
    const refused = (config: string): Promise<unknown> => resolved(config, { alias: 'a' });
    await expect(refused('Host a\n  ProxyCommand nc %h %p\n')).rejects.toMatchObject({
      code: 'PROXY_UNSUPPORTED',
      exitCode: 2,
    });
    await expect(refused('Host a\n  ProxyJump b\nHost b\n  ProxyJump a\n')).rejects.toMatchObject({
      code: 'PROXY_LOOP',
      exitCode: 2,
    });
    await expect(refused('Host a\n  Port many\n')).rejects.toMatchObject({ code: 'SSH_CONFIG_INVALID', exitCode: 2 });
    await writeFile(at('conf.d', 'x'), 'Include conf.d/x\n');
    await expect(refused('Include conf.d/x\n')).rejects.toMatchObject({ code: 'SSH_CONFIG_INVALID' });
  });
});
