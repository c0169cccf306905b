import { execa } from 'execa';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ListResult } from '../../src/operations/hosts/list-hosts.js';
import type { ImportMachinesResult } from '../../src/operations/transfer/import-machines.js';
import { buildHandedPlugin, hasGo } from '../support/docker-machine-plugins.js';
import { type Cli, openCli } from './cli.js';

interface Stored {
  readonly endpoint: { readonly host: string; readonly port: number; readonly user: string };
}

let cli: Cli;
let folder: string;
let base: Stored;
let key: string;
/** Another user's computer: a store of its own, and the plugin on PATH. */
let env: Record<string, string>;

beforeAll(async () => {
  cli = await openCli('docker-machine');
  folder = await mkdtemp(join(tmpdir(), 'docker-machine-e2e-'));
  await cli.json(['create', '--no-swarm', 'base']);
  const machine = join(cli.home, 'hosts', 'base');
  base = JSON.parse(await readFile(join(machine, 'machine.json'), 'utf8')) as Stored;
  key = join(machine, 'id_ed25519');
  const plugins = hasGo ? `${await buildHandedPlugin()}:` : '';
  env = {
    SWARMUP_HOME: join(folder, 'home'),
    SWARMUP_DRIVER: '',
    PATH: `${plugins}${process.env['PATH'] ?? ''}`,
    HANDED_TOKEN: 'cloud-token-77',
    HANDED_SSH_KEY: key,
  };
});
afterAll(async () => {
  await cli.dispose();
  await rm(folder, { recursive: true, force: true });
});

const run = (...args: string[]) => cli.run(args, { env });

async function rows(): Promise<ListResult['hosts']> {
  const { stdout, stderr } = await run('ls', '--json', '--timeout', '20');
  expect(stderr).toBe('');
  return (JSON.parse(stdout) as ListResult).hosts;
}

/** Gives the host a certificate in the form of docker-machine 0.16: an organisation, no common name, no record. */
async function serveAsDockerMachine(certs: string, address: string): Promise<void> {
  const at = (file: string): string => join(folder, file);
  const openssl = (line: string, ...more: readonly string[]) => execa('openssl', [...line.split(' '), ...more]);
  await openssl('ecparam -genkey -name prime256v1 -noout -out', at('server-key.pem'));
  await openssl('req -new -subj /O=me.web-1 -key', at('server-key.pem'), '-out', at('server.csr'));
  await writeFile(at('ext'), `subjectAltName=DNS:localhost,IP:${address}\nextendedKeyUsage=serverAuth\n`);
  const authority = ['-CA', join(certs, 'ca.pem'), '-CAkey', join(certs, 'ca-key.pem'), '-CAcreateserial'];
  const files = [
    '-CAserial',
    at('serial'),
    '-extfile',
    at('ext'),
    '-in',
    at('server.csr'),
    '-out',
    at('server-cert.pem'),
  ];
  await openssl('x509 -req -days 1080', ...authority, ...files);
  for (const file of ['server-cert.pem', 'server-key.pem']) {
    const input = await readFile(at(file), 'utf8');
    const put = await cli.run(['ssh', 'base', '--', `cat >/etc/docker/swarmup/${file}`], { input });
    expect(put.exitCode, put.stderr).toBe(0);
  }
  expect((await cli.run(['ssh', 'base', '--', 'systemctl restart docker'])).exitCode).toBe(0);
}

/** Every file below a folder with its bytes. */
async function bytesBelow(path: string): Promise<readonly string[]> {
  const files = await readdir(path, { recursive: true, withFileTypes: true });
  const hashes = files
    .filter((file) => file.isFile())
    .map(async (file) => {
      const name = join(file.parentPath, file.name);
      const { mode, mtimeMs } = await stat(name);
      const hash = createHash('sha256').update(await readFile(name));
      return `${name} ${mode} ${mtimeMs} ${hash.digest('hex')}`;
    });
  return (await Promise.all(hashes)).sort();
}

describe.skipIf(!hasGo)('a driver plugin of docker-machine', () => {
  it('shows its flags when it is named', async () => {
    const { stdout } = await run('create', '--help', '--driver', 'handed');
    expect(stdout).toContain('--handed-ip=');
    expect(stdout).toContain('[env: HANDED_TOKEN]');
    expect((await run('create', '--help')).stdout).not.toContain('handed');
  });

  it('makes a host, which swarmup brings up like any other', async () => {
    const { host, port } = base.endpoint;
    const flags = ['--driver', 'handed', '--handed-ip', host, '--handed-ssh-port', String(port)];
    const { stderr, exitCode } = await run('create', '--no-swarm', ...flags, 'h1');
    expect(stderr).toContain(`Handing out ${host}`);
    expect(stderr).not.toContain('MISSING flag');
    expect(exitCode, stderr).toBe(0);
    const [row] = await rows();
    expect(row).toMatchObject({ name: 'h1', driver: 'handed', state: 'running', errors: [] });
    expect(row?.docker).not.toBeNull();
    expect((await run('ssh', 'h1', 'hostname')).exitCode).toBe(0);
  });

  it('has its secrets neither in the record nor in what it logs', async () => {
    const machine = join(env['SWARMUP_HOME'] ?? '', 'hosts', 'h1');
    expect(await readFile(join(machine, 'machine.json'), 'utf8')).not.toContain('cloud-token-77');
    const config = join(machine, 'driver', 'config.json');
    expect(await readFile(config, 'utf8')).toContain('cloud-token-77');
    expect((await stat(config)).mode & 0o777).toBe(0o600);
    expect((await stat(machine)).mode & 0o077).toBe(0);
  });

  it('stops and starts it', async () => {
    expect((await run('stop', 'h1')).stdout).toContain('stopped');
    expect((await rows())[0]?.state).toBe('stopped');
    const started = await run('start', 'h1');
    expect(started.exitCode, started.stderr).toBe(0);
    expect((await rows())[0]?.state).toBe('running');
  });

  it('tells what is wrong in its own words, before anything is made', async () => {
    const refused = await cli.run(['create', '--no-swarm', '--driver', 'handed', 'h2'], {
      env: { ...env, HANDED_TOKEN: '' },
    });
    expect(refused).toMatchObject({ exitCode: 3 });
    expect(refused.stderr).toContain('handed requires --handed-token');
    expect((await rows()).map(({ name }) => name)).toEqual(['h1']);
  });

  it('is adopted from a store of docker-machine with its own driver', async () => {
    const machine = join(folder, 'plugin-store', 'machines', 'old1');
    await mkdir(machine, { recursive: true });
    await cp(key, join(machine, 'id_rsa'));
    const { host, port, user } = base.endpoint;
    const store = '/home/somebody/.docker/machine';
    const Driver = {
      ...{ MachineName: 'old1', StorePath: store, IPAddress: host, SSHUser: user, SSHPort: port, Created: true },
      ...{ SSHKeyPath: join(store, 'machines', 'old1', 'id_rsa'), EnginePort: 2376, Token: 'cloud-token-77' },
    };
    await writeFile(join(machine, 'config.json'), JSON.stringify({ ConfigVersion: 3, DriverName: 'handed', Driver }));
    const from = join(folder, 'plugin-store');
    const done = await run('import', '--from', from, '--accept-new-host-key');
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    expect((await rows()).find(({ name }) => name === 'old1')).toMatchObject({ driver: 'handed', state: 'running' });
    expect((await run('ssh', 'old1', 'true')).exitCode).toBe(0);
    const removed = await run('rm', '--yes', 'old1');
    expect(removed.exitCode, removed.stderr).toBe(0);
  });
});

describe('import of a docker-machine store', () => {
  it('adopts a machine with its key and certificates and leaves the store as it is', async () => {
    const { host, port, user } = base.endpoint;
    const store = join(folder, 'old-store');
    const machine = join(store, 'machines', 'Web.1');
    await mkdir(machine, { recursive: true });
    await cp(key, join(machine, 'id_rsa'));
    // What the host serves was signed by the authority of the one who made it last.
    const certs = join(hasGo ? (env['SWARMUP_HOME'] ?? '') : cli.home, 'certs');
    for (const file of ['ca.pem', 'cert.pem', 'key.pem']) await cp(join(certs, file), join(machine, file));
    await serveAsDockerMachine(certs, host);
    const Driver = {
      ...{ MachineName: 'Web.1', StorePath: '/gone', IPAddress: host, SSHUser: user, SSHPort: port },
      ...{ SSHKeyPath: '/gone/machines/Web.1/id_rsa', EnginePort: 2376 },
    };
    const config = JSON.stringify({ ConfigVersion: 3, DriverName: 'openstack', Driver, Name: 'Web.1' });
    await writeFile(join(machine, 'config.json'), config);
    await mkdir(join(store, 'machines', 'half'));
    await mkdir(join(store, 'machines', 'newer'));
    await writeFile(join(store, 'machines', 'newer', 'config.json'), JSON.stringify({ ConfigVersion: 4 }));
    const before = await bytesBelow(store);

    const looked = await run('import', '--from', store, '--dry-run', '--json');
    const newerHints = expect.arrayContaining(['upgrade swarmup']) as string[];
    expect((JSON.parse(looked.stdout) as ImportMachinesResult).machines).toMatchObject([
      {
        ...{ name: 'half', status: 'failed' },
        error: { code: 'MACHINE_HALF_MADE', host: 'half', hints: [expect.stringContaining('half=USER@ADDRESS')] },
      },
      { name: 'newer', status: 'failed', error: { code: 'STORE_NEWER', host: 'newer', hints: newerHints } },
      { name: 'web-1', formerName: 'Web.1', formerDriver: 'openstack', driver: 'generic', status: 'would-import' },
    ]);
    const refused = await run('import', '--from', store);
    expect(refused.exitCode).toBe(4);
    expect(refused.stdout).toContain('SHA256:');

    const done = await run('import', '--from', store, '--accept-new-host-key');
    expect(done.exitCode).toBe(4);
    expect(done.stdout).toMatch(/^web-1 \(was Web\.1\) +imported/m);
    const told = done.stdout + done.stderr;
    expect(told).toContain('docker-machine never finished the creation of half: it has no config.json');
    expect(told).toContain('a newer docker-machine wrote newer (config version 4; swarmup knows the versions 0 to 3)');
    expect(told).toMatch(/→ .*upgrade swarmup/);
    expect(await readdir(join(env['SWARMUP_HOME'] ?? '', 'hosts'))).not.toContain('half');
    expect(await readdir(join(env['SWARMUP_HOME'] ?? '', 'hosts'))).not.toContain('newer');
    expect(await bytesBelow(store)).toEqual(before);
    expect((await run('ssh', 'web-1', 'true')).exitCode).toBe(0);
    const { stdout } = await run('env', 'web-1');
    expect(stdout).toContain(`tcp://${host}:2376`);
    const shown = (await rows()).find(({ name }) => name === 'web-1');
    expect(shown?.docker).not.toBeNull();
  });
});
