import { execFileSync } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { removeHosts } from '../../../src/operations/hosts/remove-hosts.js';
import type { CreateResult } from '../../../src/operations/access/results.js';
import { restartHosts, startHosts, stopHosts } from '../../../src/operations/hosts/power.js';
import { generateSshKey } from '../../../src/ssh/keys.js';
import { bare } from '../../bootstrap/facts-text.js';
import { type Asked, type ExistingAddress, type ExistingHost, type Lab, openLab } from '../../support/lab.js';

const at = (where: ExistingAddress, more: Asked = {}): Asked => ({
  driver: 'generic',
  addresses: { m: { host: where.host, port: where.port, user: where.user } },
  driverOptions: { 'generic-ssh-key': where.keyFile },
  trust: { acceptNew: true },
  ...more,
});

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** What is wrong with a host or a request, and what is said about it: cause and remedy. */
const refusals: readonly {
  readonly what: string;
  readonly as?: ExistingHost;
  readonly asked?: (where: ExistingAddress, lab: Lab) => Promise<Asked> | Asked;
  readonly code: string;
  readonly message: RegExp;
  readonly hint: RegExp;
  readonly exitCode?: number;
}[] = [
  {
    what: 'a wrong user',
    asked: (where) => at({ ...where, user: 'nobody' }),
    code: 'SSH_REFUSED',
    message: /^m \(127\.0\.0\.1:\d+\) refused every key for user nobody; keys: \S+key-of-web$/,
    hint: /nobody is the right user.*ssh-copy-id -p \d+ nobody@127\.0\.0\.1/,
  },
  {
    what: 'a wrong key',
    asked: async (where, lab) => {
      const keyFile = join(lab.userHome, '.ssh', 'other');
      await writeFile(keyFile, generateSshKey('other').privateKey);
      return at({ ...where, keyFile });
    },
    code: 'SSH_REFUSED',
    message: /refused every key for user root; keys: \S+other$/,
    hint: /ssh-copy-id/,
  },
  {
    what: 'no key at all',
    asked: (where) => at(where, { driverOptions: {} }),
    code: 'SSH_REFUSED',
    message: /wants a key for user root.*id_ed25519 \(does not exist\)/,
    hint: /ssh-copy-id/,
  },
  {
    what: 'a key file that is not there',
    asked: (where) => at({ ...where, keyFile: '/nonexistent/key' }),
    code: 'SSH_KEY_MISSING',
    message: /no private key in \/nonexistent\/key/,
    hint: /--generic-ssh-key/,
    exitCode: 2,
  },
  {
    what: 'a key that needs a passphrase, with nobody to ask',
    asked: (where) => {
      execFileSync('ssh-keygen', ['-q', '-p', '-f', where.keyFile, '-N', 'secret']);
      return at(where);
    },
    code: 'PASSPHRASE_NEEDED',
    message: /key-of-web needs its passphrase/,
    hint: /ssh-add .*key-of-web/,
  },
  {
    what: 'a port that is closed',
    asked: async (where) => at({ ...where, port: await closedPort() }),
    code: 'SSH_UNREACHABLE',
    message: /no SSH connection to m \(127\.0\.0\.1:\d+\): connection refused/,
    hint: /nothing blocks 127\.0\.0\.1/,
  },
  {
    what: 'a jump host that is dead',
    asked: async (where, lab) => {
      const config = `Host web\n HostName 127.0.0.1\n ProxyJump hop\nHost hop\n HostName 127.0.0.1\n Port ${await closedPort()}\n`;
      await writeFile(join(lab.userHome, '.ssh', 'config'), config);
      return at({ ...where, host: 'web' });
    },
    code: 'SSH_UNREACHABLE',
    message: /no SSH connection to jump host 127\.0\.0\.1 of m \(127\.0\.0\.1:\d+\): connection refused/,
    hint: /nothing blocks/,
  },
  {
    what: 'a host key that nobody knows',
    asked: (where) => at(where, { trust: undefined }),
    code: 'HOST_KEY_UNKNOWN',
    message: /SHA256:/,
    hint: /--accept-new-host-key/,
  },
  {
    what: 'a host key that is another one than known_hosts has',
    asked: async (where, lab) => {
      const line = `[127.0.0.1]:${where.port} ${generateSshKey('x').publicKey}`;
      await writeFile(join(lab.userHome, '.ssh', 'known_hosts'), line);
      return at(where);
    },
    code: 'HOST_KEY_MISMATCH',
    message: /SHA256:.*SHA256:/s,
    hint: /./,
  },
  {
    what: 'no sudo',
    as: { user: 'ops', sudo: { exitCode: 127, stderr: "env: 'sudo': No such file or directory\n" } },
    code: 'SUDO_MISSING',
    message: /no sudo.*user ops is not root/,
    hint: /Install sudo on m, or connect as root/,
  },
  {
    what: 'a user whom sudo does not let',
    as: { user: 'ops', sudo: { exitCode: 1, stderr: 'ops is not in the sudoers file.\n' } },
    code: 'SUDO_DENIED',
    message: /ops of m cannot become root/,
    hint: /sudoers/,
  },
  {
    what: 'a sudo that wants a password, with nobody to ask',
    as: { user: 'ops', sudo: { exitCode: 1, stderr: 'sudo: a password is required\n' } },
    code: 'SUDO_NEEDS_PASSWORD',
    message: /ops/,
    hint: /SWARMUP_SUDO_PASSWORD|NOPASSWD/,
  },
  {
    what: 'an operating system that nobody knows',
    as: { facts: { ...bare, os: 'ID=plan9\nPRETTY_NAME="Plan 9"\n' } },
    code: 'OS_UNSUPPORTED',
    message: /cannot install Docker on m: it runs Plan 9 \(ID=plan9\)/,
    hint: /install Docker Engine on m yourself/,
  },
  {
    what: 'no init system',
    as: { facts: { init: 'none' } },
    code: 'INIT_UNSUPPORTED',
    message: /neither systemd nor OpenRC/,
    hint: /systemd or OpenRC/,
  },
  {
    what: 'an engine of another version',
    asked: (where) => at(where, { engine: { version: '27.1' } }),
    code: 'ENGINE_VERSION_MISMATCH',
    message: /m has Docker Engine 20\.10\.24.*not 27\.1/,
    hint: /leave out --engine-version/,
  },
  {
    what: 'live-restore, which swarm mode does not allow',
    as: { facts: { daemonJson: '{"live-restore": true}' } },
    code: 'ENGINE_CONFIG_CONFLICT',
    message: /sets live-restore/,
    hint: /--no-swarm/,
  },
  {
    what: 'listeners of its own in daemon.json',
    as: { facts: { daemonJson: '{"hosts": ["tcp://0.0.0.0:2375"]}' } },
    asked: (where) => at(where, { tls: true }),
    code: 'ENGINE_CONFIG_CONFLICT',
    message: /already sets the addresses that the engine listens on \(hosts\)/,
    hint: /--no-tls/,
  },
  {
    what: 'a daemon.json that is none',
    as: { facts: { daemonJson: '{"a":' } },
    code: 'ENGINE_CONFIG_INVALID',
    message: /daemon\.json of m cannot be read/,
    hint: /repair it/,
  },
  {
    what: 'another swarm',
    asked: (where, lab) => {
      lab.host('web').engine.initByHand();
      return at(where);
    },
    code: 'FOREIGN_SWARM',
    message: /m/,
    hint: /swarm leave/,
  },
];

describe('a host that exists already is refused, with nothing written here or there, for', () => {
  it.each(refusals)('$what', async ({ as, asked = at, code, message, hint, exitCode = 3 }) => {
    await using lab = await openLab();
    const where = await lab.existing('web', as);
    const request = await asked(where, lab);
    const before = await lab.files();
    await expect(lab.create('m', request)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
      hints: expect.arrayContaining([expect.stringMatching(hint)]) as string[],
      exitCode,
      ...(exitCode === 3 && { host: 'm' }),
    });
    expect(await lab.files()).toEqual(before);
    expect(lab.host('web').scripts.filter((title) => title !== 'read facts')).toEqual([]);
  });
});

const statuses = ({ hosts }: CreateResult): unknown =>
  hosts.map(({ name, status, error }) => `${name} ${error?.message ?? status}`);

/** Their hosts do what swarmup asks of an existing host. */
const obedient = (lab: Lab): void => {
  lab.onScript = (_, title) =>
    /^(restore Docker|remove the agent)$/.test(title) ? { stdout: 'result=changed\n' } : undefined;
};

describe('hosts that exist already', () => {
  it('become a swarm by their addresses, and are given back', async () => {
    await using lab = await openLab();
    obedient(lab);
    const [one, two] = [await lab.existing('one'), await lab.existing('two')];
    await writeFile(
      join(lab.userHome, '.ssh', 'config'),
      `Host two\n HostName 127.0.0.1\n Port ${two.port}\n IdentityFile ${two.keyFile}\nHost *\n IdentityFile ${one.keyFile}\n`,
    );
    const addresses = { m: { host: one.host, port: one.port }, a: { host: 'two' } };
    const asked = { driver: 'generic', addresses, trust: { acceptNew: true } };
    expect(statuses(await lab.create('m a', asked))).toEqual(['m created', 'a created']);
    expect(lab.clusterOf('one')).toBe(lab.clusterOf('two'));
    expect((await lab.store.require('a')).endpoint).toMatchObject({ host: '127.0.0.1', port: two.port, login: {} });
    expect(statuses(await lab.create('m a', asked))).toEqual(['m unchanged', 'a unchanged']);
    const { context } = lab.process();
    expect((await removeHosts(context, { names: ['m', 'a'], force: false })).hosts).toMatchObject([
      { status: 'removed' },
      { status: 'removed' },
    ]);
    for (const name of ['one', 'two']) expect(lab.host(name).scripts.at(-1)).toBe('restore Docker');
    expect([...(await lab.files()).keys()].filter((path) => path.includes('/hosts/'))).toEqual([]);
  });

  it('are forgotten and left as they are with --keep, which no other driver takes', async () => {
    await using lab = await openLab();
    const where = await lab.existing('web');
    await lab.create('m', at(where));
    await lab.create('other', { swarm: null });
    const { context } = lab.process();
    await expect(removeHosts(context, { names: ['m', 'other'], force: false, keep: true })).rejects.toMatchObject({
      code: 'KEEP_UNSUPPORTED',
      exitCode: 2,
    });
    await removeHosts(context, { names: ['m'], force: false, keep: true });
    expect(lab.host('web').scripts).not.toContain('restore Docker');
    expect(await lab.store.read('m')).toBeUndefined();
    expect(lab.host('web').engine.cluster).toBeDefined();
  });

  it('stay when they cannot be given back, unless forced', async () => {
    await using lab = await openLab();
    const where = await lab.existing('web');
    await lab.create('m', at(where, { swarm: null }));
    await lab.host('web').ssh?.close();
    const remove = (force: boolean) => removeHosts(lab.process().context, { names: ['m'], force });
    expect((await remove(false)).hosts).toMatchObject([
      { status: 'failed', error: { code: 'RESTORE_FAILED', host: 'm' } },
    ]);
    expect((await remove(true)).hosts).toMatchObject([{ status: 'removed' }]);
  });

  it('are told apart by where they are', async () => {
    await using lab = await openLab();
    const [web, db] = [await lab.existing('web'), await lab.existing('db')];
    const twice = { m: { host: web.host, port: web.port }, a: { host: web.host, port: web.port } };
    await expect(lab.create('m a', at(web, { addresses: twice }))).rejects.toMatchObject({
      code: 'HOST_SAME',
      exitCode: 2,
    });
    await lab.create('m', at(web, { swarm: null }));
    const again = { a: { host: web.host, port: web.port } };
    await expect(lab.create('a', at(web, { addresses: again, swarm: null }))).rejects.toMatchObject({
      code: 'HOST_TAKEN',
      exitCode: 2,
      message: expect.stringContaining('is already the host m') as string,
    });
    await expect(lab.create('m', at(db, { swarm: null }))).rejects.toMatchObject({
      code: 'HOST_EXISTS',
      exitCode: 2,
      message: `m exists already: it is root@127.0.0.1:${web.port}, not root@127.0.0.1:${db.port}`,
    });
    expect(statuses(await lab.create('m', at(web, { swarm: null })))).toEqual(['m unchanged']);
  });

  it('are looked at by a dry run, which changes nothing', async () => {
    await using lab = await openLab();
    const where = await lab.existing('web', { facts: { daemonJson: '{"labels": ["a=b"], "mtu": 1300}' } });
    const before = await lab.files();
    const { hosts, warnings } = await lab.create('m', at(where, { dryRun: true, engine: { daemon: { mtu: 1400 } } }));
    expect(hosts).toMatchObject([{ name: 'm', status: 'would-create' }]);
    expect(warnings).toEqual([expect.stringContaining('keeps its own mtu')]);
    expect(await lab.files()).toEqual(before);
    expect(lab.host('web').scripts).toEqual(['read facts']);
  });

  it('that do not answer any more keep their records when they are created again', async () => {
    await using lab = await openLab();
    const where = await lab.existing('web');
    await lab.create('m', at(where));
    const record = await lab.store.require('m');
    await lab.host('web').ssh?.close();
    const { hosts } = await lab.create('m', at(where));
    expect(hosts).toMatchObject([{ status: 'failed', error: { code: 'HOST_NOT_RUNNING' } }]);
    expect(await lab.store.require('m')).toEqual(record);
  });

  it('are rebooted by ssh, until the boot ID is another one; nobody can switch them off or on', async () => {
    await using lab = await openLab();
    const where = await lab.existing('web');
    await lab.create('m', at(where, { swarm: null }));
    let boot = 1;
    let rebooting = 0;
    lab.onScript = (_, title) => {
      if (title === 'read the boot ID') {
        // Goes down late: the first answers are still those of the old boot.
        if (rebooting > 0 && ++rebooting > 3) boot = 2;
        return { stdout: `${boot}\n` };
      }
      if (title !== 'reboot') return undefined;
      rebooting = 1;
      return {};
    };
    const { context } = lab.process();
    expect(await restartHosts(context, ['m'])).toEqual({ hosts: [{ name: 'm', status: 'restarted' }] });
    expect(boot).toBe(2);
    expect(lab.host('web').scripts.filter((title) => title === 'reboot')).toHaveLength(1);
    expect(await startHosts(context, ['m'])).toEqual({ hosts: [{ name: 'm', status: 'unchanged' }] });
    expect((await stopHosts(context, ['m'])).hosts).toMatchObject([
      {
        status: 'failed',
        error: { code: 'NO_POWER', hints: [expect.stringContaining('swarmup restart m'), expect.anything()] },
      },
    ]);
    await lab.host('web').ssh?.close();
    expect((await startHosts(context, ['m'])).hosts).toMatchObject([{ status: 'failed', error: { code: 'NO_POWER' } }]);
  });
});
