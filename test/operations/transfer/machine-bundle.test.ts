import { X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SealKey, seal } from '../../../src/lib/sealed-file.js';
import { ensureCertificates } from '../../../src/bootstrap/tls/certificates.js';
import { hostMailbox } from '../../../src/bootstrap/tls/identity.js';
import { clientFolder } from '../../../src/operations/access/client-folder.js';
import { trustHost } from '../../../src/operations/steps/trust-host.js';
import type { OperationContext } from '../../../src/operations/access/context.js';
import { exportMachines } from '../../../src/operations/transfer/export-machines.js';
import { checkBundleFile, importBundle } from '../../../src/operations/transfer/import-bundle.js';
import { machineRecord } from '../../machine/machine-record.js';
import { operationContext } from '../../support/operation-context.js';

let folder: string;
let file: string;
let here: OperationContext;
let there: OperationContext;
const key: SealKey = { mode: 'key-file', secret: Buffer.from('0123456789abcdef'), cost: 10 };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bundle-'));
  file = join(folder, 'lab.swarmup');
  here = operationContext(join(folder, 'here'), []);
  there = operationContext(join(folder, 'there'), []);
  const certs = await here.store.folder('certs');
  for (const name of ['ca.pem', 'ca-key.pem', 'cert.pem', 'key.pem']) await writeFile(join(certs, name), `our ${name}`);
  const elsewhere = join(folder, 'id_rsa');
  await writeFile(elsewhere, 'a key of ~/.ssh');
  const login = { identityFiles: [elsewhere], jumps: [], policy: { knownHosts: [], unknown: 'ask' as const } };
  const endpoint = { host: '192.0.2.1', port: 22, user: 'root', hostKey: 'ssh-ed25519 AAAA' };
  const engine = { url: 'tcp://192.0.2.1:2376', certPath: 'certs' };
  await here.store.add({ ...machineRecord('m1'), phase: 'ready', endpoint, engine });
  await here.store.add({ ...machineRecord('a1'), phase: 'ready', endpoint: { ...endpoint, login }, engine });
  await here.store.writeSecret('m1', 'id_ed25519', 'the key of m1');
  await here.store.writeSecret('m1', 'driver/config.json', '{"Token": "secret"}');
});
afterEach(() => rm(folder, { recursive: true }));

const send = () => exportMachines(here, { names: ['m1', 'a1'], output: file, key });
const take = (options = {}) => importBundle(there, { file, key, dryRun: false, ...options });

describe('machines in a file', () => {
  it('arrive in an empty store as they were, with the authority', async () => {
    await send();
    expect((await readFile(file)).includes('the key of m1')).toBe(false);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await take()).hosts.map(({ status }) => status)).toEqual(['imported', 'imported']);
    expect(await there.store.require('m1')).toEqual(await here.store.require('m1'));
    expect(await there.store.readSecret('m1', 'id_ed25519')).toBe('the key of m1');
    expect(await there.store.readSecret('m1', 'driver/config.json')).toBe('{"Token": "secret"}');
    expect(await readFile(join(there.store.home, 'certs', 'ca-key.pem'), 'utf8')).toBe('our ca-key.pem');
  });

  it('are trusted one by one by docker in the other store, with its own client certificate', async () => {
    const certs = await here.store.folder('certs');
    await Promise.all(['ca.pem', 'ca-key.pem', 'cert.pem', 'key.pem'].map((name) => rm(join(certs, name))));
    await ensureCertificates(certs, { now: here.now() });
    const record = await here.store.require('m1');
    await trustHost(here, record, { keepFormer: false });
    await send();
    await take();
    const own = clientFolder(there.store, await there.store.require('m1'));
    expect(own).toBe(join(there.store.home, 'swarms', 'default', 'hosts', 'm1', 'docker'));
    expect(new X509Certificate(await readFile(join(own, 'ca.pem'))).raw.includes(hostMailbox(record.id))).toBe(true);
    expect(await realpath(join(own, 'key.pem'))).toBe(await realpath(join(there.store.home, 'certs', 'key.pem')));
  });

  it('bring along the keys of the user that they need', async () => {
    await send();
    await take();
    const [path = ''] = (await there.store.require('a1')).endpoint?.login?.identityFiles ?? [];
    expect(path.startsWith(there.store.home)).toBe(true);
    expect(await readFile(path, 'utf8')).toBe('a key of ~/.ssh');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('keep their certificates where the store has an authority of its own', async () => {
    await send();
    await writeFile(join(await there.store.folder('certs'), 'ca.pem'), 'another authority');
    await take();
    expect((await there.store.require('m1')).engine?.certPath).toBe('swarms/default/hosts/m1/certs');
    expect(await there.store.readSecret('m1', 'certs/cert.pem')).toBe('our cert.pem');
    expect(await readFile(join(there.store.home, 'certs', 'ca.pem'), 'utf8')).toBe('another authority');
  });

  it('leave a host of the same name alone', async () => {
    await send();
    await there.store.add({ ...machineRecord('m1'), id: 'mine' });
    const { hosts } = await take();
    expect(hosts.map(({ name, error }) => [name, error?.code])).toEqual([
      ['m1', 'HOST_EXISTS'],
      ['a1', undefined],
    ]);
    expect((await there.store.require('m1')).id).toBe('mine');
  });

  it('write nothing in a dry run, or when the key is wrong or the file damaged', async () => {
    await send();
    expect((await take({ dryRun: true })).hosts).toMatchObject([
      { status: 'would-import' },
      { status: 'would-import' },
    ]);
    const wrong: SealKey = { mode: 'passphrase', secret: 'wrong' };
    await expect(take({ key: wrong })).rejects.toMatchObject({ code: 'SEAL_KEY_WRONG' });
    await writeFile(file, (await readFile(file)).subarray(0, -1));
    await expect(take()).rejects.toMatchObject({ code: 'SEAL_DAMAGED' });
    await expect(stat(there.store.home)).rejects.toThrow('ENOENT');
  });

  it('are refused when they come from a newer swarmup, or are none', async () => {
    await writeFile(file, await seal(Buffer.from('{"version": 2}'), { kind: 'machines', key }));
    await expect(take()).rejects.toMatchObject({ code: 'BUNDLE_NEWER' });
    await writeFile(file, await seal(Buffer.from('{}'), { kind: 'machines', key }));
    await expect(take()).rejects.toMatchObject({ code: 'BUNDLE_BROKEN' });
    await writeFile(file, 'PK a zip file\n');
    await expect(checkBundleFile(file)).rejects.toMatchObject({ code: 'SEAL_FOREIGN' });
    await expect(checkBundleFile(join(folder, 'missing'))).rejects.toMatchObject({ code: 'BUNDLE_UNREADABLE' });
  });

  it('cannot write outside of their folder', async () => {
    const machine = { name: 'm9', record: JSON.stringify(machineRecord('m9')), keys: {} };
    const bundle = { version: 1, machines: [{ ...machine, files: { '../../evil': 'AAAA' } }], certs: {}, swarms: [] };
    await mkdir(there.store.home, { recursive: true });
    await writeFile(file, await seal(Buffer.from(JSON.stringify(bundle)), { kind: 'machines', key }));
    expect((await take()).hosts).toMatchObject([{ status: 'failed', error: { code: 'BUNDLE_BROKEN' } }]);
    await expect(stat(join(there.store.home, 'evil'))).rejects.toThrow('ENOENT');
  });
});
