import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builtInDrivers } from '../../../src/drivers/built-in.js';
import type { SshAddress } from '../../../src/lib/ssh-login.js';
import { SwarmupError } from '../../../src/lib/errors.js';
import type { OperationContext } from '../../../src/operations/access/context.js';
import { importMachines } from '../../../src/operations/transfer/import-machines.js';
import { generateSshKey } from '../../../src/ssh/keys.js';
import { operationContext } from '../../support/operation-context.js';

let folder: string;
let from: string;
let context: OperationContext;
/** Who was logged in to. */
let logins: SshAddress[];
const hostKey = generateSshKey('host').publicKey.trim();
const { privateKey } = generateSshKey('user');

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'import-machines-'));
  from = join(folder, 'docker', 'machine');
  logins = [];
  context = operationContext(folder, builtInDrivers, {
    enroll: (_name, address) => {
      logins.push(address);
      if (address.host === '192.0.2.99') return Promise.reject(new SwarmupError('SSH_UNREACHABLE', 'no route'));
      const { host, port, user, login } = address;
      const endpoint = { host, port, user, hostKey, ...(login !== undefined && { login }) };
      return Promise.resolve({ endpoint, runner: undefined as never });
    },
  });
});
afterEach(() => rm(folder, { recursive: true }));

async function put(path: string, content: string): Promise<void> {
  await mkdir(dirname(join(from, path)), { recursive: true });
  await writeFile(join(from, path), content);
}

/** A machine as docker-machine leaves it; the store was made at `/old` and copied here. */
async function machine(name: string, config: object, files: readonly string[] = ['id_rsa']): Promise<void> {
  for (const file of files) await put(`machines/${name}/${file}`, file === 'id_rsa' ? privateKey : `the ${file}`);
  await put(`machines/${name}/config.json`, JSON.stringify(config));
}

const generic = {
  IPAddress: '192.0.2.1',
  SSHUser: 'admin',
  SSHPort: 2222,
  SSHKeyPath: '/old/m/id_rsa',
  EnginePort: 2377,
};
const certificates = ['ca.pem', 'cert.pem', 'key.pem'];
const run = (dryRun = false) => importMachines(context, { from, dryRun, trust: {} });

describe('import of a docker-machine store', () => {
  it.each([0, 1, 2, 3])('adopts a machine of config version %i', async (version) => {
    const config = { DriverName: 'generic', Driver: generic, ...(version > 0 && { ConfigVersion: version }) };
    await machine('web', config, ['id_rsa', ...certificates]);
    expect((await run()).machines).toMatchObject([
      { name: 'web', formerDriver: 'generic', ssh: 'admin@192.0.2.1:2222', status: 'imported' },
    ]);
    const record = await context.store.require('web');
    expect(record).toMatchObject({
      driver: 'generic',
      swarm: null,
      phase: 'ready',
      endpoint: { host: '192.0.2.1', port: 2222, user: 'admin', hostKey },
      engine: { url: 'tcp://192.0.2.1:2377', certPath: 'swarms/default/hosts/web/certs' },
    });
    expect(await context.store.readSecret('web', 'id_ed25519')).toBe(privateKey);
    expect(await context.store.readSecret('web', 'certs/cert.pem')).toBe('the cert.pem');
    expect(
      (await stat(join(context.store.home, 'swarms', 'default', 'hosts', 'web', 'certs', 'key.pem'))).mode & 0o777,
    ).toBe(0o600);
  });

  it('finds where the machines of drivers are', async () => {
    const aws = { IPAddress: '203.0.113.5', PrivateIPAddress: '10.0.0.5', AccessKey: 'AKIATEST', SecretKey: 'secret' };
    await machine('aws', { DriverName: 'amazonec2', Driver: aws });
    await machine('aws2', { DriverName: 'amazonec2', Driver: { ...aws, UsePrivateIP: true } });
    await machine('box', { DriverName: 'virtualbox', Driver: { IPAddress: '192.168.99.100', SSHPort: 40123 } });
    expect((await run()).machines).toMatchObject([
      { name: 'aws', ssh: 'ubuntu@203.0.113.5:22', driver: 'generic' },
      { name: 'aws2', ssh: 'ubuntu@10.0.0.5:22' },
      { name: 'box', ssh: 'docker@127.0.0.1:40123' },
    ]);
    const text = await readFile(join(context.store.home, 'swarms', 'default', 'hosts', 'aws', 'machine.json'), 'utf8');
    expect(text).not.toMatch(/AKIATEST|secret/);
  });

  it('tells of each machine that it cannot adopt, and adopts the others', async () => {
    const good = { ConfigVersion: 3, DriverName: 'generic', Driver: generic };
    await machine('good', good);
    await machine('Good', good);
    await machine('newer', { ...good, ConfigVersion: 4 });
    await machine('half', { ...good, Driver: { ...generic, IPAddress: '' } });
    await machine('url', { ConfigVersion: 3, DriverName: 'none', Driver: { URL: 'tcp://192.0.2.7:2376' } });
    await machine('off', { ...good, Driver: { ...generic, IPAddress: '192.0.2.99' } });
    await put('machines/broken/config.json', '{"ConfigVersion": 3,');
    await put('machines/list/config.json', '[]');
    await put('machines/.hidden/config.json', '{}');
    await mkdir(join(from, 'machines', 'empty'));
    const { machines } = await run();
    const codes = machines.map(({ name, formerName, status, error }) => [formerName ?? name, error?.code ?? status]);
    expect(Object.fromEntries(codes)).toEqual({
      Good: 'imported',
      good: 'HOST_EXISTS',
      newer: 'STORE_NEWER',
      half: 'MACHINE_HALF_MADE',
      url: 'NO_SSH',
      off: 'SSH_UNREACHABLE',
      broken: 'MACHINE_BROKEN',
      list: 'MACHINE_BROKEN',
      empty: 'MACHINE_HALF_MADE',
    });
    // Those of the store itself: each with whose it is, the cause, and what to do.
    const unusable = ['newer', 'half', 'url', 'broken', 'list', 'empty'];
    for (const { name, error } of machines.filter((row) => unusable.includes(row.name)))
      expect(error).toMatchObject({
        host: name,
        message: expect.stringContaining(name) as string,
        hints: expect.arrayContaining([expect.any(String)]) as string[],
      });
    expect((await context.store.list()).machines.map(({ name }) => name)).toEqual(['good']);
    expect(await readdir(join(context.store.home, 'swarms', 'default', 'hosts'))).toEqual(['good']);
    expect((await run()).machines.find(({ formerName }) => formerName === 'Good')?.error?.code).toBe('HOST_EXISTS');
  });

  it('writes nothing and asks nobody in a dry run', async () => {
    await machine('web', { ConfigVersion: 3, DriverName: 'generic', Driver: generic });
    expect((await run(true)).machines).toMatchObject([{ name: 'web', status: 'would-import' }]);
    expect(logins).toEqual([]);
    expect(await readdir(folder)).toEqual(['docker']);
  });

  it('keeps a key with a passphrase locked', async () => {
    const locked = '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n';
    await machine('web', { ConfigVersion: 3, DriverName: 'generic', Driver: generic }, []);
    await put('machines/web/id_rsa', locked);
    await run();
    const copy = join(context.store.home, 'swarms', 'default', 'hosts', 'web', 'id_ed25519');
    expect((await context.store.require('web')).endpoint?.login?.identityFiles).toEqual([copy]);
    expect(await readFile(copy, 'utf8')).toBe(locked);
  });

  it('changes nothing in the old store', async () => {
    await machine('web', { ConfigVersion: 3, DriverName: 'generic', Driver: generic }, ['id_rsa', ...certificates]);
    const copy = join(folder, 'copy');
    await cp(from, copy, { recursive: true });
    await run();
    for (const file of await readdir(join(from, 'machines', 'web')))
      expect(await readFile(join(from, 'machines', 'web', file))).toEqual(
        await readFile(join(copy, 'machines', 'web', file)),
      );
    expect(await readdir(from, { recursive: true })).toEqual(await readdir(copy, { recursive: true }));
  });

  it('says where it looked for a store that is not there', async () => {
    await expect(run()).rejects.toMatchObject({ code: 'STORE_NOT_FOUND', exitCode: 2 });
    await expect(run()).rejects.toThrow(from);
  });
});
