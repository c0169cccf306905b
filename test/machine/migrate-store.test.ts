import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../src/machine/file-store.js';
import type { MachineRecord } from '../../src/machine/machine-record.js';
import { migrateStore } from '../../src/machine/migrate-store.js';
import { machineRecord } from './machine-record.js';

let folder: string;
let home: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'migrate-store-'));
  home = join(folder, 'home');
});
afterEach(() => rm(folder, { recursive: true }));

const put = async (path: string, text: string): Promise<void> => {
  await mkdir(dirname(join(home, path)), { recursive: true, mode: 0o700 });
  await writeFile(join(home, path), text, { mode: 0o600 });
};

/** A host as swarmup 0.1 kept it. */
async function oldHost(name: string, changes: Partial<MachineRecord> = {}): Promise<void> {
  await put(`machines/${name}/machine.json`, `${JSON.stringify(machineRecord(name, changes), undefined, 2)}\n`);
  await put(`machines/${name}/id_ed25519`, `the key of ${name}`);
}

async function oldStore(): Promise<void> {
  const engine = { url: 'tcp://10.0.0.2:2376', certPath: 'machines/plain/certs' };
  const login = { identityFiles: [join(home, 'machines', 'plain', 'id_ed25519')], jumps: [], policy };
  await oldHost('manager', { swarm: 'default', role: 'manager' });
  await oldHost('agent1', { swarm: 'default', role: 'worker' });
  await oldHost('m', { swarm: 'lab', role: 'manager', lab: { name: 'lab', pool: 'm' } });
  await oldHost('half', { swarm: null, lab: { name: 'lab', pool: 'half' } });
  await oldHost('plain', { engine, endpoint: { host: '10.0.0.2', port: 22, user: 'u', hostKey: 'k', login } });
  await put('machines/broken/machine.json', '{');
  await put(
    'swarms/default.json',
    JSON.stringify({ schemaVersion: 1, name: 'default', clusterId: 'c', createdAt: 'n' }),
  );
  await put('swarms/default.unlock-keys', 'sealed');
  await put('ssh/config', `IdentityFile "${join(home, 'machines', 'manager', 'id_ed25519')}"\n`);
}
const policy = { knownHosts: [], unknown: 'ask' } as const;

async function expectTakenOver(): Promise<void> {
  const store = openStore(home);
  const { machines, broken } = await store.list();
  expect(machines.map(({ name }) => name)).toEqual(['agent1', 'manager', 'half.lab', 'm.lab', 'plain.no-swarm']);
  expect(broken.map(({ name }) => name)).toEqual(['broken.no-swarm']);
  expect(await store.readSwarm('default')).toMatchObject({ clusterId: 'c' });
  expect(await readFile(join(home, 'swarms', 'default', 'unlock-keys'), 'utf8')).toBe('sealed');
  expect(await store.readSecret('m.lab', 'id_ed25519')).toBe('the key of m');
  const plain = await store.require('plain.no-swarm');
  expect(plain.engine?.certPath).toBe('hosts/plain/certs');
  expect(plain.endpoint?.login?.identityFiles).toEqual([join(home, 'hosts', 'plain', 'id_ed25519')]);
  expect(await readFile(join(home, 'ssh', 'config'), 'utf8')).toContain('/swarms/default/hosts/manager/id_ed25519');
  expect(await readdir(home)).not.toContain('machines');
}

describe('a store of swarmup 0.1', () => {
  it('is taken over once, after a copy was kept', async () => {
    await oldStore();
    await cp(home, join(folder, 'before'), { recursive: true });
    expect(await migrateStore(home)).toBe(join(home, 'before-0.2'));
    await expectTakenOver();
    for (const path of ['machines/m/machine.json', 'machines/broken/machine.json', 'swarms/default.json'])
      expect(await readFile(join(home, 'before-0.2', path), 'utf8')).toBe(
        await readFile(join(folder, 'before', path), 'utf8'),
      );
    expect((await stat(join(home, 'before-0.2'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(home, 'hosts', 'plain', 'id_ed25519'))).mode & 0o777).toBe(0o600);
    expect(await migrateStore(home)).toBeUndefined();
    await expectTakenOver();
  });

  it('is taken over to the end when the first attempt was interrupted, at whatever host', async () => {
    await oldStore();
    await migrateStore(home);
    const done = join(folder, 'done');
    await cp(home, done, { recursive: true });
    // As if the kill came before this host was moved: the others are there already.
    for (const [now, before] of [
      ['hosts/plain', 'machines/plain'],
      ['swarms/lab/hosts/m', 'machines/m'],
      ['swarms/default/swarm.json', 'swarms/default.json'],
    ] as const) {
      await rm(home, { recursive: true });
      await cp(done, home, { recursive: true });
      await rm(join(home, now), { recursive: true });
      await mkdir(dirname(join(home, before)), { recursive: true });
      await cp(join(home, 'before-0.2', before), join(home, before), { recursive: true });
      await mkdir(join(home, 'machines'), { recursive: true });
      await migrateStore(home);
      await expectTakenOver();
    }
  });

  it('whose copy was cut short is copied again first', async () => {
    await oldStore();
    await put('before-0.2.part/machines/m/machine.json', 'half');
    await migrateStore(home);
    await expectTakenOver();
    expect(await readFile(join(home, 'before-0.2', 'machines', 'm', 'machine.json'), 'utf8')).toContain('"m"');
    expect(await readdir(home)).not.toContain('before-0.2.part');
  });

  it('is taken over by one of two commands that begin at once', async () => {
    await oldStore();
    const copies = await Promise.all([migrateStore(home), migrateStore(home)]);
    expect(copies.filter((copy) => copy !== undefined)).toHaveLength(1);
    await expectTakenOver();
  });
});
