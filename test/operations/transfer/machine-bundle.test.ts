import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SealKey, seal, unseal } from '../../../src/lib/sealed-file.js';
import { ensureCertificates } from '../../../src/bootstrap/tls/certificates.js';
import { hostMailbox } from '../../../src/bootstrap/tls/identity.js';
import { clientFolder } from '../../../src/operations/access/client-folder.js';
import { engineOf } from '../../../src/operations/access/engine-of.js';
import { trustHost } from '../../../src/operations/steps/trust-host.js';
import type { OperationContext } from '../../../src/operations/access/context.js';
import { exportMachines } from '../../../src/operations/transfer/export-machines.js';
import { checkBundleFile, importBundle, openBundle } from '../../../src/operations/transfer/import-bundle.js';
import { machineRecord } from '../../machine/machine-record.js';
import { fakeDriver, fakeWorld } from '../../support/fake-driver.js';
import { operationContext } from '../../support/operation-context.js';

let folder: string;
let file: string;
let here: OperationContext;
let there: OperationContext;
const ids = { m1: '11111111-1111-4111-8111-111111111111', a1: '22222222-2222-4222-8222-222222222222' };
const key: SealKey = { mode: 'key-file', secret: Buffer.from('0123456789abcdef'), cost: 10 };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bundle-'));
  file = join(folder, 'lab.swarmup');
  const driver = fakeDriver(fakeWorld());
  const drivers = [{ declaration: driver, load: () => Promise.resolve(driver) }];
  here = operationContext(join(folder, 'here'), drivers);
  there = operationContext(join(folder, 'there'), drivers);
  await ensureCertificates(await here.store.folder('certs'), { now: here.now() });
  const elsewhere = join(folder, 'id_rsa');
  await writeFile(elsewhere, 'a key of ~/.ssh');
  const login = { identityFiles: [elsewhere], jumps: [], policy: { knownHosts: [], unknown: 'ask' as const } };
  const endpoint = { host: '192.0.2.1', port: 22, user: 'root', hostKey: 'ssh-ed25519 AAAA' };
  const engine = { url: 'tcp://192.0.2.1:2376', certPath: 'certs' };
  await here.store.add({ ...machineRecord('m1'), id: ids.m1, phase: 'ready', endpoint, engine });
  await here.store.add({
    ...machineRecord('a1'),
    id: ids.a1,
    phase: 'ready',
    endpoint: { ...endpoint, login },
    engine,
  });
  await here.store.writeSecret('m1', 'id_ed25519', 'the key of m1');
  await here.store.writeSecret('m1', 'driver/config.json', '{"Token": "secret"}');
});
afterEach(() => rm(folder, { recursive: true }));

const send = (changes: Partial<Parameters<typeof exportMachines>[1]> = {}) =>
  exportMachines(here, { names: ['m1', 'a1'], output: file, key, withAuthority: false, ...changes });
const open = (changes: { readonly key?: SealKey } = {}) => openBundle(there, { file, key, ...changes });
const take = async (options: { readonly dryRun?: boolean; readonly withAuthority?: boolean } = {}) =>
  importBundle(there, await open(), { dryRun: false, withAuthority: false, ...options });
const certFile = (context: OperationContext, name: string): Promise<string> =>
  readFile(join(context.store.home, 'certs', name), 'utf8');

describe('machines in a file', () => {
  it('arrive as they were, with their own ssh keys and nothing that opens another host', async () => {
    expect(await send()).toMatchObject({ authority: false, ownKeys: [join(folder, 'id_rsa')] });
    expect((await readFile(file)).includes('the key of m1')).toBe(false);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const content = (await unseal(await readFile(file), { path: file, kind: 'machines' }, key)).toString();
    for (const name of ['ca-key.pem', 'ca.pem', 'key.pem', 'cert.pem'])
      expect(content).not.toContain((await readFile(join(here.store.home, 'certs', name))).toString('base64'));
    const { hosts, brings } = await take();
    expect(hosts.map(({ status }) => status)).toEqual(['imported', 'imported']);
    expect(brings).toMatchObject({
      clientCertificate: false,
      authority: false,
      hosts: [{ ssh: 'root@192.0.2.1:22' }, {}],
    });
    expect(await there.store.require('m1')).toEqual({ ...(await here.store.require('m1')), engine: null });
    expect(await there.store.readSecret('m1', 'id_ed25519')).toBe('the key of m1');
    expect(await there.store.readSecret('m1', 'driver/config.json')).toBe('{"Token": "secret"}');
    await expect(stat(join(there.store.home, 'certs'))).rejects.toThrow('ENOENT');
    const engine = async () => engineOf(await there.store.require('m1'));
    await expect(engine()).rejects.toMatchObject({
      code: 'NO_TLS',
      message: expect.stringContaining('imported') as string,
    });
  });

  it('leave the authority of the sender out of the store, unless both sides ask for it', async () => {
    expect(await send({ withAuthority: true })).toMatchObject({ authority: true });
    await take();
    await expect(stat(join(there.store.home, 'certs'))).rejects.toThrow('ENOENT');
    expect((await there.store.require('m1')).engine?.certPath).toBe('swarms/default/hosts/m1/certs');
    expect(await there.store.readSecret('m1', 'certs/cert.pem')).toBe(await certFile(here, 'cert.pem'));
    // Whoever sent it signs for no host that is made here later.
    await ensureCertificates(await there.store.folder('certs'), { now: there.now() });
    expect(await certFile(there, 'ca.pem')).not.toBe(await certFile(here, 'ca.pem'));
    await expect(take({ withAuthority: true })).rejects.toMatchObject({ code: 'AUTHORITY_REFUSED' });
  });

  it('bring the authority into an empty store when both sides ask for it', async () => {
    await send({ withAuthority: true });
    await take({ withAuthority: true });
    expect(await there.store.require('m1')).toEqual(await here.store.require('m1'));
    for (const name of ['ca-key.pem', 'ca.pem', 'key.pem', 'cert.pem'])
      expect(await certFile(there, name)).toBe(await certFile(here, name));
    await send();
    await expect(take({ withAuthority: true })).rejects.toMatchObject({ code: 'AUTHORITY_REFUSED' });
  });

  it('are trusted one by one by docker in a store that took the authority', async () => {
    const record = await here.store.require('m1');
    await trustHost(here, record, { keepFormer: false });
    await send({ withAuthority: true });
    await take({ withAuthority: true });
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
    await expect(open({ key: wrong })).rejects.toMatchObject({ code: 'SEAL_KEY_WRONG' });
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
});
